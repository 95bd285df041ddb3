"""Why backward takes the gates in its order."""

from __future__ import annotations

from collections import defaultdict

from autograd.arithmetic.notation import as_text, number_text
from autograd.backward import topological_order, walk
from autograd.names import formula
from autograd.node import NOTHING
from autograd.text import isolated, listed
from autograd.value import Value
from autograd.views.chain_rule.equations import Block, Prose, shown_places
from autograd.views.chain_rule.formulas import shown_names

MOST_NODES = 30
MOST_USERS = 4
MOST_INPUTS = 6


def why_this_order(root: Value) -> list[Block]:
    """The forward order of a graph, the backward order and its reasons, and what goes wrong otherwise."""
    order = topological_order(root)
    names = {node: isolated(name) for node, name in shown_names(order).items()}
    return [
        Prose("Forward, a gate can compute only when all its inputs are known. An order in which every"
              " node comes after its inputs is a topological order. Here it is:"),
        _bounded([f"{place:,}. {_made_from(node, names)}" for place, node in enumerate(order, 1)]),
        Prose("Backward, a node can pass on its gradient only when that is complete: when all gates that"
              " use the node have passed on theirs. The topological order in reverse sees to that:"),
        _bounded(_turns(root, names)),
        *_without_order(),
    ]  # fmt: skip


def _made_from(node: Value, names: dict[Value, str]) -> str:
    if node.gate is None:
        return f"{names[node]}: a leaf"
    if len(node.inputs) > MOST_INPUTS:
        return f"{names[node]} = {node.gate.name} of {len(node.inputs):,} inputs"
    return f"{names[node]} = {as_text(formula(node, names))}"


def _turns(root: Value, names: dict[Value, str]) -> list[str]:
    """For each node, in the order of the engine's walk: why its turn comes then."""
    users: dict[Value, dict[str, None]] = defaultdict(dict)
    turns = []
    for place, (node, upstream, _) in enumerate(walk(root), 1):
        for below in node.inputs:
            if below is not None:
                users[below][names[node]] = None
        used_by = "" if node is root else listed(users[node], MOST_USERS)
        if node is root:
            why = f"the root: d({names[root]})/d({names[root]}) = {number_text(upstream)}"
        elif len(users[node]) == 1:
            why = f"the only gate that uses {names[node]} has passed on its gradient: {used_by}"
        else:
            why = f"all gates that use {names[node]} have passed on their gradients: {used_by}"
        reached = (
            "nothing has reached it" if upstream is NOTHING else f"its gradient is {number_text(upstream)}"
        )
        gradient = "" if node is root else f"; {reached}"
        turns.append(f"{place:,}. {names[node]}: {why}{gradient}")
    return turns


def _bounded(lines: list[str]) -> Prose:
    shown = [lines[place] for place in shown_places(len(lines), MOST_NODES)]
    if len(shown) < len(lines):
        shown.insert(MOST_NODES // 2, f"... {len(lines) - len(shown):,} more ...")
    return Prose("\n".join(shown))


def push_at_once(root: Value) -> tuple[dict[Value, float], list[tuple[Value, float]]]:
    """The mistake: every node passes its gradient on as soon as anything reaches it.

    Returns the final gradients, and every turn of a node with its gradient at that moment.
    """
    gradients: dict[Value, float] = defaultdict(float, {root: 1.0})
    turns: list[tuple[Value, float]] = []

    def push(node: Value) -> None:
        turns.append((node, gradients[node]))
        for below, contribution in zip(node.inputs, node.local_backward(gradients[node]), strict=True):
            assert below is not None, "the example has no plain numbers"
            gradients[below] += contribution
            push(below)

    push(root)
    return gradients, turns


def _without_order() -> list[Prose]:
    a = Value(1.0, label="a")
    b = a + a
    b.label = "b"
    c = b + b
    c.label = "c"
    wrong, turns = push_at_once(c)
    right = {node: upstream for node, upstream, _ in walk(c)}
    inner = [
        f"{node.label} passes on {number_text(gradient)}" for node, gradient in turns if node.gate is not None
    ]
    in_order = [
        f"{node.label} passes on {number_text(gradient)}"
        for node, gradient in right.items()
        if node.gate is not None
    ]
    return [
        Prose("Without that order: take b = a + a; c = b + b, so c = 4 a and d(c)/d(a) ="
              f" {number_text(right[a])}."),
        Prose("If each node passes its gradient on as soon as anything reaches it, then "
              f"{', '.join(inner)}: b has a turn for each use, and the second time it passes on again what"
              f" it had passed on before. a ends with {number_text(wrong[a])}, which is wrong."),
        Prose(f"In reverse topological order {', '.join(in_order)}: b waits until both of its uses have"
              f" reached it, and passes on once. a ends with {number_text(right[a])}."),
    ]  # fmt: skip
