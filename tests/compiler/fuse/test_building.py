"""The groups as arrays: every scalar is where it is said to be, and the axes are those that a person sees."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from math import inf
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from autograd import (
    Gate,
    Value,
    array,
    compile,
    exp,
    gates,
    logsumexp,
    maximum,
    minimum,
    relu,
    sqrt,
    summation,
    tanh,
)
from autograd.compiler.fuse import fuse
from autograd.compiler.fuse.building import Building
from autograd.compiler.fuse.groups import Groups, Irregular, arrays_of
from autograd.compiler.fuse.scalars import Scalars
from autograd.compiler.ir import Shape
from autograd.compiler.program import Program
from autograd.compiler.trace import trace
from nn import MLP, Convolution, Layer, Residual, Sequential, batch_mean, cross_entropy, squared_error
from tests.compiler.agreement import assert_agrees, compiled
from tests.compiler.evaluating import evaluate
from tests.compiler.graphs import SMOOTH, Recipe, build, mean, norm, recipes
from tests.compiler.layouts import body_of, gates_of, indices_of, nodes_of, products_of
from tests.compiler.networks import random_network

rng = np.random.default_rng(0)


def normal(label: str, *shape: int) -> Any:
    return array(rng.normal(size=shape), label=label)


def assert_scalars_are_in_their_places(outputs: Any, inputs: list[Any], parameters: list[Any]) -> int:
    """Each scalar's number in its array is that of the graph; how many there are."""
    leaves = [[leaf for each in arrays for leaf in np.ravel(each)] for arrays in (inputs, parameters)]
    table = trace(outputs, *leaves)
    shapes: list[list[Shape]] = [[np.shape(each) for each in arrays] for arrays in (inputs, parameters)]
    scalars = Scalars(table)
    arrays = arrays_of(shapes[1], table.parameters) + arrays_of(shapes[0], table.inputs)
    building = Building(Groups(scalars, arrays), *shapes)
    numbers = [
        np.reshape([leaf.data for leaf in np.ravel(each)], np.shape(each)) for each in (*inputs, *parameters)
    ]
    of_arrays = evaluate(
        [each.node for each in building.arrays],
        [each[..., None] for each in numbers[: len(inputs)]],
        numbers[len(inputs) :],
    )
    count = 0
    for row in scalars.order:
        if row >= len(table) or scalars.is_constant[row]:
            continue
        found = of_arrays[building.array_of[row]].ravel()[building.place_of[row]]
        np.testing.assert_allclose(found, table.number[row], rtol=1e-9, atol=1e-9)
        count += 1
    for each, found in zip(building.arrays, of_arrays, strict=True):
        if each.present is not None and each.fill is not None:
            assert (found[..., 0][~each.present] == each.fill).all(), "what is in the places of none"
    return count


@settings(max_examples=150, deadline=None)
@given(recipes(SMOOTH, reach=1000, most=30), st.integers(0, 1000))
def test_scalars_of_random_graphs(recipe: Recipe, seed: int) -> None:
    numbers = np.random.default_rng(seed).normal(size=5).clip(-2, 2)
    leaves = [Value(number) for number in numbers]
    nodes = build(recipe, leaves)
    assume(all(abs(node.data) < 1e6 for node in nodes))
    with suppress(Irregular):
        assert_scalars_are_in_their_places(nodes[-3:], [leaves[:2]], [leaves[2:]])


def attention(softmax: Callable[[Any, int], Any], steps: int = 4, width: int = 4, heads: int = 2) -> Any:
    """Causal attention of several heads: outputs, inputs and parameters."""
    X, weights = normal("x", steps, width), [normal(label, width, width) for label in ("Wq", "Wk", "Wv")]
    Q, K, V = [X @ W.T for W in weights]
    size, out = width // heads, []
    for t in range(steps):
        for h in range(heads):
            own = slice(h * size, h * size + size)
            shares = softmax([Q[t, own] @ K[u, own] for u in range(steps)], t)
            out += [summation(*[p * V[u, i] for u, p in enumerate(shares)]) for i in range(steps)[own]]
    return out, [X], weights


def cut_at_t(z: Any, t: int) -> Any:
    return [exp(each - logsumexp(*z[: t + 1])) for each in z[: t + 1]]


def masked(z: Any, t: int) -> Any:
    z = [each + (0.0 if u <= t else -inf) for u, each in enumerate(z)]
    return [exp(each - logsumexp(*z)) for each in z]


STYLES = {"cut at t": cut_at_t, "-inf added": masked}


