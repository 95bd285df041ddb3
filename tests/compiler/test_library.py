"""What programs call: arrays put together and added up, lookups, and custom gates on arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import GATES, Gate, Value, compile
from autograd.arithmetic import arrays
from autograd.compiler import library
from autograd.compiler.library import FUNCTIONS, Segments, backward_on_arrays, forward_on_arrays
from tests.compiler.agreement import Floats, assert_agrees, on_arrays
from tests.compiler.graphs import arctan, bend, cube, norm
from tests.test_conventions import EXTREME, extreme_operands

rng = np.random.default_rng(0)


# -- arrays put together and added up -----------------------------------------------------------


@given(st.lists(st.integers(0, 6), min_size=1, max_size=30), st.integers(0, 3))
def test_scatter_add_loses_nothing_where_places_are_repeated(places: list[int], examples: int) -> None:
    values = np.random.default_rng(0).normal(size=(len(places), examples))
    expected = np.zeros((7, examples))
    np.add.at(expected, places, values)
    found = library.scatter_add(Segments(np.array(places), 7), values)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_scatter_add_of_what_does_not_vary() -> None:
    segments = Segments(np.array([2, 0, 2]), 4)
    assert library.scatter_add(segments, np.array([1.0, 10.0, 5.0])).tolist() == [10, 0, 6, 0]


def test_pad_puts_an_array_into_zeros() -> None:
    x = rng.normal(size=(2, 2, 5))
    found = library.pad(x, ((1, 3), (0, 3, 2)), (4, 3))
    assert found.shape == (4, 3, 5)
    np.testing.assert_array_equal(found[1:3, 0:3:2], x)
    assert found.sum() == pytest.approx(x.sum())
    assert library.pad(np.ones(2), ((1, 3),), (4,)).tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_stack_is_numpys(axis: int) -> None:
    parts = tuple(rng.normal(size=(3, 2, 4)) for _ in range(3))
    np.testing.assert_array_equal(library.stack(parts, axis), np.stack(parts, axis))


@pytest.mark.parametrize("examples", [0, 1, 3])
def test_side_by_side_of_what_varies_and_what_does_not(examples: int) -> None:
    varying, fixed = rng.normal(size=(2, 3, examples)), rng.normal(size=(1, 3, 1))
    found = library.side_by_side((varying, fixed), 0)
    assert found.shape == (3, 3, examples)
    np.testing.assert_array_equal(found[2:], np.broadcast_to(fixed, (1, 3, examples)))


def test_broadcast_copies_nothing() -> None:
    x = rng.normal(size=(1, 3, 5))
    found = library.broadcast(x, (4, 3))
    assert found.shape == (4, 3, 5)
    assert np.shares_memory(found, x)


@pytest.mark.parametrize(
    "subscripts",
    ["abz,caz->cbz", "abz,az->bz", "az,az->z", "abcz,abdz->acdz", "acz,bcz->abz", "abz,bcz->acz", "az,bz->ab",
     "ab,bz->az", "abz,abz->abz", "abcz,adcz->abdz", "zab,zbc->zac"],
)  # fmt: skip
def test_einsum_is_numpys(subscripts: str) -> None:
    of_a, of_b = subscripts.partition("->")[0].split(",")
    sizes = dict(zip("abcdz", (2, 3, 4, 5, 6), strict=True))
    a, b = [rng.normal(size=[sizes[letter] for letter in each]) for each in (of_a, of_b)]
    np.testing.assert_allclose(library.einsum(subscripts, a, b), np.einsum(subscripts, a, b), rtol=1e-12)
    strided = [np.asfortranarray(a), np.repeat(b, 2, axis=-1)[..., ::2]]
    np.testing.assert_allclose(library.einsum(subscripts, *strided), np.einsum(subscripts, a, b), rtol=1e-12)


# -- by an index that is an input ---------------------------------------------------------------


def test_take_and_what_there_is_none_of() -> None:
    table = np.arange(6.0).reshape(2, 3)
    found = library.take(table, np.array([[0.0, 2.0], [1.0, 1.0]]))
    np.testing.assert_array_equal(found, table[:, [[0, 2], [1, 1]]])
    for wrong in (3.0, -1.0, 0.5, np.nan, np.inf):
        with np.errstate(all="ignore"):
            found = library.take(table, np.array([wrong, 1.0]))
        assert np.isnan(found[:, 0]).all()
        np.testing.assert_array_equal(found[:, 1], table[:, 1])


@pytest.mark.parametrize("examples", [0, 1, 4])
def test_segment_sum_is_takes_other_way(examples: int) -> None:
    index = rng.integers(0, 3, (5, examples)).astype(float)
    x = rng.normal(size=(2, 5, examples))
    each = np.zeros((2, 3, examples))
    for token in range(5):
        for example in range(examples):
            each[:, int(index[token, example]), example] += x[:, token, example]
    if examples:
        np.testing.assert_allclose(library.segment_sum(x, index, 3), each.sum(axis=-1), atol=1e-12)
    np.testing.assert_allclose(library.segment_sum_of_each(x, index, 3), each, atol=1e-12)


def test_segment_sum_leaves_out_what_there_is_none_of() -> None:
    found = library.segment_sum(np.array([[1.0, 2.0, 4.0]]), np.array([0.0, 7.0, 0.5]), 2)
    assert found.tolist() == [[1.0, 0.0]]


def test_choose_and_its_other_way() -> None:
    options, index = rng.normal(size=(3, 2, 4)), np.array([0.0, 2.0, 1.0, 5.0])
    found = library.choose(index, options)
    np.testing.assert_array_equal(
        found[:, :3], np.stack([options[0, :, 0], options[2, :, 1], options[1, :, 2]], 1)
    )
    assert np.isnan(found[:, 3]).all()
    slopes = library.unchoose(index, found, 3)
    assert slopes.shape == options.shape
    np.testing.assert_array_equal(slopes[2, :, 1], options[2, :, 1])
    assert not slopes[:2, :, 1].any()
    assert not slopes[..., 3].any()


# -- functions ----------------------------------------------------------------------------------


def test_half_power_is_pow_by_ieee_754() -> None:
    numbers = [0.0, -0.0, 4.0, np.inf, -np.inf, -1.0, np.nan, 1e-300]
    with np.errstate(all="ignore"):
        found = library.half_power(np.array(numbers))
    expected = [GATES["pow"].compute(number, 0.5) for number in numbers]
    np.testing.assert_array_equal(found, expected)
    assert np.signbit(found).tolist() == np.signbit(expected).tolist()


def test_a_norm_that_would_overflow() -> None:
    np.testing.assert_allclose(library.norm(np.array([[3e200], [4e200]]), 0), [5e200])
    assert library.norm(np.array([[3.0], [4.0]]), 0, keepdims=True).tolist() == [[5.0]]


def test_every_function_that_a_source_calls_has_a_name_that_python_takes() -> None:
    assert all(name.isidentifier() for name in FUNCTIONS)
    assert {"where", "exp", "finite", "heaviside", "matmul", "sum", "max"} <= set(FUNCTIONS)


# -- gates on arrays ----------------------------------------------------------------------------

operands = {
    cube: (np.array([[1.0, -2.0], [0.0, 3.0]]),),
    arctan: (np.array([[1.0, -2.0], [0.0, 3.0]]),),
    bend: (np.array([[1.0, -2.0], [0.0, 3.0]]), np.array([[0.5], [2.0]])),
    norm: (np.array([[1.0, -2.0], [0.0, 3.0]]), np.array([[0.5], [2.0]])),
}


@pytest.mark.parametrize("rule", operands, ids=lambda rule: rule.name)
def test_a_custom_gate_on_arrays_is_itself_number_by_number(rule: Gate) -> None:
    """Whether its rules take arrays, use Python's math, or branch."""
    given = operands[rule]
    together = np.broadcast_arrays(*given)
    upstream = np.full((2, 2), -1.5)
    out = forward_on_arrays(rule, arrays)(*given)
    contributions = backward_on_arrays(rule, arrays)(upstream, out, *given)
    assert np.shape(out) == (2, 2)
    for place in np.ndindex(2, 2):
        leaves = [Value(float(each[place])) for each in together]
        root = -1.5 * rule(*leaves)
        root.backward()
        assert out[place] * -1.5 == pytest.approx(root.data, rel=1e-14)
        for leaf, contribution in zip(leaves, contributions, strict=True):
            assert np.broadcast_to(contribution, (2, 2))[place] == pytest.approx(leaf.grad, rel=1e-14)


