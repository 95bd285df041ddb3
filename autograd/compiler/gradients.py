"""The backward half of emit: from the loss's gradient to that of every parameter.

Instructions have their turn in reverse. Each writes what it contributes to the gradients of what
it took; a vector's gradient is put together when its own turn comes, complete by then.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np

from autograd.arithmetic.symbols import Symbol
from autograd.compiler import code, numpy_arithmetic, rows
from autograd.compiler.emit import Forward
from autograd.compiler.products import HOLE, progression
from autograd.compiler.reading import Code, Index, Line, slice_text
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
)  # fmt: skipfrom autograd.rules import Gate
from autograd.rules import Gate

MOST_ADDED = 4  # contributions in one line
#: What to call a part that both rules of a gate compute, by the operation.
PART_NAMES = {"exp": "e", "sum_rows": "total", "finite": "largest"}


class Contribution(NamedTuple):
    """What is added to some rows of a vector's gradient; to all of its rows if ``at`` is None."""

    at: Index | None
    symbol: Symbol
    rows: int


class Backward(Forward):
    """Writes the lines of both passes; per example, if wanted, instead of the mean over the batch."""

    def __init__(self, layout: Layout, per_example: bool = False) -> None:
        super().__init__(layout)
        self.per_example = per_example
        self.waiting: dict[int, list[Contribution]] = defaultdict(list)  # by the vector's start
        self.for_parameters: list[Contribution] = []
        self.backward_functions: dict[Gate, str] = {}
        #: by a vector's start: what both rules of its gate compute, as text, and its name
        self.parts: dict[int, dict[str, str | None]] = {}
        self.noted_before = 0  # how many of them are of instructions before the one whose turn it is
        self.gradient_names: dict[str, str] = {}

    def emit(self) -> Code:
        super().emit()
        layout = self.layout
        (output,) = layout.location[layout.trace.outputs]
        self.contribute(np.array([output]), Symbol.name("dloss"), 1, layout.varies_at(output))
        for instruction in reversed(layout.instructions):
            out = instruction.out
            if not out.learns or out.start not in self.waiting:
                continue
            d, d_rows = self.gradient(out)
            self.noted_before = len(self.for_parameters)
            if isinstance(instruction, Elementwise):
                self._through_gate(instruction, d)
            else:
                self._through_sum(instruction, d, d_rows)
        self._store()
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
            both = {code.text(each) for each in code.operations_in(forward)}
            both &= {code.text(each) for each in code.operations_in(Symbol.of(backward))}
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

    # -- contributions ---------------------------------------------------------------------------

    def contribute(self, locations: Locations, symbol: Symbol, count: int, varies: bool) -> None:
        """Let the scalars at these locations have these rows, one each, or one row for all."""
        if symbol.number == 0:
            return
        symbol = self._named_if_used_often(symbol, locations)
        for vector, places, positions in self.sources(locations):
            if not vector.learns:
                continue
            piece, piece_rows = symbol, count
            if count > 1 and len(places) < len(locations):
                index = self._index(places)
                piece, piece_rows = code.part(symbol, f"[{index}]", len(places)), len(places)
            self._contribute_to(vector, positions, piece, piece_rows, varies)

    def _contribute_to(
        self, vector: Vector, positions: Index, symbol: Symbol, count: int, varies: bool
    ) -> None:
        if varies and not vector.varies and not self.per_example:
            symbol = _summed(symbol)
        n = len(positions)
        at = positions
        if n > 1 and (positions == positions[0]).all():
            symbol = symbol * n if count == 1 else Symbol("sum_rows", symbol)
            at, count = positions[:1], 1
        if vector is self.layout.parameters:
            self._contribute_to_parameters(Contribution(at, symbol, count))
            return
        whole = len(at) == vector.size and bool((at == np.arange(vector.size)).all())
        self.waiting[vector.start].append(Contribution(None if whole else at, symbol, count))

    def _contribute_to_parameters(self, new: Contribution) -> None:
        """Noted for the end; what one instruction gives twice to the same, as for w * w, in one line."""
        if len(self.for_parameters) > self.noted_before:
            last = self.for_parameters[-1]
            if last.at is not None and np.array_equal(last.at, _places(new)):
                both = _plus(last.symbol, new.symbol)
                self.for_parameters[-1] = Contribution(new.at, both, max(last.rows, new.rows))
                return
        self.for_parameters.append(new)

    def _named_if_used_often(self, symbol: Symbol, locations: Locations) -> Symbol:
        """A name for an expression that several vectors take their part of."""
        if symbol.operation == "name" or len(self.sources(locations)) == 1:
            return symbol
        return self.line("d", symbol)

    def line(self, wanted: str, expression: Symbol, count: int = 1) -> Symbol:
        """A new line of the backward pass, and its name."""
        named = self.name(wanted, count)
        self.code.backward.append(Line(named.arguments[0], "=", expression))
        return named

    def _index(self, positions: Index) -> str:
        steps = progression(positions)
        if steps is not None and (steps[1] > 0 or len(positions) == 1):
            return slice_text(steps[0], steps[1], len(positions))
        return str(self.constant("i", positions).arguments[0])

    def gradient(self, vector: Vector) -> tuple[Symbol, int]:
        """The gradient of a vector, put together: its name, and its rows (1 may stand for all)."""
        found = self.waiting.pop(vector.start)
        wanted = "d" + vector.name
        if len(found) == 1 and found[0].at is None and _is_simple(found[0].symbol):
            return found[0].symbol, found[0].rows  # it needs no name of its own
        joined = _side_by_side(found, vector.size)
        if joined is not None:
            return self.line(wanted, joined, vector.size), vector.size
        if all(each.at is None for each in found):
            count = max(each.rows for each in found)
            total = found[0].symbol
            for each in found[1:MOST_ADDED]:
                total = _plus(total, each.symbol)
            named = self.line(wanted, total, count)
            for each in found[MOST_ADDED:]:
                named = self.line(wanted, named + each.symbol, max(count, each.rows))
            return named, count
        varies = vector.varies or self.per_example
        zeros = Symbol("zeros", f"({vector.size}, {'dloss.shape[1]' if varies else 1})")
        named = self.line(wanted, zeros, vector.size)
        for at, symbol, _ in found:
            self._add_to(named, at, symbol, vector.size)
        return named, vector.size

    def _add_to(self, target: Symbol, at: Index | None, symbol: Symbol, size: int) -> None:
        name = target.arguments[0]
        if at is None:
            self.code.backward.append(Line(name, "+=", symbol))
        elif len(np.unique(at)) < len(at):
            plan = self.constant("plan", rows.Plan(at, size))
            self.code.backward.append(Line(name, "+=", Symbol("add_up", plan, symbol)))
        else:
            self.code.backward.append(Line(f"{name}[{self._index(at)}]", "+=", symbol))

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
        try:
            found = gate.backward(code, d, Symbol.name(out.name), *symbols)
            contributions = [Symbol.of(each) for each in found]
        except (TypeError, ValueError, AttributeError):
            called = Symbol(self._backward_function(gate), d, Symbol.name(out.name), *symbols)
            together = self.line("d", called)
            contributions = [code.part(together, f"[{place}]", out.size) for place in range(len(reads))]
        for operand, contribution in zip(instruction.operands, contributions, strict=True):
            if self.learns(operand):
                self.contribute(operand, contribution, self.count(contribution), out.varies)

    def _backward_function(self, gate: Gate) -> str:
        """The name of the gate's backward rule on arrays."""
        if gate not in self.backward_functions:
            name = self.names.new(f"{self._function(gate, numpy_arithmetic)}_backward")
            self.backward_functions[gate] = name
            self.code.names[name] = rows.backward_on_arrays(gate, numpy_arithmetic)
        return self.backward_functions[gate]

    def learns(self, locations: Locations) -> bool:
        vectors = self.layout.vectors
        return any(
            vectors[which].learns for which in set(self.vector_at[locations[locations != HOLE]].tolist())
        )

    def varies(self, locations: Locations) -> bool:
        vectors = self.layout.vectors
        return any(vectors[which].varies for which in set(self.vector_at[locations].tolist()))

    def count(self, symbol: Symbol) -> int:
        """How many rows an expression has, by those of the names in it."""
        if symbol.operation == "part":
            return int(symbol.arguments[2])
        if symbol.operation == "name":
            return self.rows_of.get(symbol.arguments[0], 1)
        below = [self.count(each) for each in symbol.arguments if isinstance(each, Symbol)]
        return max(below, default=1)

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
                contribution = Symbol("partly", code.transposed(weights, sides), present, d)
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
            if self.matrix_view(part.weights) is not None:
                self.for_parameters.append(Contribution(part.weights[0] - self._start(), contribution, r))
                return
            contribution = code.shaped(contribution, g * r * m, 1)
        flat = part.weights.ravel()
        places = np.flatnonzero(flat != HOLE)
        if len(places) < len(flat):
            contribution = code.part(contribution, f"[{self._index(places)}]", len(places))
        self.contribute(flat[places], contribution, len(places), False)

    # -- the parameters' own ---------------------------------------------------------------------

    def _store(self) -> None:
        """Write the parameters' gradient, the contributions that reach most of them first."""
        parameters = self.layout.parameters
        if parameters is None:
            return
        order = sorted(self.for_parameters, key=lambda each: -_places(each).size)
        written = np.zeros(parameters.size, dtype=bool)
        if _is_mixed(order, parameters.size):
            self.code.backward.append(Line("gradient[:]", "=", Symbol.of(0.0)))
            written[:] = True
        for each in order:
            places = _places(each)
            first = not written[places].any()
            written[places] = True
            if len(np.unique(places)) < len(places):
                self._store_repeated(each, parameters.size)
                continue
            assert each.at is not None
            target = self._gradient_view(each.at)
            self.code.backward.append(_stored(target, each) if first else Line(target, "+=", each.symbol))

    def _store_repeated(self, repeated: Contribution, size: int) -> None:
        """Contributions of which several go to one parameter."""
        places, symbol = _places(repeated), repeated.symbol
        plan = self.constant("plan", rows.Plan(places, size))
        if repeated.at is not None and repeated.at.ndim > 1:
            symbol = code.shaped(symbol, places.size, 1)
        total = Symbol("add_up", plan, symbol)
        if not self.per_example:
            total = code.part(total, "[:, 0]", size)
        self.code.backward.append(Line("gradient[:]", "+=", total))

    def _gradient_view(self, at: Index) -> str:
        """The name of the part of the gradient at these places; an index if it is no view."""
        steps = progression(at)
        view = None
        if at.ndim == 2:
            view = self.matrix_view(at[None] + self._start())
            like = self.matrix(at[None] + self._start())
        elif steps is not None and (steps[1] > 0 or len(at) == 1):
            view, like = self.column_view(at), self._parameters(at)
        if view is None:
            index = self.constant("i", at).arguments[0]
            return f"gradient[{index}]" if self.per_example else f"gradient[{index}, None]"
        text = view.of("gradient", self.per_example)
        if text not in self.gradient_names:
            name = self.gradient_names[text] = self.names.new("d" + like.arguments[0])
            self.code.views.append(Line(name, "=", Symbol.name(text)))
        return f"{self.gradient_names[text]}[:]"

    def _start(self) -> int:
        assert self.layout.parameters is not None
        return self.layout.parameters.start


