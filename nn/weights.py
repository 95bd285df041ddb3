"""Arrays of parameters: to be read, and to be replaced as a whole, never element by element."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from autograd import Value
from autograd.value_array import ValueArray

REFUSAL = (
    "a weight or bias array of a module shows its parameters; a change to the array would be lost. "
    "Set a number in place, as in layer.weight[0, 0].data = 5.0, all of them by load_state_dict, or tie "
    "them to other Values, as in layer.weight = other.weight"
)


class Weights(ValueArray):
    """A module's parameters as an array of their own Values. Arithmetic on it gives new arrays.

    Raises TypeError for an assignment to its elements, in-place operators too.
    """

    def __setitem__(self, index: Any, values: Any) -> NoReturn:
        raise TypeError(REFUSAL)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
        if any(isinstance(out, Weights) for out in options.get("out", ())) or method == "at":
            raise TypeError(REFUSAL)
        return super().__array_ufunc__(ufunc, method, *operands, **options)

    def fill(self, value: Any) -> NoReturn:
        raise TypeError(REFUSAL)

    @property
    def data(self) -> NoReturn:  # NumPy's is a buffer, which nobody means who knows PyTorch
        raise AttributeError("data_of(layer.weight) gives the numbers as an array; " + REFUSAL)

    @data.setter
    def data(self, values: Any) -> NoReturn:
        raise AttributeError(REFUSAL)

    def copy(self, order: Any = "C") -> ValueArray:  # type: ignore[override]
        """The same Values in an array whose elements may be replaced."""
        return super().copy(order).view(ValueArray)


class Row(Weights):
    """A neuron's weights, a view of its row of the layer's: an element may be replaced by another leaf."""

    def __setitem__(self, index: Any, values: Any) -> None:  # type: ignore[override]
        row = self.view(ValueArray)
        if not all(isinstance(element, Value) for element in np.array(row[index], dtype=object).flat):
            raise TypeError(f"w[{index}] is of a missing connection, which has no weight to replace")
        for element in np.array(values, dtype=object).flat:
            as_leaf(element, "w")
        row[index] = values


def as_weights(values: Any) -> Weights:
    """The Values as an array to read: NumPy too knows that it is not to be written to."""
    elements = np.array(values, dtype=object).view(Weights)
    elements.flags.writeable = False
    return elements


def tie(held: npt.NDArray[Any], values: Any, name: str) -> None:
    """Put other leaves into an array of parameters, all of them or none; a missing weight stays missing.

    Raises ValueError for another shape, and as ``as_leaf`` does.
    """
    elements = np.array(values, dtype=object)
    if elements.shape != held.shape:
        raise ValueError(f"{name} must have shape {held.shape}, got {elements.shape}")
    for place, element in np.ndenumerate(held):
        if isinstance(element, Value):
            as_leaf(elements[place], name)
        else:
            elements[place] = element
    held.view(np.ndarray)[...] = elements


def as_leaf(element: Any, name: str) -> Value:
    """The Value to tie a weight to. Raises TypeError for what is none.

    Raises ValueError for one that a gate computed: it would stay as it is while the parameters change.
    """
    if not isinstance(element, Value):
        numbers = "to set numbers, set each .data, or all by load_state_dict"
        raise TypeError(f"{name} takes Values to tie the weights to, got {element!r}; {numbers}")
    if element.gate is not None:
        raise ValueError(
            f"{name} takes leaves, got {element!r}, computed by {element.gate.name}: it would stay as it is "
            "when the parameters change. Set numbers by .data or load_state_dict"
        )
    return element


class ArrayAttribute:
    """A module's attribute that holds such an array, or None: read as Weights, replaced as a whole.

    The first array stays, in vars(module), where parameters are looked for; what is set later goes into it.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, module: Any, owner: type) -> Any:
        if module is None:
            return self
        array = vars(module)[self.name]
        return None if array is None else as_weights(array)

    def __set__(self, module: Any, values: Any) -> None:
        if self.name not in vars(module):
            vars(module)[self.name] = values
        elif vars(module)[self.name] is None:
            raise ValueError(f"{module!r} has no {self.name} to set")
        else:
            tie(vars(module)[self.name], values, self.name)
