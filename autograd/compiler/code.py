"""Expressions of the program as text: the symbols of the gates' rules, in NumPy's notation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd.arithmetic import symbols
from autograd.arithmetic.notation import BINDING
from autograd.arithmetic.symbols import Symbol, parts_of

TIGHTEST = 8
_BINDING = {
    **{sign: tight for sign, tight in BINDING.items() if sign != "where"},
    "&": 1.5,
    "@": BINDING["*"],
}
# In Python & binds tighter than a comparison, so its two sides get brackets.
_AND_SIDES = BINDING["<"] + 0.5


def __getattr__(name: str) -> Any:
    """Everything else is the arithmetic of symbols: this module is the ``m`` that rules run on."""
    return getattr(symbols, name)


def expm1(x: Any) -> Symbol:
    """Kept: in floating point it differs from exp(x) - 1."""
    return Symbol("expm1", Symbol.of(x))


def log1p(x: Any) -> Symbol:
    return Symbol("log1p", Symbol.of(x))


class NotStacked(Exception):
    """A rule takes its operands together, which are not stacked in one array here."""


def _stack(terms: Any) -> Symbol:
    """The one array that stands for all terms."""
    if len(terms) != 1:
        raise NotStacked
    stack: Symbol = terms[0]
    return stack


def sum(terms: Any) -> Symbol:
    """Of one array of all terms, along the axis on which they are stacked."""
    return Symbol("sum_rows", _stack(terms))


def max(terms: Any) -> Symbol:
    return Symbol("max_rows", _stack(terms))


def min(terms: Any) -> Symbol:
    return Symbol("min_rows", _stack(terms))


def logsum(terms: Any) -> Symbol:
    """With the sum that the backward rule needs too; near 0 it is off by the rounding of 1."""
    return symbols.log(sum(terms))


def norm(terms: Any) -> Symbol:
    return Symbol("norm_rows", _stack(terms))


def finite(x: Any) -> Symbol:
    return Symbol("finite", Symbol.of(x))


def where(condition: Any, a: Any, b: Any) -> Symbol:
    """Not simplified to a if both are the same: the condition may have more rows or columns."""
    if isinstance(condition, Symbol):
        return Symbol("where", condition, Symbol.of(a), Symbol.of(b))
    return Symbol.of(a if condition else b)


def stop(condition: Any, gradient: Any) -> Symbol:
    return where(condition, 0.0, gradient)


def number(x: float) -> Symbol:
    """A constant. 0 * x is 0 for finite x only, so a product with 0 must stay a product."""
    return Symbol.name(repr(x)) if x == 0 else Symbol.of(x)


def part(base: Symbol, index: str, rows: int) -> Symbol:
    """base[...], an expression with that many rows."""
    return Symbol("part", base, index, rows)


def shaped(x: Symbol, *shape: int) -> Symbol:
    """x.reshape(...)."""
    return Symbol("method", x, f"reshape({', '.join(map(str, shape))})")


def transposed(x: Symbol, axes: int = 2) -> Symbol:
    """A matrix transposed; of an array with three axes, every matrix along the first."""
    return Symbol("method", x, "T" if axes == 2 else "swapaxes(1, 2)")


def text(symbol: Symbol) -> str:
    """The expression as source text.

    >>> x = Symbol.name("x")
    >>> text(symbols.where((x == 0) & (x > 1), 0.5, 2 * x - 1))
    'where((x == 0) & (x > 1), 0.5, 2 * x - 1)'
    """
    return _text(symbol)[0]


def _text(symbol: Symbol) -> tuple[str, float]:
    """The text and how tightly it binds."""
    operation, arguments = symbol.operation, symbol.arguments
    if operation == "name":
        return arguments[0], TIGHTEST
    if operation == "number":
        return _number(arguments[0]), TIGHTEST if arguments[0] >= 0 else _BINDING["neg"]
    if operation == "part":
        return _inside(arguments[0], TIGHTEST) + arguments[1], TIGHTEST
    if operation == "method":
        return f"{_inside(arguments[0], TIGHTEST)}.{arguments[1]}", TIGHTEST
    if operation == "neg" and arguments[0].operation in ("*", "/"):  # -a * b is the same number
        return "-" + _inside(arguments[0], _BINDING["*"]), _BINDING["*"]
    if operation == "neg":
        return "-" + _inside(arguments[0], _BINDING["neg"]), _BINDING["neg"]
    if operation == "**" and Symbol.of(arguments[1]).number == 0.5:  # x**0.5 is not quite pow in NumPy
        return f"half_power({text(Symbol.of(arguments[0]))})", TIGHTEST
    if operation in _BINDING:
        tight = _BINDING[operation]
        left, right = (tight + 1, tight) if operation == "**" else (tight, tight + 0.5)
        if operation == "&":
            left = right = _AND_SIDES
        sign = operation if operation == "**" else f" {operation} "
        return _inside(arguments[0], left) + sign + _inside(arguments[1], right), tight
    if operation == "tuple_of":
        return f"({', '.join([text(each) for each in arguments])})", TIGHTEST
    if operation == "where":  # written as floats: NumPy would convert integers element by element
        arguments = tuple([repr(each.number) if each.number is not None else each for each in arguments])
    written = [each if isinstance(each, str) else text(Symbol.of(each)) for each in arguments]
    return f"{operation}({', '.join(written)})", TIGHTEST


def _inside(argument: Any, at_least: float) -> str:
    written, tight = _text(Symbol.of(argument))
    return f"({written})" if tight < at_least else written


def _number(x: float) -> str:
    """Whole numbers without .0, as people write them."""
    if math.isfinite(x) and x == int(x) and abs(x) < 1e15:
        return str(int(x)) if x or math.copysign(1, x) > 0 else "-0.0"
    return repr(x)


def names_in(symbol: Symbol) -> list[str]:
    """Every name in the expression, as often as it occurs."""
    return [each.arguments[0] for each in parts_of(symbol) if each.operation == "name"]


def substituted(symbol: Any, found: Callable[[str], Symbol | None]) -> Any:
    """The expression with names replaced by what ``found`` gives for them."""
    if not isinstance(symbol, Symbol):
        return symbol
    if symbol.operation == "name":
        replacement = found(symbol.arguments[0])
        return symbol if replacement is None else replacement
    arguments = [substituted(argument, found) for argument in symbol.arguments]
    return Symbol(symbol.operation, *arguments)
