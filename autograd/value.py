"""Value: a node that computes with others as a number does, and remembers the gates."""

from __future__ import annotations

from autograd import backward as backward_pass
from autograd import gates, micrograd
from autograd.arithmetic import floats
from autograd.node import NOT_YET, Node, output, output_of
from autograd.numbers import OPERAND, as_number, is_array, is_number, is_sequence
from autograd.refusals import refuse_number, refuse_order, refuse_step

TYPE_CHECKING = False  # see rules.py
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from autograd.operand_types import Operator
    from autograd.rules import Gate


_new = object.__new__


def record(gate: Gate, operands: tuple[Any, ...]) -> Any:
    """The output of a gate as a Value that remembers its inputs; NotImplemented if one is an array or a list.

    An operand that is a plain number, as the 2 in ``2 * x``, needs no gradient and gets no node:
    its place in ``inputs`` holds None, its number stands in ``operands``.
    """
    inputs: tuple[Value | None, ...] = operands
    try:
        numbers = [operand._number for operand in operands]
    except AttributeError:  # not all are Values
        if any(map(is_sequence, operands)):
            return NotImplemented
        inputs = tuple([x if isinstance(x, Value) else None for x in operands])
        numbers = [x._number if isinstance(x, Value) else as_number(x, gate.name, OPERAND) for x in operands]
    number = gate.forward(floats, *numbers)
    if type(number) is not float:
        number = as_number(number, gate.name, "must give a real number")
    return output_of(Value, gate, number, inputs, tuple(numbers))


def _operator(gate: Gate) -> tuple[Operator[Value], Operator[Value]]:
    """The methods for ``self ∘ other`` and ``other ∘ self``, as in __sub__ and __rsub__."""
    forward = gate.forward

    def operator(self: Value, other: Any) -> Any:
        right: Value | None
        if isinstance(other, Value):
            right, b = other, other._number
        elif is_array(other):
            return NotImplemented  # NumPy's turn: it takes us element by element
        else:
            right, b = None, as_number(other, gate.name, OPERAND)
        # output(), written out: most of a network is built here, and a call takes time
        out: Value = _new(Value)
        a = self._number
        out._number = forward(floats, a, b)
        out._grad = NOT_YET
        out.gate = gate
        out._left = self
        out._right = right
        out._a = a
        out._b = b
        out._walk = None
        return out

    def reflected(self: Value, other: Any) -> Any:
        if is_array(other):
            return NotImplemented
        a, b = as_number(other, gate.name, OPERAND), self._number
        return output(Value, gate, forward(floats, a, b), None, self, a, b)

    operator.__doc__ = reflected.__doc__ = gate.about
    return operator, reflected  # type: ignore[return-value]  # which bind, as functions do


def _function(gate: Gate) -> Callable[[Value], Value]:
    """The method for a gate of one input, as in x.tanh()."""
    forward = gate.forward

    def function(self: Value) -> Value:
        x = self._number
        return output(Value, gate, forward(floats, x), self, None, x, None)

    function.__name__, function.__doc__ = gate.name, gate.about
    return function


class Value(Node):
    """A scalar node of a computational graph.

    >>> x = Value(3.0, label="x")
    >>> y = x * x + 2
    >>> y.backward()
    >>> y.data, x.grad
    (11.0, 6.0)

    data      the number, a Python float; that of a leaf can be set
    grad      d(root)/d(this), added to by every backward(); 0.0 until then; None clears it
    label     a name to show, or ""
    gate      the gate that made it; None for a leaf
    inputs    the Values the gate took, in order; None where it took a plain number
    operands  the numbers that went in, as they were then

    Raises TypeError if data is no real number or label no string.
    """

    __slots__ = ()

    # -- the backward pass ----------------------------------------------------------------------

    def backward(self) -> None:
        """Add d(self)/d(node) to the ``grad`` of every node this one was computed from.

        Gradients accumulate, as in PyTorch: a second backward() doubles them; zero_grad() clears.
        """
        backward_pass.backward(self)

    def backward_steps(self) -> Iterator[backward_pass.Step[Value]]:
        """The same walk, one gate at a time: yields a Step for each, root first.

        A node's ``grad`` is added to when the walk reaches it, and so is known from then on.

        >>> x = Value(3.0)
        >>> for step in (x * x).backward_steps():
        ...     print(step.node.gate.name, step.upstream, step.contributions)
        mul 1.0 (3.0, 3.0)
        """
        return backward_pass.backward_steps(self)

    def zero_grad(self) -> None:
        """Clear the gradient of this node and of every node it was computed from.

        A module's zero_grad() clears its parameters only: enough for training, where each step builds
        a new graph. This one clears the inner nodes too, for a second backward() through the same one.
        """
        for node in backward_pass.topological_order(self):
            node._grad = NOT_YET

    # -- operators and methods ------------------------------------------------------------------

    __add__, __radd__ = _operator(gates.add)
    __sub__, __rsub__ = _operator(gates.sub)
    __mul__, __rmul__ = _operator(gates.mul)
    __truediv__, __rtruediv__ = _operator(gates.div)
    __pow__, __rpow__ = _operator(gates.power)
    __neg__ = _function(gates.neg)
    __abs__ = _function(gates.absolute)

    exp = _function(gates.exp)
    expm1 = _function(gates.expm1)
    log = _function(gates.log)
    log1p = _function(gates.log1p)
    sqrt = _function(gates.sqrt)
    sin = _function(gates.sin)
    cos = _function(gates.cos)
    tanh = _function(gates.tanh)
    sigmoid = _function(gates.sigmoid)
    softplus = _function(gates.softplus)
    relu = _function(gates.relu)
    step = _function(gates.step)

    def leaky_relu(self, slope: Value | float = 0.01) -> Value:
        """X above zero and slope * x below; its slope at 0 is that below."""
        return gates.leaky_relu(self, slope)

    if not TYPE_CHECKING:  # which goes by self - other

        def __isub__(self, other: Any) -> Value:
            if self.gate is None and self._grad and isinstance(other, (int, float)):
                refuse_step(self)
            return NotImplemented  # as self - other

    def __pos__(self) -> Value:
        return self

    conjugate, real = __pos__, property(__pos__)  # NumPy's var, std and vdot ask for them

    __record__ = staticmethod(record)
    __array_ufunc__: Any  # what NumPy's functions do with a Value: apply.py sets them
    __array_function__: Any

    __lt__ = __le__ = __gt__ = __ge__ = __bool__ = refuse_order
    __hash__ = object.__hash__  # by identity, as == between Values

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Value) and is_number(other):
            refuse_order(self, other)
        return self is other or NotImplemented

    if not TYPE_CHECKING:  # which then refuses them too
        __float__ = __int__ = __complex__ = __trunc__ = __round__ = refuse_number

    def __format__(self, spec: str) -> str:
        """The number as the spec says, as in f"{loss:.4f}"; without a spec what print shows."""
        return format(self.data, spec) if spec else str(self)

    def __reduce__(self) -> tuple[Any, ...]:  # deepcopy and pickle take all below along, copy.copy does not
        from autograd.copying import reduced

        return reduced(self)

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        return f"Value({self.data:g}, grad={self._grad:g}{label})"

    _prev, _op, _backward = property(micrograd.prev), property(micrograd.op), property(micrograd.backward)
