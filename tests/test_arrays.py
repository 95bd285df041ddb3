"""Object arrays of Values: NumPy's notation, the engine's gates."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import (
    GATES,
    Gate,
    Value,
    ValueArray,
    array,
    choose,
    data_of,
    grad_of,
    jacobian,
    logsumexp,
    maximum,
    minimum,
    norm,
    relu,
    summation,
    take,
    topological_order,
    where,
)


def gate_names(root: Value) -> list[str]:
    return [node.gate.name for node in topological_order(root) if node.gate is not None]


def assert_floats_inside(*roots: Value) -> None:
    """No array and no NumPy scalar has got into the graph."""
    for root in roots:
        for node in topological_order(root):
            assert type(node) is Value
            assert type(node.data) is float
            assert [type(number) for number in node.operands] == [float] * len(node.operands)


# -- making arrays ------------------------------------------------------------------------------


def test_leaves_are_labelled_by_row_and_column() -> None:
    W = array([[1, 2, 3], [4, 5, 6]], label="W")
    assert type(W) is ValueArray
    assert W.shape == (2, 3)
    assert [leaf.label for leaf in W.flat] == ["W[0,0]", "W[0,1]", "W[0,2]", "W[1,0]", "W[1,1]", "W[1,2]"]
    assert [leaf.data for leaf in W.flat] == [1, 2, 3, 4, 5, 6]
    assert [leaf.label for leaf in array([1, 2], label="x")] == ["x[0]", "x[1]"]
    assert [leaf.label for leaf in array([1, 2])] == ["", ""]
    assert_floats_inside(*W.flat)


@pytest.mark.parametrize("shape", [3, (3,), (2, 3), (), (0,), (2, 0)])
def test_zeros_of_a_shape(shape: int | tuple[int, ...]) -> None:
    zeros = array(shape=shape, label="b")
    assert zeros.shape == np.zeros(shape).shape
    assert [leaf.data for leaf in zeros.flat] == [0.0] * zeros.size


def test_one_number_is_an_array_without_dimensions() -> None:
    b: Any = array(3, label="b")
    assert b.shape == ()
    assert b[()].label == "b"
    assert (b * 2).data == 6.0


@pytest.mark.parametrize(
    "data",
    [
        np.arange(3),
        np.array([0, 1, 2], dtype=np.float32),
        (0, 1, 2),
        [np.int64(0), np.array(1.0), array(2)],
        range(3),
    ],
)
def test_anything_array_like_will_do(data: Any) -> None:
    assert [leaf.data for leaf in array(data)] == [0.0, 1.0, 2.0]
    assert_floats_inside(*array(data))


def test_values_are_kept_as_they_are() -> None:
    v = Value(1.0, "v")
    mixed = array([v, 2.0], label="x")
    assert mixed[0] is v
    assert [leaf.label for leaf in mixed] == ["v", "x[1]"]
    again = array(mixed, label="y")
    assert again[1] is mixed[1]
    again[0] = Value(9.0)
    assert mixed[0] is v


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, TypeError, "either data or shape, got neither"),
        ({"data": [1], "shape": 1}, TypeError, "either data or shape, got both"),
        ({"data": [[1], [2, 3]]}, ValueError, r"array wants rows of equal length, got \[\[1\], \[2, 3\]\]"),
        ({"data": [[1], 2]}, ValueError, "rows of equal length"),
        ({"data": [np.zeros((2, 2)), np.zeros((2, 3))]}, ValueError, "array wants rows of equal length"),
        ({"data": "abc"}, TypeError, "'abc' of type str"),
        ({"data": ["a"]}, TypeError, "'a' of type str"),
        ({"data": [1j]}, TypeError, "1j of type complex"),
        ({"data": [None]}, TypeError, "None of type NoneType"),
        ({"data": {1, 2}}, TypeError, "of type set"),
        ({"data": [1], "label": 3}, TypeError, "label must be a str, got 3 of type int"),
        ({"shape": -1}, ValueError, "shape must be a size or a tuple of sizes, got -1"),
        ({"shape": 2.5}, TypeError, "shape must be a size or a tuple of sizes, got 2.5"),
    ],
)
def test_bad_input(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        array(**arguments)


# -- reading them -------------------------------------------------------------------------------


def test_data_and_gradients_have_the_shape_of_what_was_given() -> None:
    W = array([[1.0, 2.0], [3.0, 4.0]])
    (W * W).sum().backward()
    for result, expected in ((data_of(W), [[1, 2], [3, 4]]), (grad_of(W), [[2, 4], [6, 8]])):
        assert type(result) is np.ndarray
        assert result.dtype == np.float64
        assert result.tolist() == expected
    assert data_of([W[0, 0], 5]).tolist() == [1.0, 5.0]
    assert grad_of([W[0, 0], 5]).tolist() == [2.0, 0.0]
    assert data_of(W[1, 1]).shape == ()
    assert float(grad_of(W[1, 1])) == 8.0
    assert data_of([]).shape == (0,)
    assert data_of(np.array([[1, 2]])).tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize("read", [data_of, grad_of])
def test_reading_wants_values_or_numbers(read: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match=f"{read.__name__} takes Values and real numbers, got 'a'"):
        read([Value(1.0), "a"])
    with pytest.raises(ValueError, match=f"{read.__name__} wants rows of equal length"):
        read([[Value(1.0)], 2.0])


# -- as the slides write it ---------------------------------------------------------------------


def test_a_network_as_the_slides_write_it() -> None:
    W1 = array([[1.0, -2.0], [0.5, 3.0]], label="W1")
    W2 = array([2.0, -1.0], label="W2")
    x, y = [1.0, 2.0], 1.0
    z = W1 @ x
    v = relu(z)
    f = W2 @ v
    loss = (y - f) ** 2
    assert type(z) is type(v) is ValueArray
    assert type(f) is type(loss) is Value
    assert data_of(z).tolist() == [-3.0, 6.5]
    assert (f.data, loss.data) == (-6.5, 56.25)
    loss.backward()
    # dloss/df = -2 (y - f) = -15; W2 gets -15 v; W1's live row gets -15 * -1 * x
    assert grad_of(W2).tolist() == [0.0, -97.5]
    assert grad_of(W1).tolist() == [[0.0, 0.0], [15.0, 30.0]]
    assert_floats_inside(loss)


MATRIX = st.lists(st.lists(st.floats(-3, 3), min_size=2, max_size=2), min_size=2, max_size=2)

EXPRESSIONS: dict[str, Callable[[Any, Any], Any]] = {
    "W + X": lambda W, X: W + X,
    "X - W": lambda W, X: X - W,
    "W * X[0]": lambda W, X: W * X[0],
    "X[:, :1] * W": lambda W, X: X[:, :1] * W,
    "W / (4 + X)": lambda W, X: W / (4 + X),
    "2 ** W": lambda W, X: 2.0**W,
    "W ** 2": lambda W, X: W**2,
    "W @ X": lambda W, X: W @ X,
    "X @ W": lambda W, X: X @ W,
    "W @ X[0]": lambda W, X: W @ X[0],
    "-W": lambda W, X: -W,
    "abs(W)": lambda W, X: abs(W),
    "np.exp(W)": lambda W, X: np.exp(W),
    "np.tanh(W).T": lambda W, X: np.tanh(W).T,
    "np.log(4 + W)": lambda W, X: np.log(4 + W),
    "np.sqrt(4 + W)": lambda W, X: np.sqrt(4 + W),
    "np.square(W)": lambda W, X: np.square(W),
    "np.sum(W)": lambda W, X: np.sum(W),
    "W.sum(axis=0)": lambda W, X: W.sum(axis=0),
    "W.sum(axis=1, keepdims=True)": lambda W, X: W.sum(axis=1, keepdims=True),
    "np.mean(W)": lambda W, X: np.mean(W),
    "W.mean(axis=1)": lambda W, X: W.mean(axis=1),
    "np.prod(W)": lambda W, X: np.prod(W),
    "np.cumsum(W)": lambda W, X: np.cumsum(W),
    "np.maximum(W, X)": lambda W, X: np.maximum(W, X),
    "np.minimum(X, W)": lambda W, X: np.minimum(X, W),
    "np.maximum(W, 0)": lambda W, X: np.maximum(W, 0),
    "W.max()": lambda W, X: W.max(),
    "W.min(axis=0)": lambda W, X: W.min(axis=0),
    "np.max(W, initial=0)": lambda W, X: np.max(W, initial=0),
    "np.maximum.outer(W[0], X[0])": lambda W, X: np.maximum.outer(W[0], X[0]),
    "W.reshape(4)[1:] @ X.ravel()[1:]": lambda W, X: W.reshape(4)[1:] @ X.ravel()[1:],
}


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
@settings(max_examples=20)
@given(w=MATRIX, x=MATRIX)
def test_data_agree_with_numpy_on_floats(expression: Callable[[Any, Any], Any], w: Any, x: Any) -> None:
    W, X = np.array(w), np.array(x)
    expected = np.asarray(expression(W, X))
    result = expression(array(w), X)
    assert type(result) is (ValueArray if expected.shape else Value)
    assert data_of(result).shape == expected.shape
    np.testing.assert_allclose(data_of(result), expected, rtol=1e-12, atol=1e-12)
    assert_floats_inside(*np.asarray(result, dtype=object).flat)


def test_broadcasting_sums_the_gradients_of_what_was_repeated() -> None:
    b, X = array([1.0, 2.0]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    (X * b + b).sum().backward()
    assert grad_of(b).tolist() == [12.0, 15.0]


def test_python_s_sum_and_a_list_to_divide_by() -> None:
    W = array([[1.0, 2.0], [3.0, 4.0]])
    assert data_of(sum(W)).tolist() == [4.0, 6.0]
    assert sum(list(W[0])).data == 3.0  # type: ignore[union-attr]  # it would be 0 of no Values
    assert data_of(W / [1, 2]).tolist() == [[1.0, 1.0], [3.0, 2.0]]


def test_in_place_operators_put_new_nodes_into_the_array() -> None:
    W = array([1.0, 2.0], label="W")
    same, leaves = W, list(W)
    W += 1
    W *= [2, 3]
    W[0] -= 1
    assert W is same
    assert data_of(W).tolist() == [3.0, 9.0]
    W.sum().backward()
    assert grad_of(leaves).tolist() == [2.0, 3.0]
    assert [leaf.data for leaf in leaves] == [1.0, 2.0]
    np.maximum(W, 5, out=W)
    assert data_of(W).tolist() == [5.0, 9.0]


# -- a Value among NumPy's numbers --------------------------------------------------------------

V: Any = Value(3.0, "v")  # NumPy's type stubs know no Values
LONE: dict[str, tuple[Callable[[], Any], float]] = {
    "np.float64(2) * v": (lambda: np.float64(2) * V, 6.0),
    "v * np.float64(2)": (lambda: V * np.float64(2), 6.0),
    "np.float32(2) ** v": (lambda: np.float32(2) ** V, 8.0),
    "np.int64(2) - v": (lambda: np.int64(2) - V, -1.0),
    "np.True_ * v": (lambda: np.True_ * V, 3.0),
    "np.array(2.0) / v": (lambda: np.array(2.0) / V, 2 / 3),
    "v / np.array(2)": (lambda: V / np.array(2), 1.5),
    "np.exp(v)": (lambda: np.exp(V), float(np.exp(3))),
    "np.absolute(v)": (lambda: np.absolute(V), 3.0),
    "np.maximum(v, 0)": (lambda: np.maximum(V, 0), 3.0),
    "np.minimum(np.float64(0), v)": (lambda: np.minimum(np.float64(0), V), 0.0),
    "np.add.reduce([v, v])": (lambda: np.add.reduce([V, V]), 6.0),
}


@pytest.mark.parametrize(("operation", "expected"), LONE.values(), ids=LONE)
def test_a_lone_value_gives_a_value(operation: Callable[[], Any], expected: float) -> None:
    result = operation()
    assert type(result) is Value
    assert result.data == pytest.approx(expected, rel=1e-15)
    assert V in topological_order(result)
    assert_floats_inside(result)


def test_a_value_and_a_float_array_give_an_array() -> None:
    X = np.array([1.0, 2.0])
    for result in (V * X, X * V, np.multiply(X, V), np.add([0, 3], V) - 0):
        assert type(result) is ValueArray
        assert result.shape == (2,)
        assert_floats_inside(*result)
    assert data_of(X - V).tolist() == [-2.0, -1.0]
    assert data_of(V - X).tolist() == [2.0, 1.0]


def test_what_cannot_be_recorded_is_refused() -> None:
    X, W = np.array([1.0, 2.0]), array([1.0, 2.0])
    with pytest.raises(
        TypeError, match="add: out must be an array that can hold Values, got an array of float64"
    ):
        X += V
    assert X.tolist() == [1.0, 2.0]
    for compare in (lambda: W < W, lambda: X < V, W.argmax, lambda: np.sort(W)):  # type: ignore[operator]
        with pytest.raises(TypeError, match="a Value has no order"):
            compare()
    with pytest.raises(TypeError, match="add takes a Value or a real number, got 'a'"):
        W + "a"


# -- max and min --------------------------------------------------------------------------------


def test_max_and_min_record_gates() -> None:
    W = array([[1.0, 4.0], [3.0, 2.0]])
    for root, names, gradients in (
        (W.max(), ["max"], [[0, 1], [0, 0]]),
        (W.min(), ["min"], [[1, 0], [0, 0]]),
        (np.maximum.reduce(W).sum(), ["max", "max", "add"], [[0, 1], [1, 0]]),
        (np.maximum(W, 2.5)[1, 0], ["max"], [[0, 0], [1, 0]]),
    ):
        assert sorted(gate_names(root)) == sorted(names)
        assert jacobian(root, W).reshape(2, 2).tolist() == gradients


def test_ties_give_half_each_in_reductions_too() -> None:
    W = array([2.0, 2.0])
    assert jacobian(np.maximum(*W), W).tolist() == [[0.5, 0.5]]
    assert jacobian(W.max(), W).tolist() == [[0.5, 0.5]]
    assert jacobian(W.min(), W).tolist() == [[0.5, 0.5]]
    assert jacobian(np.maximum(W, [2.0, 1.0]), W).tolist() == [[0.5, 0.0], [0.0, 1.0]]


# -- gates over arrays --------------------------------------------------------------------------


def test_a_gate_takes_arrays_element_by_element() -> None:
    W = array([[1.0, -2.0], [-3.0, 4.0]])
    assert type(relu(W)) is ValueArray
    assert data_of(relu(W)).tolist() == [[1, 0], [0, 4]]
    assert data_of(maximum(W, [0.0, 5.0])).tolist() == [[1, 5], [0, 5]]
    assert data_of(maximum(0, W[0])).tolist() == [1, 0]
    assert data_of(relu([W[0, 0], -1])).tolist() == [1, 0]
    assert data_of(maximum(V, [1, 5])).tolist() == [3, 5]
    assert data_of(GATES["leaky_relu"](W)).tolist() == [[1, -0.02], [-0.03, 4]]
    assert data_of(GATES["leaky_relu"](W[0], 0.5)).tolist() == [1, -1]


def test_without_values_a_gate_gives_floats() -> None:
    result = relu([[1, -2], [-3, 4]])
    assert type(result) is np.ndarray
    assert result.dtype == np.float64
    assert result.tolist() == [[1, 0], [0, 4]]
    assert relu([]).shape == (0,)


def test_where_over_arrays() -> None:
    W = array([[1.0, -2.0], [-3.0, 4.0]])
    chosen = where(np.eye(2), W, 0.0)
    assert data_of(chosen).tolist() == [[1, 0], [0, 4]]
    assert jacobian(chosen.sum(), W).tolist() == [[1, 0, 0, 1]]
    assert data_of(where([True, False], W, W.T)).tolist() == [[1, -3], [-3, 4]]


def test_many_arrays_at_once() -> None:
    terms = [array([float(i), 1.0]) for i in range(100)]
    assert data_of(summation(*terms)).tolist() == [4950.0, 100.0]


@pytest.mark.parametrize("gate", [logsumexp, maximum, minimum, norm, summation], ids=lambda gate: gate.name)
@pytest.mark.parametrize("row", [array([1.0, 2.0]), [V, 2.0], [1.0, 2.0], np.ones((2, 2)), (3.0,)])
def test_one_list_is_not_the_operands_of_a_gate_of_any_number(gate: Gate, row: Any) -> None:
    with pytest.raises(TypeError, match=rf"^{gate.name} takes its operands one by one: {gate.name}\(\*x\)"):
        gate(row)


def test_along_the_first_axis_with_a_star() -> None:
    W = array([[1.0, 4.0], [3.0, 2.0]])
    assert data_of(maximum(*W)).tolist() == [3.0, 4.0]
    assert maximum(*W[0]).data == 4.0


@pytest.mark.parametrize("row", [array([1.0, 2.0]), [V, 2.0], (3.0,)])
def test_one_list_is_not_the_options_of_choose(row: Any) -> None:
    with pytest.raises(TypeError, match=r"^choose takes its operands one by one: choose\(index, \*x\)"):
        choose(0.0, row)


def test_choose_by_an_array_of_indices() -> None:
    W = array([[1.0, 4.0], [3.0, 2.0]])
    assert data_of(choose([0.0, 1.0], *W)).tolist() == [1.0, 2.0]
    assert data_of(choose(1.0, *W)).tolist() == [3.0, 2.0]


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match=r"max: the shapes \(2, 2\), \(3,\) do not fit together"):
        maximum(array(shape=(2, 2)), [1, 2, 3])
    with pytest.raises(ValueError, match=r"relu wants rows of equal length, got \[\[1\], \[2, 3\]\]"):
        relu([[1], [2, 3]])
    with pytest.raises(TypeError, match=r"relu takes Values and real numbers, got \{1\}"):
        relu([{1}])


# -- rows of a table ----------------------------------------------------------------------------


def table() -> ValueArray[tuple[int, int]]:
    return array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], label="W")


@pytest.mark.parametrize("index", [1, np.int64(1), np.array(1)], ids=repr)
def test_a_row_at_an_int_is_the_row_itself(index: Any) -> None:
    W = table()
    row = take(W, index)
    assert type(row) is ValueArray
    assert row.shape == (2,)
    assert [a is b for a, b in zip(row, W[1], strict=True)] == [True, True]
    assert take(W[:, 0], index) is W[1, 0]


@pytest.mark.parametrize("index", [Value(1.0), 1.0, np.float64(1.0), -0.0 + 1], ids=repr)
def test_a_row_at_a_number_is_chosen_in_each_column(index: Any) -> None:
    W = table()
    row = take(W, index)
    assert type(row) is ValueArray
    assert data_of(row).tolist() == [3.0, 4.0]
    assert [each.gate for each in row] == [choose, choose]
    assert [each.inputs[1:] for each in row] == [tuple(column) for column in W.T]
    (row @ [10.0, 20.0]).backward()
    assert grad_of(W).tolist() == [[0, 0], [10, 20], [0, 0]]
    assert_floats_inside(*row)
    of_vector = take(W[:, 1], index)
    assert (type(of_vector), of_vector.data) == (Value, 4.0)


@pytest.mark.parametrize("index", [3.0, -1.0, 0.5, float("nan"), float("inf")])
def test_of_a_value_that_is_no_row_all_is_nan_and_nothing_gets_a_gradient(index: float) -> None:
    W = table()
    row = take(W, Value(index))
    row.sum().backward()
    assert np.isnan(data_of(row)).all()
    assert grad_of(W).tolist() == [[0, 0], [0, 0], [0, 0]]


def test_rows_at_many_indices() -> None:
    W, i = table(), Value(2.0)
    assert data_of(take(W, [0, i, 1.0])).tolist() == [[1, 2], [5, 6], [3, 4]]
    assert data_of(take(W, array([2.0, 0.0]))).tolist() == [[5, 6], [1, 2]]
    assert data_of(take(W, np.array([[0, 1], [2, 2]]))).tolist() == [[[1, 2], [3, 4]], [[5, 6], [5, 6]]]
    assert data_of(take(W[:, 0], [2, i])).tolist() == [5, 5]
    assert take(W, []).shape == (0, 2)
    (take(W, [0, i, 2]) * [[1.0], [10.0], [100.0]]).sum().backward()
    assert grad_of(W).tolist() == [[1, 1], [0, 0], [110, 110]]


def test_rows_of_any_shape_and_of_plain_numbers() -> None:
    cube = np.arange(12.0).reshape(3, 2, 2)
    assert data_of(take(array(cube), Value(2.0))).tolist() == [[8, 9], [10, 11]]
    plain: Any = take(cube, 2)
    assert (plain.dtype, plain.tolist()) == (np.float64, [[8, 9], [10, 11]])
    assert take([5, 6, 7], 1) == take([5, 6, 7], 1.0) == 6.0
    of_value = take([5, 6, 7], Value(1.0))
    assert (type(of_value), of_value.data) == (Value, 6.0)
    assert take(array(shape=(2, 0)), 1).shape == (0,)


@pytest.mark.parametrize(
    ("rows", "index", "kind", "says"),
    [
        ([1.0, 2.0], 2, IndexError, r"^take: index must be a row from 0 to 1, got 2$"),
        ([1.0, 2.0], -1, IndexError, "from 0 to 1, got -1"),
        ([1.0, 2.0], [0, 5], IndexError, "from 0 to 1, got 5"),
        ([1.0, 2.0], "0", TypeError, "take: index takes a Value or a real number, got '0' of type str"),
        ([1.0, 2.0], None, TypeError, "take: index .*, got None"),
        ([1.0, 2.0], True, TypeError, "must be the number of a row, got True of type bool"),
        ([1.0, 2.0], np.array([True, False]), TypeError, "must be the number of a row, got True"),
        ([1.0, 2.0], [[0], [1, 2]], TypeError, r"take: index .*, got \[0\] of type list"),
        ([], 0, ValueError, r"take wants a table of at least one row, got \[\]"),
        (array(shape=0), Value(0.0), ValueError, "at least one row"),
        (3.0, 0, ValueError, "at least one row, got 3.0"),
        ("ab", 0, TypeError, "take takes Values and real numbers, got 'ab'"),
        ([["a"]], 0, TypeError, "take takes Values and real numbers, got 'a'"),
        ([[1], [2, 3]], 0, ValueError, r"take wants rows of equal length, got \[\[1\], \[2, 3\]\]"),
    ],
)  # fmt: skip
def test_what_take_refuses(rows: Any, index: Any, kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        take(rows, index)


# -- Jacobians ----------------------------------------------------------------------------------


def test_the_jacobian_of_a_matrix_product_is_the_matrix() -> None:
    w = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    x = array([1.0, -1.0, 2.0])
    for W in (array(w), np.array(w)):
        y = W @ x
        assert jacobian(y, x).tolist() == w
        assert jacobian(y, x, layout="denominator").tolist() == np.transpose(w).tolist()


def test_the_jacobian_of_relu_is_diagonal() -> None:
    z = array([1.0, -2.0, 3.0])
    assert jacobian(relu(z), z).tolist() == np.diag([1.0, 0.0, 1.0]).tolist()


def test_the_jacobian_of_a_scalar_is_a_row_or_a_column() -> None:
    x = array([3.0, 4.0])
    assert jacobian(x @ x, x).tolist() == [[6.0, 8.0]]
    assert jacobian(x @ x, x, layout="denominator").tolist() == [[6.0], [8.0]]
    assert jacobian([x[0] * x[1], x[0]], x[1]).tolist() == [[3.0], [0.0]]


def test_matrices_are_taken_row_after_row() -> None:
    W, x = array([[1.0, 2.0], [3.0, 4.0]]), array([5.0, 6.0])
    assert jacobian(W @ x, W).tolist() == [[5, 6, 0, 0], [0, 0, 5, 6]]
    assert jacobian(W.T, W).tolist() == np.eye(4)[[0, 2, 1, 3]].tolist()


def test_the_jacobian_changes_nobody_s_gradient() -> None:
    x = array([1.0, 2.0])
    y = np.exp(x)
    y.sum().backward()
    before = [node.grad for root in y for node in topological_order(root)]
    jacobian(y, x)
    assert [node.grad for root in y for node in topological_order(root)] == before


def test_jacobian_with_bad_input() -> None:
    x = array([1.0, 2.0])
    with pytest.raises(ValueError, match="layout must be 'numerator' or 'denominator', got 'rows'"):
        jacobian(x, x, layout="rows")
    with pytest.raises(TypeError, match=r"outputs must be Values, got the number 3.0 at \[1\]"):
        jacobian([x[0], 3], x)
    with pytest.raises(TypeError, match=r"inputs must be Values, got the number 2\.0"):
        jacobian(x, 2.0)


def test_a_0_dimensional_array_of_a_value_is_that_value() -> None:
    two, three = array(2.0), Value(3.0)
    for result in (three * two, two * three, maximum(three, two) * 2, relu(two) * 3):
        assert float(data_of(result)) == 6.0


@pytest.mark.parametrize("sign", ["-=", "+=", "*=", "/="])
def test_leaves_that_have_gradients_are_not_replaced_in_place(sign: str) -> None:
    W = array([[1.0, 2.0]], label="W")
    (W @ [1.0, 1.0]).sum().backward()
    before = W.copy()
    with pytest.raises(TypeError, match=f"{re.escape(sign)} would put new Values into the array"):
        exec(f"W {sign} 0.5", {"W": W})
    assert all(a is b for a, b in zip(W.flat, before.flat, strict=True))
    h = W * 2
    exec(f"h {sign} 0.5", {"h": h})  # computed Values: as NumPy has it


@pytest.mark.parametrize("name", ["grad", "label", "backward", "zero_grad"])
def test_what_a_value_has_and_an_array_has_not(name: str) -> None:
    assert not hasattr(array([1.0]), name)
    with pytest.raises(AttributeError, match=f"an array of Values has no {name}: "):
        getattr(array([1.0]), name)
