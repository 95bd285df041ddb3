"""Arithmetic on JAX's arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from importlib import import_module
from math import nan
from types import SimpleNamespace
from typing import Any

try:
    jax: Any = import_module("jax")
except ModuleNotFoundError as error:
    raise ModuleNotFoundError('programs on JAX need it: pip install "chalkgrad[jax]"', name="jax") from error
jnp: Any = jax.numpy

abs = jnp.abs
expm1, log, log1p = jnp.expm1, jnp.log, jnp.log1p
sin, cos, tanh, arctan2 = jnp.sin, jnp.cos, jnp.tanh, jnp.arctan2
sign, heaviside, floor, rint = jnp.sign, jnp.heaviside, jnp.floor, jnp.rint
where = jnp.where


def rounded(x: Any) -> Any:
    """x, rounded to the digits that it has, so that XLA computes it as it is written.

    XLA would make (a / b) / c a / (b * c), and log(exp(x)) x: the same but for rounding, until b * c or
    exp(x) overflows. It has no such rule for what is rounded.
    """
    kind = jnp.finfo(x.dtype)
    return jax.lax.reduce_precision(x, exponent_bits=kind.nexp, mantissa_bits=kind.nmant)


def exp(x: Any) -> Any:
    return rounded(jnp.exp(x))


def sqrt(x: Any) -> Any:
    return rounded(jnp.sqrt(rounded(x)))  # else it would be |y| of y * y


def divide(a: Any, b: Any) -> Any:
    return rounded(jnp.divide(a, b))


def power(a: Any, b: Any) -> Any:
    return rounded(jnp.power(a, b))


def maximum(a: Any, b: Any) -> Any:
    """Written out: of 0.0 and -0.0 XLA takes now one, now the other, and max(nan, 0) >= 0 is true to it."""
    return jnp.where((a > b) | jnp.isnan(a), a, b)


def minimum(a: Any, b: Any) -> Any:
    return jnp.where((a < b) | jnp.isnan(a), a, b)


def finite(x: Any) -> Any:
    """x, or the largest number of its kind of floats, with its sign, where it is infinite."""
    largest = jnp.finfo(x.dtype).max
    return jnp.clip(x, -largest, largest)


def choose(index: Any, options: Sequence[Any]) -> Any:
    """At each place the option that the index there says, counted from 0; nan if there is none."""
    found: Any = nan
    for place, option in enumerate(options):
        found = jnp.where(index == place, option, found)
    return found


def stop(condition: Any, gradient: Any) -> Any:
    """The gradient, 0 where the condition holds."""
    return jnp.where(condition, 0.0, gradient)


def sum(terms: Iterable[Any]) -> Any:
    return reduce(jnp.add, terms)


def max(terms: Iterable[Any]) -> Any:
    return reduce(maximum, terms)


def min(terms: Iterable[Any]) -> Any:
    return reduce(minimum, terms)


def norm(terms: Iterable[Any]) -> Any:
    return reduce(jnp.hypot, terms, 0.0)


def logsum(terms: Iterable[Any]) -> Any:
    """By log1p of the sum without one of the terms that are 1."""
    return _logsum_along(jnp.stack(list(terms)))


def _logsum_along(stack: Any, keepdims: bool = False) -> Any:
    """The same of terms that are stacked along the first axis."""
    ones = jnp.where(stack == 1, 1, 0)
    rest, count = jnp.sum(stack - ones, axis=0, keepdims=keepdims), jnp.sum(ones, axis=0, keepdims=keepdims)
    return log1p(rest + (count - 1))


# -- one array for all operands -------------------------------------------------------------------


def _sum(terms: tuple[Any]) -> Any:
    (stack,) = terms
    return jnp.sum(stack, axis=0, keepdims=stack.ndim == 2)


def _logsum_of_stack(terms: tuple[Any]) -> Any:
    (stack,) = terms
    return _logsum_along(stack, keepdims=stack.ndim == 2)


def _extreme(find: Any, terms: tuple[Any]) -> Any:
    """The largest or smallest; nan if one is nan, which XLA's own may pass over."""
    (stack,) = terms
    keep = stack.ndim == 2
    has_nan = jnp.isnan(stack).any(axis=0, keepdims=keep)
    return where(has_nan, jnp.nan, find(stack, axis=0, keepdims=keep))


def _max(terms: tuple[Any]) -> Any:
    return _extreme(jnp.max, terms)


def _min(terms: tuple[Any]) -> Any:
    return _extreme(jnp.min, terms)


def _norm(terms: tuple[Any]) -> Any:
    (stack,) = terms
    scale = finite(_max((abs(stack),)))
    scale = where(scale == 0, 1, scale)
    out = scale * sqrt(_sum(((stack / scale) ** 2,)))
    is_infinite = jnp.isinf(stack).any(axis=0, keepdims=stack.ndim == 2)
    return where(is_infinite, jnp.inf, out)


#: The same arithmetic, where one array (operands, ...) stands for all of a gate's operands.
stacked = SimpleNamespace(
    **{**globals(), "sum": _sum, "max": _max, "min": _min, "norm": _norm, "logsum": _logsum_of_stack}
)
