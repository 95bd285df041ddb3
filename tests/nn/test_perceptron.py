"""Perceptrons, and Boolean gates by chosen weights."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from autograd import Value, data_of
from nn import Perceptron
from nn.perceptron import AND, NAND, NOT, OR, XOR, sign

CORNERS = [(1, 1), (1, 0), (0, 1), (0, 0)]  # in the order of lecture 001


def test_a_perceptron_is_the_sign_of_b_plus_w_dot_x() -> None:
    perceptron = Perceptron.of([2.0, -1.0], bias=-1.0)
    outputs = {x: perceptron(x).data for x in product((0.0, 1.0, 2.0), repeat=2)}
    assert outputs == {x: np.sign(2 * x[0] - x[1] - 1) for x in outputs}
    assert set(outputs.values()) == {-1.0, 0.0, 1.0}


def test_sign() -> None:
    numbers = [-np.inf, -2.0, -5e-324, -0.0, 0.0, 5e-324, 3.0, np.inf]
    assert data_of(sign(numbers)).tolist() == np.sign(numbers).tolist()
    assert np.isnan(sign(Value(np.nan)).data)
    x = Value(1.0)
    sign(x).backward()
    assert x.grad == 0.0


def test_a_perceptron_starts_at_random_as_a_neuron_does() -> None:
    first, again = (Perceptron(3, np.random.default_rng(1)) for _ in range(2))
    assert [p.data for p in first.parameters()] == [p.data for p in again.parameters()]
    assert [p.label for p in first.parameters()] == ["w[0]", "w[1]", "w[2]", "b"]
    assert first([1.0, 2.0, 3.0]).data in (-1.0, 1.0)
    assert repr(first) == "Perceptron(3, sign)"


@pytest.mark.parametrize(
    ("gate", "column"),
    [
        (AND, [1, 0, 0, 0]),
        (OR, [1, 1, 1, 0]),
        (NAND, [0, 1, 1, 1]),
        (XOR, [0, 1, 1, 0]),
    ],
)
def test_truth_tables(gate: Any, column: list[int]) -> None:
    assert [gate(corner).data for corner in CORNERS] == column
    assert [gate([Value(a), Value(b)]).data for a, b in CORNERS] == column
    assert [gate((bool(a), bool(b))).data for a, b in CORNERS] == column


def test_not() -> None:
    assert [NOT(x).data for x in (0, 1)] == [1.0, 0.0]


@pytest.mark.parametrize("gate", [AND, OR, NAND])
def test_no_corner_lies_near_a_line(gate: Any) -> None:
    w, b = [weight.data for weight in gate.w], gate.b.data
    assert {abs(np.dot(w, corner) + b) for corner in CORNERS} <= {0.5, 1.5}


def test_gates_can_be_put_together() -> None:
    """A full adder of two bits and a carry."""
    for a, b, carry in product((0, 1), repeat=3):
        half = XOR([a, b])
        total, over = XOR([half, carry]), OR([AND([a, b]), AND([half, carry])])
        assert 2 * over.data + total.data == a + b + carry


def test_xor_is_of_two_layers() -> None:
    assert len(XOR.parameters()) == 9
    assert [neuron([1, 0]).data for neuron in XOR.hidden] == [1.0, 1.0]
    with pytest.raises(ValueError, match=r"takes 2 input\(s\), got 3"):
        XOR([1, 0, 1])
