"""The paths of a gradient from a root to one node below it, between the nodes that have names.

A node on the way is named if it has a label, or is used more than once, or is the root or the leaf.
The others are folded: each is used once, so exactly one way leads up from it to the nearest named
node.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from math import isfinite, isnan
from typing import NamedTuple

from autograd.backward import topological_order
from autograd.value import Value
from autograd.views.turns import number_of, sent_by, turns

LONGEST_FOLD = 4  # gates that change the gradient, between two named nodes
ROUNDING = 8 * 2.0**-53  # a backward rule rounds a few times
SMALLEST = 5e-324


class Use(NamedTuple):
    """A gate that uses a node, as its input number ``place``, and what backward passed on there.

    None means no contribution: the path was not taken.
    """

    gate: Value
    place: int
    contribution: float | None


class Link(NamedTuple):
    """One way from a node up to the nearest named node above it, through one of its uses."""

    above: Value
    use: Use
    local: float | None  # d(above)/d(node) by this way; None where a gate on it lets nothing through


class Paths:
    """What lies between root and leaf.

    order      every node below root, in topological order
    way        those on the way: leaf, root, and what lies between
    gradients  d(root)/d(node) by the engine's walk, which changes no grad
    uses       by node on the way: the gates that use it, in the order of their turns
    named      the nodes on the way that appear by name
    links      by named node: its links to named nodes above
    """

    def __init__(self, root: Value, leaf: Value) -> None:
        self.root, self.leaf = root, leaf
        self.order = topological_order(root)
        on_way: set[Value | None] = {leaf}
        for node in self.order:
            if any(below in on_way for below in node.inputs):
                on_way.add(node)
        self.way = [node for node in self.order if node in on_way]
        self.gradients: dict[Value, float] = {}
        self.uses: dict[Value, list[Use]] = {node: [] for node in self.way}
        self._locals: dict[Value, tuple[float | None, ...]] = {}
        for node, upstream, contributions in turns(root):
            if node not in self.uses:
                continue
            self.gradients[node] = upstream
            self._locals[node] = sent_by(node, 1.0)
            for place, below in enumerate(node.inputs):
                if below in self.uses:
                    self.uses[below].append(Use(node, place, contributions[place]))
        self.named = self._find_named()
        self.links = self._find_links()

    @property
    def connected(self) -> bool:
        """Whether root depends on leaf at all."""
        return self.root in self.uses

    def _find_named(self) -> set[Value]:
        named = {self.root, self.leaf}
        folded: dict[Value, int] = {}  # how many gates that change the gradient are folded up to this node
        for node in self.way:
            if node.label or len(self.uses[node]) != 1:
                named.add(node)
            if node in named:
                continue
            longest = max(folded.get(below, 0) for below in node.inputs if below in self.uses)
            folded[node] = longest + (node.gate is not None and node.gate.role != "distributor")
            if folded[node] > LONGEST_FOLD:
                named.add(node)
                del folded[node]
        return named

    def _find_links(self) -> dict[Value, list[Link]]:
        links: dict[Value, list[Link]] = {}
        folded: dict[Value, Link] = {}
        for node in reversed(self.way):
            found = []
            for use in self.uses[node]:
                local = self._locals[use.gate][use.place]
                if use.gate in self.named:
                    found.append(Link(use.gate, use, local))
                else:
                    link = folded[use.gate]
                    both = None if link.local is None or local is None else link.local * local
                    found.append(Link(link.above, use, both))
            if node in self.named:
                links[node] = found
            else:
                (folded[node],) = found
        return links

    def gates_of(self, link: Link) -> list[Use]:
        """The gates of a link, from the named node above down."""
        gates = [link.use]
        while gates[-1].gate not in self.named:
            gates += self.uses[gates[-1].gate]  # a folded node has one use
        return gates[::-1]

    def between(self, above: Value, below: Value) -> list[Link]:
        """The links from one named node to another, in the order of the forward pass."""
        return [link for link in reversed(self.links[below]) if link.above is above]

    def count(self) -> int:
        """How many paths lead from root to leaf, by name; counted, not walked."""
        counts = {self.root: 1}
        for node in reversed(self.way):
            if node in self.named and node is not self.root:
                counts[node] = sum(counts[above] for above in {link.above for link in self.links[node]})
        return counts[self.leaf]

    def walk_paths(self) -> list[list[Value]]:
        """Every path, root first. Only where their number is known to be small."""
        finished: list[list[Value]] = []
        begun = [[self.leaf]]
        while begun:
            path = begun.pop()
            while path[-1] is not self.root:
                first, *others = dict.fromkeys(link.above for link in reversed(self.links[path[-1]]))
                begun.extend([*path, other] for other in reversed(others))
                path.append(first)
            finished.append(path[::-1])
        return finished

    def product(self, path: list[Value]) -> float | None:
        """What reaches the leaf by this path alone, passed on from gate to gate as in backward.

        None if nothing does: the path was not taken. Not the product of the factors shown, for a
        factor may overflow where the gradient does not.
        """
        upstream: float | None = 1.0
        for above, below in pairwise(path):
            passed = {above: sent_by(above, upstream)}
            upstream = None
            for link in self.between(above, below):
                upwards = [link.use]
                while upwards[-1].gate not in passed:
                    upwards += self.uses[upwards[-1].gate]
                received = passed[upwards[-1].gate][upwards.pop().place]
                while upwards:
                    use = upwards.pop()
                    passed[use.gate] = sent_by(use.gate, received)
                    received = passed[use.gate][use.place]
                if received is not None:
                    upstream = number_of(upstream) + received
        return upstream

    def check(self, sum_of_paths: float | None) -> None:
        """Raise AssertionError unless what is shown agrees with the engine's gradients.

        Every node's gradient is exactly the sum of what its uses passed on to it. The sum over the
        paths adds and multiplies in another order, and so agrees within rounding.
        """
        for node in self.way:
            if node is not self.root:
                received = 0.0
                for use in self.uses[node]:
                    received += number_of(use.contribution)
                if received != self.gradients[node] and not isnan(received):
                    raise AssertionError(f"{received!r} reached {node!r}, not {self.gradients[node]!r}")
        if sum_of_paths is None or sum_of_paths == self.gradients[self.leaf]:
            return
        difference, rounding = abs(sum_of_paths - self.gradients[self.leaf]), self._rounding()
        if difference > rounding or (isnan(difference) and isfinite(rounding)):
            raise AssertionError(
                f"the paths sum to {sum_of_paths!r}, backward gives {self.gradients[self.leaf]!r}: "
                "is a gate's backward rule not linear in the upstream gradient?"
            )

    def _rounding(self) -> float:
        """How far rounding can have taken the leaf's gradient, whatever cancels: a running error bound."""
        size: dict[Value, float] = defaultdict(float, {self.root: 1.0})
        error: dict[Value, float] = defaultdict(float)
        for node in reversed(self.way):
            for use in self.uses[node]:
                slope = self._locals[use.gate][use.place]
                if use.contribution is None or slope is None:  # nothing goes this way
                    continue
                local = abs(slope)
                size[node] += size[use.gate] * local
                error[node] += error[use.gate] * local + SMALLEST * (8 + 8 * local)
                error[node] += ROUNDING * size[node]
        return 4 * error[self.leaf]
