"""The screen of each step: the engine's numbers, as they become known, in any window."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from autograd import Value, summation, topological_order
from autograd.arithmetic.notation import number_text
from autograd.names import name_nodes
from autograd.node import NOT_YET
from autograd.views.stepper.copies import copy_of_graph
from autograd.views.stepper.scenes import BackwardScene, ForwardScene, Passes, both_passes
from autograd.views.terminal_steps import all_steps, moved, screen, show_steps
from tests.lectures.graphs import relu_network, sigmoid_network

STYLE = re.compile(r"\x1b\[[0-9;]*m")


def passes_of(root: Value) -> Passes:
    nodes = copy_of_graph(root)
    return both_passes(nodes, range(len(nodes)))


def rows(lines: list[str]) -> dict[str, tuple[str, str, str]]:
    """The mark, the value and the gradient of each row of the table, by name."""
    plain = [STYLE.sub("", line) for line in lines]
    head = next(i for i, line in enumerate(plain) if line.startswith("  node "))
    found = {}
    for line in plain[head + 1 : -1]:
        if line and "hidden" not in line:
            name, *_, value, gradient = re.split(r"  +", line[2:])
            found[name] = (line[0], value, gradient)
    return found


@pytest.mark.parametrize("root", [relu_network(), sigmoid_network()], ids=["relu", "sigmoid"])
def test_values_and_gradients_as_they_become_known(root: Value) -> None:
    passes = passes_of(root)
    order = topological_order(root)
    names = name_nodes(order)
    values = {names[node]: number_text(node.data) if not node.gate else "not yet" for node in order}
    gradients = {names[node]: "not yet" for node in order}
    engine = root.backward_steps()
    for at, scene in enumerate(passes.scenes):
        marks = dict.fromkeys(values, " ")
        if isinstance(scene, ForwardScene):
            values[scene.name] = number_text(scene.node.data)
        elif isinstance(scene, BackwardScene):
            turn = next(engine)
            for below, total in zip(turn.node.inputs, turn.totals, strict=True):
                if below is not None:
                    gradients[names[below]] = number_text(total)
                    marks[names[below]] = "+"
        else:
            gradients[scene.name] = "1"
        marks[scene.name] = ">"
        shown = rows(screen(passes, at, 100, 80))
        assert {name: row[0] for name, row in shown.items()} == marks
        assert {name: row[1] for name, row in shown.items()} == values
        final = {name: row[2] for name, row in shown.items() if not row[2].endswith("+ …")}
        assert final == {name: gradients[name] for name in final}
        for name in shown.keys() - final.keys():  # more contributions are to come
            assert float(shown[name][2].removesuffix(" + …")) == pytest.approx(
                float(gradients[name]), rel=1e-3
            )
            assert at < len(passes.scenes) - 1
    assert root.grad == 1.0


@pytest.mark.parametrize(
    ("width", "height"), [(80, 24), (80, 10), (40, 15), (120, 50), (12, 6), (5, 2), (80, 1)]
)
def test_every_step_fits_and_shows_the_gate(width: int, height: int) -> None:
    passes = passes_of(sigmoid_network())
    for at, scene in enumerate(passes.scenes):
        lines = screen(passes, at, width, height)
        assert len(lines) == height
        assert max(cell_len(STYLE.sub("", line)) for line in lines) <= width
        if height >= 10:
            current = [line for line in lines if STYLE.sub("", line).startswith("> ")]
            assert len(current) == 1
            assert current[0].startswith("\x1b[7m> " + scene.name[: width // 4])


def test_hidden_rows_are_counted() -> None:
    passes = passes_of(sigmoid_network())
    for at in range(len(passes.scenes)):
        lines = screen(passes, at, 80, 24)
        shown = rows(lines)
        [told] = [line for line in lines if "hidden" in line]
        above, below = map(int, re.findall(r"\d+", told))
        assert above + len(shown) + below == len(passes.nodes)
        assert list(shown) == passes.names[above : above + len(shown)]
    assert "hidden" not in "".join(screen(passes, 0, 80, 60))


def test_a_long_sentence_leaves_room_for_the_table() -> None:
    root = summation(*[Value(float(i), f"x{i}") for i in range(5000)])
    passes = passes_of(root)
    lines = screen(passes, len(passes.scenes) - 1, 80, 24)
    assert len(lines) == 24
    assert re.search(r"\.\.\. \d+ more lines: a taller window shows them", "\n".join(lines))
    assert len(rows(lines)) >= 8
    told = "\n".join(screen(passes, len(passes.scenes) - 1, 80, 200))
    assert "more lines" not in told
    assert "d(v1)/d(x11) = 1" in told


def test_names_are_inert_and_keep_their_columns() -> None:
    hostile = Value(1.0, "\x1b[2J\u202e\x9b1m")
    wide, right_to_left, long = Value(2.0, "重み"), Value(3.0, "שלום"), Value(4.0, "n" * 500)
    root = summation(hostile, wide, right_to_left, long)
    passes = passes_of(root)
    for at in range(len(passes.scenes)):
        lines = [STYLE.sub("", line) for line in screen(passes, at, 80, 40)]
        assert all(line.isprintable() for line in lines)
        widths = {cell_len(line) for line in lines if line.endswith("not yet")}
        assert len(widths) <= 1
    assert "[2J1m" in "\n".join(lines)


def test_a_pipe_gets_no_escape_codes(capsys: pytest.CaptureFixture[str]) -> None:
    root = Value(1.0, "\x1b[2J") * Value(2.0, "w")
    show_steps(root)
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "Backward 1 of 1" in out
    assert root.grad is NOT_YET


def test_a_leaf_alone_has_one_step() -> None:
    passes = passes_of(Value(2.0, "x"))
    assert all_steps(passes) == ["Start of the backward pass: d(x)/d(x) = 1."]
    assert rows(screen(passes, 0, 80, 24)) == {"x": (">", "2", "1")}


def test_moving_stops_at_both_ends() -> None:
    assert [moved(0, key, 5) for key in ("left", "right", "end", "home", "z", "")] == [0, 1, 5, 0, 0, 0]
    assert [moved(5, key, 5) for key in ("left", "right", "end", "home", "z", "")] == [4, 5, 5, 0, 5, 5]
