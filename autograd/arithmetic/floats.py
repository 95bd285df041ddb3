"""Arithmetic on Python floats with IEEE 754 answers where Python's ``math`` raises.

``exp(1000)`` is inf, ``log(0)`` is -inf, ``0 / 0`` and ``(-8) ** (1 / 3)`` are nan, as NumPy,
PyTorch and a compiled program have it. The names are NumPy's.

>>> exp(1000.0), log(0.0), divide(-1.0, 0.0), power(-8.0, 1 / 3)
(inf, -inf, -inf, nan)
"""

import math
from builtins import max as largest_of
from builtins import min as smallest_of
from builtins import sum as total_of
from functools import reduce
from math import copysign, inf, nan
from operator import add

TYPE_CHECKING = False  # typing.TYPE_CHECKING, without the milliseconds that importing typing costs
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeVar

    Option = TypeVar("Option")

LARGEST = 1.7976931348623157e308

tanh, arctan2 = math.tanh, math.atan2


def exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return inf


def expm1(x: float) -> float:
    """exp(x) - 1, exact to rounding where x is small."""
    try:
        return math.expm1(x)
    except OverflowError:
        return inf


def log(x: float) -> float:
    if x > 0:
        return math.log(x)
    return -inf if x == 0 else nan


def log1p(x: float) -> float:
    """log(1 + x), exact to rounding where x is small."""
    if x > -1:
        return math.log1p(x)
    return -inf if x == -1 else nan


def sqrt(x: float) -> float:
    return math.sqrt(x) if x >= 0 else nan


def sin(x: float) -> float:
    return math.sin(x) if math.isfinite(x) else nan


def cos(x: float) -> float:
    return math.cos(x) if math.isfinite(x) else nan


def sign(x: float) -> float:
    """-1, 0 or 1; nan for nan."""
    return copysign(1.0, x) if x < 0 or x > 0 else x + 0.0


def floor(x: float) -> float:
    """The largest whole number that is not above x."""
    return copysign(math.floor(x), x) if math.isfinite(x) else x  # of -0.0 it is -0.0


def rint(x: float) -> float:
    """The nearest whole number, of two the even one."""
    return copysign(round(x), x) if math.isfinite(x) else x


def heaviside(x: float, at_zero: float) -> float:
    """The unit step: 0 below zero, ``at_zero`` at zero, 1 above; nan for nan."""
    if x == 0:
        return at_zero
    return 1.0 if x > 0 else 0.0 if x < 0 else nan


def maximum(a: float, b: float) -> float:
    """The larger of the two; nan if either is nan. Of 0.0 and -0.0 the second, as NumPy has it."""
    return a if a > b or a != a else b


def minimum(a: float, b: float) -> float:
    """The smaller of the two; nan if either is nan. Of 0.0 and -0.0 the second, as NumPy has it."""
    return a if a < b or a != a else b


def finite(x: float) -> float:
    """x, or the largest float of its sign if it is infinite; nan for nan."""
    return copysign(LARGEST, x) if math.isinf(x) else x


def where(condition: bool, a: float, b: float) -> float:
    return a if condition else b


def choose(index: float, options: "Sequence[Option]") -> "Option | float":
    """The option at that place, counted from 0; nan if there is none, as for -1, 0.5 or nan."""
    return options[int(index)] if 0 <= index < len(options) and index % 1 == 0 else nan


def stop(condition: bool, gradient: float) -> float | None:
    """The gradient, or None, nothing at all, where the condition holds.

    None is not 0.0: of a path not taken nothing goes on, not even 0 times an infinite slope.
    """
    return None if condition else gradient


def divide(a: float, b: float) -> float:
    try:
        return a / b
    except ZeroDivisionError:
        return nan if a == 0 or a != a else copysign(inf, a) * copysign(1.0, b)


def power(a: float, b: float) -> float:
    """a to the power b. A negative base with a fractional power is nan, never complex."""
    try:
        return math.pow(a, b)
    except OverflowError:
        return -inf if a < 0 and b % 2 == 1 else inf
    except ValueError:  # zero to a negative power, or a negative base with a fractional power
        if a != 0:
            return nan
        return copysign(inf, a) if b % 2 == 1 else inf


def sum(terms: "Sequence[float]") -> float:
    """All of them added up, left to right."""
    return reduce(add, terms)


def max(terms: "Sequence[float]") -> float:
    """The largest of them; nan if one is nan."""
    # a number, unless there is a nan, or are infinities of both signs; of 0.0 and -0.0 the last, as maximum
    total = total_of(terms)
    return largest_of(reversed(terms)) if total == total else reduce(maximum, terms)


def min(terms: "Sequence[float]") -> float:
    """The smallest of them; nan if one is nan."""
    total = total_of(terms)
    return smallest_of(reversed(terms)) if total == total else reduce(minimum, terms)


def norm(terms: "Sequence[float]") -> float:
    """The square root of the sum of their squares, which may be too large or small for a float."""
    return math.hypot(*terms)


def logsum(terms: "Sequence[float]") -> float:
    """log(sum(terms)) of terms from 0 to 1, the largest 1: exact to rounding, however small the others."""
    return log1p(math.fsum([-1.0, *terms]))
