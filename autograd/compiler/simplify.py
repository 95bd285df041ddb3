"""Simplify: small rules on nodes, each a line of algebra, listed in one table.

A program is built again node by node, and each new node is first shown to the rules of its operation. Most
hold exactly; ``factored`` holds but for rounding.
"""

from __future__ import annotations

import itertools
from math import prod
from typing import Any

import numpy as np

from autograd.compiler.ir import ArrayProgram, Node, Rule
from autograd.compiler.primitives import along, primitives
from autograd.names import WRITTEN_OUT, is_built_in

COMPARISONS = {
    "==": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater,
    ">=": np.greater_equal, "&": np.logical_and,
}  # fmt: skip


#: Gates that are written as operators, or as NumPy's functions of two.
OPERATORS = (WRITTEN_OUT | {"choose", "where", "max", "min", "norm"}) - {"sqrt"}


def simplify(arrays: ArrayProgram, opened: bool = True) -> ArrayProgram:
    """The same, simplified.

    opened  whether logsumexp and its like are written out, so that both passes share what both need
    """
    return arrays.rebuilt(RULES if opened else {**RULES, "reduce": []})


# -- gates --------------------------------------------------------------------------------------


def written_out(x: Node) -> Node | None:
    """A gate that people write as an operator."""
    gate = x.detail
    if not is_built_in(gate) or gate.name not in OPERATORS:
        return None
    return x.ir.of(gate.forward(primitives, *x.operands))


def opened(x: Node) -> Node | None:
    """A gate of all numbers along an axis, as its rule has it."""
    gate, axis = x.detail
    return x.ir.reshape(x.ir.of(gate.forward(along(axis), x.operands[0])), x.shape)


# -- arithmetic ---------------------------------------------------------------------------------


def _is(x: Node, number: float) -> bool:
    return x.scalar == number


def _fits(x: Node, like: Node) -> bool:
    """Whether x has the whole shape of a result, so that it can stand for it."""
    return x.shape == like.shape and x.varies == like.varies


def folded(x: Node) -> Node | None:
    """An operation on constants, done at once; of arrays only comparisons."""
    numbers: list[Any] = [each.array for each in x.operands]
    if any(each is None for each in numbers):
        return None
    if x.operation in COMPARISONS:
        return x.ir.constant(COMPARISONS[x.operation](*numbers))
    if all(each.shape == () for each in numbers if each is not None) and x.operation in FOLDED:
        with np.errstate(all="ignore"):
            return x.ir.constant(FOLDED[x.operation](*numbers))
    return None


FOLDED: dict[str, Any] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "neg": np.negative, "**": np.power,
}  # fmt: skip


def plus(x: Node) -> Node | None:
    """0 + a, a + 0, a + (-b), a + a."""
    a, b = x.operands
    for one, other in ((a, b), (b, a)):
        if _is(one, 0) and _fits(other, x):
            return other
    if b.operation == "neg":
        return a - b.operands[0]
    if a.operation == "neg":
        return b - a.operands[0]
    if a is b:
        return 2.0 * a
    return None


def factored(x: Node) -> Node | None:
    """d * a + d * b is d * (a + b), but for rounding, and for numbers so large that a + b overflows."""
    a, b = x.operands
    if not a.operation == b.operation == "*":
        return None
    for factor, rest in (a.operands, a.operands[::-1]):
        for other, rest_other in (b.operands, b.operands[::-1]):
            if factor is other and factor.scalar is None and rest.varies == rest_other.varies:
                return factor * (rest + rest_other if x.operation == "+" else rest - rest_other)
    return None


def minus(x: Node) -> Node | None:
    """a - 0, 0 - b, a - (-b)."""
    a, b = x.operands
    if _is(b, 0) and _fits(a, x):
        return a
    if _is(a, 0) and _fits(b, x):
        return -b
    return a + b.operands[0] if b.operation == "neg" else None


