"""The arithmetic that gates' rules need, on NumPy arrays; IEEE's rules as everywhere else."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
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


def stop(condition: Any, gradient: Any) -> Any:
    """The gradient, 0 where the condition holds: where that 0 meets an infinity, see ``careful``."""
    return np.where(condition, 0.0, gradient)


def sum(terms: Iterable[Any]) -> Any:
    return reduce(np.add, terms)


def max(terms: Iterable[Any]) -> Any:
    return reduce(np.maximum, terms)


def min(terms: Iterable[Any]) -> Any:
    return reduce(np.minimum, terms)


def norm(terms: Iterable[Any]) -> Any:
    return reduce(np.hypot, terms, 0.0)


def logsum(terms: Any, keepdims: bool = False) -> Any:
    """log(sum(terms)), by log1p of the sum without one of the terms that are 1."""
    stack = np.asarray(terms)
    ones = stack == 1
    rest, count = ((stack - ones).sum(axis=0, keepdims=keepdims), ones.sum(axis=0, keepdims=keepdims))
    return np.log1p(rest + (count - 1))
