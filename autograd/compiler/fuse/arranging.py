"""Which axes a group gets: its scalars in a rectangle, and what each of its parts is summed along."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np

from autograd.compiler.fuse import grids
from autograd.compiler.fuse.arrays import Arrays
from autograd.compiler.fuse.grids import Index
from autograd.compiler.fuse.groups import PADDED, Group, Part

#: Groups that take a group: in which part, as which of its factors.
Takers = list[tuple[Group, Part, int]]


class Arranged(NamedTuple):
    """The axes of a group and of what each part sums over: coordinates of scalars, and of entries."""

    axes: list[Index]
    inner: list[list[Index]]


def arrange(group: Group, arrays: Arrays, weights: set[int], takers: Takers) -> Arranged:
    """The axes of a group, from the coordinates of what it takes.

    weights  the groups of parameters
    takers   who takes the group

    Coordinates are taken as they are; or from where each scalar's first is, as in a head or a window; or
    those in weights alone, where the rest only says which is which. The first that gives each scalar its own
    place is it. At last, all are along one axis.
    """
    count = len(group.rows)
    columns = [_columns(arrays, weights, part) for part in group.parts]
    starts = [np.searchsorted(part.member, np.arange(count)) for part in group.parts]
    whole = grids.MOST_HOLES * count + grids.SMALL
    for is_relative, is_dense in ((False, False), (True, True), (False, True), (True, False)):
        outer: list[Index] = []
        within: list[list[Index]] = []
        cuts_weights = False
        for part, own, start in zip(group.parts, columns, starts, strict=True):
            inner = []
            for column, is_weight in own:
                if is_dense and not is_relative and not is_weight:
                    continue
                first = np.minimum.reduceat(column, start)
                rest = column - first[part.member]
                is_outer = not rest.any()
                if is_outer or is_relative:
                    outer.append(first)
                if not is_outer:
                    inner.append(rest if is_relative else column)
                    cuts_weights |= is_weight and is_relative and bool((first != first[0]).any())
            within.append(inner)
        if cuts_weights and is_dense:
            continue  # as padding cuts a filter: the whole of it, with zeros, is better
        axes = grids.axes_of(outer)
        if is_dense and not is_relative:
            axes = grids.with_ranks(axes, count)
        if count > 1 and not grids.are_distinct(axes, count, count if is_dense else whole):
            continue
        found = [_within(group, part, each, axes) for part, each in zip(group.parts, within, strict=True)]
        if all(each is not None for each in found):
            return Arranged(
                _in_order(group, axes, weights, takers), [each for each in found if each is not None]
            )
    inner_ranks = [
        [np.arange(len(part.member)) - start[part.member]] if len(part.member) > count else []
        for part, start in zip(group.parts, starts, strict=True)
    ]
    axes = [np.arange(count)] if count > 1 else []
    return Arranged(axes, [[grids.ranks(each) for each in inner] for inner in inner_ranks])


def _columns(arrays: Arrays, weights: set[int], part: Part) -> list[tuple[Index, bool]]:
    """The coordinates of the part's entries in the arrays that they come from; whether in a parameter."""
    found = []
    for taken, rows in zip(part.groups, part.rows.T, strict=True):
        whose = arrays.array_of[rows]
        if whose[0] < 0:
            continue  # constants
        placed = arrays.joined(tuple(np.unique(whose).tolist()))
        at = grids.coordinates(arrays.at(rows, whose), placed.node.shape)
        found += [(column, taken in weights) for column in at]
    return found


def _within(group: Group, part: Part, columns: list[Index], axes: list[Index]) -> list[Index] | None:
    """The axes that the part is summed along; None if its entries have no places of their own there."""
    entries, count = len(part.member), len(group.rows)
    if group.how == "choose" and part is not group.parts[0]:
        start = np.searchsorted(part.member, np.arange(count))
        place = np.arange(entries) - start[part.member]
        return [place] if entries > count else []
    inner = grids.axes_of(columns)
    if entries == count:
        return [] if not inner else None
    at = part.member * prod(grids.sizes_of(inner)) + grids.places(inner, entries)
    total = count * prod(grids.sizes_of(inner))
    if total > grids.MOST_HOLES * entries + grids.SMALL or int(np.bincount(at).max()) > 1:
        return None
    if group.how == "reduce" and group.made not in PADDED and total > entries:
        return None
    return inner


def _in_order(group: Group, axes: list[Index], weights: set[int], takers: Takers) -> list[Index]:
    """The axes as the first matrix product wants them that takes this group: those it sums over first."""
    if len(axes) < 2 or group.how == "elementwise":
        return axes
    for taker, part, factor in takers:
        if len(part.groups) < 2 or len(part.member) == len(taker.rows):
            continue
        if part.groups[1 - factor] not in weights:
            continue
        first = part.rows[part.member == part.member[-1], factor]
        member = np.searchsorted(np.array(group.rows), first)
        if (np.array(group.rows)[np.minimum(member, len(group.rows) - 1)] != first).any():
            return axes  # not in ascending order
        changes = [int((np.diff(axis[member]) != 0).sum()) for axis in axes]
        summed = sorted([n for n, each in enumerate(changes) if each], key=lambda n: changes[n])
        return [axes[n] for n in [*summed, *[n for n in range(len(axes)) if n not in summed]]]
    return axes
