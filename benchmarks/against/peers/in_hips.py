"""HIPS autograd: NumPy's functions, traced call by call.

Its import name is ours, so this module runs only where its own ``autograd`` comes before our
checkout on the path: see ``benchmarks.against.worker``.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from benchmarks.against import dag
from benchmarks.against.contestant import (
    L2,
    LEARNING_RATES,
    Array,
    Contestant,
    Data,
    flat,
    gmm_constant,
    lower_places,
)

value_and_grad: Any = import_module("autograd").value_and_grad
anp: Any = import_module("autograd.numpy")


def contestant(kind: str, data: Data, mode: str) -> Contestant:
    loss_of = irregular(data.y[0].tolist()) if kind == "dag" else LOSSES[kind]
    loss_and_gradients = value_and_grad(loss_of)
    parameters = list(data.start)
    learning_rate = LEARNING_RATES.get(kind)

    def step() -> float:
        losses = []
        for X, y in data.batches():
            loss, gradients = loss_and_gradients(parameters, X, y)
            if learning_rate is not None:
                for parameter, gradient in zip(parameters, gradients, strict=True):
                    parameter -= learning_rate * gradient
            losses.append(loss)
        return float(np.mean(losses))

    def loss_and_grad() -> tuple[float, Array]:
        loss, gradients = loss_and_gradients(parameters, data.X[0], data.y[0])
        return float(loss), flat(gradients)

    return Contestant(loss_and_grad, step)


def network(w: Any, h: Any) -> Any:
    for W, b in zip(w[:-2:2], w[1:-2:2], strict=True):
        h = anp.maximum(anp.dot(h, W.T) + b, 0)
    return anp.dot(h, w[-2].T) + w[-1]


def log_sum_exp(z: Any) -> Any:
    """By the last axis; the largest is a constant of the example, as the gradient is the same."""
    largest = np.max(getattr(z, "_value", z), axis=-1, keepdims=True)
    return anp.log(anp.sum(anp.exp(z - largest), axis=-1)) + largest[..., 0]


def cross_entropy(logits: Any, y: Any) -> Any:
    return anp.mean(log_sum_exp(logits) - logits[np.arange(len(y)), y])


def moons(w: Any, X: Any, y: Any) -> Any:
    hinge = anp.mean(anp.maximum(1 - y * network(w, X)[:, 0], 0))
    return hinge + L2 * sum(anp.sum(p * p) for p in w)


def classes(w: Any, X: Any, y: Any) -> Any:
    return cross_entropy(network(w, X), y)


def convolution(w: Any, X: Any, y: Any) -> Any:
    """As in NumPy, by windows: its own convolution is slower still."""
    kernel, bias, W, b = w
    windows = sliding_window_view(X.reshape(-1, 8, 8), (3, 3), axis=(1, 2)).reshape(-1, 9)
    h = anp.maximum(anp.dot(windows, anp.reshape(kernel, (-1, 9)).T) + bias, 0)
    return cross_entropy(anp.dot(anp.reshape(h, (len(X), -1)), W.T) + b, y)


def gmm(w: Any, X: Any, y: Any) -> Any:
    """Q out of products with ones and zeros, since HIPS autograd has no assignment to entries."""
    alpha, mu, q, l = w  # noqa: E741
    (n, d), k = X.shape, len(alpha)
    rows, columns = lower_places(d)
    places = np.zeros((len(rows), d * d))
    places[np.arange(len(rows)), rows * d + columns] = 1
    diagonal = anp.exp(q)
    Q = anp.reshape(anp.dot(l, places), (k, d, d)) + diagonal[:, :, None] * np.eye(d)
    u = anp.dot(X, anp.reshape(Q, (k * d, d)).T) - anp.ravel(anp.matmul(Q, mu[:, :, None]))
    exponents = alpha + anp.sum(q, axis=1) - 0.5 * anp.sum(anp.reshape(u * u, (n, k, d)), axis=2)
    points = anp.mean(log_sum_exp(exponents)) - log_sum_exp(alpha)
    wishart = 0.5 * (anp.sum(diagonal * diagonal) + anp.sum(l * l)) / n
    return points + wishart + gmm_constant(n, d, k)


def irregular(rows: list[list[int]]) -> Callable[[Any, Any, Any], Any]:
    def loss(w: Any, X: Any, y: Any) -> Any:
        parameters = [w[0][i] for i in range(len(w[0]))]
        return anp.mean(dag.run(anp, rows, [*X.T, *parameters]))

    return loss


LOSSES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "moons": moons,
    "classes": classes,
    "convolution": convolution,
    "gmm": gmm,
}
