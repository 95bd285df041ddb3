"""What wrong answers are to the right ones: a factor, a sign, a term, a value of the forward pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from inspect import signature
from itertools import combinations_with_replacement

import numpy as np

from .exercise import Array, Case, Exercise, numbers_of

#: From so many numbers on, a match of all of them with a formula is no chance.
ENOUGH = 3

Known = Mapping[str, Array]


def compare(exercise: Exercise, cases: Sequence[Case], wanted: Sequence[Array], got: Sequence[Array]) -> str:
    """What the answers got are to those wanted, in a sentence; at least one of them is wrong."""

    def all_are(other: Sequence[Array]) -> bool:
        return all(map(exercise.same, got, other))

    for name, value in exercise.values.items():
        if all_are([numbers_of(value(*case)) for case in cases]):
            return f"This is {name}, a value of the forward pass; wanted is {exercise.wants}."
    if all_are([each.T for each in wanted]):
        return "The answer is transposed: rows stand where columns should."
    if all_are([each.sum() for each in wanted]):
        return "This is the sum of the numbers that are wanted, one for each place."
    for a, b in zip(got, wanted, strict=True):
        if a.shape != b.shape:
            return f"The answer has the wrong shape: {a.shape}; wanted is {b.shape}."
    if wanted[0].ndim and all_are([each[::-1] for each in wanted]):
        if len(exercise.parts) == 2:
            return f"The two numbers are swapped: wanted is {' first, then '.join(exercise.parts)}."
        return "The numbers stand in the reverse order."
    known = [_known(exercise, case) for case in cases]
    if exercise.parts:
        scalars = _aligned(known, [np.array(0.0)] * len(cases))
        columns = zip(exercise.parts, np.transpose(wanted), np.transpose(got), strict=True)
        return "; ".join([f"{name} {relation(exercise, b, a, scalars)}" for name, b, a in columns]) + "."
    flat_wanted, flat_got = [np.concatenate([np.ravel(each) for each in all_]) for all_ in (wanted, got)]
    return f"The answer {relation(exercise, flat_wanted, flat_got, _aligned(known, wanted))}."


def relation(exercise: Exercise, wanted: Array, got: Array, known: Known) -> str:
    """What the numbers got are to those wanted, over all cases; known are others to compare with."""
    same = exercise.same
    if same(got, wanted):
        return "is right"
    if not np.isfinite(got).all():
        return "is not always finite"
    if not got.any():
        return "is 0 in every case"
    if same(got, -wanted):
        return "has the wrong sign"
    ratio = _fit(got, wanted)
    if same(got, ratio * wanted):
        return f"is {ratio:.6g} times what it should be, in every case: a constant factor is wrong"
    if same(abs(got), abs(wanted)):
        return "has the right size, but not always the right sign"
    if np.allclose(got, wanted, rtol=1e-5, atol=1e-7) and exercise.tolerance < 1e-7:
        return "is right to some digits only: is something rounded, in float32, or an approximation"
    if len(wanted) >= ENOUGH:
        for look in (_factor, _itself, _term):
            if found := look(exercise, wanted, got, known):
                return found
    right = sum(same(a, b) for a, b in zip(got, wanted, strict=True))
    return f"is wrong ({right} of {len(wanted)} numbers are right)"


def _factor(exercise: Exercise, wanted: Array, got: Array, known: Known) -> str:
    for name, numbers in _products(known):
        for sign, also in ((1, ""), (-1, ", and the sign is wrong")):
            if exercise.same(sign * got * numbers, wanted):
                return f"lacks the factor {name}{also}"
            if exercise.same(sign * got, wanted * numbers):
                return f"has a factor {name} too many{also}"
    return ""


def _itself(exercise: Exercise, wanted: Array, got: Array, known: Known) -> str:
    return next((f"is {name} itself" for name, numbers in known.items() if exercise.same(got, numbers)), "")


def _term(exercise: Exercise, wanted: Array, got: Array, known: Known) -> str:
    for name, numbers in [("", np.ones_like(wanted)), *_products(known)]:
        times = _fit(got - wanted, numbers)
        if times and exercise.same(got, wanted + times * numbers):
            term = f"{abs(times):.6g} {name and '* '}{name}".strip().removeprefix("1 * ")
            return f"has a term {term} too many" if times > 0 else f"lacks a term: {term} is missing"
    return ""


def _fit(got: Array, numbers: Array) -> float:
    """The factor of numbers that comes closest to those got."""
    return float(got @ numbers / (numbers @ numbers)) if numbers.any() else 0.0


def _products(known: Known) -> Iterator[tuple[str, Array]]:
    """The known numbers, then the products of two of them."""
    yield from known.items()
    for one, other in combinations_with_replacement(known, 2):
        yield f"{one}**2" if one == other else f"{one} * {other}", known[one] * known[other]


def _known(exercise: Exercise, case: Case) -> dict[str, Array]:
    """The numbers of a case by their names: its inputs, and the values of the forward pass."""
    named = dict(zip(signature(exercise.right).parameters, case, strict=True))
    named |= {name: value(*case) for name, value in exercise.values.items()}
    return {
        name: numbers_of(value)
        for name, value in named.items()
        if not callable(value) and not isinstance(value, (str, dict))
    }


def _aligned(known: Sequence[dict[str, Array]], wanted: Sequence[Array]) -> dict[str, Array]:
    """Those of the known numbers that go with each number wanted: one per case, or one per place."""

    def fits(name: str) -> bool:
        return all(case[name].shape in ((), b.shape) for case, b in zip(known, wanted, strict=True))

    return {
        name: np.concatenate(
            [np.broadcast_to(case[name], b.shape).ravel() for case, b in zip(known, wanted, strict=True)]
        )
        for name in known[0]
        if fits(name)
    }
