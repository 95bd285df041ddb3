"""Exercises on the engine itself: the naive backward pass, the topological order, a custom class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.random import Generator

from autograd import Value, parse

from .exercise import Case, Complaint, Exercise, Mistake

Node = Any  # a Value, or the Scalar below: data, grad, inputs, local_backward


# -- orders in which to take the nodes, and the walk ---------------------------------------------


def below(node: Node) -> list[Node]:
    return [each for each in node.inputs if each is not None]


def inputs_first(root: Node, *, once: bool = True) -> list[Node]:
    """The topological order; with once=False, a node comes each time it is used."""
    order: list[Node] = []

    def visit(node: Node) -> None:
        if not (once and node in order):
            for each in below(node):
                visit(each)
            order.append(node)

    visit(root)
    return order


def outputs_first(root: Node) -> list[Node]:
    return inputs_first(root)[::-1]


def with_repeats(root: Node) -> list[Node]:
    return inputs_first(root, once=False)[::-1]


def as_met(root: Node) -> list[Node]:
    """Depth first, each node where it is met first: no topological order."""
    order: list[Node] = []

    def visit(node: Node) -> None:
        if node not in order:
            order.append(node)
            for each in below(node):
                visit(each)

    visit(root)
    return order


def breadth_first(root: Node) -> list[Node]:
    """Level by level from the root: no topological order."""
    order = [root]
    for node in order:  # which grows
        for each in below(node):
            if each not in order:
                order.append(each)
    return order


def hand_on(node: Node, *, accumulate: bool = True, upstream: float | None = None) -> None:
    contributions = node.local_backward(node.grad if upstream is None else upstream)
    for each, contribution in zip(node.inputs, contributions, strict=True):
        if each is not None:
            each.grad = contribution + (each.grad if accumulate else 0.0)


def walk(
    root: Node,
    order: Callable[[Node], list[Node]] = outputs_first,
    *,
    accumulate: bool = True,
    seed: float = 1.0,
) -> None:
    root.grad = seed
    for node in order(root):
        hand_on(node, accumulate=accumulate)


def naive(root: Node, *, accumulate: bool = True, chained: bool = True) -> None:
    """Each contribution is handed on at once, before the others have come."""

    def visit(node: Node) -> None:
        upstream = node.grad if chained else 1.0
        for each, contribution in zip(node.inputs, node.local_backward(upstream), strict=True):
            if each is not None:
                each.grad = contribution + (each.grad if accumulate else 0.0)
                visit(each)

    root.grad = 1.0
    visit(root)


def naive_by_node(root: Node) -> None:
    """As naive, but a node first hands on to all its inputs, then each of them does the same."""

    def visit(node: Node) -> None:
        hand_on(node)
        for each in below(node):
            visit(each)

    root.grad = 1.0
    visit(root)


# -- a backward pass over Values ------------------------------------------------------------------


def run_backward(backward: Callable[[Value], Any], expression: str, numbers: dict[str, float]) -> list[float]:
    """The gradients of the leaves after backward(root) has run on a new graph."""
    parsed = parse(expression, numbers)
    backward(parsed.root)
    return [leaf.grad for leaf in parsed.leaves.values()]


def _backward(work: Callable[[Value], Any], **options: Any) -> Callable[..., list[float]]:
    return lambda expression, numbers: run_backward(lambda root: work(root, **options), expression, numbers)


def expressions(*texts: str) -> Callable[[Generator], list[Case]]:
    """Each expression with random numbers for its leaves, which are a, d and e, not in the word sin."""

    def draw(rng: Generator, text: str) -> dict[str, float]:
        return {name: round(float(rng.uniform(0.5, 2.0)), 3) for name in "ade" if name in text}

    return lambda rng: [(text, draw(rng, text)) for text in texts]


NOT_IN_ORDER = (
    "The order is not topological: a node hands its gradient on before all that use it have had their turn, "
    "so it hands on too little first, or some of it twice. Take the nodes in reverse topological order."
)
OVERWRITTEN = (
    "The accumulation is missing: `=` overwrites what came by another path; contributions are added, `+=`."
)
NO_SEED = (
    "The seed is missing when the walk starts, or is cleared again: every gradient is 0, that of the root "
    "too. The walk has to start with d(root)/d(root) = 1."
)
NOTHING_HANDED_ON = (
    "The root has its gradient, but no leaf got any. Is the seed set before the walk, and does the walk meet "
    "every node, the root first?"
)
NOT_REVERSED = (
    "The order is not reversed, or holds the root alone: a node below the root hands on nothing, as its turn "
    "comes before its gradient, or never. Start at the root, which comes last in the topological order."
)
REPEATED = (
    "A node has its turn more than once: in the order it stands once for each use. Keep a set of those seen."
)
NOT_CHAINED = (
    "The chain breaks: these are local derivatives, of an upstream gradient of 1; hand on node.grad instead."
)

NAIVE = Exercise(
    "backward without the topological order",
    _backward(naive),
    [
        Mistake(
            "This gives the right gradients, also of `b = a + a; c = b + b`: that is exercise 18. "
            "Here, take the naive way: add the contribution to the input, and hand on from there at once.",
            _backward(walk),
        ),
        Mistake(OVERWRITTEN, _backward(naive, accumulate=False)),
        Mistake(NOT_CHAINED, _backward(naive, chained=False)),
        Mistake(
            "Naive too, but not the one described: here a node hands on to all its inputs before any of "
            "them goes on; in the exercise each input goes on as soon as it has its contribution.",
            _backward(naive_by_node),
        ),
        Mistake(
            "Only the inputs of the root get a gradient: hand on from each input as well.",
            _backward(hand_on, upstream=1.0),
        ),
    ],
    expressions(
        "c = a * d", "b = a * d; c = b * e", "b = a + a; c = b + b", "b = a * d; f = b * b; c = sin(f) * f"
    ),
    run_backward,
)


def run_ordered(backward: Callable[[Value], Any], expression: str, numbers: dict[str, float]) -> list[float]:
    """As run_backward, with a complaint if there is a seed and yet no gradient."""
    parsed = parse(expression, numbers)
    backward(parsed.root)
    return seeded(parsed.root, [leaf.grad for leaf in parsed.leaves.values()])


def seeded(root: Node, gradients: list[float]) -> list[float]:
    if root.grad and not any(gradients):
        raise Complaint(NOTHING_HANDED_ON)
    return gradients


def _ordered(work: Callable[[Value], Any], **options: Any) -> Callable[..., list[float]]:
    return lambda expression, numbers: run_ordered(lambda root: work(root, **options), expression, numbers)


def gradients(expression: str, numbers: dict[str, float]) -> Any:
    return run_backward(Value.backward, expression, numbers)


ORDERED = Exercise(
    "backward in topological order",
    gradients,
    [
        Mistake(NOT_IN_ORDER, _ordered(naive)),
        Mistake(NOT_IN_ORDER, _ordered(naive_by_node)),
        Mistake(NOT_IN_ORDER, _ordered(walk, order=as_met)),
        Mistake(NOT_IN_ORDER, _ordered(walk, order=breadth_first)),
        Mistake(NOT_REVERSED, _ordered(walk, order=inputs_first)),
        Mistake(OVERWRITTEN, _ordered(walk, accumulate=False)),
        Mistake(NO_SEED, _ordered(walk, seed=0.0)),
        Mistake(REPEATED, _ordered(walk, order=with_repeats)),
    ],
    expressions(
        "c = a * d",
        "b = a + a; c = b + b",
        "b = a * d; f = b * b; c = sin(f) * f",
        "b = a * d; c = b * e; f = sin(c) + b",
        "b = a * d; c = b * e; f = b + c",
    ),
    run_ordered,
)
