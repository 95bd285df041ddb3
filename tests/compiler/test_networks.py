"""Every model of nn with every loss, compiled: as eager, to 1e-10."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Value, gates, summation
from nn import (
    MLP,
    Convolution,
    Layer,
    Module,
    Neuron,
    Perceptron,
    Residual,
    Sequential,
    Swish,
    activations,
    batch_mean,
    binary_cross_entropy_with_logits,
    cross_entropy,
    half_squared_error,
    hinge,
    l2_penalty,
    mean_squared_error,
    softmax,
    squared_error,
)
from tests.compiler.agreement import Floats, Loss, assert_agrees

inf, nan = math.inf, math.nan

# -- models: of (number of inputs, module), which gives one Value or several ---------------------

HOLES = [[True, False, True], [False, True, True], [True, True, False], [False, False, True]]


def image_of(x: Any) -> Any:
    return np.array(x, dtype=object).reshape(-1, 4, 4)


def flat(x: Any) -> Any:
    return x.ravel()


def tied(rng: np.random.Generator) -> Module:
    encoder, decoder = Layer(3, 2, activations.tanh, rng), Layer(2, 3, None, rng)
    decoder.weight = encoder.weight.T
    return Sequential(encoder, decoder)


def recurrent(rng: np.random.Generator) -> Module:
    """The same layer three times over: its parameters at three depths."""
    layer = Layer(3, 3, activations.tanh, rng)
    return Sequential(layer, layer, layer)


def deep_residual(rng: np.random.Generator) -> Module:
    blocks = [
        Residual(Sequential(Layer(3, 4, activations.relu, rng), Layer(4, 3, None, rng))) for _ in range(3)
    ]
    return Sequential(*blocks, Layer(3, 2, None, rng))


def convolutional(rng: np.random.Generator) -> Module:
    first, second = Convolution(1, 2, 2, rng=rng), Convolution(2, 3, 2, stride=2, padding=1, rng=rng)
    return Sequential(image_of, first, activations.relu, second, flat, Layer(12, 2, None, rng))


MODELS: dict[str, tuple[int, Callable[[np.random.Generator], Module]]] = {
    "neuron": (3, lambda rng: Neuron(3, activations.sigmoid, rng)),
    "neuron of one input": (1, lambda rng: Neuron(1, None, rng, bias=False)),
    "perceptron": (3, lambda rng: Perceptron(3, rng)),
    "layer": (3, lambda rng: Layer(3, 4, activations.tanh, rng)),
    "layer without bias": (3, lambda rng: Layer(3, 2, None, rng, bias=False)),
    "partly connected layer": (3, lambda rng: Layer(3, 4, activations.relu, rng, connections=HOLES)),
    "partly connected network": (
        3,
        lambda rng: Sequential(
            Layer(3, 4, activations.tanh, rng, connections=HOLES),
            Layer(4, 3, None, rng, connections=np.transpose(HOLES)),
        ),
    ),
    "hidden layer of one neuron": (2, lambda rng: MLP(2, [1, 2], rng)),
    "tied weights": (3, tied),
    "recurrent": (3, recurrent),
    "residual": (3, lambda rng: Residual(Layer(3, 3, activations.tanh, rng))),
    "deep residual": (3, deep_residual),
    "convolution": (16, lambda rng: Sequential(image_of, Convolution(1, 2, 3, rng=rng), flat)),
    "convolution, padded": (
        16,
        lambda rng: Sequential(image_of, Convolution(1, 1, (2, 3), padding=1, rng=rng), flat),
    ),
    "convolution of two channels, stride 2": (
        32,
        lambda rng: Sequential(image_of, Convolution(2, 2, 2, stride=2, bias=False, rng=rng), flat),
    ),
    "convolutional network": (16, convolutional),
}

ACTIVATIONS = [
    name for name in activations.__all__ if name not in ("Swish", "softmax", "log_softmax")
]  # those two take vectors, and Swish is a module
for name in ACTIVATIONS:
    f = getattr(activations, name)
    MODELS[f"MLP of {name}"] = (3, lambda rng, f=f: MLP(3, [4, 4, 2], rng, activation=f))  # type: ignore[misc]
MODELS["MLP of Swish"] = (3, lambda rng: MLP(3, [4, 4, 1], rng, activation=Swish(1.5)))
MODELS["MLP, softmax"] = (3, lambda rng: Sequential(MLP(3, [4, 3], rng), softmax))
MODELS["MLP, log_softmax"] = (3, lambda rng: Sequential(MLP(3, [4, 3], rng), activations.log_softmax))

# -- losses, of outputs and targets; and targets for so many outputs -----------------------------

Targets = Callable[[np.random.Generator, int, int], Floats]


def any_targets(rng: np.random.Generator, examples: int, outputs: int) -> Floats:
    return rng.normal(size=(examples, outputs))


LOSSES: dict[str, tuple[Callable[[list[Value], Any], Value], Targets]] = {
    "squared_error": (squared_error, any_targets),
    "half_squared_error": (half_squared_error, any_targets),
    "mean_squared_error": (mean_squared_error, any_targets),
    "cross_entropy": (cross_entropy, lambda rng, n, k: rng.dirichlet(np.ones(k), n)),
    "cross_entropy of one class": (
        lambda y, t: cross_entropy(y, len(y) - 1),
        lambda rng, n, k: np.empty((n, 0)),
    ),
    "cross_entropy of a class": (
        lambda y, t: cross_entropy(y, t[0]),
        lambda rng, n, k: rng.integers(0, k, (n, 1)).astype(float),
    ),
    "binary_cross_entropy_with_logits": (
        lambda y, t: binary_cross_entropy_with_logits(y[0], t[0]),
        lambda rng, n, k: rng.uniform(size=(n, 1)),
    ),
    "cross_entropy of one-hot": (cross_entropy, lambda rng, n, k: np.eye(k)[rng.integers(0, k, n)]),
    "hinge": (lambda y, t: hinge(y[0], t[0]), lambda rng, n, k: rng.choice([-1.0, 1.0], (n, 1))),
}


def loss_of(model: Any, n_inputs: int, loss: Callable[[list[Value], Any], Value]) -> Loss:
    """Of the model's inputs and after them the targets."""

    def of_example(example: list[Value]) -> Value:
        out = model(example[:n_inputs])
        outputs = [out] if isinstance(out, Value) else list(out)
        return loss(outputs, example[n_inputs:]) + l2_penalty(model.parameters(), 0.01)

    return of_example


