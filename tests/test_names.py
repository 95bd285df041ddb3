"""What a node is called, and the formula that made it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autograd import GATES, Value, gate, gates, topological_order
from autograd.arithmetic.notation import as_latex, as_text
from autograd.names import WRITTEN_OUT, formula, local_derivatives, name_nodes, operand_symbols


def names_of(root: Value) -> list[str]:
    return list(name_nodes(topological_order(root)).values())


def test_labels_first_then_v1_v2_in_order() -> None:
    w, x = Value(2.0, label="w"), Value(3.0)
    root = (w * x + 1).tanh()
    root.label = "h"
    assert names_of(root) == ["w", "v1", "v2", "v3", "h"]


def test_a_number_that_a_label_has_taken_is_passed_over() -> None:
    a, b = Value(1.0, label="v1"), Value(2.0)
    assert names_of(b * a) == ["v2", "v1", "v3"]
    c = a * 2
    c.label = "v2"
    assert names_of(c + b) == ["v1", "v2", "v3", "v4"]


def test_two_nodes_of_one_label_are_told_apart() -> None:
    a, b, c = (Value(float(i), label="w") for i in range(3))
    assert names_of(a + b + c) == ["w", "w#2", "v1", "w#3", "v2"]


@pytest.mark.parametrize("label", ["w#2", "w#3"])
def test_no_name_twice_even_if_a_label_looks_like_a_repeat(label: str) -> None:
    nodes = [Value(1.0, label="w"), Value(2.0, label=label), Value(3.0, label="w"), Value(4.0, label="w")]
    for order in (nodes, nodes[::-1]):
        names = name_nodes(order)
        assert len(set(names.values())) == 4


def test_operand_symbols_are_names_or_numbers() -> None:
    x = Value(3.0, label="x")
    y = 2 * x
    shown = operand_symbols(y, name_nodes(topological_order(y)))
    assert [as_text(symbol) for symbol in shown] == ["2", "x"]


@pytest.mark.parametrize(
    ("build", "shown", "derivatives"),
    [
        (lambda a, b: a * b, "a * b", ["b", "a"]),
        (lambda a, b: a / b, "a / b", ["1 / b", "-(out / b)"]),
        (lambda a, b: a**2, "a**2", ["2 * a", "0 if a == 0 else out * log(a)"]),
        (lambda a, b: 3 - b, "3 - b", ["1", "-1"]),
        (lambda a, b: gates.summation(a, b, 1.5), "a + b + 1.5", ["1", "1", "1"]),
        (lambda a, b: abs(a), "abs(a)", ["sign(a)"]),
        (lambda a, b: a.exp(), "exp(a)", ["out"]),
        (lambda a, b: a.sigmoid(), "sigmoid(a)", ["out * (1 - out)"]),
        (lambda a, b: a.softplus(), "softplus(a)", ["1 - exp(-out)"]),
        (lambda a, b: a.relu(), "relu(a)", ["0 if a <= 0 else 1"]),
        (lambda a, b: a.leaky_relu(), "leaky_relu(a, 0.01)", ["1 if a > 0 else 0.01", "0 if a > 0 else a"]),
        (lambda a, b: gates.maximum(a, b), "max(a, b)", None),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_formula_and_derivatives_in_the_names_of_the_nodes(
    build: Callable[[Value, Value], Value], shown: str, derivatives: list[str] | None
) -> None:
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    node = build(a, b)
    node.label = "out"
    names = name_nodes(topological_order(node))
    assert as_text(formula(node, names)) == shown
    if derivatives is not None:
        assert [as_text(symbol) for symbol in local_derivatives(node, names)] == derivatives


def test_formula_of_a_leaf_is_its_name() -> None:
    x = Value(3.0)
    assert as_text(formula(x, name_nodes([x]))) == "v1"


def test_what_is_written_out_are_gates() -> None:
    assert set(GATES) >= WRITTEN_OUT


def test_the_formula_of_a_long_sum_does_not_recurse() -> None:
    total = gates.summation(*[Value(1.0, label=f"x{i}") for i in range(3000)])
    written = formula(total, name_nodes(topological_order(total)))
    assert as_text(written).startswith("sum(x0, x1, x2, ")
    assert as_latex(written).startswith(r"\operatorname{sum}")


def test_a_custom_gate_by_a_built_in_name_is_shown_as_a_call() -> None:
    halved = gate("div", forward=lambda m, x: 0.5 * x, backward=lambda m, upstream, out, x: (0.5 * upstream,))
    out = halved(Value(1.0, label="x"))
    assert as_text(formula(out, name_nodes(topological_order(out)))) == "div(x)"
