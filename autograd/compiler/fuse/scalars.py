"""The scalars, tidied before they are grouped: sums flattened, equal ones made one, structural zeros dropped.

``a + b + c`` is one sum of three terms, in however many gates it was written, and a product in it is a pair
of factors. What is always 0 whatever the numbers are, as ``Wh @ 0``, goes.
"""

from __future__ import annotations

from math import inf
from typing import Any

from autograd import gates
from autograd.compiler.trace import CONSTANT, Trace

#: In the place of a gate: a sum of products and terms.
SUM = "sum"
ADDITIVE = {gates.add, gates.sub, gates.summation, gates.neg}
BINARY = {gates.add, gates.sub}


class Sum:
    """Products (sign, a, b) and terms (sign, a), by rows of the scalars; and a constant."""

    __slots__ = ("constant", "products", "terms")

    def __init__(self) -> None:
        self.products: list[tuple[int, int, int]] = []
        self.terms: list[tuple[int, int]] = []
        self.constant = 0.0


class Scalars:
    """What the outputs are computed from: the trace's rows, and a few more, in ``order``.

    made      of each row the gate, SUM, or None for a leaf
    operands  of each row that a gate makes, the rows that it takes
    sums      of each row that is one, its Sum
    number    of each row that is constant, what it is
    outputs   the rows of those
    has_dropped  whether something went that is not 0 if a leaf is infinite or nan
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.made: list[Any] = list(trace.gate)
        self.operands: list[tuple[int, ...]] = list(trace.operands)
        self.sums: dict[int, Sum] = {}
        self.is_constant = [kind == CONSTANT for kind in trace.kind]
        self.number = list(trace.number)
        self.label = trace.label
        self.has_dropped = False
        self._constants: dict[str, int] = {}
        order = self._fold()
        self.order = self._gather(order)

    def __repr__(self) -> str:
        return f"{len(self.order):,} scalars, {len(self.sums):,} of them sums"

    def new_row(self, made: Any, operands: tuple[int, ...] = (), number: float = 0.0) -> int:
        """One more row, which the trace does not have."""
        self.made.append(made)
        self.operands.append(operands)
        self.number.append(number)
        self.is_constant.append(made is None)
        return len(self.made) - 1

    def constant(self, number: float) -> int:
        key = repr(number)
        if key not in self._constants:
            self._constants[key] = self.new_row(None, (), number)
        return self._constants[key]

    def name_of(self, row: int) -> str:
        return self.label[row] if row < len(self.label) else ""

    # -- equal ones are one, and zeros go --------------------------------------------------------

    def _fold(self) -> list[int]:
        """The rows in order, each taking only rows that stay."""
        trace = self.trace
        self.same = same = list(range(len(trace)))
        made, operands, is_constant = self.made, self.operands, self.is_constant
        has_replaced = False
        known: dict[Any, int] = {}
        order: list[int] = []
        has_masks = any(c and number == -inf for c, number in zip(is_constant, self.number, strict=True))
        fades = _fading(trace) if has_masks else []
        for row, gate in enumerate(trace.gate):
            if gate is None:
                order.append(row)
                continue
            taken = operands[row]
            if has_replaced:
                taken = tuple([same[each] for each in taken])
            if is_constant[taken[0]] or is_constant[taken[-1]]:
                replaced = self._replaced(gate, taken, bool(fades) and fades[row])
                if replaced is not None:
                    same[row], has_replaced = replaced, True
                    continue
            if gate is gates.div and taken[0] == taken[1]:  # a softmax of one: over the sum of that one
                total = self.new_row(SUM)
                self.sums[total] = alone = Sum()
                alone.terms.append((1, taken[0]))
                order.append(total)
                taken = taken[0], total
            elif gate is gates.mul and taken[0] == taken[1]:
                made[row], taken = gates.power, (taken[0], self.constant(2.0))
            key = made[row], taken
            first = known.setdefault(key, row)
            if first != row:
                same[row], has_replaced = first, True
                continue
            operands[row] = taken
            order.append(row)
        self.outputs = [same[row] for row in trace.outputs]
        return order

    def _replaced(self, gate: Any, taken: tuple[int, ...], fades: bool) -> int | None:
        """A row that this gate of these is always equal to, or None.

        fades  whether it goes into exponentials alone, so that where it is -inf nothing comes through
        """
        is_constant, number = self.is_constant, self.number
        if gate is gates.mul:
            a, b = taken
            for zero, other in ((a, b), (b, a)):
                if is_constant[zero] and number[zero] == 0 and self._is_dropped(zero, other):
                    self.has_dropped |= not is_constant[other]
                    return self.constant(0.0)
        elif gate is gates.where and is_constant[taken[0]]:
            return taken[1] if number[taken[0]] != 0 else taken[2]
        elif fades and gate in (gates.add, gates.sub):
            for masked in taken if gate is gates.add else taken[:1]:
                if is_constant[masked] and number[masked] == -inf:
                    self.has_dropped = True
                    return masked  # what a mask rules out stays so
        elif (
            gate is gates.div
            and is_constant[taken[0]]
            and number[taken[0]] == 0
            and self.made[taken[1]] in ADDITIVE
        ):
            return self.constant(0.0)  # a softmax, where a mask rules out
        if is_constant[taken[0]] and all(is_constant[each] for each in taken):
            return self.constant(gate.compute(*[number[each] for each in taken]))
        return None

    def _is_dropped(self, zero: int, other: int) -> bool:
        """Whether the product is 0: of a leaf, as in ``W @ 0``, or where a mask has ruled something out.

        0 times anything else may be nan.
        """
        return self.made[other] is None or zero >= len(self.trace)

    # -- sums ------------------------------------------------------------------------------------

    def _gather(self, order: list[int]) -> list[int]:
        """The rows that are left when sums have taken theirs in."""
        made, operands = self.made, self.operands
        uses = [0] * len(made)
        only_added = [True] * len(made)  # whether sums alone take it
        stays = [False] * len(made)  # a sum among others that someone wrote as one
        inside = [False] * len(made)  # whether the one sum that takes it has it inside
        has_number = [False] * len(made)  # whether that sum adds a constant elsewhere
        differs = self._differences(order)
        for row in self.outputs:
            uses[row] += 1
            only_added[row] = False
        for row in reversed(order):
            if not uses[row]:
                continue
            gate = made[row]
            if gate in ADDITIVE:
                adds = any(self.is_constant[each] and self.number[each] != 0 for each in operands[row])
                inside[row] = uses[row] == 1 and only_added[row] and not stays[row] and not self.name_of(row)
                several = len([each for each in operands[row] if made[each] in ADDITIVE]) > 1
                several |= gate is gates.summation
                inside[row] &= not (adds and has_number[row])  # 1e200 - (1e200 + x) is 0, not -x
                adds |= inside[row] and has_number[row]
                apart = differs[operands[row][-1]] or gate is gates.summation
                for place, each in enumerate(operands[row]):
                    uses[each] += 1
                    has_number[each] = adds
                    stays[each] = several and made[each] is gates.summation
                    if apart and differs[each]:  # but the terms so far, a + b in a + b + c, go with the next
                        stays[each] |= place > 0 or gate not in BINARY or not differs[operands[each][-1]]
            elif gate is SUM:
                for _, each in self.sums[row].terms:
                    uses[each] += 1
                    only_added[each] = False
            elif gate is not None:
                if gate is gates.mul:
                    inside[row] = only_added[row] and not self.name_of(row)
                for each in operands[row]:
                    uses[each] += 1
                    only_added[each] = False
        kept = []
        for row in order:
            if not uses[row] or inside[row]:
                continue
            gate = made[row]
            if gate is gates.mul:
                made[row] = SUM
                self.sums[row] = single = Sum()
                self._put(single, 1, row)
            elif gate in ADDITIVE and (gate is not gates.neg or inside[operands[row][0]]):
                self.sums[row] = self._flattened(row, inside)
                made[row] = SUM
            kept.append(row)
        return kept

    def _differences(self, order: list[int]) -> list[bool]:
        """Of each row whether it is a sum with something subtracted, so that what is left may be small.

        Added to others it stays what it is: (a - b) + (c - d) is not (a + c) - (b + d) of large ones.
        """
        made, operands, is_constant = self.made, self.operands, self.is_constant
        found = [False] * len(made)
        for row in order:
            gate = made[row]
            if gate in ADDITIVE:
                is_one = gate is gates.sub and not any(is_constant[each] for each in operands[row])
                found[row] = is_one or any(found[each] for each in operands[row])
        return found

    def _put(self, total: Sum, sign: int, product: int) -> None:
        a, b = self.operands[product]
        if self.is_constant[a] and self.is_constant[b]:
            total.constant += sign * self.number[a] * self.number[b]
        else:
            total.products.append((sign, a, b))

    def _flattened(self, root: int, inside: list[bool]) -> Sum:
        made, operands = self.made, self.operands
        total = Sum()
        waiting = [(1, root, True)]
        while waiting:
            sign, row, is_open = waiting.pop()
            if not is_open and not inside[row]:
                if self.is_constant[row]:
                    total.constant += sign * self.number[row]
                else:
                    total.terms.append((sign, row))
            elif made[row] is gates.mul:
                self._put(total, sign, row)
            elif made[row] is gates.sub:
                left, right = operands[row]
                waiting += (-sign, right, False), (sign, left, False)
            elif made[row] is gates.neg:
                waiting.append((-sign, operands[row][0], False))
            else:
                waiting += [(sign, each, False) for each in reversed(operands[row])]
        return total


def _fading(trace: Trace) -> list[bool]:
    """Of each row, whether it goes into exponentials alone, perhaps by way of additions and divisions."""
    fades = [True] * len(trace)
    for row in trace.outputs:
        fades[row] = False
    for row in range(len(trace) - 1, -1, -1):
        gate, operands = trace.gate[row], trace.operands[row]
        if gate is None or gate in (gates.exp, gates.logsumexp):
            continue
        passes = fades[row] and gate in (gates.add, gates.sub, gates.div)
        for place, each in enumerate(operands):
            fades[each] &= passes and (place == 0 or gate is gates.add)
    return fades
