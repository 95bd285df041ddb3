"""What newcomers write, and what they read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
from autograd import relu
from nn import MLP, Layer, Neuron, Residual, Sequential, Swish, fit, load, save, squared_error
from nn.optim import SGD

SLIPS: list[tuple[str, type[Exception], str]] = [
    ("MLP(2, 1)", TypeError, r"sizes must be a list, .* as in MLP\(2, \[1\]\); got 1$"),
    ("MLP(2, 3, 1)", TypeError, r"as in MLP\(2, \[3, 1\]\); got 3$"),
    ("MLP(2, np.int64(1))", TypeError, r"sizes must be a list"),
    ("MLP(2, [3, 1], relu)", TypeError, r"an activation is given by its name: activation=relu"),
    ("MLP(2, [3, 1], activation='relu')", TypeError, r"got 'relu'; .* without quotes: activation=relu"),
    ("Layer(2, 3, 'tanh')", TypeError, r"imported, from autograd or nn, .* activation=tanh"),
    ("Layer(2, 3, Swish)", TypeError, r"a class is not called yet: write Swish\(\)"),
    ("Neuron(2, relu(1.0))", TypeError, r"got 1.0; the gate itself goes here"),
    ("Sequential([Layer(2, 3), relu])", TypeError, r"without a list: Sequential\(Layer\(2, 3\), relu\)"),
    ("Sequential(Layer(2, 3), Swish)", TypeError, r"part 1 of .* write Swish\(\.\.\.\)"),
    ("Residual(Swish)", TypeError, r"the block of a Residual .* write Swish\(\.\.\.\)"),
    ("SGD(model)", TypeError, r"takes a list of Values, as model.parameters\(\), got MLP"),
    ("fit(MLP, X, y, **options)", TypeError, r"fit takes a model, a Module .*, got <class 'nn.mlp.MLP'>"),
    ("fit(model.parameters(), X, y, **options)", TypeError, r"fit takes a model"),
    ("fit(model, X, y, **options | {'loss': 'mse'})", TypeError, r"loss must be a function .* got 'mse'"),
    ("fit(model, X, y, **options | {'loss': squared_error(1.0, 2.0)})", TypeError, r"not called yet"),
    ("fit(model, X, y, **options, schedule=0.1)", TypeError, r"schedule must be a function .* got 0.1"),
    ("fit(model, X, y, **options, validation=X)", TypeError, r"validation must be a pair .* got ndarray"),
    ("save('model.npz', model)", TypeError, r"save takes a model and then a path, .* got 'model.npz' first"),
    ("load('model.npz', model)", TypeError, r"load takes a model and then a path"),
]  # fmt: skip


@pytest.mark.parametrize(("slip", "kind", "told"), SLIPS, ids=[slip for slip, _, _ in SLIPS])
def test_a_slip_is_told_with_its_remedy(slip: str, kind: type[Exception], told: str) -> None:
    model = MLP(2, [3, 1])
    before = [parameter.data for parameter in model.parameters()]
    known: dict[str, Any] = {
        "MLP": MLP, "Layer": Layer, "Neuron": Neuron, "Sequential": Sequential, "Residual": Residual,
        "Swish": Swish, "SGD": SGD, "fit": fit, "save": save, "load": load, "squared_error": squared_error,
        "relu": relu, "np": np, "nn": nn, "model": model, "X": np.ones((4, 2)), "y": [0.0, 1.0, 0.0, 1.0],
        "options": {"loss": squared_error, "optimizer": SGD(model.parameters()), "epochs": 1},
    }  # fmt: skip
    with pytest.raises(kind, match=told):
        eval(slip, known)
    assert [parameter.data for parameter in model.parameters()] == before
