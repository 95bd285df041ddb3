"""Compiled and eager agree on graphs that nobody thought of, whatever folds and whatever does not."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from autograd import GATES, Value, compile, gates, summation
from tests.compiler.agreement import (
    Floats,
    Loss,
    assert_agrees,
    assert_close,
    assert_runs_as_eager,
    compiled,
    run_eagerly,
)
from tests.compiler.graphs import EXACT, MOST, OWN, POLES, SMOOTH, Recipe, build, gates_of, recipes

STEEPEST = 1e4  # beyond, two ways to round differ by more than the tolerance

exact = EXACT | POLES
exact_recipes = recipes(exact, reach=3, most=20) | recipes(exact, reach=1000, most=40)
smooth_recipes = recipes(SMOOTH, reach=3, most=20) | recipes(SMOOTH, reach=1000, most=40)
sizes = st.tuples(st.integers(0, 4), st.integers(1, 6))  # inputs, parameters
batches = st.sampled_from([0, 1, 2, 7])
seeds = st.integers(0, 1000)


def loss_of(recipe: Recipe, parameters: list[Value]) -> Loss:
    """The last nodes and all parameters, added up; two constants are among the leaves."""

    def loss(inputs: list[Value]) -> Value:
        nodes = build(recipe, [*inputs, *parameters, Value(2.0), Value(-1.0)])
        total: Value = summation(*nodes[-3:], *parameters)
        return total

    return loss


def whole_numbers(rng: np.random.Generator, *shape: int) -> Floats:
    return rng.integers(-2, 3, shape).astype(float)


def any_numbers(rng: np.random.Generator, *shape: int) -> Floats:
    return np.clip(rng.normal(size=shape), -MOST, MOST)


def test_the_operations_use_every_gate() -> None:
    assert gates_of(SMOOTH) == {*GATES.values(), *OWN}


@settings(max_examples=250, deadline=None)
@given(exact_recipes, sizes, batches, seeds)
def test_of_whole_numbers_with_kinks_and_ties(
    recipe: Recipe, sizes: tuple[int, int], examples: int, seed: int
) -> None:
    """Here no number is rounded, so every kink, tie and pole is met, or missed, as in eager."""
    rng = np.random.default_rng(seed)
    parameters = [Value(number) for number in whole_numbers(rng, sizes[1])]
    loss, X = loss_of(recipe, parameters), whole_numbers(rng, examples, sizes[0])
    eager = run_eagerly(loss, X, parameters)
    assume((eager.scales < STEEPEST).all())
    assert_runs_as_eager(compiled(loss, whole_numbers(rng, sizes[0]), parameters), eager, X)


@settings(max_examples=250, deadline=None)
@given(smooth_recipes, sizes, batches, seeds)
def test_of_any_numbers(recipe: Recipe, sizes: tuple[int, int], examples: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    parameters = [Value(number) for number in any_numbers(rng, sizes[1])]
    loss, X = loss_of(recipe, parameters), any_numbers(rng, examples, sizes[0])
    eager = run_eagerly(loss, X, parameters)
    assume((eager.scales < STEEPEST).all())
    assert_runs_as_eager(compiled(loss, any_numbers(rng, sizes[0]), parameters), eager, X)


@settings(max_examples=40, deadline=None)
@given(smooth_recipes, sizes, batches, seeds)
def test_of_several_outputs(recipe: Recipe, sizes: tuple[int, int], examples: int, seed: int) -> None:
    """Some of them inputs or parameters themselves, or one and the same."""
    rng = np.random.default_rng(seed)
    leaves = [Value(number) for number in any_numbers(rng, sum(sizes))]
    inputs, parameters = leaves[: sizes[0]], leaves[sizes[0] :]

    def outputs(inputs: list[Value]) -> list[Value]:
        nodes = build(recipe, [*inputs, *parameters])
        return [*nodes, nodes[-1]]

    program = compile(outputs(inputs), inputs=inputs, parameters=parameters)
    X = any_numbers(rng, examples, sizes[0])
    expected = [[node.data for node in outputs([Value(number) for number in row])] for row in X]
    found = program(X)
    assert found.shape == (examples, len(recipe) + len(leaves) + 1)
    np.testing.assert_allclose(found, np.reshape(expected, found.shape), rtol=1e-9, atol=1e-9)


@settings(max_examples=10, deadline=None)
@given(recipes(SMOOTH, reach=1000, most=15), st.integers(0, 1000))
def test_of_a_thousand_examples(recipe: Recipe, seed: int) -> None:
    rng = np.random.default_rng(seed)
    parameters = [Value(number) for number in any_numbers(rng, 3)]
    loss, X = loss_of(recipe, parameters), any_numbers(rng, 1000, 3)
    eager = run_eagerly(loss, X, parameters)
    assume((eager.scales < STEEPEST).all())
    assert_runs_as_eager(compiled(loss, X[0], parameters), eager, X)


@settings(max_examples=40, deadline=None)
@given(smooth_recipes, seeds)
def test_in_blocks_of_examples(recipe: Recipe, seed: int) -> None:
    """A batch too large for the cache is run in blocks, the last of them smaller."""
    rng = np.random.default_rng(seed)
    parameters = [Value(number) for number in any_numbers(rng, 3)]
    loss, X = loss_of(recipe, parameters), any_numbers(rng, 7, 2)
    eager = run_eagerly(loss, X, parameters)
    assume((eager.scales < STEEPEST).all())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autograd.compiler.program.BLOCK", 0)
        patch.setattr("autograd.compiler.program.FEWEST", 3)
        program = compiled(loss, X[0], parameters)
    assert_runs_as_eager(program, eager, X)


# -- large graphs -------------------------------------------------------------------------------


def test_a_chain_of_a_hundred_thousand_gates() -> None:
    """Each gate above the last, the parameters used at every depth."""
    w, b = Value(0.9, label="w"), Value(0.1, label="b")

    def loss(inputs: list[Value]) -> Value:
        node = inputs[0]
        for _ in range(33_334):
            node = gates.sin(w * node + b)
        return node

    X = np.array([[0.5], [-1.0]])
    eager, program = run_eagerly(loss, X, [w, b]), compiled(loss, X[0], [w, b])
    found, gradient = program.loss_and_grad(X)  # per example it would be a program of its own, as long
    assert_close(found, eager.losses.mean(), 1.0)
    assert_close(gradient, eager.gradients.mean(axis=0), 1.0)


def test_a_wide_irregular_graph_of_ten_thousand_gates() -> None:
    draw = random.Random(0)
    names = sorted(SMOOTH)
    reach = range(3000)
    recipe = [(draw.choice(names), (draw.choice(reach), draw.choice(reach), 0)) for _ in range(10_000)]
    rng = np.random.default_rng(0)
    parameters = [Value(number) for number in any_numbers(rng, 20)]

    def loss(inputs: list[Value]) -> Value:
        nodes = build(recipe, [*inputs, *parameters])
        mean: Value = summation(*nodes[-3000:], *parameters) / 3000
        return mean

    assert_agrees(loss, any_numbers(rng, 2, 20), parameters)


@pytest.mark.parametrize("examples", [1, 5])
def test_no_contribution_is_lost_where_many_reach_one(examples: int) -> None:
    """The same parameter, input or node many times: in one sum, one product, one gate, one level."""
    p, q = Value(0.5), Value(-1.5)
    X = np.random.default_rng(0).normal(size=(examples, 2))

    def loss(inputs: list[Value]) -> Value:
        x, y = inputs
        h = gates.tanh(p * x)
        dots = [summation(p * x, q * x, p * y, p * y, q) for _ in range(5)]
        rows = [summation(*[p * each for each in (h, h, x)], q) for _ in range(4)]
        pairs = [h * h, h * p, p * p, q * h, x * h] * 3
        singles = [gates.sin(p), gates.sin(p), gates.sin(q), gates.maximum(p, p), gates.maximum(h, h)]
        total: Value = summation(*dots, *rows, *pairs, *singles, p, p, p, h, h, gates.logsumexp(p, h, p, h))
        return total

    assert_agrees(loss, X, [p, q])


@pytest.mark.parametrize("name", sorted(SMOOTH))
def test_one_node_in_every_place_of_an_operation(name: str) -> None:
    operation, _ = SMOOTH[name]
    p = Value(0.75)

    def loss(inputs: list[Value]) -> Value:
        h = p * inputs[0]
        total: Value = summation(operation(h, h, h), operation(p, p, h), operation(inputs[0], p, p), p)
        return total

    assert_agrees(loss, [[1.5], [-0.5], [1.0]], [p])