@pytest.mark.parametrize("style", STYLES)
def test_scalars_of_attention(style: str) -> None:
    assert assert_scalars_are_in_their_places(*attention(STYLES[style])) > 150


def test_scalars_of_a_padded_convolution_of_ragged_rows_and_of_normalisation() -> None:
    convolution, image = Convolution(2, 3, 3, stride=2, padding=1, rng=rng), normal("x", 2, 5, 5)
    out = list(convolution(image).ravel())
    assert assert_scalars_are_in_their_places(out, [image], [convolution.weight, convolution.bias]) > 100
    W, X = normal("W", 4, 4), normal("x", 4, 4)
    S = X @ W.T
    rows = [
        summation(*S[t, : t + 1]) + maximum(*S[t, : t + 1]) * gates.norm(*S[t, : t + 1]) for t in range(4)
    ]
    assert assert_scalars_are_in_their_places(rows, [X], [W]) > 30
    D = S - S.sum(axis=0) / 4
    normed = (D / sqrt((D**2).sum(axis=0) / 4 + 1e-5)).ravel()
    assert assert_scalars_are_in_their_places(list(normed), [X], [W]) > 50


@pytest.mark.parametrize("seed", range(15))
def test_scalars_of_random_networks(seed: int) -> None:
    draw = np.random.default_rng(seed)
    network = random_network(draw)
    inputs = [Value(number) for number in draw.normal(size=network.inputs)]
    out = network.loss(inputs)
    assert assert_scalars_are_in_their_places([out], [inputs], [network.parameters]) > 5


# -- the axes of networks -----------------------------------------------------------------------


def test_a_layer_is_a_matrix_product() -> None:
    W, b, x = normal("W", 3, 2), normal("b", 3), normal("x", 2)
    program = compile((tanh(W @ x + b) ** 2).sum(), inputs=[x], parameters=[W, b])
    assert products_of(program) == [((3, 2), (2,), (3,))]
    assert indices_of(program) == []


def test_a_network_is_one_matrix_product_per_layer() -> None:
    model = MLP(2, [16, 16, 1], np.random.default_rng(0))
    program = compiled(lambda x: squared_error(model(x), 1.0), [0.5, -0.5], model.parameters())
    assert [shapes[0] for shapes in products_of(program)] == [(16, 2), (16, 16), (16,)]
    assert indices_of(program) == []
    assert ("relu", (16,)) in gates_of(program)


def test_a_batch_that_is_written_out_is_one_matrix_product_per_layer() -> None:
    draw = np.random.default_rng(0)
    model, X, y = MLP(2, [4, 3, 1], draw), draw.normal(size=(5, 2)), draw.normal(size=5)
    program = compile(batch_mean(squared_error, [model(x) for x in X], y), parameters=model.parameters())
    assert [shapes[2] for shapes in products_of(program)] == [(4, 5), (3, 5), (5,)]


def test_layers_side_by_side_on_one_input_are_a_product_each() -> None:
    first, second = Layer(3, 4, tanh), Layer(3, 2, relu, bias=False)
    parameters = first.parameters() + second.parameters()
    program = compiled(lambda x: summation(*first(x), *second(x)), np.ones(3), parameters)
    assert sorted(shapes[0] for shapes in products_of(program)) == [(2, 3), (4, 3)]


def test_any_number_of_products_side_by_side_are_one() -> None:
    W, x = normal("W", 5, 2, 4), normal("x", 5, 4)
    program = compile(
        summation(*[tanh(z) for k in range(5) for z in W[k] @ x[k]]), inputs=[x], parameters=[W]
    )
    assert products_of(program) == [((5, 2, 4), (5, 4), (5, 2))]
    assert gates_of(program)[0] == ("tanh", (5, 2))


def test_tied_weights_are_one_array_as_it_is_and_turned() -> None:
    encoder, decoder = Layer(4, 2, tanh), Layer(2, 4)
    decoder.weight = encoder.weight.T
    model: Any = Sequential(encoder, decoder)
    program = compiled(lambda x: squared_error(model(x), x), np.ones(4), model.parameters())
    assert {shapes[0] for shapes in products_of(program)} == {(2, 4)}
    assert indices_of(program) == []


def test_a_residual_network_is_its_matrices_and_additions() -> None:
    layers = [Layer(4, 4, tanh), Layer(4, 4, tanh)]
    model: Any = Sequential(*map(Residual, layers))
    program = compiled(lambda x: squared_error(model(x), [0.0] * 4), np.ones(4), model.parameters())
    assert [shapes[0] for shapes in products_of(program)] == [(4, 4)] * 2
    assert [each for each in gates_of(program) if each[0] == "tanh"] == [("tanh", (4,))] * 2
    assert indices_of(program) == []


