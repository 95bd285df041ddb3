"""The chain rule of one gradient, written as prose and equations."""

from __future__ import annotations

from itertools import pairwise

from autograd.arithmetic.notation import number_text
from autograd.arithmetic.symbols import Symbol
from autograd.text import isolated
from autograd.value import Value
from autograd.views.chain_rule.equations import (
    Block,
    Equation,
    Prose,
    Written,
    derivative,
    equation,
    factor,
    name_symbol,
    number,
    product,
    shown_places,
    total,
    whole,
    with_gap,
    words,
)
from autograd.views.chain_rule.formulas import Formulas, shown_names
from autograd.views.chain_rule.paths import Link, Paths
from autograd.views.turns import is_product, number_of

MOST_FACTORS = 9
MOST_TERMS = 8
MOST_NODES = 40
MOST_DEFINITIONS = 12

#: What a path contributes if a gate on it lets nothing through and its other factors are not finite.
NOT_TAKEN = words("0 (not taken)")


class Writer:
    """Explains the paths, and collects the unlabelled nodes that need a definition."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.formulas = Formulas(paths)
        self.names = self.formulas.names
        self.root, self.leaf = self.names[paths.root], self.names[paths.leaf]
        self.of_what = f"The gradient of {isolated(self.root)} with respect to {isolated(self.leaf)}"
        self.gradient = paths.gradients[paths.leaf]
        self.to_define: dict[Value, None] = {}

    def by_path(self) -> list[Block]:
        """The gradient as a sum over paths, each a product of local derivatives."""
        found = self.paths.walk_paths()
        products = [self.paths.product(path) for path in found]
        sum_of_paths = sum(map(number_of, products))
        self.paths.check(sum_of_paths)
        title = f"{self.of_what}, by the chain rule: "
        blocks: list[Block] = []
        left = derivative(self.root, self.leaf)
        if len(found) == 1:
            blocks.append(Prose(f"{title}{number_text(self.gradient)}."))
            blocks.append(self._one_path(left, found[0], products[0]))
        else:
            blocks.append(Prose(f"{title}{number_text(self.gradient)}, the sum over {len(found)} paths."))
            names = [words(f"path {i}") for i in range(1, len(found) + 1)]
            blocks += map(self._one_path, names, found, products)
            sums = total([number(number_of(received)) for received in products])
            blocks.append(equation(left, total(names), sums, number(sum_of_paths)))
        if number_text(sum_of_paths) != number_text(self.gradient):
            said = f"backward() adds before it multiplies, and gets {number_text(self.gradient)}."
            blocks.append(Prose(said))
        return blocks + self._definitions()

    def _one_path(self, left: Written, path: list[Value], received: float | None) -> Equation:
        steps = list(pairwise(path))
        chain, formulas, numbers = [], [], []
        slopes = [sum(number_of(link.local) for link in self.paths.between(*step)) for step in steps]
        for place in shown_places(len(steps), MOST_FACTORS):
            above, below = steps[place]
            links = self.paths.between(above, below)
            chain.append(derivative(self.names[above], self.names[below]))
            formulas.append(factor(self._formula(below, links), alone=len(steps) == 1))
            numbers.append(number(slopes[place]))
            self._mention(above, below)
        lines = [
            product(with_gap(factors, len(steps), "factors"), times)
            for factors, times in ((chain, "·"), (formulas, "·"), (numbers, "×"))
            if steps
        ]
        if not is_product(received, *slopes):
            return equation(left, *lines[:-1], NOT_TAKEN)
        return equation(left, *lines, number(number_of(received)))

    def by_node(self) -> list[Block]:
        """The gradient of every named node on the way, each from the gradients of those above it."""
        self.paths.check(None)
        title = f"{self.of_what}, node by node: "
        count = self.paths.count()
        paths = "1 path leads" if count == 1 else f"{count:,} paths lead"
        blocks: list[Block] = [
            Prose(f"{title}{number_text(self.gradient)}. {paths} from one to the other."),
            Equation(derivative(self.root, self.root), (number(1.0),)),
        ]
        nodes = [node for node in reversed(self.paths.way) if node in self.paths.named][1:]
        shown = shown_places(len(nodes), MOST_NODES)
        for place, before in zip(shown, [-1, *shown], strict=False):
            if place - before > 1:
                blocks.append(Prose(f"... {place - before - 1:,} more nodes ..."))
            blocks.append(self._one_node(nodes[place]))
        return blocks + self._definitions()

    def _one_node(self, node: Value) -> Equation:
        links = self.paths.links[node][::-1]  # as in the forward pass; backward takes the last first
        shown = [links[place] for place in shown_places(len(links), MOST_TERMS)]
        terms = [self._term(node, link, alone=len(links) == 1) for link in shown]
        lines = [total(with_gap(parts, len(links), "terms")) for parts in zip(*terms, strict=True)]
        gradient = number(self.paths.gradients[node])
        return equation(derivative(self.root, self.names[node]), *lines, gradient)

    def _term(self, node: Value, link: Link, alone: bool) -> tuple[Written, Written, Written]:
        """What one use of a node adds to its gradient: in names, in numbers, and multiplied."""
        self._mention(link.above, node)
        formula, contribution = self._formula(node, [link]), link.use.contribution
        gradient, slope = self.paths.gradients[link.above], number_of(link.local)
        upstream = derivative(self.root, self.names[link.above])
        if link.above is self.paths.root:  # d(root)/d(root) is 1
            chain, factors = factor(formula, alone), [slope]
        elif formula.number == 1:
            chain, factors = upstream, [gradient]
        else:
            chain, factors = product([upstream, factor(formula)], "·"), [gradient, slope]
        written = product([number(each) for each in factors], "×")
        if not is_product(contribution, *factors):
            written = NOT_TAKEN
        return chain, written, number(number_of(contribution))

    def _formula(self, below: Value, links: list[Link]) -> Symbol:
        formula = self.formulas.of_links(below, links)
        self._mention(*self.formulas.mentioned(formula))
        return formula

    def _mention(self, *nodes: Value) -> None:
        self.to_define.update((node, None) for node in nodes if not node.label)

    def _definitions(self) -> list[Block]:
        """The definitions of the unlabelled nodes that were mentioned; these may mention others."""
        if not self.to_define:
            return []
        blocks: list[Block] = [Prose("where")]
        defined: dict[Value, None] = {}
        while self.to_define and len(defined) < MOST_DEFINITIONS:
            node = next(iter(self.to_define))
            sides = [number(node.data)]
            if node.gate is not None:
                formula = self.formulas.definition(node)
                self._mention(*self.formulas.mentioned(formula))
                sides.insert(0, whole(formula))
            blocks.append(Equation(whole(name_symbol(self.names[node])), tuple(sides), on_one_line=True))
            defined[node] = None
            self.to_define = {other: None for other in self.to_define if other not in defined}
        if self.to_define:
            blocks.append(Prose("and so on"))
        return blocks


def no_path(paths: Paths) -> list[Block]:
    names = shown_names([*paths.order, paths.leaf])
    root, leaf = names[paths.root], names[paths.leaf]
    apart = f"{isolated(root)} does not depend on {isolated(leaf)}: it was computed without it."
    return [Prose(apart), Equation(derivative(root, leaf), (number(0.0),))]
