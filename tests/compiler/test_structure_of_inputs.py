"""The structure of inputs and parameters: from the call to the leaves, and from flat numbers back to it."""

from __future__ import annotations

import copy
import math
import pickle
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, array
from autograd.compiler.structure import Array, Structure


def zeros(*shape: int, label: str = "") -> Any:
    return array(np.zeros(shape), label=label)


def values(count: int) -> list[Value]:
    return [Value(0.0) for _ in range(count)]


def arrays_of(x: Any) -> list[Array]:
    return Structure.of(x, "inputs").arrays


# -- any structure, property by property --------------------------------------------------------

SHAPES = st.lists(st.integers(0, 3), max_size=3).map(tuple)
PARTS = st.one_of(
    st.builds(lambda: Value(0.0)),
    SHAPES.map(lambda shape: zeros(*shape)),
    st.integers(0, 3).map(values),
    st.builds(lambda n: [values(2) for _ in range(n)], st.integers(1, 3)),
)
NESTED = st.recursive(
    PARTS,
    lambda parts: st.one_of(
        st.lists(parts, max_size=3),
        st.lists(parts, max_size=3).map(tuple),
        st.dictionaries(st.sampled_from("abc"), parts, max_size=3),
    ),
    max_leaves=8,
)


def each_leaf(x: Any, numbers: Any) -> list[tuple[Value, Any]]:
    """Each leaf beside its numbers, (..., leading axes); the structures must be the same."""
    if isinstance(x, Value):
        return [(x, numbers)]
    if isinstance(x, dict):
        assert type(numbers) is dict
        assert [*x] == [*numbers]
        return [pair for key in x for pair in each_leaf(x[key], numbers[key])]
    if isinstance(numbers, np.ndarray):
        elements = np.array(x, dtype=object)
        lead = numbers.ndim - elements.ndim
        assert numbers.shape[lead:] == elements.shape
        return [(leaf, numbers[(..., *place)]) for place, leaf in np.ndenumerate(elements)]
    assert type(x) is type(numbers)
    assert len(x) == len(numbers)
    return [pair for a, b in zip(x, numbers, strict=True) for pair in each_leaf(a, b)]


def views(x: Any) -> list[Any]:
    if isinstance(x, np.ndarray):
        return [x]
    return [view for each in (x.values() if isinstance(x, dict) else x) for view in views(each)]


@given(NESTED, st.sampled_from([(), (1,), (4,), (0,), (2, 3)]), st.sampled_from([1, 2, -1]))
def test_flat_numbers_come_back_in_the_structure_as_views(x: Any, lead: Any, stride: int) -> None:
    structure = Structure.of(x, "parameters")
    count = len(structure.leaves)
    vector = np.arange(math.prod(lead) * count * 2.0).reshape(*lead, count * 2)[..., ::stride][..., :count]
    found = each_leaf(x, structure.unflatten(vector))
    assert [leaf for leaf, _ in found] == structure.leaves
    for place, (_, numbers) in enumerate(found):
        np.testing.assert_array_equal(numbers, vector[..., place])
    for view in views(structure.unflatten(vector)):
        view[...] = -1.0
    assert (vector == -1.0).all()


@given(NESTED)
def test_the_arrays_cover_the_leaves_in_order(x: Any) -> None:
    structure = Structure.of(x, "inputs")
    place = 0
    for each in structure.arrays:
        assert each.start == place
        place += math.prod(each.shape)
    assert place == len(structure.leaves)


@given(NESTED, st.integers(0, 4))
def test_what_unflatten_gives_is_what_a_call_takes(x: Any, examples: int) -> None:
    structure = Structure.of(x, "inputs")
    vector = np.random.default_rng(0).normal(size=(examples, len(structure.leaves)))
    args = structure.unflatten(vector)
    count, columns = structure.columns(tuple(args) if isinstance(args, (list, tuple)) else (args,))
    assert count == examples or not structure.arrays
    assert [each.shape for each in columns] == [(examples, *each.shape) for each in structure.arrays]
    together = np.hstack([each.reshape(examples, math.prod(each.shape[1:])) for each in columns or [vector]])
    np.testing.assert_array_equal(together, vector)
    assert all(np.shares_memory(each, vector) for each in columns if each.size)


