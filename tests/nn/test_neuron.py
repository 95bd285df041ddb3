"""Neuron, Layer, MLP: what they compute, what they accept, what they refuse."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Value, array, relu, tanh
from autograd.backward import topological_order
from nn import MLP, Layer, Module, Neuron, Perceptron, Residual, Sequential, Swish, init
from nn.undo import undone


def neuron_of(weights: list[float], bias: float, **options: Any) -> Neuron:
    """Of relu, unless the options have another activation."""
    neuron = Neuron(len(weights), **{"activation": relu, **options})
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
    """3*2 - 1*4 = 2, then the bias, then the activation."""
    assert neuron_of([3.0, -1.0], bias, **options)([2.0, 4.0]).data == output


def test_a_neurons_gradients_by_hand() -> None:
    neuron, x = neuron_of([3.0, -1.0], 0.5), [Value(2.0), Value(4.0)]
    neuron(x).backward()
    assert [p.grad for p in neuron.parameters()] == [2.0, 4.0, 1.0]
    assert [p.grad for p in x] == [3.0, -1.0]


def test_a_neuron_is_products_one_sum_and_an_activation() -> None:
    order = topological_order(Neuron(3, relu)([1.0, 2.0, 3.0]))
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
        with pytest.raises(ValueError, match=rf"\(2.*\) takes 2 input\(s\), got {given}$"):
            make()(x)


def test_a_lone_number_is_one_input() -> None:
    with pytest.raises(ValueError, match=r"takes 2 input\(s\), got 1$"):
        Neuron(2)(1.0)


@pytest.mark.parametrize("x", [[1.0, "2"], "12", None, {1: 2.0, 3: 4.0}, [1.0, 2j]])
def test_inputs_that_are_no_numbers(x: Any) -> None:
    with pytest.raises(TypeError, match=r"^Layer takes a Value or a real number, got "):
        MLP(2, [3, 1])(x)


class Table:
    """As pandas' DataFrame: no sequence, but an array to be had."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.ones((5, 2))


class Tensor:
    """As PyTorch's: Python's numbers by tolist."""

    def __init__(self, rows: Any) -> None:
        self.rows, self.shape = rows, np.shape(rows)

    def tolist(self) -> Any:
        return self.rows


BATCHES = {
    "array": (5, np.ones((5, 2))),
    "as many rows as inputs": (2, np.ones((2, 2))),
    "one row": (1, np.ones((1, 2))),
    "column": (2, np.ones((2, 1))),
    "lists": (2, [[1.0, 2.0], [3.0, 4.0]]),
    "list of arrays": (3, [np.ones(2), np.ones(2), np.ones(2)]),
    "Values": (1, [[Value(1.0), Value(2.0)]]),
    "array of Values": (5, array(np.ones((5, 2)))),
    "table": (5, Table()),
    "tensor": (2, Tensor([[1.0, 2.0], [3.0, 4.0]])),
    "list of tensors": (2, [Tensor([1.0, 2.0]), Tensor([3.0, 4.0])]),
    "images": (5, np.ones((5, 2, 2))),
}
TAKERS: list[Callable[[], Callable[[Any], Any]]] = [
    lambda: Neuron(2),
    lambda: Perceptron(2),
    lambda: Layer(2, 2),
    lambda: MLP(2, [3, 1]),
    lambda: Sequential(Layer(2, 3), relu, Layer(3, 1)),
    lambda: Residual(Layer(2, 2)),
]


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("make", TAKERS)
def test_a_batch_is_refused_and_told_where_it_goes(
    make: Callable[[], Callable[[Any], Any]], batch: str
) -> None:
    rows, examples = BATCHES[batch]
    told = rf"takes one example of 2 input\(s\), got {rows} row\(s\)\. .*fit\(.*compile"
    with pytest.raises(ValueError, match=told):
        make()(examples)


def test_a_batch_is_refused_behind_a_gate() -> None:
    with pytest.raises(ValueError, match=r"got 5 row\(s\)\. A model takes one example at a time"):
        Sequential(relu, Layer(2, 1))(np.ones((5, 2)))


