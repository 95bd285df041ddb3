"""The second half of fuse: equal gates at one depth become one gate on vectors.

Level by level, from the leaves up: gates of one kind whose operands come from the same vectors
become one instruction, whose results are a new vector.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Hashable
from itertools import groupby

import numpy as np

from autograd import probe
from autograd.compiler import naming
from autograd.compiler.products import HOLE, Block, find_blocks, split
from autograd.compiler.sums import Sum, Term, fuse_sums
from autograd.compiler.trace import CONSTANT, VARYING, Trace
from autograd.compiler.vectors import (
    Elementwise,
    Instruction,
    Layout,
    Locations,
    MatrixProduct,
    Part,
    Reduction,
    Scattered,
    Terms,
    Total,
    Vector,
    Weighted,
)

#: Gates at one depth are kept apart by where their operands come from, unless that makes more kinds than
#: MOST_KINDS, of fewer gates than FEWEST_ALIKE: then the graph is irregular, and gathering costs less.
MOST_KINDS, FEWEST_ALIKE = 8, 4
MOST_TERMS = 3  # plain terms that are added one after the other; more are reduced along an axis


def fuse(trace: Trace) -> Layout:
    """The instructions on vectors that compute what was traced."""
    return _Fusing(trace).layout


class _Fusing:
    """The layout under construction, and which vector each row of the trace is in."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.next_location = 0
        self.starts: list[int] = []  # of the vectors
        self.vector_of = [-1] * len(trace)
        location = np.full(len(trace), HOLE, dtype=np.int64)
        self.layout = Layout(trace, [], [], location, [], None, None)
        self._add_leaves()
        fused = fuse_sums(trace)
        levels: dict[int, list[int]] = defaultdict(list)
        for row, depth in enumerate(fused.depths):
            if depth > 0:
                levels[depth].append(row)
        for depth in sorted(levels):
            self._fuse_level(levels[depth], fused.sums)

    def _add_leaves(self) -> None:
        trace, layout = self.trace, self.layout
        for _, run in groupby(trace.inputs, key=lambda row: naming.base(trace.label[row])):
            layout.inputs.append(self._new_vector(list(run)))
        if trace.parameters:
            layout.parameters = self._new_vector(trace.parameters)
        constants = [row for row, kind in enumerate(trace.kind) if kind == CONSTANT]
        if constants:
            layout.constants = self._new_vector(constants)

    def _new_vector(self, rows: list[int]) -> Vector:
        varies = self.trace.kind[rows[0]] == VARYING
        learns = any(self.trace.learns[row] for row in rows)
        vector = Vector("", len(rows), self.next_location, varies, learns, rows)
        self.layout.location[rows] = np.arange(self.next_location, self.next_location + len(rows))
        for row in rows:
            self.vector_of[row] = len(self.layout.vectors)
        self.layout.vectors.append(vector)
        self.starts.append(vector.start)
        self.next_location += len(rows)
        return vector

    # -- a level at a time ----------------------------------------------------------------------

    def _fuse_level(self, rows: list[int], sums: dict[int, Sum]) -> None:
        """Instructions for the rows of one depth, which gives them locations for those above."""
        trace = self.trace
        gates_alike: dict[Hashable, list[int]] = defaultdict(list)
        sums_alike: dict[Hashable, list[int]] = defaultdict(list)
        for row in rows:
            varies = trace.kind[row] == VARYING
            if row in sums:
                sums_alike[varies, bool(sums[row].products)].append(row)
            else:
                gates_alike[trace.gate[row], len(trace.operands[row]), varies].append(row)
        new: list[Instruction] = []
        for alike in gates_alike.values():
            sources: dict[int, Hashable] = {
                row: tuple([self.vector_of[each] for each in trace.operands[row]]) for row in alike
            }
            new += [self._elementwise(group) for group in _kinds(alike, sources)]
        for alike in sums_alike.values():
            sources = {row: self._sources(sums[row]) for row in alike}
            for group in _kinds(alike, sources):
                new += self._totals(group, sums)
        self.layout.instructions += new

    def _sources(self, total: Sum) -> Hashable:
        """Where a sum's terms come from, no matter how many from each."""
        return frozenset([(self.vector_of[term.row], term.sign) for term in total.terms])

    def _elementwise(self, rows: list[int]) -> Elementwise:
        gate = self.trace.gate[rows[0]]
        assert gate is not None, "a leaf is in no level"
        operands = self.layout.location[np.array([self.trace.operands[row] for row in rows]).T]
        if len(rows) > 1:
            # in the order of the operand that differs most, so that it need not be gathered
            leading = max(range(len(operands)), key=lambda place: len(np.unique(operands[place])))
            order = np.lexsort((*operands[::-1], operands[leading]))
            rows, operands = [rows[place] for place in order], operands[:, order]
        if probe.on_stack(gate, len(operands)):
            return Elementwise(self._new_vector(rows), gate, [operands], stacked=True)
        return Elementwise(self._new_vector(rows), gate, list(operands))

    def _totals(self, rows: list[int], sums: dict[int, Sum]) -> list[Total]:
        location = self.layout.location
        if not sums[rows[0]].products:
            rows = sorted(rows, key=lambda row: min([int(location[term.row]) for term in sums[row].terms]))
            return [self._total(rows, [], sums)]
        pairs = []
        for row in rows:
            both = location[np.array(sums[row].products)]
            pairs.append((both[:, 0], both[:, 1]))
        blocks, rest = find_blocks(pairs)
        totals = []
        for block in blocks:
            for columns in split(block, self._vectors_at(block.factors[0, :, 0])):
                members = [rows[member] for member in columns[0].members.flat]
                parts = [part for piece in columns for part in _product_parts(piece)]
                totals.append(self._total(members, parts, sums))
        if rest:
            places = np.concatenate([np.full(len(pairs[number][0]), at) for at, number in enumerate(rest)])
            weights, factors = (np.concatenate([pairs[n][which] for n in rest]) for which in (0, 1))
            scattered = Scattered(factors, places, 1, weights)
            totals.append(self._total([rows[number] for number in rest], [scattered], sums))
        return totals

    def _vectors_at(self, locations: Locations) -> Locations:
        """The number of the vector that each of these is in."""
        return np.array([bisect_right(self.starts, location) - 1 for location in locations.tolist()])

    def _total(self, rows: list[int], parts: list[Part], sums: dict[int, Sum]) -> Total:
        plain = [sums[row].terms for row in rows]
        others = _plain_parts(plain, self.layout.location, self.vector_of)
        if len(parts) == 1 and isinstance(product := parts[0], MatrixProduct):
            others = [part for part in others if not self._is_bias(part, product)]
        return Total(self._new_vector(rows), [*parts, *others])

    def _is_bias(self, part: Part, product: MatrixProduct) -> bool:
        """Whether the part is a bias for each row of the matrix; if so, it becomes part of the product."""
        (groups, rows, _), columns = product.weights.shape, product.factors.shape[2]
        if not isinstance(part, Terms) or part.sign < 0 or groups > 1 or columns == 1:
            return False
        terms = part.terms.reshape(rows, columns)
        if self.layout.varies_at(int(terms[0, 0])) or not (terms == terms[:, :1]).all():
            return False
        product.biases.append(terms[:, 0])
        return True


