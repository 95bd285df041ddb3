"""Ball arithmetic: a float, and how far rounding may have taken it from the exact number.

A gate's rule run on balls tells what rounding does to it, where large parts cancel too: the radius is
that of the largest part, not that of the result.

>>> Ball(1e16) + 3.0 - Ball(1e16)
Ball(4.0, 2.000000000000001)

The values are those of the floats, to the bit. A comparison compares values, so that a rule takes
the branch which it took on floats.
"""

from __future__ import annotations

from builtins import max as largest
from builtins import min as smallest
from collections.abc import Callable, Sequence
from functools import reduce
from itertools import product
from math import inf, isinf, isnan, tau, ulp
from operator import add

from autograd.arithmetic import floats


class Ball:
    """All numbers within radius of value."""

    __slots__ = ("value", "radius")

    def __init__(self, value: float, radius: float = 0.0) -> None:
        self.value = value
        self.radius = inf if isnan(radius) else radius

    @property
    def ends(self) -> tuple[float, ...]:
        """Its lowest number and its highest; the one that it is, if it is exact."""
        return (self.value - self.radius, self.value + self.radius) if self.radius else (self.value,)

    def __add__(self, other: Ball | float) -> Ball:
        other = ball(other)
        return rounded(self.value + other.value, self.radius + other.radius)

    __radd__ = __add__

    def __mul__(self, other: Ball | float) -> Ball:
        other = ball(other)
        blur = _times(abs(self.value) + self.radius, other.radius) + _times(abs(other.value), self.radius)
        return rounded(self.value * other.value, blur)

    __rmul__ = __mul__

    def __neg__(self) -> Ball:
        return Ball(-self.value, self.radius)

    def __sub__(self, other: Ball | float) -> Ball:
        return self + -ball(other)

    def __rsub__(self, other: float) -> Ball:
        return ball(other) + -self

    def __abs__(self) -> Ball:
        return Ball(abs(self.value), self.radius)

    def __lt__(self, other: Ball | float) -> bool:
        return self.value < ball(other).value

    def __le__(self, other: Ball | float) -> bool:
        return self.value <= ball(other).value

    def __gt__(self, other: Ball | float) -> bool:
        return self.value > ball(other).value

    def __ge__(self, other: Ball | float) -> bool:
        return self.value >= ball(other).value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (Ball, int, float)) and self.value == ball(other).value

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return f"Ball({self.value!r}, {self.radius!r})"


def ball(x: Ball | float) -> Ball:
    """x, or the exact number x as a ball."""
    return x if isinstance(x, Ball) else Ball(float(x))


def rounded(value: float, blur: float, ulps: float = 1.0) -> Ball:
    """A result that is off by so many ulps and by what its operands are off; an infinite one is exact."""
    return Ball(value, blur + (0.0 if isinf(value) else ulps * ulp(value)))


def _times(a: float, b: float) -> float:
    """a * b, and 0 for 0 times infinity: an exact 0 stays one, whatever it is multiplied with."""
    return a * b if a and b else 0.0


def distance(a: float, b: float) -> float:
    """How far apart they are; infinities of one sign not at all, and from nan anything is infinitely far."""
    return 0.0 if a == b else inf if isnan(a - b) else abs(a - b)


def _monotone(function: Callable[..., float], lowest: float = -inf) -> Callable[..., Ball]:
    """The function on balls, where it is monotone in each operand: off by no more than at a corner.

    lowest  where its domain begins: the exact number is taken to be in it
    """

    def on_balls(*operands: Ball | float) -> Ball:
        balls = [ball(x) for x in operands]
        value = function(*[each.value for each in balls])
        corners = product(*[[largest(end, lowest) for end in each.ends] for each in balls])
        blur = largest([distance(value, function(*corner)) for corner in corners])
        return rounded(value, blur, ulps=2.0)  # the libraries of C promise an ulp or so

    return on_balls


exp = _monotone(floats.exp)
expm1 = _monotone(floats.expm1)
tanh = _monotone(floats.tanh)
sqrt = _monotone(floats.sqrt, lowest=0.0)
log = _monotone(floats.log, lowest=0.0)
log1p = _monotone(floats.log1p, lowest=-1.0)
_power_off_zero = _monotone(floats.power)
_divide_off_zero = _monotone(floats.divide)


def divide(a: Ball | float, b: Ball | float) -> Ball:
    a, b = ball(a), ball(b)
    is_pole_inside = 0.0 < b.radius >= abs(b.value)
    return Ball(floats.divide(a.value, b.value), inf) if is_pole_inside else _divide_off_zero(a, b)


