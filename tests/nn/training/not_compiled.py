"""What the tests of ``fit`` without a program share."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import exp
from nn import SGD, Layer, Module, NotCompiledWarning, fit
from nn.training.backend import BackendName
from tests.nn.training.common import numbers

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 2))
SIGNAL, LABELS, CLASSES = np.sin(X[:, 0]), RNG.integers(2, size=12), np.arange(12) % 3


def layer(outputs: int = 1) -> Layer:
    return Layer(2, outputs, rng=np.random.default_rng(0))


class Own(Module):
    """A layer inside whatever the function does with it."""

    def __init__(self, forward: Callable[[Any, Any], Any], outputs: int = 1) -> None:
        self.layer, self.forward = layer(outputs), forward
        self.calls, self.history, self.mean = 0, [0.0], np.ones(1)
        self.rng, self.python_rng = np.random.default_rng(9), random.Random(3)
        self.kept = exp(self.layer.parameters()[0])

    def __call__(self, x: Any) -> Any:
        return self.forward(self, x)


def trained(
    make: Callable[[], Any], X: Any, y: Any, loss: Any, backend: BackendName, **options: Any
) -> tuple[Any, list[warnings.WarningMessage]]:
    """What training ends with, from the same seeds."""
    random.seed(1)
    np.random.seed(1)
    model = make()
    optimizer = SGD(model.parameters(), lr=0.1)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        history = fit(
            model, X, y, loss=loss, optimizer=optimizer, epochs=3, batch_size=5, progress=False,
            rng=np.random.default_rng(4), backend=backend, **options,
        )  # fmt: skip
    return (numbers(model), history.losses, history.validation), told


def reason(make: Callable[[], Any], X: Any, y: Any, loss: Any, **options: Any) -> str:
    """Why it is not compiled, which is told once; the weights are those of the eager back end, to the bit."""
    by_default, told = trained(make, X, y, loss, "auto", **options)
    example_by_example, silent = trained(make, X, y, loss, "eager", **options)
    assert [each.category for each in told] == [NotCompiledWarning]
    assert told[0].filename == __file__
    assert silent == []
    assert by_default == example_by_example
    says = str(told[0].message)
    assert "example by example" in says
    assert 'backend="eager"' in says
    names: list[BackendName] = ["numpy", "jax"]
    for name in names:
        with pytest.raises(
            TypeError, match=f'^backend="{name}": this model with this loss cannot be compiled: '
        ):
            trained(make, X, y, loss, name, **options)
    return says
