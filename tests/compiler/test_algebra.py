"""Sums of contributions: shorter than they came, and the same number."""

from __future__ import annotations

import itertools
import math

import pytest

from autograd.arithmetic.symbols import Symbol
from autograd.compiler import code
from autograd.compiler.algebra import is_simple, plus, summed

d, x, y = Symbol.name("d"), Symbol.name("x"), Symbol.name("y")


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (d, d, "2 * d"),
        (d * x, d * x, "2 * d * x"),
        (d * x, d * y, "d * (x + y)"),
        (d * x, -(d * y), "d * (x - y)"),
        (-(d * x), d * y, "d * (y - x)"),
        (-(d * x), -(d * y), "-d * (x + y)"),
        (d, x, "d + x"),
        (d * x, y * x, "d * x + y * x"),
    ],
)
def test_plus(a: Symbol, b: Symbol, expected: str) -> None:
    assert code.text(plus(a, b)) == expected


def test_plus_is_the_sum_whatever_the_terms() -> None:
    numbers = {"d": 0.5, "x": 3.0, "y": -1.25}
    terms = [d, x, -d, d * x, -(d * x), d * y, -(d * y), x * y, d * 2, (d * x) * y, -((d * x) * y), x - y]
    for a, b in itertools.product(terms, repeat=2):
        found = eval(code.text(plus(a, b)), {}, dict(numbers))
        alone = [eval(code.text(each), {}, dict(numbers)) for each in (a, b)]
        assert math.isclose(found, sum(alone), rel_tol=1e-15), (code.text(a), code.text(b))


def test_a_sign_is_turned_after_the_sum_over_the_batch() -> None:
    assert code.text(summed(-d)) == "-sum_batch(d)"
    assert code.text(summed(d * x)) == "sum_batch(d * x)"


def test_what_is_simple() -> None:
    assert is_simple(d)
    assert is_simple(-d)
    assert not is_simple(d * x)
    assert not is_simple(-(d * x))