@pytest.mark.parametrize("loss_name", LOSSES)
@pytest.mark.parametrize("model_name", MODELS)
def test_model_with_loss(model_name: str, loss_name: str) -> None:
    rng = np.random.default_rng(0)
    n_inputs, make = MODELS[model_name]
    loss, targets = LOSSES[loss_name]
    model: Any = make(rng)
    X = rng.normal(size=(4, n_inputs))
    out = model(X[0])
    outputs = 1 if isinstance(out, Value) else len(out)
    X = np.hstack([X, targets(rng, 4, outputs)])
    assert_agrees(loss_of(model, n_inputs, loss), X, model.parameters())


def test_every_model_activation_and_loss_is_here() -> None:
    import nn
    from nn import losses

    rng = np.random.default_rng(0)
    used: set[type] = set()

    def collect(part: Any) -> None:
        used.add(type(part))
        for held in vars(part).values() if isinstance(part, Module) else ():
            for each in held if isinstance(held, list) else [held]:
                collect(each)

    for _, make in MODELS.values():
        collect(make(rng))
    exported = {getattr(nn, name) for name in nn.__all__}
    models = {each for each in exported if isinstance(each, type) and issubclass(each, Module)}
    assert models - used == {Module}
    functions = {
        name
        for name, function in vars(losses).items()
        if getattr(function, "__module__", "") == losses.__name__ and not name.startswith("_")
    }
    assert functions - set(LOSSES) == {"batch_mean", "l2_penalty"}  # those two have a test of their own


# -- and besides --------------------------------------------------------------------------------


def test_batch_that_the_user_unrolled() -> None:
    """One graph of five examples, written out: their mean, without an input."""
    rng = np.random.default_rng(0)
    model, X, y = MLP(2, [4, 1], rng), rng.normal(size=(5, 2)), rng.normal(size=5)

    def loss(inputs: list[Value]) -> Value:
        mean = batch_mean(squared_error, [model(x) for x in X], y)
        return mean + l2_penalty(model.parameters(), 0.1)

    assert_agrees(loss, np.empty((1, 0)), model.parameters())


