"""Neural networks out of scalars: every weight is a Value, every neuron an expression.

>>> import numpy as np
>>> from nn import MLP
>>> model = MLP(2, [16, 16, 1], rng=np.random.default_rng(0))
>>> score = model([0.5, -1.0])
>>> score.backward()
>>> model, len(model.parameters())
(MLP(2, [16, 16, 1]), 337)
"""

from typing import TYPE_CHECKING, Any

from nn import init
from nn.activations import (
    Swish,
    identity,
    leaky_relu,
    log_softmax,
    relu,
    selu,
    sigmoid,
    softmax,
    step,
    tanh,
)
from nn.containers import Residual, Sequential
from nn.losses import (
    batch_mean,
    binary_cross_entropy_with_logits,
    cross_entropy,
    half_squared_error,
    hinge,
    l2_penalty,
    mean_squared_error,
    squared_error,
)
from nn.module import Module
from nn.neuron import Neuron
from nn.perceptron import Perceptron

if TYPE_CHECKING:
    from nn import data
    from nn.archive import ModelFileError
    from nn.convolution import Convolution
    from nn.files import load, save
    from nn.layer import Layer
    from nn.mlp import MLP
    from nn.optim import SGD, Adam, AdamW
    from nn.pictures import draw_model
    from nn.plots import plot_activation, plot_decision_boundary
    from nn.training.choice import NotCompiledWarning
    from nn.training.history import History
    from nn.training.loop import fit
    from nn.training.schedules import cosine, step_decay

#: Where to find what needs more than Python itself: imported when first asked for.
_LAZY = {
    "Adam": "optim",
    "AdamW": "optim",
    "Convolution": "convolution",
    "History": "training.history",
    "Layer": "layer",
    "MLP": "mlp",
    "ModelFileError": "archive",
    "NotCompiledWarning": "training.choice",
    "SGD": "optim",
    "cosine": "training.schedules",
    "data": "data",
    "draw_model": "pictures",
    "fit": "training.loop",
    "load": "files",
    "plot_activation": "plots",
    "plot_decision_boundary": "plots",
    "save": "files",
    "step_decay": "training.schedules",
}

__all__ = [
    "Adam",
    "AdamW",
    "Convolution",
    "History",
    "Layer",
    "MLP",
    "ModelFileError",
    "Module",
    "Neuron",
    "NotCompiledWarning",
    "Perceptron",
    "Residual",
    "SGD",
    "Sequential",
    "Swish",
    "batch_mean",
    "binary_cross_entropy_with_logits",
    "cosine",
    "cross_entropy",
    "data",
    "draw_model",
    "fit",
    "half_squared_error",
    "hinge",
    "identity",
    "init",
    "l2_penalty",
    "leaky_relu",
    "load",
    "log_softmax",
    "mean_squared_error",
    "plot_activation",
    "plot_decision_boundary",
    "relu",
    "save",
    "selu",
    "sigmoid",
    "softmax",
    "squared_error",
    "step",
    "step_decay",
    "tanh",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'nn' has no attribute {name!r}")
    from importlib import import_module

    module = import_module(f"nn.{_LAZY[name]}")
    found = module if name == _LAZY[name] else getattr(module, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
