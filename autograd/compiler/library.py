"""What a program calls: NumPy's functions, and how rows are put together and added up."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd import probe
from autograd.arithmetic import arrays, floats
from autograd.arithmetic.protocol import PRIMITIVES
from autograd.rules import Gate

Array = npt.NDArray[np.float64]

#: Along an axis: NumPy's sum and max are these, with some microseconds of checking before.
sum: Any = np.add.reduce
max: Any = np.maximum.reduce
min: Any = np.minimum.reduce


def norm(x: Array, axis: int, keepdims: bool = False) -> Array:
    along: Any = np.hypot.reduce
    found: Array = along(x, axis=axis, keepdims=keepdims)
    return found


def broadcast(x: Array, shape: tuple[int, ...]) -> Array:
    """x, which has a last axis of examples, repeated to have this shape; without copying it."""
    return np.broadcast_to(x, (*shape, x.shape[-1]))


def stack(parts: tuple[Array, ...], axis: int) -> Array:
    """Arrays of one shape along a new axis: NumPy's, without what it checks first."""
    first = parts[0]
    whole = np.empty((*first.shape[:axis], len(parts), *first.shape[axis:]))
    for place, part in enumerate(parts):
        whole[(slice(None),) * axis + (place,)] = part
    return whole


def side_by_side(parts: tuple[Array, ...], axis: int) -> Array:
    """Concatenated, where some are the same for all examples."""
    (count,) = np.broadcast_shapes(*[part.shape[-1:] for part in parts])
    return np.concatenate([np.broadcast_to(part, (*part.shape[:-1], count)) for part in parts], axis=axis)


def pad(x: Array, ranges: tuple[tuple[int, ...], ...], shape: tuple[int, ...]) -> Array:
    """Zeros of the shape, with x in that slice of them; what else it has are examples."""
    whole = np.zeros((*shape, *x.shape[len(shape) :]))
    whole[tuple([slice(*each) for each in ranges])] = x
    return whole


@cache
def _as_matmul(subscripts: str) -> tuple[list[int], list[int], list[int]] | None:
    """How to turn both arrays and the result so that einsum is a matmul for each example; or None."""
    of_a, of_b, out = subscripts.replace("->", ",").split(",")
    side = [letter for letter in of_a if letter in of_b and letter in out][::-1]  # the examples first
    inner = [letter for letter in of_a if letter in of_b and letter not in out]
    rows = [letter for letter in of_a if letter not in of_b]
    columns = [letter for letter in of_b if letter not in of_a]
    if not len(inner) == len(rows) == len(columns) == 1:
        return None
    turned = side + rows + columns
    return (
        [of_a.index(letter) for letter in side + rows + inner],
        [of_b.index(letter) for letter in side + inner + columns],
        [turned.index(letter) for letter in out],
    )


def einsum(subscripts: str, a: Array, b: Array) -> Array:
    """NumPy's, by matrix products where it is some: those are faster, and leave their result turned."""
    plan = _as_matmul(subscripts)
    if plan is None:
        return np.einsum(subscripts, a, b)  # type: ignore[no-any-return]
    first, second = _for_blas(a.transpose(plan[0])), _for_blas(b.transpose(plan[1]))
    return np.matmul(first, second).transpose(plan[2])  # type: ignore[no-any-return]


def _for_blas(x: Array) -> Array:
    """Matrices whose rows or columns lie in one piece; else matmul would go number by number."""
    return x if x.itemsize in x.strides[-2:] else np.ascontiguousarray(x)


def whole_numbers(index: Array, count: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_] | None]:
    """The index as whole numbers below count, 0 in the place of any other; and where those are, if any."""
    index = np.asarray(index, dtype=np.float64)
    at = index.astype(np.int64)
    is_right = (at == index) & (at.view(np.uint64) < count)  # a negative one is beyond any count
    if np.logical_and.reduce(is_right, axis=None):
        return at, None
    return np.where(is_right, at, 0), ~is_right


def take(table: Array, index: Array) -> Array:
    """The columns of a table that the index names: table[..., index]; nan where there is none."""
    at, is_wrong = whole_numbers(index, table.shape[-1])
    found: Array = table[..., at]
    if is_wrong is not None:
        found[..., is_wrong] = np.nan
    return found


def segment_sum(x: Array, index: Array, count: int) -> Array:
    """x, (..., *index.shape), added up by the index: (..., count)."""
    at, is_wrong = whole_numbers(index, count)
    rows = x.reshape(-1, index.size)
    if is_wrong is not None:
        rows = np.where(is_wrong.ravel(), 0.0, rows)
    places = (at.ravel() + count * np.arange(len(rows))[:, None]).ravel()
    total: Any = np.bincount(places, rows.ravel(), minlength=count * len(rows))
    found: Array = total.reshape(*x.shape[: x.ndim - index.ndim], count)
    return found


def segment_sum_of_each(x: Array, index: Array, count: int) -> Array:
    """The same for each example: (..., count, examples)."""
    found = [segment_sum(x[..., example], index[..., example], count) for example in range(index.shape[-1])]
    return np.stack(found, axis=-1) if found else np.empty((*x.shape[: x.ndim - index.ndim], count, 0))


def choose(index: Array, options: Array) -> Array:
    """Of the options, along the first axis, the one that each index names; nan where there is none."""
    at, is_wrong = whole_numbers(index, len(options))
    if at.shape != options.shape[1:]:
        shape = np.broadcast_shapes(at.shape, options.shape[1:])
        at, options = np.broadcast_to(at, shape), np.broadcast_to(options, (len(options), *shape))
    columns = options.reshape(len(options), at.size)
    found: Array = columns[at.ravel(), np.arange(at.size)].reshape(at.shape)
    return found if is_wrong is None else np.where(is_wrong, np.nan, found)