def test_a_batch_for_a_model_of_one_input() -> None:
    with pytest.raises(ValueError, match=r"takes 1 input\(s\), got 5\. A model takes one example at a time"):
        MLP(1, [3, 1])(np.linspace(0, 1, 5))


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
            assert neuron.b is not None
            neuron.b.data = 0.1 * i - 0.1  # biases start at 0, which would prove little
        w = np.array([[weight.data for weight in neuron.w] for neuron in layer.neurons])
        b = layer.state_dict()["bias"]
        z = w @ a + b
        a = np.maximum(z, 0.0)
    outputs = model(x)
    assert isinstance(outputs, list)
    assert [output.data for output in outputs] == pytest.approx(z.tolist(), rel=1e-12)
    assert min(output.data for output in outputs) < 0  # so the last layer has no relu


def test_parameters_start_as_micrograds() -> None:
    model = MLP(2, [16, 16, 1], rng=rng())
    biases = [bias for layer in model.layers for bias in layer.state_dict()["bias"]]
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
    assert [p.label for p in Layer(1, 2).parameters()] == ["W[0,0]", "W[1,0]", "b[0]", "b[1]"]
    labels = [p.label for p in MLP(2, [2, 1]).parameters()]
    assert labels == [
        "W1[0,0]",
        "W1[0,1]",
        "W1[1,0]",
        "W1[1,1]",
        "b1[0]",
        "b1[1]",
        "W2[0,0]",
        "W2[0,1]",
        "b2[0]",
    ]


def test_equal_to_micrograd() -> None:
    """The same weights, the same example: outputs and gradients to rounding (micrograd adds b first).

    Its parameters come neuron by neuron.
    """
    theirs = pytest.importorskip("micrograd.nn", reason="micrograd is not installed").MLP(2, [16, 16, 1])
    model = MLP(2, [16, 16, 1], rng=rng())
    ours = [p for layer in model.layers for neuron in layer.neurons for p in neuron.parameters()]
    for mine, its in zip(ours, theirs.parameters(), strict=True):
        its.data = mine.data
    x = [0.3, -1.2]
    output, expected = model(x), theirs(x)
    assert isinstance(output, Value)
    output.backward()
    expected.backward()
    assert output.data == pytest.approx(expected.data, rel=1e-12)
    gradients = [p.grad for p in ours]
    assert gradients == pytest.approx([p.grad for p in theirs.parameters()], rel=1e-9)
    assert sum(gradient != 0 for gradient in gradients) > 20


# -- activation, bias, init, connections ----------------------------------------------------------


def test_a_neuron_and_a_layer_are_linear_unless_told() -> None:
    assert Neuron.of([2.0], -1.0)(0.25).data == -0.5
    assert Layer(2, 3).activation is None
    assert Layer(2, 3, relu).activation is relu
    assert [layer.activation for layer in MLP(2, [3, 3, 1]).layers] == [relu, relu, None]
    assert [layer.activation for layer in MLP(2, [3, 1], activation=tanh).layers] == [tanh, None]


def test_a_neuron_of_chosen_weights() -> None:
    neuron = Neuron.of([3.0, -1.0], 0.5, tanh)
    assert neuron([0.1, 0.2]).data == math.tanh(3.0 * 0.1 - 0.2 + 0.5)
    assert [parameter.label for parameter in neuron.parameters()] == ["w[0]", "w[1]", "b"]
    with pytest.raises(ValueError, match="the number of weights must be a whole number, at least 1, got 0"):
        Neuron.of([])


@pytest.mark.parametrize("bias", [False, True])
def test_bias_or_none(bias: bool) -> None:
    assert len(Neuron(2, bias=bias).parameters()) == 2 + bias
    assert len(Layer(2, 3, bias=bias).parameters()) == 6 + 3 * bias
    model = MLP(2, [3, 1], bias=bias)
    assert len(model.parameters()) == 9 + 4 * bias
    score = model([0.0, 0.0])
    assert isinstance(score, Value)
    assert score.data == 0.0
    assert ("b1[0]" in [parameter.label for parameter in model.parameters()]) == bias


def test_any_function_may_be_an_activation_and_a_modules_parameters_count() -> None:
    assert Neuron.of([2.0], 0.0, lambda z: z * z)(3.0).data == 36.0
    swish = Swish()
    model = MLP(2, [3, 3, 1], activation=swish)
    assert len(model.parameters()) == 9 + 12 + 4 + 1
    score = model([1.0, -0.5])
    assert isinstance(score, Value)
    score.backward()
    assert swish.beta.grad != 0.0


