"""NumPy: forward and backward by hand, as someone who knows both would write them.

Mode "tuned" is the GMM written for the cache and for long inner loops, which few would trouble
to: examples in the last axis, and large arrays kept from call to call.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from benchmarks.against.contestant import (
    L2,
    LEARNING_RATES,
    Array,
    Contestant,
    Data,
    gmm_constant,
    lower_places,
)

#: (parameters, where their gradients go, X, y) -> the mean loss
Loss = Callable[[list[Array], list[Array], Array, Array], float]


def contestant(kind: str, data: Data, mode: str) -> Contestant:
    loss_of: Loss = TunedGmm() if mode == "tuned" else LOSSES[kind]
    parameters = np.concatenate([array.ravel() for array in data.start])
    gradients = np.empty_like(parameters)
    w, g = views(parameters, data.start), views(gradients, data.start)
    learning_rate = LEARNING_RATES.get(kind)

    def step() -> float:
        losses = []
        for X, y in data.batches():
            losses.append(loss_of(w, g, X, y))
            if learning_rate is not None:
                np.multiply(gradients, learning_rate, out=gradients)
                np.subtract(parameters, gradients, out=parameters)
        return sum(losses) / len(losses)

    def loss_and_grad() -> tuple[float, Array]:
        return loss_of(w, g, data.X[0], data.y[0]), gradients.copy()

    return Contestant(loss_and_grad, step)


def views(vector: Array, like: list[Array]) -> list[Array]:
    """The vector's parts, in the shapes of other arrays."""
    ends = np.cumsum([array.size for array in like])
    return [part.reshape(array.shape) for part, array in zip(np.split(vector, ends[:-1]), like, strict=True)]


def forward(w: list[Array], X: Array) -> list[Array]:
    """What each layer of a relu network takes, and in the end its output: (examples, neurons) each."""
    taken = [X]
    for W, b in zip(w[:-2:2], w[1:-2:2], strict=True):
        z = taken[-1] @ W.T
        z += b
        taken.append(np.maximum(z, 0, out=z))
    return [*taken, taken[-1] @ w[-2].T + w[-1]]


