"""The arithmetic that gates' rules need, on JAX's arrays, and what else a program's lines call."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from types import SimpleNamespace
from typing import Any

import numpy as np

from autograd.compiler.library import Segments
from autograd.compiler.on_jax import jax, jnp

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
    return _logsum((jnp.stack(list(terms))[:, None],))[0]


def _sum(terms: tuple[Any]) -> Any:
    (stack,) = terms
    return jnp.sum(stack, axis=0, keepdims=stack.ndim == 2)


def _logsum(terms: tuple[Any]) -> Any:
    """log(sum(terms)), by log1p of the sum without one of the terms that are 1."""
    (stack,) = terms
    ones = where(stack == 1, 1, 0)
    return log1p(_sum((stack - ones,)) + (_sum((ones,)) - 1))


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
    **{**globals(), "sum": _sum, "max": _max, "min": _min, "norm": _norm, "logsum": _logsum}
)


def sum_rows(x: Any) -> Any:
    """Over the scalars."""
    return jnp.sum(x, axis=0, keepdims=True)


def assemble(count: int, *pieces: Any) -> Any:
    """``count`` rows, from (places, rows) in turn; zeros where no piece has its place."""
    places, parts = pieces[::2], [jnp.asarray(part) for part in pieces[1::2]]
    (columns,) = np.broadcast_shapes(*[part.shape[1:] or (1,) for part in parts])
    whole = jnp.zeros((count, columns), jnp.result_type(float, *parts))
    for where_to, part in zip(places, parts, strict=True):
        whole = whole.at[where_to].set(part, unique_indices=True)
    return whole


def repeat_rows(x: Any, count: int) -> Any:
    """One row, ``count`` times."""
    return jnp.broadcast_to(x, (count, x.shape[1]))


def masked_matmul(weights: Any, present: Any, factors: Any) -> Any:
    """weights @ factors; a weight that is not present is 0 and keeps an infinite factor out, too."""

    def exact(product: Any) -> Any:
        pairs = weights[..., None] * factors[..., None, :, :]
        return jnp.sum(jnp.where(present[..., None], pairs, 0), axis=-2)

    product = weights @ factors
    return jax.lax.cond(jnp.isfinite(product).all(), lambda product: product, exact, product)


def segment_sum(segments: Segments, values: Any) -> Any:
    """Values of one place added up, for every place; 0 where there is none."""
    counts = np.diff([*segments.starts, len(segments.order)])
    values = jnp.broadcast_to(values, (len(segments.order), values.shape[1]))
    totals = jnp.zeros((segments.size, values.shape[1]), values.dtype)
    return totals.at[np.repeat(segments.places, counts)].add(values[segments.order], indices_are_sorted=True)


#: What a line may call beside the gates, by the name it is called by.
FUNCTIONS: dict[str, Any] = {
    "segment_sum": segment_sum,
    "assemble": assemble,
    "inf": np.inf,
    "nan": np.nan,
    "masked_matmul": masked_matmul,
    "repeat_rows": repeat_rows,
    "rounded": rounded,
    "sum_rows": sum_rows,
}
