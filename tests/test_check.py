"""The tester, tested: right gates pass, wrong ones are caught and named."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd.check.gradients
from autograd import GATES, Gate, Value, array, exp, find_nonfinite, gate, gradcheck, tanh, topological_order
from autograd.check import check_gate
from autograd.names import name_nodes


def verdicts(rule: Gate, *operands: float) -> list[str]:
    return [row.verdict for row in check_gate(rule, operands)]


# -- right gates --------------------------------------------------------------------------------

POSITIVE_ONLY = ("log", "sqrt", "pow")


@pytest.mark.parametrize("rule", GATES.values(), ids=GATES)
@settings(max_examples=30)
@given(hundredths=st.lists(st.integers(1, 300), min_size=3, max_size=3, unique=True), negative=st.booleans())
def test_every_gate_passes_over_ordinary_operands(rule: Gate, hundredths: list[int], negative: bool) -> None:
    sign = -0.01 if negative and rule.name not in POSITIVE_ONLY else 0.01
    operands = [sign * x for x in hundredths[: None if rule.variadic else len(rule.operand_names)]]
    assert set(verdicts(rule, *operands)) == {"ok"}


@pytest.mark.parametrize(
    ("name", "operands"),
    [
        ("log", (1e-300,)),
        ("log", (1e200,)),
        ("sqrt", (1e-300,)),
        ("exp", (1e-300,)),
        ("exp", (700.0,)),
        ("sin", (1606.852279569444,)),
        ("sin", (1e12,)),
        ("tanh", (15.0,)),
        ("cos", (1e-300,)),
        ("tanh", (18.0,)),
        ("tanh", (-800.0,)),
        ("sigmoid", (800.0,)),
        ("softplus", (-30.0,)),
        ("relu", (1e-300,)),
        ("mul", (1e200, 3.0)),
        ("div", (1e200, 1e200)),
        ("max", (1.0, 1.0 + 1e-9)),
        ("pow", (0.0, 2.0)),
        ("logsumexp", (-0.79, -0.88, -2.29)),  # the output is nearly 0, and its rounding that of 0.79
    ],
)
def test_right_gates_pass_at_extreme_operands(name: str, operands: tuple[float, ...]) -> None:
    assert set(verdicts(GATES[name], *operands)) == {"ok"}


@pytest.mark.parametrize(("name", "x"), [("sin", 1e20), ("cos", 1e200)])
def test_where_floats_are_too_sparse_for_differences_nothing_is_claimed(name: str, x: float) -> None:
    assert verdicts(GATES[name], x) == ["skipped"]


def test_the_numbers_of_a_comparison_are_those_of_the_gate() -> None:
    a, b = check_gate(GATES["mul"], [2.0, 3.0])
    assert (a.name, a.analytic, a.index) == ("a", 3.0, 0)
    assert (b.name, b.analytic, b.index) == ("b", 2.0, 1)
    assert a.numeric == pytest.approx(3.0, rel=1e-12)
    assert a.error < 1e-11
    assert [row.name for row in check_gate(GATES["sum"], [1.0, 2.0])] == ["terms[0]", "terms[1]"]


def test_check_gate_wants_numbers() -> None:
    with pytest.raises(TypeError, match="exp takes a real number, got 'a'"):
        check_gate(exp, ["a"])  # type: ignore[list-item]


def network(activation: Gate) -> Value:
    """Several right gates above and below one activation; every leaf's gradient passes through it."""
    x, w, b = Value(0.7, "x"), Value(-1.3, "w"), Value(0.4, "b")
    h: Value = activation(w * x + b)
    h.label = "h"
    return (h * 1.5 + 0.5).sigmoid() ** 2 - (h - 2).exp() / 3


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
    assert verdicts(GATES[name], *operands) == expected


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


# -- not finite, or drowned ---------------------------------------------------------------------


def test_what_is_not_finite_is_skipped_and_the_rest_is_checked() -> None:
    x, y = Value(0.0, "x"), Value(2.0, "y")
    report = gradcheck(x.sqrt() + y * y)
    assert report.ok
    assert [(row.name, row.verdict) for row in report.leaves] == [("x", "skipped"), ("y", "ok")]
    assert {row.note for row in report.unchecked} == {"not finite, cannot be checked"}
    assert len(report.unchecked) == 2  # the leaf, and the gate
    assert "1 of 2 leaves checked" in str(report)


def test_what_is_not_finite_hides_no_other_fault() -> None:
    report = gradcheck(lambda x, y: x.sqrt() + y * Value(y.data), [0.0, 2.0])
    assert [row.verdict for row in report.leaves] == ["skipped", "wrong"]


@pytest.mark.parametrize("number", [0.0, -1.0, math.inf, math.nan])
def test_a_report_that_checked_nothing_is_not_ok(number: float) -> None:
    report = gradcheck(Value(number, "x").log() * 2)
    assert not report.ok
    assert report.worst is None
    assert report.guilty is None
    assert "0 of 1 leaves checked, 0 wrong" in str(report)


def test_a_gradient_that_rounding_drowns_is_not_called_right() -> None:
    report = gradcheck((1e20 + Value(2.0, "x")) - 1e20)
    assert [row.verdict for row in report.leaves] == ["cannot tell"]
    assert report.leaves[0].resolution > 1.0
    assert not report.ok


