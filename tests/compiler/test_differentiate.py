"""From a program to its gradient: operation by operation against differences, and what is not computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Value, array, compile, gate, gates, sqrt, summation, tanh, where
from autograd.compiler.array_program import ArrayProgram
from autograd.compiler.differentiate import ADJOINTS, differentiate
from autograd.compiler.ir import IR, Node, below
from nn import MLP, Layer, l2_penalty, squared_error
from tests.compiler.agreement import assert_agrees, compiled, on_arrays
from tests.compiler.evaluating import evaluate
from tests.compiler.graphs import arctan, bend, norm
from tests.compiler.layouts import body_of, lines_of

EXAMPLES = 3
rng = np.random.default_rng(0)

#: Of an input x (3, 4) and parameters W (3, 4), v (4,), c ().
Build = Callable[[IR, Node, Node, Node, Node], Node]
INDEX = np.array([[0, 5, 5], [11, 0, 3]])


def times(a: Node, b: Node) -> Node:
    return a.ir.call(gates.mul, a, b)


OPERATIONS: dict[str, Build] = {
    "call": lambda ir, x, W, v, c: ir.call(gates.tanh, ir.call(gates.add, times(x, W), c)),
    "call of a rule for floats": lambda ir, x, W, v, c: ir.call(arctan, times(x, W)),
    "call of two operands": lambda ir, x, W, v, c: ir.call(gates.div, v, ir.call(gates.exp, times(x, W))),
    "call of one operand twice": lambda ir, x, W, v, c: times(times(W, W), x),
    "call of a rule that branches": lambda ir, x, W, v, c: ir.call(bend, times(x, W), c),
    "call of any number": lambda ir, x, W, v, c: ir.call(norm, x, W, v),
    "reduce": lambda ir, x, W, v, c: times(ir.reduce(gates.logsumexp, times(x, W), 1), c),
    "reduce along the first axis": lambda ir, x, W, v, c: times(ir.reduce(gates.norm, times(x, W), 0), v),
    "reduce of parameters": lambda ir, x, W, v, c: times(ir.reduce(gates.maximum, W, 0), x),
    "einsum": lambda ir, x, W, v, c: ir.einsum(W, x, ("ab", "cb", "ac")),
    "einsum of what varies": lambda ir, x, W, v, c: ir.einsum(times(x, W), times(x, v), ("ab", "cb", "ac")),
    "einsum of parameters": lambda ir, x, W, v, c: times(ir.einsum(W, v, ("ab", "b", "a")), c),
    "einsum side by side": lambda ir, x, W, v, c: ir.einsum(W, x, ("ab", "ab", "a")),
    "einsum that turns": lambda ir, x, W, v, c: ir.einsum(x, W, ("ab", "cb", "ca")),
    "sum": lambda ir, x, W, v, c: times(ir.sum(times(x, W), [1]), c),
    "sum kept": lambda ir, x, W, v, c: times(ir.sum(times(x, W), [0], keep=True), W),
    "sum of parameters": lambda ir, x, W, v, c: times(ir.sum(W, [0, 1]), ir.sum(x, [0, 1])),
    "reshape": lambda ir, x, W, v, c: ir.call(gates.tanh, ir.reshape(times(x, W), (2, 6))),
    "transpose": lambda ir, x, W, v, c: times(ir.transpose(times(x, W), (1, 0)), ir.reshape(v, (4, 1))),
    "transpose of three": lambda ir, x, W, v, c: times(
        ir.transpose(ir.reshape(times(x, W), (3, 2, 2)), (2, 0, 1)), c
    ),
    "broadcast": lambda ir, x, W, v, c: times(ir.broadcast(v, (5, 4)), ir.sum(x, [0])),
    "slice": lambda ir, x, W, v, c: times(ir.slice(times(x, W), [(1, 3, 1), (0, 4, 2)]), c),
    "slices that fill a whole": lambda ir, x, W, v, c: ir.call(
        gates.add, ir.slice(W, [(0, 3, 1), (0, 2, 1)]), times(ir.slice(W, [(0, 3, 1), (2, 4, 1)]), c)
    ),
    "slices that overlap": lambda ir, x, W, v, c: times(
        times(ir.slice(W, [(0, 2, 1), (0, 4, 1)]), ir.slice(W, [(1, 3, 1), (0, 4, 1)])), c
    ),
    "every other one and the rest": lambda ir, x, W, v, c: times(
        times(ir.slice(v, [(0, 3, 2)]), ir.slice(v, [(1, 4, 2)])), c
    ),
    "every other one, then the last": lambda ir, x, W, v, c: times(
        times(ir.slice(v, [(0, 3, 2)]), ir.slice(v, [(3, 4, 1)])), c
    ),
    "gather": lambda ir, x, W, v, c: times(ir.gather(times(x, W), INDEX), c),
    "concatenate": lambda ir, x, W, v, c: ir.concatenate([times(x, W), W, ir.reshape(v, (1, 4))], 0),
    "concatenate along the last axis": lambda ir, x, W, v, c: times(ir.concatenate([W, times(x, c)], 1), c),
    "take": lambda ir, x, W, v, c: times(ir.take(W, ir.input(1, (2,))), c),
    "choose": lambda ir, x, W, v, c: times(ir.choose(ir.input(2, ()), times(x, W)), c),
    "broadcasting of all kinds": lambda ir, x, W, v, c: ir.call(
        gates.mul, ir.call(gates.add, times(x, v), c), ir.reshape(v, (4, 1, 1))
    ),
}


def lossy(build: Build) -> tuple[IR, Node, list[Node], list[Any], list[Any]]:
    """A loss of the operation, the parameters, and numbers for inputs and parameters."""
    ir = IR()
    x, W, v, c = ir.input(0, (3, 4)), *[ir.parameter(n, shape) for n, shape in enumerate([(3, 4), (4,), ()])]
    out = build(ir, x, W, v, c)
    weights = ir.constant(np.random.default_rng(1).normal(size=out.shape))
    loss = ir.sum(ir.call(gates.mul, ir.call(gates.sin, out), weights), range(len(out.shape)))
    draw = np.random.default_rng(2)
    inputs = [draw.normal(size=(3, 4, EXAMPLES)), draw.integers(0, 4, (2, EXAMPLES)).astype(float),
              draw.integers(0, 3, (EXAMPLES,)).astype(float)]  # fmt: skip
    parameters = [draw.normal(size=(3, 4)), draw.normal(size=4), np.array(0.7)]
    return ir, loss, [W, v, c], inputs, parameters


def gradients_of(loss: Node, parameters: list[Node], per_example: bool = False) -> tuple[Node | None, ...]:
    return differentiate(ArrayProgram(loss, tuple(parameters)), per_example).gradients


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_gradient_is_that_of_small_differences(name: str) -> None:
    _, loss, nodes, inputs, parameters = lossy(OPERATIONS[name])
    gradients = gradients_of(loss, nodes)
    each = gradients_of(loss, nodes, per_example=True)
    dloss = np.array([0.5, -1.0, 2.0])
    for place, numbers in enumerate(parameters):
        expected = np.zeros((*numbers.shape, EXAMPLES))
        for at in np.ndindex(numbers.shape):
            moved = []
            for step in (1e-6, -1e-6):
                shifted = [np.array(one) for one in parameters]
                shifted[place][at] += step
                moved.append(evaluate([loss], inputs, shifted)[0])
            expected[at] = dloss * (moved[0] - moved[1]) / 2e-6
        for found, varies in ((gradients[place], False), (each[place], True)):
            if found is None:
                assert not expected.any()
                continue
            assert found.shape == numbers.shape
            (got,) = evaluate([found], inputs, parameters, dloss)
            if varies and loss.varies:
                np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-7)
            elif loss.varies:
                np.testing.assert_allclose(got[..., 0], expected.sum(axis=-1), rtol=1e-5, atol=1e-7)


def test_every_operation_is_here() -> None:
    used = {node.operation for build in OPERATIONS.values() for node in lossy(build)[0].nodes}
    assert set(ADJOINTS) <= used


def test_what_was_broadcast_gets_as_many_contributions() -> None:
    """Also where the upstream gradient is one number for them all."""
    ir = IR()
    W, v, c = ir.parameter(0, (3, 4)), ir.parameter(1, (4,)), ir.parameter(2, ())
    loss = ir.sum(ir.call(gates.add, ir.call(gates.add, W, v), c), [0, 1])
    gradients = gradients_of(loss, [W, v, c])
    found = [each for each in gradients if each is not None]
    numbers = evaluate(found, [], [np.zeros((3, 4)), np.zeros(4), np.zeros(())], np.ones(1))
    for got, expected in zip(numbers, (1.0, 3.0, 12.0), strict=True):
        assert (got == expected).all()


def test_no_gradient_is_none() -> None:
    ir = IR()
    x, w, v = ir.input(0, ()), ir.parameter(0, ()), ir.parameter(1, ())
    gradients = gradients_of(ir.call(gates.add, ir.call(gates.mul, x, w), ir.call(gates.step, v)), [w, v])
    assert gradients[0] is not None
    assert gradients[1] is None


def test_a_parameter_that_is_the_loss() -> None:
    ir = IR()
    w = ir.parameter(0, ())
    (gradient,) = gradients_of(w, [w])
    assert gradient is not None
    assert gradient.operation in ("dloss", "sum_examples")


def test_whose_gradient_a_node_is() -> None:
    ir = IR()
    x, w = ir.input(0, (3,)), ir.parameter(0, (3,))
    h = ir.call(gates.tanh, ir.call(gates.mul, x, w))
    found = differentiate(ArrayProgram(ir.sum(ir.call(gates.exp, h), [0]), (w,)))
    (of_w,) = found.gradients
    assert of_w is not None
    assert found.gradient_of[of_w.number] is found.parameters[0]
    assert gates.tanh in [node.detail for node in found.gradient_of.values()]


def products_below(gradient: Node | None) -> list[Node]:
    assert gradient is not None
    return [each for each in below([gradient]) if each.operation == "einsum" and each.detail[3]]


def test_products_of_several_steps_are_one() -> None:
    """The weights of a recurrent network get theirs from all steps at once; of two it is not worth it."""
    for steps, expected in ((2, 2), (4, 1)):
        ir = IR()
        x, W = ir.input(0, (3,)), ir.parameter(0, (3, 3))
        h = x
        for _ in range(steps):
            h = ir.call(gates.tanh, ir.einsum(W, h, ("ab", "b", "a")))
        (gradient,) = gradients_of(ir.sum(h, [0]), [W])
        assert len(products_below(gradient)) == expected


def test_slices_side_by_side_are_put_together_without_zeros() -> None:
    _, loss, nodes, _, _ = lossy(OPERATIONS["slices that fill a whole"])
    gradient, _, _ = gradients_of(loss, nodes)
    assert gradient is not None
    assert not [each for each in below([gradient]) if each.operation == "pad"]
    _, loss, nodes, _, _ = lossy(OPERATIONS["slices that overlap"])
    gradient, _, _ = gradients_of(loss, nodes)
    assert gradient is not None
    assert len([each for each in below([gradient]) if each.operation == "pad"]) == 2


# -- in whole programs --------------------------------------------------------------------------


def test_two_matrix_products_per_layer_and_one_for_the_first() -> None:
    """The gradient of W and that of what came from below; the inputs need none."""
    model = MLP(3, [4, 4, 2], np.random.default_rng(0))
    program = compiled(lambda x: squared_error(model(x), [0.0, 1.0]), np.ones(3), model.parameters())
    lines = body_of(program)
    assert lines.count(" @ ") + lines.count("matmul(") == 3 + 3 + 2
    assert "dx" not in lines


def test_nothing_is_computed_for_what_does_not_learn() -> None:
    x, p, frozen = Value(2.0, label="x"), Value(1.0, label="p"), Value(3.0, label="frozen")
    program = compile(p * tanh(x * frozen), inputs=[x, frozen], parameters=[p])
    assert "1 - " not in body_of(program), "tanh's derivative"


def test_the_gradient_is_written_in_place_into_one_vector() -> None:
    model = MLP(3, [4, 2], np.random.default_rng(0), bias=False)
    program = compiled(lambda x: summation(*map(tanh, model(x))), np.ones(3), model.parameters())
    assert "out=dW1)" in program.source
    assert "out=dW2)" in program.source


def test_a_single_contribution_is_assigned_and_nothing_is_added_to_zeros() -> None:
    w, x = Value(1.0, label="w"), Value(2.0, label="x")
    program = compile(tanh(w * x), inputs=[x], parameters=[w])
    assert "+=" not in program.source
    assert "zeros" not in program.source


def test_what_the_last_call_left_does_not_count() -> None:
    W = array(rng.normal(size=(3, 3)), label="W")
    parameters = list(W.ravel())

    def loss(x: list[Value]) -> Value:
        h = W @ tanh(W @ np.array(x)) + W[0] * W[1, 2]
        return summation(*h, W[0, 0] * W[0, 0], W[2, 1]) + l2_penalty(parameters[2:7], 0.3)  # type: ignore[no-any-return]

    X = rng.normal(size=(4, 3))
    program = on_arrays(assert_agrees(loss, X, parameters))
    first = program.loss_and_grad(X)[1]
    program.loss_and_grad(100 * X)
    assert (program.loss_and_grad(X)[1] == first).all()


def test_a_parameter_without_a_gradient_has_zeros_whatever_was_computed_before() -> None:
    w, v, x = Value(1.0, label="w"), Value(-1.0, label="v"), Value(2.0, label="x")
    program = on_arrays(compile(w * x + gates.step(v), inputs=[x], parameters=[w, v]))
    program.parameters[:] = 2.0
    assert program.loss_and_grad([[3.0]])[1].tolist() == [3.0, 0.0]


def test_a_matrix_and_its_own_penalty() -> None:
    layer = Layer(3, 2, None, np.random.default_rng(0), bias=False)

    def loss(x: list[Value]) -> Value:
        return squared_error(layer(x), [0.0, 1.0]) + l2_penalty(layer.parameters(), 0.1)

    assert_agrees(loss, np.random.default_rng(1).normal(size=(4, 3)), layer.parameters())


def test_a_path_not_taken_contributes_nothing() -> None:
    """0 from it would be nan at a pole further down."""
    w = Value(0.0, label="w")

    def loss(x: list[Value]) -> Any:
        return where(x[0], sqrt(w), 2 * w + x[1])

    assert_agrees(loss, [[0.0, 1.0], [0.0, -1.0], [1.0, 2.0]], [w])


def test_a_rule_that_gives_none_for_an_operand() -> None:
    """As gates that stop a gradient do."""
    through = gate(
        "through", forward=lambda m, a, b: a * b, backward=lambda m, upstream, out, a, b: (upstream, None)
    )
    w, v = Value(2.0), Value(3.0)
    assert_agrees(lambda x: through(w * x[0], v) + v, [[1.0], [-2.0]], [w, v])


def test_lines_of_a_small_network() -> None:
    W, b, x = array(shape=(3, 2), label="W"), array(shape=3, label="b"), array(shape=2, label="x")
    program = compile((tanh(W @ x + b) ** 2).sum(), inputs=[x], parameters=[W, b])
    lines = lines_of(program)
    assert "matmul(d, x.T, out=dW)" in lines
    assert "sum(d, axis=1, out=db)" in lines