@given(NESTED)
def test_copies(x: Any) -> None:
    structure = Structure.of(x, "inputs")
    assert copy.copy(structure).leaves == structure.leaves
    for twin in (copy.deepcopy(structure), pickle.loads(pickle.dumps(structure))):
        assert not set(twin.leaves) & set(structure.leaves)
        assert (twin.arrays, twin.template, twin.is_flat) == (
            structure.arrays, structure.template, structure.is_flat
        )  # fmt: skip
        vector = np.arange(float(len(twin.leaves)))
        assert repr(twin.unflatten(vector)) == repr(structure.unflatten(vector))


def test_a_copy_beside_its_values_has_the_copied_values() -> None:
    x = zeros(2)
    both = copy.deepcopy((x, Structure.of([x], "inputs")))
    assert both[1].leaves == list(both[0])


# -- which arrays -------------------------------------------------------------------------------


def test_arrays_keep_their_shapes_and_labels() -> None:
    W, x, s = zeros(2, 3, label="W"), zeros(3), Value(0.0, label="s")
    assert arrays_of([W, x, s]) == [("W", (2, 3), 0), ("", (3,), 6), ("s", (), 9)]
    assert arrays_of(W.T) == [("W", (3, 2), 0)]
    assert Structure.of(W.T, "inputs").leaves == [*W.T.flat]
    assert arrays_of({"k": W, "l": [s, x]}) == [("W", (2, 3), 0), ("s", (), 6), ("", (3,), 7)]
    assert arrays_of([[*W[0], *x]]) == [("", (6,), 0)], "labels that differ"


def test_nested_lists_of_values_are_arrays_but_lists_of_arrays_stay_lists() -> None:
    (a, b, c, d), W, V = values(4), zeros(2), zeros(2)
    assert arrays_of([[[a, b], (c, d)]]) == [("", (2, 2), 0)]
    assert arrays_of([[a, b], [c, d]]) == [("", (2,), 0), ("", (2,), 2)], "two arguments"
    assert arrays_of([[[a, b], [c]]]) == [("", (2,), 0), ("", (1,), 2)]
    assert arrays_of([[W, V]]) == [("", (2,), 0), ("", (2,), 2)], "never one array of two"
    assert arrays_of({"all": [[a, b], [c, d]]}) == [("", (2, 2), 0)]


def labelled(*labels: str) -> list[Value]:
    return [Value(0.0, label=label) for label in labels]


FLAT = [
    ([], []),
    (["W[0,0]", "W[0,1]", "W[1,0]", "W[1,1]", "b[0]", "b[1]", "scale"],
     [("W", (2, 2), 0), ("b", (2,), 4), ("scale", (), 6)]),
    (["", "", "w", ""], [("", (2,), 0), ("w", (), 2), ("", (1,), 3)]),
    (["w", "w"], [("w", (2,), 0)]),
    (["W[0,0]"], [("W", (1, 1), 0)]),
    (["W[0,1]", "W[0,0]", "W[1,0]", "W[1,1]"], [("W", (4,), 0)]),
    (["W[1]", "W[2]"], [("W", (2,), 0)]),
    (["W[0,0]", "W[0,1]", "W[1,0]"], [("W", (3,), 0)]),
    (["W[0]", "W[1", "W[2]"], [("W", (3,), 0)]),
    (["W[999999999,999999999]"], [("W", (1,), 0)]),
    (["W[" + "9" * 5000 + "]"], [("W", (1,), 0)]),
    (["x[0,0,0]", "x[0,0,1]", "x[0,1,0]", "x[0,1,1]"], [("x", (1, 2, 2), 0)]),
    (["dL/dw", "dL/db"], [("", (2,), 0)]),
]  # fmt: skip


@pytest.mark.parametrize(("labels", "arrays"), FLAT)
def test_a_flat_list_falls_into_arrays_by_its_labels(labels: list[str], arrays: list[Any]) -> None:
    structure = Structure.of(labelled(*labels), "inputs")
    assert structure.is_flat
    assert [tuple(each) for each in structure.arrays] == arrays
    assert structure.unflatten(np.zeros(len(labels))).shape == (len(labels),)
    count, columns = structure.columns((np.arange(3.0 * len(labels)).reshape(3, len(labels)),))
    assert count == 3
    for (_, shape, start), column in zip(arrays, columns, strict=True):
        assert column.shape == (3, *shape)
        assert [column[0].ravel()[0], column[1].ravel()[0]] == [start, start + len(labels)]


