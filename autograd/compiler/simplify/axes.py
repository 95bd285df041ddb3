"""Rules of axes: reshapes, transposes and slices of each other, products of arrays, sums."""

from __future__ import annotations

import itertools
from math import prod

import numpy as np

from autograd.compiler.ir import Node
from autograd.compiler.simplify.arithmetic import is_number, number_in


def leading(x: Node) -> Node | None:
    """Axes of size 1 in front of an operand, which broadcasting puts there."""
    operands = [
        each.operands[0] if each.operation == "reshape" and _only_leads(each) else each for each in x.operands
    ]
    if all(one is other for one, other in zip(operands, x.operands, strict=True)):
        return None
    if np.broadcast_shapes(*[each.shape for each in operands]) != x.shape:
        return None
    return x.ir.elementwise(x.operation, *operands, detail=x.detail)


def _only_leads(x: Node) -> bool:
    (a,) = x.operands
    return x.shape == (1,) * (len(x.shape) - len(a.shape)) + a.shape and len(x.shape) > len(a.shape)


def reshaped(x: Node) -> Node | None:
    """A reshape of a reshape; one that changes nothing."""
    (a,) = x.operands
    if a.shape == x.shape:
        return a
    if a.operation == "constant":
        return x.ir.constant(a.detail.array.reshape(x.shape))
    if a.operation == "sum" and a.detail[1] and len(x.shape) == len(a.shape) - len(a.detail[0]):
        without = x.ir.sum(a.operands[0], a.detail[0])
        return without if without.shape == x.shape else None
    if a.operation == "neg":
        return -x.ir.reshape(a.operands[0], x.shape)
    number, rest = number_in(a)
    if number != 1:
        return number * x.ir.reshape(rest, x.shape)
    if a.operation == "gather":
        return x.ir.gather(a.operands[0], a.detail.array.reshape(x.shape))
    if a.operation == "sum_examples" and a.operands[0].operation == "sum":
        inner = x.ir.reshape(a.operands[0], x.shape)
        return x.ir.sum_examples(inner) if inner.operation == "sum" else None
    return x.ir.reshape(a.operands[0], x.shape) if a.operation == "reshape" else None


def transposed(x: Node) -> Node | None:
    """A transpose of a transpose; one that moves only axes of size 1."""
    (a,) = x.operands
    if a.operation == "gather":
        return x.ir.gather(a.operands[0], a.detail.array.transpose(x.detail))
    if a.operation == "transpose":
        return x.ir.transpose(a.operands[0], [a.detail[axis] for axis in x.detail])
    moved = [axis for axis in x.detail if a.shape[axis] > 1]
    return x.ir.reshape(a, x.shape) if moved == sorted(moved) else None


def multiplied(x: Node) -> Node | None:
    """Products of which none are added up are element by element."""
    a, b = x.operands
    of_a, of_b, out, over_examples = x.detail
    if over_examples or set(of_a + of_b) != set(out):
        return None
    factors = []
    for node, letters in ((a, of_a), (b, of_b)):
        in_order = sorted(letters, key=out.index)
        moved = x.ir.transpose(node, [letters.index(letter) for letter in in_order])
        sizes = dict(zip(letters, node.shape, strict=True))
        first = min([out.index(letter) for letter in letters], default=len(out))
        factors.append(x.ir.reshape(moved, tuple([sizes.get(letter, 1) for letter in out[first:]])))
    product = factors[0] * factors[1]
    return product if product.shape == x.shape else None


def merged(x: Node) -> Node | None:
    """Axes that are side by side wherever they are become one."""
    a, b = x.operands
    of_a, of_b, out, over_examples = x.detail
    for first, second in {*itertools.pairwise(of_a), *itertools.pairwise(of_b)}:
        pair = first + second
        if all(pair in each for each in (of_a, of_b, out) if first in each or second in each):
            break
    else:
        return None
    found = []
    for node, letters in ((a, of_a), (b, of_b)):
        if pair in letters:
            place = letters.index(pair)
            shape = (*node.shape[:place], node.shape[place] * node.shape[place + 1], *node.shape[place + 2 :])
            node = x.ir.reshape(node, shape)
        found.append((node, letters.replace(pair, first)))
    (one, of_one), (other, of_other) = found
    product = x.ir.einsum(one, other, (of_one, of_other, out.replace(pair, first)), over_examples)
    return x.ir.reshape(product, x.shape)