def test_a_partly_connected_layer_is_one_matrix_with_holes() -> None:
    layer = Layer(3, 2, None, connections=[[True, False, True], [True, True, False]])
    program = compiled(lambda x: summation(*[tanh(z) for z in layer(x)]), [1.0, 2.0, 3.0], layer.parameters())
    assert len(products_of(program)) == 1


@pytest.mark.parametrize(("stride", "padding", "places"), [(1, 0, 9), (2, 0, 4), (1, 1, 25), (2, 1, 9)])
def test_a_convolution_is_one_matrix_product(stride: int, padding: int, places: int) -> None:
    """A row for each filter, a column for each place: where padding cuts it short too."""
    convolution, image = Convolution(2, 4, 3, stride, padding, rng=rng), normal("x", 2, 5, 5)
    out = relu(convolution(image)).sum()
    program = compile(out, inputs=[image], parameters=[convolution.weight, convolution.bias])
    ((_, _, result),) = products_of(program)
    assert int(np.prod(result)) == 4 * places
    assert gates_of(program)[-1][0] == "relu"
    assert int(np.prod(gates_of(program)[-1][1])) == 4 * places
    assert body_of(program).count(" @ ") == 2


@pytest.mark.parametrize("style", STYLES)
def test_attention_has_an_axis_for_the_heads_and_one_for_each_position(style: str) -> None:
    """Scores, their softmax and the weighted values are one array each, masked where there is nothing."""
    outputs, (X,), weights = attention(STYLES[style])
    program = compile(summation(*[each**2 for each in outputs]), inputs=[X], parameters=weights)
    assert len(products_of(program)) == 5, "three projections, the scores, the values"
    assert sorted(int(np.prod(result)) for _, _, result in products_of(program)) == [16, 16, 16, 16, 32]
    (shape,) = [shape for name, shape in gates_of(program) if name == "logsumexp"]
    assert sorted(shape) == [2, 4], "of each head and position"
    assert program.fused is not None
    assert program.fused.has_masks
    assert indices_of(program) == []


def test_all_steps_outputs_of_a_recurrent_network_are_stacked() -> None:
    Wx, Wh, Wo = normal("Wx", 3, 2), normal("Wh", 3, 3), normal("Wo", 2, 3)
    X, h, out = normal("x", 5, 2), array(np.zeros(3)), []
    for t in range(5):
        h = tanh(Wx @ X[t] + Wh @ h)
        out += list(tanh(Wo @ h))
    program = compile(summation(*out), inputs=[X], parameters=[Wx, Wh, Wo])
    results = [result for _, _, result in products_of(program)]
    assert results.count((3,)) == 4, "Wh @ h, but not of the first state"
    assert (3, 5) in results
    assert (2, 5) in results
    assert indices_of(program) == []


def test_what_is_looked_up_by_an_index_is_a_column_of_a_table() -> None:
    table, index = normal("wte", 5, 3), array(np.arange(4.0) % 3, label="token")
    rows = [[gates.choose(index[t], *table[:, i]) for i in range(3)] for t in range(4)]
    program = compile(
        summation(*[tanh(each) for row in rows for each in row]), inputs=[index], parameters=[table]
    )
    assert [each.shape for each in nodes_of(program, "take")] == [(3, 4)]
    assert "take(wte.T, token)" in program.source


