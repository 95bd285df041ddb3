"""What to say of wrong work: the slip that explains all its answers, else what the answers show."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from typing import Any

import numpy as np

from .comparison import compare
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
    return f"{compare(exercise, cases, wanted, numbers)}\n{example}"


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
