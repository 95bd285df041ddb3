"""The primitives that a gate's rule may use: what every arithmetic has, under NumPy's names.

Beside them a rule has the operators ``+ - *``, unary ``-``, ``abs``, comparisons, and ``&`` between two of
those. Division and powers are no operators: on Python's floats they raise where IEEE 754 has an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

N = TypeVar("N")


class Arithmetic(Protocol[N]):
    """What rules run on, a namespace ``m`` of functions of numbers N; each is a module of this package."""

    def divide(self, a: N, b: N, /) -> N: ...
    def power(self, a: N, b: N, /) -> N:
        """A negative base with a fractional power is nan, never complex."""

    def exp(self, x: N, /) -> N: ...
    def expm1(self, x: N, /) -> N:
        """exp(x) - 1, exact to rounding where x is small."""

    def log(self, x: N, /) -> N: ...
    def log1p(self, x: N, /) -> N:
        """log(1 + x), exact to rounding where x is small."""

    def sqrt(self, x: N, /) -> N: ...
    def sin(self, x: N, /) -> N: ...
    def cos(self, x: N, /) -> N: ...
    def tanh(self, x: N, /) -> N: ...
    def arctan2(self, a: N, b: N, /) -> N: ...
    def sign(self, x: N, /) -> N:
        """-1, 0 or 1; nan for nan."""

    def heaviside(self, x: N, at_zero: float, /) -> N:
        """The unit step: 0 below zero, at_zero at zero, 1 above; nan for nan."""

    def floor(self, x: N, /) -> N: ...
    def rint(self, x: N, /) -> N:
        """The nearest whole number, of two the even one."""

    def maximum(self, a: N, b: N, /) -> N:
        """The larger one; nan if either is nan. Of 0.0 and -0.0 the second."""

    def minimum(self, a: N, b: N, /) -> N: ...
    def finite(self, x: N, /) -> N:
        """x, or the largest float of its sign if it is infinite; nan for nan."""

    def sum(self, terms: Sequence[N], /) -> N: ...
    def max(self, terms: Sequence[N], /) -> N: ...
    def min(self, terms: Sequence[N], /) -> N: ...
    def norm(self, terms: Sequence[N], /) -> N:
        """The square root of the sum of squares, without overflow."""

    def logsum(self, terms: Sequence[N], /) -> N:
        """log(sum(terms)) of terms from 0 to 1, the largest 1: exact however small the others."""

    def where(self, condition: Any, a: N, b: N, /) -> N: ...
    def choose(self, index: N, options: Sequence[N], /) -> N:
        """The option at that place, counted from 0; nan if there is none, as for -1, 0.5 or nan."""

    def stop(self, condition: Any, gradient: N, /) -> Any:
        """The gradient; nothing at all, as of a path not taken, where the condition holds.

        On floats that is None. A 0.0 would not do: times the infinite slope of a gate further down it is nan.
        """


#: Their names.
PRIMITIVES = tuple(name for name in vars(Arithmetic) if not name.startswith("_"))
