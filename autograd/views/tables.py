"""Both passes as tables: a row for each gate, its formulas and unrounded numbers, for people and programs.

Nothing here changes a node.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from autograd.arithmetic.notation import as_text, number_text
from autograd.backward import topological_order, walk
from autograd.names import formula, local_derivatives, name_nodes
from autograd.node import NOT_YET
from autograd.text import one_line
from autograd.value import Value

#: A gate with more inputs is written with the first few only.
MOST_OPERANDS = 8
#: What stands in place of a number that is not computed yet.
NOT_KNOWN = "not yet"


class ForwardRow(NamedTuple):
    """One node: its name, the gate that computed it ("" for a leaf), how, and the result."""

    node: str
    gate: str
    formula: str
    value: float


class BackwardRow(NamedTuple):
    """What one gate sends back to one of its inputs.

    upstream      d(root)/d(node), complete when the gate has its turn
    input         the input's name; a plain number has no gradient and no row
    local         d(node)/d(input) as a formula; local_value is its number
    contribution  upstream times local_value
    total         the input's gradient so far, this contribution included
    """

    node: str
    gate: str
    role: str
    upstream: float
    input: str
    local: str
    local_value: float
    contribution: float
    total: float


def forward_rows(root: Value) -> list[ForwardRow]:
    """The forward pass, node by node: leaves and gates in the order of computation, the root last.

    >>> x = Value(3.0, label="x")
    >>> [tuple(row) for row in forward_rows(x * x)]
    [('x', '', '', 3.0), ('v1', 'mul', 'x * x', 9.0)]
    """
    order = topological_order(root)
    names = one_line_names(order)
    return [
        ForwardRow(names[node], node.gate.name if node.gate else "", formula_text(node, names), node.data)
        for node in order
    ]


def backward_rows(root: Value) -> list[BackwardRow]:
    """The backward pass, gate by gate, a row for each input; the root's gate first.

    >>> x = Value(3.0, label="x")
    >>> [(row.input, row.local_value, row.contribution, row.total) for row in backward_rows(x * x)]
    [('x', 3.0, 3.0, 3.0), ('x', 3.0, 3.0, 6.0)]
    """
    names = one_line_names(topological_order(root))
    totals: dict[Value, float] = {}
    rows = []
    for node, upstream, contributions in walk(root):
        if node.gate is None:
            continue
        formulas = local_derivatives(node, names)
        numbers = node.local_backward(1.0)
        for below, local, number, contribution in zip(
            node.inputs, formulas, numbers, contributions, strict=True
        ):
            if below is None:
                continue
            totals[below] = totals.get(below, 0.0) + contribution
            gate = node.gate
            row = (
                names[node],
                gate.name,
                gate.role,
                upstream,
                names[below],
                as_text(local),
                number,
                contribution,
            )
            rows.append(BackwardRow(*row, total=totals[below]))
    return rows


def one_line_names(order: Sequence[Value]) -> dict[Value, str]:
    """The names of the nodes, each on one line."""
    return {node: one_line(name) for node, name in name_nodes(order).items()}


def formula_text(node: Value, names: dict[Value, str]) -> str:
    """What the node's gate computes, in the names of its inputs; nothing for a leaf."""
    if node.gate is None:
        return ""
    if len(node.inputs) <= MOST_OPERANDS:
        return as_text(formula(node, names))
    first = [
        number_text(number) if below is None else names[below]
        for below, number in zip(node.inputs[:MOST_OPERANDS], node.operands, strict=False)
    ]
    return f"{node.gate.name}({', '.join(first)}, ... {len(node.inputs) - MOST_OPERANDS:,} more)"


def gradient_text(node: Value) -> str:
    """The node's gradient, or that backward has not reached it."""
    return NOT_KNOWN if node.grad is NOT_YET else number_text(node.grad)


def derivative_text(formula: str, number: float) -> str:
    """A local derivative as its formula and its number; the number alone where that is the formula.

    >>> derivative_text("2 * x", 6.0), derivative_text("0 if x <= 0 else 1", 1.0), derivative_text("1", 1.0)
    ('2 * x = 6', '(0 if x <= 0 else 1) = 1', '1')
    """
    if formula == number_text(number):
        return formula
    return f"{f'({formula})' if ' if ' in formula else formula} = {number_text(number)}"
