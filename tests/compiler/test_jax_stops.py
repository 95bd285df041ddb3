"""Rules that send nothing to an operand, on JAX: ``None``, ``m.stop``; also where JAX calls Python back."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Gate, Value, compile, gate, probe, step, tanh, where
from tests.compiler.agreement import run_eagerly
from tests.compiler.jax_here import float64, jax

__all__ = ["float64"]

gain = gate(  # its second operand is a setting, which never learns
    "gain",
    forward=lambda m, x, setting: x * m.exp(setting),
    backward=lambda m, upstream, out, x, setting: (upstream * m.exp(setting), None),
)
gain_of_floats = gate(
    "gain_of_floats",
    forward=lambda m, x, setting: x * math.exp(setting),
    backward=lambda m, upstream, out, x, setting: (upstream * math.exp(setting), None),
)


def _bend_backward(m: Any, upstream: Any, out: Any, x: Any) -> Any:
    return (2 * upstream if x > 0 else None,)


bend_or_stop = gate("bend_or_stop", forward=lambda m, x: 2 * x if x > 0 else 0.0, backward=_bend_backward)
largest = gate(  # of any number of operands, all in one array
    "largest",
    forward=lambda m, *terms: m.max(terms),
    backward=lambda m, upstream, out, *terms: tuple([m.stop(term < out, upstream) for term in terms]),
)

LOSSES: dict[str, Callable[[Value, Value, Value], Value]] = {
    "step": lambda x, a, b: step(x - a) + b * x,
    "step of a parameter alone": lambda x, a, b: step(a) * b * x,
    "where": lambda x, a, b: where(x, tanh(a * x), b**2 + x),
    "where, on a condition that learns": lambda x, a, b: where(a, a * b, b),
    "None for a setting": lambda x, a, b: gain(x * a, b) + b,
    "None for a setting, by Python": lambda x, a, b: gain_of_floats(x * a, b) + b,
    "None where Python branches": lambda x, a, b: bend_or_stop(x * a) + bend_or_stop(b),
    "m.stop on a stack": lambda x, a, b: largest(x * a, b, x - 1.5),
    "m.stop on stacks": lambda x, a, b: largest(a, x) * largest(b, x),
}
X = np.array([[0.0], [1.0], [-2.0], [0.5], [3.0]])


def loss_of(name: str, parameters: list[Value]) -> Callable[[list[Value]], Value]:
    return lambda x: LOSSES[name](x[0], *parameters)


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_the_engines(name: str) -> None:
    parameters = [Value(0.8), Value(-0.3)]
    loss = loss_of(name, parameters)
    eager = run_eagerly(loss, X, parameters)
    x = Value(0.7)
    on_jax = compile(loss([x]), inputs=[x], parameters=parameters).to("jax")
    w = np.array([0.8, -0.3])
    number, gradient = on_jax.loss_and_grad(w, X)
    np.testing.assert_allclose(number, eager.losses.mean(), rtol=1e-14)
    np.testing.assert_allclose(gradient, eager.gradients.mean(axis=0), rtol=1e-14)


@pytest.mark.parametrize("name", ["None for a setting", "where, on a condition that learns"])
def test_second_derivatives_are_those_of_numbers_near_by(name: str) -> None:
    parameters = [Value(0.8), Value(-0.3)]
    x = Value(0.7)
    on_jax = compile(loss_of(name, parameters)([x]), inputs=[x], parameters=parameters).to("jax")
    w, h = np.array([0.8, -0.3]), 1e-6
    found = jax.hessian(on_jax.loss)(w, X[1:])
    for place, shift in enumerate(h * np.eye(2)):
        up, down = (on_jax.loss_and_grad(at, X[1:])[1] for at in (w + shift, w - shift))
        np.testing.assert_allclose(found[:, place], (up - down) / (2 * h), atol=1e-8)


@pytest.mark.parametrize(
    ("rule", "on_arrays", "stacked"),
    [
        (gain, True, False),
        (gain_of_floats, False, False),
        (bend_or_stop, False, False),
        (largest, True, True),
    ],
    ids=lambda each: getattr(each, "name", None),
)
def test_the_gates_here_go_the_ways_that_they_are_here_for(
    rule: Gate, on_arrays: bool, stacked: bool
) -> None:
    if not rule.variadic:
        assert bool(probe.on_arrays(rule)) is on_arrays
    assert bool(probe.on_stack(rule, 3)) is stacked
