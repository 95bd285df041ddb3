"""Arithmetic on NumPy's arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from math import nan
from types import SimpleNamespace
from typing import Any

import numpy as np

from autograd.arithmetic.floats import LARGEST

abs = np.abs
exp, expm1, log, log1p, sqrt = np.exp, np.expm1, np.log, np.log1p, np.sqrt
sin, cos, tanh, arctan2 = np.sin, np.cos, np.tanh, np.arctan2
sign, heaviside, floor, rint = np.sign, np.heaviside, np.floor, np.rint
maximum, minimum = np.maximum, np.minimum
divide, power = np.divide, np.power
where = np.where


def finite(x: Any) -> Any:
    """x, or the largest float of its sign where it is infinite."""
    return np.maximum(np.minimum(x, LARGEST), -LARGEST)


def choose(index: Any, options: Sequence[Any]) -> Any:
    """At each place the option that the index there says, counted from 0; nan if there is none."""
    found: Any = nan
    for place, option in enumerate(options):
        found = np.where(index == place, option, found)
    return found


def stop(condition: Any, gradient: Any) -> Any:
    """The gradient, 0 where the condition holds: where that 0 meets an infinity, see compiler/careful.py."""
    return np.where(condition, 0.0, gradient)


def sum(terms: Iterable[Any]) -> Any:
    return reduce(np.add, terms)


def max(terms: Iterable[Any]) -> Any:
    return reduce(np.maximum, terms)


def min(terms: Iterable[Any]) -> Any:
    return reduce(np.minimum, terms)


def norm(terms: Iterable[Any]) -> Any:
    return reduce(np.hypot, terms, 0.0)


def logsum(terms: Any) -> Any:
    """By log1p of the sum without one of the terms that are 1."""
    return _logsum_along(np.asarray(terms))


def _logsum_along(stack: Any, keepdims: bool = False) -> Any:
    ones = stack == 1
    rest, count = ((stack - ones).sum(axis=0, keepdims=keepdims), ones.sum(axis=0, keepdims=keepdims))
    return np.log1p(rest + (count - 1))


# -- one array for all operands -------------------------------------------------------------------


def _reduced_by(ufunc: np.ufunc) -> Callable[[tuple[Any]], Any]:
    """What takes all the operands together: the stack reduced along its first axis."""

    def reduced(terms: tuple[Any]) -> Any:
        (stack,) = terms
        return ufunc.reduce(stack, axis=0, keepdims=stack.ndim == 2)

    return reduced


def _logsum_of_stack(terms: tuple[Any]) -> Any:
    (stack,) = terms
    return _logsum_along(stack, keepdims=stack.ndim == 2)


#: The same arithmetic, where one array stands for all of a gate's operands, along its first axis: a rule
#: that takes them together by ``m.sum``, ``m.max``, ``m.min``, ``m.norm`` or ``m.logsum``, and otherwise
#: one by one, as logsumexp's does, may mean the same there (see probe.on_stack).
stacked = SimpleNamespace(
    **{
        **globals(),
        "sum": _reduced_by(np.add),
        "max": _reduced_by(np.maximum),
        "min": _reduced_by(np.minimum),
        "norm": _reduced_by(np.hypot),
        "logsum": _logsum_of_stack,
    }
)
