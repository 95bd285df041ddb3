"""The arrays that have been made, and how scalars are read from them: by slices and reshapes, or gathered."""

from __future__ import annotations

from math import inf

import numpy as np
import numpy.typing as npt

from autograd.compiler.fuse import grids
from autograd.compiler.fuse.grids import Index, Presence
from autograd.compiler.fuse.groups import Group
from autograd.compiler.fuse.scalars import Scalars
from autograd.compiler.ir import IR, Node, Shape

Numbers = npt.NDArray[np.float64]


class Placed:
    """A group as an array: its node, where each scalar is in it, and what is in the places of none.

    present  which places are taken; None if all are
    fill     the number in the others, if it is known
    """

    def __init__(self, node: Node, present: Presence | None = None, fill: float | None = None) -> None:
        self.node = node
        self.present = present
        self.fill = fill


class Arrays:
    """The arrays so far, and where each scalar is in them.

    arrays              in the order of their making
    array_of, place_of  by the row of a scalar: the number of its array, -1 of a constant, and its place there
    number              by row, of constants
    """

    def __init__(self, scalars: Scalars) -> None:
        self.ir = IR()
        self.scalars = scalars
        self.arrays: list[Placed] = []
        self.array_of = np.full(len(scalars.made), -1, dtype=np.int64)
        self.place_of = np.full(len(scalars.made), -1, dtype=np.int64)
        self.number = np.array(scalars.number)
        self._together: dict[tuple[int, ...], Placed] = {}

    def place(self, group: Group, placed: Placed, places: Index) -> None:
        """Put the group's scalars there."""
        self.array_of[group.rows], self.place_of[group.rows] = len(self.arrays), places
        self.arrays.append(placed)
        names = {_base(self.scalars.name_of(row)) for row in group.rows[:: max(1, len(group.rows) // 64)]}
        if len(names) == 1 and placed.node.operation not in ("constant",):
            placed.node.label = placed.node.label or names.pop()

    def joined(self, numbers: tuple[int, ...]) -> Placed:
        """One array, or several side by side: along a new last axis if they are of one shape."""
        if len(numbers) == 1:
            return self.arrays[numbers[0]]
        if numbers not in self._together:
            ir, nodes = self.ir, [self.arrays[number].node for number in numbers]
            if all(node.shape == nodes[0].shape for node in nodes):
                parts = [ir.reshape(node, (*node.shape, 1)) for node in nodes]
                joined = ir.concatenate(parts, len(nodes[0].shape))
            else:
                joined = ir.concatenate([ir.reshape(node, (node.size,)) for node in nodes], 0)
            self._together[numbers] = Placed(joined)
        return self._together[numbers]

    def at(self, rows: Index, arrays: Index) -> Index:
        """The places of the rows in the array that they come from, or in several joined."""
        numbers = np.unique(arrays)
        if len(numbers) == 1:
            return self.place_of[rows]
        nodes = [self.arrays[number].node for number in numbers]
        which = np.searchsorted(numbers, arrays)
        if all(node.shape == nodes[0].shape for node in nodes):
            return self.place_of[rows] * len(nodes) + which
        starts = np.cumsum([0, *[node.size for node in nodes]])
        found: Index = self.place_of[rows] + starts[which]
        return found

    def read(
        self, rows: Index, axes: list[Index], sizes: Shape, inner_from: int = 0
    ) -> tuple[Node, list[int], Placed | None]:
        """The rows, as a node with some of the axes, in whatever order, and these axes.

        inner_from  the first of the axes that are summed along
        """
        arrays = self.array_of[rows]
        if arrays[0] < 0:
            return self.constants(self.number[rows], axes, sizes)
        placed = self.joined(tuple(np.unique(arrays).tolist()))
        at = self.at(rows, arrays)
        reading = grids.reading_of(at, axes) if len(axes) or len(at) == 1 else None
        if reading is not None:
            found = grids.read(self.ir, placed.node, reading, sizes)
            if found is not None:
                return *found, placed
        index = np.zeros(sizes, dtype=np.int64)
        index.ravel()[grids.places(axes, len(at))] = at
        own = []
        for axis in range(len(sizes)):
            first = np.take(index, [0], axis=axis)
            if sizes[axis] > 1 and (index == first).all():
                index = first
            else:
                own.append(axis)
        index = index.reshape([sizes[axis] for axis in own])
        turned = sorted(
            range(len(own)), key=lambda place: own[place] < inner_from
        )  # as a matrix product has it
        return self.ir.gather(placed.node, index.transpose(turned)), [own[place] for place in turned], None

    def constants(self, numbers: Numbers, axes: list[Index], sizes: Shape) -> tuple[Node, list[int], None]:
        """The numbers, each at its coordinates, without axes along which they do not differ."""
        if (numbers == numbers[0]).all() or len(numbers) == 1:
            return self.ir.constant(numbers[0]), [], None
        low, high = np.full(sizes, inf), np.full(sizes, -inf)
        at = grids.places(axes, len(numbers))
        low.ravel()[at] = high.ravel()[at] = numbers
        own = list(range(len(sizes)))
        for axis in range(len(sizes)):
            least, most = low.min(axis=axis, keepdims=True), high.max(axis=axis, keepdims=True)
            if not np.isnan(numbers).any() and ((least == most) | (least > most)).all():
                low, high = least, most
                own.remove(axis)
        found = np.where(low > high, 0.0, low).reshape([sizes[axis] for axis in own])
        return self.ir.constant(found), own, None

    def expanded(self, node: Node, own: list[int], count: int, sizes: Shape) -> Node:
        """The node with axes of size 1 where it has none of its own, so that it broadcasts."""
        if not own:
            return node
        node, own = self.sorted(node, own)
        shape = [sizes[axis] if axis in own else 1 for axis in range(own[0], count)]
        return self.ir.reshape(node, tuple(shape))

    def sorted(self, node: Node, own: list[int]) -> tuple[Node, list[int]]:
        in_order = sorted(own)
        return self.ir.transpose(node, [own.index(axis) for axis in in_order]), in_order

    def full(self, node: Node, sizes: Shape) -> Node:
        return node if node.shape == sizes else self.ir.broadcast(node, sizes)


def _base(label: str) -> str:
    return label.partition("[")[0]
