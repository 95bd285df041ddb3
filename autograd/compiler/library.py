"""What a program calls: NumPy's functions, and how rows are put together and added up."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd import probe
from autograd.arithmetic import arrays, floats
from autograd.arithmetic.protocol import PRIMITIVES
from autograd.rules import Gate

Array = npt.NDArray[np.float64]

#: Over the scalars, and over the examples.
sum_rows = partial(np.add.reduce, axis=0, keepdims=True)
max_rows = partial(np.maximum.reduce, axis=0, keepdims=True)
min_rows = partial(np.minimum.reduce, axis=0, keepdims=True)
norm_rows = partial(np.hypot.reduce, axis=0, keepdims=True)
sum_batch = partial(np.add.reduce, axis=1, keepdims=True)


def assemble(count: int, *pieces: Any) -> Array:
    """``count`` rows, from alternating places and rows; zeros in the other places."""
    places, parts = pieces[::2], [np.asarray(part, dtype=float) for part in pieces[1::2]]
    (columns,) = np.broadcast_shapes(*[part.shape[1:] or (1,) for part in parts])
    whole = np.zeros((count, columns))
    for where, part in zip(places, parts, strict=True):
        whole[where] = part
    return whole


def repeat_rows(x: Array, count: int) -> Array:
    """One row, ``count`` times; without copying it."""
    return np.broadcast_to(x, (count, x.shape[1]))


def masked_matmul(weights: Array, present: npt.NDArray[np.bool_], factors: Array) -> Array:
    """weights @ factors; a weight that is not present is 0, even times an infinite factor."""
    product = weights @ factors
    if np.isfinite(np.add.reduce(product, axis=None)):  # else a 0 may have met an infinity and made nan
        return product
    exact: Array = np.empty_like(product)
    for row in np.ndindex(product.shape[:-1]):
        there = present[row]
        exact[row] = weights[row][there] @ factors[row[:-1]][there]
    return exact


def half_power(x: Any) -> Any:
    """x ** 0.5 by IEEE's rules: NumPy computes the root, which is nan for -inf, and -0.0 for -0.0."""
    return np.where(x == -np.inf, np.inf, np.abs(np.sqrt(x)))


class Segments:
    """Which of ``size`` places each row is added to, prepared once: rows sorted by their place."""

    def __init__(self, places: npt.NDArray[np.int64], size: int) -> None:
        self.size = size
        self.order = np.argsort(places, kind="stable")
        self.places, self.starts = np.unique(places[self.order], return_index=True)


def segment_sum(segments: Segments, values: Array) -> Array:
    """The sum of the values of each place; 0 if it has none."""
    values = np.broadcast_to(values, (len(segments.order), values.shape[1]))
    totals = np.zeros((segments.size, values.shape[1]))
    totals[segments.places] = np.add.reduceat(values[segments.order], segments.starts, axis=0)
    return totals


def forward_on_arrays(gate: Gate, arithmetic: Any) -> Callable[..., Any]:
    """The forward rule as a function of arrays; a rule for floats only runs number by number."""
    if probe.on_arrays(gate):
        return partial(gate.forward, arithmetic)

    def forward(*operands: Any) -> Any:
        together = np.broadcast_arrays(*operands)
        run = np.frompyfunc(lambda *numbers: gate.forward(floats, *numbers), len(operands), 1)
        return run(*together).astype(float)

    return forward


def backward_on_arrays(gate: Gate, arithmetic: Any) -> Callable[..., Any]:
    """The same for the backward rule: (upstream, out, *operands) to the contributions."""
    if probe.on_arrays(gate):
        return lambda upstream, out, *operands: [
            np.zeros_like(upstream) if each is None else each
            for each in gate.backward(arithmetic, upstream, out, *operands)
        ]

    def one_by_one(*numbers: float) -> Any:
        contributions = gate.contributions(*numbers)
        return contributions if len(contributions) > 1 else contributions[0]

    def backward(*operands: Any) -> Any:
        together = np.broadcast_arrays(*operands)
        count = len(operands) - 2
        contributions = np.frompyfunc(one_by_one, len(operands), count)(*together)
        return [each.astype(float) for each in (contributions if count > 1 else (contributions,))]

    return backward


def stopped_on_arrays(gate: Gate) -> Callable[..., Any]:
    """For a rule for floats only: (out, *operands) to 1.0 where an operand gets nothing, else 0.0."""

    def one_by_one(*numbers: float) -> Any:
        return tuple([float(each is None) for each in gate.backward(floats, 1.0, *numbers)])

    def stopped(*operands: Any) -> Any:
        found = np.frompyfunc(one_by_one, len(operands), 1)(*np.broadcast_arrays(*operands))
        together = np.array(found.ravel().tolist(), dtype=float)  # (numbers, operands of the gate)
        return np.moveaxis(together.reshape(*found.shape, -1), -1, 0)

    return stopped


#: Primitives that no line calls: they are written as operators, or run on all operands stacked.
UNNAMED = {"divide", "power", "sum", "max", "min", "norm", "logsum", "stop"}

#: Every function that a line may call, by its name there.
FUNCTIONS: dict[str, Any] = {
    **{name: getattr(arrays, name) for name in PRIMITIVES if name not in UNNAMED},
    "abs": np.abs,
    "assemble": assemble,
    "concatenate": np.concatenate,
    "einsum": np.einsum,
    "half_power": half_power,
    "inf": np.inf,
    "masked_matmul": masked_matmul,
    "matmul": np.matmul,
    "max_rows": max_rows,
    "min_rows": min_rows,
    "nan": np.nan,
    "norm_rows": norm_rows,
    "repeat_rows": repeat_rows,
    "segment_sum": segment_sum,
    "sum_batch": sum_batch,
    "sum_rows": sum_rows,
    "zeros": np.zeros,
}  # fmt: skip
