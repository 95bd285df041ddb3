"""fit on JAX: an epoch at a time, the history is that of NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Value, log, relu, sqrt, where
from nn import MLP, Module, fit
from nn.losses import cross_entropy, squared_error
from nn.optim import SGD, Adam, AdamState, AdamW, Optimizer
from nn.training.history import History
from tests.nn.training.common import Line, X, network, numbers, train, y

pytest.importorskip("jax", reason="JAX is not installed (extra jax)")

OPTIMIZERS: list[Callable[[list[Value]], Optimizer]] = [
    lambda p: SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-3),
    lambda p: Adam(p, lr=0.01, weight_decay=1e-3),
    lambda p: AdamW(p, lr=0.01),
]


def both(make: Callable[[], Module], optimizer: Callable[[list[Value]], Optimizer], **options: Any) -> None:
    """Train on NumPy and on JAX from the same start: everything that is left behind is the same."""
    found: list[tuple[History, Module, Optimizer]] = []
    for backend in ("numpy", "jax"):
        model = make()
        chosen = optimizer(model.parameters())
        history = train(model, optimizer=chosen, backend=backend, rng=np.random.default_rng(3), **options)
        found.append((history, model, chosen))
    (on_numpy, model, first), (on_jax, other, second) = found
    for which in ("steps", "losses", "validation"):
        np.testing.assert_allclose(getattr(on_jax, which), getattr(on_numpy, which), rtol=1e-12)
    assert len(on_jax.steps) > len(on_jax.losses) > 0
    np.testing.assert_allclose(numbers(other), numbers(model), rtol=1e-11)
    gradients = [[p.grad for p in each.parameters()] for each in (other, model)]
    np.testing.assert_allclose(gradients[0], gradients[1], rtol=1e-9, atol=1e-14)
    assert type(second.state) is type(first.state)
    if isinstance(first.state, AdamState):
        assert [type(part) for part in second.state] == [type(part) for part in first.state]
        assert second.state.steps == first.state.steps == len(on_numpy.steps)
    assert second.lr == first.lr


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_history_is_that_of_numpy(optimizer: Callable[[list[Value]], Optimizer]) -> None:
    """With a smaller batch at the end of each epoch, a schedule, and a validation set."""
    both(network, optimizer, batch_size=4, schedule=lambda epoch: 1 / (1 + epoch), validation=(X[:3], y[:3]))


def test_classes() -> None:
    rng = np.random.default_rng(0)
    data = {"X": rng.normal(size=(11, 3)), "y": rng.integers(4, size=11)}
    both(
        lambda: MLP(3, [5, 4], np.random.default_rng(0)),
        OPTIMIZERS[0],
        loss=cross_entropy,
        batch_size=5,
        **data,
    )


class Spare(Line):
    """A line with a parameter that its output does not depend on."""

    def __init__(self) -> None:
        self.unused = Value(3.0)
        super().__init__()


def test_a_parameter_that_the_loss_does_not_depend_on() -> None:
    both(Spare, OPTIMIZERS[1], X=X[:, 0], y=y, batch_size=5)


def test_a_loss_that_is_not_finite_ends_training_before_it_reaches_the_weights() -> None:
    def logarithm(prediction: Any, target: Any) -> Any:
        return log(target) - prediction

    found = []
    for backend in ("numpy", "jax"):
        line = Line(1.0)
        data = {"X": [1.0, 2.0, 3.0, 4.0], "y": [1.0, 1.0, 0.0, 1.0]}
        with pytest.warns(RuntimeWarning, match=r"training stopped: epoch 1, step \d: example 2: gate sub"):
            history = train(
                line, **data, loss=logarithm, batch_size=1, backend=backend, rng=np.random.default_rng(1)
            )
        found.append((history, numbers(line), line.w.grad))
    assert found[0] == found[1]
    assert 0 < len(found[0][0].steps) < 4


def test_it_takes_what_can_be_compiled_only() -> None:
    with pytest.raises(ValueError, match="backend must be one of auto, eager, numpy, jax, got 'torch'"):
        train(Line(), X=[1.0], y=[1.0], backend="torch")

    class Branching(Line):
        def __call__(self, x: Any) -> Value:
            return super().__call__(x) if x > 0 else -super().__call__(x)

    with pytest.raises(TypeError, match='backend="jax": this model with this loss cannot be compiled'):
        train(Branching(), X=[1.0], y=[1.0], backend="jax", loss=squared_error)


def test_a_pole_on_a_path_not_taken_does_not_end_training() -> None:
    """Where x is not positive, the sqrt at its pole is not taken; XLA's own gradient is nan there."""

    class Root(Module):
        def __init__(self) -> None:
            self.w, self.v = Value(2.0, label="w"), Value(1.0, label="v")

        def __call__(self, x: Any) -> Value:
            chosen: Value = where(relu(x[0]), sqrt(self.w * relu(x[0])), self.v * x[0])
            return chosen

    X, histories = np.array([[1.0], [0.0], [-2.0], [4.0]]), []
    for backend in ("numpy", "jax"):
        model = Root()
        optimizer = SGD(model.parameters(), lr=0.01)
        histories.append(
            fit(
                model, X, X[:, 0], loss=squared_error, optimizer=optimizer, epochs=5, batch_size=2,
                rng=np.random.default_rng(0), progress=False, backend=backend,
            )
        )  # fmt: skip
    on_numpy, on_jax = histories
    assert (len(on_jax.steps), on_jax.stopped) == (10, "")
    np.testing.assert_allclose(on_jax.steps, on_numpy.steps, rtol=1e-12)
