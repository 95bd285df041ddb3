"""Exercises on the chain rule: several paths, a custom gate, a neuron."""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from typing import Any

import autograd
from autograd import Gate, Value, array, grad_of, sigmoid
from nn import half_squared_error

from .exercise import Array, Complaint, Exercise, Mistake, draw
from .quoting import quoted

# -- a value used on two paths --------------------------------------------------------------------


def two_paths(w: float, x: float, c: float) -> Any:
    leaf = Value(w)
    h = leaf * x
    (h * h + c * h).backward()
    return leaf.grad


TWO_PATHS = Exercise(
    "a value used on two paths",
    two_paths,
    [
        Mistake(
            "The path through c * h is missing: contributions accumulate, dL/dh = 2h + c.",
            lambda w, x, c: 2 * w * x * x,
        ),
        Mistake(
            "The paths through h * h are missing, as if the last contribution had overwritten (=) those "
            "before it: contributions accumulate (+=).",
            lambda w, x, c: c * x,
        ),
        Mistake(
            "h * h takes h twice, and each of the two places contributes h: its part of dL/dh is 2h, not h.",
            lambda w, x, c: (w * x + c) * x,
        ),
        Mistake(
            "The last factor of the chain is missing: this is dL/dh; dL/dw = dL/dh * dh/dw, and dh/dw = x.",
            lambda w, x, c: 2 * w * x + c,
        ),
        Mistake(
            "The last factor of the chain is wrong: h = w * x has the derivative x by w; w is that by x.",
            lambda w, x, c: (2 * w * x + c) * w,
        ),
    ],
    draw(3),
    values={"h": lambda w, x, c: w * x, "L": lambda w, x, c: (w * x) ** 2 + c * w * x},
)

# -- a custom gate --------------------------------------------------------------------------------


def bump(x: float, upstream: float) -> Any:
    leaf = Value(x)
    out = autograd.exp(-leaf * leaf)
    (upstream * out).backward()
    return out.data, leaf.grad


def run_gate(make: Callable[[], Any], x: float, upstream: float) -> tuple[float, float]:
    made = make()
    if not isinstance(made, Gate):
        raise Complaint(f"It returns {quoted(made)}; wanted is the gate that gate(...) makes")
    leaf = Value(x)
    out = made(leaf)
    (upstream * out).backward()
    return out.data, leaf.grad


BUMP = Exercise(
    "a custom gate",
    bump,
    [
        Mistake(
            "The upstream gradient is missing in backward: it returns the local derivative alone.",
            lambda x, upstream: (exp(-x * x), -2 * x * exp(-x * x)),
        ),
        Mistake(
            "A factor of the chain is missing in backward: the inner derivative, d(-x**2)/dx = -2x.",
            lambda x, upstream: (exp(-x * x), upstream * exp(-x * x)),
        ),
        Mistake(
            "A factor of the chain is missing in backward: the outer derivative, that of exp, which is out.",
            lambda x, upstream: (exp(-x * x), upstream * -2 * x),
        ),
        Mistake(
            "The sign of backward is wrong: the inner derivative is d(-x**2)/dx = -2x.",
            lambda x, upstream: (exp(-x * x), upstream * 2 * x * exp(-x * x)),
        ),
        Mistake(
            "The sign in the exponent of forward is missing: this is exp(x**2).",
            lambda x, upstream: (exp(x * x), upstream * -2 * x * exp(x * x)),
        ),
    ],
    draw(2, (0.0, 1.5)),
    run_gate,
    ("the output", "the gradient"),
    values={"bump(x)": lambda x, upstream: exp(-x * x)},
)

# -- a sigmoid neuron -----------------------------------------------------------------------------


def neuron_gradient(w: Array, x: Array, b: float, t: float) -> Any:
    weights = array(w)
    half_squared_error(sigmoid(weights @ x + b), t).backward()
    return grad_of(weights)


def _chain(gradient: Callable[[float, float, Array], Any]) -> Callable[..., Any]:
    """gradient(y - t, y, x) of the neuron's output y."""

    def rule(w: Array, x: Array, b: float, t: float) -> Any:
        y = sigmoid(float(w @ x) + b)
        return gradient(y - t, y, x)

    return rule


NEURON = Exercise(
    "a sigmoid neuron by hand",
    neuron_gradient,
    [
        Mistake(
            "The sign is wrong: dE/dy = -(t - y) = y - t. With t - y, descent would climb.",
            _chain(lambda error, y, x: -error * y * (1 - y) * x),
        ),
        Mistake(
            "A factor of the chain is missing: the slope of the sigmoid, y (1 - y).",
            _chain(lambda error, y, x: error * x),
        ),
        Mistake(
            "The last factor of the chain is missing: da/dw_i = x_i. This is dE/da, one number.",
            _chain(lambda error, y, x: error * y * (1 - y)),
        ),
        Mistake(
            "The first factor of the chain is missing: dE/dy = y - t. This is dy/dw.",
            _chain(lambda error, y, x: y * (1 - y) * x),
        ),
        Mistake(
            "The factor 1/2 of E is not used: it cancels the 2 of the square.",
            _chain(lambda error, y, x: 2 * error * y * (1 - y) * x),
        ),
        Mistake(
            "The slope of the sigmoid counts twice.",
            _chain(lambda error, y, x: error * (y * (1 - y)) ** 2 * x),
        ),
        Mistake(
            "The slope is taken at the wrong place: it is y (1 - y) of the output y, not a (1 - a) of "
            "the sum a.",
            lambda w, x, b, t: (sigmoid(w @ x + b) - t) * (w @ x + b) * (1 - w @ x - b) * x,
        ),
    ],
    lambda rng: [
        (rng.normal(size=n), rng.normal(size=n), float(rng.normal()), float(t))
        for n, t in ((2, 0), (3, 1), (4, 0.3), (2, 0.8))
    ],
    values={
        "y": lambda w, x, b, t: sigmoid(w @ x + b),
        "E": lambda w, x, b, t: (t - sigmoid(w @ x + b)) ** 2 / 2,
    },
)
