"""micrograd's demonstration: two moons, a 2-16-16-1 network, hinge loss, full-batch descent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

import micrograd.engine
import micrograd.nn
import numpy as np

from autograd import Value
from nn import MLP

SEED = 1337
SIZES = [16, 16, 1]


def two_moons(examples: int) -> tuple[list[list[float]], list[int]]:
    """Two half circles that interlock, with a little noise; half the labels are -1, half 1."""
    rng = np.random.default_rng(SEED)
    angles = rng.uniform(0, np.pi, examples)
    second = np.arange(examples) % 2
    x = np.where(second, 1 - np.cos(angles), np.cos(angles))
    y = np.where(second, 0.5 - np.sin(angles), np.sin(angles))
    points = np.column_stack([x, y]) + rng.normal(0, 0.1, (examples, 2))
    return points.tolist(), (2 * second - 1).tolist()


def network(kind: str) -> tuple[type[Any], Any]:
    """The engine's Value class and the network, which starts from the same weights in every kind.

    Kinds are "nn", ours; "micrograd"; and "micrograd.nn", micrograd's network on our Value.
    """
    ours = MLP(2, SIZES, rng=np.random.default_rng(SEED))
    if kind == "nn":
        return Value, ours
    value = micrograd.engine.Value if kind == "micrograd" else Value
    with mock.patch.object(micrograd.nn, "Value", value):  # micrograd's own code, on either engine
        theirs = micrograd.nn.MLP(2, SIZES)
    neurons = [neuron for layer in ours.layers for neuron in layer.neurons]  # the order of theirs
    starts = [parameter.data for neuron in neurons for parameter in neuron.parameters()]
    for parameter, start in zip(theirs.parameters(), starts, strict=True):
        parameter.data = start
    return value, theirs


def training_step(kind: str, examples: int = 100) -> Callable[[int], float]:
    """One step of the demonstration's loop, as its notebook writes it: takes k, gives the loss.

    As there, the graph of the step before lives on until the next loss takes its name.
    """
    value, model = network(kind)
    points, labels = two_moons(examples)
    total_loss: Any = None

    def loss() -> Any:
        inputs = [list(map(value, point)) for point in points]
        scores = list(map(model, inputs))
        losses = [(1 + -label * score).relu() for label, score in zip(labels, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        reg_loss = 1e-4 * sum(p * p for p in model.parameters())
        return data_loss + reg_loss

    def step(k: int) -> float:
        nonlocal total_loss
        total_loss = loss()
        model.zero_grad()
        total_loss.backward()
        learning_rate = 1.0 - 0.9 * k / 100
        for p in model.parameters():
            p.data -= learning_rate * p.grad
        return float(total_loss.data)

    return step