def test_part_of_the_parameters() -> None:
    """Those that are not named are constants, as in a network of which only the last layer learns."""
    rng = np.random.default_rng(0)
    model = MLP(2, [3, 3, 1], rng)
    last = model.layers[-1].parameters()
    assert_agrees(lambda x: squared_error(model(x), 1.0), rng.normal(size=(4, 2)), last)


def test_parameters_in_another_order() -> None:
    """No weight then lies where its matrix would have it."""
    rng = np.random.default_rng(0)
    model = MLP(2, [3, 3, 2], rng)
    shuffled = [model.parameters()[place] for place in rng.permutation(len(model.parameters()))]
    assert_agrees(lambda x: squared_error(model(x), [1.0, 2.0]), rng.normal(size=(4, 2)), shuffled)


def test_inputs_times_inputs() -> None:
    """Attention: both factors of its sums of products vary."""
    rng = np.random.default_rng(0)
    query, key, value = [Layer(2, 2, None, rng) for _ in range(3)]

    def loss(x: list[Value]) -> Value:
        tokens = [x[:2], x[2:4], x[4:]]
        queries, keys, values = [[layer(token) for token in tokens] for layer in (query, key, value)]
        total = []
        for q in queries:
            scores = softmax([summation(*[a * b for a, b in zip(q, k, strict=True)]) for k in keys])
            for place in range(2):
                total.append(
                    summation(*[share * v[place] for share, v in zip(scores, values, strict=True)]) ** 2
                )
        return summation(*total)

    parameters = [p for layer in (query, key, value) for p in layer.parameters()]
    assert_agrees(loss, rng.normal(size=(3, 6)), parameters)


def test_infinite_and_undefined_inputs_go_through_as_in_eager() -> None:
    model = MLP(2, [3, 2], np.random.default_rng(0))
    X = [[1.0, 2.0], [inf, 1.0], [-inf, 0.0], [nan, 0.0], [0.0, 1e308]]
    assert_agrees(lambda x: squared_error(model(x), [0.0, 1.0]), X, model.parameters())


def test_a_missing_connection_keeps_infinities_away() -> None:
    """A neuron that is not connected to an infinite input is finite, as in eager: 0 * inf would be nan."""
    layer = Layer(3, 4, activations.tanh, np.random.default_rng(0), connections=HOLES)
    X = [[1.0, 2.0, 3.0], [1.0, inf, 1.0], [nan, 1.0, 1.0], [0.5, 0.5, -inf], [inf, -inf, 0.0]]
    for place in range(4):
        assert_agrees(lambda x, i=place: layer(x)[i] + 0 * summation(*layer(x)), X, layer.parameters())  # type: ignore[misc]


def test_a_missing_connection_keeps_undefined_gradients_away() -> None:
    """An output whose gradient is nan sends it to the hidden neurons that it is connected to, only."""
    rng = np.random.default_rng(0)
    first = Layer(3, 3, activations.tanh, rng)
    second = Layer(3, 4, None, rng, connections=HOLES)

    def loss(x: list[Value]) -> Value:
        outputs = second(first(x[:3]))
        return summation(*[gates.sqrt(out**2 * t) for out, t in zip(outputs, x[3:], strict=True)])

    targets = [[1.0, 1.0, 1.0, 0.0], [0.0, 1.0, 1.0, 1.0], [1.0, 2.0, 3.0, 4.0]]  # 0 * inf is nan
    assert_agrees(
        loss, np.hstack([rng.normal(size=(3, 3)), targets]), first.parameters() + second.parameters()
    )


def test_padding_of_a_convolution_meets_infinite_weights_as_in_eager() -> None:
    """Padding is a number, 0.0, and inf times that is nan."""
    convolution = Convolution(1, 1, 2, padding=1, rng=np.random.default_rng(0))
    convolution.weight[0, 0, 0, 0].data = inf
    X = np.random.default_rng(1).normal(size=(2, 9))
    X[1, 4] = nan

    def loss(x: list[Value]) -> Value:
        out = convolution(np.reshape(np.array(x, dtype=object), (3, 3)))
        return summation(*gates.tanh(out).ravel())

    assert_agrees(loss, X, convolution.parameters())
