"""A node of a graph: its number, its gradient, the gate that computed it, and what that gate took.

What the slots of a node mean is told and written here; the backward pass reads them for its speed.
"""

from __future__ import annotations

from autograd.numbers import as_number
from autograd.refusals import check_str, refuse_setting

TYPE_CHECKING = False  # typing.TYPE_CHECKING, without the milliseconds that importing typing costs
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Self, TypeVar

    from autograd.rules import Gate

    N = TypeVar("N", bound="Node")

#: The gradient of a node that no backward pass has reached yet. It counts as 0.0; drawings, which
#: must not show a zero that nobody computed, know it by identity.
NOT_YET = float("0")

#: The gradient of a node that a backward pass came by, but no contribution reached: behind a path not taken.
NOTHING = float("0")

#: What is told of each look at a number, while a function is traced (compiler/noticing.py).
watcher: Any = None


class Node:
    """One number of a graph. Most gates take one operand or two, and a tuple for them costs time and memory:

    ========  ========  =================  =======  =======
    gate of   _left     _right             _a       _b
    ========  ========  =================  =======  =======
    no        None      None               None     None     (a leaf)
    one       input     None               number   None
    two       input     input              number   number
    many      MANY      tuple of inputs    tuple    None
    ========  ========  =================  =======  =======

    An input is None where the gate took a plain number. _walk marks the last walk that came by, _arrived is
    the gradient that it has brought so far; like _label, it is not there before somebody sets it.
    """

    __slots__ = ("_number", "_grad", "_label", "gate", "_left", "_right", "_a", "_b", "_walk", "_arrived")

    _number: float
    _grad: float
    _label: str
    gate: Gate | None
    _left: Any
    _right: Any
    _a: Any
    _b: float | None
    _walk: object
    _arrived: float

    def __init__(self, data: float, label: str = "") -> None:
        self.label = label
        self._number = as_number(data, "Value")
        self._grad = NOT_YET
        self.gate = self._left = self._right = self._a = self._b = self._walk = None

    @property
    def data(self) -> float:
        watcher is None or watcher.read(self)
        return self._number

    @data.setter
    def data(self, number: float) -> None:
        watcher is None or watcher.read(self)
        if self.gate is not None:
            refuse_setting(self, self.gate.name)
        self._number = as_number(number, "data")

    @property
    def grad(self) -> float:
        return self._grad

    @grad.setter
    def grad(self, gradient: float | None) -> None:
        self._grad = NOT_YET if gradient is None else as_number(gradient, "grad (None clears it)")

    @property
    def label(self) -> str:
        try:
            return self._label
        except AttributeError:
            return ""

    @label.setter
    def label(self, label: str) -> None:
        check_str(label, "label")
        self._label = label

    @property
    def inputs(self) -> tuple[Self | None, ...]:
        if self._left is MANY:
            inputs: tuple[Self | None, ...] = self._right
            return inputs
        if self.gate is None:
            return ()
        return (self._left,) if self._b is None else (self._left, self._right)

    @property
    def operands(self) -> tuple[float, ...]:
        watcher is None or watcher.read(self)
        if self._left is MANY:
            operands: tuple[float, ...] = self._a
            return operands
        if self.gate is None:
            return ()
        return (self._a,) if self._b is None else (self._a, self._b)

    @property
    def local_backward(self) -> Callable[[float], tuple[float, ...]]:
        """The gate's local closure here: upstream gradient in, one contribution per input out.

        An input to which nothing goes, as one that a max gate did not choose, has 0.0. Made when asked
        for: keeping one alive per node costs time and memory.

        >>> from autograd import Value
        >>> (Value(3.0) * Value(4.0)).local_backward(1.0)
        (4.0, 3.0)
        """
        gate, out, operands = self.gate, self._number, self.operands
        if gate is None:
            return lambda upstream: ()
        return lambda upstream: gate.contributions(upstream, out, *operands)


#: What stands in _left of a gate of many operands. No walk ever finds it marked.
MANY = Node(0.0)

_new = object.__new__


def output(kind: type[N], gate: Gate, number: float, left: Any, right: Any, a: Any, b: float | None) -> N:
    """The node that a gate computed, by its slots."""
    out = _new(kind)
    out._number = number
    out._grad = NOT_YET
    out.gate = gate
    out._left = left
    out._right = right
    out._a = a
    out._b = b
    out._walk = None
    return out


def output_of(
    kind: type[N], gate: Gate, number: float, inputs: tuple[Node | None, ...], operands: tuple[float, ...]
) -> N:
    """The node that a gate computed from its inputs, and from the numbers that they had then."""
    if len(operands) == 2:
        return output(kind, gate, number, inputs[0], inputs[1], operands[0], operands[1])
    if len(operands) == 1:
        return output(kind, gate, number, inputs[0], None, operands[0], None)
    return output(kind, gate, number, MANY, inputs, operands, None)