def test_what_is_flat() -> None:
    a, b = values(2)
    flat: list[Any] = [[a, b], (a, b), {a: 1, b: 2}.keys() and [a], (), []]
    assert all(Structure.of(x, "inputs").is_flat for x in flat)
    others: list[Any] = [a, zeros(2), [zeros(2)], [[a, b]], [a, [b]], {"a": a}, {}, [[]]]
    assert not any(Structure.of(x, "inputs").is_flat for x in others)


def test_an_array_is_a_place_among_the_leaves() -> None:
    assert Array("W", (2, 2), 1).view(np.arange(6.0)).tolist() == [[1.0, 2.0], [3.0, 4.0]]


# -- what no structure is made of ---------------------------------------------------------------


def test_anything_but_values() -> None:
    x, y = zeros(2), Value(0.0)
    for wrong, came in [
        ([y, 2.0], "2.0 at place 1"), ([x, [y, 2.0]], "2.0 at [1][1]"), (2.0, "2.0"), (None, "None"),
        ("ab", "'ab'"), (np.ones((1, 2)), "1.0 at [0][0]"), ({"a": [x, None]}, "None at ['a'][1]"),
        ([x, "y"], "'y' at place 1"),
    ]:  # fmt: skip
        with pytest.raises(TypeError, match=re.escape(f"parameters must be Values, got {came}") + "$"):
            Structure.of(wrong, "parameters")
    with pytest.raises(TypeError, match=r"the keys of inputs\[0\] must be str, got 'a' and 1"):
        Structure.of([{"a": y, 1: x}], "inputs")


def test_leaves_that_are_computed_or_come_twice() -> None:
    x, y = zeros(2, 2, label="x"), Value(0.0, label="y")
    with pytest.raises(ValueError, match=r"inputs\[1\]\[1\]\[0\] must be a leaf, got .*computed by a gate"):
        Structure.of([y, [[zeros(1)[0], x[0, 0]], [y * 2, x[0, 1]]]], "inputs")
    with pytest.raises(ValueError, match=r"inputs\['b'\]\[1\]\[0\], Value\(.*'x\[0,1\]'\), appears twice"):
        Structure.of({"a": x[0], "b": [[y], [x[0, 1]]]}, "inputs")
    with pytest.raises(ValueError, match=r"inputs\[2\], Value\(.*label='y'\), appears twice"):
        Structure.of([y, x[0, 0], y], "inputs")


@pytest.mark.parametrize(
    ("vector", "error", "came"),
    [([1.0] * 4, ValueError, "shape (4,)"), (1.0, ValueError, "shape ()"),
     (np.ones((5, 2)), ValueError, "(5, 2)"), ([1j] * 5, TypeError, "list of complex128"),
     (None, TypeError, "NoneType"), ([[1.0], []], ValueError, "rows of different lengths")],
)  # fmt: skip
def test_vectors_that_do_not_fit(vector: Any, error: type[Exception], came: str) -> None:
    structure = Structure.of([zeros(2, 2), Value(0.0)], "parameters")
    with pytest.raises(error, match=r"unflatten takes .* of shape \(\.\.\., 5\), got .*" + re.escape(came)):
        structure.unflatten(vector)


def test_a_vector_of_another_real_type_keeps_it() -> None:
    assert Structure.of([zeros(2)], "parameters").unflatten(np.ones(2, np.float32))[0].dtype == np.float32


# -- batches ------------------------------------------------------------------------------------

x, y, z = zeros(2, label="x"), Value(0.0, label="y"), Value(0.0)
PAIR, DICT, FLAT_PAIR = [x, y], {"x": x, "y": [y, zeros(1)]}, [y, z]
X = np.ones((3, 2))

