"""Value: one number, its gradient, and the gate that made it."""

from __future__ import annotations

from autograd import backward as backward_pass
from autograd import gates, micrograd, rules
from autograd.arithmetic import floats
from autograd.backward import NOT_YET as NOT_YET
from autograd.numbers import OPERAND, as_number, is_array, is_number, is_sequence
from autograd.refusals import refuse_number, refuse_order, refuse_setting, refuse_step
from autograd.rules import Gate, apply_to_arrays

TYPE_CHECKING = False  # see gates.py
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

_new_object = object.__new__

#: What is told of each look at a number, while a function is traced (compiler/noticing.py).
watcher: Any = None


def record(gate: Gate, operands: tuple[Any, ...]) -> Any:
    """The output of a gate as a Value that remembers its inputs.

    An operand that is a plain number, as the 2 in ``2 * x``, needs no gradient and gets no node:
    its place in ``inputs`` holds None, its number stands in ``operands``.
    """
    inputs: tuple[Value | None, ...] = operands
    try:
        numbers = [operand._number for operand in operands]
    except AttributeError:  # not all are Values
        if any(map(is_sequence, operands)):
            return apply_to_arrays(gate, operands)
        inputs = tuple([x if isinstance(x, Value) else None for x in operands])
        numbers = [x._number if isinstance(x, Value) else as_number(x, gate.name, OPERAND) for x in operands]
    number = gate.forward(floats, *numbers)
    if type(number) is not float:
        number = as_number(number, gate.name, "must give a real number")
    if gate.arity == 1:
        return _output(gate, number, inputs[0], None, numbers[0], None)
    if gate.arity == 2:
        return _output(gate, number, inputs[0], inputs[1], numbers[0], numbers[1])
    return _output(gate, number, inputs, None, tuple(numbers), None)


def _output(gate: Gate, number: float, left: Any, right: Value | None, a: Any, b: float | None) -> Value:
    out: Value = _new_object(Value)
    out._number = number
    out._grad = NOT_YET
    out.label = ""
    out.gate = gate
    out._left = left
    out._right = right
    out._a = a
    out._b = b
    out._walk = None
    return out


def _operator(gate: Gate) -> tuple[Callable[[Value, Any], Value], Callable[[Value, Any], Value]]:
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
        # _output(), written out: most of a network is built here, and a call takes time
        out: Value = _new_object(Value)
        a = self._number
        out._number = forward(floats, a, b)
        out._grad = NOT_YET
        out.label = ""
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
        return _output(gate, forward(floats, a, b), None, self, a, b)

    operator.__doc__ = reflected.__doc__ = gate.about
    return operator, reflected


def _function(gate: Gate) -> Callable[[Value], Value]:
    """The method for a gate of one input, as in x.tanh()."""
    forward = gate.forward

    def function(self: Value) -> Value:
        x = self._number
        return _output(gate, forward(floats, x), self, None, x, None)

    function.__name__, function.__doc__ = gate.name, gate.about
    return function


class Value:
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

    # Most gates take one operand or two: their inputs stand in _left and _right and the numbers in
    # _a and _b, which saves two tuples a node. Those of any other gate are tuples, in _left and _a.
    # _walk marks the last walk that came by, _arrived is the gradient that it has brought so far.
    __slots__ = ("_number", "_grad", "label", "gate", "_left", "_right", "_a", "_b", "_walk", "_arrived")

    _number: float
    _grad: float
    label: str
    gate: Gate | None
    _left: Any
    _right: Value | None
    _a: Any
    _b: float | None
    _walk: object
    _arrived: float

    def __init__(self, data: float, label: str = "") -> None:
        if not isinstance(label, str):
            raise TypeError(f"label must be a str, got {label!r} of type {type(label).__name__}")
        self._number = as_number(data, "Value")
        self._grad = NOT_YET
        self.label = label
        self.gate = None
        self._left = self._right = self._a = self._b = self._walk = None

    @property
    def data(self) -> float:
        watcher is None or watcher.read(self)
        return self._number

    @data.setter
    def data(self, number: float) -> None:
        watcher is None or watcher.read(self)
        if self.gate is not None:
            refuse_setting(self)
        self._number = as_number(number, "data")

    @property
    def grad(self) -> float:
        return self._grad

    @grad.setter
    def grad(self, gradient: float | None) -> None:
        self._grad = NOT_YET if gradient is None else as_number(gradient, "grad (None clears it)")

    @property
    def inputs(self) -> tuple[Value | None, ...]:
        return self._in_order(self._left, self._right)

    @property
    def operands(self) -> tuple[float, ...]:
        watcher is None or watcher.read(self)
        return self._in_order(self._a, self._b)

    def _in_order(self, first: Any, second: Any) -> tuple[Any, ...]:
        """What stands in two slots, in a tuple with a place for each operand of the gate."""
        if self.gate is None:
            return ()
        if self.gate.arity == 2:
            return first, second
        return (first,) if self.gate.arity == 1 else first

    # -- the backward pass ----------------------------------------------------------------------

    @property
    def local_backward(self) -> Callable[[float], tuple[float, ...]]:
        """The gate's local closure here: upstream gradient in, one contribution per input out.

        An input to which nothing goes, as one that a max gate did not choose, has 0.0. Made when asked
        for: keeping one alive per node costs time and memory.

        >>> (Value(3.0) * Value(4.0)).local_backward(1.0)
        (4.0, 3.0)
        """
        gate, out, operands = self.gate, self._number, self.operands
        if gate is None:
            return lambda upstream: ()
        return lambda upstream: gate.contributions(upstream, out, *operands)

    def backward(self) -> None:
        """Add d(self)/d(node) to the ``grad`` of every node this one was computed from.

        Gradients accumulate, as in PyTorch: a second backward() doubles them; zero_grad() clears.
        """
        backward_pass.backward(self)

    def backward_steps(self) -> Iterator[backward_pass.Step]:
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
        leaked: Value = record(gates.leaky_relu, (self, slope))
        return leaked

    def __isub__(self, other: Any) -> Value:
        if self.gate is None and self._grad and isinstance(other, (int, float)):
            refuse_step(self)
        return NotImplemented  # as self - other

    def __pos__(self) -> Value:
        return self

    conjugate, real = __pos__, property(__pos__)  # NumPy's var, std and vdot ask for them

    __record__ = staticmethod(record)
    __array_ufunc__, __array_function__ = rules.array_ufunc, rules.array_function

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
