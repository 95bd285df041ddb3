"""``compile``: from a graph or a function to a program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.arrays import data_of
from autograd.collector import gc_paused
from autograd.compiler.functions import traced
from autograd.compiler.functions.noticing import NotTraceable
from autograd.compiler.program import Program
from autograd.compiler.structure import Structure
from autograd.compiler.trace import CONSTANT
from autograd.numbers import elements_of
from autograd.value import Value

AGREEMENT = 1e-6  # relative; NumPy's sums are rounded differently from ours


def compile(outputs: Any, inputs: Any = (), parameters: Any = ()) -> Program:
    """The graph of one example, as a program that runs on a batch of them.

    outputs     the loss, or another Value; or a list of Values
    inputs      the leaves that differ from example to example
    parameters  the leaves to learn; all other leaves are constants

    Inputs and parameters are Values or arrays of them, or lists and dicts of these. The program is called
    with the inputs in the same structure, each array with an axis for the examples in front. The parameters
    and the gradient are flat vectors, in the order given (arrays row after row); ``unflatten`` gives a vector
    in the structure of the parameters, as views.

    >>> import numpy as np
    >>> from autograd import Value, array, compile
    >>> W, b = array([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]], label="W"), array([0.0, 5.0], label="b")
    >>> x, y = array([1.0, 1.0, 1.0], label="x"), array([0.0, 0.0], label="y")
    >>> loss = ((W @ x + b - y) ** 2).sum()
    >>> program = compile(loss, inputs=[x, y], parameters={"W": W, "b": b})
    >>> X, Y = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), np.zeros((2, 2))  # two examples
    >>> program(X, Y)
    array([26., 40.])
    >>> loss, gradient = program.loss_and_grad(X, Y)
    >>> loss, gradient.shape
    (33.0, (8,))
    >>> program.unflatten(gradient)
    {'W': array([[1., 2., 0.],
           [5., 6., 0.]]), 'b': array([ 3., 11.])}

    A flat list of Values as inputs stands for the columns of one matrix, (examples, inputs):

    >>> w, b, x = Value(2.0, label="w"), Value(1.0, label="b"), Value(3.0, label="x")
    >>> program = compile((w * x + b) ** 2, inputs=[x], parameters=[w, b])
    >>> program([[3.0], [0.0]])
    array([49.,  1.])
    >>> program.loss_and_grad([[3.0], [0.0]])
    (25.0, array([21.,  8.]))

    An input that is an index, for ``take`` or ``choose``, is a whole number from 0; of any other the output
    is nan.

    ``outputs`` may be a function, and ``inputs`` then an example for it, an array of numbers: it is
    called twice with an array of Values of that shape, and once with the numbers. It is an error, which
    names the line, if the function does what a program would not repeat for each example: if it looks at
    a number (``.data``, a comparison, print), uses one as an index or a key, draws random numbers,
    remembers its calls, or uses a Value that was computed from a parameter before; and also if it treats
    numbers differently from Values. The gates where, maximum, minimum and relu choose for each example.

    For a graph that exists already, nobody can tell what Python did while it was built: where an ``if``
    on ``.data`` decided for that one example, it decided for all.

    Raises TypeError for anything but Values, for a key that is no str, or for a function that no program can
    compute; ValueError for an input or a parameter that a gate computed, that appears twice or (a parameter)
    is not in the graph, and for an output that depends on none of them; and what the function itself raises.
    """
    learned = Structure.of(parameters, "parameters")
    if callable(outputs) and not isinstance(outputs, Value):
        outputs, inputs = _traced(outputs, inputs, learned.leaves)
    is_single = isinstance(outputs, Value)
    found = _outputs(outputs)
    taken = Structure.of(inputs, "inputs")
    both = set(taken.leaves).intersection(learned.leaves)
    for place, parameter in enumerate(learned.leaves):
        if parameter in both:
            raise ValueError(f"parameters[{place}], {parameter!r}, is among the inputs too")
    with gc_paused():
        program = Program(found, taken, learned, is_single)
    _check(program, learned.leaves)
    return program


def _check(program: Program, learned: list[Value]) -> None:
    trace = program.trace
    for place, row in enumerate(trace.outputs):
        if trace.kind[row] == CONSTANT:
            which = "the output" if program.is_single else f"outputs[{place}]"
            raise ValueError(f"{which} is constant: it depends on none of the inputs and parameters")
    uses = trace.uses()
    for place, row in enumerate(trace.parameters):
        if not uses[row]:
            raise ValueError(f"parameters[{place}], {learned[place]!r}, is not in the graph of the outputs")


def _outputs(x: Any) -> list[Value]:
    found = _values(x, "outputs")
    if not found:
        raise ValueError("compile needs at least one output, got none")
    return found


def _values(x: Any, which: str) -> list[Value]:
    elements = list(elements_of(x))
    for place, element in enumerate(elements):
        if not isinstance(element, Value):
            raise TypeError(f"compile: {which} must be Values, got {element!r} at place {place}")
    return elements


def _example(numbers: Any) -> Any:
    try:
        return data_of(numbers)
    except (TypeError, ValueError) as error:
        raise type(error)(f"compile takes an example of real numbers for the function: {error}") from None


def _traced(function: Callable[[Any], Any], given: Any, parameters: list[Value]) -> tuple[Any, Any]:
    """What the function returns for Values that hold the example's numbers, and those Values in its shape."""
    example = _example(given)
    try:
        with gc_paused():
            found, watch = traced(
                lambda watch: function(watch.new_inputs(example, "x")), parameters, _outputs
            )
    except NotTraceable as error:
        numbers = np.asarray(given)  # whole numbers stay whole: they may be indices
        if error.failure is not None and _fails(function, example if numbers.dtype == object else numbers):
            raise error.failure from None
        raise
    _check_with_numbers(function, example, _outputs(found))
    return found, np.array(watch.inputs, dtype=object).reshape(np.shape(example))[()]


def _check_with_numbers(function: Callable[[Any], Any], example: Any, outputs: list[Value]) -> None:
    """Raise if the function takes plain numbers, but returns something else for them than for Values."""
    try:
        with np.errstate(all="ignore"):
            given = function(example)
        numbers = [float(data_of(each)) for each in np.ravel(np.array(given, dtype=object))]
    except Exception:  # it takes Values only
        return
    wanted = [output._number for output in outputs]
    if not (len(numbers) == len(wanted) and np.allclose(numbers, wanted, rtol=AGREEMENT, equal_nan=True)):
        raise NotTraceable(
            f"the function gives {_shown(numbers)} for plain numbers, but {_shown(wanted)} for Values: it "
            "asks for their type, and a program computes what it does with Values"
        )


def _shown(numbers: list[float]) -> str:
    return ", ".join(f"{number:.10g}" for number in numbers[:4])


def _fails(function: Callable[[Any], Any], example: Any) -> bool:
    """Whether the function raises for plain numbers too: then compiling is not to blame."""
    try:
        function(example)
    except Exception:
        return True
    return False
