"""The exam question of lecture 003: Exam 2016, question 5, tied weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import Value, sigmoid

from .exercise import Exercise, Mistake


def _hidden(
    x1: float, x2: float, x3: float, tied: Any, w2: float, w3: float, w5: float, w6: float
) -> tuple[Any, Any]:
    return sigmoid(tied * x1 + w3 * x2 + w5 * x3), sigmoid(w2 * x1 + tied * x2 + w6 * x3)


def _output(
    x1: float, x2: float, x3: float, y: float, tied: float,
    w2: float, w3: float, w5: float, w6: float, u1: float, u2: float,
) -> float:  # fmt: skip
    h1, h2 = _hidden(x1, x2, x3, tied, w2, w3, w5, w6)
    return float(u1 * h1 + u2 * h2)


def tied_weights(
    x1: float, x2: float, x3: float, y: float, tied: float,
    w2: float, w3: float, w5: float, w6: float, u1: float, u2: float,
) -> tuple[float, float]:  # fmt: skip
    w = Value(tied)
    h1, h2 = _hidden(x1, x2, x3, w, w2, w3, w5, w6)
    error = (y - (u1 * h1 + u2 * h2)) ** 2
    error.backward()
    return error.data, w.grad


#: u, h and x of one path from the tied weight to f.
Path = tuple[float, float, float]


def _paths(gradient: Callable[[float, Path, Path], float]) -> Callable[..., Any]:
    """E as it is, and gradient(f - y, path to h1, path to h2), which has some slip."""

    def rule(
        x1: float, x2: float, x3: float, y: float, tied: float,
        w2: float, w3: float, w5: float, w6: float, u1: float, u2: float,
    ) -> tuple[float, float]:  # fmt: skip
        h1, h2 = _hidden(x1, x2, x3, tied, w2, w3, w5, w6)
        error = u1 * h1 + u2 * h2 - y
        return error**2, gradient(error, (u1, h1, x1), (u2, h2, x2))

    return rule


def path(u: float, h: float, x: float) -> float:
    return u * h * (1 - h) * x


TIED_WEIGHTS = Exercise(
    "exam 2016, question 5: tied weights",
    tied_weights,
    [
        Mistake(
            "Only the path through h1 is there: the tied weight is also used in h2, and the two are added.",
            _paths(lambda error, first, second: 2 * error * path(*first)),
        ),
        Mistake(
            "Only the path through h2 is there: the tied weight is also used in h1, and the two are added.",
            _paths(lambda error, first, second: 2 * error * path(*second)),
        ),
        Mistake(
            "The sign is wrong: dE/df = -2 (y - f) = 2 (f - y).",
            _paths(lambda error, first, second: -2 * error * (path(*first) + path(*second))),
        ),
        Mistake(
            "A factor of the chain is missing: the slope of the logistic function, h (1 - h).",
            _paths(lambda e, first, second: 2 * e * (first[0] * first[2] + second[0] * second[2])),
        ),
        Mistake(
            "A factor of the chain is missing: df/dh1 = u1 and df/dh2 = u2.",
            _paths(lambda e, first, second: 2 * e * (path(1.0, *first[1:]) + path(1.0, *second[1:]))),
        ),
        Mistake(
            "The inputs are swapped: the tied weight meets x1 on its way to h1, and x2 on its way to h2.",
            _paths(
                lambda e, first, second: 2 * e * (path(*first[:2], second[2]) + path(*second[:2], first[2]))
            ),
        ),
        Mistake(
            "Both paths end with x1: on its way to h2 the tied weight, which is w4 there, meets x2.",
            _paths(lambda e, first, second: 2 * e * (path(*first) + path(*second[:2], first[2]))),
        ),
        Mistake(
            "The 2 is missing: E = (y - f)**2 has no 1/2, so dE/df = 2 (f - y).",
            _paths(lambda error, first, second: error * (path(*first) + path(*second))),
        ),
        Mistake(
            "The paths are multiplied; the contributions of several paths are added.",
            _paths(lambda error, first, second: 2 * error * path(*first) * path(*second)),
        ),
    ],
    lambda rng: [tuple(row) for row in rng.uniform(-2, 2, (4, 11)).tolist()],
    parts=("E", "dE/dw_tied"),
    values={"f": _output},
    wants="E, then dE/dw_tied",
)