def turned(x: Node) -> Node | None:
    """The product of -a and b is minus that of a and b."""
    a, b = x.operands
    of_a, of_b, out, over_examples = x.detail
    if a.operation == "neg":
        return -x.ir.einsum(a.operands[0], b, (of_a, of_b, out), over_examples)
    if b.operation == "neg":
        return -x.ir.einsum(a, b.operands[0], (of_a, of_b, out), over_examples)
    return None


def within(x: Node) -> Node | None:
    """Arrays side by side that are so in a longer row already: a slice of that."""
    parts = [each.number for each in x.operands]
    for node in x.ir.nodes:
        if node.operation != "concatenate" or node.detail != x.detail:
            continue
        row = [each.number for each in node.operands]
        for start in range(len(row) - len(parts) + 1):
            if row[start : start + len(parts)] == parts:
                before = sum([each.shape[x.detail] for each in node.operands[:start]])
                ranges = [(0, n, 1) for n in node.shape]
                ranges[x.detail] = before, before + x.shape[x.detail], 1
                return x.ir.slice(node, ranges)
    return None


def broadcasted(x: Node) -> Node | None:
    (a,) = x.operands
    return a if a.shape == x.shape else None


def _is_padded(x: Node) -> bool:
    """Whether most of it may be zeros, so that its sum costs less than it."""
    if x.operation in ("reshape", "neg"):
        return _is_padded(x.operands[0])
    return x.operation == "pad" or (
        x.operation in ("+", "-") and any(_is_padded(each) for each in x.operands)
    )


def summed(x: Node) -> Node | None:
    """The sum of -a, of c * a, of what is the same all along an axis; over axes of size 1."""
    (a,) = x.operands
    ir = x.ir

    def again(inner: Node) -> Node:
        return ir.node(x.operation, (inner,), x.detail, x.shape, x.varies)

    if a.operation == "neg":
        return -again(a.operands[0])
    if x.operation == "sum_examples":
        if a.operation == "reshape":
            return ir.reshape(ir.sum_examples(a.operands[0]), x.shape)
        if a.operation == "pad":
            return ir.pad(ir.sum_examples(a.operands[0]), a.detail, a.shape)
        if a.operation == "transpose":
            return ir.transpose(ir.sum_examples(a.operands[0]), a.detail)
        if a.operation in ("*", "/", "einsum") and not all(each.varies for each in a.operands):
            factors = tuple([ir.sum_examples(each) for each in a.operands])  # what does not vary, as it is
            if a.operation != "/" or a.operands[0].varies:
                return ir.node(a.operation, factors, a.detail, a.shape)
        if a.operation in ("+", "-") and any(_is_padded(each) for each in a.operands):
            one, other = [ir.sum_examples(each) for each in a.operands]
            if all(each.varies for each in a.operands):
                return one + other if a.operation == "+" else one - other
    if a.operation == "*" and a.operands[0].scalar is not None:
        return a.operands[0] * again(a.operands[1])
    if x.operation == "sum":
        axes, keep = x.detail
        if a.operation == "**" and is_number(a.operands[1], 2) and not (x.varies or keep) and x.shape == ():
            return ir.node("vdot", (a.operands[0], a.operands[0]), None, (), False)
        if all(a.shape[axis] == 1 for axis in axes):
            return ir.reshape(a, x.shape)
        if a.operation == "broadcast" and all(a.operands[0].shape[axis] == 1 for axis in axes):
            inner = a.operands[0]
            kept = tuple([1 if axis in axes else n for axis, n in enumerate(a.shape)])
            whole = ir.broadcast(inner, kept)
            return ir.reshape(whole, x.shape) * float(prod([a.shape[axis] for axis in axes]))
    return None
