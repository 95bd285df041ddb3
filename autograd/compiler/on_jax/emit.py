"""Emit for JAX: the forward lines as one pure function of (parameters, inputs), which JAX differentiates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd import gates
from autograd.arithmetic.arrays import stacked
from autograd.arithmetic.symbols import Symbol
from autograd.compiler import library
from autograd.compiler.emit import Forward
from autograd.compiler.on_jax import operations
from autograd.compiler.on_jax.derivatives import on_jax, on_jax_stacked
from autograd.compiler.on_jax.tape import tape
from autograd.compiler.on_jax.unpacking import differentiable
from autograd.compiler.reading import Code, Line
from autograd.compiler.source import outputs_source
from autograd.compiler.vectors import Layout
from autograd.rules import Gate

#: Where JAX's own derivatives are the table's, at any float. All others are called as functions.
OPERATORS = {gates.add, gates.sub, gates.neg, gates.mul}


class ForJax(Forward):
    """Writes the forward pass; the gates in it are functions with custom derivatives."""

    def emit(self) -> Code:
        code = super().emit()
        for line in code.forward:
            line.expression = self._in_order(line.expression)
        return code

    def _in_order(self, expression: Symbol) -> Symbol:
        """Sums and products with a constant rounded: XLA would make (x * 2) * 3 x * 6."""
        if expression.operation in ("name", "number"):
            return expression
        arguments = [
            self._in_order(each) if isinstance(each, Symbol) else each for each in expression.arguments
        ]
        written = Symbol(expression.operation, *arguments)
        is_plain = written.operation in ("+", "-", "*")
        return Symbol("rounded", written) if is_plain and any(map(self._is_constant, arguments)) else written

    def _is_constant(self, symbol: Symbol) -> bool:
        if symbol.operation == "name":
            return isinstance(self.code.names.get(symbol.arguments[0]), np.ndarray)
        return symbol.operation == "number"

    def _is_written_out(self, gate: Gate) -> bool:
        return gate in OPERATORS

    def _function(self, gate: Gate, arithmetic: Any) -> str:
        name = super()._function(gate, arithmetic)
        self.code.names[name] = on_jax_stacked(gate) if arithmetic is stacked else on_jax(gate)
        return name


class Emitted(NamedTuple):
    """A function of the flat parameters and of the inputs' rows, its source, and whether it is a tape."""

    run: Callable[..., Any]
    source: str
    is_tape: bool


#: Instructions that XLA compiles in seconds even if each stands for few scalars; and the scalars in the
#: graph for each further instruction, to be worth compiling.
MOST_INSTRUCTIONS, FEWEST_SCALARS = 100, 100


def emit(layout: Layout, dtype: Any) -> Emitted:
    """The layout as a function: (parameters, *inputs) to outputs, each input (rows, examples)."""
    trace = layout.trace
    if len(layout.instructions) > MOST_INSTRUCTIONS + len(trace) // FEWEST_SCALARS:
        source = f"# run gate by gate, in a loop over the lines of this table\n{trace}\n"
        return Emitted(tape(trace, dtype), source, is_tape=True)
    code = ForJax(layout).emit()
    code.inputs.insert(0, "parameters")
    source = outputs_source(code) + "\n"
    own = {name: value for name, value in code.names.items() if value is not library.FUNCTIONS.get(name)}
    names = operations.FUNCTIONS | {name: _typed(value, dtype) for name, value in own.items()}
    if code.slices:
        source = _unpacking(source, code.slices)
    exec(compile(source, "<compiled program, on JAX>", "exec"), names)
    if code.slices:
        names["unpack"] = differentiable(names["unpack"], len(trace.parameters))
    return Emitted(names["outputs"], source, is_tape=False)


def _unpacking(source: str, slices: list[Line]) -> str:
    """The function ``outputs``, which calls another first, to unpack the parameters."""
    head, _, body = source.partition("\n")
    targets = ", ".join([line.target for line in slices]) + "," * (len(slices) == 1)
    lines = ["def unpack(parameters):", *map(str, slices), f"return {targets}"]
    return "\n    ".join(lines) + f"\n\n\n{head}\n    {targets} = unpack(parameters)\n{body}"


def _typed(value: Any, dtype: Any) -> Any:
    """A constant array in the program's dtype."""
    is_floating = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    return value.astype(dtype) if is_floating else value