def test_init_draws_a_layers_weights_at_once() -> None:
    """Its rows are the neurons; Xavier's rule needs to know both sizes."""

    def counting(n_inputs: int, n_outputs: int, rng: np.random.Generator) -> Any:
        return np.arange(n_inputs * n_outputs).reshape(n_outputs, n_inputs)

    assert numbers(Layer(2, 3, init=counting, bias=False)) == [0, 1, 2, 3, 4, 5]
    assert numbers(Neuron(3, init=counting)) == [0, 1, 2, 0]
    expected = init.xavier_normal(2, 3, rng())
    assert np.array_equal(Layer(2, 3, rng=rng(), init=init.xavier_normal).state_dict()["weight"], expected)


CONNECTIONS = [[True, False, True], [False, True, False]]


def test_a_missing_connection_has_no_weight() -> None:
    layer = Layer(3, 2, rng=rng(), connections=CONNECTIONS)
    assert [p.label for p in layer.parameters()] == ["W[0,0]", "W[0,2]", "W[1,1]", "b[0]", "b[1]"]
    x = [Value(2.0), Value(3.0), Value(5.0)]
    a, b = layer(x)
    w = layer.state_dict()["weight"]
    assert (w != 0).tolist() == CONNECTIONS
    assert [a.data, b.data] == pytest.approx((w @ [2.0, 3.0, 5.0]).tolist(), rel=1e-12)
    a.backward()
    assert x[1].grad == 0.0
    assert x[2].grad == w[0, 2]
    assert len(topological_order(a)) == 2 * 2 + 1 + 2 + 1  # weights, inputs, bias, products, sum
    assert layer.neurons[0]([2.0, 3.0, 5.0]).data == a.data


def test_connections_are_refused() -> None:
    wanted = r"a row of 3 truth value\(s\) for each of 2 output\(s\), got "
    cases: list[tuple[Any, type[Exception], str]] = [
        (np.ones((3, 2), bool), ValueError, wanted + r"shape \(3, 2\)"),
        ([[True], [True, False]], ValueError, wanted + "rows of different lengths"),
        ([[1, 0, 1], [0, 1, 0]], TypeError, wanted + "elements of int64"),
        ([[True] * 3, [False] * 3], ValueError, "every output needs a connection, got none for 1"),
    ]
    for connections, kind, says in cases:
        with pytest.raises(kind, match=says):
            Layer(3, 2, connections=connections)


def test_layers_may_share_a_weight_matrix() -> None:
    """An autoencoder with tied weights, W.T @ (W @ x): its gradient has both parts."""
    encoder = Layer(2, 3, rng=rng(), bias=False)
    decoder = Layer(3, 2, bias=False)
    decoder.weight = encoder.weight.T
    model = Holder(encoder, decoder)
    assert model.parameters() == encoder.parameters()
    assert len(model.parameters()) == 6
    x = np.array([0.5, -2.0])
    total = sum(decoder(encoder(x)), start=Value(0.0))
    total.backward()
    w, ones = encoder.state_dict()["weight"], np.ones(2)
    expected = np.outer(w @ x, ones) + np.outer(w @ ones, x)  # of sum(W.T @ W @ x) by W
    assert [[p.grad for p in neuron.w] for neuron in encoder.neurons] == pytest.approx(expected)


class Holder(Module):
    """Holds two layers."""

    def __init__(self, first: Layer, second: Layer) -> None:
        self.first, self.second = first, second


def test_a_layers_weight_is_set_whole_or_not_at_all() -> None:
    layer = Layer(2, 2, connections=[[True, False], [True, True]])
    before = layer.parameters()
    values = Layer(2, 2).weight
    with pytest.raises(ValueError, match=r"weight must have shape \(2, 2\), got \(2,\)"):
        layer.weight = values[0]
    wrong = np.array([[values[0, 0], 1.0], [values[1, 0], 2.0]], dtype=object)
    with pytest.raises(TypeError, match=r"weight takes Values to tie the weights to, got 2\.0"):
        layer.weight = wrong
    assert layer.parameters() == before
    layer.weight = values
    assert layer.weight.tolist() == [[values[0, 0], 0.0], values[1].tolist()]