def _plus(a: Symbol, b: Symbol) -> Symbol:
    """a + b; of one and the same, as from both inputs of y * y, twice it."""
    if a.same_as(b):
        return 2 * a.arguments[0] * a.arguments[1] if a.operation == "*" else 2 * a
    (sign_a, factor_a, rest_a), (sign_b, factor_b, rest_b) = _as_product(a), _as_product(b)
    if factor_a is None or factor_b is None or not factor_a.same_as(factor_b):
        return a + b
    if sign_a == sign_b:  # d * x + d * y
        return (factor_a * (rest_a + rest_b)) if sign_a > 0 else -(factor_a * (rest_a + rest_b))
    return factor_a * (rest_a - rest_b if sign_a > 0 else rest_b - rest_a)


def _is_simple(x: Symbol) -> bool:
    """A name, or one with a minus sign."""
    return x.operation == "name" or (x.operation == "neg" and x.negated.operation == "name")


def _summed(x: Symbol) -> Symbol:
    """Over the batch; a sign is turned after that, when there is less of it."""
    return -_summed(x.negated) if x.operation == "neg" else Symbol("sum_batch", x)


def _as_product(x: Symbol) -> tuple[int, Symbol | None, Symbol]:
    """(sign, factor, rest) of a product, with or without a minus sign."""
    sign, inner = (-1, x.negated) if x.operation == "neg" else (1, x)
    return (sign, *inner.arguments) if inner.operation == "*" else (sign, None, inner)


