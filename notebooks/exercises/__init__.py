"""Twenty exercises, and a check for each that says what is wrong.

>>> from autograd import Value
>>> def mul_backward(upstream, a, b):
...     return upstream * a, upstream * b
>>> check(1, mul_backward)
Exercise 1 (the mul gate): not right yet.
The factors are swapped: the gradient of a is the upstream gradient times b, the other
input.
For upstream = 1.779554, a = -2.876159, b = 0.860399
  yours: [-5.118281, 1.531127]
  right: [ 1.531127, -5.118281]
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from inspect import getsource
from textwrap import dedent, fill
from types import FunctionType
from typing import Any

import numpy as np

from autograd import data_of

from .chain_rule import BUMP, NEURON, TWO_PATHS
from .diagnosis import diagnose
from .engine import NAIVE, ORDERED
from .exam import TIED_WEIGHTS
from .exercise import Exercise, attempt
from .gate_rules import DIV, MAX, MUL, RELU
from .layers import CONVOLUTION, INIT, JACOBIAN, RESIDUAL
from .losses import CROSS_ENTROPY, LOG_SUM_EXP
from .quoting import quoted, to_a_screen
from .scalar import SCALAR
from .training import DIFFERENCES, MOMENTUM, TRAINING

__all__ = ["EXERCISES", "Verdict", "check"]

#: By their numbers: exercise n is EXERCISES[n].
EXERCISES: dict[int, Exercise] = dict(
    enumerate(
        [
            *(MUL, DIV, RELU, MAX, TWO_PATHS, BUMP),
            *(DIFFERENCES, NEURON, TRAINING, MOMENTUM, LOG_SUM_EXP, CROSS_ENTROPY),
            *(INIT, RESIDUAL, JACOBIAN, CONVOLUTION),
            *(NAIVE, ORDERED, SCALAR, TIED_WEIGHTS),
        ],
        start=1,
    )
)


WIDTH = 90  # of a line that fits below a cell


@dataclass(frozen=True, repr=False)
class Verdict:
    """What a check found: whether the work is right, and a text that says so or says what is wrong."""

    right: bool
    text: str

    def __repr__(self) -> str:
        return "\n".join([fill(line, WIDTH) for line in self.text.splitlines()])


def check(number: int, work: Callable[..., Any]) -> Verdict:
    """Run some work for the exercise of that number on random inputs and compare it with the right answers.

    The inputs come from a fixed seed: the same work gives the same verdict. What the work raises is
    part of the verdict.

    Raises ValueError for a number of no exercise.
    """
    if number not in EXERCISES:
        raise ValueError(f"the exercises are numbered 1 to {len(EXERCISES)}, got {number!r}")
    exercise = EXERCISES[number]
    title = f"Exercise {number} ({exercise.title})"
    if not callable(work):
        wanted = "give the check the function itself, without calling it"
        return _wrong(f"{title}: {wanted}; got {quoted(work)} of type {type(work).__name__}.")
    cases = exercise.cases(np.random.default_rng(number))
    wanted_answers = [data_of(exercise.right(*case)) for case in cases]
    outcomes = [attempt(exercise.run, work, *case) for case in cases]
    if all(exercise.same(o.numbers, b) for o, b in zip(outcomes, wanted_answers, strict=True)):
        return Verdict(True, f"{title}: right, in all {len(cases)} cases.")
    if _has_placeholder(work):
        return _wrong(f"{title}: not done yet: replace each `...`.")
    return _wrong(f"{title}: not right yet.\n{diagnose(exercise, cases, wanted_answers, outcomes)}")


def _wrong(text: str) -> Verdict:
    return Verdict(False, to_a_screen(text))


def _has_placeholder(work: Any) -> bool:
    """Whether a `...` is left in a function, in one inside it, or in the methods of a class.

    One in an index, as in x[..., 0], is no placeholder.
    """
    parts = list(vars(work).values()) if isinstance(work, type) else [work]
    return any(
        _holds_ellipsis(tree) for part in parts if isinstance(part, FunctionType) for tree in _tree(part)
    )


def _tree(function: FunctionType) -> list[ast.AST]:
    """Its source as a tree, if it is known and stands alone."""
    try:
        return [ast.parse(dedent(getsource(function)))]
    except (OSError, SyntaxError):
        return []


def _holds_ellipsis(tree: ast.AST) -> bool:
    if isinstance(tree, ast.Subscript):
        return _holds_ellipsis(tree.value)
    if isinstance(tree, ast.Constant):
        return tree.value is Ellipsis
    return any(map(_holds_ellipsis, ast.iter_child_nodes(tree)))