# -- a layer's neurons ----------------------------------------------------------------------------


def test_a_layers_neuron_is_a_view_of_its_row() -> None:
    layer, other = Layer(2, 3, tanh, rng()), Layer(2, 3, tanh, rng())
    second, x = layer.neurons[1], [0.5, -2.0]
    assert list(second.w) == layer.weight[1].tolist()
    assert second.b is layer.bias[1]
    assert second.parameters() == [*layer.weight[1], layer.bias[1]]
    assert [name for name, _ in second.named_parameters()] == ["w[0]", "w[1]", "b"]
    assert second(x).data == layer(x)[1].data
    assert repr(second) == "Neuron(2, tanh)"
    layer.weight, layer.bias = other.weight, other.bias
    assert second.parameters() == [*other.weight[1], other.bias[1]]
    second.w[0] = layer.neurons[0].w[0]
    assert layer.weight[1, 0] is layer.weight[0, 0]
    assert len(layer.parameters()) == 8
    second.w, second.b = layer.neurons[2].w, layer.neurons[2].b
    assert layer.weight[1].tolist() == layer.weight[2].tolist()
    assert layer.bias[1] is layer.bias[2] is second.b
    assert other.weight[1, 0] is not layer.weight[1, 0]


def test_a_neuron_of_a_partly_connected_layer() -> None:
    layer, other = Layer(3, 2, rng=rng(), connections=CONNECTIONS), Layer(3, 2)
    first = layer.neurons[0]
    assert list(first.w) == [layer.weight[0, 0], 0.0, layer.weight[0, 2]]
    assert first.connections == [0, 2]
    assert [p.label for p in first.parameters()] == ["W[0,0]", "W[0,2]", "b[0]"]
    with pytest.raises(TypeError, match=r"w\[1\] is of a missing connection, which has no weight to replace"):
        first.w[1] = other.weight[0, 1]
    first.w = other.neurons[0].w
    assert layer.weight[0].tolist() == [other.weight[0, 0], 0.0, other.weight[0, 2]]
    with undone(first):
        first.w[0] = layer.weight[1, 1]
    assert first.w[0] is other.weight[0, 0]
    lone = Neuron.of([2.0, 3.0, 5.0], 1.0, connections=[0, 2])
    assert [p.label for p in lone.parameters()] == ["w[0]", "w[2]", "b"]
    assert lone.w[1] == 0.0
    assert lone([1.0, math.inf, 1.0]).data == 8.0


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        ("neuron.w[0] = 5.0", TypeError, r"w takes Values to tie the weights to, got 5\.0"),
        ("neuron.w[0] = layer.weight[0, 0] * 2", ValueError, "w takes leaves, got .* computed by mul"),
        ("neuron.w -= 0.1", TypeError, r"layer\.weight\[0, 0\]\.data = 5\.0"),
        ("neuron.w = layer.weight", ValueError, r"w must have shape \(2,\), got \(2, 2\)"),
        ("neuron.b = 5.0", TypeError, r"b takes Values to tie the weights to, got 5\.0"),
        ("neuron.activation = relu", AttributeError, r"share its activation: set layer\.activation"),
        ("layer.neurons[0] = neuron", TypeError, "does not support item assignment"),
        ("bare.b = neuron.b", ValueError, r"Neuron\(2, bias=False\) has no b to set"),
    ],
)
def test_nothing_is_set_in_vain_in_a_layers_neuron(change: str, kind: type[Exception], says: str) -> None:
    layer, bare = Layer(2, 2), Layer(2, 2, bias=False)
    before = layer.parameters()
    names = {"neuron": layer.neurons[1], "layer": layer, "bare": bare.neurons[0], "relu": relu}
    with pytest.raises(kind, match=says):
        exec(change, names)
    assert layer.parameters() == before
    assert bare.neurons[0].b is None


def test_the_activation_of_a_layer_is_set_for_all_its_neurons() -> None:
    layer = Layer(2, 2, tanh)
    layer.activation = relu
    layer.weight[0, 0].data, layer.weight[0, 1].data = -1.0, 0.0
    assert layer([3.0, 0.0])[0].data == layer.neurons[0]([3.0, 0.0]).data == 0.0
