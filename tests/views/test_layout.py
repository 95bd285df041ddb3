"""Graphviz that hangs, dies or is interrupted: a simpler picture, then one error, and no process left."""

from __future__ import annotations

import html
import os
import threading
import time
from pathlib import Path

import pytest

from autograd import Value
from autograd.views import layout
from autograd.views.drawing import Drawing, DrawingError, draw
from autograd.views.rendering import graphviz_command
from tests.views.test_drawing import needs_graphviz, put_dot_on_path

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc on this system")

HANG = "echo $$ >> {pids}; sleep 600 & echo $! >> {pids}; wait"
DIE = "kill -SEGV $$"
#: What a stand-in does with the whole picture; a simpler one it draws.
ONLY_SIMPLE = "if grep -q splines=line; then echo '<svg>simple</svg>'; else {trouble}; fi"


def picture() -> Drawing:
    x = Value(2.0, "x")
    y = x * x + x
    y.backward()
    return draw(y, derivatives=True)


@pytest.fixture
def pids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(layout, "TIME_LIMIT", 0.5)
    return tmp_path / "pids"


def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    put_dot_on_path(tmp_path, monkeypatch, script.format(pids=tmp_path / "pids"))


def none_is_left(pids: Path) -> bool:
    """Whether all processes that wrote their numbers there have ended, within a moment."""
    numbers = list(map(int, pids.read_text().split()))
    assert len(numbers) >= 2
    for _ in range(100):
        if not any(is_running(number) for number in numbers):
            return True
        time.sleep(0.05)
    return False


def is_running(number: int) -> bool:
    """Or has ended, and we forgot to ask how; what our child started, somebody else asks."""
    try:
        state, parent = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return False
    return state != "Z" or int(parent) == os.getpid()


@pytest.mark.parametrize("trouble", [HANG, DIE])
def test_a_simpler_picture_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pids: Path, trouble: str
) -> None:
    put(tmp_path, monkeypatch, ONLY_SIMPLE.replace("{trouble}", trouble))
    assert picture().render_bytes("svg") == b"<svg>simple</svg>\n"
    if trouble == HANG:
        assert none_is_left(pids)


@pytest.mark.parametrize(
    ("trouble", "words"), [(HANG, "did not finish within 0.5 seconds"), (DIE, "was ended by SIGSEGV")]
)
def test_then_it_is_an_error_of_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pids: Path, trouble: str, words: str
) -> None:
    put(tmp_path, monkeypatch, trouble)
    with pytest.raises(DrawingError) as caught:
        picture().render_bytes("svg")
    assert str(caught.value).count(words) == 2
    assert "\n" not in str(caught.value)
    if trouble == HANG:
        assert none_is_left(pids)


def test_every_way_to_draw_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pids: Path) -> None:
    put(tmp_path, monkeypatch, DIE)
    monkeypatch.chdir(tmp_path)
    drawing = picture()
    before = {path.name for path in tmp_path.iterdir()}
    for draws in (
        lambda: drawing.save("graph.svg"), lambda: drawing.render("graph", format="svg"), drawing.view,
        lambda: drawing.pipe("svg"), lambda: drawing.pipe("svg", encoding="utf-8"),
    ):  # fmt: skip
        with pytest.raises(DrawingError, match="too much for Graphviz"):
            draws()
    assert {path.name for path in tmp_path.iterdir()} == before
    bundle = drawing._repr_mimebundle_()
    assert list(bundle) == ["text/plain"]
    assert bundle["text/plain"].startswith(drawing.text)
    assert "too much for Graphviz" in bundle["text/plain"]


@pytest.mark.parametrize("moment", ["", "sleep 0.3; "])
def test_ctrl_c_ends_what_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pids: Path, moment: str
) -> None:
    """Beside another thread, as in a notebook, which the system may hand the signal to."""
    monkeypatch.setattr(layout, "TIME_LIMIT", 60.0)
    put(tmp_path, monkeypatch, HANG.replace("wait", f"{moment}kill -INT $PPID; wait"))
    is_over = threading.Event()
    thread = threading.Thread(target=is_over.wait)
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            picture().render_bytes("svg")
    finally:
        is_over.set()
        thread.join()
    assert none_is_left(pids)


def test_what_graphviz_says_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, monkeypatch, "cat > /dev/null; yes 'bad\x1b[2J' | head -c 100000 >&2; exit 1")
    with pytest.raises(DrawingError, match="failed: bad") as caught:
        picture().render_bytes("svg")
    assert len(str(caught.value)) < 500
    assert str(caught.value).isprintable()


@needs_graphviz
def test_the_simpler_picture_has_the_same_nodes_and_edges_and_a_note() -> None:
    whole = picture().source
    simple = layout.simpler(whole, "drawn simply")
    assert whole.count("local ") == 4
    assert "local " not in simple
    assert simple.count(" -> ") == whole.count(" -> ")
    drawn = html.unescape(layout.lay_out(graphviz_command("svg") or [], simple).decode())
    assert "drawn simply" in drawn
    for part in ("node0", "gate1", "edge1-0", "edge1-1", "out2"):
        assert f'id="{part}"' in drawn
