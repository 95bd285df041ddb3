"""Trace: the graph of one example, as a table with a row per node.

Every node is a constant, a parameter, computed from those alone, or varies from example to example.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograd import gates
from autograd.backward import topological_order
from autograd.node import MANY
from autograd.rules import Gate
from autograd.value import Value

#: What a node's number depends on; that of a gate is the largest among its operands.
CONSTANT, PARAMETER, INVARIANT, VARYING = range(4)
KINDS = ("constant", "parameter", "from parameters", "varying")

#: What is below a node, as bits; and the kind of what a gate makes of it.
ON_PARAMETERS, ON_INPUTS = 1, 2
KIND_OF = (CONSTANT, INVARIANT, VARYING, VARYING)


class Trace:
    """A row per node, each after its operands; the rows of constants have no gate.

    gate      the gate that made it; None for an input, a parameter or a constant
    operands  the rows of what the gate took
    number    its number in the traced graph; a constant always has it
    kind      CONSTANT, PARAMETER, INVARIANT (computed from parameters alone) or VARYING
    learns    whether a parameter is below it, so that it needs a gradient
    label     the label of its Value, or ""
    inputs, parameters, outputs  the rows of those, in the order given; an input or a parameter that
              no output depends on has a row too
    """

    def __init__(self) -> None:
        self.gate: list[Gate | None] = []
        self.operands: list[tuple[int, ...]] = []
        self.number: list[float] = []
        self.kind: list[int] = []
        self.learns: list[bool] = []
        self.label: list[str] = []
        self.inputs: list[int] = []
        self.parameters: list[int] = []
        self.outputs: list[int] = []

    def __len__(self) -> int:
        return len(self.gate)

    def __repr__(self) -> str:
        counts = [f"{name} {self.kind.count(kind):,}" for kind, name in enumerate(KINDS)]
        return f"Trace of {len(self):,} nodes: {', '.join(counts)}"

    def __str__(self) -> str:
        """A line per node, the first thousand of them."""
        lines = [repr(self)]
        for row in range(min(len(self), 1000)):
            gate = self.gate[row]
            made = f"{self.number[row]:g}" if gate is None else f"{gate.name}{self.operands[row]}"
            lines.append(f"{row:6} {KINDS[self.kind[row]]:16} {made}  {self.label[row]}".rstrip())
        return "\n".join(lines)

    def uses(self) -> list[int]:
        """How often each row is an operand or an output."""
        uses = [0] * len(self)
        for operands in self.operands:
            for operand in operands:
                uses[operand] += 1
        for output in self.outputs:
            uses[output] += 1
        return uses

    def rebuilt(self) -> list[Value]:
        """The outputs of the same graph, of new Values; its constants have no labels."""
        values: list[Value] = []
        for row, gate in enumerate(self.gate):
            if gate is None:
                value = Value(self.number[row])
            else:
                value = gate(*[values[operand] for operand in self.operands[row]])
            value.label = self.label[row]
            values.append(value)
        return [values[row] for row in self.outputs]


def trace(outputs: Sequence[Value], inputs: Sequence[Value], parameters: Sequence[Value]) -> Trace:
    """The graph that computed the outputs from the inputs and the parameters.

    A leaf that is neither is a constant, and so is a gate that takes only constants.
    """
    table = Trace()
    gates_, operands, numbers, labels = table.gate, table.operands, table.number, table.label
    depends: list[int] = []  # of each row, ON_PARAMETERS, ON_INPUTS, both or neither
    row_of: dict[Value, int] = {}  # without constants

    def leaf(number: float, on: int, label: str = "") -> int:
        gates_.append(None)
        operands.append(())
        numbers.append(number)
        labels.append(label)
        depends.append(on)
        return len(depends) - 1

    for leaves, on, rows in (
        (inputs, ON_INPUTS, table.inputs),
        (parameters, ON_PARAMETERS, table.parameters),
    ):
        for value in leaves:
            row_of[value] = leaf(value._number, on, value.label)
            rows.append(row_of[value])
    constants: dict[float | str, int] = {}

    def constant(number: float) -> int:
        # by repr where == does not tell: -0.0 from 0.0, and nan from nothing
        key = number if number and number == number else repr(number)
        row = constants.get(key)
        if row is None:
            row = constants[key] = leaf(number, 0)
        return row

    # A row takes a microsecond as long as nothing is called here: node.py tells what the slots are.
    find = row_of.get
    for node in nodes_below(outputs):
        gate = node.gate
        if gate is None or node in row_of:
            continue
        left, b = node._left, node._b
        # The number of a constant is what this gate took: a leaf may have been set since.
        if b is not None:
            first, second = find(left), find(node._right)
            if first is None:
                if second is None:
                    continue  # a constant itself
                on = depends[second]
                first = constant(node._a)
            elif second is None:
                on = depends[first]
                second = constant(b)
            else:
                on = depends[first] | depends[second]
            taken: tuple[int, ...] = (first, second)
        elif left is MANY:
            found = [find(below) for below in node._right]
            on = 0
            for row in found:
                if row is not None:
                    on |= depends[row]
            if not on:
                continue
            taken = tuple(
                [constant(number) if row is None else row for row, number in zip(found, node._a, strict=True)]
            )
        else:
            first = find(left)
            if first is None:
                continue
            on = depends[first]
            taken = (first,)
        row_of[node] = len(depends)
        gates_.append(gate)
        operands.append(taken)
        numbers.append(node._number)
        depends.append(on)
        labels.append(getattr(node, "_label", ""))
    table.outputs = [row_of[each] if each in row_of else constant(each._number) for each in outputs]
    table.kind = [KIND_OF[on] for on in depends]
    table.learns = [bool(on & ON_PARAMETERS) for on in depends]
    for row in table.parameters:
        table.kind[row] = PARAMETER
    return table


def nodes_below(outputs: Sequence[Value]) -> list[Value]:
    """The outputs and every node they were computed from, each after its inputs."""
    if len(outputs) == 1:
        return topological_order(outputs[0])
    # One walk for all: their sum is above them all, and is left out again.
    above: Value = gates.summation(*outputs)
    return topological_order(above)[:-1]
