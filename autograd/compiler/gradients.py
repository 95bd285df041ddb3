"""The backward half of emit: from the loss's gradient to that of every parameter.

Instructions have their turn in reverse. Each writes what it contributes to the gradients of what
it took; a vector's gradient is put together when its own turn comes, complete by then.
"""

from __future__ import annotations

import numpy as np

from autograd import probe
from autograd.arithmetic import arrays
from autograd.arithmetic.symbols import Symbol, parts_of
from autograd.compiler import code, library
from autograd.compiler.contributions import Contribution, Contributions
from autograd.compiler.products import HOLE
from autograd.compiler.reading import Code, Line
from autograd.compiler.vectors import (
    Elementwise,
    Layout,
    Locations,
    MatrixProduct,
    Reduction,
    Scattered,
    Terms,
    Total,
    Vector,
    Weighted,
)  # fmt: skip
from autograd.rules import Gate

#: What to call a part that both rules of a gate compute, by the operation.
PART_NAMES = {"exp": "e", "sum_rows": "total", "finite": "largest", "+": "excess"}


class Backward(Contributions):
    """Writes the lines of both passes; per example, if wanted, instead of the mean over the batch."""

    def __init__(self, layout: Layout, per_example: bool = False) -> None:
        super().__init__(layout, per_example)
        self.backward_functions: dict[Gate, str] = {}
        #: by a vector's start: what both rules of its gate compute, as text, and its name
        self.parts: dict[int, dict[str, str | None]] = {}

    def emit(self) -> Code:
        super().emit()
        layout = self.layout
        (output,) = layout.location[layout.trace.outputs]
        self.contribute(np.array([output]), Symbol.name("dloss"), 1, layout.varies_at(output))
        for instruction in reversed(layout.instructions):
            out = instruction.out
            if not out.learns or out.start not in self.waiting:
                continue
            if isinstance(instruction, Elementwise) and probe.sends_nothing(instruction.gate):
                continue
            d, d_rows = self.gradient(out)
            self.noted_before = len(self.for_parameters)
            if isinstance(instruction, Elementwise):
                self._through_gate(instruction, d)
            else:
                self._through_sum(instruction, d, d_rows)
        self.store()
        return self.code

    # -- rules that compute the same on both ways ------------------------------------------------

    def _gate(self, instruction: Elementwise) -> tuple[Symbol, int]:
        """As the forward pass has it; where both rules need the same, as logsumexp's exponentials, noted."""
        expression, count = super()._gate(instruction)
        out = instruction.out
        if instruction.stacked:
            stack = self._stack(instruction.operands[0])
            forward = Symbol.of(instruction.gate.forward(code, stack))
            name = Symbol.name(out.name)
            (backward,) = instruction.gate.backward(code, Symbol.name("dloss"), name, stack)
            both = {code.text(each) for each in parts_of(forward)}
            both &= {code.text(each) for each in parts_of(Symbol.of(backward))}
            parts = self.parts[out.start] = dict.fromkeys(both)
            lines: list[Line] = []
            whole = self._with_names(forward, parts, lines)
            if out.size > 1:  # sum_rows keeps the axis that it goes along
                whole = code.shaped(whole, out.size, -1)
            self.code.expanded[out.name] = [*lines, Line(out.name, "=", whole)]
        return expression, count

    def _with_names(self, symbol: Symbol, parts: dict[str, str | None], lines: list[Line]) -> Symbol:
        """The expression with these parts of it named; each gets a line when it is first met."""
        if symbol.operation in ("name", "number"):
            return symbol
        written = code.text(symbol)
        arguments = [
            self._with_names(each, parts, lines) if isinstance(each, Symbol) else each
            for each in symbol.arguments
        ]
        rebuilt = Symbol(symbol.operation, *arguments)
        if written not in parts:
            return rebuilt
        name = parts[written]
        if name is None:
            name = parts[written] = self.names.new(PART_NAMES.get(symbol.operation, "part"))
            lines.append(Line(name, "=", rebuilt))
        return Symbol.name(name)

    # -- through an instruction ------------------------------------------------------------------

    def _through_gate(self, instruction: Elementwise, d: Symbol) -> None:
        """The gate's own backward rule, run on symbols; called as a function if it cannot be."""
        gate, out = instruction.gate, instruction.out
        if instruction.stacked:
            operands = instruction.operands[0]
            k, n = operands.shape
            named = Symbol.name(out.name)
            (contribution,) = gate.backward(code, d, named, self._stack(operands))
            contribution = self._with_names(contribution, self.parts[out.start], [])
            contribution = contribution if n == 1 else code.shaped(contribution, k * n, -1)
            self.contribute(operands.ravel(), contribution, max(k * n, 1), out.varies)
            return
        reads = [self.read(operand) for operand in instruction.operands]
        symbols = [read.symbol for read in reads]
        contributions = self._written_out(gate, d, Symbol.name(out.name), symbols)
        if contributions is None:
            called = Symbol(self._backward_function(gate), d, Symbol.name(out.name), *symbols)
            together = self.line("d", called)
            contributions = [code.part(together, f"[{place}]", out.size) for place in range(len(reads))]
        for operand, contribution in zip(instruction.operands, contributions, strict=True):
            if self.learns(operand):
                self.contribute(operand, contribution, self.count(contribution), out.varies)

    @staticmethod
    def _written_out(gate: Gate, d: Symbol, out: Symbol, operands: list[Symbol]) -> list[Symbol] | None:
        """The contributions by the gate's rule, run on symbols; None if it cannot be."""
        if not (probe.on_arrays(gate) and probe.backward_on_symbols(gate)):
            return None
        try:
            found = gate.backward(code, d, out, *operands)
        except code.NotStacked:
            return None
        return [Symbol.of(0.0 if each is None else each) for each in found]

    def _backward_function(self, gate: Gate) -> str:
        """The name of the gate's backward rule on arrays."""
        if gate not in self.backward_functions:
            name = self.names.new(f"{self._function(gate, arrays)}_backward")
            self.backward_functions[gate] = name
            self.code.names[name] = library.backward_on_arrays(gate, arrays)
        return self.backward_functions[gate]

    def _through_sum(self, instruction: Total, d: Symbol, d_rows: int) -> None:
        """Every term gets the upstream gradient; of a product, each factor times the other."""
        out = instruction.out
        for part in instruction.parts:
            if isinstance(part, MatrixProduct):
                full = d if d_rows == out.size else Symbol("repeat_rows", d, str(out.size))
                self._through_product(part, full, out.varies)
            elif isinstance(part, Weighted):
                self._through_weights(part.weights, part.factors, d, out.varies)
            elif isinstance(part, Terms):
                self.contribute(part.terms, d if part.sign > 0 else -d, d_rows, out.varies)
            elif isinstance(part, Reduction):
                self._through_reduction(part, d if part.sign > 0 else -d, d_rows, out)
            else:
                self._through_scattered(part, d if part.sign > 0 else -d, d_rows, out)

    def _through_weights(self, weights: Locations, factors: Locations, d: Symbol, varies: bool) -> None:
        weight, factor = self.read(weights).symbol, self.read(factors).symbol
        for locations, contribution in ((weights, d * factor), (factors, d * weight)):
            if self.learns(locations):
                self.contribute(locations, contribution, self.count(contribution), varies)

    def _through_reduction(self, part: Reduction, d: Symbol, d_rows: int, out: Vector) -> None:
        n, k = part.terms.shape
        if not self.learns(part.terms.ravel()):
            return
        if n > 1 and d_rows > 1:
            index = self.constant("i", np.repeat(np.arange(n), k))
            d, d_rows = code.part(d, f"[{index.arguments[0]}]", n * k), n * k
        self.contribute(part.terms.ravel(), d, d_rows, out.varies)

    def _through_scattered(self, part: Scattered, d: Symbol, d_rows: int, out: Vector) -> None:
        if d_rows > 1:
            index = self.constant("i", part.places)
            d = self.line("d", code.part(d, f"[{index.arguments[0]}]", len(part.places)), len(part.places))
        if part.weights is not None:
            self._through_weights(part.weights, part.terms, d, out.varies)
        elif self.learns(part.terms):
            self.contribute(part.terms, d, self.count(d), out.varies)

    def _through_product(self, part: MatrixProduct, d: Symbol, varies: bool) -> None:
        g, r, m = part.weights.shape
        c = part.factors.shape[2]
        sides = 2 if g == 1 else 3
        if varies and not self.per_example and not self.varies(part.factors.ravel()):
            d, varies = self.line("d", Symbol("sum_batch", d), g * r * c), False
        if not g == c == 1:
            d = self.line("d", code.shaped(d, *([r, -1] if g == 1 else [g, r, -1])), g * r)
        for bias in part.biases:
            if self.learns(bias):
                by_place = Symbol("method", code.shaped(d, r, c, -1), "sum(axis=1)")
                summed = by_place if self.per_example else Symbol("sum_batch", d)
                self.contribute(bias, summed, r, False)
        if self.learns(part.weights.ravel()):
            self._through_matrix(part, d)
        if self.learns(part.factors.ravel()):
            weights = self.matrix(part.weights)
            contribution = Symbol("@", code.transposed(weights, sides), d)
            if (part.weights == HOLE).any():
                present = self.present(part.weights.swapaxes(1, 2))
                contribution = Symbol("masked_matmul", code.transposed(weights, sides), present, d)
            if not g == c == 1:
                contribution = code.shaped(contribution, g * m * c, -1)
            self.contribute(part.factors.ravel(), contribution, g * m * c, varies)

    def _through_matrix(self, part: MatrixProduct, d: Symbol) -> None:
        g, r, m = part.weights.shape
        c = part.factors.shape[2]
        factors = self._factors(part.factors)
        if self.per_example:
            split_d, split_f = code.shaped(d, g, r, c, -1), code.shaped(factors, g, m, c, -1)
            contribution = Symbol("einsum", "'grcb,gmcb->grmb'", split_d, split_f)
            contribution = code.shaped(contribution, g * r * m, -1)
        else:
            contribution = Symbol("@", d, code.transposed(factors, 2 if g == 1 else 3))
            if self.matrix_slice(part.weights) is not None:
                self.for_parameters.append(
                    Contribution(part.weights[0] - self.parameters_start(), contribution, r)
                )
                return
            contribution = code.shaped(contribution, g * r * m, 1)
        flat = part.weights.ravel()
        places = np.flatnonzero(flat != HOLE)
        if len(places) < len(flat):
            contribution = code.part(contribution, f"[{self._index(places)}]", len(places))
        self.contribute(flat[places], contribution, len(places), False)
