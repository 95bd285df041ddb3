"""How the program reads scalars: as whole vectors or slices where possible, else gathered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from autograd.arithmetic.symbols import Symbol
from autograd.compiler import code, library
from autograd.compiler.naming import Names, common_base, name_vectors
from autograd.compiler.products import HOLE, progression
from autograd.compiler.slices import Slice, is_whole, matrix_at, range_text
from autograd.compiler.vectors import Layout, Locations, Vector

Index = npt.NDArray[np.int64]


@dataclass
class Line:
    """``target operator expression``; without a target a call for its effect."""

    target: str
    operator: str
    expression: Symbol
    keep: bool = False  # not to be inlined into the line that uses it

    def __str__(self) -> str:
        written = code.text(self.expression)
        return f"{self.target} {self.operator} {written}" if self.target else written


@dataclass
class Code:
    """The program as text, and the arrays and functions that the text names.

    slices    lines that name slices of the parameters and of their gradient, once
    forward   from the inputs to the outputs
    backward  from the loss to the gradient, after forward's lines
    expanded  for some targets of forward the lines to write instead if backward uses parts of them
    """

    inputs: list[str]
    slices: list[Line] = field(default_factory=list)
    forward: list[Line] = field(default_factory=list)
    backward: list[Line] = field(default_factory=list)
    gathers_inputs: bool = False  # one by one: then they should be contiguous rows
    expanded: dict[str, list[Line]] = field(default_factory=dict)
    result: Symbol = field(default_factory=lambda: Symbol.of(0.0))
    names: dict[str, Any] = field(default_factory=dict)


class Read(NamedTuple):
    """Scalars as an expression and its rows: as many as asked for, or 1 that stands for all."""

    symbol: Symbol
    rows: int


class Reader:
    """Gives expressions for scalars, and writes the lines that they need."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.names = Names()
        name_vectors(layout, self.names)
        self.code = Code([vector.name for vector in layout.inputs], names=dict(library.FUNCTIONS))
        sizes = [vector.size for vector in layout.vectors]
        self.vector_at = np.repeat(np.arange(len(sizes)), sizes)  # by location
        self.rows_of = {vector.name: vector.size for vector in layout.vectors}
        self.reads: dict[tuple[bytes, bool], Read] = {}
        self.matrices: dict[tuple[bytes, tuple[int, ...]], Symbol] = {}
        self.slice_names: dict[Slice, str] = {}

    # -- reading scalars -------------------------------------------------------------------------

    def name(self, wanted: str, count: int) -> Symbol:
        name = self.names.new(wanted)
        self.rows_of[name] = count
        return Symbol.name(name)

    def keep(self, wanted: str, expression: Symbol, count: int) -> Symbol:
        """A new line of the forward pass, and its name."""
        named = self.name(wanted, count)
        self.code.forward.append(Line(named.arguments[0], "=", expression))
        return named

    def constant(self, wanted: str, value: Any) -> Symbol:
        name = self.names.new(wanted)
        self.code.names[name] = value
        return Symbol.name(name)

    def sources(self, locations: Locations) -> list[tuple[Vector, Index, Index]]:
        """(vector, places among the locations, rows of the vector) for each vector that has some of them."""
        which = self.vector_at[locations]
        if len(which) == 1 or (which == which[0]).all():
            vector = self.layout.vectors[which[0]]
            return [(vector, np.arange(len(locations)), locations - vector.start)]
        found = []
        for number in np.unique(which).tolist():
            places = np.flatnonzero(which == number)
            vector = self.layout.vectors[number]
            found.append((vector, places, locations[places] - vector.start))
        return found

    def read(self, locations: Locations) -> Read:
        """The scalars at these locations, (n,), as rows."""
        key = (locations.tobytes(), True)
        if key not in self.reads:
            self.reads[key] = self._read(locations)
        return self.reads[key]

    def array(self, locations: Locations) -> Symbol:
        """The scalars at these locations as an array, a row for each."""
        symbol, count = self.read(locations)
        is_constant = symbol.operation == "name" and symbol.arguments[0] not in self.rows_of
        if symbol.number is not None or is_constant:
            symbol = self.constant("c", np.array([[float(code.text(symbol))]]))
        return symbol if count == len(locations) else Symbol("repeat_rows", symbol, str(len(locations)))

    def _read(self, locations: Locations) -> Read:
        found = self.sources(locations)
        if len(found) == 1:
            return self._read_from(found[0][0], found[0][2])
        pieces: list[Any] = []
        for vector, places, positions in found:
            piece = self._read_from(vector, positions)
            pieces += [self.constant("at", places), piece.symbol]
        gathered = Symbol("assemble", str(len(locations)), *pieces)
        return Read(self.keep("g", gathered, len(locations)), len(locations))

    def _read_from(self, vector: Vector, positions: Index) -> Read:
        layout, count = self.layout, len(positions)
        if vector is layout.constants:
            numbers = layout.numbers(vector)[positions]
            if (numbers == numbers[0]).all():
                return Read(code.number(float(numbers[0])), 1)
            symbol = self.constant("c", numbers[:, None])
            self.rows_of[symbol.arguments[0]] = count
            return Read(symbol, count)
        if count > 1 and (positions == positions[0]).all():
            return self._read_from(vector, positions[:1])
        if vector is layout.parameters:
            return Read(self._parameters(positions), count)
        whole = Symbol.name(vector.name)
        if is_whole(positions, vector.size):
            return Read(whole, count)
        if found := range_text(positions):
            return Read(code.part(whole, f"[{found}]", count), count)
        index = self.constant("i", positions)
        self.code.gathers_inputs |= vector in layout.inputs
        return Read(self.keep("g", code.part(whole, f"[{index.arguments[0]}]", count), count), count)

    def _parameters(self, positions: Index) -> Symbol:
        """Parameters as a column: a slice where they are evenly spaced, else gathered."""
        held = [self.layout.trace.parameters[place] for place in positions]
        wanted = common_base([self.layout.trace.label[row] for row in held]) or "p"
        if range_text(positions):
            return self._slice(self.column_slice(positions), wanted, len(positions))
        index = self.constant("i", positions)
        gathered = code.part(Symbol.name("parameters"), f"[{index.arguments[0]}, None]", len(positions))
        return self.keep(wanted, gathered, len(positions))

    def column_slice(self, positions: Index) -> Slice:
        """Evenly spaced parameters as a column."""
        found = range_text(positions)
        assert found is not None, "parameters of a slice are evenly spaced"
        return Slice(found)

    def _slice(self, found: Slice, wanted: str, count: int) -> Symbol:
        """A named part of the parameters, made once."""
        if found not in self.slice_names:
            named = self.name(wanted, count)
            self.slice_names[found] = named.arguments[0]
            self.code.slices.append(Line(named.arguments[0], "=", Symbol.name(found.of("parameters"))))
        return Symbol.name(self.slice_names[found])

    def matrix(self, weights: Locations) -> Symbol:
        """Weights (g, r, m) as an array, (r, m) if g is 1."""
        key = (weights.tobytes(), weights.shape)
        if key not in self.matrices:
            self.matrices[key] = self._matrix(weights)
        return self.matrices[key]

    def _matrix(self, weights: Locations) -> Symbol:
        shape = weights.shape if len(weights) > 1 else weights.shape[1:]
        found = self.matrix_slice(weights)
        if found is not None:
            labels = [self.layout.trace.label[row] for row in self._parameter_rows(weights.ravel())]
            return self._slice(found, common_base(labels) or "W", weights.shape[1])
        flat = weights.ravel()
        if (flat == HOLE).any():
            places = np.flatnonzero(flat != HOLE)
            pieces = (self.constant("at", places), self.array(flat[places]))
            filled = Symbol("assemble", str(flat.size), *pieces)
            return self.keep("W", code.shaped(filled, *shape), weights.shape[1])
        if flat.size == 1:
            return self.array(flat)
        return self.keep("W", code.shaped(self.array(flat), *shape), shape[-2])

    def present(self, weights: Locations) -> Symbol:
        """Which places of a matrix with holes have a weight."""
        return self.constant("present", weights[0] != HOLE if len(weights) == 1 else weights != HOLE)

    def matrix_slice(self, weights: Locations) -> Slice | None:
        """Where the matrix lies in the parameters, if it is evenly spaced there."""
        parameters = self.layout.parameters
        if parameters is None or len(weights) > 1 or (weights == HOLE).any():
            return None
        inside = (weights >= parameters.start) & (weights < parameters.start + parameters.size)
        steps = progression(weights[0] - parameters.start)
        if not inside.all() or steps is None:
            return None
        first, row_step, column_step = steps
        rows_, columns = weights.shape[1:]
        return matrix_at(first, row_step, column_step, rows_, columns, parameters.size)

    def _parameter_rows(self, locations: Locations) -> list[int]:
        assert self.layout.parameters is not None
        start = self.layout.parameters.start
        return [self.layout.trace.parameters[location - start] for location in locations.tolist()]
