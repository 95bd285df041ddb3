"""The stepping page without a browser: its numbers, its safety, its size."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value, absolute, maximum, mul, summation, topological_order
from autograd.arithmetic.notation import number_text
from autograd.names import name_nodes
from autograd.node import NOT_YET
from autograd.views import rendering
from autograd.views.stepper import SteppingPage, step_through
from autograd.views.stepper.copies import copy_of_graph
from autograd.views.stepper.scenes import BackwardScene, ForwardScene, Passes, StartScene, both_passes
from tests.lectures.graphs import named, relu_network, sigmoid_network
from tests.work import calls

HOSTILE = [
    "<script>alert(1)</script>", "</script><script>alert(1)</script>", "</style>", "-->", "<!--", "]]>",
    "\"'><img src=x onerror=alert(1)>", "{{ 7 * 7 }}", "&lt;", "long" * 2500, "\u05e9\u05dc\u05d5\u05dd",
    "\u202eevil", "a\x00b\ud800c", "\U0001f642", "   ", "\n",
]  # fmt: skip


class Page(HTMLParser):
    """What a browser would make of the page: its elements, their attributes and its text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.texts: list[str] = []
        self.inside = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside in self.raw:
            self.raw[self.inside].append(data)
        else:
            self.texts.append(data)

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def passes_of(root: Value) -> Passes:
    nodes = copy_of_graph(root)
    return both_passes(nodes, range(len(nodes)))


def chain(gates: int) -> Value:
    node = Value(0.5, "x")
    for turn in range(gates):
        node = node.tanh() if turn % 2 else node * Value(1.1)
    return node


def network(*sizes: int) -> Value:
    numbers = random.Random(1)
    row = [Value(numbers.random(), f"x{i}") for i in range(sizes[0])]
    for size in sizes[1:]:
        row = [
            summation(*[Value(numbers.random() - 0.5) * x for x in row], Value(0.1)).tanh()
            for _ in range(size)
        ]
    return (row[0] - 1) ** 2


# -- the scenes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("build", [relu_network, sigmoid_network])
def test_the_scenes_are_those_of_the_engine(build: Callable[[], Value]) -> None:
    root = build()
    order = topological_order(root)
    passes = passes_of(root)
    gates = [node for node in order if node.gate is not None]

    forward = [scene for scene in passes.scenes if isinstance(scene, ForwardScene)]
    assert [(scene.place, scene.node.data) for scene in forward] == [(order.index(g), g.data) for g in gates]
    assert isinstance(passes.scenes[len(gates)], StartScene)

    backward = [scene for scene in passes.scenes if isinstance(scene, BackwardScene)]
    for scene, engine in zip(backward, root.backward_steps(), strict=True):
        assert scene.place == order.index(engine.node)
        assert scene.upstream == engine.upstream
        wanted = [k for k, below in enumerate(engine.node.inputs) if below is not None]
        assert [share.contribution for share in scene.shares] == [engine.contributions[k] for k in wanted]
        assert [share.local for share in scene.shares] == [engine.node.local_backward(1.0)[k] for k in wanted]
        assert [passes.nodes[share.place].label for share in scene.shares] == [
            node.label for node in engine.node.inputs if node is not None
        ]


def test_a_step_says_what_happens() -> None:
    x, w = Value(2.0, "x"), Value(-3.0, "w")
    passes = passes_of(named("h", (named("p", w * x) + x).tanh()))
    sentences = [scene.sentence for scene in passes.scenes]
    h, slope = number_text(Value(-4.0).tanh().data), number_text(1 - Value(-4.0).tanh().data ** 2)
    assert sentences[:4] == [
        "Forward 1 of 3: p = w * x = -3 * 2 = -6.",
        "Forward 2 of 3: v1 = p + x = -6 + 2 = -4.",
        f"Forward 3 of 3: h = tanh(v1) = tanh(-4) = {h}.",
        "Start of the backward pass: d(h)/d(h) = 1.",
    ]
    assert sentences[4] == (
        "Backward 1 of 3: tanh gate of h. h is the root: the backward pass starts here. "
        f"Upstream gradient 1: v1 receives 1 × {slope} = {slope} (total {slope}, complete)."
    )
    assert f"x receives {slope} × 1 = {slope} (total {slope} so far, more to come from p)" in sentences[5]
    assert "v1 is used by h (tanh), whose turn is over: the gradient of v1 is complete." in sentences[5]
    assert "w receives" in sentences[6]
    assert f"x receives {slope} × (-3)" in sentences[6]


