"""Irregular graphs on JAX: run gate by gate in a loop, they give what they give on NumPy."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from autograd import Value, compile, logsumexp, maximum, sin, summation
from autograd.compiler.program import Program
from tests.compiler.graphs import EXACT, MOST, SMOOTH, Operation, build
from tests.compiler.jax_here import float64, jax

__all__ = ["float64"]


def irregular(operations: dict[str, Operation], count: int, numbers: Any) -> Program:
    """Each operation takes some of the last eight nodes; the loss is the mean of them all."""
    draw = random.Random(count)
    inputs, parameters = [Value(1.0) for _ in range(4)], [Value(number) for number in numbers]
    names = sorted(operations)
    recipe = [
        (draw.choice(names), (draw.randrange(8), draw.randrange(8), draw.randrange(8))) for _ in range(count)
    ]
    nodes = build(recipe, [*inputs, *parameters, Value(2.0)])
    return compile(summation(*nodes) / count, inputs=inputs, parameters=parameters)


def assert_agrees(program: Program, X: Any) -> None:
    """Outputs, mean loss and gradient on JAX are those on NumPy; and JAX runs it gate by gate."""
    on_jax = program.to("jax")
    assert on_jax.is_tape
    np.testing.assert_allclose(on_jax.outputs(program.parameters, X), program(X), rtol=1e-10)
    loss, gradient = program.loss_and_grad(X)
    found, slopes = on_jax.loss_and_grad(program.parameters, X)
    assert found == pytest.approx(loss, rel=1e-10)
    np.testing.assert_allclose(slopes, gradient, rtol=1e-9, atol=1e-10 * max(1.0, abs(gradient).max()))


@pytest.mark.parametrize("count", [400, 500])
def test_random_graphs(count: int) -> None:
    rng = np.random.default_rng(count)
    assert_agrees(irregular(SMOOTH, count, rng.normal(size=5)), np.clip(rng.normal(size=(7, 4)), -MOST, MOST))


def test_of_whole_numbers_with_kinks_and_ties() -> None:
    rng = np.random.default_rng(0)
    program = irregular(EXACT, 600, rng.integers(-2, 3, 5))
    assert_agrees(program, rng.integers(-2, 3, (7, 4)).astype(float))


def test_an_operand_that_comes_twice_gets_both_contributions() -> None:
    w, x = Value(0.5), Value(1.0)
    node = x
    for _ in range(200):
        node = sin(w * node) * sin(w * node) + maximum(node, node)
        node = summation(node, node, node) / 3 - 0.5 * node
    assert_agrees(compile(node, inputs=[x], parameters=[w]), [[1.0], [-0.5]])


def test_gates_of_several_numbers_of_operands() -> None:
    w = [Value(number) for number in (0.5, -1.0, 2.0)]
    x, node = Value(1.0), Value(0.0)
    for i in range(150):
        node = logsumexp(*[each * node for each in w[: 1 + i % 3]], x)
    assert_agrees(compile(summation(node, *w), inputs=[x], parameters=w), [[1.0], [-0.5], [0.0]])


def test_several_outputs_and_none_that_varies() -> None:
    w, x = Value(0.5, label="w"), Value(1.0)
    nodes: list[Any] = [w]
    for _ in range(200):
        nodes.append(sin(nodes[-1] + w))
    program = compile([nodes[-1], nodes[100], w, x], inputs=[x], parameters=[w])
    found = program.to("jax").outputs(program.parameters, [[3.0], [4.0]])
    np.testing.assert_allclose(found, program([[3.0], [4.0]]), rtol=1e-12)


def test_under_vmap_and_scan() -> None:
    rng = np.random.default_rng(0)
    program, X = irregular(SMOOTH, 400, rng.normal(size=5)), np.clip(rng.normal(size=(3, 4)), -MOST, MOST)
    on_jax, w = program.to("jax"), program.parameters
    each = jax.vmap(jax.grad(on_jax.loss), in_axes=(None, 0))(w, X[:, None])
    np.testing.assert_allclose(each, program.loss_and_grad(X, per_example=True)[1], rtol=1e-9, atol=1e-12)
    _, losses = jax.lax.scan(lambda _, x: (None, on_jax.loss(w, x[None])), None, X)
    np.testing.assert_allclose(losses, program(X), rtol=1e-10)


def test_compiling_does_not_take_longer_for_a_longer_graph() -> None:
    """What XLA is given is the loops; unrolled, ten times the gates would be far more text and time."""

    def lowered(count: int) -> Any:
        few = {name: SMOOTH[name] for name in ("add", "sub", "mul", "max", "sin", "tanh")}
        program = irregular(few, count, [0.1, 0.2, 0.3, 0.4, 0.5])
        on_jax = program.to("jax")
        return jax.jit(on_jax.loss_and_grad).lower(program.parameters, np.zeros((2, 4)))

    def lines(count: int) -> int:
        return len(lowered(count).as_text().splitlines())

    assert lines(3000) <= 1.1 * lines(300)
