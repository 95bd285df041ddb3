"""Which sums of products are one matrix product.

Each sum is a row of weights on a list of factors. Sums with the same factors are the rows of one
matrix; where the same rows of weights come again on other factors, as in a convolution, those are
further columns; and equal shapes that share neither are products side by side.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from autograd.compiler.vectors import Locations

MOST_HOLES = 3  # places without a weight, per weight, in a matrix that is still worth making
SMALL = 1024  # entries: a matrix this small may have any number of holes
MOST_SHAPES = 8  # matrix products from one group of sums; the rest is added up one by one
HOLE = -1


@dataclass(eq=False)
class Block:
    """Sums that are one product: weights (g, r, m), factors (g, m, c).

    members  which sum each result is, (g, r, c)
    """

    members: npt.NDArray[np.int64]
    weights: Locations
    factors: Locations


Pairs = tuple[Locations, Locations]  # of one sum: weights, factors


def find_blocks(sums: list[Pairs]) -> tuple[list[Block], list[int]]:
    """The matrix products among the sums, and the numbers of the sums that are in none."""
    by_factor = [_sorted(weights, factors) for weights, factors in sums]
    grids = _grids(by_factor)
    if len(grids) > 1:
        by_weight = [_sorted(factors, weights)[::-1] for weights, factors in sums]
        others = _grids(by_weight)
        if len(others) < len(grids):
            grids = others
    grids = _merge_overlapping(grids)
    shapes: dict[tuple[int, ...], list[Block]] = defaultdict(list)
    for grid in grids:
        shapes[grid.weights.shape + grid.factors.shape].append(grid)
    largest = sorted(shapes.values(), key=lambda alike: -sum(grid.weights.size for grid in alike))
    rest = [int(each) for alike in largest[MOST_SHAPES:] for grid in alike for each in grid.members.flat]
    return [_side_by_side(alike) for alike in largest[:MOST_SHAPES]], sorted(rest)


def _sorted(minor: Locations, major: Locations) -> Pairs:
    order = np.lexsort((minor, major))
    return minor[order], major[order]


def _grids(sums: list[Pairs]) -> list[Block]:
    """Complete grids: every row of weights with every list of factors, each once."""
    of_weights: dict[bytes, list[int]] = defaultdict(list)
    of_factors: dict[bytes, list[int]] = defaultdict(list)
    for number, (weights, factors) in enumerate(sums):
        of_weights[weights.tobytes()].append(number)
        of_factors[factors.tobytes()].append(number)
    grids = []
    for numbers in connected(len(sums), [*of_weights.values(), *of_factors.values()]):
        found = _grid(numbers, sums)
        if found is not None:
            grids.append(found)
            continue
        for alike in _same_factors(numbers, sums):  # each of them is one, of a single column
            column = _grid(alike, sums)
            grids += [column] if column is not None else [_single(number, sums) for number in alike]
    return grids


def _grid(numbers: list[int], sums: list[Pairs]) -> Block | None:
    """The sums as a grid, or None if one is missing or comes twice."""
    rows: dict[bytes, Locations] = {}
    columns: dict[bytes, Locations] = {}
    at: dict[tuple[bytes, bytes], int] = {}
    for number in numbers:
        weights, factors = sums[number]
        keys = weights.tobytes(), factors.tobytes()
        rows[keys[0]], columns[keys[1]] = weights, factors
        at[keys] = number
    if not len(at) == len(numbers) == len(rows) * len(columns):
        return None
    row_keys = sorted(rows, key=lambda key: rows[key].tolist())
    column_keys = sorted(columns, key=lambda key: at[row_keys[0], key])  # as the graph has them
    members = np.array([[at[row, column] for column in column_keys] for row in row_keys])
    weights = np.array([rows[key] for key in row_keys])
    factors = np.array([columns[key] for key in column_keys]).T
    return Block(members[None], weights[None], factors[None])


def _single(number: int, sums: list[Pairs]) -> Block:
    weights, factors = sums[number]
    return Block(np.array([[[number]]]), weights[None, None], factors[None, :, None])


def _same_factors(numbers: list[int], sums: list[Pairs]) -> list[list[int]]:
    alike: dict[bytes, list[int]] = defaultdict(list)
    for number in numbers:
        alike[sums[number][1].tobytes()].append(number)
    return list(alike.values())


def _merge_overlapping(grids: list[Block]) -> list[Block]:
    """Single columns that share factors, as a partly connected layer's, in one matrix with holes."""
    columns = [grid for grid in grids if grid.factors.shape[2] == 1]
    if len(columns) < 2:
        return grids
    users: dict[int, list[int]] = defaultdict(list)
    for number, grid in enumerate(columns):
        for factor in grid.factors.flat:
            users[int(factor)].append(number)
    merged = [grid for grid in grids if grid.factors.shape[2] > 1]
    for numbers in connected(len(columns), users.values()):
        together = [columns[number] for number in numbers]
        factors = np.unique(np.concatenate([grid.factors.ravel() for grid in together]))
        rows = sum(grid.weights.shape[1] for grid in together)
        given = sum(grid.weights.size for grid in together)
        entries = rows * len(factors)
        has_twice = any(len(np.unique(grid.factors)) < grid.factors.size for grid in together)
        if len(together) == 1 or has_twice or entries > max(SMALL, (1 + MOST_HOLES) * given):
            merged += together
            continue
        weights = np.full((rows, len(factors)), HOLE)
        members, first = np.empty(rows, dtype=np.int64), 0
        for grid in together:
            last = first + grid.weights.shape[1]
            weights[first:last, np.searchsorted(factors, grid.factors.ravel())] = grid.weights[0]
            members[first:last] = grid.members.ravel()
            first = last
        order = np.argsort(np.where(weights == HOLE, weights.max() + 1, weights).min(axis=1), kind="stable")
        merged.append(Block(members[order][None, :, None], weights[order][None], factors[None, :, None]))
    return merged


