"""What a type checker says of nn, and that it is so: mypy reads ``assert_type``, the rest runs."""

from __future__ import annotations

from typing import assert_type

import numpy as np
import numpy.typing as npt

from autograd import Value, ValueArray
from nn import (
    MLP,
    SGD,
    History,
    Layer,
    Neuron,
    Perceptron,
    Swish,
    cross_entropy,
    fit,
    identity,
    log_softmax,
    selu,
    softmax,
    squared_error,
)
from nn.compiled import CompiledLoss


def test_layers() -> None:
    assert isinstance(assert_type(Neuron(1)(1.0), Value), Value)
    assert isinstance(assert_type(Perceptron(1)(1.0), Value), Value)
    outputs = Layer(1, 2)([1.0])
    assert_type(outputs, list[Value])
    assert [type(each) for each in outputs] == [Value, Value]


def test_an_mlp_gives_a_value_or_a_list_and_may_be_used_as_either() -> None:
    model = MLP(2, [3, 1])
    score = model([0.5, -1.0])
    assert_type(score.data, float)
    score.backward()
    assert isinstance(assert_type(score + 1, Value), Value)
    outputs = MLP(2, [3, 2])([0.5, -1.0])
    assert_type(outputs[0], Value)
    assert len(outputs) == 2
    assert isinstance(assert_type(cross_entropy(outputs, 0), Value), Value)


def test_fit_and_compile() -> None:
    model = MLP(1, [1])
    optimizer = SGD(model.parameters())
    history = fit(model, [1.0], [1.0], loss=squared_error, optimizer=optimizer, epochs=1, backend="eager")
    assert isinstance(assert_type(history, History), History)
    compiled = model.compile(squared_error, 1.0, 1.0)
    assert isinstance(assert_type(compiled, CompiledLoss), CompiledLoss)
    loss, gradient = compiled([1.0], [1.0])
    assert_type(loss, float)
    assert_type(gradient, npt.NDArray[np.float64])
    assert (type(loss), gradient.shape) == (float, (2,))


def test_activations() -> None:
    x = Value(1.0)
    assert isinstance(assert_type(selu(x), Value), Value)
    assert isinstance(assert_type(identity(x), Value), Value)
    assert isinstance(assert_type(Swish()(x), Value), Value)
    assert isinstance(assert_type(Swish()([x, 1.0]), ValueArray), ValueArray)
    assert isinstance(assert_type(selu(1.0), float), float)
    for function in (softmax, log_softmax):
        assert all(isinstance(each, Value) for each in assert_type(function([x, x]), list[Value]))
        assert all(isinstance(each, float) for each in assert_type(function([1.0, 2.0]), list[float]))
        assert all(isinstance(each, float) for each in assert_type(function(np.ones(2)), list[float]))
