"""JAX, float64, one jit for loss, gradient and update; in mode "scan" for a whole epoch."""

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

jax: Any = import_module("jax")
jnp: Any = jax.numpy


def contestant(kind: str, data: Data, mode: str) -> Contestant:
    jax.config.update("jax_enable_x64", True)
    value_and_grad = jax.value_and_grad(LOSSES[kind])
    parameters = [jnp.asarray(array) for array in data.start]
    batches = [(jnp.asarray(X), jnp.asarray(y)) for X, y in data.batches()]
    learning_rate = LEARNING_RATES.get(kind)
    first = jax.jit(value_and_grad)

    def update(w: Any, batch: Any) -> tuple[Any, Any]:
        loss, gradients = value_and_grad(w, *batch)
        return [p - learning_rate * g for p, g in zip(w, gradients, strict=True)], loss

    each = jax.jit(update)
    epoch = jax.jit(lambda w, X, y: jax.lax.scan(update, w, (X, y)))
    whole = jnp.asarray(data.X), jnp.asarray(data.y)

    def evaluate() -> float:
        loss, gradients = first(parameters, *batches[0])
        jax.block_until_ready(gradients)
        return float(loss)

    def step() -> float:
        nonlocal parameters
        losses = []
        for batch in batches:
            parameters, loss = each(parameters, batch)
            losses.append(loss)
        jax.block_until_ready(parameters)
        return float(np.mean(losses))

    def scanned() -> float:
        nonlocal parameters
        parameters, losses = epoch(parameters, *whole)
        jax.block_until_ready(parameters)
        return float(np.mean(losses))

    def loss_and_grad() -> tuple[float, Array]:
        loss, gradients = first(parameters, *batches[0])
        return float(loss), flat(gradients)

    return Contestant(
        loss_and_grad, evaluate if learning_rate is None else scanned if mode == "scan" else step
    )


def network(w: Any, h: Any) -> Any:
    for W, b in zip(w[:-2:2], w[1:-2:2], strict=True):
        h = jax.nn.relu(h @ W.T + b)
    return h @ w[-2].T + w[-1]


def cross_entropy(logits: Any, y: Any) -> Any:
    chosen = jnp.take_along_axis(logits, y[:, None], axis=1)[:, 0]
    return (jax.nn.logsumexp(logits, axis=1) - chosen).mean()


def moons(w: Any, X: Any, y: Any) -> Any:
    return jax.nn.relu(1 - y * network(w, X)[:, 0]).mean() + L2 * sum((p * p).sum() for p in w)


def classes(w: Any, X: Any, y: Any) -> Any:
    return cross_entropy(network(w, X), y)


def convolution(w: Any, X: Any, y: Any) -> Any:
    kernel, bias, W, b = w
    images, filters = X.reshape(-1, 8, 8, 1), kernel.transpose(1, 2, 0)[:, :, None]
    layout = ("NHWC", "HWIO", "NHWC")
    z = jax.lax.conv_general_dilated(images, filters, (1, 1), "VALID", dimension_numbers=layout)
    h = jax.nn.relu(z + bias).reshape(len(X), -1)
    return cross_entropy(h @ W.T + b, y)


def gmm(w: Any, X: Any, y: Any) -> Any:
    alpha, mu, q, l = w  # noqa: E741
    (n, d), k = X.shape, len(alpha)
    diagonal = jnp.exp(q)
    Q = jnp.zeros((k, d, d)).at[:, jnp.arange(d), jnp.arange(d)].set(diagonal)
    Q = Q.at[:, *lower_places(d)].set(l)
    u = (X @ Q.reshape(k * d, d).T - (Q @ mu[:, :, None]).ravel()).reshape(n, k, d)
    exponents = alpha + q.sum(1) - 0.5 * (u * u).sum(2)
    points = jax.nn.logsumexp(exponents, axis=1).mean() - jax.nn.logsumexp(alpha)
    return points + 0.5 * ((diagonal**2).sum() + (l**2).sum()) / n + gmm_constant(n, d, k)


LOSSES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "moons": moons,
    "classes": classes,
    "convolution": convolution,
    "gmm": gmm,
}
