"""The networks by hand in NumPy, forward and backward on a batch, as someone who knows both writes them.

Each takes the parameters, where their gradients go, and a batch with the examples first; it gives the mean
loss. Tokens and classes are whole numbers. The others of these networks stand in
``benchmarks.against.peers.in_numpy``.
"""

from __future__ import annotations

from functools import cache
from math import log, pi

import numpy as np

from benchmarks.against.contestant import Array
from benchmarks.against.peers.in_numpy import cross_entropy
from benchmarks.networks import HEADS, SMALL

Arrays = list[Array]


@cache
def after(length: int) -> Array:
    """Added to scores (T, T): minus infinity where a position would look ahead."""
    return np.triu(np.full((length, length), -np.inf), 1)


def rms(x: Array) -> tuple[Array, Array]:
    """x over its root mean square, along the last axis, and what it was multiplied by."""
    r = (np.einsum("...i,...i->...", x, x)[..., None] / x.shape[-1] + SMALL) ** -0.5
    return x * r, r


def rms_backward(dy: Array, x: Array, r: Array) -> Array:
    mean = np.einsum("...i,...i->...", dy, x)[..., None] / x.shape[-1]
    out: Array = dy * r - x * (r**3 * mean)
    return out


def gpt(w: Arrays, g: Arrays, tokens: Array, targets: Array, counts: Array) -> float:
    """tokens, targets, and how much each position counts: (documents, T)."""
    wte, wpe, lm_head, wqkv, wo, fc1, fc2 = w
    (B, T), E = tokens.shape, wte.shape[1]
    d = E // HEADS
    # Positions are rows, (B T, E), except in the attention: (B, heads, T, d).
    embedded = (wte[tokens] + wpe[:T]).reshape(-1, E)
    x, r0 = rms(embedded)
    a, r1 = rms(x)
    q, k, v = (a @ wqkv.T).reshape(B, T, 3, HEADS, d).transpose(2, 0, 3, 1, 4)
    p = q @ k.swapaxes(2, 3)
    p /= d**0.5
    p += after(T)
    p -= p.max(3, keepdims=True)
    np.exp(p, out=p)
    p /= p.sum(3, keepdims=True)
    o = (p @ v).transpose(0, 2, 1, 3).reshape(-1, E)
    y = o @ wo.T + x
    b, r2 = rms(y)
    h = b @ fc1.T
    np.maximum(h, 0, out=h)
    z = h @ fc2.T + y
    logits = z @ lm_head.T
    logits -= logits.max(1, keepdims=True)
    dlogits = np.exp(logits)
    total = dlogits.sum(1, keepdims=True)
    rows, chosen, share = np.arange(B * T), targets.ravel(), counts.ravel() / B
    loss = share @ (np.log(total[:, 0]) - logits[rows, chosen])

    dlogits /= total
    dlogits[rows, chosen] -= 1
    dlogits *= share[:, None]
    np.matmul(dlogits.T, z, out=g[2])
    dz = dlogits @ lm_head
    np.matmul(dz.T, h, out=g[6])
    dh = dz @ fc2
    dh *= h > 0
    np.matmul(dh.T, b, out=g[5])
    dy = dz + rms_backward(dh @ fc1, y, r2)
    np.matmul(dy.T, o, out=g[4])
    do = (dy @ wo).reshape(B, T, HEADS, d).transpose(0, 2, 1, 3)
    dp = do @ v.swapaxes(2, 3)
    ds = p * (dp - np.einsum("bhtu,bhtu->bht", dp, p)[..., None])
    ds /= d**0.5
    dqkv = np.empty((B, T, 3, HEADS, d))
    dq, dk, dv = dqkv.transpose(2, 0, 3, 1, 4)
    np.matmul(ds, k, out=dq)
    np.matmul(ds.swapaxes(2, 3), q, out=dk)
    np.matmul(p.swapaxes(2, 3), do, out=dv)
    by_row = dqkv.reshape(-1, 3 * E)
    np.matmul(by_row.T, a, out=g[3])
    dx = dy + rms_backward(by_row @ wqkv, x, r1)
    dembedded = rms_backward(dx, embedded, r0).reshape(B, T, E)
    dembedded.sum(0, out=g[1])
    g[0][...] = 0
    np.add.at(g[0], tokens, dembedded)
    return float(loss)


def rnn(w: Arrays, g: Arrays, X: Array, Y: Array) -> float:
    """X and Y (examples, T, n): what comes in, and what each class counts."""
    Wx, Wh, b, Wo, bo = w
    B, T, n = X.shape
    coming = X @ Wx.T + b
    h = np.zeros((B, T + 1, len(b)))  # the state before the first step, and after each
    for t in range(T):
        h[:, t + 1] = np.tanh(coming[:, t] + h[:, t] @ Wh.T)
    after_step = h[:, 1:].reshape(B * T, -1)
    z = (after_step @ Wo.T + bo).reshape(B, T, n)
    largest = z.max(2, keepdims=True)
    e = np.exp(z - largest)
    total = e.sum(2, keepdims=True)
    loss = ((np.log(total) + largest).sum() - np.vdot(Y, z)) / B

    dz = ((e / total - Y) / B).reshape(B * T, n)
    np.matmul(dz.T, after_step, out=g[3])
    dz.sum(0, out=g[4])
    da = (dz @ Wo).reshape(B, T, -1)
    for t in range(T - 1, -1, -1):
        if t < T - 1:
            da[:, t] += da[:, t + 1] @ Wh
        da[:, t] *= 1 - h[:, t + 1] ** 2
    by_row = da.reshape(B * T, -1)
    np.matmul(by_row.T, X.reshape(B * T, n), out=g[0])
    np.matmul(by_row.T, h[:, :-1].reshape(B * T, -1), out=g[1])
    by_row.sum(0, out=g[2])
    return float(loss)


