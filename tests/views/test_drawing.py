"""Drawings, looked at through the DOT they are and the SVG that Graphviz makes of them."""

from __future__ import annotations

import html
import re
import stat
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from importlib.util import find_spec
from pathlib import Path

import pytest

from autograd import Value, draw, exp, gate, relu, summation
from autograd.views import rendering
from autograd.views.drawing import Drawing, DrawingError
from autograd.views.rendering import INSTALL_ADVICE, graphviz_command
from tests.work import calls

SVG = "{http://www.w3.org/2000/svg}"
TOOLTIP = "{http://www.w3.org/1999/xlink}title"

needs_graphviz = pytest.mark.skipif(
    graphviz_command("svg") is None, reason="neither dot nor pygraphviz is here"
)


def product() -> Value:
    out = Value(2.0, "a") * Value(-3.0, "b")
    out.label = "c"
    return out


def chain(length: int) -> Value:
    node = Value(0.0, "start")
    for _ in range(length):
        node = -node
    return node


def svg_parts(drawing: Drawing) -> dict[str, ElementTree.Element]:
    """The nodes and edges of the rendered drawing by their ids; fails if an id comes twice."""
    root = ElementTree.fromstring(drawing.render_bytes("svg"))
    parts = [part for part in root.iter(f"{SVG}g") if part.get("class") in ("node", "edge")]
    by_id = {part.get("id", ""): part for part in parts}
    assert len(by_id) == len(parts)
    return by_id


def texts(part: ElementTree.Element) -> list[str]:
    return ["".join(text.itertext()).replace("\xa0", "").strip() for text in part.iter(f"{SVG}text")]


