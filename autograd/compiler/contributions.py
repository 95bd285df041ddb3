"""Contributions to gradients: collected for each vector, added up when its turn comes."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np

from autograd.arithmetic.symbols import Symbol
from autograd.compiler import code, library
from autograd.compiler.algebra import is_simple, plus, summed
from autograd.compiler.emit import Forward
from autograd.compiler.products import HOLE
from autograd.compiler.reading import Index, Line
from autograd.compiler.slices import is_whole, range_text
from autograd.compiler.vectors import Layout, Locations, Vector

MOST_ADDED = 4  # contributions in one line


class Contribution(NamedTuple):
    """What is added to some rows of a vector's gradient; to all of its rows if ``at`` is None."""

    at: Index | None
    symbol: Symbol
    rows: int


class Contributions(Forward):
    """What reaches each vector and each parameter, and the lines that add it up."""

    def __init__(self, layout: Layout, per_example: bool = False) -> None:
        super().__init__(layout)
        self.per_example = per_example
        self.waiting: dict[int, list[Contribution]] = defaultdict(list)  # by the vector's start
        self.for_parameters: list[Contribution] = []
        self.noted_before = 0  # how many of them come from earlier instructions than the current one
        self.gradient_names: dict[str, str] = {}

    def contribute(self, locations: Locations, symbol: Symbol, count: int, varies: bool) -> None:
        """Contribute these rows to the scalars at these locations: one each, or one row for all."""
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
            symbol = summed(symbol)
        n = len(positions)
        at = positions
        if n > 1 and (positions == positions[0]).all():
            symbol = symbol * n if count == 1 else summed(symbol, "sum_rows")
            at, count = positions[:1], 1
        if vector is self.layout.parameters:
            self._contribute_to_parameters(Contribution(at, symbol, count))
            return
        self.waiting[vector.start].append(
            Contribution(None if is_whole(at, vector.size) else at, symbol, count)
        )

    def _contribute_to_parameters(self, new: Contribution) -> None:
        """Kept for the end; two contributions of one instruction to the same, as in w * w, are one line."""
        if len(self.for_parameters) > self.noted_before:
            last = self.for_parameters[-1]
            if last.at is not None and np.array_equal(last.at, _places(new)):
                both = plus(last.symbol, new.symbol)
                self.for_parameters[-1] = Contribution(new.at, both, max(last.rows, new.rows))
                return
        self.for_parameters.append(new)

    def _named_if_used_often(self, symbol: Symbol, locations: Locations) -> Symbol:
        """A name for the expression, if several vectors take a part of it."""
        if symbol.operation == "name" or len(self.sources(locations)) == 1:
            return symbol
        return self.line("d", symbol)

    def line(self, wanted: str, expression: Symbol, count: int = 1) -> Symbol:
        """A new line of the backward pass, and its name."""
        named = self.name(wanted, count)
        self.code.backward.append(Line(named.arguments[0], "=", expression))
        return named

    def _index(self, positions: Index) -> str:
        return range_text(positions) or str(self.constant("i", positions).arguments[0])

    def gradient(self, vector: Vector) -> tuple[Symbol, int]:
        """The gradient of a vector, added up: its name, and its rows (1 may stand for all)."""
        found = self.waiting.pop(vector.start)
        wanted = "d" + vector.name
        if len(found) == 1 and found[0].at is None and is_simple(found[0].symbol):
            return found[0].symbol, found[0].rows  # it needs no line
        joined = _side_by_side(found, vector.size)
        if joined is not None:
            return self.line(wanted, joined, vector.size), vector.size
        if all(each.at is None for each in found):
            count = max(each.rows for each in found)
            total = found[0].symbol
            for each in found[1:MOST_ADDED]:
                total = plus(total, each.symbol)
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
            segments = self.constant("segments", library.Segments(at, size))
            self.code.backward.append(Line(name, "+=", Symbol("segment_sum", segments, symbol)))
        else:
            self.code.backward.append(Line(f"{name}[{self._index(at)}]", "+=", symbol))

    # -- what is known of scalars and expressions ------------------------------------------------

    def learns(self, locations: Locations) -> bool:
        vectors = self.layout.vectors
        return any(
            vectors[which].learns for which in set(self.vector_at[locations[locations != HOLE]].tolist())
        )

    def varies(self, locations: Locations) -> bool:
        vectors = self.layout.vectors
        return any(vectors[which].varies for which in set(self.vector_at[locations].tolist()))

    def count(self, symbol: Symbol) -> int:
        """How many rows an expression has, from those of the names in it."""
        if symbol.operation == "part":
            return int(symbol.arguments[2])
        if symbol.operation == "name":
            return self.rows_of.get(symbol.arguments[0], 1)
        below = [self.count(each) for each in symbol.arguments if isinstance(each, Symbol)]
        return max(below, default=1)

    # -- the parameters --------------------------------------------------------------------------

    def store(self) -> None:
        """Write the parameters' gradient: the first contribution to each is stored, the others are added."""
        parameters = self.layout.parameters
        if parameters is None:
            return
        # a penalty on all parameters is added to their gradients at the end, as people write it
        order = sorted(self.for_parameters, key=lambda each: _places(each).size == parameters.size)
        if _is_mixed(order, parameters.size):
            order.sort(key=lambda each: -_places(each).size)
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
            target = self._gradient_slice(each.at)
            self.code.backward.append(_stored(target, each) if first else Line(target, "+=", each.symbol))

    def _store_repeated(self, repeated: Contribution, size: int) -> None:
        """Add contributions of which several go to the same parameter."""
        places, symbol = _places(repeated), repeated.symbol
        segments = self.constant("segments", library.Segments(places, size))
        if repeated.at is not None and repeated.at.ndim > 1:
            symbol = code.shaped(symbol, places.size, 1)
        total = Symbol("segment_sum", segments, symbol)
        if not self.per_example:
            total = code.part(total, "[:, 0]", size)
        self.code.backward.append(Line("gradient[:]", "+=", total))

    def _gradient_slice(self, at: Index) -> str:
        """The name of the gradient's slice at these places; or an index if it is not a slice."""
        found = None
        if at.ndim == 2:
            found = self.matrix_slice(at[None] + self.parameters_start())
            like = self.matrix(at[None] + self.parameters_start())
        elif range_text(at):
            found, like = self.column_slice(at), self._parameters(at)
        if found is None:
            index = self.constant("i", at).arguments[0]
            return f"gradient[{index}]" if self.per_example else f"gradient[{index}, None]"
        text = found.of("gradient", self.per_example)
        if text not in self.gradient_names:
            name = self.gradient_names[text] = self.names.new("d" + like.arguments[0])
            self.code.slices.append(Line(name, "=", Symbol.name(text)))
        return f"{self.gradient_names[text]}[:]"

    def parameters_start(self) -> int:
        assert self.layout.parameters is not None
        return self.layout.parameters.start


def _places(contribution: Contribution) -> Index:
    assert contribution.at is not None, "a contribution to parameters names them"
    return contribution.at.ravel()


def _is_mixed(order: list[Contribution], size: int) -> bool:
    """Whether a contribution goes to some places that have one already, and to some that have none."""
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
    """Contributions that together fill the vector, each a stretch of it, as one; else None."""
    if len(found) < 2 or any(each.at is None or each.rows != len(each.at) for each in found):
        return None
    order = sorted(found, key=lambda each: int(each.at[0]) if each.at is not None else 0)
    places = np.concatenate([each.at for each in order if each.at is not None])
    if not is_whole(places, size):
        return None
    return Symbol("concatenate", Symbol("tuple_of", *[each.symbol for each in order]))
