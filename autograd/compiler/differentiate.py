"""Differentiate: from an array program to one that computes its gradient too.

Nodes have their turn in reverse, and each hands what it contributes to those that it took. A gate does so by
its own backward rule, run on nodes; the structural operations by a table of one line each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from math import prod

from autograd import probe
from autograd.compiler.array_program import ArrayProgram
from autograd.compiler.ir import IR, Node, Shape, below
from autograd.compiler.primitives import along, primitives
from autograd.rules import Gate

Adjoint = Callable[["Differentiating", Node, Node], Sequence["Node | None"]]


class Differentiating:
    """The contributions that are waiting for each node's turn.

    An upstream gradient may have axes of size 1 where its node is larger: it is the same all along.
    """

    def __init__(self, ir: IR, per_example: bool) -> None:
        self.ir = ir
        self.per_example = per_example
        self.waiting: dict[int, list[Node]] = defaultdict(list)
        self.gradient_of: dict[int, Node] = {}  # whose gradient a node is

    def contribute(self, to: Node, contribution: Node, out: Shape) -> None:
        """Note a contribution, computed for a result of shape ``out`` to which ``to`` was broadcast."""
        if contribution.scalar == 0:
            return
        ir, found = self.ir, contribution
        found = ir.reshape(found, (1,) * (len(out) - len(found.shape)) + found.shape)
        shape = (1,) * (len(out) - len(to.shape)) + to.shape
        summed = [axis for axis, n in enumerate(shape) if n == 1 and found.shape[axis] > 1]
        times = prod([whole for n, whole, own in zip(shape, out, found.shape, strict=True) if n == own == 1])
        found = ir.sum(found, summed, keep=True)
        if times > 1:
            found = found * float(times)
        found = ir.reshape(found, found.shape[len(out) - len(to.shape) :])
        if found.varies and not to.varies and not self.per_example:
            found = ir.sum_examples(found)
        self.waiting[to.number].append(found)

    def upstream(self, node: Node) -> Node | None:
        """The node's gradient, when all who took it have had their turn."""
        contributions = self.waiting.pop(node.number, None)
        if contributions is None:
            return None
        first, *others = _together(self.ir, contributions)
        total = first
        for each in others:
            total = total + each
        self.gradient_of.setdefault(total.number, node)
        return total

    def full(self, d: Node, shape: Shape) -> Node:
        d = self.ir.reshape(d, (1,) * (len(shape) - len(d.shape)) + d.shape)
        return self.ir.broadcast(d, shape)


def differentiate(arrays: ArrayProgram, per_example: bool = False) -> ArrayProgram:
    """The same with the output's gradient by each parameter.

    It is that of the sum over the examples of their loss times ``dloss``, an input: one over their number for
    the mean. per_example: instead of each example, the gradients varying.
    """
    arrays = arrays.rebuilt({})
    loss, ir = arrays.output, arrays.output.ir
    run = Differentiating(ir, per_example)
    run.waiting[loss.number].append(ir.node("dloss", (), None, (), True))
    wanted = {each.number for each in arrays.parameters}
    found: dict[int, Node] = {}
    for node in reversed(below([loss])):
        if not node.learns:
            continue
        d = run.upstream(node)
        if d is None:
            continue
        if node.number in wanted:
            found[node.number] = run.full(d, node.shape)
            continue
        for operand, contribution in zip(node.operands, ADJOINTS[node.operation](run, node, d), strict=True):
            if operand.learns and contribution is not None:
                out = contribution.shape if node.operation in STRUCTURAL else node.shape
                run.contribute(operand, contribution, out)
    gradients = tuple([found.get(each.number) for each in arrays.parameters])
    return replace(arrays, gradients=gradients, gradient_of=run.gradient_of)


