"""Lecture 004: ReLU networks of two and three layers, and the activation functions compared."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, array, data_of, grad_of, maximum, sigmoid, tanh

numbers = st.floats(-8, 8)


# -- Neural Networks ----------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [(3, 4, 2), (3, 4, 5, 2)], ids=["2 layer network", "3 layer network"])
def test_neural_networks_of_relu_layers(sizes: tuple[int, ...]) -> None:
    """o = W2 max{0, W1 x}, o = W3 max{0, W2 max{0, W1 x}}, and dL/dW1 through the ReLU Jacobians."""
    rng = np.random.default_rng(7)
    weights = [array(rng.normal(size=(m, d))) for d, m in pairwise(sizes)]
    x = np.array([1.0, -2.0, 0.5])
    o = weights[0] @ x
    for W in weights[1:]:
        o = W @ maximum(0.0, o)
    (o**2).sum().backward()

    outputs = [data_of(weights[0]) @ x]
    for W in weights[1:]:
        outputs.append(data_of(W) @ np.maximum(0, outputs[-1]))
    np.testing.assert_allclose(data_of(o), outputs[-1], rtol=1e-12)
    upstream = 2 * outputs[-1]
    for W, h in zip(reversed(weights[1:]), reversed(outputs[:-1]), strict=True):
        upstream = (h > 0) * (data_of(W).T @ upstream)
    np.testing.assert_allclose(grad_of(weights[0]), np.outer(upstream, x), rtol=1e-12)


# -- Activation Functions -----------------------------------------------------------------------


@given(numbers)
def test_activation_functions_tanh_is_centred_and_sigmoid_is_not(number: float) -> None:
    e, inverse = math.exp(number), math.exp(-number)
    assert tanh(number) == pytest.approx((e - inverse) / (e + inverse), rel=1e-9, abs=1e-12)
    assert tanh(number) == pytest.approx(-tanh(-number))
    assert sigmoid(number) + sigmoid(-number) == pytest.approx(1.0), "centred on 1/2, not on 0"


@pytest.mark.parametrize("number", [-40.0, 40.0])
def test_pros_and_cons_saturated_neurons_kill_gradients(number: float) -> None:
    y = Value(number)
    sigmoid(y).backward()
    assert 0 <= y.grad < 1e-16
