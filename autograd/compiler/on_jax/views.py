"""The parts of the parameters, weight matrices and biases, and the way of their gradients back.

The derivative of a slice is a vector of zeros with the slice's gradient in it, and XLA would add up
one of those for each part. All parts side by side are a permutation of the parameters: turned round,
it takes each entry of the gradient from its place in them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.compiler.on_jax import jax, jnp

Views = Callable[[Any], tuple[Any, ...]]
Index = npt.NDArray[np.int64]


def parts(views: Views, size: int) -> Callable[[Any], list[Any]]:
    """What ``views`` makes of a vector of that size by slicing and reshaping, with a faster derivative."""
    places: list[Index] = [np.asarray(view) for view in views(np.arange(size))]
    groups = _without_overlap(places, size)

    def run(vector: Any) -> list[Any]:
        found: dict[int, Any] = {}
        for group in groups:
            sizes = [places[which].size for which in group]
            pieces = jnp.split(_side_by_side(vector, views, group, places), np.cumsum(sizes))
            for which, piece in zip(group, pieces, strict=False):  # a last piece is of no part
                found[which] = piece.reshape(places[which].shape)
        return [found[which] for which in range(len(places))]

    return run


def _without_overlap(places: list[Index], size: int) -> list[list[int]]:
    """The views in as few groups as can be seen at once in which no number comes twice."""
    groups: list[tuple[list[int], npt.NDArray[np.bool_]]] = []
    for which, rows in enumerate(places):
        free = [(group, used) for group, used in groups if not used[rows].any()]
        if not free:
            groups.append(([], np.zeros(size, dtype=bool)))
        group, used = free[0] if free else groups[-1]
        group.append(which)
        used[rows] = True
    return [group for group, _ in groups]


def _side_by_side(vector: Any, views: Views, group: list[int], places: list[Index]) -> Any:
    """The views of a group, and then what is in none of them, as one vector.

    To JAX it is the x that solves x[back] = vector, of which it knows how to turn it round.
    """
    rest = np.setdiff1d(np.arange(len(vector)), np.concatenate([places[which].ravel() for which in group]))
    back = np.argsort(np.concatenate([*[places[which].ravel() for which in group], rest]))

    def put(_: Any, vector: Any) -> Any:
        found = views(vector)
        return jnp.concatenate([*[found[which].ravel() for which in group], vector[rest]])

    def put_back(_: Any, x: Any) -> Any:
        return x.at[back].get(unique_indices=True, mode="promise_in_bounds")

    if (back == np.arange(len(vector))).all():
        return vector
    return jax.lax.custom_linear_solve(lambda x: put_back(None, x), vector, put, put_back)