def _kinds(rows: list[int], sources: dict[int, Hashable]) -> list[list[int]]:
    """The rows grouped by where their operands come from; one group if few would be alike."""
    kinds: dict[Hashable, list[int]] = defaultdict(list)
    for row in rows:
        kinds[sources[row]].append(row)
    irregular = len(kinds) > MOST_KINDS and len(rows) < FEWEST_ALIKE * len(kinds)
    return [rows] if irregular else list(kinds.values())


def _product_parts(block: Block) -> list[Part]:
    groups, rows, length = block.weights.shape
    single = rows == block.factors.shape[2] == 1
    if single and (length == 1 or (groups > 1 and length <= MOST_TERMS)):
        return [Weighted(block.weights[:, 0, j], block.factors[:, j, 0]) for j in range(length)]
    return [MatrixProduct(block.weights, block.factors)]


def _plain_parts(plain: list[list[Term]], location: Locations, vector_of: list[int]) -> list[Part]:
    """The plain terms of sums, arranged by the vector that they come from."""
    by_source: dict[tuple[int, int], list[list[int]]] = defaultdict(lambda: [[] for _ in plain])
    for place, terms in enumerate(plain):
        for row, sign in terms:
            by_source[vector_of[row], sign][place].append(int(location[row]))
    parts: list[Part] = []
    scattered: dict[int, list[tuple[int, int]]] = defaultdict(list)  # by sign: (place, location)
    for (_, sign), lists in by_source.items():
        count = len(lists[0])
        if len(by_source) > MOST_KINDS or any(len(each) != count for each in lists):
            scattered[sign] += [(place, each) for place, one in enumerate(lists) for each in one]
            continue
        arranged = np.array([sorted(each) for each in lists])
        if count > MOST_TERMS or (len(plain) == 1 and count > 1):
            parts.append(Reduction(arranged, sign))
        else:
            parts += [Terms(column, sign) for column in arranged.T]
    for sign, pairs in scattered.items():
        at, locations = np.array(pairs).T
        parts.append(Scattered(locations, at, sign))
    return parts
