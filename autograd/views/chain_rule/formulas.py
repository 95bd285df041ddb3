"""Local derivatives as formulas in the names of nodes, with unlabelled nodes written out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite

from autograd.arithmetic.symbols import Symbol, parts_of
from autograd.formulas import local_derivatives
from autograd.gates import add, summation
from autograd.names import gate_formula, name_nodes
from autograd.text import legible, shorten
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
    """A formula is too long to read."""


class Formulas:
    """The paths of one explanation, in symbols."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.names = shown_names([*paths.order, paths.leaf])
        self._unlabelled = {
            self.names[node]: node for node in paths.order if node.gate is not None and not node.label
        }
        self._derivatives: dict[tuple[Value, int], list[Symbol]] = {}

    def of_links(self, below: Value, links: Sequence[Link]) -> Symbol:
        """d(above)/d(below), the sum over links that lead from one named node to another.

        If that is too long with unlabelled nodes written out, they appear by name.
        """
        for room, longest in ((LONGEST_OPERAND, LONGEST_WRITTEN_OUT), (1, LONGEST_FORMULA)):
            total = Symbol.of(0.0)
            for link in links[:MOST_LINKS]:
                coefficient, product = self._of_gates(self.paths.gates_of(link), room)
                if link.local is None and not isfinite(coefficient):  # a path not taken contributes nothing
                    continue
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
        """The unlabelled nodes that a formula mentions by name, in its order."""
        return [
            self._unlabelled[part.arguments[0]]
            for part in parts_of(symbol)
            if part.operation == "name" and part.arguments[0] in self._unlabelled
        ]

    def _of_gates(self, gates: Sequence[Use], room: int) -> tuple[float, Symbol]:
        """The product along one link, its numbers apart: 0.5 * 2 * (t - y) * -1 is 1 and y - t."""
        coefficient, product = 1.0, Symbol.of(1.0)
        for gate, place, _ in gates:
            if gate.gate is add or gate.gate is summation:  # a sum of thousands is thousands of ones
                continue
            if (gate, room) not in self._derivatives:
                self._derivatives[gate, room] = self._local_derivatives(gate, room)
            number, rest = without_number(self._derivatives[gate, room][place])
            coefficient, product = coefficient * number, product * rest
            if size(product) > LONGEST_FORMULA:
                break
        if coefficient < 0 and product.operation == "-":
            return -coefficient, -product
        return coefficient, product

    def _local_derivatives(self, node: Value, room: int) -> list[Symbol]:
        assert node.gate is not None, "a leaf has no local derivatives"
        operands = [self._operand(below, x, room) for below, x in self._operands_of(node)]
        return local_derivatives(node.gate, *operands, out=self._operand(node, node.data, room))

    def _operands_of(self, node: Value) -> list[tuple[Value | None, float]]:
        return list(zip(node.inputs, node.operands, strict=True))

    def _operand(self, node: Value | None, number: float, room: int = LONGEST_OPERAND) -> Symbol:
        """The node written out if there is room, else its name."""
        try:
            return self._written_out(node, number, [room])
        except TooLong:
            assert node is not None, "a plain number is short"
            return name_symbol(self.names[node])

    def _written_out(self, node: Value | None, number: float, room: list[int]) -> Symbol:
        room[0] -= 1
        if room[0] < 0:
            raise TooLong
        if node is None:
            return Symbol.of(number)
        if node.label or node in self.paths.named:
            return name_symbol(self.names[node])
        if node.gate is None:
            return Symbol.of(number)
        operands = [self._written_out(below, x, room) for below, x in self._operands_of(node)]
        return gate_formula(node.gate, operands)


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


def size(symbol: Symbol) -> int:
    """The number of operations, numbers and names in a symbol, counted up to one above the longest."""
    return sum(1 for _, _ in zip(parts_of(symbol), range(LONGEST_FORMULA + 1), strict=False))


def shown_names(order: Sequence[Value]) -> dict[Value, str]:
    """The names of nodes as in every view, legible and short; still no name twice."""
    names = name_nodes(list(dict.fromkeys(order)))
    taken = set(names.values())
    for node, name in names.items():
        short = shorten(legible(name) or "(blank)", NAME_LENGTH)
        if short != name:
            base, repeat = short, 1
            while short in taken:
                repeat += 1
                short = f"{base}#{repeat}"
            taken.add(short)
            names[node] = short
    return names