@pytest.mark.parametrize(
    ("root", "role"),
    [
        (Value(1.0) + Value(2.0), "add gate: distributes the gradient."),
        (Value(1.0) * Value(2.0), "mul gate: switches the gradient."),
        (maximum(Value(1.0), Value(2.0)), "max gate: routes the gradient."),
        (absolute(Value(1.0)), "abs gate. The absolute value; its slope at 0 is 0."),
    ],
)
def test_the_role_of_a_gate(root: Value, role: str) -> None:
    scene = passes_of(root).scenes[-1]
    assert isinstance(scene, BackwardScene)
    assert scene.role.startswith(role)


def test_one_gate_that_uses_a_value_twice() -> None:
    x = Value(3.0, "x")
    scene = passes_of(x * x).scenes[-1]
    assert isinstance(scene, BackwardScene)
    assert [(share.total, share.awaited) for share in scene.shares] == [(3.0, ("v1",)), (6.0, ())]
    assert passes_of(x * x).scenes[0].sentence == "Forward 1 of 1: v1 = x * x = 3 * 3 = 9."


def test_negative_numbers_stand_in_brackets_where_they_could_be_misread() -> None:
    numbers = {
        "2 - (-3)": Value(2.0) - Value(-3.0),
        "(-3)**2": Value(-3.0) ** 2,
        "-(-3)": -Value(-3.0),
        "max(-3, -4)": maximum(Value(-3.0), Value(-4.0)),
    }
    for written, root in numbers.items():
        scene = passes_of(root).scenes[0]
        assert isinstance(scene, ForwardScene)
        assert scene.numbers == written


GATES: list[Callable[[Value, Value], Value]] = [
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: maximum(a, b),
    lambda a, b: a.tanh(),
    lambda a, b: a.relu(),
    lambda a, b: 2 * a - 1,
    lambda a, b: summation(a, b, a),
]


@st.composite
def graphs(draw: st.DrawFn) -> Value:
    numbers = st.floats(-3, 3, allow_subnormal=False)
    nodes = [Value(draw(numbers), f"x{i}") for i in range(draw(st.integers(1, 3)))]
    for gate in draw(st.lists(st.sampled_from(GATES), min_size=1, max_size=12)):
        nodes.append(gate(draw(st.sampled_from(nodes)), draw(st.sampled_from(nodes))))
    root: Value = summation(*nodes)
    return root


def same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_contributions_sum_exactly_to_every_gradient(root: Value) -> None:
    passes = passes_of(root)
    sums = dict.fromkeys(range(len(passes.nodes)), 0.0)
    complete: dict[int, bool] = {}
    for scene in passes.scenes:
        if isinstance(scene, BackwardScene):
            for share in scene.shares:
                sums[share.place] += share.contribution
                assert same(share.total, sums[share.place])
                assert not complete.get(share.place), "nothing comes after the last contribution"
                complete[share.place] = not share.awaited and not share.unnamed
    root.backward()
    for place, node in enumerate(topological_order(root)[:-1]):
        assert same(sums[place], node.grad)
        assert complete[place]


# -- the page -------------------------------------------------------------------------------------


def test_the_gradients_of_the_user_stay_as_they_are() -> None:
    root = relu_network()
    order = topological_order(root)
    labels = [node.label for node in order]
    step_through(root)._repr_html_()
    assert all(node.grad is NOT_YET for node in order)
    root.backward()
    once = [node.grad for node in order]
    html = step_through(root).html
    assert [node.grad for node in order] == once
    assert [node.label for node in order] == labels
    root.backward()
    assert step_through(root).html == html, "the page shows one backward pass, however often one ran before"


