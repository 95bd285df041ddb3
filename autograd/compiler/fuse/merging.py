"""Groups side by side become one: the output of every step of a recurrent network.

The states of a network's steps are in different groups, for each is computed from the one before. But what
is made of each state alone, by the same weights, can be made of all of them together, stacked. So are groups
if they are equally far from the outputs, so that none needs another, and alike but for what they take.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable

import numpy as np

from autograd.compiler.fuse.groups import CONSTANTS, Group, Part, consumers

FEWEST = 3  # groups that are worth stacking what they take


def merged(found: list[Group]) -> list[Group]:
    """The groups, with those side by side in one; each after those that it takes."""
    height = _heights(found)
    alike: dict[Hashable, list[Group]] = defaultdict(list)
    for group in found:
        if group.how != "leaf":
            alike[height[group.number], _signature(group, found)].append(group)
    into = list(range(len(found)))  # of each group, the one that it goes into
    for groups in sorted(alike.values(), key=lambda each: each[0].number):
        if len(groups) >= FEWEST and _are_worth_it(groups, found, into):
            for group in groups:
                into[group.number] = groups[0].number
    together: dict[int, list[Group]] = defaultdict(list)
    for group in found:
        together[into[group.number]].append(group)
    new = [_one(groups, into) for groups in together.values()]
    return sorted(
        new, key=lambda group: (-len(found) if group.how == "leaf" else -height[group.number], group.number)
    )


def _heights(found: list[Group]) -> list[int]:
    """The length of the longest way from each group to one that nobody takes."""
    height = [0] * len(found)
    takers = consumers(found)
    for group in reversed(found):
        height[group.number] = max(
            [1 + height[taker.number] for taker, _, _ in takers[group.number]], default=0
        )
    return height


def _signature(group: Group, found: list[Group]) -> Hashable:
    """All but which groups it takes, leaves excepted."""
    parts = tuple(
        [
            (
                part.sign,
                tuple([each if found[each].how == "leaf" else -1 for each in part.groups]),
                part.rows.shape,
            )
            for part in group.parts
        ]
    )
    return group.made, group.how, group.extra, len(group.rows), parts


def _are_worth_it(groups: list[Group], found: list[Group], into: list[int]) -> bool:
    """Whether they share an array of leaves, or take what is one already."""
    for places in zip(
        *[[each for part in group.parts for each in part.groups] for group in groups], strict=True
    ):
        if places[0] != CONSTANTS and found[places[0]].how == "leaf":
            return True
    return all(
        len({into[each] for each in places}) == 1
        for places in zip(
            *[[each for part in group.parts for each in part.groups] for group in groups], strict=True
        )
    )


def _one(groups: list[Group], into: list[int]) -> Group:
    """The groups as one; what it takes in the same way from groups that are now one, is one part."""
    first = groups[0]
    one = Group(first.number, first.made, first.how, first.extra)
    starts = np.cumsum([0, *[len(group.rows) for group in groups]])
    for group in groups:
        one.rows += group.rows
        one.constants += group.constants
    by_kind: dict[Hashable, list[tuple[int, Part]]] = defaultdict(list)
    for group, start in zip(groups, starts, strict=False):
        for place, part in enumerate(group.parts):
            kind: Hashable = place
            if len(groups) == 1 and group.how in ("sum", "reduce"):
                kind = part.sign, tuple([into[each] for each in part.groups])
            by_kind[kind].append((int(start), part))
    for parts in by_kind.values():
        member = np.concatenate([start + part.member for start, part in parts])
        order = np.argsort(member, kind="stable")
        rows = np.concatenate([part.rows for _, part in parts])[order]
        own = parts[0][1]
        one.parts.append(Part(own.sign, tuple([into[each] for each in own.groups]), member[order], rows))
    return one