def _together(ir: IR, contributions: list[Node]) -> list[Node]:
    """The contributions, fewer: slices that fill a whole side by side, and products over what is stacked.

    So the weights of a recurrent network get theirs from all steps in one product.
    """
    pads = [each for each in contributions if each.operation == "pad"]
    found = [each for each in contributions if each.operation != "pad"]
    found += _side_by_side(ir, pads) if len(pads) > 1 else pads  # what fills the whole is no slice any more
    less = [each for each in found if not _is_product(each)]
    alike: dict[object, list[Node]] = defaultdict(list)
    for each in filter(_is_product, found):
        shapes = tuple([operand.shape for operand in each.operands])
        varies = tuple([operand.varies for operand in each.operands])
        alike[each.detail, shapes, varies].append(each)
    for each_alike in alike.values():
        less += [_product_of_stacks(ir, each_alike)] if len(each_alike) >= FEWEST_STACKED else each_alike
    return less


FEWEST_STACKED = 3


def _is_product(node: Node) -> bool:
    return node.operation == "einsum" and bool(node.detail[3])


def _product_of_stacks(ir: IR, products: list[Node]) -> Node:
    """The sum of products a @ x.T, b @ y.T, ... as that of [a, b, ...] and [x, y, ...]."""
    of_a, of_b, out, over_examples = products[0].detail
    letter = next(each for each in "yxwvutsrqponmlk" if each not in of_a + of_b)
    stacks = []
    for place in (0, 1):
        parts = [each.operands[place] for each in reversed(products)]  # in the order of the forward pass
        columns = [ir.reshape(each, (*each.shape, 1)) for each in parts]
        stacks.append(ir.concatenate(columns, len(parts[0].shape)))
    return ir.einsum(stacks[0], stacks[1], (of_a + letter, of_b + letter, out), over_examples)


def _side_by_side(ir: IR, pads: list[Node]) -> list[Node]:
    """Slices of zeros that lie side by side along an axis, as one; and these along the next."""
    filled: list[Node] = []
    for axis in range(len(pads[0].shape)):
        in_rows: dict[object, list[Node]] = defaultdict(list)
        for each in pads:
            in_rows[each.detail[:axis] + each.detail[axis + 1 :]].append(each)
        found = [one for row in in_rows.values() for one in _in_a_row(ir, row, axis)]
        pads = [each for each in found if each.operation == "pad"]
        filled += [each for each in found if each.operation != "pad"]
    return filled + pads


def _in_a_row(ir: IR, pads: list[Node], axis: int) -> list[Node]:
    """Slices that differ along one axis alone, as one if they do not overlap; between them are zeros."""
    in_order = sorted(pads, key=lambda each: each.detail[axis])
    ranges = [each.detail[axis] for each in in_order]
    overlap = any(after[0] < before[1] for before, after in pairwise(ranges))
    if len(pads) < 2 or overlap or any(step != 1 for _, _, step in ranges):
        return pads
    parts: list[Node] = []
    end = ranges[0][0]
    for node, (start, stop, _) in zip(in_order, ranges, strict=True):
        inner = node.operands[0]
        if start > end:
            gap = (*inner.shape[:axis], start - end, *inner.shape[axis + 1 :])
            parts.append(ir.broadcast(ir.constant(0.0), gap))
        parts.append(inner)
        end = stop
    whole = list(in_order[0].detail)
    whole[axis] = ranges[0][0], end, 1
    return [ir.pad(ir.concatenate(parts, axis), whole, in_order[0].shape)]


# -- gates --------------------------------------------------------------------------------------


def _call(run: Differentiating, node: Node, d: Node) -> Sequence[Node | None]:
    gate: Gate = node.detail
    if probe.sends_nothing(gate):
        return [None] * len(node.operands)
    if probe.on_arrays(gate) and probe.backward_on_symbols(gate):
        found = gate.backward(primitives, d, node, *node.operands)
        return [None if each is None else run.ir.of(each) for each in found]
    together = run.ir.elementwise("contributions", d, node, *node.operands, detail=gate)
    return [run.ir.node("item", (together,), place, together.shape) for place in range(len(node.operands))]


