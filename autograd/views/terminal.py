"""The graph in a terminal: its two passes and its gradients as tables, and the graph as a tree.

The tables round their numbers for people. Nothing here changes a node.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from autograd.arithmetic.notation import number_text
from autograd.backward import topological_order
from autograd.node import NOT_YET
from autograd.text import one_line
from autograd.value import Value
from autograd.views.tables import (
    BackwardRow,
    ForwardRow,
    derivative_text,
    formula_text,
    gradient_text,
    one_line_names,
)

if TYPE_CHECKING:
    from rich.table import Table

#: How many lines of a tree are shown.
MOST_LINES = 60
INDENT = "  "


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
        local = derivative_text(row.local, row.local_value)
        _add(table, [*first, row.input, local, number_text(row.contribution), number_text(row.total)])
    return table


def gradients_table(nodes: Mapping[str, Value], root_name: str) -> Table:
    """The value and the gradient of each node, by the names given, as a table for rich to print."""
    table = _table(f"Gradients of {one_line(root_name)}", "name", "value>", "gradient>")
    for name, node in nodes.items():
        _add(table, [one_line(name), number_text(node.data), gradient_text(node)])
    return table


def text_picture(root: Value, *, limit: int = MOST_LINES) -> str:
    """The graph as a tree in plain text, each node above its inputs.

    A node that several gates use is written out once; after that, it is only named. Where there would
    be more lines than the limit, the last says how many nodes are left out.

    >>> x = Value(3.0, label="x")
    >>> s = x * x; s.label = "s"
    >>> print(text_picture(2 * s + s))
    v2 = v1 + s = 27
      v1 = 2 * s = 18
        s = x * x = 9
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
        grad = "" if node.grad is NOT_YET else f"   grad {gradient_text(node)}"
        lines.append(indent + " = ".join(parts) + grad)
        below = dict.fromkeys(below for below in node.inputs if below is not None)
        pending.extend((one, depth + 1) for one in reversed(below))
    if left_out := len(order) - len(shown):
        lines.append(f"... {left_out:,} more nodes")
    return "\n".join(lines)


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

    table.add_row(*[Text(cell) for cell in cells])  # verbatim: a label in brackets is not markup
