"""Gates of any number of operands: on all of them in one array where that means the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import mul
from typing import Any

import numpy as np
import pytest

from autograd import Gate, Value, gate, gates, logsumexp, maximum, minimum
from autograd.probe import on_stack
from tests.compiler.agreement import assert_agrees
from tests.compiler.graphs import mean, norm
from tests.compiler.layouts import gates_of

#: Its first operand is not as the others.
first_twice = gate(
    "first_twice",
    forward=lambda m, first, *terms: m.sum((2 * first, *terms)) if terms else 2 * first,
    backward=lambda m, upstream, out, first, *terms: (2 * upstream, *(upstream for _ in terms)),
)
largest = gate(
    "largest",
    forward=lambda m, *terms: m.max(terms),
    backward=lambda m, upstream, out, *terms: tuple([m.where(term == out, upstream, 0.0) for term in terms]),
)
product = gate(
    "product",
    forward=lambda m, *terms: reduce(mul, terms),
    backward=lambda m, upstream, out, *terms: tuple([upstream * out / term for term in terms]),
)


@pytest.mark.parametrize(
    ("rule", "expected"), [(logsumexp, True), (norm, True), (largest, True), (mean, False), (product, False)]
)
def test_which_rules_mean_the_same_on_a_stack(rule: Gate, expected: bool) -> None:
    assert bool(on_stack(rule, 2)) is bool(on_stack(rule, 3)) is expected


def test_a_rule_whose_first_operand_is_not_as_the_others_does_not_stack() -> None:
    assert not on_stack(first_twice, 3)


@pytest.mark.parametrize("rule", [maximum, minimum])
def test_the_larger_of_two_needs_no_stack(rule: Gate) -> None:
    assert on_stack(rule, 3)
    assert not on_stack(rule, 2)


@pytest.mark.parametrize("operands", [1, 2, 5])
@pytest.mark.parametrize(
    "rule",
    [logsumexp, norm, largest, mean, product, maximum, minimum, gates.norm],
    ids=["logsumexp", "custom norm", "largest", "mean", "product", "max", "min", "norm"],
)
def test_compiled_and_eager_agree(rule: Gate, operands: int) -> None:
    """One of them, and several side by side; of inputs, of parameters, of both."""
    rng = np.random.default_rng(0)
    p = [Value(number) for number in rng.normal(size=operands)]

    def one(x: list[Value]) -> Value:
        return rule(*[a * b for a, b in zip(x, p, strict=True)])

    def mixed(x: list[Value]) -> Value:
        return rule(*p) * rule(*x) + rule(*[*p, *x])

    def several(x: list[Value]) -> Value:
        rows = [[(i + 1) * a * b for a, b in zip(x, p, strict=True)] for i in range(3)]
        return gates.summation(*[gates.tanh(rule(*row)) for row in rows])

    losses: list[Callable[[list[Value]], Value]] = [one, mixed, several]
    for loss in losses:
        assert_agrees(loss, rng.normal(size=(4, operands)), p)


def test_several_stacks_of_one_size_are_one_instruction() -> None:
    p: list[Value] = [Value(float(number)) for number in range(6)]

    def loss(x: list[Value]) -> Value:
        h = [gates.tanh(x[0] * each) for each in p]
        return logsumexp(*h[:3]) * logsumexp(*h[3:])

    program = assert_agrees(loss, [[1.0], [-2.0]], p)
    assert ("logsumexp", 2) in gates_of(program)


def test_of_infinite_operands_as_in_eager() -> None:
    p = [Value(0.0), Value(0.0)]
    edges = [
        [np.inf, 1.0],
        [-np.inf, 1.0],
        [-np.inf, -np.inf],
        [np.nan, 0.0],
        [1e308, 1e308],
        [800.0, -800.0],
    ]

    def loss(x: list[Value]) -> Any:
        return logsumexp(x[0] + p[0], x[1] + p[1])

    assert_agrees(loss, edges, p)


@pytest.mark.parametrize("rule", [maximum, minimum, gates.norm], ids=lambda rule: rule.name)
def test_ties_zeros_and_infinite_operands_as_in_eager(rule: Gate) -> None:
    p = [Value(0.0), Value(0.0), Value(0.0)]
    edges = [
        [1, 1, 1],
        [1, 1, 0],
        [0, 1, 1],
        [0, 0, 0],
        [np.inf, 1, np.inf],
        [-np.inf] * 3,
        [np.nan, 0, 1],
        [1e200, 0, -1e200],
    ]

    def loss(x: list[Value]) -> Any:
        return rule(*[a + b for a, b in zip(x, p, strict=True)])

    assert_agrees(loss, edges, p)
    assert_agrees(lambda x: rule(x[0] + p[0], x[1] + p[1]), edges, p[:2])
