"""What NumPy's functions compute where Values are among their operands, on plain object arrays.

NumPy runs its own loops over the elements, with the gates' functions of numpy_functions.py where its own
would compare them. value_array.py hands the operands on, and makes ValueArrays of what comes out.
"""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd import gates
from autograd.numpy_functions import AS_THEY_ARE, ELEMENTWISE, QUESTIONS, REDUCED_BY
from autograd.rules import Gate
from autograd.value import Value


def call_ufunc(
    ufunc: np.ufunc, method: str, operands: tuple[Any, ...], outs: tuple[Any, ...], options: dict[str, Any]
) -> Any:
    """A function of elements; into ``outs``, if there are any.

    Raises TypeError for a function that has no gate, and for an ``out`` that cannot hold Values;
    ValueError for shapes that do not fit together.
    """
    name = ufunc.__name__
    if name in QUESTIONS:
        return getattr(ufunc, method)(*map(_numbers, operands), out=outs or None, **options)
    if name not in ELEMENTWISE and name not in AS_THEY_ARE:
        raise TypeError(_no_gate(name))
    for out in outs:
        if out.dtype != object:
            raise TypeError(f"{name}: out must be an array that can hold Values, got {_described(out)}")
    if name in REDUCED_BY and method in ("reduce", "accumulate"):
        run = _reduce if method == "reduce" else _accumulate
        result = run(REDUCED_BY[name], ufunc.identity, *operands, **options)
        if outs:
            outs[0][...] = result
        return result
    return _run(ufunc, method, operands, {**options, "out": outs} if outs else options)


def call_function(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Any other function of NumPy's; raises TypeError for one that cannot take Values."""
    if function.__name__.startswith("nan"):  # they ask x != x, which of a Value is never true
        raise TypeError(_no_gate(function.__name__))
    try:
        if function is np.nan_to_num:  # to which all that is no float is a number
            raise TypeError("write where(np.isfinite(data_of(x)), x, 0.0)")
        if function is np.linalg.norm:
            return _linalg_norm(*args, **options)
        return _numpys_own(function, args, options)
    except (TypeError, AttributeError) as error:
        if ".data" in str(error):  # it says already what to do
            raise
        raise TypeError(f"{_no_gate(function.__name__)} ({error})") from error


def _run(ufunc: np.ufunc, method: str, operands: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """NumPy's loop; with the gates' function for elements, if there is one."""
    function = ELEMENTWISE.get(ufunc.__name__)
    if function is not None:
        # identity=None: the order does not matter, which a reduction over several axes needs
        ufunc = np.frompyfunc(function, ufunc.nin, 1, identity=None)
    if method == "reduce" and options.get("where", True) is not True and ufunc.identity is not None:
        options = {"initial": ufunc.identity, **options}  # which NumPy has for numbers only
    try:
        with np.errstate(all="ignore"):
            return getattr(ufunc, method)(*operands, **options)
    except ValueError:
        if ufunc.signature is None:
            raise
        shapes = " and ".join([str(np.shape(operand)) for operand in operands])
        raise ValueError(f"{ufunc.__name__}: the shapes {shapes} do not fit together") from None


def _reduce(
    gate: Gate,
    identity: Any,
    x: Any,
    axis: Any = 0,
    dtype: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    """One gate for each result, over the elements along the axes."""
    x = np.asarray(x, dtype=object)
    axes = tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim)
    kept = tuple([size for place, size in enumerate(x.shape) if place not in axes])
    rows, chosen = [
        np.moveaxis(each, axes, range(-len(axes), 0)).reshape(*kept, -1)
        for each in (x, np.broadcast_to(where, x.shape))
    ]
    first = [each for each in (initial,) if each is not None]
    result = np.empty(kept, dtype=object)
    for place in np.ndindex(kept):
        elements = [*first, *rows[place][chosen[place]]]
        if not elements and identity is None:
            raise ValueError(f"{gate.name} of no elements: give an axis that has some, or initial=...")
        result[place] = gate(*(elements or [identity]))
    return (np.expand_dims(result, axes) if keepdims else result)[()]


def _accumulate(gate: Gate, identity: Any, x: Any, axis: int = 0, dtype: Any = None) -> Any:
    """The gate over the first element, the first two, and so on."""
    rows = np.moveaxis(np.asarray(x, dtype=object), axis, -1)
    result = np.empty(rows.shape, dtype=object)
    for *row, last in np.ndindex(rows.shape):
        elements = rows[tuple(row)][: last + 1]
        result[*row, last] = gate(*elements) if last else elements[0]  # itself: of norm the absolute value
    return np.moveaxis(result, -1, axis)


def _linalg_norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """np.linalg.norm, whose square root of a sum of squares is one gate."""
    elements = np.array(x, dtype=object)
    axes = tuple(range(elements.ndim)) if axis is None else normalize_axis_tuple(axis, elements.ndim)
    if ord is None or (ord, len(axes)) in ((2, 1), ("fro", 2)):
        return _reduce(gates.norm, 0.0, elements, axes, keepdims=keepdims)
    if len(axes) == 1 and ord in (inf, -inf):
        return _reduce(_extreme(ord), None, abs(elements), axes, keepdims=keepdims)
    if len(axes) == 2 and ord in (1, -1, inf, -inf):
        down, along = axes if ord in (1, -1) else axes[::-1]
        sums = np.sum(abs(elements), axis=down, keepdims=True)
        out = _reduce(_extreme(ord), None, sums, along, keepdims=True)
        return out if keepdims else np.squeeze(out, axes)[()]
    return _numpys_own(np.linalg.norm, (x, ord, axis, keepdims), {})


def _extreme(ord: float) -> Gate:
    return gates.maximum if ord > 0 else gates.minimum


def _numpys_own(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    return np.ndarray.__array_function__(np.empty(0), function, (np.ndarray,), args, options)


def _numbers(operand: Any) -> Any:
    """The numbers of the Values in an operand."""
    elements = np.asarray(operand)
    numbers = [each.data if isinstance(each, Value) else each for each in elements.ravel().tolist()]
    return np.array(numbers).reshape(elements.shape) if elements.dtype == object else operand


def _no_gate(name: str) -> str:
    return (
        f"np.{name} has no gate: write it with NumPy's functions that have one, define it with "
        "gate(name, forward=..., backward=...), or take the plain numbers, x.data or data_of(x)"
    )


def _described(x: Any) -> str:
    return f"an array of {x.dtype} with shape {x.shape}"