def gaussian_mixture(d: int, k: int) -> Program:
    """ADBench's, for one point, one scalar at a time: k triangular matrices."""
    draw = np.random.default_rng(0)
    shapes = {"alpha": (k,), "mu": (k, d), "q": (k, d), "lower": (k, d * (d - 1) // 2)}
    alpha, mu, q, lower = [array(draw.normal(size=shape), label=name) for name, shape in shapes.items()]

    def loss(x: list[Value]) -> Value:
        exponents = []
        for a, m, diagonal, entries in zip(alpha, mu, q, lower.tolist(), strict=True):
            centred, rest, squares = [x_i - m_i for x_i, m_i in zip(x, m, strict=True)], iter(entries), []
            for row in range(d):
                below = [next(rest) * centred[column] for column in range(row)]
                squares.append(summation(diagonal[row].exp() * centred[row], *below) ** 2)
            exponents.append(a + summation(*diagonal) - 0.5 * summation(*squares))
        return logsumexp(*exponents) - logsumexp(*alpha)  # type: ignore[no-any-return]

    parameters = [*alpha, *mu.ravel(), *q.ravel(), *lower.ravel()]
    return assert_agrees(loss, draw.normal(size=(4, d)), parameters)


def test_a_gaussian_mixture_is_as_many_arrays_whatever_its_components() -> None:
    few, more = gaussian_mixture(4, 6), gaussian_mixture(4, 12)
    assert len(few.ir.nodes) == len(more.ir.nodes) < 150


# -- reductions of any number of operands -------------------------------------------------------


@pytest.mark.parametrize("operands", [1, 2, 5])
@pytest.mark.parametrize(
    "rule", [logsumexp, norm, mean, maximum, minimum, gates.norm], ids=lambda rule: rule.name
)
def test_gates_of_any_number_of_operands(rule: Gate, operands: int) -> None:
    """One of them, and several side by side; of inputs, of parameters, of both."""
    draw = np.random.default_rng(0)
    p = [Value(number) for number in draw.normal(size=operands)]

    def one(x: list[Value]) -> Value:
        return rule(*[a * b for a, b in zip(x, p, strict=True)])

    def mixed(x: list[Value]) -> Value:
        return rule(*p) * rule(*x) + rule(*[*p, *x])

    def several(x: list[Value]) -> Value:
        rows = [[(i + 1) * a * b for a, b in zip(x, p, strict=True)] for i in range(3)]
        return summation(*[tanh(rule(*row)) for row in rows])

    losses: list[Callable[[list[Value]], Value]] = [one, mixed, several]
    for loss in losses:
        assert_agrees(loss, draw.normal(size=(4, operands)), p)


def test_several_of_one_size_are_one_along_an_axis() -> None:
    p: list[Value] = [Value(float(number)) for number in range(6)]

    def loss(x: list[Value]) -> Value:
        h = [tanh(x[0] * each) for each in p]
        return logsumexp(*h[:3]) * logsumexp(*h[3:])

    program = assert_agrees(loss, [[1.0], [-2.0]], p)
    assert ("logsumexp", (2,)) in gates_of(program)


def test_infinite_operands_as_in_eager() -> None:
    p = [Value(0.0), Value(0.0)]
    edges = [[inf, 1.0], [-inf, 1.0], [-inf, -inf], [np.nan, 0.0], [1e308, 1e308], [800.0, -800.0]]
    assert_agrees(lambda x: logsumexp(x[0] + p[0], x[1] + p[1]), edges, p)


@pytest.mark.parametrize("rule", [maximum, minimum, gates.norm], ids=lambda rule: rule.name)
def test_ties_zeros_and_infinite_operands_as_in_eager(rule: Gate) -> None:
    p = [Value(0.0), Value(0.0), Value(0.0)]
    edges = [[1, 1, 1], [1, 1, 0], [0, 1, 1], [0, 0, 0], [inf, 1, inf], [-inf] * 3, [np.nan, 0, 1],
             [1e200, 0, -1e200]]  # fmt: skip

    def loss(x: list[Value]) -> Any:
        return rule(*[a + b for a, b in zip(x, p, strict=True)])

    assert_agrees(loss, edges, p)
    assert_agrees(lambda x: rule(x[0] + p[0], x[1] + p[1]), edges, p[:2])


@pytest.mark.parametrize(
    "rule", [logsumexp, maximum, minimum, gates.norm, summation], ids=lambda rule: rule.name
)
def test_ragged_rows_of_any_gate(rule: Gate) -> None:
    """Infinite and negative numbers too: what pads a row is never one of them."""
    p = [Value(number) for number in np.random.default_rng(1).normal(size=4)]

    def loss(x: list[Value]) -> Value:
        return summation(
            *[tanh(rule(*[a * b for a, b in zip(x[: t + 1], p, strict=False)])) for t in range(4)]
        )

    X = np.random.default_rng(2).normal(size=(6, 4))
    X[4, 2], X[5] = inf, -3.0
    program = assert_agrees(loss, X, p)
    assert program.fused is not None
    assert ("tanh", (4,)) in gates_of(program)


# -- slices, loose scalars, weights in any order ------------------------------------------------


def test_neurons_of_one_activation_that_are_every_other_one() -> None:
    """Of a hidden layer tanh, relu, tanh the tanh meet columns 0 and 2 of the next layer's weights."""
    W1, W2 = array([[0.3], [0.6], [1.0]], label="W1"), array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], label="W2")

    def loss(x: list[Value]) -> Value:
        z = [row[0] * x[0] for row in W1]
        hidden = [tanh(z[0]), relu(z[1]), tanh(z[2])]
        return summation(*[summation(*[w * h for w, h in zip(row, hidden, strict=True)]) ** 2 for row in W2])

    program = assert_agrees(loss, [[0.7], [-0.2]], [*W1.flat, *W2.flat])
    assert "W2[:, 0:3:2]" in program.source


