"""Which axes the scalars of a group have, and how an array is read along them.

A scalar's coordinates come from those of what it takes: the score of position t and position u takes row t of
the queries and row u of the keys, so scores have the axes t and u.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from math import prod
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from autograd.compiler.ir import IR, Node, Shape

Index = npt.NDArray[np.int64]
Presence = npt.NDArray[np.bool_]

#: Places in the rectangle that a ragged group is put in, per scalar: a triangle needs two.
MOST_HOLES, SMALL = 4, 1024


class Reading(NamedTuple):
    """An array's places along axes: base + the sum of strides times coordinates."""

    base: int
    strides: tuple[int, ...]


def ranks(column: Index) -> Index:
    """The numbers as 0, 1, 2, ... in their order."""
    low = int(column.min())
    is_there = np.zeros(int(column.max()) - low + 1, dtype=np.int64)
    is_there[column - low] = 1
    found: Index = (np.cumsum(is_there) - 1)[column - low]
    return found


def axes_of(columns: Sequence[Index]) -> list[Index]:
    """Coordinates that tell all the columns: each once, from 0, none a function of another.

    Where one is a function of another, as the head of the place in an embedding, the finer one is
    split: into the head, and the place in the head.
    """
    axes: list[Index] = []
    for column in columns:
        if not len(column):
            continue
        rank = ranks(column)
        if rank.max() > 0 and not any(np.array_equal(rank, each) for each in axes):
            axes.append(rank)
    place = 0
    while place < len(axes):
        for other in range(len(axes)):
            coarse, fine = axes[place], axes[other]
            is_asked = other < place or (other > place and coarse.max() < fine.max())
            rest = _rest(coarse, fine) if is_asked else None
            if rest is None:
                continue
            kept = [each for n, each in enumerate(axes) if n not in (place, other)]
            at = len([n for n in range(min(place, other)) if n not in (place, other)])
            new = [coarse] if rest is _REDUNDANT else [coarse, rest]
            new = [fine] if rest is _REDUNDANT else new
            new = [each for each in new if not any(np.array_equal(each, one) for one in kept)]
            axes = [*kept[:at], *new, *kept[at:]]
            place = -1
            break
        place += 1
    return axes


_REDUNDANT = np.empty(0, dtype=np.int64)


def _rest(coarse: Index, fine: Index) -> Index | None:
    """Where the coarse is a function of the fine: what the fine tells beyond it; else None."""
    size, count = int(fine.max()) + 1, int(coarse.max()) + 1
    if count > size:
        return None
    of = np.empty(size, dtype=np.int64)
    of[fine] = coarse
    if not np.array_equal(of[fine], coarse):
        return None
    sizes = np.bincount(of)
    if count == size or (sizes != sizes[0]).any():
        return _REDUNDANT
    order = np.argsort(of, kind="stable")
    rest = np.empty(size, dtype=np.int64)
    rest[order] = np.arange(size) % sizes[0]
    found: Index = rest[fine]
    return found


def with_ranks(axes: list[Index], count: int) -> list[Index]:
    """The axes and one more, which numbers those of so many that have the same place along them.

    So the places of a filter in an image are one axis, where padding has cut some of them short.
    """
    at = places(axes, count)
    order = np.argsort(at, kind="stable")
    starts = np.searchsorted(at[order], at[order])
    rank = np.empty(count, dtype=np.int64)
    rank[order] = np.arange(count) - starts
    return [*axes, rank] if rank.any() else axes


def sizes_of(axes: Sequence[Index]) -> Shape:
    return tuple([int(axis.max()) + 1 for axis in axes])


def places(axes: Sequence[Index], count: int) -> Index:
    """The place of each of so many in the rectangle of the axes, row after row."""
    at = np.zeros(count, dtype=np.int64)
    for axis, size in zip(axes, sizes_of(axes), strict=True):
        at = at * size + axis
    return at


