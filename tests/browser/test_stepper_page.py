"""The stepping page in Chromium: what a student sees, presses and hears."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograd import Value, topological_order
from autograd.arithmetic.notation import number_text
from autograd.names import name_nodes
from autograd.views.stepper import step_through
from tests.browser.chromium import chromium, press, requested, set_colours, set_size
from tests.lectures.graphs import relu_network, sigmoid_network

PATIENCE = 300  # seconds, on a busy machine

LEFT, RIGHT, UP, DOWN, HOME, END, ENTER, SPACE, TAB = (
    "\ue012", "\ue014", "\ue013", "\ue015", "\ue011", "\ue010", "\ue007", " ", "\ue004",
)  # fmt: skip

SEEN = """
const scene = document.querySelector("#scenes > .scene:not([hidden])");
const texts = (within, selector) =>
  [...within.querySelectorAll(selector)].map((one) => one.textContent.trim());
return {
  visible: [...document.querySelectorAll("#scenes > .scene")].filter((one) => one.checkVisibility()).length,
  heading: texts(scene, "h3")[0],
  numbers: texts(scene, "b"),
  totals: texts(scene, ".total"),
  upstream: texts(scene, ".upstream"),
  contributions: texts(scene, ".contribution"),
  gradients: Object.fromEntries([...document.querySelectorAll("svg .value")].map(
    (value) => [value.id, texts(value, ".grad").filter((_, at) =>
      value.querySelectorAll(".grad")[at].checkVisibility()).join()])),
  current: [...document.querySelectorAll("svg .current")].map((part) => part.id).sort(),
  slider: Number(document.getElementById("slider").value),
  announced: document.getElementById("announcement").textContent,
  explained: texts(document, "#explanations details:not([hidden]) summary"),
};
"""


HIDDEN = """
const frame = document.getElementById("picture").getBoundingClientRect();
return [...document.querySelectorAll(".gate.current")].filter((gate) => {
  const box = gate.getBoundingClientRect();
  return box.left < frame.left || box.right > frame.right
    || box.top < frame.top || box.bottom > frame.bottom;
}).length"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture
def driver(browser: Any) -> Iterator[Any]:
    """The browser as new; no test may leave an error on the console or ask for anything but files."""
    set_size(browser, 1280, 800)
    set_colours(browser, "light")
    browser.get("about:blank")
    browser.get_log("browser")
    requested(browser)
    yield browser
    assert [entry["message"] for entry in browser.get_log("browser")] == []
    assert {address.partition(":")[0] for address in requested(browser)} <= {"file", "data", "about"}
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def open_page(driver: Any, root: Value, folder: Path) -> None:
    driver.get(step_through(root).save(folder / "page.html").as_uri())


def seen(driver: Any) -> dict[str, Any]:
    found: dict[str, Any] = driver.execute_script(SEEN)
    return found


def click(driver: Any, name: str) -> None:
    driver.find_element("id", name).click()


def click_value(driver: Any, place: int) -> None:
    driver.find_element("css selector", f"#node{place} rect").click()


def expected(root: Value) -> list[dict[str, Any]]:
    """What every step must show, from the engine alone."""
    order = topological_order(root)
    place = {node: f"node{i}" for i, node in enumerate(order)}
    uses = {node: sum(user.inputs.count(node) for user in order) for node in order}
    gradients = dict.fromkeys(place.values(), "not yet")
    gates = [node for node in order if node.gate]
    steps: list[dict[str, Any]] = [
        {"numbers": [number_text(node.data)], "gradients": dict(gradients)} for node in gates
    ]
    gradients[place[root]] = "1"
    steps.append({"numbers": ["1"], "gradients": dict(gradients)})
    for step in root.backward_steps():
        received = zip(step.node.inputs, step.contributions, step.totals, strict=True)
        shares = [(node, sent, total) for node, sent, total in received if node is not None]
        for node, _, total in shares:
            uses[node] -= 1
            gradients[place[node]] = number_text(total) if not uses[node] else f"{number_text(total, 4)} + …"
        told = {
            "upstream": [number_text(step.upstream)],
            "contributions": [number_text(contribution) for _, contribution, _ in shares],
            "gradients": dict(gradients),
        }
        steps.append(told)
    return steps


@pytest.mark.parametrize("build", [relu_network, sigmoid_network])
def test_every_number_at_every_step_is_the_engines(
    driver: Any, tmp_path: Path, build: Callable[[], Value]
) -> None:
    open_page(driver, build(), tmp_path)
    steps = expected(build())
    for at, step in enumerate(steps):
        shown = seen(driver)
        assert {part: shown[part] for part in step} == step
        assert shown["visible"] == 1
        assert shown["slider"] == at
        assert shown["heading"] in shown["announced"]
        assert all(total in shown["announced"] for total in shown["totals"])
        if at % 2:
            press(driver, RIGHT)
        else:
            click(driver, "forward")
    for at, step in reversed(list(enumerate(steps))):
        shown = seen(driver)
        assert {part: shown[part] for part in step} == step
        if at % 2:
            press(driver, LEFT)
        else:
            click(driver, "back")
    assert seen(driver)["slider"] == 0


