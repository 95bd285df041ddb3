"""Training by a compiled program: the same history, and the engine where it cannot be."""

from __future__ import annotations

import gc
import signal
from typing import Any

import numpy as np
import pytest

from autograd import Value, relu, tanh
from nn import MLP, Layer, Residual, Sequential, fit
from nn.losses import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge,
    l2_penalty,
    mean_squared_error,
    squared_error,
)
from nn.optim import SGD, Adam
from nn.steps import Compiled, HowToTrain, how_to_train
from tests.nn.training import numbers

RNG = np.random.default_rng(7)
X = RNG.normal(size=(12, 3))


def mlp(outputs: int, seed: int = 0) -> MLP:
    return MLP(3, [4, outputs], np.random.default_rng(seed), activation=tanh)


def residual(outputs: int) -> Sequential:
    rng = np.random.default_rng(1)
    return Sequential(Layer(3, 3, relu, rng), Residual(Layer(3, 3, tanh, rng)), Layer(3, outputs, None, rng))


TASKS: dict[str, tuple[Any, Any, Any]] = {
    "classes": (lambda: mlp(3), cross_entropy, RNG.integers(3, size=12)),
    "probabilities": (lambda: mlp(3), cross_entropy, RNG.dirichlet(np.ones(3), 12)),
    "numbers": (lambda: mlp(1), squared_error, RNG.normal(size=12)),
    "vectors": (lambda: residual(2), mean_squared_error, RNG.normal(size=(12, 2))),
    "labels": (lambda: mlp(1), hinge, RNG.choice([-1, 1], 12)),
    "odds": (lambda: mlp(1), binary_cross_entropy_with_logits, RNG.integers(2, size=12)),
    "lists": (lambda: mlp(1), squared_error, RNG.normal(size=12).tolist()),
}


@pytest.mark.parametrize("task", TASKS)
def test_the_history_is_that_of_the_engine(task: str) -> None:
    make, loss, y = TASKS[task]
    histories, weights, gradients = [], [], []
    for compiled in (True, False):
        model: Any = make()
        optimizer = Adam(model.parameters(), lr=0.05)
        data = (X.tolist(), y) if task == "lists" else (X, y)
        history = model_fit(model, *data, loss=loss, optimizer=optimizer, compiled=compiled)
        histories.append(history)
        weights.append(numbers(model))
        gradients.append([parameter.grad for parameter in model.parameters()])
    np.testing.assert_allclose(histories[0].steps, histories[1].steps, rtol=1e-10)
    np.testing.assert_allclose(histories[0].validation, histories[1].validation, rtol=1e-10)
    np.testing.assert_allclose(weights[0], weights[1], rtol=1e-9)
    last = max(map(abs, gradients[1]))
    if task != "labels":  # a hinge that is just met or just not makes a step's gradient jump
        np.testing.assert_allclose(gradients[0], gradients[1], rtol=1e-7, atol=1e-9 * last)


def model_fit(model: Any, X: Any, y: Any, **options: Any) -> Any:
    return fit(
        model,
        X,
        y,
        epochs=3,
        batch_size=5,
        rng=np.random.default_rng(2),
        validation=(X[:4], y[:4]),
        progress=False,
        **options,
    )


def chosen(model: Any, loss: Any, y: Any, compiled: bool | None = None, X: Any = X) -> HowToTrain:
    return how_to_train(model, loss, SGD(model.parameters()), X, y, None, compiled)


def test_compiled_by_default() -> None:
    for make, loss, y in TASKS.values():
        assert isinstance(chosen(make(), loss, y), Compiled)
    assert type(chosen(mlp(1), squared_error, np.zeros(12), compiled=False)) is HowToTrain


@pytest.mark.parametrize(
    ("loss", "y", "says"),
    [
        (hinge, [1, -1, 0], "label must be -1 or 1, got 0"),
        (cross_entropy, [0, 2, 7], "class from 0 to 2"),
        (binary_cross_entropy_with_logits, [0, 1, 3], "target must be from 0 to 1, got 3"),
    ],
)
def test_a_wrong_target_is_refused_as_by_the_engine(loss: Any, y: list[int], says: str) -> None:
    model = mlp(3 if loss is cross_entropy else 1)
    with pytest.raises(ValueError, match=says):
        model_fit(model, X[:3], np.array(y), loss=loss, optimizer=SGD(model.parameters()))


