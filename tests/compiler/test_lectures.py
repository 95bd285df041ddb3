"""Every example of the lectures, compiled: the same numbers as by the eager engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

import numpy as np
import pytest

from autograd import (
    Value,
    array,
    compile,
    cos,
    exp,
    log,
    maximum,
    relu,
    sigmoid,
    sin,
    summation,
    tanh,
    topological_order,
)
from nn import Convolution, Layer, Neuron, Residual, Sequential, cross_entropy, softmax, squared_error
from nn.perceptron import AND, NAND, OR, XOR
from tests.compiler.agreement import assert_agrees, on_arrays
from tests.lectures import test_lecture_000 as lecture_000
from tests.lectures import test_lecture_001 as lecture_001
from tests.lectures import test_lecture_001_network as lecture_001_network
from tests.lectures import test_lecture_002 as lecture_002
from tests.lectures import test_lecture_004 as lecture_004
from tests.lectures.graphs import relu_network, sigmoid_network
from tests.lectures.printed import assert_all_printed, assert_printed


def nested_layers() -> Value:
    """Lecture 003: f(x, W) = phi(W3 phi(W2 phi(W1 x)))."""
    rng = np.random.default_rng(3)
    v = array([0.5, -1.0, 2.0])
    for shape in ((4, 3), (5, 4), (2, 5)):
        v = tanh(array(rng.normal(size=shape)) @ v)
    return squared_error(v, [1.0, -1.0])


def exam() -> Value:
    """Lecture 003: one weight tied into two neurons."""
    x1, x2, x3, y, tied, w3, w5, w2, w6, u1, u2 = map(Value, np.linspace(-1.5, 2, 11))
    h1 = sigmoid(tied * x1 + w3 * x2 + w5 * x3)
    h2 = sigmoid(w2 * x1 + tied * x2 + w6 * x3)
    return (y - (u1 * h1 + u2 * h2)) ** 2


def residual_network() -> Value:
    """Lecture 003: v = tanh(W v) + v, eight times over."""
    rng = np.random.default_rng(0)
    layers = [Residual(Layer(4, 4, tanh, rng)) for _ in range(8)]
    return squared_error(Sequential(*layers)([0.5, -0.5, 1.0, -1.0]), [0.0] * 4)


def squared_norm() -> Value:
    """Lecture 004: ||W x||^2."""
    q = array([[1, 2], [3, 4]]) @ array([1, -1])
    return (q**2).sum()


def three_relu_layers() -> Value:
    """Lecture 004: o = W3 max{0, W2 max{0, W1 x}}."""
    rng = np.random.default_rng(7)
    o = array([1.0, -2.0, 0.5])
    for shape in ((4, 3), (5, 4), (2, 5)):
        o = maximum(0.0, array(rng.normal(size=shape)) @ o)
    return (o**2).sum()


def convolution() -> Value:
    """Lecture 004: a filter at every place of an image."""
    rng = np.random.default_rng(4)
    out = Convolution(3, 1, 5, rng=rng)(array(rng.normal(size=(3, 7, 6))))
    return (out**2).sum()


def bilinear() -> Value:
    """Lecture 002: f(W) = u^T W v."""
    f: Any = array([1.0, 2.0]) @ array(np.arange(6.0).reshape(2, 3)) @ array([3.0, 5.0, 7.0])
    return f  # type: ignore[no-any-return]


def binary_cross_entropy() -> Value:
    """Lecture 003, as its slide writes it."""
    y, target = Value(0.3), Value(1.0)
    loss: Value = -target * log(sigmoid(y)) - (1 - target) * log(sigmoid(-y))
    return loss


def softmax_as_a_formula() -> Value:
    """Lecture 003: -sum y*_i log(softmax(y)_i)."""
    y = array([0.5, -1.0, 2.0])
    return -(np.array([0, 1, 0]) * log(exp(y) / exp(y).sum())).sum()


def sigmoid_gate_by_gate() -> Value:
    """Lecture 004: 1 / (1 + exp(-(w0 + w1 x1 + w2 x2)))."""
    w, x = array([-3.0, 2.0, -1.0]), array([1.0, 0.5, -2.0])
    return 1 / (1 + exp(-(w[0] + w[1] * x[1] + w[2] * x[2])))


def cubic() -> Value:
    """Lecture 002: z1^2 z2 + z3."""
    z = array([2, 3, 5])
    return z[0] ** 2 * z[1] + z[2]


def vanishing_sigmoids() -> Value:
    """Lecture 001: ten in a chain."""
    y = Value(0.5)
    for _ in range(10):
        y = sigmoid(y)
    return y


EXAMPLES: dict[str, Callable[[], Value]] = {
    "000: the ReLU network": relu_network,
    "000: the ReLU network of dots": lambda: lecture_000.Network([[-0.9, 0.9], [0.0, 0.9]], [-0.9, 0.9]).loss,
    "001: the sigmoid network": sigmoid_network,
    "001: the sigmoid network, swapped": lambda: lecture_001_network.Network(swapped=True).error,
    "001: toy": lambda: lecture_001.Toy().error,
    "001: neuron": lambda: lecture_001.neuron((1.0, 0.25))[3],
    "001: softmax": lambda: summation(*map(log, lecture_001.softmax())),
    "001: cross-entropy": lambda: cross_entropy(array([-5.0, -1.0, 1.0, 5.0]), [0, 0, 0, 1]),
    "001: vanishing gradient": vanishing_sigmoids,
    "002: two layers": lambda: lecture_002.TwoLayers(np.array([0.5, -1.0, 2.0]), np.array([0.0, 1.0])).loss,
    "002: composed": lambda: lecture_002.Composed().h.sum(),
    "002: u^T W v": bilinear,
    "002: cubic": cubic,
    "003: nested layers": nested_layers,
    "003: exam": exam,
    "003: residual network": residual_network,
    "003: binary cross-entropy": binary_cross_entropy,
    "003: softmax": softmax_as_a_formula,
    "004: vector outputs": lambda: lecture_004.VectorOutputs().loss,
    "004: squared norm": squared_norm,
    "004: three ReLU layers": three_relu_layers,
    "004: sigmoid gate by gate": sigmoid_gate_by_gate,
    "004: convolution": convolution,
    "other gates": lambda: sin(Value(0.5)) * cos(Value(2.0)) + summation(*softmax(array([1.0, 2.0]))),
}


def replayed(root: Value, numbers: dict[Value, Value]) -> Value:
    """The same gates once more, from other leaves."""
    copies = dict(numbers)
    for node in topological_order(root):
        if node.gate is not None:
            taken = [
                number if below is None else copies[below]
                for below, number in zip(node.inputs, node.operands, strict=True)
            ]
            copies[node] = node.gate(*taken)
    return copies[root]


def leaves_of(root: Value) -> list[Value]:
    return [node for node in topological_order(root) if node.gate is None]


def assert_agrees_on_leaves(root: Value, inputs: Sequence[Value], parameters: Sequence[Value]) -> None:
    """On the numbers of the lecture, and on four examples of others."""
    given = [[leaf.data for leaf in inputs]]
    others = np.random.default_rng(0).normal(size=(4, len(inputs)))
    same = {parameter: parameter for parameter in parameters}
    assert_agrees(
        lambda x: replayed(root, {**same, **dict(zip(inputs, x, strict=True))}),
        np.vstack([np.reshape(given, (1, len(inputs))), others]),
        parameters,
    )


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_with_all_its_leaves_as_parameters(name: str) -> None:
    root = EXAMPLES[name]()
    leaves = leaves_of(root)
    program = compile(root, parameters=leaves)
    for leaf in leaves:
        leaf.grad = 0.0
    root.backward()
    programs = [program] if program.fused is None else [program, on_arrays(copy(program))]
    for each in programs:
        loss, gradient = each.loss_and_grad()
        assert loss == pytest.approx(root.data, rel=1e-12, abs=1e-14)
        np.testing.assert_allclose(gradient, [leaf.grad for leaf in leaves], rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_with_half_of_its_leaves_as_inputs(name: str) -> None:
    root = EXAMPLES[name]()
    leaves = leaves_of(root)
    assert_agrees_on_leaves(root, leaves[::2], leaves[1::2])
    assert_agrees_on_leaves(root, leaves[1::2], leaves[::2])


def test_lecture_000_as_printed() -> None:
    """On the kink of ReLU, where the gradient of the first row is 0."""
    loss = relu_network()
    leaf = {node.label: node for node in leaves_of(loss)}
    names = ["w11", "w12", "w21", "w22", "u1", "u2"]
    program = compile(
        loss, inputs=[leaf["x1"], leaf["x2"], leaf["y"]], parameters=[leaf[name] for name in names]
    )
    number, gradient = program.loss_and_grad([[1.0, 1.0, 1.0]])
    assert_printed(number, "0.0361")
    assert_all_printed(gradient.tolist(), "0 0 -0.342 -0.342 0 -0.342")
    program.parameters -= 0.2 * gradient
    assert_all_printed(program.parameters.tolist(), "-0.9 0.9 0.0684 0.9684 -0.9 0.9684")
    corners = [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 1.0]]
    assert (program(corners) < 0.25).all(), "within 1/2 of AND"


@pytest.mark.parametrize(
    ("gate", "truth"), [(AND, [1, 0, 0, 0]), (OR, [1, 1, 1, 0]), (NAND, [0, 1, 1, 1]), (XOR, [0, 1, 1, 0])]
)
def test_lecture_002_boolean_gates(gate: Neuron, truth: list[int]) -> None:
    x = [Value(0.0), Value(0.0)]
    program = compile(gate(x), inputs=x, parameters=gate.parameters())
    assert program(lecture_001.CORNERS).tolist() == truth
    assert not program.loss_and_grad(lecture_001.CORNERS)[1].any(), "a step has no slope"


def test_lecture_004_relu_of_a_matrix_of_values() -> None:
    """Slides as they are written: an object array of Values in, outputs for a whole batch out."""
    x, W = array([0.5, -1.0], label="x"), array([[1.0, 2.0], [-3.0, 0.5]], label="W")
    program = compile(relu(W @ x), inputs=x, parameters=W)
    X = np.random.default_rng(0).normal(size=(6, 2))
    np.testing.assert_allclose(program(X), np.maximum(X @ [[1.0, -3.0], [2.0, 0.5]], 0), rtol=1e-14)
