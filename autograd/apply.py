"""What becomes of a gate's call: numbers give a number, Values a Value, arrays and lists an array.

So a Gate is a plain record that knows neither. The same is decided here for NumPy's functions, of which
a Value and an array of them make gates.
"""

from __future__ import annotations

from autograd.arithmetic import floats
from autograd.numbers import OPERAND, as_number, is_sequence
from autograd.rules import Gate
from autograd.value import Value

TYPE_CHECKING = False  # see rules.py
if TYPE_CHECKING:
    from typing import Any


def apply(gate: Gate, *operands: Any) -> Any:
    """The gate on these operands; see Gate.

    The first Value among the operands records the gate, in the way of its class.
    """
    if len(operands) != gate.arity:
        operands = gate.completed(operands)
    for operand in operands:
        if isinstance(operand, Value):
            out = operand.__record__(gate, operands)
            if out is not NotImplemented:
                return out
            break
    if any(map(is_sequence, operands)):
        from autograd.arrays import apply_gate  # NumPy is imported when it is needed

        return apply_gate(gate, operands)
    return gate.forward(floats, *[as_number(operand, gate.name, OPERAND) for operand in operands])


def array_ufunc(self: Value, ufunc: Any, method: str, *operands: Any, **options: Any) -> Any:
    """NumPy's functions of elements, as np.exp(x), where a Value is among the operands."""
    from autograd.value_array import apply_ufunc

    return apply_ufunc(ufunc, method, *operands, **options)


def array_function(self: Value, function: Any, types: Any, args: Any, options: Any) -> Any:
    """All other functions of NumPy's, where a Value is among the operands."""
    from autograd.value_array import apply_function

    return apply_function(function, args, options)


Gate.__call__ = apply  # type: ignore[method-assign]
Value.__array_ufunc__, Value.__array_function__ = array_ufunc, array_function