def power(a: Ball | float, b: Ball | float) -> Ball:
    a, b = ball(a), ball(b)
    if a.value < 0 and b.value.is_integer():
        b = Ball(b.value)  # to an exponent near a whole number, a negative base has no power at all
    is_pole_inside = 0.0 < a.radius >= abs(a.value) and b.value - b.radius < 0
    return Ball(floats.power(a.value, b.value), inf) if is_pole_inside else _power_off_zero(a, b)


def sin(x: Ball | float) -> Ball:
    return rounded(floats.sin(ball(x).value), smallest(ball(x).radius, 2.0), ulps=2.0)


def cos(x: Ball | float) -> Ball:
    return rounded(floats.cos(ball(x).value), smallest(ball(x).radius, 2.0), ulps=2.0)


def sign(x: Ball | float) -> Ball:
    return Ball(floats.sign(ball(x).value), 2.0 if _may_be_zero(ball(x)) else 0.0)


def heaviside(x: Ball | float, at_zero: float) -> Ball:
    return Ball(floats.heaviside(ball(x).value, at_zero), 1.0 if _may_be_zero(ball(x)) else 0.0)


def floor(x: Ball | float) -> Ball:
    return _whole(floats.floor, ball(x), 0.0)


def rint(x: Ball | float) -> Ball:
    return _whole(floats.rint, ball(x), 0.5)


def _whole(function: Callable[[float], float], x: Ball, jump: float) -> Ball:
    """A whole number, exact unless a jump, so far beyond a whole number, is within the radius."""
    if not x.radius or isinf(x.value):
        return Ball(function(x.value))
    is_near = abs(x.value - jump - floats.rint(x.value - jump)) <= x.radius
    return Ball(function(x.value), 1.0 + x.radius if is_near else 0.0)


def arctan2(a: Ball | float, b: Ball | float) -> Ball:
    a, b = ball(a), ball(b)
    value, blur = floats.arctan2(a.value, b.value), floats.norm([a.radius, b.radius])
    to_origin = floats.norm([a.value, b.value]) - blur
    is_cut = b.value - b.radius < 0 and _may_be_zero(a)  # where it jumps from -pi to pi
    if blur and (to_origin <= 0 or is_cut):
        return Ball(value, tau)
    return rounded(value, blur / to_origin if blur else 0.0, ulps=2.0)


def _may_be_zero(x: Ball) -> bool:
    return 0.0 < x.radius >= abs(x.value)


def maximum(a: Ball | float, b: Ball | float) -> Ball:
    return _chosen(floats.maximum, ball(a), ball(b))


def minimum(a: Ball | float, b: Ball | float) -> Ball:
    return _chosen(floats.minimum, ball(a), ball(b))


def _chosen(function: Callable[[float, float], float], a: Ball, b: Ball) -> Ball:
    """The one chosen; where rounding may have chosen the wrong one, it is off by as much as either."""
    value = function(a.value, b.value)
    if abs(a.value - b.value) <= a.radius + b.radius:
        return Ball(value, largest(a.radius, b.radius))
    return Ball(value, a.radius if value == a.value else b.radius)


def finite(x: Ball | float) -> Ball:
    return Ball(floats.finite(ball(x).value), ball(x).radius)


def where(condition: bool, a: Ball | float, b: Ball | float) -> Ball:
    return ball(a) if condition else ball(b)


def choose(index: Ball | float, options: Sequence[Ball | float]) -> Ball:
    return ball(floats.choose(ball(index).value, options))


def stop(condition: bool, gradient: Ball | float) -> Ball | None:
    return None if condition else ball(gradient)


def sum(terms: Sequence[Ball | float]) -> Ball:
    return ball(reduce(add, terms))


def max(terms: Sequence[Ball | float]) -> Ball:
    return reduce(maximum, terms, ball(terms[0]))


def min(terms: Sequence[Ball | float]) -> Ball:
    return reduce(minimum, terms, ball(terms[0]))


def norm(terms: Sequence[Ball | float]) -> Ball:
    values, radii = _apart(terms)
    return rounded(floats.norm(values), floats.norm(radii), ulps=2.0)


def logsum(terms: Sequence[Ball | float]) -> Ball:
    values, radii = _apart(terms)
    blur, least = floats.sum(radii), floats.sum(values) - floats.sum(radii)
    return rounded(floats.logsum(values), blur / least if least > 0 else inf, ulps=2.0)


def _apart(terms: Sequence[Ball | float]) -> tuple[list[float], list[float]]:
    """Values and radii."""
    balls = [ball(term) for term in terms]
    return [each.value for each in balls], [each.radius for each in balls]
