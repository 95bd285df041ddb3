"""What a part of a network is given: one example, and sizes."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd.rules import OPERAND, as_number

if TYPE_CHECKING:
    from nn.module import Module


def as_inputs(x: Any, wanted: int, taker: Module) -> list[Value | float]:
    """One example as a list of Values and floats: x, or its elements if it is a list or an array.

    Raises ValueError if there are not as many as wanted, TypeError for an element that is no number.
    """
    inputs = as_numbers(x, type(taker).__name__)
    if len(inputs) != wanted:
        raise ValueError(f"{taker!r} takes {wanted} input(s), got {len(inputs)}")
    return inputs


def as_numbers(x: Any, where: str) -> list[Value | float]:
    """x, or its elements if it is a list or an array, as Values and floats.

    Raises TypeError for an element that is no number, naming where.
    """
    if hasattr(x, "tolist"):  # NumPy's: one call makes Python numbers of all of them
        x = x.tolist()
    elements = x if isinstance(x, Sequence) else [x]
    known = (Value, float)
    return [each if isinstance(each, known) else as_number(each, where, OPERAND) for each in elements]


def as_size(size: Any, what: str, least: int = 1) -> int:
    """The size as an int; raises ValueError unless it is a whole number of at least that."""
    if not hasattr(size, "__index__") or size < least:
        raise ValueError(f"{what} must be a whole number, at least {least}, got {size!r}")
    return index(size)
