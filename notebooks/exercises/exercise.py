"""What an exercise is: the right answer and the typical slips, each as a function of the same inputs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from traceback import extract_tb
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

import autograd
import nn
from autograd import data_of

from .quoting import cut, quoted

Array = npt.NDArray[np.float64]
Case = tuple[Any, ...]

NOTHING: Array = np.array(np.nan)  # the numbers of work that failed
NOT_THE_STUDENTS = [
    Path(file).parent for file in (__file__, os.__file__, np.__file__, autograd.__file__, nn.__file__)
]


class Complaint(Exception):
    """Why an answer cannot be compared, in words for the student."""


@dataclass(frozen=True)
class Mistake:
    """A typical slip: what to say of it, and what work with this slip computes from a case."""

    says: str
    rule: Callable[..., Any]


def call(work: Callable[..., Any], *case: Any) -> Any:
    return work(*case)


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    right      a case to the right answer, computed with the library
    mistakes   the first that gives the same answers as the student's work, in every case, is named
    cases      draws the inputs, a tuple for each case
    run        (work, *case) to the answer; by default the student's function is called on the case
    parts      what the numbers of an answer are called, if they have names
    tolerance  relative; above rounding only where the answer is measured on random numbers
    values     what the forward pass computes, by its name, for those who return that instead
    wants      what is asked for, to tell them
    """

    title: str
    right: Callable[..., Any]
    mistakes: Sequence[Mistake]
    cases: Callable[[Generator], list[Case]]
    run: Callable[..., Any] = call
    parts: tuple[str, ...] = ()
    tolerance: float = 1e-9
    values: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    wants: str = "the gradient"

    def same(self, a: Array, b: Array) -> bool:
        """Whether two answers agree; where neither is finite they do, be it inf, nan or a failure."""
        a, b = [np.where(np.isfinite(each), each, np.nan) for each in (a, b)]
        return a.shape == b.shape and np.allclose(a, b, rtol=self.tolerance, atol=1e-12, equal_nan=True)


@dataclass(frozen=True)
class Outcome:
    """What some work gave for one case: its numbers, or the problem why there are none."""

    numbers: Array
    problem: str = ""


def attempt(run: Callable[..., Any], *work_and_case: Any) -> Outcome:
    """Run some work on a case, of which it gets its own copy; nothing that it raises escapes."""
    try:
        with np.errstate(all="ignore"):
            returned = run(*deepcopy(work_and_case))
    except Complaint as complaint:
        return Outcome(NOTHING, str(complaint))
    except Exception as error:
        return Outcome(NOTHING, f"It raises {type(error).__name__}: {_message(error)}{_place(error)}")
    if returned is None:
        return Outcome(NOTHING, "It returns None: is there a `return` on every way through it?")
    try:
        return Outcome(numbers_of(returned))
    except Exception:  # whatever its type does when it is asked for numbers
        kind = type(returned).__name__
        wanted = "wanted is a number, or a tuple or an array of numbers"
        return Outcome(NOTHING, f"It returns {quoted(returned)}, of type {kind}; {wanted}")


def numbers_of(answer: Any) -> Array:
    """The numbers of Values and numbers, one or many of them, as an array of its own."""
    return np.array(data_of(answer), dtype=float)


def _message(error: Exception) -> str:
    try:
        return cut(str(error))
    except Exception:
        return "a message that cannot be printed"


def _place(error: Exception) -> str:
    """The last line that ran of the student's own: in no library, and not here."""
    for frame in reversed(extract_tb(error.__traceback__)):
        if not any(Path(frame.filename).is_relative_to(library) for library in NOT_THE_STUDENTS):
            return f", in line {frame.lineno} of {frame.name}" + (
                f": {cut(frame.line)}" if frame.line else ""
            )
    return ""


def draw(size: int, *special: Case) -> Callable[[Generator], list[Case]]:
    """Six cases of so many random numbers, none close to 0, and special ones after them."""
    return lambda rng: [
        *map(tuple, (rng.uniform(0.5, 3.0, (6, size)) * rng.choice([-1, 1], (6, size))).tolist()),
        *special,
    ]
