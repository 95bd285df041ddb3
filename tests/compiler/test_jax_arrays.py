"""Programs of arrays with axes on JAX: rows of a table, attention, inputs in the structure of the call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Value, array, choose, compile, exp, logsumexp, step, summation, take, tanh
from autograd.compiler.program import Program
from tests.compiler.jax_here import float64, jax

__all__ = ["float64"]

RNG = np.random.default_rng(0)


def assert_agrees(program: Program, *X: Any) -> Any:
    """Outputs, mean loss and gradient are the program's own; gives the gradient."""
    on_jax, w = program.to("jax"), program.parameters
    np.testing.assert_allclose(on_jax.outputs(w, *X), program(*X), rtol=1e-12)
    loss, gradient = program.loss_and_grad(*X)
    found, slopes = on_jax.loss_and_grad(w, *X)
    assert found == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(slopes, gradient, rtol=1e-9, atol=1e-14)
    return slopes


def embedding() -> tuple[Program, Any]:
    """Two tokens of five, looked up in a table, and the score of a class that an index names."""
    table, W = array(RNG.normal(size=(5, 3)), label="table"), array(RNG.normal(size=(4, 3)), label="W")
    tokens, target = array([1.0, 2.0], label="tokens"), Value(3.0, label="target")
    z = W @ tanh(take(table, tokens[0]) + take(table, tokens[1]))
    loss = logsumexp(*z) - choose(target, *z)
    return compile(loss, inputs=[tokens, target], parameters=[table, W]), table


def test_rows_of_a_table_by_indices_that_are_inputs() -> None:
    program, _ = embedding()
    tokens, targets = RNG.integers(5, size=(9, 2)), RNG.integers(4, size=9)
    gradient = assert_agrees(program, tokens, targets)  # as integers
    np.testing.assert_array_equal(assert_agrees(program, tokens.astype(float), targets.tolist()), gradient)
    assert not np.asarray(gradient)[:15].reshape(5, 3)[[*{*range(5)} - {*tokens.ravel().tolist()}]].any()


@pytest.mark.parametrize("wrong", [5.0, -1.0, 0.5, np.nan])
def test_an_index_of_none_is_nan_and_gets_no_gradient(wrong: float) -> None:
    program, _ = embedding()
    tokens, targets = np.array([[1.0, 2.0], [1.0, wrong]]), np.array([3.0, 0.0])
    on_jax, w = program.to("jax"), program.parameters
    np.testing.assert_array_equal(np.isnan(on_jax.outputs(w, tokens, targets)), [False, True])
    targets[1] = wrong
    np.testing.assert_array_equal(np.isnan(on_jax.outputs(w, tokens[:1], targets[1:])), [True])
    only_first = on_jax.loss_and_grad(w, tokens, targets, weights=np.array([1.0, 0.0]))[1][:15]
    assert not np.asarray(only_first).reshape(5, 3)[[0, 3, 4]].any()


def attention(positions: int) -> Program:
    """One head, over all positions up to each, as a student writes it: rows of unequal length."""
    x = array(RNG.normal(size=(positions, 3)), label="x")
    weights = {name: array(RNG.normal(size=(2, 3)), label=name) for name in ("wq", "wk", "wv")}
    q, k, v = ([weights[name] @ row for row in x] for name in ("wq", "wk", "wv"))
    terms = []
    for t in range(positions):
        z = array([q[t] @ k[u] for u in range(t + 1)])
        p = exp(z - logsumexp(*z))
        out: Any = sum([p[u] * v[u] for u in range(t + 1)])
        terms.append((out**2).sum())
    return compile(summation(*terms), inputs=[x], parameters=weights)


def test_attention_with_a_causal_softmax() -> None:
    program = attention(6)
    assert program.fused is not None
    assert program.fused.has_masks
    assert not program.to("jax").is_tape
    assert_agrees(program, RNG.normal(size=(4, 6, 3)))


