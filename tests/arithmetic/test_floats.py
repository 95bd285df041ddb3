"""Arithmetic on floats: IEEE 754's answers, which are NumPy's."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

import autograd.arithmetic.floats as floats
import autograd.arithmetic.symbols as symbols
from autograd.compiler import numpy_arithmetic

inf, nan = math.inf, math.nan
NUMBERS = (
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, -8.0, 1 / 3, 1e-300, -1e-300, 5e-324, 1e200,
    -1e200, 800.0, -800.0, 2.0**53, inf, -inf, nan,
)  # fmt: skip
OF_ONE = ("cos", "exp", "expm1", "finite", "floor", "log", "log1p", "rint", "sign", "sin", "sqrt", "tanh")
OF_TWO = ("arctan2", "divide", "heaviside", "maximum", "minimum", "power")
OF_MANY = ("max", "min", "norm", "sum")


def assert_same(name: str, operands: tuple[float, ...], mine: float, numpys: float) -> None:
    assert type(mine) is float, f"{name}{operands} is {mine!r}"
    close = mine == numpys or math.isclose(mine, numpys, rel_tol=1e-14, abs_tol=1e-322)
    assert close or (mine != mine and numpys != numpys), f"{name}{operands}: {mine}, by NumPy {numpys}"


def test_every_namespace_offers_the_same_names() -> None:
    tested_here = {*OF_ONE, *OF_TWO, *OF_MANY, "logsum", "stop", "where"}
    assert set(floats.__all__) == tested_here
    assert symbols.__all__ == floats.__all__
    for name in floats.__all__:
        for namespace in (floats, symbols, numpy_arithmetic):
            assert callable(getattr(namespace, name)), f"{namespace.__name__}.{name}"


@pytest.mark.parametrize("name", OF_ONE)
def test_functions_of_one_number_are_numpys(name: str) -> None:
    for x in NUMBERS:
        with np.errstate(all="ignore"):
            expected = float(getattr(numpy_arithmetic, name)(x))
        assert_same(name, (x,), getattr(floats, name)(x), expected)


@pytest.mark.parametrize("name", OF_TWO)
def test_functions_of_two_numbers_are_numpys(name: str) -> None:
    """As arrays: with the one exponent 0.5 NumPy takes a square root, which is not IEEE's pow at -inf."""
    pairs = list(product(NUMBERS, repeat=2))
    with np.errstate(all="ignore"):
        expected = getattr(numpy_arithmetic, name)(*np.array(pairs).T)
    for (a, b), numpys in zip(pairs, expected, strict=True):
        assert_same(name, (a, b), getattr(floats, name)(a, b), numpys)


@pytest.mark.parametrize("name", OF_MANY)
def test_functions_of_many_numbers_are_numpys(name: str) -> None:
    triples = list(product(NUMBERS, repeat=3))
    with np.errstate(all="ignore"):
        expected = getattr(numpy_arithmetic, name)(np.array(triples).T)
    for triple, numpys in zip(triples, expected, strict=True):
        assert_same(name, triple, getattr(floats, name)(triple), numpys)


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
        assert_same("logsum", terms, float(numpy_arithmetic.logsum(columns)[0]), expected)


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
