"""Training by a compiled program: the same history, and the engine where it cannot be."""

from __future__ import annotations

import gc
import signal
from typing import Any

import numpy as np
import pytest

from autograd import relu, tanh
from nn import MLP, Layer, Residual, Sequential, fit
from nn.compiled import CompiledLoss
from nn.losses import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge,
    mean_squared_error,
    squared_error,
)
from nn.optim import SGD, Adam
from nn.training.backend import Backend, BackendName, Task
from nn.training.choice import choose_backend
from nn.training.eager import EagerBackend
from nn.training.on_numpy import NumpyBackend
from tests.nn.training.common import numbers

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
    for backend in ("numpy", "eager"):
        model: Any = make()
        optimizer = Adam(model.parameters(), lr=0.05)
        data = (X.tolist(), y) if task == "lists" else (X, y)
        history = model_fit(model, *data, loss=loss, optimizer=optimizer, backend=backend)
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


def chosen(model: Any, loss: Any, y: Any, backend: BackendName) -> Backend:
    task = Task(model, loss, SGD(model.parameters()), X, y)
    return choose_backend(backend, task, None, stacklevel=1)


def test_compiled_by_default() -> None:
    for make, loss, y in TASKS.values():
        assert type(chosen(make(), loss, y, "auto")) is NumpyBackend
    assert type(chosen(mlp(1), squared_error, np.zeros(12), "eager")) is EagerBackend


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


@pytest.mark.parametrize("kind", ["program", "update"])
def test_ctrl_c_keeps_the_last_whole_step(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real SIGINT in the third step, while the program runs or between two parts of the update."""

    class Interrupted(SGD):
        steps = 0

        def update(self, parameters: Any, gradients: Any, state: Any, lr: float) -> Any:
            self.steps += 1
            result = super().update(parameters, gradients, state, lr)
            if self.steps == 3 and kind == "update":
                signal.raise_signal(signal.SIGINT)
            return result

    y = np.zeros(12)
    reference = mlp(1)
    undisturbed = SGD(reference.parameters(), lr=0.01, momentum=0.9)
    model = mlp(1)
    optimizer = Interrupted(model.parameters(), lr=0.01, momentum=0.9)
    if kind == "program":
        calls, compute = [], CompiledLoss.loss_and_grad

        def loss_and_grad(self: CompiledLoss, X: Any, y: Any) -> Any:
            calls.append(X)
            if len(calls) == 4:  # the first was made to compare it with the engine
                signal.raise_signal(signal.SIGINT)
            return compute(self, X, y)

        monkeypatch.setattr(CompiledLoss, "loss_and_grad", loss_and_grad)
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
