"""Two graphs of N operations, written once and built by any engine that has micrograd's operators."""

from __future__ import annotations

import random
from collections.abc import Callable
from operator import add, mul, sub, truediv
from typing import Any, NamedTuple

Build = Callable[[Callable[[float], Any]], Any]  # an engine's Value in, the root out
LEAVES = 8
RECENT = 16
SMALLEST, LARGEST = 0.5, 2.0


class Operation(NamedTuple):
    """One step of a random graph, on nodes and on numbers; one of one operand ignores the second."""

    on_nodes: Callable[[Any, Any], Any]
    on_numbers: Callable[[float, float], float]


def chain(n: int) -> Build:
    """x = ((x * w + b) / c - d).relu(), again and again: n operations, each on the one before.

    With these numbers x stays 1 without rounding, and its gradient too.
    """

    def build(value: Callable[[float], Any]) -> Any:
        x, w, b, c, d = [value(number) for number in (1.0, 2.0, 1.0, 2.0, 0.5)]
        for _ in range(n // 5):
            x = ((x * w + b) / c - d).relu()
        return x

    return build


def random_graph(n: int, seed: int = 0) -> Build:
    """n operations + - * / relu and square root, each on the node before and, half and half, a recent or any.

    Where the one drawn would carry its number out of 1/2 to 2, a square root stands in, which
    never does; that keeps the numbers in bounds and, since roots flatten, the gradients too. Each
    takes the node before, so the root depends on them all.
    """
    draw = random.Random(seed).random
    data = [SMALLEST + (LARGEST - SMALLEST) * draw() for _ in range(LEAVES)]
    steps = []
    for i in range(LEAVES - 1, LEAVES - 1 + n):
        j = i - int(draw() * min(RECENT, i)) if draw() < 0.5 else int(draw() * i)
        operation = OPERATIONS[int(draw() * len(OPERATIONS))]
        if not SMALLEST <= operation.on_numbers(data[i], data[j]) <= LARGEST:
            operation = SQUARE_ROOT
        data.append(operation.on_numbers(data[i], data[j]))
        steps.append((operation.on_nodes, i, j))

    def build(value: Callable[[float], Any]) -> Any:
        nodes = [value(number) for number in data[:LEAVES]]
        for operation, i, j in steps:
            nodes.append(operation(nodes[i], nodes[j]))
        return nodes[-1]

    return build


def _relu(a: Any, b: Any) -> Any:
    return a.relu()


def _root(a: Any, b: Any) -> Any:
    return a**0.5


OPERATIONS = (
    Operation(add, add),
    Operation(sub, sub),
    Operation(mul, mul),
    Operation(truediv, truediv),
    Operation(_relu, lambda a, b: a),
)
SQUARE_ROOT = Operation(_root, _root)

GRAPHS: dict[str, Callable[[int], Build]] = {"chain": chain, "random": random_graph}
