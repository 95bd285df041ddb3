"""The slices of the parameters: executed, each gives the numbers that were asked for, and no copy of them."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value, array, relu, summation, tanh
from autograd.compiler.emit import Forward
from autograd.compiler.fuse import fuse
from autograd.compiler.slices import Slice, matrix_at, slice_text
from autograd.compiler.trace import trace
from tests.compiler.agreement import assert_agrees
from tests.compiler.networks import random_network

Index = npt.NDArray[np.int64]


def executed(found: Slice, vector: Any, per_example: bool = False) -> Any:
    return eval(found.of("vector", per_example), {"vector": vector})


def assert_slices(lies: Slice, wanted: Index, size: int) -> None:
    """The slice has these numbers of the parameters, and is no copy: what is written there, is there."""
    vector = np.arange(size)
    found = executed(lies, vector)
    np.testing.assert_array_equal(found, wanted, err_msg=lies.of("vector"))
    assert np.shares_memory(found, vector)
    by_example = np.arange(2 * size).reshape(size, 2)
    found = executed(lies, by_example, per_example=True)
    np.testing.assert_array_equal(found[..., 0], 2 * (wanted if lies.shape else wanted[:, 0]))
    assert np.shares_memory(found, by_example)


def assert_matrix_is_right(
    first: int, row_step: int, column_step: int, rows: int, columns: int, size: int
) -> bool:
    """Whether there is a slice; if there is, of the right places."""
    places = first + row_step * np.arange(rows)[:, None] + column_step * np.arange(columns)
    if places.min() < 0 or places.max() >= size:
        return False  # nobody asks for what is not there
    found = matrix_at(first, row_step, column_step, rows, columns, size)
    if found is not None:
        assert_slices(found, places, size)
    return found is not None


def test_every_small_matrix() -> None:
    """All starts, steps, shapes and ends: gaps between rows and columns, transposed, overlapping."""
    found = [
        assert_matrix_is_right(first, row_step, column_step, rows, columns, last + 1 + beyond)
        for rows, columns in product((1, 2, 3), repeat=2)
        for row_step, column_step in product(range(-2, 8), repeat=2)
        for first in (0, 1, 3)
        for last in [first + max(0, row_step) * (rows - 1) + max(0, column_step) * (columns - 1)]
        for beyond in (0, 1, 4)
    ]
    assert sum(found) > 900


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_matrix(data: st.DataObject) -> None:
    rows, columns = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 6))
    steps = st.integers(-3, 40)
    row_step, column_step, first = data.draw(steps), data.draw(steps), data.draw(st.integers(0, 50))
    assert_matrix_is_right(first, row_step, column_step, rows, columns, data.draw(st.integers(1, 400)))


@pytest.mark.parametrize(
    ("row_step", "column_step", "rows", "columns"),
    [(3, 1, 2, 3), (5, 1, 2, 3), (1, 3, 3, 2), (3, 2, 2, 2), (2, 3, 2, 2), (1, 0, 3, 1), (0, 2, 1, 4)],
)
def test_what_lies_evenly_is_a_slice(row_step: int, column_step: int, rows: int, columns: int) -> None:
    """And not gathered, which would be right too: whole rows, parts of rows, every other column."""
    size = 1 + row_step * rows + column_step * columns
    assert assert_matrix_is_right(0, row_step, column_step, rows, columns, size)


@pytest.mark.parametrize("step", [1, 2, 5])
@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("first", [0, 3])
def test_a_column(first: int, step: int, count: int) -> None:
    places = first + step * np.arange(count)
    assert_slices(Slice(slice_text(first, step, count)), places[:, None], size=30)


def reader_of(parameters: int) -> Forward:
    """A reader of a program of so many parameters, each once."""
    values = [Value(float(number)) for number in range(parameters)]
    return Forward(fuse(trace([summation(*values)], [], values)))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_matrix_as_the_program_reads_it(data: st.DataObject) -> None:
    """Views where there are some, else gathered: with holes, in any order, with repetitions."""
    size, rows, columns = 20, data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    if data.draw(st.booleans()):
        first, row_step, column_step = [data.draw(st.integers(-4, 9)) for _ in range(3)]
        places = first + row_step * np.arange(rows)[:, None] + column_step * np.arange(columns)
        places %= size
    else:
        drawn = st.lists(st.integers(-1, size - 1), min_size=rows * columns, max_size=rows * columns)
        places = np.array(data.draw(drawn)).reshape(rows, columns)
    if (places == -1).all():
        return
    reader = reader_of(size)
    symbol = reader.matrix(places[None])
    names = {**reader.code.names, "parameters": np.arange(float(size))}
    for line in [*reader.code.slices, *reader.code.forward]:
        exec(str(line), names)
    np.testing.assert_array_equal(names[symbol.arguments[0]], np.where(places == -1, 0, places))


# -- whole networks -----------------------------------------------------------------------------


def test_neurons_of_one_activation_that_are_every_other_one() -> None:
    """Of a hidden layer tanh, relu, tanh the tanh are columns 0 and 2 of the next layer's weights."""
    W1, W2 = array([[0.3], [0.6], [1.0]]), array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])

    def loss(x: list[Value]) -> Value:
        z = [row[0] * x[0] for row in W1]
        hidden = [tanh(z[0]), relu(z[1]), tanh(z[2])]
        return summation(*[summation(*[w * h for w, h in zip(row, hidden, strict=True)]) ** 2 for row in W2])

    program = assert_agrees(loss, [[0.7], [-0.2]], [*W1.flat, *W2.flat])
    assert ".reshape(2, 3)[:, 0:3:2]" in program.source


@pytest.mark.parametrize("seed", range(40))
def test_random_networks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = random_network(rng)
    for examples in (1, 2, 7):
        assert_agrees(network.loss, rng.normal(size=(examples, network.inputs)), network.parameters)