def hide_graphviz(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


def put_dot_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = tmp_path / "bin" / "dot"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")


# -- what is drawn --------------------------------------------------------------------------------


@needs_graphviz
def test_values_gates_and_edges_have_predictable_ids() -> None:
    parts = svg_parts(draw(product()))
    assert set(parts) == {"node0", "node1", "node2", "gate2", "edge2-0", "edge2-1", "out2"}
    assert texts(parts["node0"]) == ["a", "data", "2", "grad", "not yet"]
    assert texts(parts["gate2"]) == ["*"]
    assert parts["edge2-1"].findtext(f"{SVG}title") == "node1->gate2"
    assert parts["out2"].findtext(f"{SVG}title") == "gate2->node2"


@needs_graphviz
def test_gradients_are_shown_once_backward_has_been_there_zeros_too() -> None:
    x = Value(-1.0, "x")
    y = relu(x)
    y.backward()
    parts = svg_parts(draw(y))
    assert (texts(parts["node0"])[-1], texts(parts["node1"])[-1]) == ("0", "1")


def test_leaves_results_and_roots_differ_in_shape() -> None:
    source = draw(-product()).source
    lines = {line.split()[0]: line for line in source.splitlines() if " [" in line and "->" not in line}
    leaf, result, root = lines["node0"], lines["node2"], lines["node3"]
    assert "penwidth=2" in leaf
    assert "rounded" not in leaf
    assert "rounded" in result
    assert "peripheries" not in result
    assert "peripheries=2" in root


@needs_graphviz
def test_an_input_used_twice_has_two_edges() -> None:
    x = Value(3.0, "x")
    parts = svg_parts(draw(x * x))
    assert [parts[edge].findtext(f"{SVG}title") for edge in ("edge1-0", "edge1-1")] == ["node0->gate1"] * 2


@needs_graphviz
def test_a_plain_number_is_only_text() -> None:
    parts = svg_parts(draw(Value(3.0, "x") ** 2))
    assert texts(parts["const1-1"]) == ["2"]
    assert not list(parts["const1-1"].iter(f"{SVG}polygon"))
    assert parts["edge1-1"].findtext(f"{SVG}title") == "const1-1->gate1"


@needs_graphviz
def test_derivatives_on_the_edges() -> None:
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    loss = (a * b) * 5
    before = svg_parts(draw(loss, derivatives=True))
    assert texts(before["edge2-0"]) == ["local b = -3"]
    assert texts(before["edge3-0"]) == ["local 5"]
    assert texts(before["edge3-1"]) == []  # a plain number has no gradient
    loss.backward()
    after = svg_parts(draw(loss, derivatives=True))
    assert texts(after["edge2-0"]) == ["local b = -3", "back 5 × -3 = -15"]
    assert texts(after["edge2-1"]) == ["local a = 2", "back 5 × 2 = 10"]
    assert texts(svg_parts(draw(loss))["edge2-0"]) == []


@needs_graphviz
def test_a_derivative_with_a_condition_stands_in_brackets() -> None:
    assert texts(svg_parts(draw(relu(Value(2.0, "x")), derivatives=True))["edge1-0"]) == [
        "local (0 if x <= 0 else 1) = 1"
    ]


@needs_graphviz
def test_several_roots_share_one_drawing() -> None:
    x = Value(3.0, "x")
    double, square = x + x, x * x
    drawing = draw([double, square, double])
    parts = svg_parts(drawing)
    assert {"node0", "node1", "node2"} == {part for part in parts if part.startswith("node")}
    assert drawing.source.count("peripheries=2") == 2
    assert "6" in drawing.text
    assert "9" in drawing.text


@needs_graphviz
def test_title_and_a_custom_gate() -> None:
    same = gate(
        "same", forward=lambda m, x: x + 0, backward=lambda m, upstream, out, x: (upstream,), symbol="<=>"
    )
    drawing = draw(same(Value(1.0)), title="Lecture <1> & \\N")
    assert texts(svg_parts(drawing)["gate1"]) == ["<=>"]
    assert "Lecture <1> & \\N" in texts(ElementTree.fromstring(drawing.render_bytes("svg")))


# -- large graphs ---------------------------------------------------------------------------------


@needs_graphviz
def test_a_large_graph_is_drawn_near_the_root_and_says_what_it_leaves_out() -> None:
    drawing = draw(chain(1500), limit=5, derivatives=True)
    parts = svg_parts(drawing)
    assert {part for part in parts if part.startswith("node")} == {f"node{i}" for i in range(1496, 1501)}
    assert "... 1,496 more values" in texts(ElementTree.fromstring(drawing.render_bytes("svg")))
    assert texts(parts["more1496"]) == ["... 1 more"]
    assert parts["more1496-edge"].findtext(f"{SVG}title") == "more1496->gate1496"


def test_nearest_means_the_fewest_gates_away() -> None:
    near = Value(1.0, "near")
    source = draw(chain(50) + near, limit=3).source
    assert "<B>near</B>" in source
    assert "<B>start</B>" not in source


def test_a_graph_of_just_the_limit_is_whole() -> None:
    assert "more" not in draw(chain(9), limit=10).source
    assert "more" in draw(chain(10), limit=10).source


def test_a_gate_with_very_many_inputs_is_cut_too() -> None:
    x = Value(1.0)
    source = draw(summation(*[x] * 5000, *[1.0] * 5000), limit=10).source
    assert source.count(" -> gate1") == 11
    assert "... 9,990 more" in source


def test_a_huge_graph_is_quick() -> None:
    root, half = chain(120_000), chain(60_000)
    assert calls(draw, root) < 2.1 * calls(draw, half)
    drawing = draw(root)
    assert len(drawing.source) < 500_000
    assert drawing.text == "A graph of 120,001 values, 300 of them drawn."


@needs_graphviz
def test_a_long_chain_that_shares_a_leaf_is_laid_out_in_time() -> None:
    shared = Value(1.0)
    node = shared
    for i in range(100):
        node = node * 1.0 + shared if i % 2 else node + Value(1.0)
    done = subprocess.run(
        graphviz_command("svg") or [], input=draw(node).source.encode(), capture_output=True, timeout=600
    )
    assert done.returncode == 0


# -- labels are text ------------------------------------------------------------------------------

RIGHT_TO_LEFT = "\u05e9\u05dc\u05d5\u05dd"
LABELS = [
    "<script>alert(1)</script>", "<b>", "</TD>", "a & b", "&lt;", "&#92;", '"quoted"', "'", "ends in \\",
    "\\N", "\\G \\n \\l \\\\N", "%s %", "{a|b}", "<x>", "->", RIGHT_TO_LEFT,
    "\U0001f600\U0001f468\u200d\U0001f469",
    'charset="utf-16"', "a;b]", "graph",
]  # fmt: skip


@needs_graphviz
@pytest.mark.parametrize("label", LABELS)
def test_any_label_is_shown_letter_by_letter(label: str) -> None:
    value = Value(1.0, label)
    drawing = draw(exp(value), title=label, derivatives=True)
    part = svg_parts(drawing)["node0"]
    assert texts(part)[0] == label
    link = part.find(f".//{SVG}a")
    assert link is not None
    assert link.get(TOOLTIP) == f"{label}: data 1.0, grad not yet"
    assert not [
        tag for tag in ElementTree.fromstring(drawing.render_bytes("svg")).iter() if "script" in tag.tag
    ]


@needs_graphviz
@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("two\nlines\tand\x00\x1b[2J", "two lines and[2J"),
        ("\u202eturned", "turned"),
        ("lone\ud800 surrogate", "lone surrogate"),
        ("\x07", "(blank)"),
        ("  ", "(blank)"),
        ("\ufffe\uffff!", "!"),
    ],
)
def test_characters_that_are_no_text_are_left_out(label: str, shown: str) -> None:
    assert texts(svg_parts(draw(Value(1.0, label)))["node0"])[0] == shown


