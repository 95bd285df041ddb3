"""The graph in a terminal: its two passes and its gradients as tables, and the graph as a tree.

The rows hold the numbers as they are, for whoever wants to read them in a program; the tables
round them for people. Nothing here changes a node.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from autograd.arithmetic.notation import number_text
from autograd.backward import topological_order, walk
from autograd.value import NOT_YET, Value
from autograd.views.names import formula, local_derivatives, name_nodes

if TYPE_CHECKING:
    from rich.table import Table

#: A gate with more inputs than this is written with the first few of them only.
MOST_OPERANDS = 8
#: How many lines of a tree are shown.
MOST_LINES = 60
INDENT = "  "


class ForwardRow(NamedTuple):
    """One node: its name, the gate that computed it ("" for a leaf), how, and the result."""

    node: str
    gate: str
    formula: str
    value: float


class BackwardRow(NamedTuple):
    """What one gate sends back to one of its inputs.

    upstream      d(root)/d(node), complete when the gate has its turn
    input         the input's name; an input that is a plain number has no gradient and no row
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
    [('x', '', '', 3.0), ('v1', 'mul', 'x**2', 9.0)]
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
                local.text,
                number,
                contribution,
            )
            rows.append(BackwardRow(*row, total=totals[below]))
    return rows


def forward_table(rows: Sequence[ForwardRow]) -> Table:
    """The rows of the forward pass as a table for rich to print."""
    table = _table("Forward", "node", "formula", "value>")
    for row in rows:
        _add(table, [row.node, row.formula, number_text(row.value)])
    return table


def backward_table(rows: Sequence[BackwardRow]) -> Table:
    """The rows of the backward pass as a table for rich to print; a gate is named at its first input."""
    table = _table(
        "Backward", "node", "gate", "upstream>", "input", "local derivative", "contribution>", "total>"
    )
    node = None
    for row in rows:
        gate = f"{row.gate}, {row.role}" if row.role else row.gate
        first = ["", "", ""] if row.node == node else [row.node, gate, number_text(row.upstream)]
        node = row.node
        number = number_text(row.local_value)
        local = f"({row.local})" if " if " in row.local else row.local
        local = number if row.local == number else f"{local} = {number}"
        _add(table, [*first, row.input, local, number_text(row.contribution), number_text(row.total)])
    return table


def gradients_table(nodes: Mapping[str, Value], root_name: str) -> Table:
    """The value and the gradient of each node, by the names given, as a table for rich to print."""
    table = _table(f"Gradients of {one_line(root_name)}", "name", "value>", "gradient>")
    for name, node in nodes.items():
        _add(table, [one_line(name), number_text(node.data), _grad_text(node)])
    return table


def text_picture(root: Value, *, limit: int = MOST_LINES) -> str:
    """The graph as a tree in plain text, each node above its inputs.

    A node that several gates use is written out once, and where it comes again only named.
    Says how many nodes are left out where it would have more lines than the limit.

    >>> x = Value(3.0, label="x")
    >>> s = x * x; s.label = "s"
    >>> print(text_picture(2 * s + s))
    v2 = v1 + s = 27
      v1 = 2 * s = 18
        s = x**2 = 9
          x = 3
      s (see above)
    """
    order = topological_order(root)
    names = one_line_names(order)
    lines: list[str] = []
    shown: set[Value] = set()
    pending = [(root, 0)]
    while pending and len(lines) < limit:
        node, depth = pending.pop()
        indent = INDENT * depth
        if node in shown:
            lines.append(f"{indent}{names[node]} (see above)")
            continue
        shown.add(node)
        parts = [names[node], *([formula_text(node, names)] if node.gate else []), number_text(node.data)]
        grad = "" if node.grad is NOT_YET else f"   grad {_grad_text(node)}"
        lines.append(indent + " = ".join(parts) + grad)
        below = dict.fromkeys(below for below in node.inputs if below is not None)
        pending.extend((one, depth + 1) for one in reversed(below))
    if left_out := len(order) - len(shown):
        lines.append(f"... {left_out:,} more nodes")
    return "\n".join(lines)


def one_line(name: str) -> str:
    r"""A label as a terminal may show it: on one line, without the characters that steer a terminal.

    >>> one_line("a\nb\x1b[2J")
    'a b [2J'
    """
    return " ".join("".join(letter if letter.isprintable() else " " for letter in name).split()) or "(blank)"


def one_line_names(order: Sequence[Value]) -> dict[Value, str]:
    """The names of the nodes, each on one line."""
    return {node: one_line(name) for node, name in name_nodes(order).items()}


def formula_text(node: Value, names: dict[Value, str]) -> str:
    """What the node's gate computes, in the names of its inputs; nothing for a leaf."""
    if node.gate is None:
        return ""
    if len(node.inputs) <= MOST_OPERANDS:
        return formula(node, names).text
    first = [
        number_text(number) if below is None else names[below]
        for below, number in zip(node.inputs[:MOST_OPERANDS], node.operands, strict=False)
    ]
    return f"{node.gate.name}({', '.join(first)}, ... {len(node.inputs) - MOST_OPERANDS:,} more)"


def _grad_text(node: Value) -> str:
    return "not yet" if node.grad is NOT_YET else number_text(node.grad)


def _table(title: str, *columns: str) -> Table:
    """An empty table; a column whose heading ends in > holds numbers, which are never broken."""
    from rich import box
    from rich.table import Table

    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        collapse_padding=True,
        padding=(0, 1),
    )
    for heading in columns:
        name = heading.removesuffix(">")
        if name == heading:
            table.add_column(name, overflow="fold")
        else:
            table.add_column(name, justify="right", no_wrap=True)
    return table


def _add(table: Table, cells: Iterable[str]) -> None:
    from rich.text import Text

    table.add_row(*[Text(cell) for cell in cells])  # as it is: a label in brackets is no markup