def _reduce(run: Differentiating, node: Node, d: Node) -> Sequence[Node | None]:
    gate, axis = node.detail
    (x,) = node.operands
    kept = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
    (found,) = gate.backward(along(axis), _with_axes(run, node, d, (axis,)), run.ir.reshape(node, kept), x)
    return [found]


# -- structure ----------------------------------------------------------------------------------


def _einsum(run: Differentiating, node: Node, d: Node) -> Sequence[Node | None]:
    a, b = node.operands
    of_a, of_b, out, _ = node.detail
    d = run.full(d, node.shape)
    found: list[Node | None] = []
    for operand, letters, other, others in ((a, of_a, b, of_b), (b, of_b, a, of_a)):
        if not operand.learns:
            found.append(None)
            continue
        above, over_examples = d, not operand.varies and not run.per_example
        if over_examples and not (d.varies and other.varies):
            above, other, over_examples = run.ir.sum_examples(d), run.ir.sum_examples(other), False
        found.append(run.ir.einsum(above, other, (out, others, letters), over_examples))
    return found


def _sum(run: Differentiating, node: Node, d: Node) -> Sequence[Node | None]:
    axes, keep = node.detail
    return [d if keep else _with_axes(run, node, d, axes)]


def _with_axes(run: Differentiating, node: Node, d: Node, axes: tuple[int, ...]) -> Node:
    """The upstream gradient with these axes put in, which the node lacks."""
    sizes = iter((1,) * (len(node.shape) - len(d.shape)) + d.shape)
    count = len(node.shape) + len(axes)
    return run.ir.reshape(d, tuple([1 if axis in axes else next(sizes) for axis in range(count)]))


def _concatenate(run: Differentiating, node: Node, d: Node) -> Sequence[Node | None]:
    axis, first = node.detail, 0
    d = run.full(d, node.shape)
    found: list[Node | None] = []
    for operand in node.operands:
        ranges = [(0, n, 1) for n in node.shape]
        ranges[axis] = first, first + operand.shape[axis], 1
        first += operand.shape[axis]
        found.append(run.ir.slice(d, ranges))
    return found


def _take(run: Differentiating, node: Node, d: Node) -> Sequence[Node | None]:
    table, index = node.operands
    return [run.ir.segment_sum(run.full(d, node.shape), index, table.shape, run.per_example), None]


def _choose(run: Differentiating, node: Node, d: Node) -> Sequence[Node | None]:
    index, options = node.operands
    whole = d if options.shape[1:] == node.shape else run.full(d, node.shape)
    return [None, run.ir.unchoose(index, whole, options.shape[0])]


def _inverse(order: tuple[int, ...]) -> list[int]:
    return sorted(range(len(order)), key=order.__getitem__)


#: What each operation contributes to its operands: (run, node, upstream gradient) to one each.
ADJOINTS: dict[str, Adjoint] = {
    "call": _call,
    "reduce": _reduce,
    "einsum": _einsum,
    "sum": _sum,
    "take": _take,
    "choose": _choose,
    "concatenate": _concatenate,
    "reshape": lambda run, x, d: [run.ir.reshape(run.full(d, x.shape), x.operands[0].shape)],
    "transpose": lambda run, x, d: [run.ir.transpose(run.full(d, x.shape), _inverse(x.detail))],
    "broadcast": lambda run, x, d: [d],
    "slice": lambda run, x, d: [run.ir.pad(run.full(d, x.shape), x.detail, x.operands[0].shape)],
    "gather": lambda run, x, d: [
        run.ir.scatter_add(run.full(d, x.shape), x.detail.array, x.operands[0].shape)
    ],
}
#: Those whose contribution has the operand's shape already.
STRUCTURAL = {
    "choose", "einsum", "sum", "take", "reshape", "transpose", "slice", "gather", "concatenate", "reduce",
}  # fmt: skip
