"""Networks that were written one scalar at a time are a few matrix products, without a gather."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Value, array, compile, logsumexp, relu, summation, tanh
from autograd.compiler.fuse import fuse
from autograd.compiler.program import Program
from autograd.compiler.trace import trace
from autograd.compiler.vectors import MatrixProduct, Reduction
from nn import (
    MLP,
    Convolution,
    Layer,
    Module,
    Residual,
    Sequential,
    batch_mean,
    cross_entropy,
    hinge,
    l2_penalty,
    squared_error,
)
from tests.compiler.agreement import Floats, assert_agrees, compiled
from tests.compiler.layouts import body_of, gates_of, indices_of, operands_of, parts_of, products_of


def moons() -> Program:
    """micrograd's demonstration: hinge loss and an L2 penalty."""
    model = MLP(2, [16, 16, 1], np.random.default_rng(0))
    parameters = model.parameters()

    def loss(example: list[Value]) -> Value:
        score: Any = model(example[:2])
        return hinge(score, example[2]) + l2_penalty(parameters, 1e-4)

    return compiled(loss, [0.5, -0.5, 1.0], parameters)


def classes(n: int, *sizes: int) -> tuple[Program, Module]:
    """A relu network with cross-entropy; the class comes one-hot."""
    model = MLP(n, list(sizes), np.random.default_rng(0))
    example = np.append(np.random.default_rng(1).normal(size=n), np.eye(sizes[-1])[0])
    program = compiled(lambda x: cross_entropy(model(x[:n]), x[n:]), example, model.parameters())
    return program, model


def test_moons_is_one_matrix_product_per_layer() -> None:
    program = moons()
    assert products_of(program) == [(1, 16, 2, 1), (1, 16, 16, 1), (1, 1, 16, 1)]
    assert body_of(program, "outputs").count("@") == 3
    assert indices_of(program) == set()


def test_moons_has_its_penalty_once_per_batch() -> None:
    program = moons()
    squares = [each.out for each in program.layout.instructions if each.out.size == 337]
    assert [vector.varies for vector in squares] == [False]


@pytest.fixture(scope="module")
def mnist() -> tuple[Program, Module]:
    return classes(784, 128, 10)


def test_784_128_10_is_one_matrix_product_per_layer(mnist: tuple[Program, Module]) -> None:
    program, _ = mnist
    assert len(program.trace) > 200_000, "two per weight"
    assert products_of(program) == [(1, 128, 784, 1), (1, 10, 128, 1)]
    assert body_of(program, "outputs").count("@") == 2
    assert indices_of(program) == set()


