"""The parameter vector: the numbers of some leaf Values as one flat array, and their way back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from autograd import Value
from autograd.node import Node

Array: TypeAlias = npt.NDArray[np.float64]


def vector_of(parameters: Sequence[Value]) -> Array:
    """The parameters' numbers, as a new flat array.

    >>> vector_of([Value(1.0), Value(2.0)])
    array([1., 2.])
    """
    return np.array([parameter.data for parameter in parameters])


def sync_to_values(parameters: Iterable[Value], numbers: Iterable[float]) -> None:
    """Set each parameter, a leaf, to its number: in one instruction, so that no Ctrl-C comes in between.

    >>> sync_to_values([w := Value(1.0)], [3.0])
    >>> w
    Value(3, grad=0)
    """
    numbers = numbers.tolist() if isinstance(numbers, np.ndarray) else numbers
    deque(map(vars(Node)["_number"].__set__, parameters, numbers), maxlen=0)
