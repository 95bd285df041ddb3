"""Arrays of Values: NumPy's own object arrays, so that a slide's W @ x is written W @ x.

NumPy does the shapes, the broadcasting and the loops; each element is a scalar node of the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from autograd.backward import upstream_gradients
from autograd.gates import choose
from autograd.numbers import OPERAND, as_number, is_sequence, what_came
from autograd.refusals import check_str
from autograd.rules import Gate
from autograd.value import Value
from autograd.value_array import ValueArray

if TYPE_CHECKING:
    from autograd.operand_types import Number
    from autograd.value_array import ValueOrArray

    Row = Sequence[Value | float]


@overload
def array(data: None = None, *, shape: int | tuple[int], label: str = "") -> ValueArray[tuple[int]]: ...
@overload
def array(data: None = None, *, shape: tuple[int, int], label: str = "") -> ValueArray[tuple[int, int]]: ...
@overload
def array(data: Row, *, shape: None = None, label: str = "") -> ValueArray[tuple[int]]: ...
@overload
def array(data: Sequence[Row], *, shape: None = None, label: str = "") -> ValueArray[tuple[int, int]]: ...
@overload
def array(data: Any = None, *, shape: int | tuple[int, ...] | None = None, label: str = "") -> ValueArray: ...
def array(data: Any = None, *, shape: int | tuple[int, ...] | None = None, label: str = "") -> ValueArray:
    """An array of leaves, from numbers (nested lists, a NumPy array, one number) or zeros of a shape.

    With a label W the leaves are labelled W[0,1] by row and column. An element that is a Value
    already is kept as it is, its label too.

    >>> W = array([[1, 2], [3, 4]], label="W")
    >>> W[0, 1]
    Value(2, grad=0, label='W[0,1]')
    >>> data_of(W @ [1, 1])
    array([3., 7.])

    Raises TypeError for an element that is no real number, and unless exactly one of data and
    shape is given; ValueError for rows of different lengths.
    """
    if (data is None) == (shape is None):
        raise TypeError(f"array takes either data or shape, got {'neither' if data is None else 'both'}")
    check_str(label, "label")
    elements = _elements(data if shape is None else _zeros(shape), "array")
    for place, element in np.ndenumerate(elements):
        if not isinstance(element, Value):
            indices = f"[{','.join(map(str, place))}]" if place else ""
            elements[place] = Value(element, label + indices if label else "")
    return elements.view(ValueArray)


def data_of(x: Any) -> npt.NDArray[np.float64]:
    """The numbers of a Value, a list or an array of them, as a float array of the same shape.

    Plain numbers may stand among the Values. Raises as ``array`` does.
    """
    return _floats(lambda element: element.data if isinstance(element, Value) else element, x, "data_of")


def grad_of(x: Any) -> npt.NDArray[np.float64]:
    """The gradients of a Value, a list or an array of them, as a float array of the same shape.

    A plain number has gradient 0. Raises as ``array`` does.
    """
    return _floats(lambda element: element.grad if isinstance(element, Value) else 0.0, x, "grad_of")


def jacobian(outputs: Any, inputs: Any, *, layout: str = "numerator") -> npt.NDArray[np.float64]:
    """d(outputs)/d(inputs), from one backward walk per output; nobody's ``grad`` changes.

    outputs and inputs are each a Value, or a list or array of m and n of them; of more than one
    dimension, they are taken row after row (C order). An input that an output does not depend on
    gives 0.

    layout  "numerator": m x n, a row per output; "denominator": n x m, its transpose

    >>> W, x = array([[1, 2], [3, 4]]), array([1, 1])
    >>> jacobian(W @ x, x)
    array([[1., 2.],
           [3., 4.]])

    Raises ValueError for another layout, TypeError for an element that is not a Value.
    """
    if layout not in ("numerator", "denominator"):
        raise ValueError(f"layout must be 'numerator' or 'denominator', got {layout!r}")
    functions, variables = _values(outputs, "outputs"), _values(inputs, "inputs")
    result = np.zeros((len(functions), len(variables)))
    for row, function in zip(result, functions, strict=True):
        gradients = dict(upstream_gradients(function))
        row[:] = [gradients.get(variable, 0.0) for variable in variables]
    return result if layout == "numerator" else result.T


@overload
def take(table: ValueArray[tuple[int]], index: Value | Number) -> Value: ...
@overload
def take(table: ValueArray[tuple[int, int]], index: Value | Number) -> ValueArray[tuple[int]]: ...
@overload
def take(table: Any, index: Any) -> ValueOrArray: ...
def take(table: Any, index: Any) -> Any:
    """The row of the table that the index says, counted from 0: table[index], where index may be a Value.

    Of a plain int it is the row's own elements. A Value, or a float, holds a whole number: then each
    element is a choose gate over its column, and nan where the table has no such row. An array or a list
    of indices gives a row for each: its shape is that of the indices, then that of a row.

    >>> embedding = array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], label="embedding")
    >>> token = Value(2.0, label="token")
    >>> data_of(take(embedding, token)), data_of(take(embedding, [0, token]))
    (array([5., 6.]), array([[1., 2.],
           [5., 6.]]))

    Raises IndexError for a plain int that is no row's, negative ones too (a choose gate knows none from
    the end); ValueError for a table without rows, or with rows of different lengths; TypeError for an
    index or an element that is no number.
    """
    rows = table if isinstance(table, ValueArray) else _elements(table, "take")
    if not rows.ndim or not len(rows):
        raise ValueError(f"take wants a table of at least one row, got {_description(table)}")
    indices = np.array(index, dtype=object)
    shape = indices.shape + rows.shape[1:]
    flat_rows = rows.reshape(len(rows), -1)
    elements = [each for place in indices.flat for each in _row(flat_rows, place)]
    return _of_shape(shape, elements) if shape else elements[0]


def _row(rows: Any, index: Any) -> list[Any]:
    """The row at that index, of a matrix."""
    if isinstance(index, (bool, np.bool_)):  # NumPy takes them for a mask, Python for 0 and 1
        raise TypeError(f"take: index must be the number of a row, got {what_came(index)}")
    if not hasattr(index, "__index__"):
        number = index if isinstance(index, Value) else as_number(index, "take: index", OPERAND)
        return [choose(number, *column) for column in rows.T]
    if not 0 <= index < len(rows):
        raise IndexError(f"take: index must be a row from 0 to {len(rows) - 1}, got {index}")
    return list(rows[index])


def apply_gate(gate: Gate, operands: tuple[Any, ...]) -> Any:
    """The gate, element by element, with NumPy's broadcasting; lists are taken as arrays.

    Gives a ValueArray if a Value is among the results, else a float array.
    Raises ValueError for shapes that do not fit together, TypeError where one list stands for all the
    operands of a gate that takes any number, and as ``array`` does.
    """
    names = gate.operand_names
    if gate.variadic and len(operands) == len(names) and is_sequence(operands[-1]):
        called = f"{gate.name}({', '.join([*names[:-1], '*x'])})"
        wanted = f"takes its operands one by one: {called} for the elements of x, or along its first axis"
        raise TypeError(f"{gate.name} {wanted}; got only {_description(operands[-1])}")
    arrays = [_elements(operand, gate.name) for operand in operands]
    try:
        arrays = list(np.broadcast_arrays(*arrays))
    except ValueError:
        shapes = ", ".join([str(each.shape) for each in arrays])
        raise ValueError(f"{gate.name}: the shapes {shapes} do not fit together") from None
    results = [gate(*elements) for elements in zip(*[each.flat for each in arrays], strict=True)]
    return _of_shape(arrays[0].shape, results)


def _of_shape(shape: tuple[int, ...], results: list[Any]) -> Any:
    """Values and floats, row after row, as a ValueArray; as a float array if no Value is among them."""
    is_recorded = any(isinstance(result, Value) for result in results)
    shaped = np.array(results, dtype=object if is_recorded else np.float64).reshape(shape)
    return shaped.view(ValueArray) if is_recorded else shaped


def _zeros(shape: int | tuple[int, ...]) -> npt.NDArray[np.float64]:
    try:
        return np.zeros(shape)
    except (TypeError, ValueError) as error:
        raise type(error)(f"shape must be a size or a tuple of sizes, got {shape!r}") from None


def _elements(x: Any, where: str) -> npt.NDArray[np.object_]:
    """A new object array of x's elements, each a Value or a float."""
    try:
        elements = np.array(x, dtype=object)
    except ValueError:  # NumPy's words for it do not say what is wrong
        raise ValueError(f"{where} wants rows of equal length, got {_description(x)}") from None
    for place, element in np.ndenumerate(elements):
        if isinstance(element, np.ndarray) and element.shape == ():
            element = element[()]
        if isinstance(element, (list, tuple, np.ndarray)):
            raise ValueError(f"{where} wants rows of equal length, got {_description(x)}")
        elements[place] = (
            element
            if isinstance(element, Value)
            else as_number(element, where, "takes Values and real numbers")
        )
    return elements


def _floats(number_of: Callable[[Any], float], x: Any, where: str) -> npt.NDArray[np.float64]:
    elements = _elements(x, where)
    return np.array([number_of(element) for element in elements.flat], dtype=float).reshape(elements.shape)


def _values(x: Any, which: str) -> list[Value]:
    """The Values in x, row after row; a TypeError for anything else."""
    values = []
    for place, element in np.ndenumerate(_elements(x, f"jacobian: {which}")):
        if not isinstance(element, Value):
            indices = f" at {list(place)}" if place else ""
            raise TypeError(f"jacobian: {which} must be Values, got the number {element!r}{indices}")
        values.append(element)
    return values


def _description(x: Any) -> str:
    if isinstance(x, np.ndarray):
        return f"an array of {x.dtype} with shape {x.shape}"
    shown = " ".join(repr(x).split())
    return shown if len(shown) <= 60 else shown[:57] + "..."
