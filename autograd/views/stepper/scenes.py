"""The forward and the backward pass as scenes, one for each gate's turn: numbers, formulas, a sentence.

The user of a page or a terminal calls a scene a step.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import ClassVar

from autograd.arithmetic.notation import as_text, number_text
from autograd.arithmetic.symbols import Symbol
from autograd.names import name_nodes
from autograd.text import isolated
from autograd.value import Value
from autograd.views.stepper import words
from autograd.views.stepper.shares import MOST_NAMES, Share
from autograd.views.turns import is_product, number_of, turns


@dataclass(frozen=True, slots=True)
class ForwardScene:
    """One gate computes its output: name = formula = numbers = node.data."""

    phase: ClassVar = "forward"
    heading: str
    place: int
    node: Value
    name: str
    formula: Symbol
    numbers: str

    @property
    def sentence(self) -> str:
        equation = f"{self.name} = {as_text(self.formula)} = {self.numbers} = {number_text(self.node.data)}"
        return f"{self.heading}: {equation}."


@dataclass(frozen=True, slots=True)
class StartScene:
    """The backward pass starts at the root."""

    phase: ClassVar = "start"
    heading: ClassVar = "Start of the backward pass"
    place: int
    node: Value
    name: str

    @property
    def sentence(self) -> str:
        return f"{self.heading}: d({self.name})/d({self.name}) = 1."


@dataclass(frozen=True, slots=True)
class BackwardScene:
    """One gate hands its upstream gradient back, a share to each of its inputs.

    reason says why it is this gate's turn, role what its kind does to a gradient.
    """

    phase: ClassVar = "backward"
    heading: str
    place: int
    node: Value
    name: str
    upstream: float
    shares: tuple[Share, ...]
    reason: str
    role: str

    @property
    def sentence(self) -> str:
        sentences = [share.sentence for share in self.shares[: words.MOST_INPUTS]]
        if left_out := len(self.shares) - len(sentences):
            sentences.append(f"{left_out:,} more inputs receive their shares")
        ends = "; ".join(sentences) or "its inputs are plain numbers and receive nothing"
        return f"{self.heading}. {self.reason} Upstream gradient {number_text(self.upstream)}: {ends}."


Scene = ForwardScene | StartScene | BackwardScene


@dataclass(frozen=True, slots=True)
class Passes:
    """Both passes of a graph; place i is the i-th node of the topological order."""

    nodes: list[Value]
    names: list[str]
    scenes: list[Scene]

    @property
    def root(self) -> Value:
        return self.nodes[-1]

    @property
    def root_name(self) -> str:
        return self.names[-1]


def both_passes(nodes: list[Value], shown: Collection[int]) -> Passes:
    """The scenes of the gates in the places shown, first forward, then backward.

    nodes is a whole graph in topological order. It computes nothing: the numbers are those of
    the nodes and of the engine's walk.
    """
    names = [isolated(name) for name in name_nodes(nodes).values()]
    places = {node: place for place, node in enumerate(nodes)}
    chosen = [place for place, node in enumerate(nodes) if node.gate is not None and place in shown]
    by_node = dict(zip(nodes, names, strict=True))
    scenes: list[Scene] = []
    for turn, place in enumerate(chosen, 1):
        node = nodes[place]
        formula, numbers = words.formula(node, by_node), words.formula_in_numbers(node)
        heading = f"Forward {turn} of {len(chosen)}"
        scenes.append(ForwardScene(heading, place, node, names[place], formula, numbers))
    scenes.append(StartScene(len(nodes) - 1, nodes[-1], names[-1]))
    scenes.extend(_backward_scenes(nodes[-1], by_node, places, chosen))
    return Passes(nodes, names, scenes)


def _backward_scenes(
    root: Value, names: dict[Value, str], places: dict[Value, int], chosen: list[int]
) -> Iterator[BackwardScene]:
    gate_turns = [turn for turn in turns(root) if turn[0].gate is not None]
    users: dict[Value, list[Value]] = {node: [] for node in names}  # once for each use
    for node, _, _ in gate_turns:
        for below in node.inputs:
            if below is not None:
                users[below].append(node)
    arrived = dict.fromkeys(names, 0)
    totals = dict.fromkeys(names, 0.0)
    wanted, turn = set(chosen), 0
    for node, upstream, contributions in gate_turns:
        received = []
        for k, (below, contribution) in enumerate(zip(node.inputs, contributions, strict=True)):
            if below is not None:
                arrived[below] += 1
                totals[below] += number_of(contribution)
                received.append((k, below, contribution, arrived[below], totals[below]))
        if places[node] not in wanted:
            continue
        formulas, numbers = words.local_derivatives(node, names), node.local_backward(1.0)
        shares = []
        for k, below, contribution, count, total in received:
            coming = users[below][count : count + MOST_NAMES]
            awaited = tuple(names[user] for user in dict.fromkeys(coming))
            unnamed = len(users[below]) - count - len(coming)
            taken = is_product(contribution, upstream, numbers[k])
            sum_so_far = (taken, number_of(contribution), total, awaited, unnamed)
            shares.append(Share(places[below], names[below], upstream, formulas[k], numbers[k], *sum_so_far))
        turn += 1
        heading = f"Backward {turn} of {len(chosen)}: {words.gate_name(node)} gate of {names[node]}"
        reason = words.reason(node, users[node], names)
        yield BackwardScene(
            heading, places[node], node, names[node], upstream, tuple(shares), reason, words.role(node)
        )