def test_cancellation_in_the_graph_is_allowed_for() -> None:
    assert gradcheck((1e10 + Value(2.0, "x")) - 1e10).ok


def test_a_saturated_graph_passes() -> None:
    assert gradcheck((30 * Value(2.0, "x")).tanh() * 2).ok


# -- graphs and functions -----------------------------------------------------------------------


def test_nothing_is_changed() -> None:
    root = network(tanh)
    root.backward()
    order = topological_order(root)
    before = [(node.data, node.grad, node.label, node.operands) for node in order]
    gradcheck(root)
    find_nonfinite(root)
    assert [(node.data, node.grad, node.label, node.operands) for node in order] == before


@pytest.mark.parametrize("later", [100.0, math.inf])
def test_a_graph_is_checked_at_the_numbers_it_was_recorded_with(later: float) -> None:
    x = Value(2.0, "x")
    square = x * x
    x.data = 3.0
    root = square * x
    x.data = later
    report = gradcheck(root)
    assert report.ok, report
    assert report.leaves[0].analytic == 16.0
    assert report.leaves[0].numeric == pytest.approx(16.0, rel=1e-9)


def test_a_leaf_alone() -> None:
    report = gradcheck(Value(3.0, "x"))
    assert report.ok
    assert report.leaves[0].analytic == 1.0


def test_a_function_at_numbers_and_values() -> None:
    y = Value(0.5, "y")
    report = gradcheck(lambda a, b, c: a * b.exp() + 0 * a, [2.0, y, 7])
    assert report.ok
    assert [row.name for row in report.leaves] == ["inputs[0]", "y", "inputs[2]"]
    assert [row.analytic for row in report.leaves] == pytest.approx([math.exp(0.5), 2 * math.exp(0.5), 0.0])
    assert y.grad == 0.0


def test_a_gate_is_a_function() -> None:
    assert gradcheck(tanh, [0.5]).ok


def test_a_function_that_goes_around_the_graph_is_caught() -> None:
    report = gradcheck(lambda x: x * Value(x.data), [3.0])
    assert not report.ok
    assert [(row.analytic, round(row.numeric, 8)) for row in report.leaves] == [(3.0, 6.0)]
    assert "does the function go around the graph, as .data does?" in str(report)


def test_arrays_and_many_terms() -> None:
    W, x = array([[1.0, -2.0], [0.5, 3.0]], label="W"), array([0.3, -0.7], label="x")
    root = GATES["sum"](*(GATES["tanh"](W @ x) ** 2))
    report = gradcheck(root)
    assert report.ok
    assert len(report.leaves) == 6


@pytest.mark.parametrize(
    ("target", "inputs", "message"),
    [
        (3.0, None, "gradcheck takes one Value alone, or a function and its inputs, got 3.0"),
        (tanh, None, "without inputs"),
        (Value(3.0), [1.0], "with inputs"),
        (lambda x: 3.0, [1.0], "the function must return a Value, got 3.0"),
        (lambda x: x, ["a"], "got 'a' of type str"),
    ],
)
def test_bad_input(target: Any, inputs: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        gradcheck(target, inputs)


def test_nodes_bear_the_names_they_have_in_the_views() -> None:
    root = network(tanh)
    order = topological_order(root)
    assert gradcheck(root).names == name_nodes(order)


# -- where the first inf or nan comes from ------------------------------------------------------


def test_all_finite() -> None:
    assert find_nonfinite(network(tanh)) is None


def test_the_first_gate_that_makes_one() -> None:
    x = Value(0.0, "x")
    h = x.log()
    h.label = "h"
    found = find_nonfinite((h * 0).exp() + h)
    assert found is not None
    assert (found.node, found.where) == (h, "value")
    assert str(found) == "gate log of h gives -inf; its inputs: x = 0"


def test_its_inputs_are_named_and_plain_numbers_shown() -> None:
    found = find_nonfinite(Value(1.0, "x") / 0 + 1)
    assert str(found) == "gate div of v1 gives inf; its inputs: x = 1, 0"


def test_a_leaf_that_is_not_finite() -> None:
    q = Value(math.nan, "q")
    found = find_nonfinite(Value(2.0, "x") * (q + 1))
    assert found is not None
    assert (found.node, found.where) == (q, "leaf")
    assert str(found) == "leaf q is nan"


def test_a_gradient_that_is_not_finite() -> None:
    x = Value(0.0, "x")
    h = x.sqrt()
    found = find_nonfinite(3 * h)
    assert found is not None
    assert (found.node, found.where) == (h, "gradient")
    assert str(found) == (
        "gate sqrt of v1 hands inf back to x, from an upstream gradient of 3; its inputs: x = 0"
    )


def test_contributions_that_add_up_to_infinity() -> None:
    x = Value(1e-200, "x")
    found = find_nonfinite(x * 1.5e308 + x * 1.5e308)
    assert found is not None
    assert (found.node, found.where) == (x, "gradient")
    assert str(found) == "the contributions to the gradient of x add up to inf"


def test_a_gradient_that_goes_to_a_plain_number_is_nobody_s() -> None:
    assert find_nonfinite(Value(-2.0, "x") ** 3) is None  # d/d(exponent) is nan
