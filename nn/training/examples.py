"""The examples of a run: those of a batch, and the order of the batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from numpy.random import Generator

#: Which examples a batch has, by their index in the data.
Rows = npt.NDArray[np.int64]


def take(data: Any, rows: Rows) -> Any:
    """The examples at these rows, of an array or a list."""
    return data[rows] if isinstance(data, np.ndarray) else [data[row] for row in rows.tolist()]


def batches_of(examples: int, size: int, rng: Generator | None) -> list[Rows]:
    """An epoch's batches of that size, the last of what is left; shuffled by rng, if there is one.

    >>> batches_of(5, 2, None)
    [array([0, 1]), array([2, 3]), array([4])]
    """
    order = np.arange(examples) if rng is None else rng.permutation(examples)
    return [order[start : start + size] for start in range(0, examples, size)]