def times(x: Node) -> Node | None:
    """1 * a, -1 * a, (-a) * b, a * a; numbers go to the smaller factor, and those of both become one."""
    a, b = x.operands
    if b.scalar is not None and a.scalar is None:
        return b * a
    if _is(a, 1) and _fits(b, x):
        return b
    if _is(a, -1):
        return -b
    if a.operation == "neg":
        return -(a.operands[0] * b)
    if b.operation == "neg":
        return -(a * b.operands[0])
    if a is b:
        return a**2.0
    (c, one), (d, other) = _number_in(a), _number_in(b)
    if a.scalar is not None and b.operation == "*" and a.scalar != 1:
        small, large = sorted(b.operands, key=_weight)
        if _weight(small) < _weight(large) and _are_modest(a.scalar, d):
            return (a * small) * large
    if c != 1 and d != 1 and _are_modest(c, d):
        return (c * d) * (one * other)
    with_number, without = (one, other) if c != 1 else (other, one)
    is_on_the_larger = c != d and 1 in (c, d) and _weight(with_number) > _weight(without)
    if is_on_the_larger and a.scalar is None and _are_modest(c, d):
        small, large = sorted((one, other), key=_weight)
        return (c * d * small) * large
    return None


def _number_in(x: Node) -> tuple[float, Node]:
    """(c, a) of c * a; else (1, x)."""
    if x.operation == "*" and x.operands[0].scalar is not None:
        return x.operands[0].scalar, x.operands[1]
    return 1.0, x


def _are_modest(*numbers: float) -> bool:
    """Whether it matters little which is multiplied first: x * 1e200 * 1e-200 is inf where x * 1.0 is not."""
    return all(1e-9 < abs(number) < 1e9 for number in numbers)


def _weight(x: Node) -> tuple[bool, int]:
    """How much there is to compute."""
    return x.varies, x.size


def over(x: Node) -> Node | None:
    """a / 1, (-a) / b."""
    a, b = x.operands
    if _is(b, 1) and _fits(a, x):
        return a
    return -(a.operands[0] / b) if a.operation == "neg" else None


def raised(x: Node) -> Node | None:
    """a ** 1."""
    a, b = x.operands
    return a if _is(b, 1) else None


def negative(x: Node) -> Node | None:
    """-(-a), -(a - b)."""
    (a,) = x.operands
    if a.operation == "neg":
        return a.operands[0]
    return a.operands[1] - a.operands[0] if a.operation == "-" else None


def chosen(x: Node) -> Node | None:
    """Where the condition is known."""
    condition, a, b = x.operands
    known = condition.array
    if known is None:
        return None
    if known.all() and _fits(a, x):
        return a
    return b if not known.any() and _fits(b, x) else None


def softmax(x: Node) -> Node | None:
    """exp(a - (b + log(s))) is exp(a - b) / s, whose exponential and sum the logarithm needed already."""
    (a,) = x.operands
    if a.operation != "-":
        return None
    less = a.operands[1]
    if less.operation == "reshape" and less.operands[0].shape == (1, *less.shape) and less.shape != x.shape:
        less = less.operands[0]  # which broadcasts as well
    if less.operation == "+" and less.operands[1].operation == "log":
        largest, log = less.operands
        if largest.operation != "finite":
            return None  # of anything but the largest, the exponential may overflow
        return x.ir.elementwise("exp", a.operands[0] - largest) / log.operands[0]
    return None


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


# -- structure ----------------------------------------------------------------------------------


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
    number, rest = _number_in(a)
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
        if a.operation == "**" and _is(a.operands[1], 2) and not (x.varies or keep) and x.shape == ():
            return ir.node("vdot", (a.operands[0], a.operands[0]), None, (), False)
        if all(a.shape[axis] == 1 for axis in axes):
            return ir.reshape(a, x.shape)
        if a.operation == "broadcast" and all(a.operands[0].shape[axis] == 1 for axis in axes):
            inner = a.operands[0]
            kept = tuple([1 if axis in axes else n for axis, n in enumerate(a.shape)])
            whole = ir.broadcast(inner, kept)
            return ir.reshape(whole, x.shape) * float(prod([a.shape[axis] for axis in axes]))
    return None


#: By operation, the rules that a new node is shown to, in order.
RULES: dict[str, list[Rule]] = {
    "call": [written_out],
    "reduce": [opened],
    "+": [leading, folded, plus, factored],
    "-": [leading, folded, minus, factored],
    "*": [leading, folded, times],
    "/": [leading, folded, over],
    "**": [folded, raised],
    "neg": [folded, negative],
    "where": [leading, chosen],
    "exp": [softmax],
    "einsum": [multiplied, turned, merged],
    **{comparison: [folded] for comparison in COMPARISONS},
    "concatenate": [within],
    "reshape": [reshaped],
    "transpose": [transposed],
    "broadcast": [broadcasted],
    "sum": [summed],
    "sum_examples": [summed],
}
