"""Tables and trees: the numbers in them are the engine's, and nothing is cut off."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from autograd import Value, leaky_relu, maximum, summation, tanh, topological_order
from autograd.node import NOT_YET
from autograd.text import one_line
from autograd.views.tables import backward_rows, forward_rows
from autograd.views.terminal import backward_table, forward_table, gradients_table, text_picture


def neuron() -> tuple[Value, Value]:
    w, x = Value(0.5, label="w"), Value(2.0, label="x")
    h = tanh(w * x + 1)
    h.label = "h"
    return h * h + w, w


def printed(*tables: object, width: int = 80) -> str:
    console = Console(width=width)
    with console.capture() as captured:
        console.print(*tables)
    return captured.get()


def test_forward_rows() -> None:
    root, _ = neuron()
    assert [row[:3] for row in forward_rows(root)] == [
        ("w", "", ""),
        ("x", "", ""),
        ("v1", "mul", "w * x"),
        ("v2", "add", "v1 + 1"),
        ("h", "tanh", "tanh(v2)"),
        ("v3", "mul", "h * h"),
        ("v4", "add", "v3 + w"),
    ]
    assert [row.value for row in forward_rows(root)] == [node.data for node in topological_order(root)]


def test_backward_rows_are_the_engine_s_numbers() -> None:
    root, w = neuron()
    rows = backward_rows(root)
    assert w.grad is NOT_YET  # looking changes nothing
    root.backward()
    steps = [row for row in rows if row.input == "w"]
    assert len(steps) == 2
    assert steps[0].total == steps[0].contribution == 1.0
    assert steps[1].total == steps[0].contribution + steps[1].contribution == w.grad
    square = [row for row in rows if row.node == "v3"]
    assert [row.total for row in square] == [square[0].contribution, 2 * square[0].contribution]
    assert [(row.gate, row.role, row.input, row.local) for row in rows[-1:]] == [
        ("mul", "switcher", "x", "w")
    ]
    assert all(row.contribution == row.upstream * row.local_value for row in rows)


def test_plain_numbers_have_no_row() -> None:
    x = Value(3.0, label="x")
    assert [row.input for row in backward_rows((2 * x) ** 2)] == ["v1", "x"]


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=5), st.integers(0, 3))
def test_contributions_sum_to_each_gradient(numbers: list[float], repeats: int) -> None:
    leaves = [Value(number, label=f"x{i}") for i, number in enumerate(numbers)]
    root = summation(*leaves) * leaves[0]
    for _ in range(repeats):
        root = maximum(root * leaves[1], leaky_relu(root)) + root
    rows = backward_rows(root)
    root.backward()
    for leaf in leaves:
        assert [row.total for row in rows if row.input == leaf.label][-1] == leaf.grad


def test_tables_show_every_number_at_any_width() -> None:
    x, y = Value(-1.23456e-7, label="x"), Value(3.0, label="y[b]")
    root = maximum(x * y, x - 1e9)
    root.label = "a rather long name for the root of this small graph"
    root.backward()
    tables = [forward_table(forward_rows(root)), backward_table(backward_rows(root))]
    tables.append(gradients_table({"x": x, "y[b]": y, root.label: root}, root.label))
    for width in (80, 120):
        out = printed(*tables, width=width)
        assert max(map(len, out.splitlines())) <= width
        assert "…" not in out
        assert "-1.23456e-07" in out
        assert "y[b]" in out
        assert "router" in out


def test_a_conditional_derivative_stands_in_brackets() -> None:
    root = Value(2.0, label="x").relu()
    assert "(0 if x <= 0 else 1) = 1" in printed(backward_table(backward_rows(root)), width=120)


def test_gradients_not_yet_computed() -> None:
    x = Value(2.0, label="x")
    assert "not yet" in printed(gradients_table({"x": x}, "x"))


def test_text_picture() -> None:
    root, _ = neuron()
    assert text_picture(root).splitlines() == [
        "v4 = v3 + w = 1.42935",
        "  v3 = h * h = 0.929349",
        "    h = tanh(v2) = 0.964028",
        "      v2 = v1 + 1 = 2",
        "        v1 = w * x = 1",
        "          w = 0.5",
        "          x = 2",
        "  w (see above)",
    ]
    root.backward()
    assert text_picture(root).splitlines()[-1] == "  w (see above)"
    assert text_picture(root).splitlines()[0] == "v4 = v3 + w = 1.42935   grad 1"


def test_text_picture_of_a_leaf() -> None:
    assert text_picture(Value(2.0)) == "v1 = 2"


def test_a_big_text_picture_says_what_it_leaves_out() -> None:
    chain = Value(1.0, label="x")
    for _ in range(10_000):
        chain = chain + 1
    lines = text_picture(chain).splitlines()
    assert len(lines) == 61
    assert lines[-1] == "... 9,941 more nodes"
    assert text_picture(chain, limit=1).splitlines() == [
        "v10000 = v9999 + 1 = 10001",
        "... 10,000 more nodes",
    ]


def test_a_wide_gate_is_written_short() -> None:
    root = summation(*[Value(1.0, label=f"x{i}") for i in range(5000)])
    short = "sum(x0, x1, x2, x3, x4, x5, x6, x7, ... 4,992 more)"
    assert forward_rows(root)[-1].formula == short
    assert text_picture(root).splitlines()[0] == f"v1 = {short} = 5000"
    assert len(backward_rows(root)) == 5000


def test_labels_cannot_steer_the_terminal() -> None:
    x = Value(1.0, label="a\nb\x1b[2J\r")
    assert text_picture(x) == "a b[2J = 1"
    assert one_line("\x1b") == "(blank)"
    bold = Value(1.0, label="[bold]x[/bold]")
    assert "[bold]x[/bold]" in printed(forward_table(forward_rows(bold)))
