"""What a custom gate's rules can run on, found by trying: Python's floats they must, NumPy's arrays they may.

A rule written for floats goes through arrays number by number, which is slow and right. One that takes
arrays, but means something else by them, as one that catches a ZeroDivisionError does, is such a rule too.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.arithmetic import floats
from autograd.compiler import numpy_arithmetic
from autograd.gates import GATES
from autograd.rules import Gate

Array = npt.NDArray[np.float64]

#: Ordinary numbers and those where rules differ: zeros, ties, what overflows, infinities, nan.
NUMBERS = (-2.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 2.0, 3.0, 1e-300, -1e200, 1e200, np.inf, -np.inf, np.nan)
TRIES = 80  # combinations of them, for a gate of several operands
UPSTREAM = 0.75
AGREEMENT = 1e-9  # relative: NumPy's functions may round in another way than Python's


@cache
def runs_on_arrays(gate: Gate) -> bool:
    """Whether both rules give on arrays, of any shapes that fit together, what they give on floats.

    Where a rule raises on floats, as 1 / x at 0, nothing is asked of it: on arrays that is IEEE's inf.
    """
    if GATES.get(gate.name) is gate:
        return True
    counts = (2, 3) if gate.variadic else (len(gate.operand_names),)
    try:
        with np.errstate(all="ignore"):
            return all(_agrees(gate, operands) for count in counts for operands in _tries(count))
    except Exception:  # a rule for floats may raise anything on arrays
        return False


def _tries(count: int) -> Iterator[list[Array]]:
    """Operands as arrays: all of one shape; one of them a single number; rows against columns."""
    rng = np.random.default_rng(0)
    if count == 1:
        yield [np.array([NUMBERS])]
        return
    mixed = rng.choice(NUMBERS, (count, TRIES))
    mixed[:, : len(NUMBERS)] = NUMBERS  # ties
    yield list(mixed[:, None, :])
    for place in range(count):
        for number in (2.0, 0.0, -0.5):
            single = list(mixed[:, None, : len(NUMBERS) + 5])
            single[place] = np.array([[number]])
            yield single
        crossed = list(rng.choice(NUMBERS[:9], (count, 1, 5)))
        crossed[place] = np.array([[2.0], [-1.0], [0.0]])
        yield crossed


def _agrees(gate: Gate, operands: list[Array]) -> bool:
    """Whether the rules on these arrays give what they give number by number."""
    shape = np.broadcast_shapes(*[operand.shape for operand in operands])
    expected = np.full((1 + len(operands), *shape), np.nan)
    is_known = np.zeros(shape, dtype=bool)
    for place in np.ndindex(shape):
        numbers = [float(np.broadcast_to(operand, shape)[place]) for operand in operands]
        try:
            out = float(gate.forward(floats, *numbers))
            expected[(0, *place)] = out
            expected[(slice(1, None), *place)] = gate.contributions(UPSTREAM, out, *numbers)
            is_known[place] = True
        except (ArithmeticError, ValueError):  # outside its domain
            continue
    out = gate.forward(numpy_arithmetic, *operands)
    if not _same(out, expected[0], is_known):
        return False
    found = gate.backward(numpy_arithmetic, np.full(shape, UPSTREAM), out, *operands)
    return all(_same(each, right, is_known) for each, right in zip(found, expected[1:], strict=True))


def _same(found: Any, expected: Array, is_known: npt.NDArray[np.bool_]) -> bool:
    numbers = np.zeros(expected.shape) if found is None else np.asarray(found)
    if numbers.dtype != np.float64 or numbers.shape != expected.shape:
        return False
    return np.allclose(numbers[is_known], expected[is_known], rtol=AGREEMENT, atol=1e-300, equal_nan=True)
