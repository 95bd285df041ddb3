"""What to say of wrong work: the slip that explains all its answers, else what the answers show."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from typing import Any

import numpy as np

from .exercise import Array, Case, Exercise, Outcome, attempt

MAX_SHOWN = 12  # the most numbers of an array that are printed, rather than its shape


def diagnose(
    exercise: Exercise, cases: Sequence[Case], wanted: Sequence[Array], got: Sequence[Outcome]
) -> str:
    """A description of what is wrong, and an example; at least one answer must be wrong."""
    numbers = [outcome.numbers for outcome in got]
    wrong = [i for i, each in enumerate(numbers) if not exercise.same(each, wanted[i])]
    failed = [i for i in wrong if got[i].problem]
    misshapen = [i for i in wrong if numbers[i].shape != wanted[i].shape]
    place = (failed or misshapen or wrong)[0]
    inputs = _inputs(exercise, cases[place])
    example = f"For {inputs}\n  yours: {_shown(numbers[place])}\n  right: {_shown(wanted[place])}"
    for mistake in exercise.mistakes:
        slips = [attempt(mistake.rule, *case).numbers for case in cases]
        if all(map(exercise.same, numbers, slips)):
            return f"{mistake.says}\n{example}"
    if got[place].problem:
        return f"{got[place].problem}\nFor {inputs}"
    return f"{_comparison(exercise, wanted, numbers)}\n{example}"


def _comparison(exercise: Exercise, wanted: Sequence[Array], got: Sequence[Array]) -> str:
    if all(exercise.same(a.T, b) for a, b in zip(got, wanted, strict=True)):
        return "The answer is transposed: rows stand where columns should."
    for a, b in zip(got, wanted, strict=True):
        if a.shape != b.shape:
            return f"The answer has the wrong shape: {a.shape}; wanted is {b.shape}."
    if len(exercise.parts) == 2 and all(exercise.same(a[::-1], b) for a, b in zip(got, wanted, strict=True)):
        return f"The two numbers are swapped: wanted is {exercise.parts[0]} first, then {exercise.parts[1]}."
    if exercise.parts:
        columns = zip(exercise.parts, np.transpose(wanted), np.transpose(got), strict=True)
        return "; ".join([f"{name} {_relation(exercise, b, a)}" for name, b, a in columns]) + "."
    flat_wanted, flat_got = [np.concatenate([np.ravel(each) for each in all_]) for all_ in (wanted, got)]
    return f"The answer {_relation(exercise, flat_wanted, flat_got)}."


def _relation(exercise: Exercise, wanted: Array, got: Array) -> str:
    """What the numbers got are to those wanted, over all cases."""
    if exercise.same(got, wanted):
        return "is right"
    if not np.isfinite(got).all():
        return "is not always finite"
    if not got.any():
        return "is 0 in every case"
    if exercise.same(got, -wanted):
        return "has the wrong sign"
    ratio = float(got @ wanted / (wanted @ wanted))
    if exercise.same(got, ratio * wanted):
        return f"is {ratio:.6g} times what it should be, in every case: a constant factor is wrong"
    right = sum(exercise.same(a, b) for a, b in zip(got, wanted, strict=True))
    return f"is wrong ({right} of {len(wanted)} numbers are right)"


def _inputs(exercise: Exercise, case: Case) -> str:
    names = signature(exercise.right).parameters
    return ", ".join(f"{name} = {_shown(value)}" for name, value in zip(names, case, strict=True))


def _shown(value: Any) -> str:
    if callable(value):
        return str(getattr(value, "__name__", value))
    if isinstance(value, (str, dict)):
        return str(value)
    numbers = np.asarray(value)
    if numbers.size > MAX_SHOWN:
        return f"an array of shape {numbers.shape}"
    return " ".join(np.array2string(numbers, precision=6, separator=", ").split())
