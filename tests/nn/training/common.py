"""What the tests of training share."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from autograd import Value
from nn import MLP, Module
from nn.losses import squared_error
from nn.optim import SGD
from nn.training.history import History
from nn.training.loop import fit

X = np.random.default_rng(5).normal(size=(10, 2))
y = X[:, 0] - 2 * X[:, 1] + 0.5


#: Each back end of fit by name, JAX where it is installed.
BACKENDS = [
    "eager",
    "numpy",
    pytest.param("jax", marks=pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed")),
]


class Line(Module):
    """w * x + b."""

    def __init__(self, w: float = 0.0, b: float = 0.0) -> None:
        self.w, self.b = Value(w, label="w"), Value(b, label="b")

    def __call__(self, x: float) -> Value:
        out: Value = self.w * x + self.b
        return out


def network() -> MLP:
    return MLP(2, [3, 1], np.random.default_rng(0))


def numbers(model: Module) -> list[float]:
    return [parameter.data for parameter in model.parameters()]


def train(model: Module, **options: Any) -> History:
    """Fit with defaults for what does not matter to a test."""
    chosen: dict[str, Any] = {"loss": squared_error, "epochs": 3, "progress": False, **options}
    chosen.setdefault("optimizer", SGD(model.parameters(), lr=0.01))
    examples, targets = chosen.pop("X", X), chosen.pop("y", y)
    return fit(model, examples, targets, **chosen)
