"""tinygrad, float64, with loss, gradient and update in one TinyJit."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

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

tinygrad: Any = import_module("tinygrad")
Tensor: Any = tinygrad.Tensor


def contestant(kind: str, data: Data, mode: str) -> Contestant:
    parameters = [Tensor(array) for array in data.start]
    batches = [(Tensor(X).realize(), Tensor(y).realize()) for X, y in data.batches()]
    loss_of, learning_rate = LOSSES[kind], LEARNING_RATES.get(kind)

    def run(X: Any, y: Any) -> Any:
        loss = loss_of(parameters, X, y)
        gradients = loss.gradient(*parameters)
        if learning_rate is not None:
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.assign(parameter - learning_rate * gradient)
        Tensor.realize(loss, *(gradients if learning_rate is None else parameters))
        return loss

    jitted = tinygrad.TinyJit(run)

    def step() -> float:
        return float(np.mean([jitted(X, y).item() for X, y in batches]))

    def loss_and_grad() -> tuple[float, Array]:
        loss = loss_of(parameters, *batches[0])
        gradients = loss.gradient(*parameters)
        return loss.item(), flat([gradient.numpy() for gradient in gradients])

    return Contestant(loss_and_grad, step)


def network(w: Any, h: Any) -> Any:
    for W, b in zip(w[:-2:2], w[1:-2:2], strict=True):
        h = (h @ W.T + b).relu()
    return h @ w[-2].T + w[-1]


def moons(w: Any, X: Any, y: Any) -> Any:
    return (1 - y * network(w, X)[:, 0]).relu().mean() + L2 * sum((p * p).sum() for p in w)


def classes(w: Any, X: Any, y: Any) -> Any:
    return network(w, X).cross_entropy(y)


def convolution(w: Any, X: Any, y: Any) -> Any:
    kernel, bias, W, b = w
    h = X.reshape(-1, 1, 8, 8).conv2d(kernel.unsqueeze(1), bias).relu()
    return (h.permute(0, 2, 3, 1).flatten(1) @ W.T + b).cross_entropy(y)


def gmm(w: Any, X: Any, y: Any) -> Any:
    """Q out of products with ones and zeros, which tinygrad folds into its kernels."""
    alpha, mu, q, l = w  # noqa: E741
    (n, d), k = X.shape, alpha.shape[0]
    rows, columns = lower_places(d)
    places = np.zeros((len(rows), d * d))
    places[np.arange(len(rows)), rows * d + columns] = 1
    diagonal = q.exp()
    Q = (l @ Tensor(places)).reshape(k, d, d) + diagonal.unsqueeze(2) * Tensor(np.eye(d))
    u = X @ Q.reshape(k * d, d).T - (Q @ mu.unsqueeze(2)).reshape(-1)
    exponents = alpha + q.sum(1) - 0.5 * (u * u).reshape(n, k, d).sum(2)
    points = exponents.logsumexp(1).mean() - alpha.logsumexp()
    return points + 0.5 * ((diagonal**2).sum() + (l * l).sum()) / n + gmm_constant(n, d, k)


LOSSES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "moons": moons,
    "classes": classes,
    "convolution": convolution,
    "gmm": gmm,
}
