"""The groups as arrays: for each its axes, and the nodes that compute it from those before."""

from __future__ import annotations

from math import inf, prod

import numpy as np

from autograd import gates
from autograd.compiler.fuse import grids
from autograd.compiler.fuse.arranging import arrange
from autograd.compiler.fuse.arrays import Arrays, Placed
from autograd.compiler.fuse.grids import Index, Presence
from autograd.compiler.fuse.groups import CONSTANTS, PADDED, Group, Groups, Part, consumers
from autograd.compiler.fuse.merging import merged
from autograd.compiler.fuse.padding import fill_of, filled_with, is_infinite, mask_of, wanted_fill
from autograd.compiler.ir import Node, Shape

LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Building(Arrays):
    """The IR under construction: a group at a time becomes an array."""

    def __init__(self, groups: Groups, inputs: list[Shape], parameters: list[Shape]) -> None:
        super().__init__(groups.scalars)
        ir = self.ir
        self.groups = {group.number: group for group in merged(groups.found)}
        self.consumers = consumers(self.groups.values())
        self.inputs = [ir.input(place, shape) for place, shape in enumerate(inputs)]
        self.parameters = [ir.parameter(place, shape) for place, shape in enumerate(parameters)]
        self.has_masks = False
        self.told: list[str] = []
        leaves = iter([*self.parameters, *self.inputs])
        self.weights = set(range(1, 1 + len(self.parameters)))  # the groups of parameters come first
        for group in self.groups.values():
            if group.number == CONSTANTS:
                continue
            if group.how == "leaf":
                leaf = next(leaves)
                self.place(group, Placed(leaf), np.arange(len(group.rows)))
                self.told.append(
                    f"#{group.number}: {leaf.operation} {leaf.label or leaf.detail} {leaf.shape}"
                )
            else:
                self._build(group)

    def output(self, rows: list[int]) -> Node:
        """The outputs as one node: without axes if there is one, else one after the other."""
        if all(self.scalars.is_constant[row] for row in rows):
            found = self.ir.constant(self.number[rows])
            return self.ir.reshape(found, ()) if len(rows) == 1 else found
        rows_at = np.array(rows)
        fixed = np.array([row for row in rows if self.scalars.is_constant[row]], dtype=np.int64)
        if len(fixed):  # beside others
            self.array_of[fixed], self.place_of[fixed] = len(self.arrays), np.arange(len(fixed))
            self.arrays.append(Placed(self.ir.constant(self.number[fixed])))
        axes = [np.arange(len(rows))] if len(rows) > 1 else []
        node, _, _ = self.read(rows_at, axes, grids.sizes_of(axes))
        return self.expanded(node, [0] if axes and node.shape else [], len(axes), grids.sizes_of(axes))

    # -- a group at a time -----------------------------------------------------------------------

    def _build(self, group: Group) -> None:
        axes, inner = arrange(group, self, self.weights, self.consumers[group.number])
        count, sizes = len(group.rows), grids.sizes_of(axes)
        at = grids.places(axes, count)
        present = None
        if prod(sizes) > count:
            present = np.zeros(sizes, dtype=bool)
            present.ravel()[at] = True
        self.present, self.fills = present, list[float | None]()  # of the group that is being built
        if group.how == "sum":
            node = self._sum(group, axes, inner)
        elif group.how == "elementwise":
            operands = [self._operand(part, axes) for part in group.parts]
            node = self.ir.call(group.made, *operands)
        elif group.how == "choose":
            node = self._choose(group, axes, inner)
        else:
            node = self._reduce(group, axes, inner)
        node = self.full(node, sizes)
        fill = None
        if present is not None:
            fill = fill_of(group, self.fills)
            if fill is None:
                fill = wanted_fill(group, self.consumers)
                own = list(range(len(sizes)))
                node, own = self._masked(node, own, sizes, present, fill)
        self.place(group, Placed(node, present, fill), at)
        self.told.append(f"{group!r} -> %{node.number} {node.shape}")

    def _operand(self, part: Part, axes: list[Index]) -> Node:
        sizes = grids.sizes_of(axes)
        node, own, placed = self.read(part.rows[:, 0], axes, sizes)
        self.fills.append(filled_with(placed, own, sizes, self.present, node))
        if node.operation == "constant" and node.shape == ():
            self.fills[-1] = node.scalar
        return self.expanded(node, own, len(axes), sizes)

    # -- sums, reductions, lookups ---------------------------------------------------------------

    def _masked(
        self, node: Node, own: list[int], sizes: Shape, mask: Presence, neutral: float
    ) -> tuple[Node, list[int]]:
        """The node with the neutral number where the mask has nothing."""
        self.has_masks = True
        needed = [axis for axis in range(len(sizes)) if not (mask == np.take(mask, [0], axis=axis)).all()]
        for axis in range(len(sizes)):
            if axis not in needed:
                mask = np.take(mask, [0], axis=axis)
        axes = [*[axis for axis in needed if axis not in own], *own]
        mask = np.moveaxis(mask, axes, range(len(axes)))
        shape = [sizes[axis] if axis in needed else 1 for axis in axes]
        shown = self.ir.constant(mask.astype(float).reshape(shape))
        expanded = self.ir.reshape(node, tuple([sizes[axis] if axis in own else 1 for axis in axes]))
        masked = self.ir.call(gates.where, shown, expanded, neutral)
        return self.full(masked, tuple([sizes[axis] for axis in axes])), axes

    def _sum(self, group: Group, axes: list[Index], inner: list[list[Index]]) -> Node:
        count, total = len(axes), None
        for part, own_inner in zip(group.parts, inner, strict=True):
            coordinates = [axis[part.member] for axis in axes] + own_inner
            sizes = grids.sizes_of(axes) + grids.sizes_of(own_inner)
            mask = mask_of(part, coordinates, sizes, count)
            if len(part.groups) == 2:
                node, own = self._product(part, coordinates, sizes, count, mask)
            else:
                node, own = self._terms(part, coordinates, sizes, count, mask)
            node = self.expanded(node, own, count, sizes)
            if total is None:
                total = node if part.sign > 0 else self.ir.call(gates.neg, node)
            else:
                total = self.ir.call(gates.add if part.sign > 0 else gates.sub, total, node)
        constants = np.array(group.constants)
        if constants.any():
            node, own, _ = self.constants(constants, axes, grids.sizes_of(axes))
            node = self.expanded(node, own, count, grids.sizes_of(axes))
            self.fills.append(float(constants[0]) if (constants == constants[0]).all() else None)
            total = node if total is None else self.ir.call(gates.add, total, node)
        return self.ir.constant(0.0) if total is None else total

    def _terms(
        self, part: Part, coordinates: list[Index], sizes: Shape, count: int, mask: Presence | None
    ) -> tuple[Node, list[int]]:
        node, own, placed = self.read(part.rows[:, 0], coordinates, sizes, count)
        if len(sizes) == count:
            self.fills.append(filled_with(placed, own, sizes, self.present, node))
        return self._summed(node, own, placed, sizes, count, mask)

    def _summed(
        self,
        node: Node,
        own: list[int],
        placed: Placed | None,
        sizes: Shape,
        count: int,
        mask: Presence | None,
    ) -> tuple[Node, list[int]]:
        """The sum over the inner axes, those from ``count`` on."""
        if mask is not None and filled_with(placed, own, sizes, mask, node) != 0.0:
            node, own = self._masked(node, own, sizes, mask, 0.0)
        missing = prod([sizes[axis] for axis in range(count, len(sizes)) if axis not in own])
        node = self.ir.sum(node, [place for place, axis in enumerate(own) if axis >= count])
        if missing > 1:
            node = self.ir.call(gates.mul, node, float(missing))
        return node, [axis for axis in own if axis < count]

    def _product(
        self, part: Part, coordinates: list[Index], sizes: Shape, count: int, mask: Presence | None
    ) -> tuple[Node, list[int]]:
        ir = self.ir
        a, a_own, a_placed = self.read(part.rows[:, 0], coordinates, sizes, count)
        b, b_own, b_placed = self.read(part.rows[:, 1], coordinates, sizes, count)
        if mask is None:
            pass
        elif is_infinite(a_placed) or is_infinite(b_placed):  # 0 times that would be nan
            if is_infinite(a_placed):
                a, a_own = self._masked(a, a_own, sizes, mask, 0.0)
            if is_infinite(b_placed):
                b, b_own = self._masked(b, b_own, sizes, mask, 0.0)
        elif not (
            filled_with(a_placed, a_own, sizes, mask, a) == 0.0
            or filled_with(b_placed, b_own, sizes, mask, b) == 0.0
        ):
            needed = {axis for axis in range(len(sizes)) if not (mask == np.take(mask, [0], axis=axis)).all()}
            if needed <= set(b_own) and (not needed <= set(a_own) or b.size < a.size):
                b, b_own = self._masked(b, b_own, sizes, mask, 0.0)
            else:
                a, a_own = self._masked(a, a_own, sizes, mask, 0.0)
        if len(sizes) == count:
            fills = [
                filled_with(a_placed, a_own, sizes, self.present, a),
                filled_with(b_placed, b_own, sizes, self.present, b),
            ]
            self.fills.append(0.0 if 0.0 in fills and -inf not in fills else None)
            return self._times(a, a_own, b, b_own, count, sizes)
        if a.scalar is not None:
            node, own = self._summed(b, b_own, b_placed, sizes, count, None)
            return ir.call(gates.mul, a, node), own
        missing = prod([sizes[axis] for axis in range(count, len(sizes)) if axis not in (*a_own, *b_own)])
        a, a_own = self._alone(a, a_own, b_own, count)
        b, b_own = self._alone(b, b_own, a_own, count)
        own = sorted({axis for axis in (*a_own, *b_own) if axis < count})
        if any(axis >= count for axis in a_own):
            letters = ["".join([LETTERS[axis] for axis in each]) for each in (a_own, b_own, own)]
            node = ir.einsum(a, b, (letters[0], letters[1], letters[2]))
        else:
            node, own = self._times(a, a_own, b, b_own, count, sizes)
        return ir.call(gates.mul, node, float(missing)) if missing > 1 else node, own

    def _times(
        self, a: Node, a_own: list[int], b: Node, b_own: list[int], count: int, sizes: Shape
    ) -> tuple[Node, list[int]]:
        """The product element by element."""
        own = sorted({*a_own, *b_own})
        factors = [self.expanded(each, axes, count, sizes) for each, axes in ((a, a_own), (b, b_own))]
        product = self.ir.call(gates.mul, *factors)
        return self.ir.reshape(product, tuple([sizes[axis] for axis in own])), own

    def _alone(self, node: Node, own: list[int], others: list[int], count: int) -> tuple[Node, list[int]]:
        """Summed over the inner axes that the other factor has not."""
        alone = [place for place, axis in enumerate(own) if axis >= count and axis not in others]
        return self.ir.sum(node, alone), [axis for place, axis in enumerate(own) if place not in alone]

    def _reduce(self, group: Group, axes: list[Index], inner: list[list[Index]]) -> Node:
        ir, count = self.ir, len(axes)
        neutral = PADDED.get(group.made, 0.0)
        blocks = []
        for part, own_inner in zip(group.parts, inner, strict=True):
            coordinates = [axis[part.member] for axis in axes] + own_inner
            sizes = grids.sizes_of(axes) + grids.sizes_of(own_inner)
            mask = mask_of(part, coordinates, sizes, count)
            node, own, placed = self.read(part.rows[:, 0], coordinates, sizes, count)
            if mask is not None and filled_with(placed, own, sizes, mask, node) != neutral:
                node, own = self._masked(node, own, sizes, mask, neutral)
            blocks.append((node, own, sizes))
        wanted = (
            list(range(count)) if len(blocks) > 1 else sorted({axis for axis in blocks[0][1] if axis < count})
        )
        if len(blocks) == 1 and len(blocks[0][2]) == count + 1 and count in blocks[0][1]:
            node, own, _ = blocks[0]
            node = ir.reduce(group.made, node, own.index(count))
            return self.expanded(node, [axis for axis in own if axis < count], count, grids.sizes_of(axes))
        laid = []
        for node, own, sizes in blocks:
            node, own = self.sorted(node, own)
            inner_sizes = sizes[count:]
            shape = tuple(
                [sizes[axis] if axis in own else 1 for axis in (*wanted, *range(count, len(sizes)))]
            )
            full = tuple([sizes[axis] for axis in (*wanted, *range(count, len(sizes)))])
            whole = self.full(ir.reshape(node, shape), full)
            laid.append(ir.reshape(whole, (*full[: len(wanted)], prod(inner_sizes))))
        node = ir.reduce(group.made, ir.concatenate(laid, len(wanted)), len(wanted))
        return self.expanded(node, wanted, count, grids.sizes_of(axes))

    def _choose(self, group: Group, axes: list[Index], inner: list[list[Index]]) -> Node:
        ir, count, outer = self.ir, len(axes), grids.sizes_of(axes)
        index_part, part = group.parts
        index, index_own, _ = self.read(index_part.rows[:, 0], axes, outer)
        own_inner = inner[1]
        coordinates = [axis[part.member] for axis in axes] + own_inner
        sizes = outer + grids.sizes_of(own_inner)
        table, own, _ = self.read(part.rows[:, 0], coordinates, sizes)
        table, own = self.sorted(table, own)
        index, index_own = self.sorted(index, index_own)
        outer_own = [axis for axis in own if axis < count]
        if index.varies and not table.varies and not set(outer_own) & set(index_own) and count in own:
            found = ir.take(table, index)
            now = [*outer_own, *index_own]
            found = ir.transpose(found, [now.index(axis) for axis in sorted(now)])
            return self.expanded(found, sorted(now), count, outer)
        shape = tuple([sizes[axis] if axis in own else 1 for axis in range(len(sizes))])
        table = ir.reshape(table, shape)
        if len(sizes) > count and count not in own:
            table = ir.broadcast(table, (*shape[:-1], sizes[-1]))
        table = (
            ir.transpose(table, [count, *range(count)])
            if len(sizes) > count
            else ir.reshape(table, (1, *shape))
        )
        return ir.choose(self.expanded(index, index_own, count, outer), table)