def _side_by_side(alike: list[Block]) -> Block:
    """Blocks of one shape as one, in the order of their weights."""
    alike = sorted(alike, key=lambda grid: grid.weights.ravel().tolist())
    return Block(
        np.concatenate([grid.members for grid in alike]),
        np.concatenate([grid.weights for grid in alike]),
        np.concatenate([grid.factors for grid in alike]),
    )


def connected(count: int, links: Iterable[list[int]]) -> list[list[int]]:
    """The numbers 0 to count - 1 in lists of those that are linked, directly or through others."""
    parent = list(range(count))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for first, *others in links:
        for other in others:
            parent[root(other)] = root(first)
    found: dict[Hashable, list[int]] = defaultdict(list)
    for number in range(count):
        found[root(number)].append(number)
    return list(found.values())


def progression(numbers: Locations) -> tuple[int, ...] | None:
    """(first, step along each axis) if the numbers are evenly spaced, else None."""
    first = int(numbers.flat[0])
    if numbers.size == 1:
        return (first, *(0 for _ in numbers.shape))
    steps = []
    expected = np.full(numbers.shape, first)
    for axis, size in enumerate(numbers.shape):
        at_one = tuple(1 if each == axis else 0 for each in range(numbers.ndim))
        step = int(numbers[at_one]) - first if size > 1 else 0
        steps.append(step)
        shape = [size if each == axis else 1 for each in range(numbers.ndim)]
        expected = expected + step * np.arange(size).reshape(shape)
    return (first, *steps) if bool((expected == numbers).all()) else None


def split(block: Block, sources: Locations) -> list[list[Block]]:
    """A block as people write it: one for each parameter matrix that its rows or columns come from.

    sources  for each factor (m,) the vector that it is in

    The parts of one list are the columns of the same rows, to be added up: W @ h + U @ x. What comes
    from too many matrices stays in one piece.
    """
    if block.weights.shape[0] > 1 or block.factors.shape[2] > 1 or (block.weights == HOLE).any():
        return [[block]]
    weights, factors = block.weights[0], block.factors[0]
    columns = [np.arange(len(factors))]
    if progression(weights) is None and 1 < len(set(sources.tolist())) <= MOST_SHAPES:
        columns = [np.flatnonzero(sources == source) for source in np.unique(sources)]
    pieces = _row_pieces(weights[:, columns[0]])
    if len(columns) > 1 and any(
        progression(weights[rows][:, of]) is None for rows in pieces for of in columns
    ):
        columns = [np.arange(len(factors))]
        pieces = _row_pieces(weights)
    return [
        [Block(block.members[:, rows], weights[None, rows][:, :, of], factors[None, of]) for of in columns]
        for rows in pieces
    ]


def _row_pieces(rows: Locations) -> list[slice]:
    """The rows by the matrix that they come from: those of one are evenly spaced. All in one if too many."""
    everything = [slice(0, len(rows))]
    if len(rows) < 3 or progression(rows) is not None:
        return everything
    steps = np.diff(rows[:, 0])
    # a row belongs to the same matrix as the one before if the step to it is the usual one
    breaks = np.flatnonzero(steps[1:] != steps[:-1]) + 2
    pieces, first = [], 0
    for last in [*breaks.tolist(), len(rows)]:
        if last > first:
            pieces.append(slice(first, last))
            first = last
    joined: list[slice] = []
    for piece in pieces:  # a break shows on both of its sides
        whole = slice(joined[-1].start, piece.stop) if joined else piece
        if joined and progression(rows[whole]) is not None:
            joined[-1] = whole
        else:
            joined.append(piece)
    return joined if len(joined) <= MOST_SHAPES else everything
