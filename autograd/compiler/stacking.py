"""Gates of any number of operands, run on all of them stacked in one array.

A rule that takes its operands together through ``m.sum``, ``m.max``, ``m.min`` and ``m.norm`` and
otherwise one by one, as logsumexp's does, means the same if one array stands for them all and those
go along its first axis. Whether a rule is of that kind is found by trying.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from autograd.compiler import numpy_arithmetic as plain
from autograd.compiler.probe import runs_on_arrays
from autograd.rules import Gate


def _reduced_by(ufunc: np.ufunc) -> Callable[[tuple[Any]], Any]:
    """What takes all the operands together: the stack reduced along its first axis."""

    def reduced(terms: tuple[Any]) -> Any:
        (stack,) = terms
        return ufunc.reduce(stack, axis=0, keepdims=stack.ndim == 2)

    return reduced


def _logsum(terms: tuple[Any]) -> Any:
    (stack,) = terms
    return plain.logsum(stack, keepdims=stack.ndim == 2)


#: The arithmetic of arrays, but for the functions that take all the operands together.
stacked = SimpleNamespace(
    **{
        **vars(plain),
        "sum": _reduced_by(np.add),
        "max": _reduced_by(np.maximum),
        "min": _reduced_by(np.minimum),
        "norm": _reduced_by(np.hypot),
        "logsum": _logsum,
    }
)


@cache
def stacks(gate: Gate, operands: int) -> bool:
    """Whether the gate's rules give the same on a stack as on so many operands one by one.

    A router of two is left as it is: to put the 0 of max(x, 0) on a stack costs more than the gate.
    """
    if (operands == 2 and gate.role == "router") or not runs_on_arrays(gate):
        return False
    stack = np.random.default_rng(0).normal(size=(3, 8))
    try:
        out = gate.forward(plain, *stack)
        contributions = np.array(gate.backward(plain, np.ones(8), out, *stack))
        out_stacked = gate.forward(stacked, stack)[0]
        (contribution,) = gate.backward(stacked, np.ones(8), out, stack)
    except (TypeError, ValueError, AttributeError, IndexError):
        return False
    together = np.broadcast_to(contribution, stack.shape)
    same_out = np.allclose(out_stacked, out, equal_nan=True)
    return bool(same_out and np.allclose(together, contributions, equal_nan=True))
