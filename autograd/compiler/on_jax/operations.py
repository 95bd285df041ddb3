"""What a program's lines call on JAX's arrays beside the gates."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.arithmetic.jax_arrays import jax, jnp, rounded
from autograd.compiler.library import Segments


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
