"""Rules of arithmetic and of gates: element by element, whatever the axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.compiler.ir import Node
from autograd.compiler.primitives import along, primitives
from autograd.names import WRITTEN_OUT, is_built_in

COMPARISONS = {
    "==": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater,
    ">=": np.greater_equal, "&": np.logical_and,
}  # fmt: skip


#: Gates that are written as operators, or as NumPy's functions of two.
OPERATORS = (WRITTEN_OUT | {"choose", "where", "max", "min", "norm"}) - {"sqrt"}


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


def is_number(x: Node, number: float) -> bool:
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
    if all(each.shape == () for each in numbers) and x.operation in FOLDED:
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
        if is_number(one, 0) and _fits(other, x):
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
    if is_number(b, 0) and _fits(a, x):
        return a
    if is_number(a, 0) and _fits(b, x):
        return -b
    return a + b.operands[0] if b.operation == "neg" else None


def times(x: Node) -> Node | None:
    """1 * a, -1 * a, (-a) * b, a * a; numbers go to the smaller factor, and those of both become one."""
    a, b = x.operands
    if b.scalar is not None and a.scalar is None:
        return b * a
    if is_number(a, 1) and _fits(b, x):
        return b
    if is_number(a, -1):
        return -b
    if a.operation == "neg":
        return -(a.operands[0] * b)
    if b.operation == "neg":
        return -(a * b.operands[0])
    if a is b:
        return a**2.0
    (c, one), (d, other) = number_in(a), number_in(b)
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


def number_in(x: Node) -> tuple[float, Node]:
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
    if is_number(b, 1) and _fits(a, x):
        return a
    return -(a.operands[0] / b) if a.operation == "neg" else None


def raised(x: Node) -> Node | None:
    """a ** 1."""
    a, b = x.operands
    return a if is_number(b, 1) else None


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
