"""The lectures' systems as parts of nn: each gives what the lecture's own formula gives, gradients too."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from autograd import Value, array, data_of, exp, grad_of, jacobian, leaky_relu, relu, sigmoid, tanh
from nn import Layer, Neuron
from nn.activations import Swish, identity, selu, softmax
from nn.containers import Residual, Sequential
from nn.convolution import Convolution
from nn.init import he_normal, he_uniform, xavier_normal, xavier_uniform
from nn.losses import cross_entropy, half_squared_error, l2_penalty, squared_error
from nn.optim import SGD, Adam
from nn.perceptron import AND, NAND, OR, XOR, Perceptron
from tests.lectures.printed import assert_all_printed, assert_printed

Floats = npt.NDArray[np.float64]
CORNERS = [(1, 1), (1, 0), (0, 1), (0, 0)]


def linear(rows: list[list[float]], biases: list[float] | None, activation: Any = None) -> Layer:
    """A layer of chosen weights."""
    layer = Layer(len(rows[0]), len(rows), activation, bias=biases is not None)
    layer.load_state_dict({"weight": rows} | ({} if biases is None else {"bias": biases}))
    return layer


def test_lecture_000_the_relu_network_with_one_step_of_sgd() -> None:
    model = Sequential(linear([[-0.9, 0.9], [0.0, 0.9]], None, relu), linear([[-0.9, 0.9]], None))
    optimizer = SGD(model.parameters(), lr=0.2)
    loss = squared_error(model([1, 1]), 1)
    loss.backward()
    assert_printed(loss.data, "0.0361")
    optimizer.step()
    assert_all_printed(data_of(model.parameters()).tolist(), "-0.9 0.9 0.0684 0.9684 -0.9 0.9684")
    assert_printed(model([1, 1])[0].data, "1.004")


def test_lecture_001_the_sigmoid_network_with_one_step_of_sgd() -> None:
    model = Sequential(
        linear([[0.15, 0.2], [0.2, 0.3]], [0.1, 0.2], sigmoid),
        linear([[0.4, 0.5], [0.45, 0.55]], [0.2, 0.1], sigmoid),
    )
    loss = half_squared_error(model([0.12, 0.3]), [0.1, 0.9])
    loss.backward()
    assert_printed(loss.data, "0.191088")
    SGD(model.parameters(), lr=0.5).step()
    assert_printed(model.parts[0].neurons[0].w[0].data, "0.149611")  # type: ignore[attr-defined]
    assert_printed(model.parts[1].neurons[0].w[0].data, "0.365699")  # type: ignore[attr-defined]
    assert_printed(half_squared_error(model([0.12, 0.3]), [0.1, 0.9]).data, "0.175838")


def test_lecture_001_hidden_lines_and_lecture_002_perceptrons() -> None:
    assert [OR(corner).data for corner in CORNERS] == [1, 1, 1, 0]
    assert [NAND(corner).data for corner in CORNERS] == [0, 1, 1, 1]
    assert [XOR(corner).data for corner in CORNERS] == [0, 1, 1, 0]
    assert [AND([OR(corner), NAND(corner)]).data for corner in CORNERS] == [0, 1, 1, 0]
    perceptron = Perceptron.of([1.0, 1.0], -1.5)
    assert [perceptron(corner).data for corner in CORNERS] == [1, -1, -1, -1]


def test_lecture_001_partially_connected_layer() -> None:
    x = array([0.5, -1.0, 2.0])
    present = np.array([[True, True, False], [False, False, True]])
    layer = Layer(3, 2, tanh, connections=present)
    assert ((jacobian(layer(x), x) != 0) == present).all()
    assert len(layer.parameters()) == 3 + 2


@pytest.mark.parametrize(
    ("init", "variance"),
    [
        (xavier_uniform, 2 / (300 + 100)),
        (xavier_normal, 2 / (300 + 100)),
        (he_uniform, 2 / 300),
        (he_normal, 2 / 300),
    ],
)
def test_lecture_001_xavier_and_he_initialisation(init: Callable[..., Floats], variance: float) -> None:
    weights = init(300, 100, np.random.default_rng(0))
    assert weights.shape == (100, 300)
    assert weights.mean() == pytest.approx(0, abs=5 * math.sqrt(variance / weights.size))
    assert weights.var() == pytest.approx(variance, rel=0.03)


def test_lecture_001_he_keeps_a_relu_signal_and_a_tenth_of_it_loses_it() -> None:
    """Through ten layers of 64 neurons, the mean square of the pre-activations."""
    rng = np.random.default_rng(0)

    def after_ten_layers(scale: float) -> float:
        v = rng.normal(size=64) * math.sqrt(2)  # of mean square 2, as He's rule keeps it
        z = v
        for _ in range(10):
            z = scale * he_normal(64, 64, rng) @ v
            v = np.maximum(z, 0)
        return float(np.mean(z**2))

    assert 0.2 < after_ten_layers(1.0) < 20
    assert after_ten_layers(0.1) < 1e-15


ALPHA, LAMBDA = 1.6732632423543772, 1.0507009873554805


@pytest.mark.parametrize("number", [-2.5, -0.1, 0.3, 4.0])
def test_lecture_000_and_001_activations(number: float) -> None:
    e = math.exp(number)
    p = 1 / (1 + math.exp(-1.5 * number))
    above = number > 0
    cases: list[tuple[Callable[[Any], Any], float, float]] = [
        (identity, number, 1),
        (leaky_relu, number if above else 0.01 * number, 1 if above else 0.01),
        (selu, LAMBDA * (number if above else ALPHA * e - ALPHA), LAMBDA * (1 if above else ALPHA * e)),
        (Swish(1.5), number * p, p + 1.5 * number * p * (1 - p)),
    ]
    for function, out, slope in cases:
        x = Value(number)
        y = function(x)
        y.backward()
        assert y.data == pytest.approx(out, rel=1e-12)
        assert x.grad == pytest.approx(slope, rel=1e-12)


def test_lecture_000_beta_of_swish_is_trained() -> None:
    """Towards targets made with beta = 2, from beta = 0.5."""
    swish = Swish(0.5)
    optimizer = Adam(swish.parameters(), lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        for x in (-1.0, -0.5, 0.5, 1.0):
            squared_error(swish(x), x / (1 + math.exp(-2 * x))).backward()
        optimizer.step()
    assert swish.beta.data == pytest.approx(2, abs=1e-3)


def test_lecture_001_softmax_and_cross_entropy_of_the_printed_outputs() -> None:
    outputs = array([-5.0, -1.0, 1.0, 5.0])
    assert_all_printed(data_of(softmax(outputs)).tolist(), "0.00004 0.00243 0.01794 0.97959")
    assert_printed(cross_entropy(outputs, [0, 0, 0, 1]).data, "0.0206256")


def test_lecture_003_residual_is_its_block_plus_x() -> None:
    block = linear([[0.5, -1.0], [2.0, 0.25]], [0.1, -0.2], tanh)
    x = array([0.3, -0.7])
    H = Residual(block)(x)
    np.testing.assert_allclose(data_of(H), data_of(block(x)) + data_of(x), rtol=1e-15)
    np.testing.assert_allclose(jacobian(H, x), jacobian(block(x), x) + np.eye(2), rtol=1e-14)


def test_lecture_003_deep_residual_network_keeps_the_gradient_that_the_plain_one_loses() -> None:
    def first_gradient(wrap: Callable[[Layer], Callable[[Any], Any]]) -> float:
        rng = np.random.default_rng(0)
        layers = [
            Layer(4, 4, tanh, rng, init=lambda n, m, rng: rng.normal(0, 0.2, (m, n))) for _ in range(16)
        ]
        output = Sequential(*map(wrap, layers))([0.5, -0.5, 1.0, -1.0])
        squared_error(output, [0.0] * 4).backward()
        return float(np.linalg.norm(grad_of(layers[0].parameters())))

    assert first_gradient(lambda layer: layer) < 1e-6
    assert first_gradient(Residual) > 0.1


def test_lecture_003_tied_weights_of_the_exam_count_once() -> None:
    """w1 of the first neuron and w4 of the second are one Value: dE/dw_tied = 50, as by hand."""
    first, second = Neuron.of([0.0], None, sigmoid), Neuron.of([0.0], None, sigmoid)
    second.w[0] = first.w[0]
    output = Neuron.of([4.0, 8.0], None)
    squared_error(output([first([1.0]), second([2.0])]), 1).backward()
    assert first.w[0].grad == 50.0


def test_lecture_003_ridge_penalty() -> None:
    w = array([1.0, -2.0])
    penalty = l2_penalty(list(w), 0.5)
    penalty.backward()
    assert penalty.data == 2.5
    np.testing.assert_array_equal(grad_of(w), [1.0, -2.0])


def test_lecture_004_every_place_of_a_convolution_is_the_one_step() -> None:
    """A 5x5x3 filter on a 7x6x3 corner of the image: 3 x 2 dot products of 75 numbers."""
    rng = np.random.default_rng(4)
    image = rng.normal(size=(3, 7, 6))
    convolution = Convolution(3, 1, 5, rng=rng)
    weights = convolution.state_dict()["weight"][0]
    outputs = convolution(image)
    assert outputs.shape == (1, 3, 2)
    for i in range(3):
        for j in range(2):
            step = np.sum(weights * image[:, i : i + 5, j : j + 5])
            assert outputs[0, i, j].data == pytest.approx(step, rel=1e-12)


@pytest.mark.parametrize("depth", [2, 3])
def test_lecture_004_relu_networks(depth: int) -> None:
    """o = W2 max{0, W1 x}, and one layer more."""
    rng = np.random.default_rng(0)
    layers = [Layer(3, 3, relu if place + 1 < depth else None, rng, bias=False) for place in range(depth)]
    x = np.array([1.0, -2.0, 0.5])
    expected = x
    for place, layer in enumerate(layers):
        expected = data_of(layer.weight) @ (np.maximum(0, expected) if place else expected)
    np.testing.assert_allclose(data_of(Sequential(*layers)(x)), expected, rtol=1e-12)


def test_softmax_by_its_slide() -> None:
    y = array([0.5, -1.0, 2.0])
    np.testing.assert_allclose(data_of(softmax(y)), data_of(exp(y) / exp(y).sum()), rtol=1e-14)
