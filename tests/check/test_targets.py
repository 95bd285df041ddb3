"""What can be checked: graphs, and functions of numbers, Values and arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from autograd import (
    GATES,
    Value,
    array,
    data_of,
    find_nonfinite,
    gradcheck,
    summation,
    tanh,
    topological_order,
)
from autograd.names import name_nodes
from autograd.value_array import ValueArray
from tests.check.graphs import network


def test_nothing_is_changed() -> None:
    root = network(tanh)
    root.backward()
    order = topological_order(root)
    before = [(node.data, node.grad, node.label, node.operands) for node in order]
    gradcheck(root)
    find_nonfinite(root)
    assert [(node.data, node.grad, node.label, node.operands) for node in order] == before


@pytest.mark.parametrize("later", [100.0, math.inf])
def test_a_graph_is_checked_at_the_numbers_it_was_recorded_with(later: float) -> None:
    x = Value(2.0, "x")
    square = x * x
    x.data = 3.0
    root = square * x
    x.data = later
    report = gradcheck(root)
    assert report.ok, report
    assert report.leaves[0].analytic == 16.0
    assert report.leaves[0].numeric == pytest.approx(16.0, rel=1e-9)


def test_a_leaf_alone() -> None:
    report = gradcheck(Value(3.0, "x"))
    assert report.ok
    assert report.leaves[0].analytic == 1.0


def test_a_function_at_numbers_and_values() -> None:
    y = Value(0.5, "y")
    report = gradcheck(lambda a, b, c: a * b.exp() + 0 * a, [2.0, y, 7])
    assert report.ok
    assert [row.name for row in report.leaves] == ["inputs[0]", "y", "inputs[2]"]
    assert [row.analytic for row in report.leaves] == pytest.approx([math.exp(0.5), 2 * math.exp(0.5), 0.0])
    assert y.grad == 0.0


def test_a_gate_is_a_function() -> None:
    assert gradcheck(tanh, [0.5]).ok


def test_a_function_that_goes_around_the_graph_is_caught() -> None:
    report = gradcheck(lambda x: x * Value(x.data), [3.0])
    assert not report.ok
    assert [(row.analytic, round(row.numeric, 8)) for row in report.leaves] == [(3.0, 6.0)]
    assert "does the function go around the graph, as .data does?" in str(report)


def test_arrays_and_many_terms() -> None:
    W, x = array([[1.0, -2.0], [0.5, 3.0]], label="W"), array([0.3, -0.7], label="x")
    root = GATES["sum"](*(GATES["tanh"](W @ x) ** 2))
    report = gradcheck(root)
    assert report.ok
    assert len(report.leaves) == 6


@pytest.mark.parametrize(
    ("target", "inputs", "message"),
    [
        (3.0, None, "gradcheck takes one Value alone, or a function and its inputs, got 3.0"),
        (tanh, None, "without inputs"),
        (Value(3.0), [1.0], "with inputs"),
        (lambda x: 3.0, [1.0], "the function must return a Value, got 3.0"),
        (lambda x: x, ["a"], r"gradcheck: inputs\[0\] takes a Value or a real number, got 'a' of type str"),
    ],
)
def test_bad_input(target: Any, inputs: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        gradcheck(target, inputs)


def test_nodes_bear_the_names_they_have_in_the_views() -> None:
    root = network(tanh)
    order = topological_order(root)
    assert gradcheck(root).names == name_nodes(order)


# -- arrays and single numbers ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "names", "shapes"),
    [
        (2.0, ["inputs[0]"], [None]),
        (2, ["inputs[0]"], [None]),
        (np.float32(2.0), ["inputs[0]"], [None]),
        (np.array(2.0), ["inputs[0]"], [None]),
        (Value(2.0), ["inputs[0]"], [None]),
        (Value(2.0, "x"), ["x"], [None]),
        ([2.0, 3.0], ["inputs[0]", "inputs[1]"], [None, None]),
        ((2.0, np.int64(3)), ["inputs[0]", "inputs[1]"], [None, None]),
        (np.array([2.0, 3.0]), ["inputs[0][0]", "inputs[0][1]"], [(2,)]),
        ([[2.0, 3.0]], ["inputs[0][0]", "inputs[0][1]"], [(2,)]),
        ([np.ones((1, 2)), 3.0], ["inputs[0][0,0]", "inputs[0][0,1]", "inputs[1]"], [(1, 2), None]),
        ([3.0, [[1.0], [2.0]]], ["inputs[0]", "inputs[1][0,0]", "inputs[1][1,0]"], [None, (2, 1)]),
        (array([2.0, 3.0], label="x"), ["x[0]", "x[1]"], [(2,)]),
        ([array([2.0]), [Value(3.0, "y"), 4.0]], ["inputs[0][0]", "y", "inputs[1][1]"], [(1,), (2,)]),
        ((x for x in (2.0, 3.0)), ["inputs[0]", "inputs[1]"], [None, None]),
    ],
)
def test_inputs_and_what_the_function_gets(inputs: Any, names: list[str], shapes: list[Any]) -> None:
    given: list[Any] = []

    def function(*arguments: Any) -> Value:
        given[:] = arguments
        squares = [each * each for x in arguments for each in (x.flat if isinstance(x, ValueArray) else [x])]
        total: Value = summation(*squares)
        return total

    report = gradcheck(function, inputs)
    assert report.ok, report
    assert [row.name for row in report.leaves] == names
    assert [x.shape if isinstance(x, ValueArray) else None for x in given] == shapes
    assert all(row.node is not None and row.analytic == 2 * row.node.data for row in report.leaves)


def test_a_matrix_times_a_vector() -> None:
    W, x = np.array([[1.0, -2.0], [0.5, 3.0]]), [0.3, -0.7]
    report = gradcheck(lambda W, x: (np.tanh(W @ x) ** 2).sum(), [W, x])
    assert report.ok
    assert [row.name for row in report.leaves][1::4] == ["inputs[0][0,1]", "inputs[1][1]"]
    detour = gradcheck(lambda W, x: (W @ x).sum() * data_of(x).sum(), [W, x])
    assert [row.verdict for row in detour.leaves] == ["ok"] * 4 + ["wrong"] * 2


def test_the_only_element_of_an_array_is_the_root() -> None:
    x = array([2.0], label="x")
    assert gradcheck(x * x).ok
    assert gradcheck([x[0] * 3]).ok
    assert gradcheck(lambda x: x * x, [[2.0]]).ok
    assert gradcheck(np.array(x[0] * 2.0, dtype=object)).ok


@pytest.mark.parametrize(
    ("target", "inputs", "error", "message"),
    [
        (
            array([1.0, 2.0]),
            None,
            TypeError,
            "takes one Value alone, .* got 2 of them: add them up, or check one",
        ),
        (lambda x: x, np.ones(3), TypeError, "the function must return a Value, got 3 of them: add them up"),
        (lambda x: data_of(x), np.ones(3), TypeError, "the function must return a Value, got array"),
        (lambda x: x, [[[1.0], [2.0, 3.0]]], ValueError, "rows of equal length"),
        (lambda x: x, [["a"]], TypeError, "got 'a' of type str"),
        (lambda x: x, [None], TypeError, "got None of type NoneType"),
        (lambda x: x, "x", TypeError, r"gradcheck: inputs\[0\] takes a Value or a real number, got 'x'"),
        (
            lambda x: x,
            {"x": 1.0},
            TypeError,
            r"gradcheck: inputs\[0\] takes a Value or a real number, got 'x'",
        ),
        (lambda x: x, 1j, TypeError, "of type complex"),
        ([], None, TypeError, r"takes one Value alone, or a function and its inputs, got \[\]"),
        ("x * x", None, TypeError, "takes one Value alone, or a function and its inputs, got 'x"),
    ],
)
def test_bad_arrays(target: Any, inputs: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        gradcheck(target, inputs)
