"""The parameter vector unpacked into weight matrices and biases, with a fast derivative.

JAX's derivative of a slice is a vector of zeros with the slice's gradient in it, and XLA would add up
one of those for each slice. But all slices side by side are a permutation of the vector: inverted,
it takes each entry of the gradient from its place in them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.compiler.on_jax import jax, jnp

Unpack = Callable[[Any], tuple[Any, ...]]
Index = npt.NDArray[np.int64]


def differentiable(unpack: Unpack, size: int) -> Callable[[Any], list[Any]]:
    """The same function, with a faster derivative: it slices and reshapes a vector of that size."""
    places: list[Index] = [np.asarray(each) for each in unpack(np.arange(size))]
    groups = _without_overlap(places, size)

    def run(vector: Any) -> list[Any]:
        found: dict[int, Any] = {}
        for group in groups:
            sizes = [places[which].size for which in group]
            pieces = jnp.split(_side_by_side(vector, unpack, group, places), np.cumsum(sizes))
            for which, piece in zip(group, pieces, strict=False):  # the last piece is in no slice
                found[which] = piece.reshape(places[which].shape)
        return [found[which] for which in range(len(places))]

    return run


def _without_overlap(places: list[Index], size: int) -> list[list[int]]:
    """The slices in groups, in each of which no number comes twice; each in the first that has room."""
    groups: list[tuple[list[int], npt.NDArray[np.bool_]]] = []
    for which, rows in enumerate(places):
        free = [(group, used) for group, used in groups if not used[rows].any()]
        if not free:
            groups.append(([], np.zeros(size, dtype=bool)))
        group, used = free[0] if free else groups[-1]
        group.append(which)
        used[rows] = True
    return [group for group, _ in groups]


def _side_by_side(vector: Any, unpack: Unpack, group: list[int], places: list[Index]) -> Any:
    """The slices of a group, then what is in none of them, as one vector.

    For JAX it is the x that solves x[back] = vector, which it knows how to transpose.
    """
    rest = np.setdiff1d(np.arange(len(vector)), np.concatenate([places[which].ravel() for which in group]))
    back = np.argsort(np.concatenate([*[places[which].ravel() for which in group], rest]))

    def put(_: Any, vector: Any) -> Any:
        found = unpack(vector)
        return jnp.concatenate([*[found[which].ravel() for which in group], vector[rest]])

    def put_back(_: Any, x: Any) -> Any:
        return x.at[back].get(unique_indices=True, mode="promise_in_bounds")

    if (back == np.arange(len(vector))).all():
        return vector
    return jax.lax.custom_linear_solve(lambda x: put_back(None, x), vector, put, put_back)
