"""What is checked: a Value, or an array of them; a function of numbers and of arrays of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd.numbers import OPERAND, as_number, elements_of, is_sequence, what_came
from autograd.text import one_line
from autograd.value import Value


def values_in(x: Any) -> list[Value]:
    """x itself, or all Values in lists or arrays, however nested; a number among them becomes a leaf.

    Empty if there is no Value in x. Raises TypeError for anything else among Values.
    """
    elements = list(elements_of(x))
    if not any(isinstance(each, Value) for each in elements):
        return []
    return [each if isinstance(each, Value) else Value(each) for each in elements]


def only_value(x: Any, claim: str) -> Value:
    """x itself, or the only element of a list or an array.

    Raises TypeError, with the claim and what came, for anything else.
    """
    values = values_in(x)
    if len(values) == 1:
        return values[0]
    if values:
        raise TypeError(f"{claim}, got {len(values)} of them: add them up, or check one at a time")
    raise TypeError(f"{claim}, got {one_line(what_came(x))}")


class Arguments:
    """A function's arguments: leaves, one by one and in arrays.

    leaves  all of them, those in arrays row after row. Each has its input's label, else its index,
            as inputs[0] or inputs[1][2,3]
    """

    def __init__(self, inputs: Any) -> None:
        """One input, a number, a Value or an array; or several, of which lists count as arrays.

        Raises TypeError for an input that is not a number, ValueError for rows of different lengths.
        """
        is_alone = isinstance(inputs, Value) or hasattr(inputs, "shape") or not hasattr(inputs, "__iter__")
        self.leaves: list[Value] = []
        self._shapes: list[tuple[int, ...] | None] = []
        for place, each in enumerate([inputs] if is_alone else inputs):
            self._append(each, f"inputs[{place}]")

    def _append(self, x: Any, name: str) -> None:
        if not is_sequence(x):
            self.leaves.append(_fresh_leaf(x, name))
            self._shapes.append(None)
            return
        import numpy as np

        from autograd.arrays import array

        for place, element in np.ndenumerate(elements := array(x)):
            self.leaves.append(_fresh_leaf(element, f"{name}[{','.join(map(str, place))}]"))
        self._shapes.append(elements.shape)

    def filled(self, leaves: Iterable[Value]) -> list[Any]:
        """What the function is called with: the given leaves, in arrays where the inputs were."""
        rest = iter(leaves)
        return [next(rest) if shape is None else _shaped(rest, shape) for shape in self._shapes]


def _fresh_leaf(x: Value | float, name: str) -> Value:
    if isinstance(x, Value):
        return Value(x.data, x.label or name)
    return Value(as_number(x, f"gradcheck: {name}", OPERAND), name)


def _shaped(leaves: Iterable[Value], shape: tuple[int, ...]) -> Any:
    """A ValueArray of that shape, from the first of the leaves."""
    import numpy as np

    from autograd.value_array import ValueArray

    elements = np.empty(shape, dtype=object)
    for place in np.ndindex(shape):
        elements[place] = next(iter(leaves))
    return elements.view(ValueArray)
