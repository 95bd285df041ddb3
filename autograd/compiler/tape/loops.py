"""A graph as a loop over its gates, one after the other, with a branch in it for each kind of gate.

A branch is the gate's own rule, run on texts, so that the loop calls no rule:

    for kind, i, j in zip(kinds, lefts, rights):
        if kind < 1:
            append((v[i] * v[j]))
        else:
            append(tanh(v[i]))

It takes a microsecond or two a gate to make, and runs several times as fast as the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd.compiler.tape.texts import Style, Text, is_written
from autograd.compiler.trace import CONSTANT, Trace
from autograd.gates import summation
from autograd.rules import Gate

SKIPPED, FIRST, MORE = range(3)  # a contribution: wanted by nobody; the first to its node; a further one


class Kind(NamedTuple):
    """What has a branch of its own.

    operands       how many the gate takes; 0, any number, of one that is not written out
    contributions  what becomes of each of them, SKIPPED, FIRST or MORE; none forward, and if not written out
    """

    gate: Gate
    operands: int
    is_written: bool
    contributions: tuple[int, ...] = ()


class Loop:
    """The gates of a trace in a table of columns, and the loops over it.

    Leaves come first, inputs, parameters and constants, then the gates that need no gradient, then those
    that do. So a gate's number is appended to those before it, and its gradient taken from the end.

    wanted  of each row of the trace, whether its gradient is wanted
    """

    def __init__(self, trace: Trace, wanted: Sequence[bool]) -> None:
        constants = [row for row, kind in enumerate(trace.kind) if kind == CONSTANT]
        made = [(row, gate) for row, gate in enumerate(trace.gate) if gate is not None]
        made.sort(key=lambda each: wanted[each[0]])
        slot_of = [0] * len(trace)
        for slot, row in enumerate([*trace.inputs, *trace.parameters, *constants, *[row for row, _ in made]]):
            slot_of[row] = slot
        self.constants = [trace.number[row] for row in constants]
        self.outputs = [slot_of[row] for row in trace.outputs]
        self.leaves = len(trace.inputs) + len(trace.parameters)
        #: the operands of gates that are not written out, or have more than two
        self.many: list[tuple[int, ...]] = []
        kinds: dict[tuple[Gate, int], Kind] = {}
        numbers: dict[Kind, int] = {}
        column, lefts, rights, kind_of = [], [], [], []
        for row, gate in made:
            taken = trace.operands[row]
            count = len(taken)
            kind = kinds.get((gate, count))
            if kind is None:
                written = is_written(gate, count)
                kind = kinds[gate, count] = Kind(gate, count if written else 0, written)
                numbers.setdefault(kind, len(numbers))
            kind_of.append(kind)
            column.append(numbers[kind])
            if kind.is_written and count <= 2:
                lefts.append(slot_of[taken[0]])
                rights.append(slot_of[taken[-1]])
            else:
                lefts.append(len(self.many))
                rights.append(0)
                self.many.append(tuple([slot_of[each] for each in taken]))
        # The ints of a list made by NumPy lie one after the other in memory, which the loop feels.
        lefts, rights = np.array(lefts, int).tolist(), np.array(rights, int).tolist()
        self.kinds = list(numbers)
        self.columns = column, lefts, rights
        self.loops: dict[tuple[Style, bool], Any] = {}

        rows = [row for row, _ in made]
        first = len(rows) - sum([wanted[row] for row in rows])
        self.back_kinds, back = _kinds_backward(trace, rows[first:], kind_of[first:], wanted)
        stop = first - 1 if first else None
        self.back_columns = back, lefts[:stop:-1], rights[:stop:-1]

    def numbers(self, style: Style, leaves: Sequence[Any]) -> list[Any]:
        """All numbers, from those of the inputs and the parameters."""
        v = [*leaves, *self.constants]
        self._loop(style, False)(*self.columns, self.many, v)
        return v

    def gradients(self, style: Style, numbers: list[Any], upstream: Any) -> list[Any]:
        """By the inputs and the parameters, from the numbers and the gradient of the one output."""
        g: list[Any] = [style.nothing] * len(numbers)
        g[self.outputs[0]] = upstream
        self._loop(style, True)(*self.back_columns, self.many, numbers, g)
        return g[: self.leaves]

    def _loop(self, style: Style, is_backward: bool) -> Any:
        if (style, is_backward) not in self.loops:
            head = [*(BACKWARD if is_backward else FORWARD)]
            kinds = self.back_kinds if is_backward else self.kinds
            names = dict(style.names)
            write = _backward if is_backward else _forward
            branches = [write(style, kind, f"rule{place}", names) for place, kind in enumerate(kinds)]
            if is_backward and style.nothing is None:
                head += ["        if u is None:", "            continue"]
            exec("\n".join([*head, *_tree(branches, 0, len(branches), "        ")]), names)
            self.loops[style, is_backward] = names["loop"]
        return self.loops[style, is_backward]


FORWARD = (
    "def loop(kinds, lefts, rights, many, v):",
    "    append = v.append",
    "    for kind, i, j in zip(kinds, lefts, rights):",
)
BACKWARD = (
    "def loop(kinds, lefts, rights, many, v, g):",
    "    pop = g.pop",
    "    for kind, i, j, out in zip(kinds, lefts, rights, reversed(v)):",
    "        u = pop()",
)


def _kinds_backward(
    trace: Trace, rows: list[int], kind_of: list[Kind], wanted: Sequence[bool]
) -> tuple[list[Kind], list[int]]:
    """Kinds of gates by what becomes of their contributions; and which kind each gate is, the last first."""
    has_arrived = bytearray(len(trace))
    numbers: dict[tuple[Kind, tuple[int, ...]], int] = {}
    column = []
    for row, kind in zip(reversed(rows), reversed(kind_of), strict=True):
        contributions = []
        for operand in trace.operands[row]:
            contributions.append((MORE if has_arrived[operand] else FIRST) if wanted[operand] else SKIPPED)
            has_arrived[operand] = True
        key = kind, tuple(contributions) if kind.is_written else ()
        number = numbers.get(key)
        if number is None:
            number = numbers[key] = len(numbers)
        column.append(number)
    return [kind._replace(contributions=each) for kind, each in numbers], column


def _operands(kind: Kind) -> tuple[list[str], list[Text]]:
    """Lines that find a gate's operands, and the operands' numbers."""
    if kind.operands > 2:
        names = [f"i{place}" for place in range(kind.operands)]
        return [f"{', '.join(names)} = many[i]"], [Text(f"v[{name}]") for name in names]
    return [], [Text("v[i]"), Text("v[j]")][: kind.operands]


def _forward(style: Style, kind: Kind, rule: str, names: dict[str, Any]) -> list[str]:
    """The lines that append the number of a gate."""
    if not kind.is_written:
        names[rule], _ = style.called(kind.gate)
        return [f"append({rule}(*[v[each] for each in many[i]]))"]
    lines, operands = _operands(kind)
    return [*lines, f"append({kind.gate.forward(style, *operands)})"]


def _backward(style: Style, kind: Kind, rule: str, names: dict[str, Any]) -> list[str]:
    """The lines that hand its gradient on."""
    if kind.gate is summation and not kind.is_written:
        return ["for each in many[i]:", f" {style.write('+=', 'g[each]', 'u')}"]
    if not kind.is_written:
        _, names[rule] = style.called(kind.gate)
        return [
            f"for each, found in zip(many[i], {rule}(u, out, *[v[each] for each in many[i]])):",
            f" {style.write('+=', 'g[each]', 'found')}",
        ]
    lines, operands = _operands(kind)
    found = kind.gate.backward(style, Text("u"), Text("out"), *operands)
    for operand, contribution, becomes in zip(operands, found, kind.contributions, strict=True):
        target = operand.text.replace("v", "g", 1)
        written = style.nothing if contribution is None else contribution
        if becomes == FIRST:
            lines.append(f"{target} = {written}")
        elif becomes == MORE:
            lines.append(str(style.write("+=", target, written)))
    return lines or ["pass"]


def _tree(branches: list[list[str]], first: int, last: int, indent: str) -> list[str]:
    """Lines that choose one of the branches by halves."""
    if last - first <= 1:
        lines = branches[first] if branches else ["pass"]
        return [indent + line for line in lines]
    middle = (first + last) // 2
    return [
        f"{indent}if kind < {middle}:",
        *_tree(branches, first, middle, indent + " "),
        f"{indent}else:",
        *_tree(branches, middle, last, indent + " "),
    ]
