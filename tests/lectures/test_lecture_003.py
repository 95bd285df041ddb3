"""Lecture 003: deep nets, their losses and optimisers, the exam's tied weights, residual networks."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, array, data_of, exp, grad_of, jacobian, log, relu, sigmoid, tanh
from nn.losses import binary_cross_entropy_with_logits, cross_entropy, squared_error
from nn.optim import SGD, Adam

logits = st.floats(-30, 30)


# -- Forward Pass -------------------------------------------------------------------------------


def test_forward_pass_of_nested_layers_and_its_chain_of_jacobians() -> None:
    """f(x, W) = phi(W3 phi(W2 phi(W1 x))), and dL/dW1 by the product of the Jacobians between."""
    rng = np.random.default_rng(3)
    weights = [array(rng.normal(size=shape)) for shape in ((4, 3), (5, 4), (2, 5))]
    x = np.array([0.5, -1.0, 2.0])
    v, z = [array(x)], []
    for W in weights:
        z.append(W @ v[-1])
        v.append(tanh(z[-1]))
    by_hand = x
    for W in weights:
        by_hand = np.tanh(data_of(W) @ by_hand)
    np.testing.assert_allclose(data_of(v[-1]), by_hand, rtol=1e-12)

    loss = squared_error(v[-1], [1.0, -1.0])
    chain = jacobian(loss, v[3])
    for layer in (2, 1):
        chain = chain @ jacobian(v[layer + 1], z[layer]) @ jacobian(z[layer], v[layer])
    chain = chain @ jacobian(v[1], z[0]) @ jacobian(z[0], weights[0])
    loss.backward()
    np.testing.assert_allclose(chain[0], grad_of(weights[0]).ravel(), rtol=1e-12)


# -- Training Neural nets -----------------------------------------------------------------------


def test_training_neural_nets_sgd_subtracts_eta_times_the_gradient() -> None:
    W = array([1.0, -2.0])
    (W[0] ** 2 * W[1]).backward()  # gradient (2 w0 w1, w0^2) = (-4, 1)
    SGD(list(W), lr=0.1).step()
    np.testing.assert_allclose(data_of(W), [1.4, -2.1], rtol=1e-15)


def test_training_neural_nets_adam_by_its_formulas() -> None:
    """m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, each divided by 1 - b^t, on (w - 3)^2."""
    w = Value(0.0)
    optimizer = Adam([w], lr=0.1)
    expected = m = v = 0.0
    for t in range(1, 6):
        optimizer.zero_grad()
        ((w - 3) ** 2).backward()
        optimizer.step()
        g = 2 * (expected - 3)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        expected -= 0.1 * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
        assert w.data == pytest.approx(expected, rel=1e-12)
        if t == 1:
            assert w.data == pytest.approx(0.1, rel=1e-8), "the first step is lr, whatever the gradient"


# -- Loss Functions -----------------------------------------------------------------------------


def test_loss_functions_regression() -> None:
    y = array([1.0, 5.0])
    loss = squared_error(y, [3.0, 4.0])
    loss.backward()
    assert loss.data == 5.0
    np.testing.assert_array_equal(grad_of(y), [-4.0, 2.0])


@given(y=logits, target=st.sampled_from([0.0, 1.0]))
def test_loss_functions_binary_classification(y: float, target: float) -> None:
    """-y* log(sigma) - (1 - y*) log(1 - sigma), whose derivative by the logit is sigma - y*."""
    plain, stable = Value(y), Value(y)
    p, q = sigmoid(plain), sigmoid(-plain)  # q = 1 - p, without its cancellation
    slide = -target * log(p) - (1 - target) * log(q)
    loss = binary_cross_entropy_with_logits(stable, target)
    slide.backward()
    loss.backward()
    assert loss.data == pytest.approx(slide.data, rel=1e-12, abs=1e-14)
    assert stable.grad == pytest.approx(plain.grad, rel=1e-12, abs=1e-14)
    assert stable.grad == pytest.approx(1 / (1 + math.exp(-y)) - target, rel=1e-9, abs=1e-12)


@given(st.lists(logits, min_size=2, max_size=5), st.data())
def test_loss_functions_multi_class_classification(y: list[float], data: st.DataObject) -> None:
    """-sum y*_i log(softmax(y)_i), for a one-hot y*: its derivative is softmax(y) - y*."""
    label = data.draw(st.integers(0, len(y) - 1))
    one_hot = np.eye(len(y))[label]
    plain, stable = array(y), array(y)
    exponentials = exp(plain)
    slide = -(one_hot * log(exponentials / exponentials.sum())).sum()
    loss = cross_entropy(stable, one_hot)
    slide.backward()
    loss.backward()
    softmax = np.exp(y) / np.exp(y).sum()
    assert loss.data == pytest.approx(slide.data, rel=1e-9, abs=1e-12)
    np.testing.assert_allclose(grad_of(stable), softmax - one_hot, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(grad_of(plain), softmax - one_hot, rtol=1e-9, atol=1e-12)


# -- Exam question: Exam 2016, Question 5 -------------------------------------------------------

exam_numbers = st.lists(st.floats(-3, 3), min_size=11, max_size=11)


@given(exam_numbers)
def test_exam_question_tied_weights_by_hand_and_by_engine(numbers: list[float]) -> None:
    """dE/dw_tied = 2 (f - y) (u1 h1 (1 - h1) x1 + u2 h2 (1 - h2) x2), by every number."""
    x1, x2, x3, y, *rest = numbers
    tied, w3, w5, w2, w6, u1, u2 = map(Value, rest)
    h1 = sigmoid(tied * x1 + w3 * x2 + w5 * x3)
    h2 = sigmoid(w2 * x1 + tied * x2 + w6 * x3)
    f = u1 * h1 + u2 * h2
    error = (y - f) ** 2
    error.backward()

    by_hand = 2 * (f.data - y) * (
        u1.data * h1.data * (1 - h1.data) * x1 + u2.data * h2.data * (1 - h2.data) * x2
    )  # fmt: skip
    assert tied.grad == pytest.approx(by_hand, rel=1e-9, abs=1e-12)
    assert f.grad == pytest.approx(2 * (f.data - y), rel=1e-12, abs=1e-15)


def test_exam_question_tied_weights_with_numbers() -> None:
    """x = (1, 2, 3), y = 1, all weights 0 but u = (4, 8): h = 1/2, f = 6, dE/dw = 10 (1 + 4) = 50."""
    tied, u1, u2 = Value(0.0), Value(4.0), Value(8.0)
    h1, h2 = sigmoid(tied * 1), sigmoid(tied * 2)
    error = (1 - (u1 * h1 + u2 * h2)) ** 2
    error.backward()
    assert (error.data, tied.grad) == (25.0, 50.0)
    untied = [Value(0.0), Value(0.0)]
    ((1 - (u1 * sigmoid(untied[0] * 1) + u2 * sigmoid(untied[1] * 2))) ** 2).backward()
    assert [w.grad for w in untied] == [10.0, 40.0], "tied, they are added"


# -- ResNets ------------------------------------------------------------------------------------


@given(st.floats(-5, 5), st.floats(-2, 2))
def test_resnets_a_residual_has_the_derivative_of_its_block_plus_1(number: float, weight: float) -> None:
    plain, residual = Value(number), Value(number)
    tanh(weight * plain).backward()
    (tanh(weight * residual) + residual).backward()
    assert residual.grad == pytest.approx(plain.grad + 1, rel=1e-14)


def test_resnets_a_residual_of_vectors_adds_the_identity() -> None:
    x = array([0.5, -1.0, 2.0])
    F = tanh(np.random.default_rng(0).normal(size=(3, 3)) @ x)
    np.testing.assert_allclose(jacobian(F + x, x), jacobian(F, x) + np.eye(3), rtol=1e-14)


def first_layer_gradient(depth: int, *, residual: bool) -> float:
    """|dL/dW1| of a tanh network of width 4; only the forward pass knows which of both it is."""
    rng = np.random.default_rng(0)
    weights = [array(rng.normal(scale=0.2, size=(4, 4))) for _ in range(depth)]
    v = array([0.5, -0.5, 1.0, -1.0])
    for W in weights:
        v = tanh(W @ v) + v if residual else tanh(W @ v)
    v.sum().backward()
    return float(np.linalg.norm(grad_of(weights[0])))


def test_vanishing_gradients_plain_and_residual_as_depth_grows() -> None:
    depths = (2, 4, 8, 16)
    plain = [first_layer_gradient(depth, residual=False) for depth in depths]
    residual = [first_layer_gradient(depth, residual=True) for depth in depths]
    assert all(deeper < shallower / 2 for shallower, deeper in pairwise(plain))
    assert plain[-1] < 1e-5 * plain[0]
    assert min(residual) > 0.1 * residual[0]


@pytest.mark.parametrize(("f", "saturated"), [(sigmoid, 20.0), (tanh, 20.0), (relu, -20.0)])
def test_vanishing_gradients_of_saturated_activations(f: Callable[[Value], Value], saturated: float) -> None:
    x = Value(saturated)
    f(x).backward()
    assert 0 <= x.grad < 1e-8