@needs_graphviz
def test_a_very_long_label_is_shortened_and_told_in_the_tooltip() -> None:
    part = svg_parts(draw(exp(Value(1.0, "long" * 2500)), derivatives=True))["node0"]
    assert texts(part)[0] == "longlonglonglonglonglonglonglonglong"[:29] + "..."
    link = part.find(f".//{SVG}a")
    assert link is not None
    hover = link.get(TOOLTIP, "")
    assert len(hover) == 1000
    assert hover.startswith("long" * 200)


# -- rendering and saving -------------------------------------------------------------------------


@needs_graphviz
@pytest.mark.parametrize(("ending", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("PDF", b"%PDF")])
def test_save_picks_the_format_by_the_ending(tmp_path: Path, ending: str, start: bytes) -> None:
    path = tmp_path / f"graph.{ending}"
    assert draw(product()).save(path) == str(path)
    assert path.read_bytes().startswith(start)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ending", ["dot", "gv"])
def test_save_writes_the_source(tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hide_graphviz(monkeypatch)
    drawing = draw(product())
    drawing.save(tmp_path / f"graph.{ending}")
    assert (tmp_path / f"graph.{ending}").read_text() == drawing.source


def test_save_names_the_endings_it_knows(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=re.escape(".svg, .png, .pdf, .dot, .gv; got ")):
        draw(product()).save(tmp_path / "graph.jpeg")
    with pytest.raises(ValueError, match="one of svg, png, pdf; got 'jpeg'"):
        draw(product()).render_bytes("jpeg")
    assert not list(tmp_path.iterdir())


def test_without_graphviz_there_is_text_and_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hide_graphviz(monkeypatch)
    drawing = draw(product())
    assert list(drawing._repr_mimebundle_()) == ["text/plain"]
    assert drawing._repr_mimebundle_()["text/plain"] == f"{drawing.text}\n{INSTALL_ADVICE}"
    assert "-6" in drawing.text
    assert drawing._repr_svg_() is None
    assert html.escape(INSTALL_ADVICE) in (drawing._repr_html_() or "")
    path = tmp_path / "graph.svg"
    path.write_text("as it was")
    with pytest.raises(DrawingError, match=re.escape('pip install "chalkgrad[draw]"')):
        drawing.save(path)
    assert path.read_text() == "as it was"


@needs_graphviz
def test_a_notebook_gets_svg_and_text(capfd: pytest.CaptureFixture[str]) -> None:
    drawing = draw(product())
    bundle = drawing._repr_mimebundle_()
    assert set(bundle) == {"image/svg+xml", "text/plain"}
    assert bundle["text/plain"] == drawing.text
    assert drawing._repr_svg_() == bundle["image/svg+xml"]
    assert drawing._repr_html_() is None
    assert list(drawing._repr_mimebundle_(include=["text/plain"])) == ["text/plain"]
    assert list(drawing._repr_mimebundle_(exclude=["text/plain"])) == ["image/svg+xml"]
    assert capfd.readouterr() == ("", "")


def test_the_text_is_of_the_moment_of_drawing_and_survives_a_copy() -> None:
    root = product()
    drawing = draw(root)
    root.backward()
    assert draw(root).text != drawing.text
    assert drawing.copy().text == drawing.text
    assert drawing.copy().source == drawing.source


def test_the_dot_on_the_path_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_dot_on_path(
        tmp_path, monkeypatch, f'echo "$@" > {tmp_path}/called; cat > {tmp_path}/source; echo "<svg/>"'
    )
    drawing = draw(product())
    assert drawing._repr_svg_() == "<svg/>\n"
    assert (tmp_path / "called").read_text() == "-Tsvg\n"
    assert (tmp_path / "source").read_text() == drawing.source
    assert drawing.pipe(format="svg", encoding="utf-8") == "<svg/>\n"


def test_render_puts_files_where_graphviz_does_and_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_dot_on_path(tmp_path, monkeypatch, 'echo "$@"; cat')
    drawing = draw(product())
    assert drawing.render(tmp_path / "graph", format="svg") == str(tmp_path / "graph.svg")
    assert (tmp_path / "graph").read_text() == drawing.source
    assert (tmp_path / "graph.svg").read_text().split("\n", 1)[1] == drawing.source
    made = drawing.render("graph", tmp_path / "inner", format="png", renderer="cairo", formatter="cairo")
    assert made == str(tmp_path / "inner" / "graph.cairo.cairo.png")
    assert Path(made).read_text().startswith("-Kdot -Tpng:cairo:cairo\n")
    with pytest.raises(FileExistsError, match="output file exists"):
        drawing.render("graph", tmp_path, format="svg", raise_if_result_exists=True)
    with pytest.raises(ValueError, match="another file than the source"):
        drawing.render(outfile=tmp_path / "graph.gv", format="svg")
    (tmp_path / "read_only.svg").touch(0o444)
    (tmp_path / "link.svg").symlink_to("linked.svg")
    with pytest.raises(PermissionError, match="is read-only"):
        drawing.render(outfile=tmp_path / "read_only.svg")
    drawing.render(outfile=tmp_path / "link.svg")
    assert (tmp_path / "link.svg").is_symlink()
    assert (tmp_path / "linked.svg").read_text().endswith(drawing.source)


def test_a_dot_that_fails_leaves_the_old_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_dot_on_path(tmp_path, monkeypatch, "cat > /dev/null; echo half; exit 1")
    (tmp_path / "graph.svg").write_text("as it was")
    with pytest.raises(DrawingError, match="exit status 1"):
        draw(product()).render(tmp_path / "graph", format="svg")
    assert (tmp_path / "graph.svg").read_text() == "as it was"
    assert not (tmp_path / "graph").exists()


def test_what_only_dot_knows_goes_to_graphviz_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_dot_on_path(tmp_path, monkeypatch, "cat > /dev/null; echo $@")
    drawing = draw(product())
    assert drawing.pipe("svg", encoding="utf-8", engine="neato") == "-Kneato -Tsvg\n"
    drawing.engine = "circo"
    assert drawing.pipe("svg", encoding="utf-8") == "-Kcirco -Tsvg\n"


# -- pygraphviz alone -----------------------------------------------------------------------------

needs_pygraphviz = pytest.mark.skipif(find_spec("pygraphviz") is None, reason="pygraphviz is not here")


@needs_pygraphviz
@pytest.mark.parametrize(
    ("format", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("dot", b"digraph")]
)
def test_render_and_pipe_without_the_program_dot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str, start: bytes
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)
    drawing = draw(product())
    assert drawing.render("graph", format=format) == f"graph.{format}"
    assert (tmp_path / f"graph.{format}").read_bytes().startswith(start)
    assert (tmp_path / "graph").read_text() == drawing.source
    assert drawing.pipe(format=format).startswith(start)