def backward(w: list[Array], g: list[Array], taken: list[Array], upstream: Array) -> None:
    """Fill in g, given the gradient by the network's output."""
    for i in range(len(w) - 2, -1, -2):
        x = taken[i // 2]
        np.matmul(upstream.T, x, out=g[i])
        upstream.sum(0, out=g[i + 1])
        if i:
            upstream = upstream @ w[i]
            upstream *= x > 0


def moons(w: list[Array], g: list[Array], X: Array, y: Array) -> float:
    *taken, scores = forward(w, X)
    margins = 1 - y * scores[:, 0]
    backward(w, g, taken, (np.where(margins > 0, -y, 0) / len(X))[:, None])
    penalty = 0.0
    for parameter, gradient in zip(w, g, strict=True):
        penalty += np.vdot(parameter, parameter)
        gradient += 2 * L2 * parameter
    return float(np.maximum(margins, 0).mean() + L2 * penalty)


def cross_entropy(logits: Array, y: Array) -> tuple[float, Array]:
    """The mean over the examples, and its gradient by the logits."""
    rows = np.arange(len(y))
    z = logits - logits.max(1, keepdims=True)
    p = np.exp(z)
    total = p.sum(1, keepdims=True)
    loss = (np.log(total[:, 0]) - z[rows, y]).mean()
    p /= total
    p[rows, y] -= 1
    p /= len(y)
    return float(loss), p


def classes(w: list[Array], g: list[Array], X: Array, y: Array) -> float:
    *taken, logits = forward(w, X)
    loss, upstream = cross_entropy(logits, y)
    backward(w, g, taken, upstream)
    return loss


def convolution(w: list[Array], g: list[Array], X: Array, y: Array) -> float:
    """Windows as rows of one matrix (im2col), so that the convolution is a matrix product."""
    kernel, bias, W, b = w
    channels, height, width = kernel.shape
    side = round(X.shape[1] ** 0.5)
    images = X.reshape(-1, side, side)
    windows = sliding_window_view(images, (height, width), axis=(1, 2)).reshape(-1, height * width)
    z = windows @ kernel.reshape(channels, -1).T
    z += bias
    h = np.maximum(z, 0, out=z).reshape(len(X), -1)
    loss, upstream = cross_entropy(h @ W.T + b, y)
    np.matmul(upstream.T, h, out=g[2])
    upstream.sum(0, out=g[3])
    by_window = upstream @ W
    by_window *= h > 0
    by_window = by_window.reshape(-1, channels)
    np.matmul(by_window.T, windows, out=g[0].reshape(channels, -1))
    by_window.sum(0, out=g[1])
    return loss


def gmm(w: list[Array], g: list[Array], X: Array, y: Array) -> float:
    """Q (x - mu) as Q x - Q mu: the first for all points and components in one matrix product."""
    alpha, mu, q, l = w  # noqa: E741  (k,), (k, d), (k, d), (k, d(d-1)/2)
    (n, d), k = X.shape, len(alpha)
    Q = lower_triangles(q, l)
    u = X @ Q.reshape(k * d, d).T
    u -= (Q @ mu[:, :, None]).ravel()
    u = u.reshape(n, k, d)
    exponents = alpha + q.sum(1) - 0.5 * np.einsum("nkd,nkd->nk", u, u)
    largest = exponents.max(1, keepdims=True)
    r = np.exp(exponents - largest)
    total = r.sum(1, keepdims=True)
    loss = (largest + np.log(total)).mean()
    r /= n * total  # what each component answers for, of the mean over the points
    u *= -r[:, :, None]
    by_u, by_component = u.reshape(n, k * d), r.sum(0)
    by_Q_mu = -by_u.sum(0).reshape(k, d)
    by_Q = (by_u.T @ X).reshape(k, d, d) + by_Q_mu[:, :, None] * mu[:, None]
    return float(loss) + finish_gmm(w, g, n, Q, by_Q, by_Q_mu, by_component)


class TunedGmm:
    """The same, with long inner loops and large arrays kept from call to call."""

    def __init__(self) -> None:
        self.u = self.squares = np.empty(0)

    def __call__(self, w: list[Array], g: list[Array], X: Array, y: Array) -> float:
        alpha, mu, q, l = w  # noqa: E741
        (n, d), k = X.shape, len(alpha)
        if not self.u.size:
            self.u, self.squares = np.empty((2, k * d, n))
        Q = lower_triangles(q, l)
        u = np.matmul(Q.reshape(k * d, d), X.T, out=self.u)
        u -= (Q @ mu[:, :, None]).reshape(-1, 1)
        squares = np.multiply(u, u, out=self.squares).reshape(k, d, n).sum(1)
        r = (alpha + q.sum(1))[:, None] - 0.5 * squares
        largest = r.max(0)
        r -= largest
        np.exp(r, out=r)
        total = r.sum(0)
        loss = (largest + np.log(total)).mean()
        r /= n * total
        by_u = u.reshape(k, d, n)
        by_u *= -r[:, None]
        by_Q_mu = -by_u.sum(2)
        by_Q = (u @ X).reshape(k, d, d) + by_Q_mu[:, :, None] * mu[:, None]
        return float(loss) + finish_gmm(w, g, n, Q, by_Q, by_Q_mu, r.sum(1))


def lower_triangles(q: Array, l: Array) -> Array:  # noqa: E741
    """Q of each component (k, d, d): exp(q) on the diagonal, l below."""
    k, d = q.shape
    Q = np.zeros((k, d, d))
    Q[:, np.arange(d), np.arange(d)] = np.exp(q)
    Q[:, *lower_places(d)] = l
    return Q


def finish_gmm(
    w: list[Array], g: list[Array], n: int, Q: Array, by_Q: Array, by_Q_mu: Array, by_component: Array
) -> float:
    """What the points leave to do: from Q's gradient to the parameters', and the terms without points."""
    alpha, _, q, l = w  # noqa: E741
    k, d = q.shape
    softmax = np.exp(alpha - alpha.max())
    log_sum = alpha.max() + np.log(softmax.sum())
    softmax /= softmax.sum()
    diagonal = np.exp(q)
    np.subtract(by_component, softmax, out=g[0])
    np.matmul(by_Q_mu[:, None], Q, out=g[1][:, None])
    g[2][...] = by_Q[:, np.arange(d), np.arange(d)] * diagonal + by_component[:, None] + diagonal**2 / n
    g[3][...] = by_Q[:, *lower_places(d)] + l / n
    wishart = 0.5 * (np.vdot(diagonal, diagonal) + np.vdot(l, l)) / n
    return float(wishart - log_sum + gmm_constant(n, d, k))


LOSSES: dict[str, Loss] = {"moons": moons, "classes": classes, "convolution": convolution, "gmm": gmm}
