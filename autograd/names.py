"""The name and the formula of a node, the same in every view."""

from __future__ import annotations

from collections.abc import Sequence

from autograd import formulas
from autograd.arithmetic.symbols import Symbol
from autograd.gates import GATES
from autograd.rules import Gate
from autograd.value import Value

MOST_WRITTEN_OUT = 20  # operands; a longer sum is shown as sum(...)
#: Gates whose forward formula is plain notation (a + b, sqrt(x)); others are shown as name(x).
WRITTEN_OUT = {"add", "sum", "sub", "neg", "mul", "div", "pow", "abs", "sqrt", "exp"}


def name_nodes(order: Sequence[Value]) -> dict[Value, str]:
    """A name for every node: its label, else v1, v2, ... in the order given; no name twice.

    >>> from autograd import Value, topological_order
    >>> w, x = Value(2.0, label="w"), Value(3.0, label="x")
    >>> list(name_nodes(topological_order(w * x + w)).values())
    ['w', 'x', 'v1', 'v2']
    """
    taken: set[str] = set()
    names: dict[Value, str] = {}
    labels = {node.label for node in order}
    count = 0
    for node in order:
        name = node.label
        if not name:
            count += 1
            while (name := f"v{count}") in labels:
                count += 1
        base, repeat = name, 1
        while name in taken:  # two nodes have the same label: tell them apart
            repeat += 1
            name = f"{base}#{repeat}"
        taken.add(name)
        names[node] = name
    return names


def operand_symbols(node: Value, names: dict[Value, str]) -> list[Symbol]:
    """The inputs of a node's gate as symbols, plain numbers as numbers."""
    return [
        Symbol.of(number) if below is None else Symbol.name(names[below])
        for below, number in zip(node.inputs, node.operands, strict=True)
    ]


def formula(node: Value, names: dict[Value, str]) -> Symbol:
    """What the node's gate computes, in the names of its inputs; a leaf is its own name."""
    if node.gate is None:
        return Symbol.name(names[node])
    return gate_formula(node.gate, operand_symbols(node, names))


def is_built_in(gate: Gate) -> bool:
    """Whether the gate is in the table, and no custom gate of the same name."""
    return GATES.get(gate.name) is gate


def gate_formula(gate: Gate, operands: Sequence[Symbol]) -> Symbol:
    """What a gate computes, as a reader expects it: a + b, but tanh(x) and not what tanh is made of."""
    if is_built_in(gate) and gate.name in WRITTEN_OUT and len(operands) <= MOST_WRITTEN_OUT:
        return formulas.formula(gate, *operands)
    return Symbol(gate.name, *operands)


def local_derivatives(node: Value, names: dict[Value, str]) -> list[Symbol]:
    """d(node)/d(input) for each input, as a formula in the names of the nodes.

    For a gate with very many inputs only numbers: each formula might contain all the names.
    """
    assert node.gate is not None, "a leaf has no local derivatives"
    if len(node.inputs) > MOST_WRITTEN_OUT:
        return [Symbol.of(number) for number in node.local_backward(1.0)]
    return formulas.local_derivatives(node.gate, *operand_symbols(node, names), out=Symbol.name(names[node]))
