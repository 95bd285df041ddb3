"""Operators and methods of Value: every one, both ways round, and what they refuse."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import GATES, Gate, Value, gates
from autograd.node import NOT_YET

OPERATORS: list[tuple[Callable[[Any, Any], Any], Gate, float]] = [
    (operator.add, gates.add, 11.0),
    (operator.sub, gates.sub, 5.0),
    (operator.mul, gates.mul, 24.0),
    (operator.truediv, gates.div, 8 / 3),
    (operator.pow, gates.power, 512.0),
]
both_ways = pytest.mark.parametrize(
    ("operate", "gate", "expected"), OPERATORS, ids=[g.name for _, g, _ in OPERATORS]
)


@both_ways
def test_operators_with_values_and_numbers_on_either_side(
    operate: Callable[[Any, Any], Any], gate: Gate, expected: float
) -> None:
    a, b = Value(8.0), Value(3.0)
    by_gate = gate(a, b)
    for y, inputs in [
        (operate(a, b), (a, b)),
        (operate(a, 3.0), (a, None)),
        (operate(a, 3), (a, None)),
        (operate(8.0, b), (None, b)),
        (operate(8, b), (None, b)),
        (operate(a, np.float64(3.0)), (a, None)),
        (by_gate, (a, b)),
        (gate(a, 3), (a, None)),
        (gate(8, b), (None, b)),
    ]:
        assert type(y) is Value
        assert y.data == pytest.approx(expected, rel=1e-15)
        assert type(y.data) is float
        assert y.gate is gate
        assert y.inputs == inputs
        assert y.operands == (8.0, 3.0)
        assert {type(number) for number in y.operands} == {float}
        assert y.local_backward(1.0) == by_gate.local_backward(1.0)


@both_ways
@pytest.mark.parametrize(
    "bad", ["2", None, 1j, {"a": 1}, [1.0], (1.0,), object(), Decimal(1)], ids=lambda x: type(x).__name__
)
def test_operators_refuse_what_is_no_number(
    operate: Callable[[Any, Any], Any], gate: Gate, expected: float, bad: Any
) -> None:
    x = Value(2.0)
    named = rf"\b{type(bad).__name__}\b|sequence"  # Python's own message for [1.0] * x says "sequence"
    with pytest.raises(TypeError, match=named):
        operate(x, bad)
    with pytest.raises(TypeError, match=named):
        operate(bad, x)
    assert x.grad is NOT_YET


def test_unary_operators() -> None:
    x = Value(-2.0)
    assert ((-x).data, abs(x).data, (+x)) == (2.0, 2.0, x)


def test_sum_starts_from_pythons_zero() -> None:
    terms = [Value(1.0), Value(2.0), Value(3.0)]
    total = sum(terms)
    assert isinstance(total, Value)
    total.backward()
    assert (total.data, [term.grad for term in terms]) == (6.0, [1.0, 1.0, 1.0])


METHODS = ["exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "softplus", "relu", "step", "leaky_relu"]


@pytest.mark.parametrize("name", METHODS)
def test_method_and_function_agree(name: str) -> None:
    x = Value(0.7)
    by_method, by_function = getattr(x, name)(), getattr(autograd, name)(x)
    assert by_method.gate is by_function.gate is GATES[name]
    assert by_method.data == by_function.data == getattr(autograd, name)(0.7)
    assert by_method.operands == by_function.operands
    assert by_method.inputs == by_function.inputs


def test_leaky_relu_learns_its_slope() -> None:
    x, slope = Value(-2.0), Value(0.25)
    y = x.leaky_relu(slope)
    y.backward()
    assert (y.data, x.grad, slope.grad) == (-0.5, 0.25, -2.0)
    with pytest.raises(TypeError, match="NoneType"):
        x.leaky_relu(None)  # type: ignore[arg-type]
