"""Emit: a layout written as straight-line code over whole arrays, forward and backward.

The lines come from the gates' own rules, run on symbols. Vectors have a row per scalar and a
column per example; what is computed from parameters alone has one column.
"""

from __future__ import annotations

from typing import Any

from autograd.arithmetic import arrays
from autograd.arithmetic.arrays import stacked
from autograd.arithmetic.symbols import Symbol
from autograd.compiler import code, library
from autograd.compiler.naming import base, is_labelled
from autograd.compiler.products import HOLE
from autograd.compiler.reading import Code, Line, Reader
from autograd.compiler.vectors import (
    Elementwise,
    Layout,
    Locations,
    MatrixProduct,
    Part,
    Reduction,
    Terms,
    Total,
    Weighted,
)  # fmt: skip
from autograd.names import WRITTEN_OUT, is_built_in
from autograd.rules import Gate


class Forward(Reader):
    """Writes the lines of the forward pass, instruction after instruction."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.functions: dict[tuple[Gate, bool], str] = {}  # by the gate, and whether it takes a stack

    def emit(self) -> Code:
        """All the lines."""
        layout = self.layout
        for instruction in layout.instructions:
            out = instruction.out
            if isinstance(instruction, Elementwise):
                expression, count = self._gate(instruction)
            else:
                expression, count = self._sum(instruction)
            if count < out.size:
                expression = Symbol("repeat_rows", expression, str(out.size))
            self.code.forward.append(Line(out.name, "=", expression, keep=is_labelled(layout, out)))
        outputs = self.read(layout.location[layout.trace.outputs])
        self.code.result = outputs.symbol
        return self.code

    def _gate(self, instruction: Elementwise) -> tuple[Symbol, int]:
        gate, operands = instruction.gate, instruction.operands
        if instruction.stacked:
            return Symbol(self._function(gate, stacked), self._stack(operands[0])), instruction.out.size
        reads = [self.read(operand) for operand in operands]
        symbols = [read.symbol for read in reads]
        count = max(read.rows for read in reads)
        if self._is_written_out(gate):
            written = Symbol.of(gate.forward(code, *symbols))
            if set(code.names_in(written)) < {name for symbol in symbols for name in code.names_in(symbol)}:
                # where(1, a, b) became a: right, except for its shape if b has more rows or columns
                symbols = [self.array(operand) for operand in operands]
                return Symbol.of(gate.forward(code, *symbols)), instruction.out.size
            return written, count
        return Symbol(self._function(gate, arrays), *symbols), count

    def _stack(self, operands: Locations) -> Symbol:
        """Operands (k, n) along a first axis, (k, n, examples); (k, examples) if n is 1."""
        k, n = operands.shape
        symbol = self.array(operands.ravel())
        return symbol if n == 1 else code.shaped(symbol, k, n, -1)

    def _is_written_out(self, gate: Gate) -> bool:
        """Whether a person would write its formula: a + b, but tanh(x) and not what tanh is made of."""
        return is_built_in(gate) and gate.name in WRITTEN_OUT | {"where"} and not gate.variadic

    def _function(self, gate: Gate, arithmetic: Any) -> str:
        """The name of the gate's forward rule on arrays."""
        key = gate, arithmetic is stacked
        if key not in self.functions:
            is_free = is_built_in(gate) and gate.name not in self.functions.values()
            name = gate.name if is_free else self.names.new(base(gate.name) or "gate")
            self.functions[key] = name
            self.code.names[name] = library.forward_on_arrays(gate, arithmetic)
        return self.functions[key]

    def _sum(self, instruction: Total) -> tuple[Symbol, int]:
        total, count = Symbol.of(0.0), 1
        for part in instruction.parts:
            symbol, rows_ = self._part(part, instruction.out.size)
            negative = not isinstance(part, (MatrixProduct, Weighted)) and part.sign < 0
            total = total - symbol if negative else total + symbol
            count = max(count, rows_)
        return total, count

    def _part(self, part: Part, size: int) -> tuple[Symbol, int]:
        if isinstance(part, MatrixProduct):
            return self._product(part), size
        if isinstance(part, Weighted):
            weight, factor = self.read(part.weights), self.read(part.factors)
            return weight.symbol * factor.symbol, max(weight.rows, factor.rows)
        if isinstance(part, Terms):
            return self.read(part.terms)
        if isinstance(part, Reduction):
            n, k = part.terms.shape
            read = self.read(part.terms.ravel())
            if read.rows == 1 and n * k > 1:
                return read.symbol * k, 1
            if n == 1:
                return Symbol("sum_rows", read.symbol), 1
            return Symbol("method", code.shaped(read.symbol, n, k, -1), "sum(axis=1)"), n
        symbol = self.array(part.terms)
        if part.weights is not None:
            symbol = self.read(part.weights).symbol * symbol
        return Symbol(
            "segment_sum", self.constant("segments", library.Segments(part.places, size)), symbol
        ), size

    def _product(self, part: MatrixProduct) -> Symbol:
        g, r, _ = part.weights.shape
        c = part.factors.shape[2]
        matrix, factors = self.matrix(part.weights), self._factors(part.factors)
        product = Symbol("@", matrix, factors)
        if (part.weights == HOLE).any():
            product = Symbol("masked_matmul", matrix, self.present(part.weights), factors)
        for bias in part.biases:
            product = product + self.read(bias).symbol
        return product if g == c == 1 else code.shaped(product, g * r * c, -1)

    def _factors(self, factors: Locations) -> Symbol:
        """Factors (g, m, c) as an array (g, m, c * examples), (m, c * examples) if g is 1."""
        g, m, c = factors.shape
        symbol = self.array(factors.ravel())
        if g == c == 1:
            return symbol
        return code.shaped(symbol, *([m, -1] if g == 1 else [g, m, -1]))