def test_parts_of_parameters_that_overlap() -> None:
    p: list[Value] = list(array(rng.normal(size=8), label="p"))

    def loss(x: list[Value]) -> Value:
        a = summation(*[w * v for w, v in zip(p[:4], x, strict=True)])
        b = summation(*[w * v for w, v in zip(p[2:6], x, strict=True)])
        c = summation(*[w * v for w, v in zip(p[::2], x, strict=True)])
        d = summation(*[w * v for w, v in zip(p[::-1][:4], x, strict=True)])
        return tanh(a) + tanh(b) * tanh(c) + tanh(d) + summation(*[w**2 for w in p[1:7]])

    assert_agrees(loss, rng.normal(size=(5, 4)), p)


def test_a_neuron_of_loose_scalars() -> None:
    w1, w2, b = Value(0.5, label="w1"), Value(-1.5, label="w2"), Value(0.25, label="b")
    program = assert_agrees(lambda x: tanh(w1 * x[0] + w2 * x[1] + b), rng.normal(size=(4, 2)), [w1, w2, b])
    assert "w1 * x[0] + w2 * x[1] + b" in program.source


@pytest.mark.parametrize("seed", range(40))
def test_random_networks(seed: int) -> None:
    draw = np.random.default_rng(seed)
    network = random_network(draw)
    for examples in (1, 2, 7):
        assert_agrees(network.loss, draw.normal(size=(examples, network.inputs)), network.parameters)


# -- as a whole ---------------------------------------------------------------------------------


def test_nothing_folds_of_what_is_irregular() -> None:
    draw = np.random.default_rng(0)
    leaves = [Value(number) for number in draw.normal(size=6)]
    nodes = list(leaves)
    for _ in range(2000):
        a, b, c = (nodes[place] for place in draw.integers(0, len(nodes), 3))
        nodes.append([tanh(a), a * b + c, relu(a - b), a * b][draw.integers(4)])
    table = trace([summation(*nodes[-20:])], leaves, [])
    assert fuse(table, [(6,)], []) is None


def test_outputs_in_the_order_that_was_asked_for() -> None:
    x, w = normal("x", 3), normal("w", 3)
    h, g = tanh(x * w), exp(x)
    outputs = [h[2], g[0], x[1], h[0], w[1], h[2]]
    program = compile(outputs, inputs=[x], parameters=[w])
    X = rng.normal(size=(40, 3))
    W = np.array([each.data for each in w])
    H, G = np.tanh(X * W), np.exp(X)
    expected = np.stack([H[:, 2], G[:, 0], X[:, 1], H[:, 0], np.full(40, W[1]), H[:, 2]], axis=1)
    np.testing.assert_allclose(program(X), expected, rtol=1e-14)


def test_fused_tells_its_arrays() -> None:
    W, x = normal("W", 3, 2), normal("x", 2)
    program = compile(tanh(W @ x).sum(), inputs=[x], parameters=[W])
    assert program.fused is not None
    assert [line.partition(" -> ")[0] for line in program.fused.told] == [
        "#1: parameter W (3, 2)", "#2: input x (2,)", "#3: 3 sum of #1 * #2", "#4: 3 tanh of #3",
        "#5: 1 sum of #4",
    ]  # fmt: skip


def test_a_group_is_called_what_its_scalars_are() -> None:
    W, x = normal("W", 3, 2), normal("x", 2)
    z = W @ x
    for i, each in enumerate(z):
        each.label = f"score[{i}]"
    program = compile(tanh(z).sum(), inputs=[x], parameters=[W])
    assert [each.label for each in nodes_of(program, "einsum")] == ["score"]
    z[1].label = "other"
    assert [
        each.label for each in nodes_of(compile(tanh(z).sum(), inputs=[x], parameters=[W]), "einsum")
    ] == [""]


def test_cross_entropy_at_every_position() -> None:
    W, X, Y = normal("W", 5, 3), normal("x", 4, 3), normal("y", 4, 5)
    loss = summation(*[cross_entropy(W @ x, y) for x, y in zip(X, Y, strict=True)])
    program = compile(loss, inputs=[X, Y], parameters=[W])
    assert products_of(program)[0][2] == (5, 4)
    assert indices_of(program) == []
