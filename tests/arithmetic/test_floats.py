"""Arithmetic on floats: IEEE 754's answers. That NumPy gives the same, test_protocol.py shows."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd.arithmetic.floats as floats
from autograd.arithmetic import arrays

inf, nan = math.inf, math.nan


def assert_same(name: str, operands: tuple[float, ...], mine: float, numpys: float) -> None:
    assert type(mine) is float, f"{name}{operands} is {mine!r}"
    close = mine == numpys or math.isclose(mine, numpys, rel_tol=1e-14, abs_tol=1e-322)
    assert close or (mine != mine and numpys != numpys), f"{name}{operands}: {mine}, by NumPy {numpys}"


@pytest.mark.parametrize(
    "terms",
    [
        (1.0,),
        (1.0, 1e-18),
        (1e-18, 1.0, 1e-300),
        (1.0, 1.0, 1.0),
        (1.0, 0.0, 0.25),
        (0.0, 0.0),
        (nan, 1.0),
        (inf, 1.0),
    ],
)
def test_logsum_keeps_what_a_sum_with_1_would_lose(terms: tuple[float, ...]) -> None:
    rest = sum(sorted(terms)[:-1])
    expected = nan if nan in terms else math.log1p(rest) if max(terms) == 1 else floats.log(sum(terms))
    columns = np.array(terms)[:, None]
    with np.errstate(all="ignore"):
        assert_same("logsum", terms, floats.logsum(terms), expected)
        assert_same("logsum", terms, float(arrays.logsum(columns)[0]), expected)


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("exp", (1000.0,), inf),
        ("expm1", (1000.0,), inf),
        ("expm1", (1e-300,), 1e-300),
        ("log", (0.0,), -inf),
        ("log", (-1.0,), nan),
        ("log1p", (-1.0,), -inf),
        ("log1p", (1e-300,), 1e-300),
        ("sqrt", (-1.0,), nan),
        ("sin", (inf,), nan),
        ("cos", (inf,), nan),
        ("divide", (1.0, 0.0), inf),
        ("divide", (1.0, -0.0), -inf),
        ("divide", (-1.0, 0.0), -inf),
        ("divide", (0.0, 0.0), nan),
        ("divide", (nan, 0.0), nan),
        ("divide", (1e-300, 1e-300), 1.0),
        ("divide", (1e300, 1e-300), inf),
        ("power", (0.0, 0.0), 1.0),
        ("power", (-8.0, 1 / 3), nan),
        ("power", (-8.0, 3.0), -512.0),
        ("power", (0.0, -1.0), inf),
        ("power", (-0.0, -1.0), -inf),
        ("power", (-0.0, -2.0), inf),
        ("power", (1e200, 2.0), inf),
        ("power", (-1e200, 3.0), -inf),
        ("power", (-1e200, 2.0), inf),
        ("power", (1.0, nan), 1.0),
        ("power", (nan, 0.0), 1.0),
        ("heaviside", (0.0, 1.0), 1.0),
        ("heaviside", (nan, 1.0), nan),
        ("maximum", (1.0, nan), nan),
        ("maximum", (nan, 1.0), nan),
        ("minimum", (1.0, nan), nan),
        ("sign", (-0.5,), -1.0),
    ],
)
def test_edges(name: str, operands: tuple[float, ...], expected: float) -> None:
    """Said here once more in numbers, so that it does not hang on NumPy alone."""
    assert_same(name, operands, getattr(floats, name)(*operands), expected)


def test_signs_of_zero_survive_where_they_matter() -> None:
    assert math.copysign(1.0, floats.sqrt(-0.0)) == -1.0
    assert math.copysign(1.0, floats.tanh(-0.0)) == -1.0
    assert floats.sign(-0.0) == 0.0


def test_where_and_stop() -> None:
    assert (floats.where(True, 1.0, nan), floats.where(False, nan, 2.0)) == (1.0, 2.0)
    assert (floats.stop(True, nan), floats.stop(False, 2.0)) == (None, 2.0)
