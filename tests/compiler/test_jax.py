"""Programs on JAX give what they give on NumPy, under JAX's transformations too."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Value, array, compile, exp, log, logsumexp, relu, summation, tanh
from autograd.compiler.program import Program
from nn import MLP, Convolution, Layer, Residual, Sequential
from tests.compiler.agreement import Floats, Loss, assert_close, compiled, run_eagerly
from tests.compiler.graphs import EXACT, MOST, SMOOTH, Operation, build
from tests.compiler.jax_here import float64, jax

__all__ = ["float64"]


def assert_agrees(loss: Loss, X: Floats, parameters: list[Value]) -> Program:
    """Outputs, mean loss and gradient on JAX are eager's to 1e-10, nan and infinities included."""
    program = compiled(loss, X[0], parameters)
    on_jax, eager = program.to("jax"), run_eagerly(loss, X, parameters)
    assert_close(on_jax.outputs(program.parameters, X), eager.losses, eager.scales)
    mean, gradient = on_jax.loss_and_grad(program.parameters, X)
    assert_close(mean, eager.losses.mean(), eager.scales.max())
    assert_close(gradient, eager.gradients.mean(axis=0), eager.scales.max())
    return program


# -- random graphs ------------------------------------------------------------------------------


def random_loss(operations: dict[str, Operation], count: int, reach: int, parameters: list[Value]) -> Loss:
    draw = random.Random(count + reach)
    names = sorted(operations)
    names += names[: -count % len(names)]  # each of them at least once
    draw.shuffle(names)
    recipe = [(draw.choice(names), tuple(draw.randrange(reach) for _ in range(3))) for _ in range(count)]

    def loss(inputs: list[Value]) -> Value:
        nodes = build(recipe, [*inputs, *parameters, Value(2.0), Value(-1.0)])  # type: ignore[arg-type]
        total: Value = summation(*nodes[-5:], *parameters)
        return total

    return loss


@pytest.mark.parametrize(("count", "reach"), [(30, 3), (31, 3), (60, 1000), (120, 1000)])
def test_random_graphs(count: int, reach: int) -> None:
    rng = np.random.default_rng(count)
    parameters = [Value(number) for number in rng.normal(size=5)]
    X = np.clip(rng.normal(size=(7, 4)), -MOST, MOST)
    assert_agrees(random_loss(SMOOTH, count, reach, parameters), X, parameters)


@pytest.mark.parametrize(("count", "reach"), [(30, 3), (31, 3), (100, 1000)])
def test_random_graphs_of_whole_numbers_with_kinks_and_ties(count: int, reach: int) -> None:
    rng = np.random.default_rng(count)
    parameters = [Value(number) for number in rng.integers(-2, 3, 5).astype(float)]
    X = rng.integers(-2, 3, (7, 4)).astype(float)
    assert_agrees(random_loss(EXACT, count, reach, parameters), X, parameters)


# -- networks -----------------------------------------------------------------------------------


def squared(outputs: Any, targets: Any) -> Value:
    total: Value = summation(*[(y - t) ** 2 for y, t in zip(outputs, targets, strict=True)])
    return total


def classes() -> tuple[Loss, int, list[Value]]:
    model = MLP(3, [4, 5], activation=tanh)

    def loss(z: list[Value]) -> Value:
        logits: Any = model(z[:3])
        total: Value = logsumexp(*logits) - summation(*[t * y for t, y in zip(z[3:], logits, strict=True)])
        return total

    return loss, 8, model.parameters()


def partly_connected() -> tuple[Loss, int, list[Value]]:
    connections = np.random.default_rng(0).random((4, 6)) < 0.5
    model = Sequential(Layer(6, 4, tanh, connections=connections | np.eye(4, 6, dtype=bool)), Layer(4, 2))
    return lambda z: squared(model(z[:6]), z[6:]), 8, model.parameters()


def tied() -> tuple[Loss, int, list[Value]]:
    encoder, decoder = Layer(5, 3, tanh), Layer(3, 5)
    decoder.weight = encoder.weight.T
    model = Sequential(encoder, decoder)
    return lambda z: squared(model(z), z), 5, model.parameters()


def residual() -> tuple[Loss, int, list[Value]]:
    model: Any = Sequential(
        Layer(3, 3, relu), Residual(Sequential(Layer(3, 3, tanh), Layer(3, 3))), Layer(3, 1)
    )
    return lambda z: model(z)[0] ** 2, 3, model.parameters()


