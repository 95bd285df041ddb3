"""Scalars that are alike, in groups: made by the same gate from scalars of the same groups.

The leaves of an array are a group. What a gate makes is hashed by the gate and by the groups of what it
takes, no matter which scalars in them: so all 16 relu of a layer are alike, and all positions of a text, and
the layers differ. One walk over the scalars, no search.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd import gates, probe
from autograd.compiler.fuse.scalars import SUM, Scalars
from autograd.text import listed

Index = npt.NDArray[np.int64]

CONSTANTS = 0  # the group of all constants
#: Their operands may be more in one than in another of a group: what pads them changes nothing.
PADDED = {gates.maximum: -np.inf, gates.minimum: np.inf, gates.logsumexp: -np.inf, gates.norm: 0.0}


#: Groups that are worth writing out whatever their size, and scalars for each further one; and for each part
#: of one.
MOST_GROUPS, FEWEST_SCALARS, FEWEST_FOR_PARTS = 200, 50, 12


class Irregular(Exception):
    """The scalars are in too many groups: arrays would be no gain."""


class Part:
    """What the scalars of a group take in one way.

    sign     of products and terms in a sum
    groups   of one factor or operand, or of both factors of a product
    member   for each entry the place of the scalar in the group that takes it, (entries,), ascending
    rows     for each entry the rows of its factors, (entries, factors)
    """

    def __init__(self, sign: int, groups: tuple[int, ...], member: Index, rows: Index) -> None:
        self.sign = sign
        self.groups = groups
        self.member = member
        self.rows = rows


class Group:
    """Scalars that are alike.

    made    a gate, SUM, or None for leaves
    how     "sum"; "elementwise", a part per operand; "reduce", parts that are operands together; "choose",
            the index and the options; "leaf"
    extra   what else they have in common
    rows    of the scalars
    parts   what they take
    """

    def __init__(self, number: int, made: Any, how: str, extra: Hashable = None) -> None:
        self.number = number
        self.made = made
        self.how = how
        self.extra = extra
        self.rows: list[int] = []
        self.parts: list[Part] = []
        self.constants: list[float] = []  # of sums

    def __repr__(self) -> str:
        name = self.made if isinstance(self.made, str) else getattr(self.made, "name", "leaf")
        taken = [" * ".join([f"#{each}" for each in part.groups]) for part in self.parts]
        return f"#{self.number}: {len(self.rows):,} {name}{f' of {listed(taken)}' if taken else ''}"


class Groups:
    """All groups, each after those that it takes."""

    def __init__(self, scalars: Scalars, arrays: list[list[int]]) -> None:
        self.scalars = scalars
        self.group_of: list[int] = [CONSTANTS] * len(scalars.made)
        self.found: list[Group] = [Group(CONSTANTS, None, "leaf")]
        self.depth: list[int] = [0]
        self._by_key: dict[Hashable, Group] = {}
        for rows in arrays:
            leaf = self._new(None, "leaf", ("leaf", len(self.found)), 0)
            leaf.rows = rows
            for row in rows:
                self.group_of[row] = leaf.number
        self._entries: dict[int, dict[Any, list[Any]]] = defaultdict(dict)  # by group: by part
        self._collect()
        for group in self.found:
            if group.how != "leaf":
                self._complete(group)
        parts = sum([len(group.parts) for group in self.found])
        if parts > MOST_GROUPS and parts * FEWEST_FOR_PARTS > len(scalars.made):
            raise Irregular

    def __str__(self) -> str:
        return "\n".join(map(repr, self.found))

    def _new(self, made: Any, how: str, key: Hashable, depth: int) -> Group:
        extra = key[2:] if isinstance(key, tuple) else None
        group = Group(len(self.found), made, how, extra)
        self.found.append(group)
        self.depth.append(depth)
        self._by_key[key] = group
        return group

    def _collect(self) -> None:
        scalars, group_of = self.scalars, self.group_of
        made, operands, depth, number = scalars.made, scalars.operands, self.depth, scalars.number
        leaves = len(self.found)
        for row in scalars.order:
            gate = made[row]
            if gate is None:
                continue
            count = len(self.found) - leaves
            if count > MOST_GROUPS and count * FEWEST_SCALARS > row + len(scalars.made) // 8:
                raise Irregular
            if gate is SUM:
                self._collect_sum(row)
                continue
            taken = operands[row]
            kinds = tuple([group_of[each] for each in taken])
            how = "elementwise"
            key: Hashable
            if gate is gates.power and kinds[1] == CONSTANTS:
                key = gate, kinds, repr(number[taken[1]])
            elif gate is gates.choose and len(set(kinds[1:])) == 1 and kinds[1] != CONSTANTS:
                how, key = "choose", (gate, kinds[0], kinds[1], len(kinds))
            elif gate.variadic and self._is_along_an_axis(gate, taken, kinds):
                if gate in PADDED:
                    how, taken = "reduce", self._without_padding(gate, taken)
                    key = gate, frozenset([group_of[each] for each in taken])
                else:
                    how, key = "reduce", (gate, frozenset(kinds), len(taken))
            else:
                key = gate, kinds
            group = self._by_key.get(key)
            if group is None:
                group = self._new(gate, how, key, 1 + max([depth[kind] for kind in kinds]))
            self._add(group, row)
            entries = self._entries[group.number]
            member = len(group.rows) - 1
            if how == "elementwise":
                for place, each in enumerate(taken):
                    entries.setdefault((1, place), []).append((member, each))
            elif how == "choose":
                entries.setdefault((1, "index"), []).append((member, taken[0]))
                for each in taken[1:]:
                    entries.setdefault((1, group_of[each]), []).append((member, each))
            else:
                for each in taken:
                    entries.setdefault((1, group_of[each]), []).append((member, each))

    def _is_along_an_axis(self, gate: Any, taken: tuple[int, ...], kinds: tuple[int, ...]) -> bool:
        """Whether all that the gate takes may be in one array; of two only if they already are."""
        is_one_array = gate in PADDED and len(set(kinds)) == 1 and kinds[0] != CONSTANTS
        return is_one_array or bool(probe.on_stack(gate, len(taken)))

    def _without_padding(self, gate: Any, taken: tuple[int, ...]) -> tuple[int, ...]:
        """The operands without constants that change nothing, as a mask's -inf in a logsumexp."""
        scalars, neutral = self.scalars, PADDED[gate]
        kept = tuple(
            [each for each in taken if not (scalars.is_constant[each] and scalars.number[each] == neutral)]
        )
        return kept or taken[:1]

    def _add(self, group: Group, row: int) -> None:
        while len(self.group_of) <= row:
            self.group_of.append(CONSTANTS)
        self.group_of[row] = group.number
        group.rows.append(row)

    def _collect_sum(self, row: int) -> None:
        scalars, group_of, depth = self.scalars, self.group_of, self.depth
        total = scalars.sums[row]
        kinds: dict[Any, list[tuple[int, ...]]] = {}
        for sign, a, b in total.products:
            one, other = group_of[a], group_of[b]
            if one > other:
                one, other, a, b = other, one, b, a
            kinds.setdefault((sign, one, other), []).append((a, b))
        of_leaves = [kind[1:] for kind, taken in kinds.items() if len(taken) > 1 and not self._is_late(kind)]
        if of_leaves and len({kind[1:] for kind in kinds}) > 1:
            self._split(row, max(of_leaves, key=self._size))
            return
        for sign, a in total.terms:
            kinds.setdefault((sign, group_of[a]), []).append((a,))
        key = SUM, frozenset(kinds)
        group = self._by_key.get(key)
        if group is None:
            deepest = max([depth[each] for kind in kinds for each in kind[1:]], default=0)
            group = self._new(SUM, "sum", key, 1 + deepest)
        self._add(group, row)
        group.constants.append(total.constant)
        entries, member = self._entries[group.number], len(group.rows) - 1
        for kind, taken in kinds.items():
            entries.setdefault(kind, []).extend([(member, *each) for each in taken])

    def _is_late(self, kind: tuple[int, ...]) -> bool:
        """Whether a gate is below one of the factors."""
        return any(self.depth[each] > 0 for each in kind[1:])

    def _size(self, pair: tuple[int, int]) -> int:
        """Of the inputs, which come after the parameters."""
        return len(self.found[pair[1]].rows)

    def _split(self, row: int, pair: tuple[int, int]) -> None:
        """The products of two arrays of leaves as a sum of their own: an RNN's ``Wx @ x``, of all steps.

        Biases go with them.
        """
        scalars, group_of, depth = self.scalars, self.group_of, self.depth
        total = scalars.sums[row]
        first = scalars.new_row(SUM)
        scalars.sums[first] = early = type(total)()
        scalars.sums[row] = late = type(total)()
        late.constant = total.constant
        for product in total.products:
            is_early = tuple(sorted([group_of[each] for each in product[1:]])) == pair
            (early if is_early else late).products.append(product)
        for term in total.terms:
            (early if depth[group_of[term[1]]] == 0 else late).terms.append(term)
        late.terms.append((1, first))
        self._collect_sum(first)
        self._collect_sum(row)

    def _complete(self, group: Group) -> None:
        """The parts as arrays."""
        entries = self._entries.pop(group.number, {})
        if group.how == "sum":
            in_order = sorted(entries, key=lambda kind: (kind[0] < 0, -len(kind), kind))
        else:
            in_order = list(entries)
        for kind in in_order:
            table = np.array(entries[kind], dtype=np.int64)
            groups = kind[1:] if group.how == "sum" else (self.group_of[table[0, 1]],)
            group.parts.append(Part(kind[0], groups, table[:, 0], table[:, 1:]))


#: By group, who takes it: the group, in which part, as which of its factors.
Consumers = dict[int, list[tuple[Group, Part, int]]]


def consumers(groups: Iterable[Group]) -> Consumers:
    """Who takes each group."""
    found: Consumers = defaultdict(list)
    for group in groups:
        for part in group.parts:
            for place, taken in enumerate(part.groups):
                found[taken].append((group, part, place))
    return found


def arrays_of(shapes: list[tuple[int, ...]], rows: list[int]) -> list[list[int]]:
    """The rows of leaves, cut into arrays of these shapes."""
    cut, start = [], 0
    for shape in shapes:
        size = int(np.prod(shape, dtype=np.int64))
        cut.append(rows[start : start + size])
        start += size
    return cut
