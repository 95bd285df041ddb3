"""A model and its loss, compiled: the engine's loss and gradient over any batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Value, tanh
from autograd.gates import power
from nn import MLP, Layer, Sequential
from nn.compiled import CompiledLoss
from nn.losses import cross_entropy, l2_penalty, squared_error
from nn.training.eager import loss_and_grad

X = np.random.default_rng(7).normal(size=(12, 3))


def mlp() -> MLP:
    return MLP(3, [4, 1], np.random.default_rng(0), activation=tanh)


def test_parameters_that_the_loss_does_not_see_have_gradient_0() -> None:
    model, stray = mlp(), Value(2.0)
    program = model.compile(squared_error, X[0], 0.0)
    compiled = CompiledLoss(model, squared_error, X[0], 0.0, [stray, *model.parameters()])
    loss, gradient = compiled(X, np.zeros(12))
    assert gradient[0] == 0
    assert len(gradient) == len(model.parameters()) + 1
    np.testing.assert_allclose(program(X, np.zeros(12))[1], gradient[1:])
    assert program.mean(X, np.zeros(12)) == pytest.approx(loss)


def test_a_penalty_on_the_parameters_counts_once_per_batch() -> None:
    model = mlp()

    def loss(score: Any, target: Any) -> Value:
        return squared_error(score, target) + l2_penalty(model.parameters(), 0.1)

    compiled = model.compile(loss, X[0], 0.0)
    squares = [node for node in compiled.program.ir.nodes if node.detail is power]
    assert [node.varies for node in squares[:4]] == [False] * 4  # W1, b1, W2, b2
    loss_here, gradient = compiled(X, np.zeros(12))
    engines_loss, engines_gradient = loss_and_grad(model, loss, model.parameters(), X, np.zeros(12))
    assert loss_here == pytest.approx(engines_loss, rel=1e-10)
    np.testing.assert_allclose(gradient, engines_gradient, rtol=1e-10)


def test_the_class_is_one_input_and_is_checked() -> None:
    model = MLP(3, [4, 3], np.random.default_rng(0))
    compiled = model.compile(cross_entropy, X[0], 0)
    y = np.arange(12) % 3
    assert compiled.columns(X, y).shape == (12, 4)
    expected = loss_and_grad(model, cross_entropy, model.parameters(), X, y)
    for given in (y, y.tolist(), y.astype(np.uint8), y.astype(object)):
        loss, gradient = compiled(X, given)
        assert loss == pytest.approx(expected[0], rel=1e-12)
        np.testing.assert_allclose(gradient, expected[1], rtol=1e-9, atol=1e-15)
    with pytest.raises(TypeError, match=r"index of a class.* got .*1\.0"):
        compiled(X[:2], [0, 1.0])
    with pytest.raises(TypeError, match=r"index of a class.* got True"):
        compiled(X[:2], [0, True])
    with pytest.raises(ValueError, match=r"from 0 to 2, one per logit, got 3"):
        compiled(X[:2], [0, 3])
    with pytest.raises(ValueError, match=r"y must have examples of shape \(\), .* got shape \(3,\)"):
        compiled(X, np.eye(3)[y])


def test_the_gradient_has_the_names_and_shapes_of_the_state() -> None:
    holes = [[True, True, False], [False, True, True]]
    first, second = Layer(3, 2, tanh, connections=holes), Layer(2, 3)
    tied = Layer(3, 2, bias=False)
    model = Sequential(first, second, Layer(3, 3, bias=False), tied)
    tied.weight = second.weight.T
    state, compiled = model.state_dict(), model.compile(squared_error, X[0], [0.0] * 2)
    parts = compiled.program.unflatten(compiled.program.parameters)
    assert list(parts) == ["0.weight", "0.bias", "1.weight", "1.bias", "2.weight"]
    np.testing.assert_array_equal(parts["0.weight"], state["0.weight"][np.array(holes)])
    for name in list(parts)[1:]:
        np.testing.assert_array_equal(parts[name], state[name])


def test_parameters_that_are_not_the_models_in_its_order_stay_a_vector() -> None:
    model = mlp()
    backwards = CompiledLoss(model, squared_error, X[0], 0.0, model.parameters()[::-1])
    vector = backwards.program.unflatten(backwards.program.parameters)
    np.testing.assert_array_equal(vector, [parameter.data for parameter in model.parameters()[::-1]])


def test_it_computes_with_the_parameter_vector_that_it_is_given() -> None:
    model, other = mlp(), MLP(3, [4, 1], np.random.default_rng(1), activation=tanh)
    before = [parameter.data for parameter in model.parameters()]
    compiled = model.compile(squared_error, X[0], 0.0)
    compiled.set_parameters(np.array([parameter.data for parameter in other.parameters()]))
    loss, _ = loss_and_grad(other, squared_error, other.parameters(), X, np.zeros(12))
    assert compiled(X, np.zeros(12))[0] == pytest.approx(loss, rel=1e-12)
    assert [parameter.data for parameter in model.parameters()] == before


def test_a_batch_of_another_width_is_refused() -> None:
    compiled = mlp().compile(squared_error, X[0], 0.0)
    with pytest.raises(ValueError, match=r"X must have examples of shape \(3,\), .* got shape \(2,\)"):
        compiled(X[:2, :2], np.zeros(2))


@pytest.mark.parametrize(("examples", "targets"), [(3, 2), (0, 0)])
def test_a_call_wants_a_target_for_each_example(examples: int, targets: int) -> None:
    compiled = MLP(2, [1], np.random.default_rng(0)).compile(squared_error, [1.0, 2.0], 3.0)
    with pytest.raises(ValueError, match=f"a target for each example.*, got {examples} and {targets}"):
        compiled(np.zeros((examples, 2)), np.zeros(targets))