def test_the_current_gate_stands_out_in_the_drawing(driver: Any, tmp_path: Path) -> None:
    x = Value(2.0, "x")
    open_page(driver, (3 * x).tanh(), tmp_path)
    assert seen(driver)["current"] == ["edge1-0", "edge1-1", "gate1", "node1", "out1"]
    press(driver, END)
    assert seen(driver)["current"] == ["edge1-1", "gate1", "node1", "out1"], "no gradient for the plain 3"
    width = "return parseFloat(getComputedStyle(document.querySelector(arguments[0])).strokeWidth)"
    wait_until(
        lambda: driver.execute_script(width, "#edge1-1") > 2 * driver.execute_script(width, "#edge1-0")
    )


def test_jumping(driver: Any, tmp_path: Path) -> None:
    open_page(driver, relu_network(), tmp_path)
    moves: list[tuple[Callable[[], Any], int]] = [
        (lambda: click(driver, "last"), 26),
        (lambda: click(driver, "first"), 0),
        (lambda: click(driver, "back"), 0),
        (lambda: click(driver, "backward"), 13),
        (lambda: press(driver, END), 26),
        (lambda: press(driver, RIGHT), 26),
        (lambda: press(driver, HOME), 0),
        (lambda: driver.find_element("id", "slider").send_keys(RIGHT), 1),
        (lambda: driver.find_element("id", "slider").send_keys(END), 26),
        (lambda: driver.find_element("id", "slider").click(), 13),
    ]
    for move, step in moves:
        move()
        assert seen(driver)["slider"] == step


def test_playing_and_pausing(driver: Any, tmp_path: Path) -> None:
    open_page(driver, relu_network(), tmp_path)
    press(driver, SPACE)
    assert driver.find_element("id", "play").text == "Pause"
    wait_until(lambda: seen(driver)["slider"] == 1)
    press(driver, SPACE)
    assert driver.find_element("id", "play").text == "Play"
    click(driver, "play")
    click(driver, "last")
    assert driver.find_element("id", "play").text == "Play", "a step by hand ends the play"


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"waited for {PATIENCE} seconds"
        time.sleep(0.05)


def test_a_value_explains_its_gradient(driver: Any, tmp_path: Path) -> None:
    open_page(driver, sigmoid_network(), tmp_path)
    names = list(name_nodes(topological_order(sigmoid_network())).values())
    assert seen(driver)["explained"] == []
    place = names.index("w11(2)")
    for _ in range(20):
        press(driver, RIGHT)
    click_value(driver, names.index("z1"))
    assert seen(driver)["explained"] == ["d(E)/d(z1) = 0.0261568"]
    driver.execute_script(f"document.getElementById('node{place}').focus()")
    press(driver, ENTER)
    assert seen(driver)["explained"] == ["d(E)/d(w11(2)) = 0.068602"]
    assert "0.068602" in driver.find_element("css selector", f"#explain{place} .chain").text
    assert driver.switch_to.active_element.tag_name == "summary"


def test_the_keyboard_alone_reaches_everything(driver: Any, tmp_path: Path) -> None:
    open_page(driver, Value(2.0, "x") * Value(3.0, "w"), tmp_path)
    reached = []
    outline = "return getComputedStyle(document.querySelector('#node2 rect')).strokeWidth"
    for _ in range(12):
        press(driver, TAB)
        reached.append(driver.switch_to.active_element.get_attribute("id"))
        if reached[-1] == "node2":
            wait_until(lambda: driver.execute_script(outline) == "4px")  # the focus is seen
            assert driver.switch_to.active_element.accessible_name == "v1: data 6.0, gradient not yet"
            press(driver, UP)
            assert driver.switch_to.active_element.get_attribute("id") == "node1"
            press(driver, SPACE)
            assert seen(driver)["explained"] == ["d(v1)/d(w) = 2"]
            driver.execute_script("document.getElementById('node1').focus()")
    wanted = [
        "closer",
        "wider",
        "fit",
        "node2",
        "first",
        "back",
        "play",
        "forward",
        "backward",
        "last",
        "slider",
    ]
    assert [name for name in reached if name in wanted] == wanted


def test_zoom_and_pan(driver: Any, tmp_path: Path) -> None:
    open_page(driver, sigmoid_network(), tmp_path)
    box = "const s = document.querySelector('#picture svg').viewBox.baseVal; return [s.x, s.y, s.width]"
    x, _, width = driver.execute_script(box)
    click(driver, "closer")
    assert driver.execute_script(box)[2] == pytest.approx(width / 1.25)
    click(driver, "wider")
    assert driver.execute_script(box)[2] == pytest.approx(width)
    press(driver, END, HOME)
    from selenium.webdriver.common.action_chains import ActionChains

    value = driver.find_element("css selector", "#picture svg .result rect")
    actions: Any = ActionChains(driver)
    actions.drag_and_drop_by_offset(value, -200, 0).perform()
    assert driver.execute_script(box)[0] == pytest.approx(x + 200, abs=2)
    assert seen(driver)["explained"] == [], "a drag is no click"
    click(driver, "fit")
    assert driver.execute_script(box)[2] > 1.5 * width


