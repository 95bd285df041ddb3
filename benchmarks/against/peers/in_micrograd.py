"""micrograd 0.1.0: the graph of a whole batch, as in its demonstration.

It has no exponential and no logarithm; here they are, written as its own gates are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import micrograd.nn
import numpy as np
from micrograd.engine import Value

from benchmarks.against.contestant import L2, LEARNING_RATES, Array, Contestant, Data

BATCHES = 1  # of digits, that it steps through: an epoch takes minutes


def contestant(kind: str, data: Data, mode: str) -> Contestant:
    biases = data.start[1::2]
    model = micrograd.nn.MLP(data.X.shape[2], [len(b) for b in biases])
    for layer, W, b in zip(model.layers, data.start[::2], biases, strict=True):
        for neuron, weights, bias in zip(layer.neurons, W.tolist(), b.tolist(), strict=True):
            for parameter, number in zip(neuron.parameters(), [*weights, bias], strict=True):
                parameter.data = number
    loss_of, learning_rate = LOSSES[kind], LEARNING_RATES[kind]
    batches = [(X.tolist(), y.tolist()) for X, y in data.batches()][:BATCHES]
    total: Any = None  # the graph of the step before lives until the next one takes its name

    def backward(X: list[list[float]], y: list[int]) -> float:
        nonlocal total
        total = loss_of(model, X, y)
        model.zero_grad()
        total.backward()
        return float(total.data)

    def step() -> float:
        losses = []
        for X, y in batches:
            losses.append(backward(X, y))
            for p in model.parameters():
                p.data -= learning_rate * p.grad
        return sum(losses) / len(losses)

    def loss_and_grad() -> tuple[float, Array]:
        loss = backward(*batches[0])
        gradients = []
        for layer in model.layers:
            gradients += [w.grad for neuron in layer.neurons for w in neuron.w]
            gradients += [neuron.b.grad for neuron in layer.neurons]
        return loss, np.array(gradients)

    return Contestant(loss_and_grad, step, len(batches) / len(data.X))


def moons(model: Any, X: list[list[float]], y: list[int]) -> Any:
    scores = [model([Value(number) for number in x]) for x in X]
    losses = [(1 + -label * score).relu() for label, score in zip(y, scores, strict=True)]
    return sum(losses) * (1.0 / len(losses)) + L2 * sum(p * p for p in model.parameters())


def classes(model: Any, X: list[list[float]], y: list[int]) -> Any:
    losses = []
    for x, chosen in zip(X, y, strict=True):
        logits = model([Value(number) for number in x])
        largest = max(z.data for z in logits)
        losses.append(log(sum(exp(z - largest) for z in logits)) + largest - logits[chosen])
    return sum(losses) * (1.0 / len(losses))


def exp(x: Any) -> Any:
    out = Value(math.exp(x.data), (x,), "exp")

    def _backward() -> None:
        x.grad += out.data * out.grad

    out._backward = _backward
    return out


def log(x: Any) -> Any:
    out = Value(math.log(x.data), (x,), "log")

    def _backward() -> None:
        x.grad += out.grad / x.data

    out._backward = _backward
    return out


LOSSES: dict[str, Callable[[Any, Any, Any], Any]] = {"moons": moons, "classes": classes}