def _places(contribution: Contribution) -> Index:
    assert contribution.at is not None, "a contribution to parameters says to which"
    return contribution.at.ravel()


def _is_mixed(order: list[Contribution], size: int) -> bool:
    """Whether a contribution goes to places of which some have one already, and others have none."""
    written = np.zeros(size, dtype=bool)
    for each in order:
        places = _places(each)
        before = written[places]
        if (before.any() and not before.all()) or len(np.unique(places)) < len(places):
            return True
        written[places] = True
    return False


def _stored(target: str, contribution: Contribution) -> Line:
    """``target = expression``, computed in place where a function can."""
    name, symbol = target.removesuffix("[:]"), contribution.symbol
    fits = contribution.at is not None and contribution.rows == len(contribution.at)
    if name != target and fits and symbol.operation in ("@", "sum_batch"):
        function = "matmul" if symbol.operation == "@" else "sum_batch"
        return Line("", "", Symbol(function, *symbol.arguments, f"out={name}"))
    return Line(target, "=", symbol)


def _side_by_side(found: list[Contribution], size: int) -> Symbol | None:
    """Contributions that lie one after the other and fill the vector, as one; else None."""
    if len(found) < 2 or any(each.at is None or each.rows != len(each.at) for each in found):
        return None
    order = sorted(found, key=lambda each: int(each.at[0]) if each.at is not None else 0)
    places = np.concatenate([each.at for each in order if each.at is not None])
    if len(places) != size or not (places == np.arange(size)).all():
        return None
    return Symbol("concatenate", Symbol("tuple_of", *[each.symbol for each in order]))