@pytest.mark.parametrize("bad", [3.0, None, "E", [Value(1.0)]])
def test_a_root_that_is_no_value(bad: object) -> None:
    with pytest.raises(TypeError, match="step_through takes a Value, got"):
        step_through(bad)  # type: ignore[arg-type]


def test_a_title_that_is_no_string() -> None:
    with pytest.raises(TypeError, match="title must be a str, got 3 of type int"):
        step_through(Value(1.0), title=3)  # type: ignore[arg-type]


def test_every_step_and_the_final_gradients_stand_in_the_page() -> None:
    root = sigmoid_network()
    html = step_through(root, title="The 2-2-2 network").html
    page = Page(html)
    assert '<h1 dir="auto">The 2-2-2 network</h1>' in html
    assert len([e for e in page.of("li") if e.get("class", "").startswith("scene ")]) == 26 + 1 + 26
    root.backward()
    svg = ElementTree.fromstring(html[html.index("<svg") : html.index("</svg>") + 6])
    groups = {group.get("id"): group for group in svg.iter("{http://www.w3.org/2000/svg}g")}
    for place, (node, name) in enumerate(name_nodes(topological_order(root)).items()):
        texts = [text.text for text in groups[f"node{place}"].iter("{http://www.w3.org/2000/svg}text")]
        assert texts == [name, "data", number_text(node.data), "grad", number_text(node.grad)]
        assert f"d(E)/d({name}) = {number_text(node.grad)}</summary>" in html


def test_nothing_is_fetched_and_only_the_own_script_runs() -> None:
    page = Page(step_through(relu_network()).html)
    policy = next(e["content"] for e in page.of("meta") if "http-equiv" in e)
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    script, style = page.raw["script"][-1], page.raw["style"][0]
    for kind, content in (("script", script), ("style", style)):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    for tag, attributes in page.elements:
        assert tag not in ("link", "iframe", "img", "object", "embed", "base")
        for name, value in attributes.items():
            assert name not in ("style", "src", "href", "srcset", "action")
            assert not name.startswith("on")
            assert "://" not in value or name == "xmlns"
    assert not re.search(r"url\((?!#)|@import|@font-face", style)


@pytest.mark.parametrize("label", HOSTILE)
def test_labels_are_text(label: str) -> None:
    plain, hostile = [
        step_through(named(it, Value(2.0, it) * Value(3.0, it)), title=it) for it in ("w", label)
    ]
    for make in (lambda page: page.html, SteppingPage._repr_html_):
        clean, page = Page(make(plain)), Page(make(hostile))
        tags = [tag for tag, _ in page.elements if tag not in MATH]
        assert tags == [tag for tag, _ in clean.elements if tag not in MATH], "no element more, none less"
        assert page.raw["script"][1:] == clean.raw["script"][1:]
    assert len(hostile.html) < len(plain.html) + 8000
    data = json.loads(Page(hostile.html).raw["script"][0])
    assert len(data["scenes"]) == 3
    hostile.html.encode()


MATH = {"math", "mrow", "mi", "mo", "mn", "mfrac", "msup", "mtext", "br", "p", "div"}


def test_a_right_to_left_label_is_isolated() -> None:
    word = "\u05e9\u05dc\u05d5\u05dd"
    sentence = passes_of(Value(2.0, word) * Value(3.0, "w")).scenes[0].sentence
    assert f"= \u2068{word}\u2069 * w =" in sentence


def test_labels_from_a_script_cannot_close_the_data() -> None:
    html = step_through(Value(1.0, "</script><b>") + 1).html
    assert html.count("</script>") == 2


@pytest.mark.parametrize("data", [float("nan"), float("inf"), -1e308])
def test_numbers_that_are_not_finite(data: float) -> None:
    page = step_through(Value(data, "x") * 10)
    assert number_text(data * 10) in page.text
    json.loads(Page(page.html).raw["script"][0], parse_constant=pytest.fail)


def test_a_root_without_gates() -> None:
    page = step_through(Value(2.0, "x"))
    assert repr(page) == "<SteppingPage of x: 0 gates, 1 steps>"
    assert "d(x)/d(x) = <b>1</b>" in page.html