def are_distinct(axes: Sequence[Index], count: int, most: int) -> bool:
    """Whether each of so many has a place of its own in the axes' rectangle, of at most ``most`` places."""
    total = prod(sizes_of(axes))
    if not count <= total <= most:
        return False
    return (len(axes) > 0 and int(np.bincount(places(axes, count), minlength=total).max()) == 1) or count == 1


def coordinates(at: Index, shape: Shape) -> list[Index]:
    """Of places in an array, the coordinate along each axis."""
    return [np.asarray(each) for each in np.unravel_index(at, shape)] if shape else []


def reading_of(at: Index, axes: Sequence[Index]) -> Reading | None:
    """The places as a base and strides along the axes; None if they are not so."""
    sizes = sizes_of(axes)
    pick = np.unique(np.concatenate([[0], np.linspace(0, len(at) - 1, 64).astype(np.int64)]))
    for axis in axes:  # a step along each axis must be among those that decide
        pick = np.concatenate([pick, [int(axis.argmax()), int(axis.argmin())]])
    table = np.stack([np.ones(len(pick)), *[axis[pick] for axis in axes]], axis=1)
    found = np.rint(np.linalg.lstsq(table, at[pick].astype(float), rcond=None)[0]).astype(np.int64)
    base, strides = int(found[0]), [int(each) for each in found[1:]]
    strides = [stride if size > 1 else 0 for stride, size in zip(strides, sizes, strict=True)]
    told = np.full(len(at), base)
    for axis, stride in zip(axes, strides, strict=True):
        if stride:
            told += stride * axis
    return Reading(base, tuple(strides)) if np.array_equal(told, at) else None


def read(ir: IR, x: Node, reading: Reading, sizes: Shape) -> tuple[Node, list[int]] | None:
    """x along the axes that the strides are not 0 of, by reshapes and slices, and these axes as x has them.

    None if it cannot be read so.
    """
    strides = reading.strides
    own = [axis for axis, stride in enumerate(strides) if stride]
    if any(strides[axis] < 0 for axis in own):
        return None
    order = sorted(own, key=lambda axis: -strides[axis])
    base, total, flat = reading.base, x.size, x
    if not order:
        if total > 1:
            x = ir.slice(ir.reshape(x, (total,)), [(base, base + 1, 1)])
        return ir.reshape(x, ()), []
    steps, every = [strides[axis] for axis in order], 1
    if (steps[-2] if len(steps) > 1 else total) % steps[-1]:
        every, steps[-1] = steps[-1], 1  # every other one of three, say
    if any(bigger % smaller or bigger == smaller for bigger, smaller in itertools.pairwise(steps)):
        return None
    extent = 1 + sum([(sizes[axis] - 1) * strides[axis] for axis in order[1:]])
    if extent > steps[0]:
        return None
    need = (1 + (sizes[order[0]] - 1) * (every if len(order) == 1 else 1)) * steps[0]
    start = max(min(base, total - need), 0)
    fits = start + need <= total and base - start + extent <= steps[0]
    must_fit = total % steps[0] or base % steps[0] + extent > steps[0]
    if fits and (must_fit or len(x.shape) == 1):
        flat = ir.slice(ir.reshape(x, (total,)), [(start, start + need, 1)])
        base, total = base - start, need
    elif must_fit:
        return None
    radices = [total // steps[0], *[a // b for a, b in itertools.pairwise(steps)]]
    if steps[-1] > 1:
        radices.append(steps[-1])
    ranges, rest = [], base
    for radix_place, radix in enumerate(radices):
        below_it = prod(radices[radix_place + 1 :])
        first, rest = divmod(rest, below_it)
        size = sizes[order[radix_place]] if radix_place < len(order) else 1
        step = every if radix_place == len(order) - 1 else 1
        stop = first + (size - 1) * step + 1
        if stop > radix:
            return None
        ranges.append((first, stop, step))
    shaped = ir.slice(ir.reshape(flat, tuple(radices)), ranges)
    return ir.reshape(shaped, tuple([sizes[axis] for axis in order])), order
