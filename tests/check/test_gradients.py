"""The tester, tested: right graphs pass, wrong gates in them are caught and named."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd.check.gradients
from autograd import GATES, Value, detach, gate, gradcheck, step, tanh, topological_order, where
from autograd.check import check_gate
from tests.check.graphs import network


@pytest.mark.parametrize("name", ["tanh", "sin", "sigmoid", "softplus", "leaky_relu", "exp"])
def test_right_graphs_pass(name: str) -> None:
    report = gradcheck(network(GATES[name]))
    assert report.ok, report
    assert bool(report) is True
    assert report.guilty is None
    assert report.unchecked == []
    assert [row.name for row in report.leaves] == ["w", "x", "b"]
    assert {row.verdict for row in report.leaves} == {"ok"}
    assert report.worst in report.leaves
    assert str(report).startswith(
        "gradient check passed: 3 of 3 leaves checked, 0 wrong\nfurthest off: leaf "
    )


UNARY = [GATES[name] for name in ("tanh", "relu", "sin", "sigmoid", "softplus", "neg", "abs")]
BINARY = [GATES[name] for name in ("add", "sub", "mul", "max", "min")]


@given(st.data(), st.lists(st.floats(-2, 2), min_size=3, max_size=3))
def test_no_right_graph_is_accused_of_a_wrong_gate(data: st.DataObject, numbers: list[float]) -> None:
    nodes = [Value(x, f"x{i}") for i, x in enumerate(numbers)]
    for _ in range(data.draw(st.integers(1, 8))):
        rule = data.draw(st.sampled_from(UNARY + BINARY))
        picked = [data.draw(st.sampled_from(nodes)) for _ in rule.operand_names]
        nodes.append(rule(*picked))
    report = gradcheck(nodes[-1])
    assert report.guilty is None, report
    kinked = any(row.verdict == "kink" for row in report.gates)
    assert kinked or all(row.verdict != "wrong" for row in report.leaves), report


# -- wrong gates --------------------------------------------------------------------------------

Backward = Callable[..., tuple[Any, ...]]

WRONG_IN_ONE: list[tuple[str, Backward]] = [
    ("missing_factor", lambda m, upstream, out, x: (upstream * x * x,)),
    ("wrong_sign", lambda m, upstream, out, x: (-upstream * 3 * x * x,)),
    ("a_millionth_too_much", lambda m, upstream, out, x: (upstream * 3 * x * x * (1 + 1e-6),)),
    ("forgets_upstream", lambda m, upstream, out, x: (3 * x * x,)),
    ("always_zero", lambda m, upstream, out, x: (0.0 * upstream,)),
    ("size_of_upstream", lambda m, upstream, out, x: (abs(upstream) * 3 * x * x,)),
]


@pytest.mark.parametrize(("name", "backward"), WRONG_IN_ONE, ids=[name for name, _ in WRONG_IN_ONE])
def test_a_wrong_gate_among_right_ones_is_named(name: str, backward: Backward) -> None:
    cube = gate(name, forward=lambda m, x: x * x * x, backward=backward)
    report = gradcheck(network(cube))
    assert not report.ok
    assert bool(report) is False
    guilty = report.guilty
    assert guilty is not None
    assert guilty.gate is cube
    assert guilty.node is not None
    assert guilty.node.label == "h"
    assert guilty.index == 0
    assert [row.node for row in report.gates if row.verdict == "wrong"] == [guilty.node]
    assert f"guilty gate {name} of h, operand x: wrong: " in str(report)
    assert str(report).startswith("gradient check FAILED: 3 of 3 leaves checked, ")


@pytest.mark.parametrize("name", ["missing_factor", "wrong_sign", "a_millionth_too_much"])
def test_the_leaves_below_a_wrong_gate_are_wrong_and_the_others_right(name: str) -> None:
    cube = gate(name, forward=lambda m, x: x * x * x, backward=dict(WRONG_IN_ONE)[name])
    x, y = Value(0.7, "x"), Value(-1.2, "y")
    report = gradcheck(tanh(cube(x) + y))
    assert [(row.name, row.verdict) for row in report.leaves] == [("x", "wrong"), ("y", "ok")]
    assert report.worst is report.leaves[0]
    assert report.leaves[0].numeric == pytest.approx(3 * 0.49 * (1 - math.tanh(0.343 - 1.2) ** 2), rel=1e-9)


def test_swapped_inputs_of_a_gate_with_two() -> None:
    swapped = gate(
        "swapped",
        forward=lambda m, a, b: a * b,
        backward=lambda m, upstream, out, a, b: (upstream * a, upstream * b),
    )
    x, y = Value(2.0, "x"), Value(3.0, "y")
    h = swapped(x, y)
    h.label = "h"
    report = gradcheck((h.tanh() + x * y).exp())
    wrong = [row for row in report.gates if row.verdict == "wrong"]
    assert [(row.gate, row.index, row.analytic, round(row.numeric, 9)) for row in wrong] == [
        (swapped, 0, 2.0, 3.0),
        (swapped, 1, 3.0, 2.0),
    ]
    assert "guilty gate swapped of h, operand b: wrong: backward gives 3, the differences give 2" in str(
        report
    )


def test_only_the_wrong_operand_of_a_gate_is_guilty() -> None:
    half_right = gate(
        "half_right",
        forward=lambda m, a, b: m.divide(a, b),
        backward=lambda m, upstream, out, a, b: (m.divide(upstream, b), upstream * m.divide(out, b)),
    )
    report = gradcheck(half_right(Value(2.0, "x"), Value(4.0, "y")) + 1)
    assert report.guilty is not None
    assert (report.guilty.index, report.guilty.analytic) == (1, 0.125)
    # the same gate, with a plain number where its rule is wrong: that contribution goes nowhere
    assert gradcheck(half_right(Value(2.0, "x"), 4.0) + 1).ok


def test_a_wrong_gate_that_no_gradient_reaches_is_caught_too() -> None:
    square = gate("square", forward=lambda m, x: x * x, backward=lambda m, upstream, out, x: (upstream * x,))
    report = gradcheck(0.0 * square(Value(3.0, "x")) + Value(1.0, "y"))
    assert [row.verdict for row in report.leaves] == ["ok", "ok"]
    assert report.guilty is not None
    assert not report.ok


def test_missing_accumulation_is_no_gate_s_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    x = Value(3.0, "x")
    root = x * x + x

    def without_accumulation(root: Value) -> Iterator[tuple[Value, float]]:
        gradients = {root: 1.0}
        for node in reversed(topological_order(root)):
            contributions = node.local_backward(gradients[node])
            gradients.update(
                {
                    below: contribution
                    for below, contribution in zip(node.inputs, contributions, strict=True)
                    if below is not None
                }
            )
            yield node, gradients[node]

    assert gradcheck(root).ok
    monkeypatch.setattr(autograd.check.gradients, "upstream_gradients", without_accumulation)
    report = gradcheck(root)
    assert not report.ok
    assert [(row.analytic, round(row.numeric, 8)) for row in report.leaves] == [(3.0, 7.0)]
    assert report.guilty is None
    assert "no gate is guilty: each is right at its own operands" in str(report)


def test_a_gate_of_one_s_own_may_use_python_s_math() -> None:
    root_of = gate(
        "root_of",
        forward=lambda m, x: math.sqrt(x),
        backward=lambda m, upstream, out, x: (upstream * 0.5 / out,),
    )
    assert gradcheck(root_of(Value(1e-3, "x")) * 2).ok  # math.sqrt raises for the wider steps


# -- kinks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("relu", (0.0,), ["kink"]),
        ("abs", (0.0,), ["kink"]),
        ("step", (0.0,), ["kink"]),
        ("leaky_relu", (0.0, 0.01), ["kink", "ok"]),
        ("max", (2.0, 2.0), ["kink", "kink"]),
        ("min", (-1.0, -1.0), ["kink", "kink"]),
        ("where", (0.0, 1.0, 2.0), ["kink", "ok", "ok"]),
        ("where", (1.0, 1.0, 2.0), ["ok", "ok", "ok"]),
        ("relu", (0.5,), ["ok"]),
        ("step", (-0.5,), ["ok"]),
    ],
)
def test_kinks_are_called_kinks(name: str, operands: tuple[float, ...], expected: list[str]) -> None:
    assert [row.verdict for row in check_gate(GATES[name], operands)] == expected


def test_the_report_says_what_the_convention_gives_at_a_kink() -> None:
    x = Value(0.0, "x")
    report = gradcheck(3 * x.relu() + x)
    assert report.ok
    note = "at a kink: no derivative, the slope is 1 on the left, 4 on the right; the convention gives 1"
    assert [(row.verdict, row.note) for row in report.leaves] == [("kink", note)]
    assert f"leaf x: kink: {note}" in str(report)
    assert "gate relu of v1, operand x: kink: " in str(report)


def test_outside_the_two_slopes_a_kink_is_no_excuse() -> None:
    relu2 = gate(
        "relu2",
        forward=lambda m, x: m.maximum(x, 0.0),
        backward=lambda m, upstream, out, x: (upstream * 2,),
    )
    report = gradcheck(relu2(Value(0.0, "x")))
    assert not report.ok
    assert report.guilty is not None
    assert "the slope is 0 on the left, 1 on the right; backward gives 2" in report.guilty.note


def test_where_conventions_break_the_chain_rule_no_gate_is_blamed() -> None:
    x = Value(0.0, "x")
    report = gradcheck(x.relu() - (-x).relu())  # that is x, whose slope is 1; the conventions give 0
    assert not report.ok
    assert report.guilty is None
    assert "at a kink each keeps its convention, but the chain rule need not hold" in str(report)


def test_a_condition_by_a_step_is_no_kink() -> None:
    def choose(x: Value) -> Value:
        chosen: Value = where(step(x - 5), x, x * x)
        return chosen

    assert "kink" not in str(gradcheck(choose, 2.0))
    assert "kink" in str(gradcheck(choose, 5.0))
    assert "does the function go around the graph" in str(gradcheck(lambda x: choose(x) + x.data, 2.0))


def test_what_detach_hands_on_is_held_still() -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    assert gradcheck(detach(a * b) * b + a).ok
    assert gradcheck(detach(a) * 2).ok
    assert gradcheck(lambda x, y: detach(x * y) * y + x, [2.0, 3.0]).ok
    off = gate("off", forward=lambda m, x: x * x, backward=lambda m, upstream, out, x: (upstream * x,))
    for report in (
        gradcheck(detach(a) * off(a)),
        gradcheck(lambda x: detach(x) * off(x), [2.0]),
        gradcheck(lambda x: detach(x) * x + x.data * x, [2.0]),  # past the graph, not by detach
    ):
        assert not report.ok
