"""Ball arithmetic: the floats' own values, and radii that hold the exact number."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import GATES, Gate
from autograd.arithmetic import balls, floats
from autograd.arithmetic.balls import Ball, ball

inf, nan = math.inf, math.nan
NUMBERS = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -3.0, 1e-300, -1e-300, 1e200, 800.0, -800.0, inf, -inf, nan)
FUNCTIONS = {
    1: ("cos", "exp", "expm1", "finite", "floor", "log", "log1p", "rint", "sign", "sin", "sqrt", "tanh"),
    2: ("arctan2", "divide", "heaviside", "maximum", "minimum", "power"),
}
EXACT = st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0, 1e16, -1e16, 1e-8])


@pytest.mark.parametrize(("arity", "name"), [(n, name) for n, names in FUNCTIONS.items() for name in names])
def test_values_are_those_of_floats(arity: int, name: str) -> None:
    for operands in product(NUMBERS, repeat=arity):
        expected = getattr(floats, name)(*operands)
        for given_ in (operands, [Ball(x, 1e-10) for x in operands]):
            found = ball(getattr(balls, name)(*given_))
            assert found.value == expected or (found.value != found.value and expected != expected)
            assert found.radius >= 0.0


def test_the_others() -> None:
    x, y = Ball(1.0, 0.5), Ball(3.0, 0.25)
    assert balls.stop(True, x) is None
    assert balls.stop(False, x) is x
    assert balls.where(True, x, y) is x
    assert balls.where(False, x, 3.0) == 3.0
    total, largest = balls.sum([x, y, 1.0]), balls.max([x, y, 1.0])
    assert (total.value, largest.value, largest.radius) == (5.0, 3.0, 0.25)
    assert total.radius == pytest.approx(0.75)
    assert (balls.min([y, x, 1.0]).value, balls.min([y, x, 9.0]).radius) == (1.0, 0.5)
    length = balls.norm([Ball(3.0, 0.3), Ball(4.0, 0.4)])
    assert length.value == 5.0
    assert length.radius == pytest.approx(0.5)
    log_total = balls.logsum([1.0, Ball(0.5, 0.25)])
    assert log_total.value == pytest.approx(math.log(1.5))
    assert log_total.radius >= math.log(1.5) - math.log(1.25)
    assert repr(x) == "Ball(1.0, 0.5)"
    assert (x < y, x <= 1, x > 0.5, x >= y, x == 1.0, x == y) == (True, True, True, False, True, False)


@given(EXACT, EXACT, EXACT)
def test_the_exact_number_is_in_the_ball(a: float, b: float, c: float) -> None:
    def rule(a: Any, b: Any, c: Any) -> Any:
        return (a * b + c) * (a - c) - abs(-a) * b * 0.5

    found = rule(Ball(a), Ball(b), Ball(c))
    assert found.value == rule(a, b, c)
    exact = _exactly(a, b, c)
    assert abs(Fraction(found.value) - exact) <= Fraction(found.radius)


def _exactly(*numbers: float) -> Fraction:
    a, b, c = map(Fraction, numbers)
    return (a * b + c) * (a - c) - abs(-a) * b / 2


SHARES = st.floats(-1, 1)


@pytest.mark.parametrize("rule", GATES.values(), ids=GATES)
@given(
    values=st.lists(st.floats(-3, 3), min_size=3, max_size=3),
    radii=st.lists(st.sampled_from([0.0, 1e-12, 1e-3, 0.5]), min_size=3, max_size=3),
    shares=st.lists(SHARES, min_size=3, max_size=3),
)
def test_what_a_gate_gives_for_any_numbers_in_the_balls_is_in_the_ball(
    rule: Gate, values: list[float], radii: list[float], shares: list[float]
) -> None:
    arity = rule.arity or 3
    if rule.name == "choose":  # an index that is near to a whole number is none
        values, radii = [float(round(values[0])), *values[1:]], [0.0, *radii[1:]]
    if rule.name in ("where", "leaky_relu") or (rule.name == "pow" and values[0] <= radii[0]):
        radii = [0.0, *radii[1:]]  # a branch is that of the value; a negative base has whole exponents
    if rule.name == "pow" and values[0] <= 0:
        values = [values[0], float(round(values[1])), 0.0]
        radii = [0.0, 0.0, 0.0]
    shifts = zip(values[:arity], radii, shares, strict=False)
    moved = [x + r * share if r else x for x, r, share in shifts]  # -0.0 + 0.0 would be 0.0
    # where x + r is rounded up, it is a bit outside of the ball of radius r
    radii = [max(r, abs(m - x)) for x, r, m in zip(values, radii, moved, strict=False)]
    operands = [Ball(x, r) for x, r in zip(values[:arity], radii, strict=False)]
    found = ball(rule.forward(balls, *operands))
    number = rule.forward(floats, *moved)
    assert number != number or balls.distance(found.value, number) <= found.radius + 4 * math.ulp(number)


@pytest.mark.parametrize(
    ("found", "value", "least"),
    [
        (Ball(1e20) + 2.0 - 1e20, 0.0, 16384.0),
        (balls.exp(Ball(1e-10)) - 1.0, 1.000000082740371e-10, 1e-16),
        (balls.divide(1.0, Ball(0.5, 0.5)), 2.0, inf),
        (balls.divide(1.0, Ball(0.0)), inf, 0.0),
        (balls.log(Ball(1e-3, 1e-3)), math.log(1e-3), inf),
        (balls.power(Ball(1e-3, 1e-2), -1.0), 1000.0, inf),
        (balls.exp(Ball(-inf)), 0.0, 0.0),
        (Ball(0.0) * Ball(1.0, inf), 0.0, 0.0),
        (balls.sign(Ball(1e-3, 1e-2)), 1.0, 2.0),
        (balls.heaviside(Ball(-1e-3, 1e-2), 1.0), 0.0, 1.0),
        (balls.maximum(Ball(1.0, 0.1), Ball(1.05, 0.01)), 1.05, 0.1),
        (balls.sin(Ball(1.0, 1e9)), math.sin(1.0), 2.0),
        (balls.power(Ball(-3.0), Ball(2.0, 1e-15)), 9.0, 0.0),
    ],
)
def test_radii(found: Ball, value: float, least: float) -> None:
    assert found.value == pytest.approx(value, rel=1e-15)
    assert least <= found.radius <= least * 2 + 1e-14