def test_784_128_10_is_what_one_would_write_by_hand(mnist: tuple[Program, Module]) -> None:
    program, model = mnist
    rng = np.random.default_rng(2)
    X, targets = rng.normal(size=(5, 784)), np.eye(10)[rng.integers(0, 10, 5)]
    W1, b1, W2, b2 = model.state_dict().values()

    z1 = X @ W1.T + b1
    h1 = np.maximum(z1, 0)
    z2 = h1 @ W2.T + b2
    p = np.exp(z2 - z2.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    dz2 = (p - targets) / 5
    dz1 = (dz2 @ W2) * (z1 > 0)
    gradients = {"0.weight": dz1.T @ X, "0.bias": dz1.sum(0), "2.weight": dz2.T @ h1, "2.bias": dz2.sum(0)}

    loss, _ = program.loss_and_grad(np.hstack([X, targets]))
    assert loss == pytest.approx(-np.log(p[targets == 1]).mean(), rel=1e-10)
    program.write_back()
    for name, found in grad_dict(model).items():
        np.testing.assert_allclose(found, gradients[name], rtol=1e-10, atol=1e-12)


def grad_dict(model: Module) -> dict[str, Floats]:
    """The gradients in the shapes of the state."""
    numbers = {parameter: parameter.data for parameter in model.parameters()}
    for parameter in numbers:
        parameter.data = parameter.grad
    gradients = model.state_dict()
    for parameter, number in numbers.items():
        parameter.data = number
    return gradients


# -- layers of other kinds ----------------------------------------------------------------------


@pytest.mark.parametrize(("stride", "padding", "places"), [(1, 0, 9), (2, 0, 4), (2, 1, 9)])
def test_a_convolution_is_one_matrix_product(stride: int, padding: int, places: int) -> None:
    """A row for each filter, a column for each place."""
    rng = np.random.default_rng(0)
    convolution = Convolution(2, 4, 3, stride, padding, rng=rng)

    def loss(x: list[Value]) -> Value:
        out = convolution(np.reshape(np.array(x, dtype=object), (2, 5, 5)))
        return summation(*relu(out).ravel())

    program = assert_agrees(loss, rng.normal(size=(2, 50)), convolution.parameters())
    assert products_of(program) == [(1, 4, 18, places)]
    assert gates_of(program) == [("relu", 4 * places)]


def test_a_batch_that_is_written_out_is_one_matrix_product_per_layer() -> None:
    """Its examples are columns."""
    rng = np.random.default_rng(0)
    model, X, y = MLP(2, [4, 3, 1], rng), rng.normal(size=(5, 2)), rng.normal(size=5)
    program = compile(batch_mean(squared_error, [model(x) for x in X], y), parameters=model.parameters())
    assert products_of(program) == [(1, 4, 2, 5), (1, 3, 4, 5), (1, 1, 3, 5)]
    assert indices_of(program) == set()


def test_a_partly_connected_layer_is_one_matrix_with_holes() -> None:
    layer = Layer(3, 2, None, connections=[[True, False, True], [True, True, False]])
    program = compiled(lambda x: summation(*[tanh(z) for z in layer(x)]), [1.0, 2.0, 3.0], layer.parameters())
    assert products_of(program) == [(1, 2, 3, 1)]
    (product,) = [part for part in parts_of(program.layout) if isinstance(part, MatrixProduct)]
    assert (product.weights[0] >= 0).tolist() == [[True, False, True], [True, True, False]]


def test_tied_weights_are_two_slices_of_the_same_parameters() -> None:
    encoder, decoder = Layer(4, 2, tanh), Layer(2, 4)
    decoder.weight = encoder.weight.T
    model: Any = Sequential(encoder, decoder)
    program = compiled(lambda x: squared_error(model(x), x), np.ones(4), model.parameters())
    assert products_of(program) == [(1, 2, 4, 1), (1, 4, 2, 1)]
    assert indices_of(program) == set()


def test_a_residual_network_is_its_matrices_and_additions() -> None:
    layers = [Layer(4, 4, tanh), Layer(4, 4, tanh)]
    model: Any = Sequential(*map(Residual, layers))
    program = compiled(lambda x: squared_error(model(x), [0.0] * 4), np.ones(4), model.parameters())
    assert products_of(program) == [(1, 4, 4, 1)] * 2
    assert [each for each in gates_of(program) if each[0] in ("tanh", "add")] == [("tanh", 4), ("add", 4)] * 2
    assert indices_of(program) == set()


def test_layers_side_by_side_on_one_input_are_a_matrix_product_each() -> None:
    first, second = Layer(3, 4, tanh), Layer(3, 2, relu, bias=False)
    program = compiled(
        lambda x: summation(*first(x), *second(x)), np.ones(3), first.parameters() + second.parameters()
    )
    assert sorted(products_of(program)) == [(1, 2, 3, 1), (1, 4, 3, 1)]
    assert indices_of(program) == set()


def test_an_array_of_values_is_a_layer_too() -> None:
    W, b, x = array(shape=(3, 2), label="W"), array(shape=3, label="b"), array(shape=2, label="x")
    program = compile((tanh(W @ x + b) ** 2).sum(), inputs=x, parameters=[*W.ravel(), *b])
    assert products_of(program) == [(1, 3, 2, 1)]
    assert indices_of(program) == set()


# -- reductions and elementwise gates -----------------------------------------------------------


def test_a_reduction_is_one_instruction() -> None:
    x, p = array(np.arange(6.0)), Value(1.0)
    program = compile(summation(*tanh(x)) * p, inputs=x, parameters=[p])
    (part,) = [part for part in parts_of(program.layout) if isinstance(part, Reduction)]
    assert part.terms.shape == (1, 6)
    program = compile(logsumexp(*x) * p, inputs=x, parameters=[p])
    assert gates_of(program)[0] == ("logsumexp", 1)


def test_equal_gates_at_one_depth_are_one_gate() -> None:
    x, p = array(np.arange(6.0)), Value(1.0)
    program = compile(summation(*(tanh(x) * p)), inputs=x, parameters=[p])
    assert gates_of(program)[0] == ("tanh", 6)


def gmm(d: int, k: int) -> tuple[Program, Floats]:
    """ADBench's Gaussian mixture, for one point, one scalar at a time."""
    rng = np.random.default_rng(0)
    alpha, mu, q = array(rng.normal(size=k)), array(rng.normal(size=(k, d))), array(rng.normal(size=(k, d)))
    lower = array(rng.normal(size=(k, d * (d - 1) // 2)))

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
    X = rng.normal(size=(4, d))
    return assert_agrees(loss, X, parameters), X


def test_a_gaussian_mixture_is_batched_products() -> None:
    """Each row of the k triangular matrices is k products side by side: nothing is left per component."""
    program, _ = gmm(d=4, k=6)
    assert all(groups == 6 for groups, *_ in products_of(program))
    assert len(products_of(program)) <= 4
    assert len(program.layout.instructions) < 30
    assert len(gmm(d=4, k=12)[0].layout.instructions) == len(program.layout.instructions)


# -- irregular graphs ---------------------------------------------------------------------------


def irregular(n: int) -> tuple[Value, list[Value], list[Value]]:
    """Sums of which some have products and others none, at every depth."""
    rng = np.random.default_rng(n)
    inputs, parameters = [[Value(number) for number in rng.normal(size=6)] for _ in range(2)]
    nodes = inputs + parameters
    for _ in range(n):
        a, b, c, d = (nodes[place] for place in rng.integers(0, len(nodes), 4))
        forms = [
            a + b - c,
            summation(a, b, c, d),
            summation(a * b, c),
            summation(a * parameters[0], b, d),
            a - b,
        ]
        nodes.append(forms[rng.integers(len(forms))].tanh())
    return summation(*nodes[-20:], *parameters), inputs, parameters


@pytest.mark.parametrize("n", [100, 400])
def test_an_irregular_graph_is_right(n: int) -> None:
    root, inputs, parameters = irregular(n)
    root.backward()
    program = compile(root, inputs=inputs, parameters=parameters)
    loss, gradient = program.loss_and_grad([[x.data for x in inputs]])
    assert loss == pytest.approx(root.data, rel=1e-10)
    np.testing.assert_allclose(gradient, [p.grad for p in parameters], rtol=1e-9, atol=1e-10)


# -- as a stage of its own ----------------------------------------------------------------------


def test_every_stage_can_be_called_and_printed() -> None:
    w, x = Value(2.0, label="w"), Value(3.0, label="x")
    table = trace([tanh(w * x) + w], [x], [w])
    layout = fuse(table)
    assert [type(each).__name__ for each in layout.instructions]
    assert "tanh" in str(table)
    assert "tanh" in repr(layout.instructions)


def test_every_scalar_that_is_left_has_a_place_of_its_own() -> None:
    program = moons()
    layout = program.layout
    places = layout.location[layout.location >= 0]
    assert len(set(places.tolist())) == len(places)
    for vector in layout.vectors:
        assert layout.location[vector.rows].tolist() == list(range(vector.start, vector.start + vector.size))


def test_every_instruction_takes_what_was_computed_before_it() -> None:
    root, inputs, parameters = irregular(200)
    layout = fuse(trace([root], inputs, parameters))
    known = {place for vector in layout.vectors for place in range(vector.start, vector.start + vector.size)}
    for instruction in layout.instructions:
        known -= set(range(instruction.out.start, instruction.out.start + instruction.out.size))
    for instruction in layout.instructions:
        for locations in operands_of(instruction):
            assert {place for place in locations.ravel().tolist() if place >= 0} <= known
        known |= set(range(instruction.out.start, instruction.out.start + instruction.out.size))