def test_three_hundred_gates_are_quick_and_small() -> None:
    assert calls(step_through, chain(300)) < 2.1 * calls(step_through, chain(150))
    for root in (chain(300), network(8, 15, 8, 1)):
        page = step_through(root)
        assert len(page.html.encode()) < 1_000_000
        assert page.html.count('class="gate"') >= 280
        assert "too large to tell each gradient" in page.html


def test_a_larger_graph_is_cut_and_says_so() -> None:
    page = step_through(network(10, 40, 40, 1))
    assert len(page.html.encode()) < 1_000_000
    assert re.search(r"This graph has 4,335 values. Shown are the \d+ nearest the root", page.html)
    assert "values are left out." in page.text


def test_a_graph_too_tangled_to_draw_keeps_its_steps() -> None:
    x = Value(0.5, "x")
    root = x
    for _ in range(200):
        root = root * x
    page = step_through(root)
    assert repr(page) == "<SteppingPage of v200: 200 gates, 401 steps>"
    assert re.search(r"The drawing shows \d+ values only, those nearest the root", page.html)


def test_a_sum_of_thousands_is_told_in_short() -> None:
    page = step_through(summation(*[Value(1.0, f"x{i}") for i in range(3000)]))
    assert "sum(x0, x1, x2, ..., x2999)" in page.html
    assert "and 2988 more inputs" in page.html


def test_without_graphviz_the_graph_is_shown_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "graphviz_command", lambda format: None)
    page = step_through(relu_network())
    shown = Page(page.html)
    assert not shown.of("svg")
    assert "loss = v9**2 = 0.0361" in "".join(shown.texts)
    assert page.html.count("pip install") == 1
    assert "loss = v9**2 = 0.0361" in page._repr_html_()
    assert not Page(page._repr_html_()).of("img")


def test_saved_whole(tmp_path: Path) -> None:
    page = step_through(relu_network())
    path = page.save(tmp_path / "page.html")
    assert path.read_text(encoding="utf-8") == page.html
    with pytest.raises(OSError, match="no_folder"):
        page.save(tmp_path / "no_folder" / "page.html")


# -- in a notebook --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["page.pdf", "page.svg", "page", ".html"])
def test_a_page_is_html_and_nothing_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"must end in .html or .htm; got .*draw\(root\).save"):
        step_through(Value(1.0).tanh()).save(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["page.html", "PAGE.HTM"])
def test_endings_of_a_page(tmp_path: Path, name: str) -> None:
    assert step_through(Value(1.0).tanh()).save(tmp_path / name).read_text().startswith("<!doctype html>")


def test_a_notebook_shows_the_page_in_a_frame_and_a_fallback() -> None:
    page = step_through(relu_network())
    bundle = page._repr_mimebundle_()
    assert bundle == {"text/plain": page.text, "text/html": page._repr_html_()}
    shown = Page(bundle["text/html"])
    (frame,) = shown.of("iframe")
    assert frame["sandbox"] == "allow-scripts"
    assert frame["srcdoc"] == page.html
    assert frame["title"]
    (image,) = shown.of("img")
    assert "d(loss)/d(u2) = -0.342" in image["alt"]
    assert not any("id" in attributes for _, attributes in shown.elements), "two displays cannot clash"
    kind, _, data = image["src"].partition(",")
    assert kind == "data:image/svg+xml;base64"
    ElementTree.fromstring(base64.b64decode(data))
    told = "".join(shown.texts)
    for scene in page._passes.scenes:
        assert scene.sentence in told
    assert len(shown.of("details")) == 1 + len(page._passes.scenes)


def test_the_text_of_a_large_page_is_bounded() -> None:
    text = step_through(chain(300)).text
    assert "... 521 more steps" in text
    assert len(text.splitlines()) < 200


def test_multiplying_is_not_squaring() -> None:
    scene = passes_of(mul(Value(3.0, "a"), Value(3.0, "b"))).scenes[0]
    assert scene.sentence == "Forward 1 of 1: v1 = a * b = 3 * 3 = 9."
