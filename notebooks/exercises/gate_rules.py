"""Exercises on the backward rules of single gates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import Value, maximum, relu

from .exercise import Exercise, Mistake, draw

# -- mul ------------------------------------------------------------------------------------------


def mul_backward(upstream: float, a: float, b: float) -> Any:
    return (Value(a) * Value(b)).local_backward(upstream)


MUL = Exercise(
    "the mul gate",
    mul_backward,
    [
        Mistake(
            "The factors are swapped: the gradient of a is the upstream gradient times b, the other input.",
            lambda upstream, a, b: (upstream * a, upstream * b),
        ),
        Mistake(
            "The upstream gradient is missing: these are the local derivatives alone.",
            lambda upstream, a, b: (b, a),
        ),
        Mistake(
            "This is the add gate: it hands the upstream gradient on unchanged. "
            "Here the local derivatives are missing.",
            lambda upstream, a, b: (upstream, upstream),
        ),
        Mistake(
            "This is the upstream gradient times the output a * b: a derivative by a has no a left in it.",
            lambda upstream, a, b: (upstream * a * b, upstream * a * b),
        ),
    ],
    draw(3),
    parts=("the gradient of a", "the gradient of b"),
    values={"a * b": lambda upstream, a, b: a * b},
    wants="the gradient of a, and that of b",
)

# -- div ------------------------------------------------------------------------------------------


def div_backward(upstream: float, a: float, b: float) -> Any:
    return (Value(a) / Value(b)).local_backward(upstream)


DIV = Exercise(
    "the div gate",
    div_backward,
    [
        Mistake(
            "The sign of the second is wrong: a / b falls as b grows (for positive a and b), "
            "d(a / b)/db = -a / b**2.",
            lambda upstream, a, b: (upstream / b, upstream * a / b**2),
        ),
        Mistake(
            "The square is missing in the second: d(1 / b)/db = -1 / b**2.",
            lambda upstream, a, b: (upstream / b, -upstream * a / b),
        ),
        Mistake(
            "The factor a is missing in the second: the derivative of a / b by b is a times that of 1 / b.",
            lambda upstream, a, b: (upstream / b, -upstream / b**2),
        ),
        Mistake(
            "The upstream gradient is missing: these are the local derivatives alone.",
            lambda upstream, a, b: (1 / b, -a / b**2),
        ),
    ],
    draw(3),
    parts=("the gradient of a", "the gradient of b"),
    values={"a / b": lambda upstream, a, b: a / b},
    wants="the gradient of a, and that of b",
)

# -- relu -----------------------------------------------------------------------------------------


def relu_backward(upstream: float, x: float) -> Any:
    return relu(Value(x)).local_backward(upstream)[0]


RELU = Exercise(
    "the relu gate and its kink",
    relu_backward,
    [
        Mistake(
            "At the kink, x = 0, the convention is relu'(0) = 0; here it is 1 (lecture 001 prints that one).",
            lambda upstream, x: upstream if x >= 0 else 0.0,
        ),
        Mistake(
            "At the kink, x = 0, the convention is relu'(0) = 0; here it is 1/2.",
            lambda upstream, x: upstream * (0.5 if x == 0 else x > 0),
        ),
        Mistake(
            "The gate is always open here: where x < 0 it stops the gradient.",
            lambda upstream, x: upstream,
        ),
        Mistake(
            "The upstream gradient is missing: this is the local derivative, 0 or 1.",
            lambda upstream, x: float(x > 0),
        ),
        Mistake(
            "This is the upstream gradient times relu(x), the output; the local derivative is the slope, "
            "0 or 1.",
            lambda upstream, x: upstream * max(0.0, x),
        ),
        Mistake(
            "The sign of the upstream gradient decides here; it must be the sign of the input x.",
            lambda upstream, x: max(0.0, upstream),
        ),
        Mistake(
            "The sides are swapped: relu lets the gradient through where x > 0.",
            lambda upstream, x: upstream if x < 0 else 0.0,
        ),
    ],
    draw(2, (2.0, 0.0), (-2.0, 0.0), (0.7, 1e-9), (0.7, -1e-9)),
    values={"relu(x)": lambda upstream, x: max(0.0, x)},
)

# -- max ------------------------------------------------------------------------------------------


def max_backward(upstream: float, a: float, b: float) -> Any:
    return maximum(Value(a), Value(b)).local_backward(upstream)


def _routed(a: float, b: float, at_tie: tuple[float, float]) -> tuple[float, float]:
    """The local derivatives of max, with those given at a tie."""
    return at_tie if a == b else (float(a > b), float(b > a))


def _at_tie(share_of_a: float, share_of_b: float) -> Callable[[float, float, float], tuple[float, ...]]:
    return lambda upstream, a, b: tuple([upstream * s for s in _routed(a, b, (share_of_a, share_of_b))])


MAX = Exercise(
    "the max gate and its ties",
    max_backward,
    [
        Mistake("At a tie, a = b, all goes to a; the convention is half to each.", _at_tie(1, 0)),
        Mistake("At a tie, a = b, all goes to b; the convention is half to each.", _at_tie(0, 1)),
        Mistake("At a tie, a = b, both get the whole, twice what came; half to each.", _at_tie(1, 1)),
        Mistake("At a tie, a = b, neither gets anything; the convention is half to each.", _at_tie(0, 0)),
        Mistake(
            "The routes are swapped: this is the min gate. The larger input gets the gradient.",
            lambda upstream, a, b: tuple([upstream * s for s in _routed(b, a, (0.5, 0.5))]),
        ),
        Mistake(
            "The upstream gradient is missing: these are the local derivatives alone.",
            lambda upstream, a, b: _routed(a, b, (0.5, 0.5)),
        ),
        Mistake(
            "Half goes to each always; that is right at a tie only. Else the larger input gets the whole.",
            lambda upstream, a, b: (0.5 * upstream, 0.5 * upstream),
        ),
    ],
    draw(3, (2.0, 1.5, 1.5), (-1.0, 0.0, 0.0), (0.7, 1.0, 1.0 + 1e-9), (0.7, 1.0 + 1e-9, 1.0)),
    parts=("the gradient of a", "the gradient of b"),
    values={"max(a, b)": lambda upstream, a, b: max(a, b)},
    wants="the gradient of a, and that of b",
)
