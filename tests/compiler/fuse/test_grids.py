"""Axes out of columns of numbers, and how an array is read along them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.compiler.fuse.grids import (
    Reading,
    are_distinct,
    axes_of,
    coordinates,
    places,
    ranks,
    read,
    reading_of,
    sizes_of,
    with_ranks,
)
from autograd.compiler.ir import IR
from tests.compiler.evaluating import of_one

T, N = 3, 4


def grid(*sizes: int) -> list[Any]:
    """The coordinates of each place of a rectangle, row after row."""
    return [axis.ravel() for axis in np.indices(sizes)]


def as_lists(axes: Any) -> list[list[int]]:
    return [axis.tolist() for axis in axes]


# -- axes ---------------------------------------------------------------------------------------


def test_ranks_number_what_there_is() -> None:
    assert ranks(np.array([7, 3, 7, 10])).tolist() == [1, 0, 1, 2]


def test_equal_columns_are_one_axis_and_constant_ones_none() -> None:
    t, n = grid(T, N)
    assert as_lists(axes_of([t, n, t + 5, np.full(12, 9), n * 3])) == as_lists([t, n])


def test_a_function_of_two_axes_is_not_one_of_either() -> None:
    t, n = grid(T, N)
    assert as_lists(axes_of([t, n, t + n])) == as_lists([t, n, t + n])


def test_the_place_in_an_embedding_is_split_into_head_and_place_in_the_head() -> None:
    (place,) = grid(8)
    head, within = place // 2, place % 2
    for columns in ([place, head], [head, place], [head, place, head]):
        assert as_lists(axes_of(columns)) == as_lists([head, within])


def test_a_coarser_column_of_unequal_parts_is_left_out() -> None:
    (place,) = grid(5)
    assert as_lists(axes_of([np.minimum(place, 2), place])) == as_lists([place])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.integers(0, 5), min_size=6, max_size=6), min_size=1, max_size=4))
def test_axes_tell_all_that_the_columns_told(columns: list[list[int]]) -> None:
    """Two places differ along the axes if and only if they differ in some column."""
    axes = axes_of([np.array(column) for column in columns])
    told, found = set(), set()
    pairs = set()
    for place in range(6):
        old, new = tuple([column[place] for column in columns]), tuple([int(axis[place]) for axis in axes])
        told.add(old)
        found.add(new)
        pairs.add((old, new))
    assert len(told) == len(found) == len(pairs)
    for axis in axes:
        assert axis.min() == 0
        assert axis.max() > 0
        assert set(axis.tolist()) == set(range(int(axis.max()) + 1))


def test_sizes_and_places() -> None:
    t, n = grid(T, N)
    assert sizes_of([t, n]) == (3, 4)
    assert places([t, n], 12).tolist() == list(range(12))
    assert places([n, t], 12).tolist() == np.arange(12).reshape(4, 3).T.ravel().tolist()
    assert places([], 1).tolist() == [0]
    assert as_lists(coordinates(np.arange(12), (3, 4))) == as_lists([t, n])
    assert coordinates(np.array([0]), ()) == []


def test_distinct_places_in_a_rectangle_that_is_not_too_empty() -> None:
    t, n = grid(T, N)
    assert are_distinct([t, n], 12, 12)
    assert not are_distinct([t], 12, 100)
    assert not are_distinct([t, n], 12, 11)
    assert not are_distinct([t, np.minimum(n, 2)], 12, 100)
    triangle = n <= t
    assert are_distinct([t[triangle], n[triangle]], int(triangle.sum()), 12)
    assert are_distinct([], 1, 1)
    assert not are_distinct([], 2, 10)


def test_what_has_one_place_is_numbered() -> None:
    f, p = grid(2, 3)
    assert as_lists(with_ranks([f], 6)) == as_lists([f, p])
    assert as_lists(with_ranks([f[::-1]], 6)) == as_lists([f[::-1], p])
    assert as_lists(with_ranks([f, p], 6)) == as_lists([f, p])
    assert as_lists(with_ranks([], 3)) == [[0, 1, 2]]


# -- reading ------------------------------------------------------------------------------------


def test_places_that_go_by_strides() -> None:
    t, n = grid(T, N)
    assert reading_of(5 + 10 * t + 2 * n, [t, n]) == Reading(5, (10, 2))
    assert reading_of(7 - 3 * t, [t, n]) == Reading(7, (-3, 0))
    assert reading_of(np.full(12, 4), [t, n]) == Reading(4, (0, 0))
    assert reading_of(t * n, [t, n]) is None
    odd = 10 * t + n
    odd[7] += 1
    assert reading_of(odd, [t, n]) is None


def test_one_place_that_is_odd_among_many_is_found() -> None:
    """Strides are told from a sample of the places, and then asked of all."""
    (place,) = grid(5000)
    odd = place.copy()
    odd[3331] -= 1
    assert reading_of(place, [place]) == Reading(0, (1,))
    assert reading_of(odd, [place]) is None


def test_triangles_go_by_strides_too() -> None:
    t, n = grid(T, T)
    triangle = n <= t
    t, n = t[triangle], n[triangle]
    assert reading_of(3 * t + n, [t, n]) == Reading(0, (3, 1))


def read_of(shape: tuple[int, ...], reading: Reading, sizes: tuple[int, ...]) -> Any:
    """What is read of an array of 0, 1, 2, ..., in the order of the axes; None if it cannot be."""
    ir = IR()
    found = read(ir, ir.parameter(0, shape), reading, sizes)
    if found is None:
        return None
    node, own = found
    assert {each.operation for each in ir.nodes} <= {"parameter", "reshape", "slice"}
    numbers = of_one(node, parameters=[np.arange(float(np.prod(shape))).reshape(shape)])
    assert numbers.shape == tuple([sizes[axis] for axis in own])
    return numbers.transpose([own.index(axis) for axis in sorted(own)])


@pytest.mark.parametrize(
    ("shape", "reading", "sizes"),
    [
        ((3, 4), Reading(0, (4, 1)), (3, 4)),
        ((3, 4), Reading(0, (1, 4)), (4, 3)),
        ((3, 4), Reading(1, (4, 1)), (3, 2)),
        ((3, 4), Reading(4, (4, 1)), (2, 4)),
        ((3, 4), Reading(5, (4, 2)), (2, 1)),
        ((3, 4), Reading(2, (4,)), (3,)),
        ((3, 4), Reading(4, (0, 1)), (7, 4)),
        ((2, 3, 4), Reading(0, (12, 1)), (2, 12)),
        ((6,), Reading(0, (2, 1)), (3, 2)),
        ((5,), Reading(3, ()), ()),
        ((4, 4), Reading(0, (8, 1)), (2, 4)),
        ((3, 5), Reading(5, (1,)), (10,)),
        ((4, 4), Reading(2, (4, 1)), (3, 4)),
        ((9,), Reading(0, (3, 2)), (3, 2)),
        ((5, 5), Reading(0, (6,)), (5,)),  # a diagonal
        ((7,), Reading(1, (5,)), (2,)),
    ],
)
def test_what_is_read_by_reshapes_and_slices(
    shape: tuple[int, ...], reading: Reading, sizes: tuple[int, ...]
) -> None:
    found = read_of(shape, reading, sizes)
    assert found is not None
    own = [axis for axis, stride in enumerate(reading.strides) if stride]
    at = np.indices([sizes[axis] for axis in own])
    expected = reading.base + sum(
        [reading.strides[axis] * at[n] for n, axis in enumerate(own)], np.zeros(at.shape[1:], dtype=int)
    )
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("shape", "reading", "sizes"),
    [
        ((5,), Reading(4, (-1,)), (5,)),  # backwards
        ((9,), Reading(0, (1, 1)), (3, 3)),  # a window that overlaps itself
        ((9,), Reading(0, (5, 3)), (2, 2)),
        ((7, 5), Reading(0, (15, 6, 4)), (2, 2, 2)),
    ],
)
def test_what_is_gathered_instead(shape: tuple[int, ...], reading: Reading, sizes: tuple[int, ...]) -> None:
    assert read_of(shape, reading, sizes) is None


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_whatever_is_read_is_right(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=3)))
    total = int(np.prod(shape))
    sizes = tuple(data.draw(st.lists(st.integers(2, 4), max_size=3)))
    strides = tuple([data.draw(st.sampled_from([0, 1, 2, 3, 4, 5, 8, 12, 15, 20])) for _ in sizes])
    last = sum([stride * (size - 1) for stride, size in zip(strides, sizes, strict=True)])
    if last >= total:
        return
    base = data.draw(st.integers(0, total - 1 - last))
    found = read_of(shape, Reading(base, strides), sizes)
    if found is not None:
        own = [axis for axis, stride in enumerate(strides) if stride]
        at = np.indices([sizes[axis] for axis in own])
        expected = base + sum(
            [strides[axis] * at[n] for n, axis in enumerate(own)], np.zeros(at.shape[1:], int)
        )
        np.testing.assert_array_equal(found, expected)