def convolution() -> tuple[Loss, int, list[Value]]:
    first, second, last = Convolution(1, 2, 3), Convolution(2, 2, 3, padding=1), Layer(2 * 16, 3)

    def loss(z: list[Value]) -> Value:
        image = np.array(z[:36], dtype=object).reshape(6, 6)
        return squared(last(list(relu(second(relu(first(image)))).ravel())), z[36:])

    return loss, 39, [*first.parameters(), *second.parameters(), *last.parameters()]


def mixture() -> tuple[Loss, int, list[Value]]:
    """Of Gaussians with diagonal covariance."""
    rng = np.random.default_rng(0)
    alpha, mu, q = (array(rng.normal(size=shape)).tolist() for shape in (4, (4, 3), (4, 3)))

    def loss(z: list[Value]) -> Value:
        exponents = [
            alpha[k]
            + summation(*q[k])
            - 0.5 * summation(*[(exp(q[k][i]) * (z[i] - mu[k][i])) ** 2 for i in range(3)])
            for k in range(4)
        ]
        total: Value = log(summation(*[exp(each) for each in exponents]))
        return total

    return loss, 3, [*alpha, *np.ravel(mu), *np.ravel(q)]


def unrolled() -> tuple[Loss, int, list[Value]]:
    """A batch written out by the user, in a graph without inputs."""
    model, rng = MLP(2, [4, 1]), np.random.default_rng(0)
    X, y = rng.normal(size=(5, 2)), rng.normal(size=5)
    return lambda _: squared([model(x) for x in X.tolist()], y.tolist()), 0, model.parameters()


NETWORKS = [classes, partly_connected, tied, residual, convolution, mixture, unrolled]


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.__name__)
def test_networks(network: Callable[[], tuple[Loss, int, list[Value]]]) -> None:
    loss, inputs, parameters = network()
    program = assert_agrees(loss, np.random.default_rng(1).normal(size=(6, inputs)), parameters)
    assert not program.to("jax").is_tape


def test_a_missing_weight_keeps_an_infinity_out() -> None:
    """0 * inf would be nan."""
    w = array([1.0, 2.0, 3.0, 4.0], label="w").tolist()

    def loss(z: list[Value]) -> Value:
        rows = [w[0] * z[0] + w[1] * z[1], w[2] * z[1] + w[3] * z[2]]
        total: Value = summation(*[tanh(row) for row in rows])
        return total

    assert_agrees(loss, np.array([[np.inf, 0.5, 0.1], [0.1, 0.2, 0.3]]), w)


def test_products_with_constants_are_computed_as_they_are_written() -> None:
    """XLA would make x * 1e200 * 1e-200 x * 1."""
    w, x = Value(1.0), Value(2.0)
    program = compile(w * x * 1e200 * 1e-200, inputs=[x], parameters=[w])
    found = program.to("jax").outputs(np.ones(1), [[1e200], [3.0]])
    np.testing.assert_allclose(found, [np.inf, 3.0], rtol=1e-15)


# -- as JAX's functions -------------------------------------------------------------------------


def line() -> Program:
    """(w * x + b) ** 2, whose derivatives one can write down."""
    w, b, x = Value(2.0, label="w"), Value(1.0, label="b"), Value(3.0, label="x")
    return compile((w * x + b) ** 2, inputs=[x], parameters=[w, b])


X = np.array([[3.0], [-1.0], [0.5]])