TAKES = "takes an array of real numbers of shape"
REFUSED: list[Any] = [
    (PAIR, (), TypeError, "the program takes 2 argument(s) for its inputs (x and y), got 0"),
    (PAIR, (X,), TypeError, "2 argument(s) for its inputs (x and y), got 1"),
    (PAIR, (X, [1.0] * 2), ValueError, "got 3 of inputs[0] ('x') and 2 of inputs[1] ('y')"),
    (PAIR, (X, X), ValueError, f"inputs[1] ('y') {TAKES} (examples,), got shape (3, 2)"),
    (PAIR, (X[:, :1], [1.0] * 3), ValueError, f"inputs[0] ('x') {TAKES} (examples, 2)"),
    (PAIR, (X[0], 1.0), ValueError, "inputs[0] ('x')"),
    (PAIR, (X, 1.0), ValueError, f"inputs[1] ('y') {TAKES} (examples,), got shape ()"),
    (PAIR, (X, "abc"), TypeError, "got str of <U3"),
    (PAIR, (X.astype(object), [1.0] * 3), TypeError, "got ndarray of object"),
    (PAIR, (X * 1j, [1.0] * 3), TypeError, "got ndarray of complex128"),
    (PAIR, ([[1.0, 2.0], [3.0]], [1.0] * 2), ValueError,
     f"inputs[0] ('x') {TAKES} (examples, 2), got rows of different lengths"),
    (x, (X, X), TypeError, "the program takes 1 argument(s) for its inputs (x), got 2"),
    (x, (X[0],), ValueError, f"inputs ('x') {TAKES} (examples, 2), got shape (2,)"),
    (z, (X,), ValueError, f"inputs {TAKES} (examples,)"),
    (DICT, (X,), TypeError, "inputs takes a dict, got ndarray"),
    (DICT, ({"x": X},), ValueError, "inputs takes a dict of 2, got one without inputs['y']"),
    (DICT, ({"x": X, "y": [], "z": X},), ValueError, "inputs takes a dict of 2, got one with inputs['z']"),
    (DICT, ({"z": X, "y": []},), ValueError, "got one without inputs['x'] and with inputs['z']"),
    (DICT, ({"x": X, "y": X},), TypeError, "inputs['y'] takes a list, got ndarray"),
    (DICT, ({"x": X, "y": [X[:, 0]]},), ValueError,
     "inputs['y'] takes a list of 2, got one without inputs['y'][1]"),
    (DICT, ({"x": X, "y": ["a", X[:, :1]]},), TypeError, "inputs['y'][0] ('y')"),
    (DICT, (), TypeError, "1 argument(s)"),
    (FLAT_PAIR, (), TypeError, "1 argument(s)"),
    (FLAT_PAIR, (None,), TypeError, f"a program of 2 input(s) {TAKES} (examples, 2), got NoneType of object"),
    (FLAT_PAIR, ([[1.0]],), ValueError, f"a program of 2 input(s) {TAKES} (examples, 2), got shape (1, 1)"),
    (FLAT_PAIR, ([[1.0, 2.0], [3.0]],), ValueError, "(examples, 2), got rows of different lengths"),
    ([], (X,), ValueError, "a program of 0 input(s)"),
    ([], (X, X), TypeError, "1 argument(s)"),
]  # fmt: skip


@pytest.mark.parametrize(("inputs", "args", "error", "message"), REFUSED)
def test_batches_that_do_not_fit(inputs: Any, args: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        Structure.of(inputs, "inputs").columns(args)


@pytest.mark.parametrize(
    "convert", [np.float32, np.int64, np.uint8, np.bool_, ">f8", np.longdouble, np.float64, list]
)
def test_real_numbers_are_converted_and_float64_is_not_copied(convert: Any) -> None:
    batch: Any = X.tolist() if convert is list else X.astype(convert)
    column: Any = [1.0] * 3 if convert is list else batch[:, 0]
    calls: list[Any] = [(PAIR, (batch, column)), (FLAT_PAIR, (batch,))]
    for inputs, args in calls:
        count, columns = Structure.of(inputs, "inputs").columns(args)
        assert count == 3
        assert {each.dtype for each in columns} == {np.dtype(np.float64)}
        assert all((each == 1.0).all() for each in columns)
        assert all(np.shares_memory(each, batch) for each in columns) == (convert is np.float64)


def test_a_dict_may_come_in_another_order() -> None:
    structure = Structure.of({"a": y, "b": x}, "inputs")
    _, columns = structure.columns(({"b": X, "a": [5.0, 6.0, 7.0]},))
    assert [each.shape for each in columns] == [(3,), (3, 2)]


@pytest.mark.parametrize("inputs", [(), [], {}, [[]], [{}], zeros(2, 0)])
@pytest.mark.parametrize("args", [(), (None,)])
def test_without_inputs_the_batch_may_be_left_out(inputs: Any, args: Any) -> None:
    structure = Structure.of(inputs, "inputs")
    count, columns = structure.columns(args)
    assert count == 1
    assert [each.shape for each in columns] == [(1, *each.shape) for each in structure.arrays]


def test_a_batch_of_no_inputs_has_as_many_examples_as_it_says() -> None:
    assert Structure.of([], "inputs").columns((np.empty((5, 0)),)) == (5, [])
