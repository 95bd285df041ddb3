"""Arithmetic on symbols: what is simplified, what is folded, and what a rule may not do."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd.arithmetic.floats as floats
import autograd.arithmetic.symbols as symbols
from autograd.arithmetic.notation import as_text
from autograd.arithmetic.symbols import Symbol

x, y = Symbol.name("x"), Symbol.name("y")


@pytest.mark.parametrize(
    ("symbol", "text"),
    [
        (x + 0, "x"), (0 + x, "x"), (x - 0, "x"), (0 - x, "-x"), (x + -y, "x - y"),
        (1 * x, "x"), (x * 1, "x"), (-1 * x, "-x"), (x * -1, "-x"), (0 * x, "0"), (x * 0, "0"),
        (x * x, "x**2"), (-x * y, "-(x * y)"), (x * -y, "-(x * y)"), (-x * -y, "x * y"),
        (operator.neg(-x), "x"),
        (-(x - y), "y - x"), (x / 1, "x"), (-x / y, "-(x / y)"), (x**1, "x"),
        (Symbol.of(2) + 3, "5"), (Symbol.of(2) * 3 + x, "6 + x"), (Symbol.of(1) / 0, "inf"),
        (Symbol.of(-8) ** 0.5, "nan"), (2 - x, "2 - x"), (2 / x, "2 / x"), (2**x, "2**x"),
        (symbols.exp(0), "1"), (symbols.expm1(x), "exp(x) - 1"), (symbols.log1p(x), "log(1 + x)"),
        (symbols.where(x > 0, y, y), "y"), (symbols.where(True, x, y), "x"),
        (symbols.where(False, x, y), "y"),
        (symbols.stop(x < 0, x), "0 if x < 0 else x"), (abs(x), "abs(x)"), (abs(Symbol.of(-2)), "2"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)  # fmt: skip
def test_only_what_a_reader_would_do_without_thinking_is_simplified(symbol: Symbol, text: str) -> None:
    assert as_text(symbol) == text


def test_a_symbol_shows_how_it_is_built() -> None:
    assert repr(2 * x - symbols.tanh(y)) == "((2 * x) - tanh(y))"


OPERATIONS: list[Callable[[Any, Any], Any]] = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.pow
]  # fmt: skip


@given(
    a=st.sampled_from([-2.0, -1.0, 0.5, 1.0, 2.0, 3.0]),
    b=st.sampled_from([-2.0, -1.0, 1.0, 2.0, 3.0]),
    steps=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=6
    ),
)
def test_simplifying_keeps_the_value(a: float, b: float, steps: list[tuple[int, int, int]]) -> None:
    """Random expressions: the text, evaluated, is what the same operations give on numbers."""
    made: list[Any] = [x, y, 0.0, 1.0, -1.0, 2.0]
    numbers: list[float] = [a, b, 0.0, 1.0, -1.0, 2.0]
    for which, i, j in steps:
        i, j = i % len(made), j % len(made)
        if which == 3 and numbers[j] == 0:
            continue
        made.append(OPERATIONS[which](made[i], made[j]))
        numbers.append(OPERATIONS[which](numbers[i], numbers[j]))
    for symbol, number in zip(made, numbers, strict=True):
        shown = eval(as_text(Symbol.of(symbol)), {}, {"x": a, "y": b})
        assert shown == pytest.approx(number, rel=1e-5, abs=1e-9)  # numbers are shown to 6 digits


def test_comparisons_make_symbols_or_fold() -> None:
    assert as_text(x < y) == "x < y"
    assert as_text(x == 0) == "x == 0"
    assert as_text(operator.lt(0, x)) == "x > 0"
    assert as_text((x == 0) & (y >= 0)) == "x == 0 and y >= 0"
    assert (Symbol.of(2) < 3) is True
    assert (Symbol.of(2) != 2) is False
    assert as_text((Symbol.of(2) == 2) & (x >= 0)) == "x >= 0"
    assert as_text((x >= 0) & (Symbol.of(2) == 2)) == "x >= 0"
    assert ((x >= 0) & False) is False


def test_a_rule_cannot_branch_on_a_symbol() -> None:
    with pytest.raises(TypeError, match=r"cannot branch on the symbol \(x > 0\): use m\.where"):
        bool(x > 0)


def test_a_symbol_is_in_no_set() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        {x}  # noqa: B018


def test_same_as_compares_what_is_written() -> None:
    assert (x + y).same_as(Symbol.name("x") + Symbol.name("y"))
    assert not (x + y).same_as(y + x)
    assert not (x + y).same_as(x - y)
    assert not (x + 1).same_as(x + 2)
    assert not x.same_as(Symbol.of(1))
    assert symbols.divide(x, 3).same_as(x / 3)


def test_of_leaves_a_symbol_and_wraps_a_number() -> None:
    assert Symbol.of(x) is x
    assert Symbol.of(2).number == 2.0
    assert x.number is None


@pytest.mark.parametrize(
    "name", ["cos", "exp", "expm1", "floor", "log", "log1p", "rint", "sign", "sin", "sqrt", "tanh"]
)
def test_functions_of_numbers_are_folded_as_floats_do(name: str) -> None:
    for number in (0.5, 2.0, -2.0, 1000.0):
        folded = getattr(symbols, name)(number)
        assert folded.number == pytest.approx(getattr(floats, name)(number), rel=1e-14, nan_ok=True)
    assert getattr(symbols, name)(x).number is None
    assert math.isnan(symbols.log(-1).number or 0.0)
