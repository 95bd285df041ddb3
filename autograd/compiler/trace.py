"""Trace: the graph of one example, as a table with a row per node.

Every node is a constant, a parameter, computed from those alone, or varies from example to example.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograd import gates
from autograd.backward import topological_order
from autograd.rules import Gate
from autograd.value import Value

#: What a node's number depends on; that of a gate is the largest among its operands.
CONSTANT, PARAMETER, INVARIANT, VARYING = range(4)
KINDS = ("constant", "parameter", "from parameters", "varying")


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

    def _add(self, gate: Gate | None, operands: tuple[int, ...], number: float, kind: int, label: str) -> int:
        self.gate.append(gate)
        self.operands.append(operands)
        self.number.append(number)
        self.kind.append(kind)
        self.learns.append(kind == PARAMETER or any(map(self.learns.__getitem__, operands)))
        self.label.append(label)
        return len(self.gate) - 1


def trace(outputs: Sequence[Value], inputs: Sequence[Value], parameters: Sequence[Value]) -> Trace:
    """The graph that computed the outputs from the inputs and the parameters.

    A leaf that is neither is a constant, and so is a gate that takes only constants.
    """
    table = Trace()
    row_of: dict[Value, int] = {}
    for kind, leaves, rows in (
        (VARYING, inputs, table.inputs),
        (PARAMETER, parameters, table.parameters),
    ):
        for leaf in leaves:
            row_of[leaf] = table._add(None, (), leaf.data, kind, leaf.label)
            rows.append(row_of[leaf])
    constants: dict[str, int] = {}  # by repr, which tells -0.0 from 0.0 and knows nan

    def constant(number: float, label: str = "") -> int:
        key = repr(number)
        if key not in constants:
            constants[key] = table._add(None, (), number, CONSTANT, label)
        return constants[key]

    kinds, given = table.kind, frozenset(row_of)
    for node in [node for node in nodes_below(outputs) if node not in row_of]:
        gate = node.gate
        if gate is None:
            continue  # a constant; each gate knows what it was
        operands = tuple(
            [
                # a constant leaf may have been set since: this is what it was to this gate
                constant(number) if below is None or not (below.gate or below in given) else row_of[below]
                for below, number in zip(node.inputs, node.operands, strict=True)
            ]
        )
        kind = max([kinds[operand] for operand in operands])
        if kind == CONSTANT:
            row_of[node] = constant(node._number)
        else:
            row_of[node] = table._add(gate, operands, node._number, max(kind, INVARIANT), node.label)
    table.outputs = [row_of[each] if each in row_of else constant(each._number) for each in outputs]
    return table


def nodes_below(outputs: Sequence[Value]) -> list[Value]:
    """The outputs and every node they were computed from, each after its inputs."""
    if len(outputs) == 1:
        return topological_order(outputs[0])
    # One walk for all: their sum is above them all, and is left out again.
    above: Value = gates.summation(*outputs)
    return topological_order(above)[:-1]
