"""What programs call: rows put together, rows added up, and custom gates on arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import GATES, Gate, Value, compile
from autograd.arithmetic import arrays
from autograd.compiler.library import (
    Segments,
    assemble,
    backward_on_arrays,
    forward_on_arrays,
    masked_matmul,
    segment_sum,
)
from tests.compiler.agreement import Floats, assert_agrees
from tests.compiler.graphs import arctan, bend, cube
from tests.test_conventions import EXTREME, extreme_operands


@given(st.lists(st.integers(0, 6), min_size=1, max_size=30), st.integers(0, 3))
def test_segment_sum_loses_nothing_where_places_are_repeated(places: list[int], examples: int) -> None:
    values = np.random.default_rng(0).normal(size=(len(places), examples))
    expected = np.zeros((7, examples))
    np.add.at(expected, places, values)
    np.testing.assert_allclose(segment_sum(Segments(np.array(places), 7), values), expected, atol=1e-12)


def test_segment_sum_takes_one_row_for_all() -> None:
    segments = Segments(np.array([2, 0, 2]), 4)
    assert segment_sum(segments, np.array([[1.0, 10.0]])).tolist() == [[1, 10], [0, 0], [2, 20], [0, 0]]


def test_assemble_puts_rows_in_their_places() -> None:
    varying, invariant = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0]])
    whole = assemble(4, np.array([3, 0]), varying, np.array([1]), invariant)
    assert whole.tolist() == [[3, 4], [5, 5], [0, 0], [1, 2]]
    assert assemble(1, np.array([0]), invariant).tolist() == [[5]]


@pytest.mark.parametrize("examples", [0, 1, 3])
def test_assemble_of_any_number_of_examples(examples: int) -> None:
    parts = (np.array([0]), np.zeros((1, examples)), np.array([1]), np.ones((1, 1)))
    assert assemble(2, *parts).shape == (2, examples)


@settings(deadline=None)
@given(st.integers(0, 1000))
def test_masked_matmul_is_the_product_without_what_is_not_there(seed: int) -> None:
    rng = np.random.default_rng(seed)
    present = rng.random((3, 4)) < 0.5
    weights = np.where(present, rng.normal(size=(3, 4)), 0.0)
    factors = rng.choice([1.0, -2.0, 0.0, np.inf, -np.inf, np.nan], (4, 5))
    with np.errstate(all="ignore"):
        found = masked_matmul(weights, present, factors)
        expected = [[weights[i, here] @ factors[here, j] for j in range(5)] for i, here in enumerate(present)]
    np.testing.assert_allclose(found, expected)


# -- gates on arrays ----------------------------------------------------------------------------

operands = {
    cube: (np.array([[1.0, -2.0], [0.0, 3.0]]),),
    arctan: (np.array([[1.0, -2.0], [0.0, 3.0]]),),
    bend: (np.array([[1.0, -2.0], [0.0, 3.0]]), np.array([[0.5], [2.0]])),
}


@pytest.mark.parametrize("rule", operands, ids=lambda rule: rule.name)
def test_a_custom_gate_on_arrays_is_itself_number_by_number(rule: Gate) -> None:
    """Whether its rules take arrays, use Python's math, or branch."""
    given = operands[rule]
    together = np.broadcast_arrays(*given)
    upstream = np.full((2, 2), -1.5)
    out = forward_on_arrays(rule, arrays)(*given)
    contributions = backward_on_arrays(rule, arrays)(upstream, out, *given)
    assert np.shape(out) == (2, 2)
    for place in np.ndindex(2, 2):
        leaves = [Value(float(each[place])) for each in together]
        root = -1.5 * rule(*leaves)
        root.backward()
        assert out[place] * -1.5 == pytest.approx(root.data, rel=1e-14)
        for leaf, contribution in zip(leaves, contributions, strict=True):
            assert np.broadcast_to(contribution, (2, 2))[place] == pytest.approx(leaf.grad, rel=1e-14)


@pytest.mark.parametrize("rule", GATES.values(), ids=GATES)
def test_every_gate_of_the_table_at_the_edges_of_ieee_754(rule: Gate) -> None:
    """Zeros, infinities, nan, the smallest and the largest numbers, through whole programs."""
    X: Floats = np.array(extreme_operands(rule))
    shifts = [Value(0.0) for _ in X[0]]

    def loss(x: list[Value]) -> Any:
        return rule(*[number + shift for number, shift in zip(x, shifts, strict=True)])

    assert_agrees(loss, X, shifts)


@pytest.mark.parametrize("rule", GATES.values(), ids=GATES)
def test_every_gate_of_the_table_on_parameters_at_the_edges(rule: Gate) -> None:
    """What is computed from parameters alone, and its gradient; one program for all the numbers."""
    arity = 3 if rule.variadic else len(rule.operand_names)
    rng = np.random.default_rng(0)
    parameters = [Value(0.5) for _ in range(arity)]
    x = Value(1.0)
    program = compile(rule(*parameters) * x, inputs=[x], parameters=parameters)
    for numbers in rng.choice(EXTREME, (40, arity)).tolist():
        program.parameters = numbers
        for parameter, number in zip(parameters, numbers, strict=True):
            parameter.data, parameter.grad = number, 0.0
        root = rule(*parameters) * Value(1.0)
        root.backward()
        loss, gradient = program.loss_and_grad([[1.0]])
        np.testing.assert_allclose(loss, root.data, rtol=1e-12)
        np.testing.assert_allclose(gradient, [each.grad for each in parameters], rtol=1e-10, atol=1e-300)