@needs_pygraphviz
def test_render_without_dot_puts_files_where_graphviz_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)
    opened: list[object] = []
    monkeypatch.setattr("graphviz.view", opened.append)
    drawing = draw(product())
    assert drawing.render() == "computational_graph.gv.pdf"
    assert drawing.render(outfile="out.svg", cleanup=True) == "out.svg"
    assert drawing.render("graph", tmp_path / "inner", format="svg") == str(tmp_path / "inner/graph.svg")
    assert opened == []
    assert (tmp_path / "out.svg").read_bytes().startswith(b"<?xml")
    assert draw(product()).view() == "computational_graph.gv.pdf"
    assert list(map(str, opened)) == ["computational_graph.gv.pdf"]
    assert drawing.pipe(format="svg", encoding="utf-8").startswith("<?xml")
    assert {path.name for path in tmp_path.iterdir()} == {
        "computational_graph.gv", "computational_graph.gv.pdf", "out.svg", "inner",
    }  # fmt: skip


@needs_pygraphviz
def test_what_only_dot_knows_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DrawingError, match=r"engine, renderer: this needs Graphviz's program dot"):
        draw(product()).render("graph", format="svg", engine="neato", renderer="cairo")
    with pytest.raises(ValueError, match=r"unknown format: 'docx'"):
        draw(product()).render("graph", format="docx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("format", ["svg", "png", "pdf", "dot", None])
def test_without_any_graphviz_render_and_pipe_say_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str | None
) -> None:
    hide_graphviz(monkeypatch)
    monkeypatch.chdir(tmp_path)
    both_ways = r'pip install "chalkgrad\[draw\]", or .* the program dot'
    for run in (draw(product()).render, draw(product()).pipe):
        with pytest.raises(DrawingError, match=both_ways):
            run(format=format)
    with pytest.raises(DrawingError, match=both_ways):
        draw(product()).view()
    assert not list(tmp_path.iterdir())


