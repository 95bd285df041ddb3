"""Levels: gates alike at one depth are one group; contributions to one row are added up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Gate, Value, gates
from autograd.compiler.tape import Tape
from autograd.compiler.tape.levels import Levels, Places
from autograd.compiler.trace import trace


@given(st.lists(st.integers(0, 6), min_size=1, max_size=12), st.lists(st.booleans(), min_size=7, max_size=7))
def test_places_lose_nothing_and_leave_out_what_nobody_wants(rows: list[int], wanted: list[bool]) -> None:
    wanted[rows[0]] = True
    contributions = np.random.default_rng(0).normal(size=(len(rows), 2))
    expected = np.ones((7, 2))
    for row, contribution in zip(rows, contributions, strict=True):
        expected[row] += contribution * wanted[row]
    target = np.ones((7, 2))
    Places(rows, wanted).add(target, contributions)
    np.testing.assert_allclose(target, expected)


def test_places_take_one_contribution_for_all() -> None:
    target = np.zeros((4, 2))
    Places([2, 0, 2], [True] * 4).add(target, np.array([[1.0, 10.0]]))
    assert target.tolist() == [[1, 10], [0, 0], [2, 20], [0, 0]]


def levels_of(output: Value, inputs: list[Value], parameters: list[Value]) -> Levels:
    table = trace([output], inputs, parameters)
    return Levels(table, Tape(table).depth, table.learns)


def test_gates_alike_at_one_depth_are_a_group() -> None:
    x, y, w = Value(1.0), Value(2.0), Value(3.0)
    levels = levels_of(gates.tanh(x * w + 1) * gates.tanh(y * w + 1), [x, y], [w])
    assert [(group.gate.name, group.made) for group in levels.groups] == [
        ("mul", slice(4, 6)),
        ("add", slice(6, 8)),
        ("tanh", slice(8, 10)),
        ("mul", slice(10, 11)),
    ]
    first, second = levels.groups[:2]
    assert first.taken == [slice(0, 2), slice(2, 3)], "both inputs as they lie, and one row for both"
    assert first.places[0] is None, "nobody wants the gradient of an input"
    assert second.taken == [slice(4, 6), 1.0]


@pytest.mark.parametrize("gate", [gates.summation, gates.maximum, gates.logsumexp, gates.norm])
def test_operands_of_many_are_a_stack(gate: Gate) -> None:
    parameters = [Value(number) for number in (1.0, -2.0, 2.0, 0.5)]
    a, b, c, d = parameters
    root = gate(a, b, c) * gate(b, c, d) * gate(c, c, 3.0)
    root.backward()
    levels = levels_of(root, [], parameters)
    assert len(levels.groups) == 3
    numbers = levels.numbers(np.array([each.data for each in parameters]), np.empty((2, 0)))
    assert numbers[levels.outputs].tolist() == [[pytest.approx(root.data)] * 2]
    for found in (levels.gradients(numbers), levels.exact_gradients(numbers)):
        np.testing.assert_allclose(found, np.array([[each.grad] * 2 for each in parameters]), rtol=1e-12)


def test_a_mask_keeps_a_path_not_taken_from_a_pole() -> None:
    x, w = Value(1.0), Value(0.0)
    levels = levels_of(gates.relu(gates.sqrt(w) * x) + w, [x], [w])
    numbers = levels.numbers(np.array([0.0]), np.array([[1.0], [2.0]]))
    with np.errstate(all="ignore"):
        assert np.isnan(levels.gradients(numbers)[1]).all()
        assert levels.exact_gradients(numbers)[1].tolist() == [1.0, 1.0]
