"""Lecture 000: activation functions, the bias trick, the notebook's training loop, numerator layout."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, array, data_of, exp, grad_of, jacobian, leaky_relu, maximum, relu, sigmoid, where
from autograd import step as binary_step
from nn import MLP
from nn.losses import batch_mean, squared_error
from nn.optim import SGD

numbers = st.floats(-8, 8)
not_zero = numbers.filter(lambda x: abs(x) > 1e-6)

# Klambauer et al. 2017, arXiv:1706.02515
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


# -- Activation Functions -----------------------------------------------------------------------


def test_activation_functions_identity_everywhere_is_one_linear_layer() -> None:
    rng = np.random.default_rng(0)
    W1, W2 = array(rng.normal(size=(4, 3))), array(rng.normal(size=(2, 4)))
    x = array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(data_of(W2 @ (W1 @ x)), data_of(W2 @ W1) @ data_of(x), rtol=1e-12)
    np.testing.assert_allclose(jacobian(W2 @ (W1 @ x), x), data_of(W2) @ data_of(W1), rtol=1e-12)


@given(not_zero, st.floats(0, 1))
def test_activation_functions_leaky_relu(number: float, alpha: float) -> None:
    x = Value(number)
    y = leaky_relu(x, alpha)
    y.backward()
    assert y.data == (number if number >= 0 else alpha * number)
    assert x.grad == (1 if number >= 0 else alpha)


def selu(x: Value) -> Value:
    """lambda x above 0, lambda (alpha e^x - alpha) below."""
    below = SELU_ALPHA * exp(x) - SELU_ALPHA
    y: Value = SELU_SCALE * where(binary_step(x), x, below)
    return y


@given(not_zero)
def test_activation_functions_selu(number: float) -> None:
    x = Value(number)
    y = selu(x)
    y.backward()
    above = number > 0
    expected = number if above else SELU_ALPHA * math.exp(number) - SELU_ALPHA
    assert y.data == pytest.approx(SELU_SCALE * expected, rel=1e-12, abs=1e-15)
    assert x.grad == pytest.approx(SELU_SCALE * (1 if above else SELU_ALPHA * math.exp(number)), rel=1e-12)


def test_activation_functions_selu_keeps_zero_mean_and_unit_variance() -> None:
    """E[selu(z)] = 0 and E[selu(z)^2] = 1 for a standard normal z, by the trapezoid rule."""
    z = np.linspace(-10, 10, 4001)
    outputs = np.array([selu(Value(each)).data for each in z])
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    assert np.trapezoid(outputs * density, z) == pytest.approx(0, abs=1e-5)
    assert np.trapezoid(outputs**2 * density, z) == pytest.approx(1, abs=1e-5)
    relu_mean = np.trapezoid(np.maximum(z, 0) * density, z)
    assert relu_mean == pytest.approx(1 / math.sqrt(2 * math.pi), abs=1e-5), "ReLU shifts it"


@given(numbers, st.floats(-3, 3))
def test_activation_functions_swish_with_trainable_beta(number: float, slope: float) -> None:
    x, beta = Value(number), Value(slope)
    y = x * sigmoid(beta * x)
    y.backward()
    p = 1 / (1 + math.exp(-slope * number))
    assert y.data == pytest.approx(number / (1 + math.exp(-slope * number)), rel=1e-12)
    assert x.grad == pytest.approx(p + slope * number * p * (1 - p), rel=1e-9, abs=1e-12)
    assert beta.grad == pytest.approx(number**2 * p * (1 - p), rel=1e-9, abs=1e-12)


def test_activation_functions_swish_beta_0_halves_and_a_large_beta_is_relu() -> None:
    for number in (-2.0, -0.5, 0.5, 2.0):
        x = Value(number)
        assert (x * sigmoid(0 * x)).data == number / 2
        assert (x * sigmoid(100 * x)).data == pytest.approx(relu(x).data, abs=1e-20)


# -- Multilayer Perceptrons: the bias trick -----------------------------------------------------


@given(st.lists(numbers, min_size=3, max_size=3), st.lists(numbers, min_size=3, max_size=3), numbers)
def test_bias_trick_a_first_input_of_1_makes_its_weight_the_bias(
    w: list[float], x: list[float], bias: float
) -> None:
    extended, weights, b = array([bias, *w]), array(w), Value(bias)
    with_trick: Any = extended @ [1.0, *x]
    without: Any = weights @ x + b
    with_trick.backward()
    without.backward()
    assert with_trick.data == pytest.approx(without.data, rel=1e-9, abs=1e-12)
    np.testing.assert_array_equal(grad_of(extended), [b.grad, *grad_of(weights)])


# -- Second session: Code a simple neural network -----------------------------------------------


def test_code_a_simple_neural_network_on_and() -> None:
    """Data, weights and biases, the training loop with its updates, and the result."""
    X, y = [(0, 0), (0, 1), (1, 0), (1, 1)], [0, 0, 0, 1]
    model = MLP(2, [4, 1], rng=np.random.default_rng(1))
    optimizer = SGD(model.parameters(), lr=0.2)
    losses = []
    for _ in range(200):
        loss = batch_mean(squared_error, [model(x) for x in X], y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    assert losses[-1] < 0.01 < losses[0]
    assert [round(float(data_of(model(x)))) for x in X] == y


def test_gradient_descent_batch_uses_all_examples_and_stochastic_one() -> None:
    """A batch step moves by the mean of the steps that each example alone would make."""
    X, y = np.array([[0, 1], [1, 0], [1, 1]]), [0.0, 0.0, 1.0]

    def moved(chosen: list[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        w = array([0.5, -0.25])
        batch_mean(squared_error, [w @ X[i] for i in chosen], [y[i] for i in chosen]).backward()
        SGD(list(w), lr=0.1).step()
        return data_of(w)

    np.testing.assert_allclose(moved([0, 1, 2]), np.mean([moved([i]) for i in range(3)], axis=0), rtol=1e-12)
    assert len({tuple(moved([i])) for i in range(3)}) == 3


# -- Backup slide: numerator layout -------------------------------------------------------------


def test_backup_slide_numerator_layout() -> None:
    rng = np.random.default_rng(2)
    a, b, A = rng.normal(size=3), rng.normal(size=4), rng.normal(size=(2, 3))
    x, X = array(rng.normal(size=3)), array(rng.normal(size=(3, 4)))
    np.testing.assert_allclose(jacobian(a @ x, x), a[np.newaxis, :], rtol=1e-15)  # d a^T x / dx = a^T
    np.testing.assert_allclose(jacobian(A @ x, x), A, rtol=1e-15)  # d Ax / dx = A
    scalar: Any = a @ X @ b
    scalar.backward()
    np.testing.assert_allclose(grad_of(X).T, np.outer(b, a), rtol=1e-14)  # d a^T X b / dX = b a^T
    assert grad_of(X).shape == (3, 4), "the gradient itself has the shape of X"


def test_max_with_0_is_relu_but_for_its_slope_at_the_kink() -> None:
    kink = Value(0.0)
    assert maximum(0.0, kink).local_backward(1.0)[1] == 0.5
    assert kink.relu().local_backward(1.0) == (0.0,)