# -- where it cannot be saved ---------------------------------------------------------------------


def test_save_to_a_place_that_is_none(tmp_path: Path) -> None:
    drawing = draw(product())
    with pytest.raises(ValueError, match=r"must end in one of .*; got 'graph'"):
        drawing.save("graph")
    with pytest.raises(ValueError, match=r"must end in one of"):
        drawing.save(tmp_path)
    with pytest.raises(ValueError, match=r"must end in one of"):
        drawing.save("graph.html", directory=tmp_path)
    (tmp_path / "folder.dot").mkdir()
    with pytest.raises(OSError, match=r"folder.dot is a directory"):
        drawing.save(tmp_path / "folder.dot")
    with pytest.raises(OSError, match=r"there is no directory .*missing"):
        drawing.save(tmp_path / "missing" / "graph.dot")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.dot"]


@needs_graphviz
def test_save_into_a_directory_goes_by_the_ending_too(tmp_path: Path) -> None:
    drawing = draw(product())
    path = Path(drawing.save("graph.svg", directory=tmp_path))
    assert path == tmp_path / "graph.svg"
    assert path.read_bytes().startswith(b"<?xml")
    path.write_text("as it was")
    assert drawing.save(path, skip_existing=True) == str(path)
    assert path.read_text() == "as it was"


# -- a dot that fails -----------------------------------------------------------------------------


def test_a_failing_dot_is_not_called_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_dot_on_path(
        tmp_path, monkeypatch, "cat > /dev/null; echo 'Error: syntax error in line 1' >&2; exit 1"
    )
    drawing = draw(product())
    with pytest.raises(DrawingError, match="syntax error in line 1") as caught:
        drawing.render_bytes("png")
    assert INSTALL_ADVICE not in str(caught.value)
    bundle = drawing._repr_mimebundle_()
    assert list(bundle) == ["text/plain"]
    assert "syntax error in line 1" in bundle["text/plain"]


@pytest.mark.parametrize("script", ["exit 3", "exec 0<&-; exit 3"])
def test_a_dot_that_says_nothing_is_told_by_its_exit_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    put_dot_on_path(tmp_path, monkeypatch, script)
    with pytest.raises(DrawingError, match="exit status 3"):
        draw(product()).render_bytes("svg")


def test_a_dot_that_cannot_run_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_dot_on_path(tmp_path, monkeypatch, "")
    (tmp_path / "bin" / "dot").write_text("#!/no/such/shell\n")
    with pytest.raises(DrawingError, match="could not be run"):
        draw(product()).render_bytes("svg")


@needs_graphviz
def test_broken_source_is_an_error_of_its_own() -> None:
    drawing = draw(product())
    drawing.body.append("\t-> ->\n")
    with pytest.raises(DrawingError, match=r"(?i)syntax error"):
        drawing.render_bytes("svg")


# -- bad input ------------------------------------------------------------------------------------


def test_bad_input_is_named() -> None:
    with pytest.raises(TypeError, match=r"a Value or a list of Values, got 3.0 of type float"):
        draw(3.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"got one with \[1\] of type list"):
        draw([Value(1.0), [1]])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="got an empty list"):
        draw([])
    with pytest.raises(ValueError, match="at least 1, got 0"):
        draw(product(), limit=0)
    with pytest.raises(TypeError, match="title must be a str, got 1 of type int"):
        draw(product(), title=1)  # type: ignore[arg-type]


def test_the_advice_is_one_constant() -> None:
    assert rendering.INSTALL_ADVICE.count("chalkgrad[draw]") == 1