def test_it_is_transformed_as_any_function_of_jax() -> None:
    program = line()
    on_jax, w = program.to("jax"), program.parameters
    z = 2 * X[:, 0] + 1
    slopes = 2 * z[:, None] * np.stack([X[:, 0], np.ones(3)], axis=1)  # of each example, by w and b
    by_two = np.stack([X[:, 0], np.ones(3)], axis=1)
    np.testing.assert_allclose(jax.jit(jax.grad(on_jax.loss))(w, X), slopes.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(jax.jacrev(on_jax.outputs)(w, X), slopes, rtol=1e-14)
    np.testing.assert_allclose(jax.jacfwd(on_jax.outputs)(w, X), slopes, rtol=1e-14)
    np.testing.assert_allclose(
        jax.jvp(lambda p: on_jax.loss(p, X), (w,), (np.array([1.0, 0.0]),))[1], slopes.mean(0)[0]
    )
    np.testing.assert_allclose(jax.hessian(on_jax.loss)(w, X), 2 * by_two.T @ by_two / 3, rtol=1e-14)
    each = jax.vmap(jax.grad(on_jax.loss), in_axes=(None, 0))(w, X[:, None])
    np.testing.assert_allclose(each, slopes, rtol=1e-14)
    np.testing.assert_allclose(jax.vmap(on_jax.outputs, in_axes=(0, None))(np.stack([w, 2 * w]), X)[0], z**2)
    np.testing.assert_allclose(jax.grad(on_jax.loss, argnums=1)(w, X), 2 * z[:, None] * 2 / 3, rtol=1e-14)

    def descend(w: Any, _: Any) -> tuple[Any, Any]:
        loss, gradient = on_jax.loss_and_grad(w, X)
        return w - 0.1 * gradient, loss

    _, losses = jax.lax.scan(descend, jax.numpy.asarray(w), length=20)
    for expected in losses:
        loss, gradient = program.loss_and_grad(X)
        program.parameters -= 0.1 * gradient
        assert expected == pytest.approx(loss, rel=1e-12)


def test_weights_stand_in_for_the_mean() -> None:
    program = line()
    on_jax, weights = program.to("jax"), np.array([0.5, 0.0, 2.0])
    losses, gradients = program.loss_and_grad(X, per_example=True)
    loss, gradient = on_jax.loss_and_grad(program.parameters, X, weights=weights)
    assert loss == pytest.approx(weights @ losses, rel=1e-14)
    np.testing.assert_allclose(gradient, weights @ gradients, rtol=1e-14)


def test_several_outputs_and_a_batch_of_none() -> None:
    w, x = Value(2.0), Value(3.0)
    program = compile([w * x, w, x], inputs=[x], parameters=[w])
    on_jax = program.to("jax")
    np.testing.assert_array_equal(on_jax.outputs(program.parameters, X), program(X))
    assert on_jax.outputs(program.parameters, np.empty((0, 1))).shape == (0, 3)
    with pytest.raises(TypeError, match=r"loss needs one loss, a Value, but 3 output\(s\) were compiled"):
        on_jax.loss_and_grad(program.parameters, X)


def test_a_program_without_inputs() -> None:
    w = Value(3.0)
    program = compile(w * w, parameters=[w])
    loss, gradient = program.to("jax").loss_and_grad(program.parameters)
    assert (loss, gradient) == (9.0, 6.0)


def test_float32_on_request() -> None:
    loss, inputs, parameters = classes()
    X = np.random.default_rng(0).normal(size=(6, inputs))
    program = compiled(loss, X[0], parameters)
    single = program.to("jax", dtype="float32")
    number, gradient = single.loss_and_grad(program.parameters.astype(np.float32), X)
    assert (number.dtype, gradient.dtype) == ("float32", "float32")
    np.testing.assert_allclose(gradient, program.loss_and_grad(X)[1], rtol=1e-4, atol=1e-6)
    with jax.enable_x64(False):
        unchanged = single.loss_and_grad(program.parameters, X)
    np.testing.assert_array_equal(unchanged[1], gradient)


def test_constants_are_of_the_programs_floats_too() -> None:
    w, x = array([0.5, -1.0, 2.0], label="w"), array([1.0, 2.0, 3.0], label="x")
    program = compile(tanh(w * x * np.array([0.1, 0.2, 0.3])).sum(), inputs=list(x), parameters=list(w))
    single = program.to("jax", dtype="float32")
    found = single.outputs(program.parameters.astype(np.float32), np.ones((2, 3)))
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, program(np.ones((2, 3))), rtol=1e-6)


# -- what goes wrong ----------------------------------------------------------------------------


def test_float64_that_is_switched_off_is_an_error_that_says_how_to_switch_it_on() -> None:
    program = line()
    on_jax = program.to("jax")
    with (
        jax.enable_x64(False),
        pytest.raises(TypeError, match=r"parameters of float64, got float32.*jax_enable_x64"),
    ):
        on_jax.loss(program.parameters, X)


@pytest.mark.parametrize(
    ("parameters", "X", "message"),
    [
        (np.ones(3), np.ones((2, 1)), r"flat vector of 2 numbers, got shape \(3,\)"),
        (np.ones(2), np.ones((2, 4)), r"shape \(examples, 1\), got shape \(2, 4\)"),
        (np.ones(2), np.ones((0, 1)), "at least one example"),
    ],
)
def test_wrong_shapes(parameters: Any, X: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        line().to("jax").loss(parameters, X)


def test_other_engines_and_floats() -> None:
    with pytest.raises(ValueError, match="backend must be \"jax\", got 'fortran'"):
        line().to("fortran")
    with pytest.raises(ValueError, match="dtype must be one of float64, float32, got 'int8'"):
        line().to("jax", dtype="int8")
