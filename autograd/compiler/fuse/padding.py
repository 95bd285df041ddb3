"""What is where a rectangle has no scalar: which places those are, and which number is best in them."""

from __future__ import annotations

from math import inf, isnan, prod

import numpy as np

from autograd import gates
from autograd.compiler.fuse import grids
from autograd.compiler.fuse.arrays import Placed
from autograd.compiler.fuse.grids import Index, Presence
from autograd.compiler.fuse.groups import Consumers, Group, Part
from autograd.compiler.ir import Node, Shape
from autograd.names import is_built_in

#: Gates below which whatever is not there should be -inf.
LIKE_EXP = {gates.exp, gates.logsumexp, gates.maximum, gates.softplus, gates.sigmoid}
#: What may be in the places of operands of which nothing is known.
OTHERS = (0.0, 0.625, -1.75, 2.5)


def fill_of(group: Group, fills: list[float | None]) -> float | None:
    """What the gate makes of what fills its operands, whatever the others are; None if unknown."""
    if all(each is None for each in fills):
        return None
    signs = [*[part.sign for part in group.parts], *([1] if any(group.constants) else [])]
    if group.how == "sum" and len(fills) < len(signs):
        return None
    is_known = None not in fills
    is_open = group.how == "elementwise" and (not is_built_in(group.made) or group.made is gates.choose)
    if is_open and not is_known:
        return None  # more than what is tried may decide
    found = set()
    for first in range(len(OTHERS)):
        others = iter(OTHERS[first:] + OTHERS[:first])
        numbers = [next(others) if each is None else each for each in fills]
        if group.how == "elementwise":
            found.add(group.made.compute(*numbers))
        else:
            found.add(sum([sign * each for sign, each in zip(signs, numbers, strict=True)]))
    found = {each for each in found if not isnan(each)}
    return found.pop() if len(found) == 1 else None


def wanted_fill(group: Group, consumers: Consumers) -> float:
    """-inf if an exponential or a maximum takes it next, else 0."""
    waiting, seen = [group.number], {group.number}
    while waiting:
        for taker, part, _ in consumers[waiting.pop()]:
            if taker.made in LIKE_EXP:
                return -inf
            passes = taker.how == "elementwise" and taker.made is gates.div
            passes |= taker.how == "sum" and len(part.groups) == 1 and part.sign > 0
            if passes and taker.number not in seen:
                seen.add(taker.number)
                waiting.append(taker.number)
    return 0.0


def mask_of(part: Part, coordinates: list[Index], sizes: Shape, count: int) -> Presence | None:
    """Where the part has an entry, by all its axes, or there is no scalar at all; None if everywhere."""
    if prod(sizes) == len(part.member) or len(sizes) == count:
        return None
    mask = np.zeros(sizes, dtype=bool)
    mask.ravel()[grids.places(coordinates, len(part.member))] = True
    mask |= ~mask.any(axis=tuple(range(count, len(sizes))), keepdims=True)
    return None if mask.all() else mask


def filled_with(
    placed: Placed | None, own: list[int], sizes: Shape, mask: Presence | None, node: Node
) -> float | None:
    """The number that the array already has wherever the mask has nothing, if that is known."""
    if mask is None or placed is None or placed.present is None or placed.node is not node:
        return None
    in_order = placed.present.transpose([own.index(axis) for axis in sorted(own)])
    shape = [sizes[axis] if axis in own else 1 for axis in range(len(sizes))]
    return placed.fill if (mask | ~in_order.reshape(shape)).all() else None


def is_infinite(placed: Placed | None) -> bool:
    return placed is not None and placed.fill == -inf