def lstm(w: Arrays, g: Arrays, X: Array, y: Array, h: Array, c: Array) -> float:
    """X (examples, T, n); the target and the states at the start (examples, hidden); gates i, f, o, c."""
    W, b = w
    (B, T, n), H = X.shape, y.shape[1]
    Wx, Wh = W[:, :n], W[:, n:]
    coming = X @ Wx.T + b
    states, cells, gates = [h], [c], []
    for t in range(T):
        a = coming[:, t] + states[-1] @ Wh.T
        gate = np.empty_like(a)
        gate[:, : 3 * H] = 1 / (1 + np.exp(-a[:, : 3 * H]))
        np.tanh(a[:, 3 * H :], out=gate[:, 3 * H :])
        i, f, o, new = (gate[:, k * H : (k + 1) * H] for k in range(4))
        gates.append((gate, np.tanh(cell := f * cells[-1] + i * new)))
        cells.append(cell)
        states.append(o * gates[-1][1])
    miss = states[-1] - y
    loss = np.vdot(miss, miss) / B

    dh, dc = 2 / B * miss, np.zeros_like(miss)
    da = np.empty((B, T, 4 * H))
    for t in range(T - 1, -1, -1):
        gate, squashed = gates[t]
        i, f, o, new = (gate[:, k * H : (k + 1) * H] for k in range(4))
        dc += dh * o * (1 - squashed**2)
        d = da[:, t]
        np.multiply(dc, new, out=d[:, :H])
        np.multiply(dc, cells[t], out=d[:, H : 2 * H])
        np.multiply(dh, squashed, out=d[:, 2 * H : 3 * H])
        d[:, : 3 * H] *= gate[:, : 3 * H] * (1 - gate[:, : 3 * H])
        np.multiply(dc * i, 1 - new**2, out=d[:, 3 * H :])
        dh, dc = d @ Wh, dc * f
    by_row = da.reshape(B * T, -1)
    before = np.stack(states[:-1], axis=1).reshape(B * T, H)
    g[0][:, :n] = by_row.T @ X.reshape(B * T, n)
    g[0][:, n:] = by_row.T @ before
    by_row.sum(0, out=g[1])
    return float(loss)


def makemore(w: Arrays, g: Arrays, X: Array, y: Array) -> float:
    """Characters (examples, 3) and the one that follows (examples,)."""
    E, W1, b1, W2, b2 = w
    embedded = E[X].reshape(len(X), -1)
    h = np.tanh(embedded @ W1.T + b1)
    loss, dz = cross_entropy(h @ W2.T + b2, y)
    np.matmul(dz.T, h, out=g[3])
    dz.sum(0, out=g[4])
    da = (dz @ W2) * (1 - h * h)
    np.matmul(da.T, embedded, out=g[1])
    da.sum(0, out=g[2])
    g[0][...] = 0
    np.add.at(g[0], X, (da @ W1).reshape(*X.shape, -1))
    return loss


def gmm(w: Arrays, g: Arrays, X: Array) -> float:
    """Points (n, d); u is how many scales a point is from a mean, (n, k, d)."""
    alpha, mu, s = w
    n, d = X.shape
    inverse = np.exp(-s)
    u = (X[:, None] - mu) * inverse
    exponents = alpha - s.sum(1) - 0.5 * np.einsum("nkd,nkd->nk", u, u)
    largest = exponents.max(1, keepdims=True)
    r = np.exp(exponents - largest)
    total = r.sum(1, keepdims=True)
    e = np.exp(alpha - alpha.max())
    log_sum = alpha.max() + np.log(e.sum())
    loss = log_sum - (largest + np.log(total)).mean() + 0.5 * d * log(2 * pi)

    r /= n * total  # what each component answers for, of the mean over the points
    by_component = r.sum(0)
    np.subtract(e / e.sum(), by_component, out=g[0])
    ru = r[:, :, None] * u
    np.multiply(ru.sum(0), -inverse, out=g[1])
    np.subtract(by_component[:, None], np.einsum("nkd,nkd->kd", ru, u), out=g[2])
    return float(loss)


def _normalised(w: Arrays, g: Arrays, X: Array, y: Array, axis: int) -> float:
    """A layer that is normalised along an axis of (examples, neurons), scaled, shifted, tanh, summed up."""
    W, scale, shift, out = w
    z = X @ W.T
    z -= z.mean(axis, keepdims=True)
    r = 1 / np.sqrt((z * z).mean(axis, keepdims=True) + SMALL)
    z *= r
    h = np.tanh(z * scale + shift)
    miss = h @ out - y
    loss = np.vdot(miss, miss) / len(y)

    miss *= 2 / len(y)
    np.matmul(miss, h, out=g[3])
    da = np.outer(miss, out) * (1 - h * h)
    np.einsum("ij,ij->j", da, z, out=g[1])
    da.sum(0, out=g[2])
    da *= scale
    dz = r * (da - da.mean(axis, keepdims=True) - z * (da * z).mean(axis, keepdims=True))
    np.matmul(dz.T, X, out=g[0])
    return float(loss)


def batchnorm(w: Arrays, g: Arrays, X: Array, y: Array) -> float:
    """The batch (1, B, n) and (1, B) is one example of ours."""
    return _normalised(w, g, X[0], y[0], 0)


def layernorm(w: Arrays, g: Arrays, X: Array, y: Array) -> float:
    """Examples (B, n) and targets (B,)."""
    return _normalised(w, g, X, y, 1)
