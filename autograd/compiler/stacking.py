"""Gates of any number of operands, run on all of them stacked in one array.

A rule that takes its operands together through ``m.sum`` and ``m.max`` and otherwise one by one,
as logsumexp's does, means the same if one array stands for them all and those two go along its
first axis. Whether a rule is of that kind is found by trying.
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from autograd.compiler import numpy_arithmetic as plain
from autograd.rules import Gate


def _sum(terms: tuple[Any]) -> Any:
    (stack,) = terms
    return np.add.reduce(stack, axis=0, keepdims=stack.ndim == 2)


def _max(terms: tuple[Any]) -> Any:
    (stack,) = terms
    return np.maximum.reduce(stack, axis=0, keepdims=stack.ndim == 2)


#: The arithmetic of arrays, but for the two functions that take all the operands together.
stacked = SimpleNamespace(**{**vars(plain), "sum": _sum, "max": _max})


@cache
def stacks(gate: Gate) -> bool:
    """Whether the gate's rules give the same on a stack as on the operands one by one."""
    stack = np.random.default_rng(0).uniform(0.5, 2.0, (3, 2))
    try:
        out = gate.forward(plain, *stack)
        contributions = np.array(gate.backward(plain, np.ones(2), out, *stack))
        out_stacked = gate.forward(stacked, stack)[0]
        (contribution,) = gate.backward(stacked, np.ones(2), out, stack)
    except (TypeError, ValueError, AttributeError, IndexError):
        return False
    together = np.broadcast_to(contribution, stack.shape)
    return bool(np.allclose(out_stacked, out) and np.allclose(together, contributions))