def unchoose(index: Array, x: Array, count: int) -> Array:
    """x where ``choose`` took each of so many options, 0 elsewhere."""
    at, is_wrong = whole_numbers(index, count)
    taken = x if is_wrong is None else np.where(is_wrong, 0.0, x)
    if at.shape != taken.shape:
        shape = np.broadcast_shapes(at.shape, taken.shape)
        at, taken = np.broadcast_to(at, shape), np.broadcast_to(taken, shape)
    whole = np.zeros((count, at.size))
    whole[at.ravel(), np.arange(at.size)] = taken.ravel()
    return whole.reshape(count, *at.shape)


def half_power(x: Any) -> Any:
    """x ** 0.5 by IEEE's rules: NumPy computes the root, which is nan for -inf, and -0.0 for -0.0."""
    return np.where(x == -np.inf, np.inf, np.abs(np.sqrt(x)))


class Segments:
    """Which of ``size`` places each row is added to, prepared once: rows sorted by their place."""

    def __init__(self, places: npt.NDArray[np.int64], size: int) -> None:
        self.size = size
        self.order = np.argsort(places, kind="stable")
        self.places, self.starts = np.unique(places[self.order], return_index=True)


def scatter_add(segments: Segments, values: Array) -> Array:
    """The sum of the values of each place, (size, ...); 0 if it has none."""
    totals = np.zeros((segments.size, *values.shape[1:]))
    totals[segments.places] = np.add.reduceat(values[segments.order], segments.starts, axis=0)
    return totals


def _along(axis: int) -> Any:
    """The arithmetic of arrays, where one stands for all of a gate's operands, along the axis."""
    together = {
        "sum": lambda terms: sum(terms[0], axis=axis, keepdims=True),
        "max": lambda terms: max(terms[0], axis=axis, keepdims=True),
        "min": lambda terms: min(terms[0], axis=axis, keepdims=True),
        "norm": lambda terms: norm(terms[0], axis, keepdims=True),
        "logsum": lambda terms: np.log(sum(terms[0], axis=axis, keepdims=True)),
    }
    return SimpleNamespace(**{**vars(arrays), **together})


def forward_of_many(gate: Gate) -> Callable[..., Any]:
    """The forward rule of a gate of any number of operands: one array each, or one of all, along an axis."""
    arithmetics: dict[int, Any] = {}
    one_each = forward_on_arrays(gate)

    def forward(*operands: Array, axis: int | None = None) -> Any:
        if axis is None:
            return one_each(*operands)
        if axis not in arithmetics:
            arithmetics[axis] = _along(axis)
        return np.squeeze(gate.forward(arithmetics[axis], *operands), axis)

    return forward


def forward_on_arrays(gate: Gate, arithmetic: Any = arrays) -> Callable[..., Any]:
    """The forward rule as a function of arrays; a rule for floats only runs number by number."""
    if probe.on_arrays(gate):
        return partial(gate.forward, arithmetic)

    def forward(*operands: Any) -> Any:
        together = np.broadcast_arrays(*operands)
        run = np.frompyfunc(lambda *numbers: gate.forward(floats, *numbers), len(operands), 1)
        return np.asarray(run(*together), dtype=float)

    return forward


def backward_on_arrays(gate: Gate, arithmetic: Any = arrays) -> Callable[..., Any]:
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
        return [np.asarray(each, dtype=float) for each in (contributions if count > 1 else (contributions,))]

    return backward


def stopped_on_arrays(gate: Gate) -> Callable[..., Any]:
    """For a rule for floats only: (out, *operands) to 1.0 where an operand gets nothing, else 0.0."""

    def one_by_one(*numbers: float) -> Any:
        return tuple([float(each is None) for each in gate.backward(floats, 1.0, *numbers)])

    def stopped(*operands: Any) -> Any:
        found = np.asarray(np.frompyfunc(one_by_one, len(operands), 1)(*np.broadcast_arrays(*operands)))
        together = np.array(found.ravel().tolist(), dtype=float)  # (numbers, operands of the gate)
        return np.moveaxis(together.reshape(*found.shape, -1), -1, 0)

    return stopped


#: Primitives that no line calls: they are written as operators, or along an axis.
UNNAMED = {"choose", "divide", "power", "sum", "max", "min", "norm", "logsum", "stop"}

#: Every function that a line may call, by its name there.
FUNCTIONS: dict[str, Any] = {
    **{name: getattr(arrays, name) for name in PRIMITIVES if name not in UNNAMED},
    "abs": np.abs,
    "broadcast": broadcast,
    "broadcast_to": np.broadcast_to,
    "choose": choose,
    "concatenate": np.concatenate,
    "einsum": einsum,
    "half_power": half_power,
    "hypot": np.hypot,
    "inf": np.inf,
    "matmul": np.matmul,
    "max": max,
    "min": min,
    "nan": np.nan,
    "norm": norm,
    "pad": pad,
    "scatter_add": scatter_add,
    "segment_sum": segment_sum,
    "segment_sum_of_each": segment_sum_of_each,
    "side_by_side": side_by_side,
    "stack": stack,
    "sum": sum,
    "take": take,
    "unchoose": unchoose,
    "vdot": np.vdot,
}  # fmt: skip
