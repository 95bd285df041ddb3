"""Neuron, Layer, MLP: what they compute, what they accept, what they refuse."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from autograd import Value, tanh
from autograd.backward import topological_order
from nn import MLP, Layer, Module, Neuron


def neuron_of(weights: list[float], bias: float, **options: Any) -> Neuron:
    neuron = Neuron(len(weights), **options)
    for parameter, number in zip(neuron.parameters(), [*weights, bias], strict=True):
        parameter.data = number
    return neuron


def rng() -> np.random.Generator:
    return np.random.default_rng(2024)


def numbers(module: Module) -> list[float]:
    return [parameter.data for parameter in module.parameters()]


@pytest.mark.parametrize(
    ("options", "bias", "output"),
    [
        ({}, 0.5, 2.5),
        ({}, -3.0, 0.0),
        ({"activation": None}, -3.0, -1.0),
        ({"activation": tanh}, -1.0, math.tanh(1)),
    ],
)
def test_a_neuron_by_hand(options: dict[str, Any], bias: float, output: float) -> None:
    """3*2 - 1*4 = 2, then the bias, then the activation: by default relu."""
    assert neuron_of([3.0, -1.0], bias, **options)([2.0, 4.0]).data == output


def test_a_neurons_gradients_by_hand() -> None:
    neuron, x = neuron_of([3.0, -1.0], 0.5), [Value(2.0), Value(4.0)]
    neuron(x).backward()
    assert [p.grad for p in neuron.parameters()] == [2.0, 4.0, 1.0]
    assert [p.grad for p in x] == [3.0, -1.0]


def test_a_neuron_is_products_one_sum_and_an_activation() -> None:
    order = topological_order(Neuron(3)([1.0, 2.0, 3.0]))
    assert [node.gate.name for node in order if node.gate] == ["mul", "mul", "mul", "sum", "relu"]


@pytest.mark.parametrize(
    "x",
    [
        [2.0, 4.0],
        (2, 4),
        range(2, 6, 2),
        [Value(2.0), 4],
        [np.float32(2), np.int64(4)],
        np.array([2.0, 4.0]),
        np.array([2, 4], dtype=np.uint8),
        np.array([Value(2.0), Value(4.0)], dtype=object),
    ],
    ids=repr,
)
def test_inputs_may_be_of_any_kind_of_number(x: Any) -> None:
    neuron = neuron_of([3.0, -1.0], 0.5)
    output = neuron(x)
    assert output.data == 2.5
    assert type(output.data) is float
    output.backward()
    assert [p.grad for p in neuron.parameters()] == [2.0, 4.0, 1.0]
    assert all(type(p.grad) is float for p in neuron.parameters())


@pytest.mark.parametrize("x", [2.0, 2, Value(2.0), np.float64(2), np.array(2.0), [2.0]], ids=repr)
def test_one_input_needs_no_list(x: Any) -> None:
    assert neuron_of([3.0], 1.0)(x).data == 7.0


@pytest.mark.parametrize("given", [0, 1, 3])
@pytest.mark.parametrize("make", [lambda: Neuron(2), lambda: Layer(2, 3), lambda: MLP(2, [3, 1])])
def test_the_wrong_number_of_inputs(make: Any, given: int) -> None:
    for x in ([1.0] * given, np.ones(given)):
        with pytest.raises(ValueError, match=rf"\(2, .*takes 2 input\(s\), got {given}$"):
            make()(x)


def test_a_lone_number_is_one_input() -> None:
    with pytest.raises(ValueError, match=r"takes 2 input\(s\), got 1$"):
        Neuron(2)(1.0)


@pytest.mark.parametrize("x", [[1.0, "2"], "12", None, {1: 2.0, 3: 4.0}, [1.0, 2j], [[1.0, 2.0], [3.0, 4.0]]])
def test_inputs_that_are_no_numbers(x: Any) -> None:
    with pytest.raises(TypeError, match=r"^Layer takes a Value or a real number, got "):
        MLP(2, [3, 1])(x)


def test_a_batch_is_refused() -> None:
    with pytest.raises(TypeError, match=r"got \[1\.0, 1\.0\] of type list"):
        MLP(2, [3, 1])(np.ones((2, 2)))


@pytest.mark.parametrize(
    ("sizes", "outputs"), [([3, 2], 2), ([1, 3], 3), ([3, 1, 2], 2), ([1, 1, 4], 4), ([2], 2)]
)
def test_an_mlp_gives_a_list(sizes: list[int], outputs: int) -> None:
    """Also where a hidden layer has one neuron."""
    y = MLP(2, sizes)([0.5, -0.5])
    assert isinstance(y, list)
    assert len(y) == outputs


@pytest.mark.parametrize("sizes", [[1], [3, 1], [1, 1], [1, 3, 1]])
def test_an_mlp_with_one_output_gives_its_value(sizes: list[int]) -> None:
    assert isinstance(MLP(2, sizes)([0.5, -0.5]), Value)


def test_a_layer_gives_a_list_even_of_one() -> None:
    assert len(Layer(2, 1)([1.0, 2.0])) == 1


def test_an_mlp_is_relu_of_matrix_products_and_linear_at_the_end() -> None:
    model, x = MLP(2, [4, 3, 2], rng=rng()), np.array([0.7, -1.3])
    outputs = model(x)
    assert isinstance(outputs, list)
    a = x
    for layer in model.layers:
        for i, neuron in enumerate(layer.neurons):
            neuron.b.data = 0.1 * i - 0.1  # biases start at 0, which would prove little
        w = np.array([[weight.data for weight in neuron.w] for neuron in layer.neurons])
        b = np.array([neuron.b.data for neuron in layer.neurons])
        z = w @ a + b
        a = np.maximum(z, 0.0)
    outputs = model(x)
    assert isinstance(outputs, list)
    assert [output.data for output in outputs] == pytest.approx(z.tolist(), rel=1e-12)
    assert min(output.data for output in outputs) < 0  # so the last layer has no relu


def test_parameters_start_as_micrograds() -> None:
    model = MLP(2, [16, 16, 1], rng=rng())
    biases = [neuron.b.data for layer in model.layers for neuron in layer.neurons]
    weights = [w.data for layer in model.layers for neuron in layer.neurons for w in neuron.w]
    assert biases == [0.0] * 33
    assert len(weights) == 2 * 16 + 16 * 16 + 16
    assert -1 < min(weights) < -0.9
    assert 0.9 < max(weights) < 1
    assert len(set(weights)) == len(weights)


def test_the_same_generator_gives_the_same_parameters_and_a_fresh_one_others() -> None:
    assert numbers(MLP(2, [3, 1], rng=rng())) == numbers(MLP(2, [3, 1], rng=rng()))
    assert numbers(MLP(2, [3, 1])) != numbers(MLP(2, [3, 1]))
    one = rng()
    assert numbers(Layer(2, 3, rng=one)) != numbers(Layer(2, 3, rng=one))  # it is used, not copied


@pytest.mark.parametrize("wrong", [0, np.random.RandomState(0), np.random])
def test_rng_must_be_a_generator(wrong: Any) -> None:
    for make in (
        lambda: Neuron(2, rng=wrong),
        lambda: Layer(2, 2, rng=wrong),
        lambda: MLP(2, [2], rng=wrong),
    ):
        with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator"):
            make()


@pytest.mark.parametrize("size", [0, -1, 2.0, "2", None])
def test_sizes_must_be_whole_and_positive(size: Any) -> None:
    for make in (
        lambda: Neuron(size),
        lambda: Layer(size, 2),
        lambda: Layer(2, size),
        lambda: MLP(size, [2]),
        lambda: MLP(2, [2, size]),
    ):
        with pytest.raises(ValueError, match=f"at least 1, got {size!r}$"):
            make()
    with pytest.raises(ValueError, match="at least one layer"):
        MLP(2, [])


def test_sizes_may_be_numpys() -> None:
    two: Any = np.int64(2)
    assert repr(MLP(two, tuple(np.array([3, 1])))) == "MLP(2, [3, 1])"


def test_an_activation_must_be_something_to_call() -> None:
    wrong: Any = "relu"
    with pytest.raises(TypeError, match="activation must be a gate such as relu, or None, got 'relu'"):
        Neuron(2, wrong)


def test_labels() -> None:
    assert [p.label for p in Neuron(2).parameters()] == ["w[0]", "w[1]", "b"]
    assert [p.label for p in Layer(1, 2).parameters()] == ["W[0,0]", "b[0]", "W[1,0]", "b[1]"]
    labels = [p.label for p in MLP(2, [2, 1]).parameters()]
    assert labels == [
        "W1[0,0]",
        "W1[0,1]",
        "b1[0]",
        "W1[1,0]",
        "W1[1,1]",
        "b1[1]",
        "W2[0,0]",
        "W2[0,1]",
        "b2[0]",
    ]


def test_equal_to_micrograd() -> None:
    """The same weights, the same example: outputs and gradients to rounding (micrograd adds b first)."""
    theirs = pytest.importorskip("micrograd.nn", reason="micrograd is not installed").MLP(2, [16, 16, 1])
    model = MLP(2, [16, 16, 1], rng=rng())
    for mine, its in zip(model.parameters(), theirs.parameters(), strict=True):
        its.data = mine.data
    x = [0.3, -1.2]
    output, expected = model(x), theirs(x)
    assert isinstance(output, Value)
    output.backward()
    expected.backward()
    assert output.data == pytest.approx(expected.data, rel=1e-12)
    gradients = [p.grad for p in model.parameters()]
    assert gradients == pytest.approx([p.grad for p in theirs.parameters()], rel=1e-9)
    assert sum(gradient != 0 for gradient in gradients) > 20
