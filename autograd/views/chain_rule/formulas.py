"""Local derivatives as formulas in the names of nodes, with unlabelled nodes written out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autograd.arithmetic.mathml import legible
from autograd.arithmetic.symbols import Symbol
from autograd.gates import add, summation
from autograd.names import gate_formula, name_nodes
from autograd.value import Value
from autograd.views.chain_rule.equations import name_symbol
from autograd.views.chain_rule.paths import Link, Paths, Use

NAME_LENGTH = 32
# in operations, numbers and names
LONGEST_OPERAND = 24
LONGEST_WRITTEN_OUT = 48
LONGEST_FORMULA = 120
MOST_LINKS = 4


class TooLong(Exception):
    """A formula has outgrown what one can read."""


class Formulas:
    """What the paths of one explanation look like in symbols."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.names = shown_names([*paths.order, paths.leaf])
        self._unlabelled = {
            self.names[node]: node for node in paths.order if node.gate is not None and not node.label
        }
        self._derivatives: dict[tuple[Value, int], list[Symbol]] = {}

    def of_links(self, below: Value, links: Sequence[Link]) -> Symbol:
        """d(above)/d(below), the sum over links that lead from one named node to another.

        Where it grows too long with unlabelled nodes written out, they are called by their names.
        """
        for room, longest in ((LONGEST_OPERAND, LONGEST_WRITTEN_OUT), (1, LONGEST_FORMULA)):
            total = Symbol.of(0.0)
            for link in links[:MOST_LINKS]:
                coefficient, product = self._of_gates(self.paths.gates_of(link), room)
                total = total - -coefficient * product if coefficient < 0 else total + coefficient * product
            if len(links) > MOST_LINKS:
                total = total + Symbol.name(f"({len(links) - MOST_LINKS:,} more)")
            if size(total) <= longest:
                return total
        return Symbol.name(f"d({self.names[links[0].above]})/d({self.names[below]})")

    def definition(self, node: Value) -> Symbol:
        """What an unlabelled node's gate computes; short operands are written out."""
        assert node.gate is not None, "a leaf has no formula"
        if len(node.inputs) > MOST_LINKS and node.gate.variadic:
            names = [self._operand(below, x) for below, x in self._operands_of(node)[:MOST_LINKS]]
            return Symbol(node.gate.name, *names, Symbol.name(f"({len(node.inputs) - MOST_LINKS:,} more)"))
        return gate_formula(node.gate, [self._operand(below, x) for below, x in self._operands_of(node)])

    def mentioned(self, symbol: Symbol) -> Iterable[Value]:
        """The unlabelled nodes that a formula speaks of by name, in its order."""
        return [
            self._unlabelled[part.arguments[0]]
            for part in parts_of(symbol)
            if part.operation == "name" and part.arguments[0] in self._unlabelled
        ]

    def without_number(symbol: Symbol) -> tuple[float, Symbol]:
    """The numbers in front of a product, multiplied, and the rest of it.

    >>> x = Symbol.name("x")
    >>> without_number(-(2 * x))
    (-2.0, x)
    """
    number = 1.0
    while True:
        if symbol.operation == "neg":
            number, symbol = -number, symbol.negated
        elif symbol.operation == "*" and symbol.arguments[0].number is not None:
            number, symbol = number * symbol.arguments[0].number, symbol.arguments[1]
        elif symbol.number is not None:
            return number * symbol.number, Symbol.of(1.0)
        else:
            return number, symbol


def parts_of(symbol: Symbol) -> Iterable[Symbol]:
    """The symbol and every symbol in it, from left to right; without recursion, for it may be deep."""
    waiting = [symbol]
    while waiting:
        part = waiting.pop()
        yield part
        waiting.extend(argument for argument in reversed(part.arguments) if isinstance(argument, Symbol))


def size(symbol: Symbol) -> int:
    """The number of operations, numbers and names in a symbol, counted up to one above the longest."""
    return sum(1 for _, _ in zip(parts_of(symbol), range(LONGEST_FORMULA + 1), strict=False))


def shown_names(order: Sequence[Value]) -> dict[Value, str]:
    """The names of nodes as in every view, legible and short; still no name twice."""
    names = name_nodes(list(dict.fromkeys(order)))
    taken = set(names.values())
    for node, name in names.items():
        short = legible(name) or "(blank)"
        if len(short) > NAME_LENGTH:
            short = short[: NAME_LENGTH - 3] + "..."
        if short != name:
            base, repeat = short, 1
            while short in taken:
                repeat += 1
                short = f"{base}#{repeat}"
            taken.add(short)
            names[node] = short
    return names
