"""What the campaigns share: PyTorch's word on a graph, and the count of what became of many seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import GATES, Value, topological_order
from tests.compiler.agreement import assert_close
from tests.test_against_torch import IN_TORCH, torch


def agrees_with_torch(root: Value, leaves: list[Value], gradient: Any, scale: float) -> bool:
    """Whether PyTorch has every gate of the graph; then its gradient is this one, where it is finite."""
    order = topological_order(root)
    if any(node.gate and GATES.get(node.gate.name) is not node.gate for node in order):
        return False
    of: dict[Value | None, Any] = {}
    for node in order:
        if node.gate is None:
            of[node] = torch.tensor(node.data, dtype=torch.float64, requires_grad=True)
        else:
            taken = [
                torch.tensor(number, dtype=torch.float64) if below is None else of[below]
                for below, number in zip(node.inputs, node.operands, strict=True)
            ]
            of[node] = IN_TORCH[node.gate.name](*taken)
    if of[root].requires_grad:
        of[root].backward()
    for leaf, ours in zip(leaves, gradient, strict=True):
        slope = of[leaf].grad if leaf in of else None
        theirs = 0.0 if slope is None else slope.item()
        if np.isfinite(theirs):
            assert_close(ours, theirs, scale)
    return True


def campaign(check: Callable[[int], Counter[str]], seeds: range) -> bool:
    """Print a line for each disagreement and the counts at the end; whether there was one."""
    counts: Counter[str] = Counter()
    for seed in seeds:
        try:
            counts += check(seed)
        except Exception as error:  # an exception is a disagreement too
            counts["disagreements"] += 1
            print(f"seed {seed}: {type(error).__name__}: {' '.join(str(error).split())[:300]}", flush=True)
    print(", ".join(f"{what}: {count:,}" for what, count in sorted(counts.items())))
    return counts["disagreements"] > 0
