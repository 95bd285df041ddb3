"""``compile``: from what a user has, a graph or a function, to a program."""

from __future__ import annotations

from collections.abc import Callable
from traceback import walk_tb
from typing import Any

import numpy as np

from autograd.arrays import array, data_of
from autograd.backward import gc_paused
from autograd.compiler.program import Program
from autograd.compiler.trace import CONSTANT
from autograd.rules import is_sequence
from autograd.value import Value

Traceable = Callable[[Any], Any]


def compile(outputs: Any, inputs: Any = (), parameters: Any = ()) -> Program:
    """The graph of one example, as a program that runs on a batch of them.

    outputs     the loss, or another Value; or a list of Values
    inputs      the leaves that differ from example to example, in the order of the batch's columns
    parameters  the leaves to learn, in the order of the flat gradient; all other leaves are constants

    >>> from autograd import Value, compile
    >>> w, b, x = Value(2.0, label="w"), Value(1.0, label="b"), Value(3.0, label="x")
    >>> program = compile((w * x + b) ** 2, inputs=[x], parameters=[w, b])
    >>> program([[3.0], [0.0]])
    array([49.,  1.])
    >>> loss, gradient = program.loss_and_grad([[3.0], [0.0]])
    >>> loss, gradient
    (25.0, array([21.,  8.]))

    ``outputs`` may be a function, and ``inputs`` then an example for it, an array of numbers: it is
    called once, with an array of Values of that shape.

    What the graph was for that one example, it is for every other: a Python ``if`` on ``.data`` was
    decided then and leaves no trace. Comparing Values is an error; maximum, minimum, relu and where
    choose anew for each example.

    Raises TypeError for what are no Values, or for a function that compares them; ValueError for an
    input or a parameter that a gate computed, that comes twice or (a parameter) is not in the graph,
    and for an output that depends on none of them.
    """
    if callable(outputs) and not isinstance(outputs, Value):
        example = _example(inputs)
        outputs, inputs = _call(outputs, example), example
    is_single = isinstance(outputs, Value)
    found = [outputs] if is_single else _values(outputs, "outputs")
    if not found:
        raise ValueError("compile needs at least one output, got none")
    taken, learned = _leaves(inputs, "inputs"), _leaves(parameters, "parameters")
    both = set(taken).intersection(learned)
    for place, parameter in enumerate(learned):
        if parameter in both:
            raise ValueError(f"parameters[{place}], {parameter!r}, is among the inputs too")
    with gc_paused():
        program = Program(found, taken, learned, is_single)
    _check(program, learned)
    return program


def _check(program: Program, learned: list[Value]) -> None:
    trace = program.trace
    for place, row in enumerate(trace.outputs):
        if trace.kind[row] == CONSTANT:
            which = "the output" if program.is_single else f"outputs[{place}]"
            raise ValueError(f"{which} is constant: it depends on none of the inputs and parameters")
    used = {operand for operands in trace.operands for operand in operands} | set(trace.outputs)
    for place, row in enumerate(trace.parameters):
        if row not in used:
            raise ValueError(f"parameters[{place}], {learned[place]!r}, is not in the graph of the outputs")


def _values(x: Any, which: str) -> list[Value]:
    elements = list(np.ravel(np.array(x, dtype=object))) if is_sequence(x) else [x]
    for place, element in enumerate(elements):
        if not isinstance(element, Value):
            raise TypeError(f"compile: {which} must be Values, got {element!r} at place {place}")
    return elements


def _leaves(x: Any, which: str) -> list[Value]:
    leaves = _values(x, which)
    seen: set[Value] = set()
    for place, leaf in enumerate(leaves):
        if leaf.gate is not None:
            raise ValueError(f"{which}[{place}] must be a leaf, got {leaf!r}, computed by a gate")
        if leaf in seen:
            raise ValueError(f"{which}[{place}], {leaf!r}, comes twice")
        seen.add(leaf)
    return leaves


def _example(numbers: Any) -> Any:
    """An array of Values with these numbers; of a single number one Value."""
    try:
        return array(data_of(numbers), label="x")
    except (TypeError, ValueError) as error:
        raise type(error)(f"compile takes an example of real numbers for the function: {error}") from None


def _call(function: Traceable, example: Any) -> Any:
    """function(example); a comparison of Values in it is an error that names its line."""
    try:
        return function(example)
    except TypeError as error:
        frames = [frame for frame, _ in walk_tb(error.__traceback__)]
        lines = [line for _, line in walk_tb(error.__traceback__)]
        if frames[-1].f_code is not Value._no_order.__code__:
            raise
        while frames[-1].f_globals.get("__name__") == "autograd.value":
            frames.pop()
            lines.pop()
        where = f"{frames[-1].f_code.co_filename}, line {lines[-1]}"
        raise TypeError(f"{where}: {error}") from error
