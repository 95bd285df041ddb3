"""Sums of contributions, written as a person would: 2 * a for a + a, d * (x + y) for d * x + d * y."""

from __future__ import annotations

from autograd.arithmetic.symbols import Symbol


def plus(a: Symbol, b: Symbol) -> Symbol:
    """a + b; if both are the same, as from both inputs of y * y, twice that.

    d * (x + y) is d * x + d * y except for rounding, and for numbers so large that x + y overflows.
    """
    if a.same_as(b):
        return 2 * a.arguments[0] * a.arguments[1] if a.operation == "*" else 2 * a
    (sign_a, factor_a, rest_a), (sign_b, factor_b, rest_b) = _as_product(a), _as_product(b)
    if factor_a is None or factor_b is None or not factor_a.same_as(factor_b):
        return a + b
    if sign_a == sign_b:  # d * x + d * y
        return (factor_a * (rest_a + rest_b)) if sign_a > 0 else -(factor_a * (rest_a + rest_b))
    return factor_a * (rest_a - rest_b if sign_a > 0 else rest_b - rest_a)


def is_simple(x: Symbol) -> bool:
    """A name, or one with a minus sign."""
    return x.operation == "name" or (x.operation == "neg" and x.negated.operation == "name")


def summed(x: Symbol, over: str = "sum_batch") -> Symbol:
    """The sum over the batch, or the rows; a minus sign is applied afterwards, to fewer numbers."""
    return -summed(x.negated, over) if x.operation == "neg" else Symbol(over, x)


def _as_product(x: Symbol) -> tuple[int, Symbol | None, Symbol]:
    """(sign, factor, rest) of a product, with or without a minus sign."""
    sign, inner = (-1, x.negated) if x.operation == "neg" else (1, x)
    return (sign, *inner.arguments) if inner.operation == "*" else (sign, None, inner)