def test_a_place_of_no_scalar_beside_an_infinity() -> None:
    """0 * inf is nan where the graph has nothing: computed again, under JAX's transformations too."""
    a, b = Value(0.5, label="a"), Value(2.0, label="b")
    x, v = array([1.0] * 4, label="x"), array([1.0] * 4, label="v")
    scores = [[exp(a * x[t] * x[u]) for u in range(t + 1)] for t in range(4)]
    sums = [summation(*[score * v[u] for u, score in enumerate(row)]) for row in scores]
    program = compile(b * summation(*map(step, sums)), inputs=[x, v], parameters=[a, b])
    assert program.fused is not None
    assert program.fused.has_masks
    X, V = RNG.normal(size=(3, 4)), np.abs(RNG.normal(size=(3, 4)))
    V[1, 3] = np.inf
    on_jax, w = program.to("jax"), program.parameters
    np.testing.assert_array_equal(on_jax.outputs(w, X, V), [8.0, 8.0, 8.0])
    loss, gradient = on_jax.loss_and_grad(w, X, V)
    assert (loss, gradient.tolist()) == (8.0, [0.0, 4.0])
    assert on_jax.loss(w, X, V) == 8.0
    assert np.isnan(on_jax.plain_loss(w, X, V))
    each = jax.vmap(jax.grad(on_jax.loss), (None, 0, 0))(w, X[:, None], V[:, None])
    np.testing.assert_array_equal(each, [[0.0, 4.0]] * 3)
    np.testing.assert_array_equal(jax.jit(jax.grad(on_jax.loss_by_tape()))(w, X, V), [0.0, 4.0])


def structured() -> Program:
    x, y, t = array([0.5, -1.0], label="x"), Value(2.0, label="y"), array([[1.0, 2.0]] * 3, label="t")
    W, b = array(RNG.normal(size=(3, 2)), label="W"), array(RNG.normal(size=3), label="b")
    h = tanh(W @ x + b)
    loss = summation(*[(t[i] @ x - y * h[i]) ** 2 for i in range(3)])
    return compile(loss, inputs={"data": [x, y], "t": t}, parameters={"b": b, "W": W})


def test_inputs_and_gradients_in_the_structure_of_the_call() -> None:
    program, count = structured(), 5
    X: Any = {
        "data": [RNG.normal(size=(count, 2)), RNG.normal(size=count)],
        "t": RNG.normal(size=(count, 3, 2)),
    }
    gradient = assert_agrees(program, X)
    found = program.unflatten(gradient)
    assert found["W"].shape == (3, 2)
    np.testing.assert_array_equal(found["W"], np.asarray(gradient)[3:].reshape(3, 2))
    on_jax, w = program.to("jax"), program.parameters
    by_inputs = jax.jit(jax.grad(on_jax.loss, argnums=1))(w, X)
    h = 1e-6
    up, down = ({**X, "t": X["t"] + shift} for shift in (h, -h))
    change = (program(up).mean() - program(down).mean()) / (2 * h)
    assert by_inputs["t"].sum() == pytest.approx(change, rel=1e-6)
    each = jax.vmap(jax.grad(on_jax.loss), (None, 0))(w, jax.tree.map(lambda x: x[:, None], X))
    np.testing.assert_allclose(each, program.loss_and_grad(X, per_example=True)[1], rtol=1e-10)


def test_wrong_structures_are_told_as_by_the_program_itself() -> None:
    program = structured()
    right = {"data": [np.zeros((2, 2)), np.zeros(2)], "t": np.zeros((2, 3, 2))}
    wrong: list[Any] = [
        {**right, "t": np.zeros((2, 2, 3))}, {**right, "t": np.zeros((1, 3, 2))}, {"t": right["t"]}, [right],
        {**right, "t": np.zeros((2, 3, 2), dtype=complex)}, None,
    ]  # fmt: skip
    for X in wrong:
        errors = []
        for run in (program, lambda X: program.to("jax").outputs(program.parameters, X)):
            with pytest.raises((TypeError, ValueError)) as error:
                run(X)
            errors.append((error.type, str(error.value)))
        assert errors[0] == errors[1]
    with pytest.raises(TypeError, match=r"takes 1 argument\(s\) for its inputs \(x, y and t\), got 2"):
        program.to("jax").loss(program.parameters, right, np.ones(2))  # weights are named


def test_zero_times_an_infinite_input_is_nan_as_on_numpy() -> None:
    """Though the product with 0 was dropped, like padding."""
    w, x = array([2.0, 0.5], label="w"), array([0.0, 0.0], label="x")
    program = compile((0 * x + tanh(x) * w).sum(), inputs=[x], parameters=[w])
    X = np.array([[1.0, 2.0], [np.inf, 1.0], [0.5, 0.0]])
    on_jax = program.to("jax")
    expected, (loss, gradient) = program(X), program.loss_and_grad(X)
    assert np.isnan(expected).tolist() == [False, True, False]
    np.testing.assert_allclose(on_jax.outputs(program.parameters, X), expected, rtol=1e-12)
    found_loss, found = on_jax.loss_and_grad(program.parameters, X)
    assert np.isnan([loss, float(found_loss)]).all()
    np.testing.assert_allclose(found, gradient, rtol=1e-12)
    assert on_jax.outputs(program.parameters, X[:0]).shape == (0,)
