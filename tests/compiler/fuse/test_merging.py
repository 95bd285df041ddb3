"""Groups side by side become one, and nothing else changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from autograd import Value, array, sigmoid, summation, tanh
from autograd.compiler.fuse.groups import Group, Irregular
from autograd.compiler.fuse.merging import merged
from autograd.compiler.fuse.scalars import SUM
from tests.compiler.fuse.test_groups import groups_of, zeros
from tests.compiler.graphs import SMOOTH, Recipe, build, recipes


def merged_of(outputs: Any, inputs: list[Any], parameters: list[Any]) -> list[Group]:
    return merged(groups_of(outputs, inputs, parameters).found)


def sizes_of(found: list[Group], made: Any) -> list[int]:
    return [len(each.rows) for each in found if each.made is made]


def recurrent(steps: int) -> tuple[Any, list[Any], list[Any]]:
    """The outputs of each step, from inputs and parameters."""
    Wx, Wh, Wo, X = zeros(3, 2), zeros(3, 3), zeros(2, 3), zeros(steps, 2)
    h, outputs = array(np.zeros(3)), []
    for t in range(steps):
        h = tanh(Wx @ X[t] + Wh @ h)
        outputs += list(sigmoid(Wo @ h))
    return [summation(*outputs)], [X], [Wx, Wh, Wo]


@pytest.mark.parametrize("steps", [3, 4, 6])
def test_the_outputs_of_all_steps_are_one_group(steps: int) -> None:
    found = merged_of(*recurrent(steps))
    assert sizes_of(found, sigmoid) == [2 * steps]
    assert sizes_of(found, tanh) == [3] * steps, "states follow each other"
    before = groups_of(*recurrent(steps)).found
    assert sizes_of(before, sigmoid) == [2] * steps


def test_two_are_not_worth_it() -> None:
    assert sizes_of(merged_of(*recurrent(2)), sigmoid) == [2, 2]


def test_what_takes_one_group_as_others_take_another_is_one_part() -> None:
    """The loss adds up the outputs of every step: first as a part each, now as one."""
    before, found = groups_of(*recurrent(4)).found, merged_of(*recurrent(4))
    (loss,) = [each for each in found if each.made is SUM and len(each.rows) == 1]
    (loss_before,) = [each for each in before if each.made is SUM and len(each.rows) == 1]
    assert (len(loss_before.parts), len(loss.parts)) == (4, 1)
    assert sorted(loss.parts[0].rows[:, 0]) == sorted(
        [row for part in loss_before.parts for row in part.rows[:, 0].tolist()]
    )


def test_members_keep_what_they_take() -> None:
    """Of each row, before and after: the same rows, as the same factors."""

    def taken(groups: list[Group]) -> dict[int, list[list[int]]]:
        found: dict[int, list[list[int]]] = {}
        for group in groups:
            for part in group.parts:
                assert (np.diff(part.member) >= 0).all()
                for member, rows in zip(part.member.tolist(), part.rows.tolist(), strict=True):
                    found.setdefault(group.rows[member], []).append(sorted(rows))
        return {row: sorted(each) for row, each in found.items()}

    for steps in (3, 5):
        (loss,), inputs, parameters = recurrent(steps)
        below = [each for each in loss.inputs if each is not None]
        outputs = [summation(*below), summation(*below[::-1])]
        found, before = [f(outputs, inputs, parameters) for f in (merged_of, lambda *x: groups_of(*x).found)]
        assert taken(found) == taken(before)
        assert len(found) < len(before)


def test_groups_that_share_no_leaves_and_take_different_ones_stay() -> None:
    """Three matrices on one input are alike but for the matrix: three products."""
    x, matrices = zeros(2), [zeros(3, 2) for _ in range(3)]
    found = merged_of([summation(*[tanh(z) for W in matrices for z in W @ x])], [x], matrices)
    assert sizes_of(found, SUM) == [3, 3, 3, 1]
    assert sizes_of(found, tanh) == [3, 3, 3], "to stack what they take would cost more than it saves"


def test_groups_of_other_sizes_or_constants_stay() -> None:
    W, h = zeros(3, 3), zeros(3)
    outputs = []
    for rows in (3, 2, 1):
        h = tanh(W @ h)
        outputs += list(sigmoid(W[:rows] @ h))
    assert sizes_of(merged_of([summation(*outputs)], [], [W, zeros(1)]), sigmoid) == [3, 2, 1]


def test_what_one_needs_of_another_keeps_them_apart() -> None:
    W, h = zeros(3, 3), zeros(3)
    start = h
    for _ in range(4):
        h = tanh(W @ h)
    assert sizes_of(merged_of(h, [start], [W]), tanh) == [3] * 4


@settings(max_examples=100, deadline=None)
@given(recipes(SMOOTH, reach=1000, most=30))
def test_each_comes_after_those_that_it_takes(recipe: Recipe) -> None:
    leaves = [Value(float(number)) for number in range(1, 5)]
    nodes = build(recipe, leaves)
    try:
        groups = groups_of(
            nodes[-3:], [np.array(leaves[:2], dtype=object)], [np.array(leaves[2:], dtype=object)]
        )
    except Irregular:
        return
    known: set[int] = {0}
    rows = []
    found = merged(groups.found)
    for group in found:
        for part in group.parts:
            assert known.issuperset(part.groups)
        known.add(group.number)
        rows += group.rows
    assert sorted(rows) == sorted([row for group in groups.found for row in group.rows])
