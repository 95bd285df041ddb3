"""What a part of a network is given: the numbers of one example."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any

from autograd import Value
from autograd.numbers import OPERAND, as_number, is_sequence

ONE_AT_A_TIME = (
    "A model takes one example at a time: [model(x) for x in X]; for whole batches, train by "
    "fit(model, X, y, ...), or compile: model.compile(loss, X[0], y[0])(X, y)"
)


def as_inputs(x: Any, wanted: int, taker: object) -> list[Value | float]:
    """One example as a list of Values and floats: x, or its elements if it is a list or an array.

    Raises ValueError if there are not as many as wanted, or for several examples; TypeError for an
    element that is no number.
    """
    try:
        inputs = as_numbers(x, type(taker).__name__)
    except TypeError:
        elements = elements_of(x)
        if not any(is_sequence(each) and each is not x for each in elements):
            raise
        takes = f"{taker!r} takes one example of {wanted} input(s)"
        raise ValueError(f"{takes}, got {len(elements)} row(s). {ONE_AT_A_TIME}") from None
    if len(inputs) != wanted:
        batch = f". {ONE_AT_A_TIME}" if wanted == 1 and len(inputs) > 1 else ""
        raise ValueError(f"{taker!r} takes {wanted} input(s), got {len(inputs)}{batch}")
    return inputs


def as_examples(data: Any) -> Any:
    """The examples, in their order: a table's, as pandas has them, by position and not by its labels."""
    import numpy as np

    is_table = hasattr(data, "__array__") and not isinstance(data, np.ndarray)
    return np.asarray(data) if is_table else data


def elements_of(x: Any) -> Sequence[Any]:
    """What a list or an array holds; what is neither stands alone."""
    if hasattr(x, "tolist"):  # NumPy's: one call makes Python numbers of all of them
        x = x.tolist()
    elif hasattr(x, "__array__"):  # a table, as pandas has them
        x = x.__array__().tolist()
    return x if isinstance(x, Sequence) else [x]


def as_numbers(x: Any, where: str) -> list[Value | float]:
    """x, or its elements if it is a list or an array, as Values and floats.

    Raises TypeError for an element that is no number, naming where.
    """
    elements = x if type(x) is list else elements_of(x)
    known = (Value, float)
    return [each if isinstance(each, known) else as_number(each, where, OPERAND) for each in elements]


def as_index(target: Any) -> int:
    """The target as an int; raises TypeError, as cross_entropy does, if it is no whole number by its type."""
    if isinstance(target, bool) or not hasattr(target, "__index__"):
        wanted = "target must be the index of a class, or a probability for each"
        raise TypeError(f"cross_entropy: {wanted}, got {target!r} of type {type(target).__name__}")
    return index(target)


def as_class_index(target: Any, classes: int) -> int:
    """The target as an int; raises as as_index does, and ValueError if there is no such class."""
    chosen = as_index(target)
    if not 0 <= chosen < classes:
        raise ValueError(
            f"cross_entropy: target must be a class from 0 to {classes - 1}, one per logit, got {chosen}"
        )
    return chosen