def test_a_gate_of_any_number_of_operands_takes_them_along_an_axis_too() -> None:
    x = rng.normal(size=(4, 3, 5))
    for axis in (0, 1):
        forward = library.forward_of_many(norm)
        np.testing.assert_allclose(forward(x, axis=axis), np.sqrt((x**2).sum(axis=axis) + 1))
        np.testing.assert_allclose(library.forward_of_many(GATES["logsumexp"])(x, axis=axis),
                                   np.log(np.exp(x).sum(axis=axis)))  # fmt: skip
    np.testing.assert_allclose(forward(*x), np.sqrt((x**2).sum(axis=0) + 1))


@pytest.mark.parametrize("rule", GATES.values(), ids=GATES)
def test_every_gate_of_the_table_at_the_edges_of_ieee_754(rule: Gate) -> None:
    """Zeros, infinities, nan, the smallest and the largest numbers, through whole programs."""
    X: Floats = np.array(extreme_operands(rule))
    shifts = [Value(0.0) for _ in X[0]]

    def loss(x: list[Value]) -> Any:
        return rule(*[number + shift for number, shift in zip(x, shifts, strict=True)])

    assert_agrees(loss, X, shifts)


@pytest.mark.parametrize("rule", GATES.values(), ids=GATES)
def test_every_gate_of_the_table_on_parameters_at_the_edges(rule: Gate) -> None:
    """What is computed from parameters alone, and its gradient; one program for all the numbers."""
    arity = 3 if rule.variadic else len(rule.operand_names)
    rng = np.random.default_rng(0)
    parameters = [Value(0.5) for _ in range(arity)]
    x = Value(1.0)
    program = on_arrays(compile(rule(*parameters) * x, inputs=[x], parameters=parameters))
    for numbers in rng.choice(EXTREME, (40, arity)).tolist():
        program.parameters = numbers
        for parameter, number in zip(parameters, numbers, strict=True):
            parameter.data, parameter.grad = number, 0.0
        root = rule(*parameters) * Value(1.0)
        root.backward()
        loss, gradient = program.loss_and_grad([[1.0]])
        np.testing.assert_allclose(loss, root.data, rtol=1e-12)
        np.testing.assert_allclose(gradient, [each.grad for each in parameters], rtol=1e-10, atol=1e-300)
