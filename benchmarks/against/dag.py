"""An irregular graph: operations drawn at random, which fold into no matrix."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.against.contestant import DAG_LEAVES, Array

LARGEST = 2.0
RECENT = 16

#: What a namespace m (NumPy's, or one with its names) makes of two nodes, and the most that it can give
#: where these are at most a and b; sine and tanh ignore the second.
OPERATIONS = (
    (lambda m, a, b: a + b, lambda a, b: a + b),
    (lambda m, a, b: a - b, lambda a, b: a + b),
    (lambda m, a, b: a * b, lambda a, b: a * b),
    (lambda m, a, b: m.maximum(a, b), max),
    (lambda m, a, b: m.sin(a), lambda a, b: 1.0),
    (lambda m, a, b: m.tanh(a), lambda a, b: 1.0),
)
BINARY = 4  # how many take both
MAXIMUM = BINARY - 1


def operations(n: int, seed: int = 1) -> Array:
    """n operations as rows (operation, place of a, place of b); the leaves have the first places.

    Each takes the node before, so the last depends on all; the first ones take the leaves in turn, the
    others any leaf or a recent node. Where the result could leave -2 to 2, the maximum stands in:
    nothing overflows, whatever leaves from -1 to 1.
    """
    draw = random.Random(seed)
    leaves = 2 * DAG_LEAVES
    bounds = [1.0] * leaves
    rows: list[tuple[int, int, int]] = []
    for i in range(leaves - 1, leaves - 1 + n):
        j = draw.randrange(leaves) if draw.random() < 0.5 else draw.randrange(max(0, i - RECENT), i + 1)
        operation = draw.randrange(len(OPERATIONS))
        if len(rows) < leaves:
            j, operation = len(rows), draw.randrange(BINARY)
        if OPERATIONS[operation][1](bounds[i], bounds[j]) > LARGEST:
            operation = MAXIMUM
        bounds.append(OPERATIONS[operation][1](bounds[i], bounds[j]))
        rows.append((operation, i, j))
    return np.array(rows)


def run(m: Any, rows: Sequence[Sequence[int]], leaves: Sequence[Any]) -> Any:
    """The last node, in whatever numbers the leaves are: inputs first, then parameters."""
    nodes = list(leaves)
    for operation, i, j in rows:
        nodes.append(OPERATIONS[operation][0](m, nodes[i], nodes[j]))
    return nodes[-1]