def test_the_current_gate_is_always_in_the_window(driver: Any, tmp_path: Path) -> None:
    open_page(driver, sigmoid_network(), tmp_path)
    for width in (1280, 390):
        set_size(driver, width, 800, mobile=width < 1000)
        press(driver, HOME)
        for _ in range(52):
            assert driver.execute_script(HIDDEN) == 0
            press(driver, RIGHT)


def test_nothing_is_wider_than_a_phone(driver: Any, tmp_path: Path) -> None:
    set_size(driver, 390, 844, mobile=True)
    unfold = "for (const one of document.querySelectorAll('details')) [one.hidden, one.open] = [false, true]"
    for root in (sigmoid_network(), Value(2.0, "w" * 400) * Value(3.0, "a name of several words " * 20)):
        open_page(driver, root, tmp_path)
        for name in ("first", "backward", "last"):
            click(driver, name)
            driver.execute_script(unfold)
            assert driver.execute_script("return document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible_by_axe(driver: Any, tmp_path: Path, scheme: str) -> None:
    source = os.environ.get("AXE_CORE_JS", "")
    if not os.path.isfile(source):
        pytest.skip("AXE_CORE_JS does not name axe-core's axe.min.js")
    set_colours(driver, scheme)
    open_page(driver, sigmoid_network(), tmp_path)
    driver.execute_script("document.documentElement.style.setProperty('transition', 'none')")
    driver.execute_script(Path(source).read_text(encoding="utf-8"))
    for name in ("first", "backward", "last"):
        click(driver, name)
        driver.execute_script("document.getElementById('node0').focus()")
        press(driver, ENTER)
        wait_until(
            lambda: driver.execute_script("return document.getAnimations().length === 0")
        )  # colours fade
        found = driver.execute_async_script("axe.run().then(arguments[arguments.length - 1])")
        assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []


def test_without_scripts_every_step_is_there(driver: Any, tmp_path: Path) -> None:
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    root = relu_network()
    open_page(driver, root, tmp_path)
    assert not driver.find_element("id", "player").is_displayed()
    steps = driver.find_elements("css selector", "#scenes > .scene")
    assert len(steps) == 27
    assert all(step.is_displayed() for step in steps)
    root.backward()
    for place, node in enumerate(topological_order(root)):
        text = driver.find_element("css selector", f"#node{place} .grad").text
        assert text == number_text(node.grad)


def test_print_shows_every_step_and_the_final_gradients(driver: Any, tmp_path: Path) -> None:
    open_page(driver, relu_network(), tmp_path)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    shown = seen(driver)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert shown["visible"] == 27
    assert shown["gradients"] == expected(relu_network())[-1]["gradients"]


def test_a_notebook_exported_to_html(driver: Any, tmp_path: Path) -> None:
    html = exported_notebook(tmp_path)
    driver.get(html.as_uri())
    driver.switch_to.frame(driver.find_element("css selector", "iframe[srcdoc]"))
    assert seen(driver)["slider"] == 0
    wait_until(lambda: driver.execute_script(HIDDEN) == 0)
    click(driver, "last")
    shown, steps = seen(driver), expected(relu_network())
    assert shown["gradients"] == steps[-1]["gradients"]
    assert shown["visible"] == 1
    driver.switch_to.default_content()

    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    driver.get(html.as_uri())
    fallback = driver.find_element("css selector", "iframe + details")
    image = fallback.find_element("tag name", "img")
    assert not image.is_displayed()

    def is_opened() -> bool:
        """Clicked once more where the page still moved under the click."""
        if not fallback.get_attribute("open"):
            fallback.find_element("tag name", "summary").click()
        return bool(fallback.get_attribute("open"))

    wait_until(is_opened)
    wait_until(image.is_displayed)
    assert image.size["width"] > 300, "the picture has been read"
    assert "d(loss)/d(w21) = -0.342" in image.get_attribute("alt")
    summaries = fallback.find_elements("css selector", "details > details > summary")
    assert len(summaries) == 27
    summaries[-1].click()
    wait_until(lambda: "w11 receives" in fallback.text)
    assert "w11 receives 0 × 1 = 0" in fallback.text
    driver.get("about:blank")
    driver.get_log("browser")  # the exporter's own page looks for MathJax and the like on the network
    requested(driver)


def exported_notebook(folder: Path) -> Path:
    """A notebook that ends in a stepping page, executed and exported as HTML."""
    nbformat: Any = pytest.importorskip("nbformat", reason="nbformat is not installed")
    nbclient: Any = pytest.importorskip("nbclient", reason="nbclient is not installed")
    nbconvert: Any = pytest.importorskip("nbconvert", reason="nbconvert is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    checkout = Path(__file__).parents[2]
    source = f"""
import sys
sys.path.insert(0, {str(checkout)!r})
from autograd.views.stepper import step_through
from tests.lectures.graphs import relu_network
step_through(relu_network())"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    html, _ = nbconvert.HTMLExporter().from_notebook_node(notebook)
    path = folder / "notebook.html"
    path.write_text(html, encoding="utf-8")
    return path