def test_parameters_that_the_loss_does_not_see_have_gradient_0() -> None:
    model: Any = mlp(1)
    stray = Value(2.0)
    program = model.compile(squared_error, X[0], 0.0)
    how = how_to_train(model, squared_error, SGD([*model.parameters(), stray]), X, np.zeros(12), None, True)
    loss, gradient = how.step(X, np.zeros(12))
    assert gradient[-1] == 0
    assert len(gradient) == len(model.parameters()) + 1
    np.testing.assert_allclose(program(X, np.zeros(12))[1], gradient[:-1])
    assert program.mean(X, np.zeros(12)) == pytest.approx(loss)


def test_a_penalty_on_the_parameters_counts_once_per_batch() -> None:
    model = mlp(1)

    def loss(score: Any, target: Any) -> Value:
        return squared_error(score, target) + l2_penalty(model.parameters(), 0.1)

    compiled = model.compile(loss, X[0], 0.0)
    assert "once per batch" in compiled.program.report()
    how = chosen(model, loss, np.zeros(12), compiled=False)
    loss_here, gradient = compiled(X, np.zeros(12))
    engines_loss, engines_gradient = how.step(X, np.zeros(12))
    assert loss_here == pytest.approx(engines_loss, rel=1e-10)
    np.testing.assert_allclose(gradient, engines_gradient, rtol=1e-10)


def test_a_batch_of_another_width_is_refused() -> None:
    compiled = mlp(1).compile(squared_error, X[0], 0.0)
    with pytest.raises(ValueError, match=r"X must have examples of shape \(3,\), .* got shape \(2,\)"):
        compiled(X[:2, :2], np.zeros(2))


@pytest.mark.parametrize("kind", ["program", "update"])
def test_ctrl_c_keeps_the_last_whole_step(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real SIGINT in the third step, while the program runs or between two parts of the update."""

    class Interrupted(SGD):
        steps = 0

        def updated(self, parameters: Any, gradients: Any) -> Any:
            self.steps += 1
            result = super().updated(parameters, gradients)
            if self.steps == 3 and kind == "update":
                signal.raise_signal(signal.SIGINT)
            return result

    y = np.zeros(12)
    reference = mlp(1)
    undisturbed = SGD(reference.parameters(), lr=0.01, momentum=0.9)
    model = mlp(1)
    optimizer = Interrupted(model.parameters(), lr=0.01, momentum=0.9)
    if kind == "program":
        calls, compute = [], Compiled.apply

        def apply(self: Compiled, gradients: Any) -> bool:
            calls.append(gradients)
            if len(calls) == 3:
                signal.raise_signal(signal.SIGINT)
            return compute(self, gradients)

        monkeypatch.setattr(Compiled, "apply", apply)
    history = fit(model, X, y, loss=squared_error, optimizer=optimizer, epochs=9, progress=False)
    monkeypatch.undo()
    assert history.stopped == "interrupted after 2 step(s)"
    fit(reference, X, y, loss=squared_error, optimizer=undisturbed, epochs=2, progress=False)
    assert numbers(model) == numbers(reference)
    assert optimizer.state.tolist() == undisturbed.state.tolist()
    assert gc.isenabled()


def test_a_nonfinite_loss_stops_with_the_weights_before_it() -> None:
    model = mlp(1)
    before = numbers(model)
    data = X.copy()
    data[3, 1] = np.inf
    optimizer = SGD(model.parameters(), lr=0.1)
    with pytest.warns(RuntimeWarning, match="training stopped: epoch 1, step 1: example 3"):
        fit(model, data, np.zeros(12), loss=squared_error, optimizer=optimizer, epochs=2, progress=False)
    assert numbers(model) == before
