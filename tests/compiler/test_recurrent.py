"""A network over time: all steps' inputs in one product, and the states one after the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Value, array, compile, data_of, grad_of, tanh
from tests.compiler.agreement import on_arrays
from tests.compiler.layouts import indices_of, lines_of

STEPS = 3
RNG = np.random.default_rng(0)


def loss_of(W: Any, U: Any, b: Any, v: Any, x: Any, y: Any) -> Any:
    h = tanh(U @ x[0] + b)
    for t in range(1, STEPS):
        h = tanh(W @ h + U @ x[t] + b)
    return (v @ h - y) ** 2


def test_backpropagation_through_time_is_written_as_by_hand() -> None:
    W, U = array(RNG.normal(size=(3, 3)), label="W"), array(RNG.normal(size=(3, 2)), label="U")
    b, v = array(RNG.normal(size=3), label="b"), array(RNG.normal(size=3), label="v")
    x, y = array(np.zeros((STEPS, 2)), label="x"), Value(0.0, label="y")
    parameters = [*W.flat, *U.flat, *b, *v]
    program = compile(loss_of(W, U, b, v, x, y), inputs=[*x.flat, y], parameters=parameters)
    lines = lines_of(program)
    for line in (
        "z1 = (U @ rows).reshape(3, 3, -1) + b",
        "h1 = tanh(z1[:, 0])",
        "h2 = tanh(W @ h1 + z1[:, 1])",
        "h3 = tanh(W @ h2 + z1[:, 2])",
    ):
        assert line in lines
    assert sum("W.T @ d" in line for line in lines) == 2
    assert indices_of(program) == []

    on_arrays(program)
    X = RNG.normal(size=(4, 2 * STEPS + 1))
    loss, gradient = program.loss_and_grad(X)
    losses, gradients = [], []
    for row in X:
        for parameter in parameters:
            parameter.grad = 0.0
        one = loss_of(W, U, b, v, row[:-1].reshape(STEPS, 2), row[-1])
        one.backward()
        losses.append(one.data)
        gradients.append(grad_of(parameters))
    np.testing.assert_allclose(loss, np.mean(losses), rtol=1e-12)
    np.testing.assert_allclose(gradient, np.mean(gradients, axis=0), rtol=1e-10)
    assert data_of(parameters).tolist() == program.parameters.tolist()
