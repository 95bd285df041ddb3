"""The backward lines: what they must contain, and that what is not needed is not there."""

from __future__ import annotations

import numpy as np

from autograd import Value, array, compile, summation, tanh
from autograd.compiler.fuse import fuse
from autograd.compiler.gradients import Backward
from autograd.compiler.trace import trace
from nn import MLP, Convolution, Layer, l2_penalty, squared_error
from tests.compiler.agreement import assert_agrees, compiled
from tests.compiler.layouts import body_of


def test_two_matrix_products_per_layer_and_one_for_the_first() -> None:
    """The gradient of W and that of what came from below; the inputs need none."""
    model = MLP(3, [4, 4, 2], np.random.default_rng(0))
    program = compiled(lambda x: squared_error(model(x), [0.0, 1.0]), np.ones(3), model.parameters())
    lines = body_of(program, "loss_and_gradient")
    assert lines.count("@") + lines.count("matmul(") == 3 + 3 + 2
    assert "dx" not in lines


def test_nothing_is_computed_for_what_does_not_learn() -> None:
    x, p, frozen = Value(2.0, label="x"), Value(1.0, label="p"), Value(3.0, label="frozen")
    program = compile(p * tanh(x * frozen), inputs=[x, frozen], parameters=[p])
    lines = body_of(program, "loss_and_gradient")
    assert "1 - " not in lines, "tanh's derivative"


def test_the_gradient_is_written_in_place_into_one_vector() -> None:
    model = MLP(3, [4, 1], np.random.default_rng(0), bias=False)
    program = compiled(lambda x: squared_error(model(x), 1.0), np.ones(3), model.parameters())
    assert "out=dW1)" in program.source
    assert "out=dW2)" in program.source


def test_what_the_last_call_left_in_it_does_not_count() -> None:
    """Every place is set before it is added to, also where several contributions overlap."""
    rng = np.random.default_rng(0)
    W = array(rng.normal(size=(3, 3)), label="W")
    parameters = list(W.ravel())

    def loss(x: list[Value]) -> Value:
        h = W @ tanh(W @ np.array(x)) + W[0] * W[1, 2]
        return summation(*h, W[0, 0] * W[0, 0], W[2, 1]) + l2_penalty(parameters[2:7], 0.3)  # type: ignore[no-any-return]

    X = rng.normal(size=(4, 3))
    program = assert_agrees(loss, X, parameters)
    first = program.loss_and_grad(X)[1]
    program.loss_and_grad(100 * X)
    assert (program.loss_and_grad(X)[1] == first).all()


def test_contributions_to_overlapping_parts_of_the_parameters() -> None:
    rng = np.random.default_rng(0)
    p: list[Value] = list(array(rng.normal(size=8), label="p"))

    def loss(x: list[Value]) -> Value:
        a = summation(*[w * v for w, v in zip(p[:4], x, strict=True)])
        b = summation(*[w * v for w, v in zip(p[2:6], x, strict=True)])
        c = summation(*[w * v for w, v in zip(p[::2], x, strict=True)])
        d = summation(*[w * v for w, v in zip(p[::-1][:4], x, strict=True)])
        return tanh(a) + tanh(b) * tanh(c) + tanh(d) + summation(*[w**2 for w in p[1:7]])

    assert_agrees(loss, rng.normal(size=(5, 4)), p)


def test_one_matrix_and_its_own_penalty() -> None:
    """Two contributions of other shapes to the same parameters: a matrix, and a column."""
    layer = Layer(3, 2, None, np.random.default_rng(0), bias=False)

    def loss(x: list[Value]) -> Value:
        return squared_error(layer(x), [0.0, 1.0]) + l2_penalty(layer.parameters(), 0.1)

    assert_agrees(loss, np.random.default_rng(1).normal(size=(4, 3)), layer.parameters())


def test_gradients_per_example_of_a_convolution() -> None:
    """One matrix product of all examples together becomes one for each."""
    rng = np.random.default_rng(0)
    convolution = Convolution(1, 2, 2, rng=rng)

    def loss(x: list[Value]) -> Value:
        out = convolution(np.reshape(np.array(x, dtype=object), (3, 3)))
        return summation(*tanh(out).ravel())

    assert_agrees(loss, rng.normal(size=(6, 9)), convolution.parameters())


def test_it_is_a_stage_of_its_own() -> None:
    w, x = Value(2.0, label="w"), Value(3.0, label="x")
    code = Backward(fuse(trace([tanh(w * x)], [x], [w]))).emit()
    assert [str(line) for line in code.forward] == ["v1 = w * x", "v2 = tanh(v1)"]
    backward = [str(line) for line in code.backward]
    assert backward[0] == "dv1 = dloss * (1 - v2**2)"
    assert "dv1 * x" in backward[-1]
