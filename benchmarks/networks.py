"""Networks for one example, written one scalar at a time, as one teaches them: what ``compile`` is given.

Each takes the numbers that the parameters start from, in the order of the flat gradient, and those of one
example, and gives the loss of that example.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log, pi
from typing import Any, NamedTuple

import numpy as np

from autograd import Value, array, exp, logsumexp, relu, sigmoid, sqrt, summation, tanh
from benchmarks.against.contestant import L2, Array, gmm_constant, lower_places

HEADS = 4
SMALL = 1e-5  # under a root, where a variance may be 0


class Network(NamedTuple):
    """The graph of one example, as ``compile`` takes it: the inputs and parameters are arrays of Values."""

    loss: Value
    inputs: list[Any]
    parameters: list[Any]


def leaves(numbers: Sequence[Any], labels: str) -> list[Any]:
    """An array of Values for each array of numbers, a Value for a single number; labels, with spaces."""
    pairs = zip(numbers, labels.split(), strict=True)
    return [array(each, label=label) if np.ndim(each) else Value(float(each), label) for each, label in pairs]


def cross_entropy(logits: Any, onehot: Any) -> Any:
    return logsumexp(*logits) - onehot @ logits


def softmax(z: Any) -> Any:
    return exp(z - logsumexp(*z))


def rmsnorm(x: Any) -> Any:
    return x * (x @ x / len(x) + SMALL) ** -0.5


def standardised(z: Any) -> Any:
    """Mean 0 and variance 1 along the first axis."""
    centred = z - z.sum(axis=0) / len(z)
    return centred / sqrt((centred**2).sum(axis=0) / len(z) + SMALL)


def gpt(start: Sequence[Array], example: Sequence[Array]) -> Network:
    """One layer, four heads: start is wte, wpe, lm_head, wqkv, wo, fc1, fc2.

    example: one-hot tokens and targets (T, vocabulary), and how much each position counts (T,).
    """
    *first, wqkv, wo, fc1, fc2 = start
    numbers = [*first, *np.split(wqkv, 3), wo, fc1, fc2]
    parameters = leaves(numbers, "wte wpe lm_head wq wk wv wo fc1 fc2")
    wte, wpe, lm_head, wq, wk, wv, wo, fc1, fc2 = parameters
    X, Y, m = inputs = leaves(example, "X Y m")
    width = wq.shape[0] // HEADS
    losses, keys, values = [], [], []
    for t in range(len(X)):
        x = rmsnorm(wte.T @ X[t] + wpe[t])
        a = rmsnorm(x)
        query = wq @ a
        keys.append(wk @ a)
        values.append(wv @ a)
        heads = []
        for h in range(HEADS):
            part = slice(h * width, (h + 1) * width)
            share = softmax(array([query[part] @ key[part] / width**0.5 for key in keys]))
            heads.append(sum(p * value[part] for p, value in zip(share, values, strict=True)))
        x = wo @ array(np.concatenate(heads)) + x
        x = fc2 @ relu(fc1 @ rmsnorm(x)) + x
        losses.append(m[t] * cross_entropy(lm_head @ x, Y[t]))
    return Network(summation(*losses), inputs, parameters)


def rnn(start: Sequence[Array], example: Sequence[Array]) -> Network:
    """A hidden state that starts at 0; start is Wx, Wh, b, Wo, bo; example x and y, (T, n) each."""
    Wx, Wh, b, Wo, bo = parameters = leaves(start, "Wx Wh b Wo bo")
    X, Y = inputs = leaves(example, "X Y")
    h: Any = np.zeros(len(b))
    losses = []
    for x, y in zip(X, Y, strict=True):
        h = tanh(Wx @ x + Wh @ h + b)
        losses.append(cross_entropy(Wo @ h + bo, y))
    return Network(summation(*losses), inputs, parameters)


def lstm(start: Sequence[Array], example: Sequence[Array]) -> Network:
    """An LSTM's last state against a target: start is W and b, of the gates i, f, o, c one below the other.

    example: x (T, n), the target, and the states h and c at the start, (hidden,) each.
    """
    W, b = start
    parameters = leaves([*np.split(W, 4), *np.split(b, 4)], "Wi Wf Wo Wc bi bf bo bc")
    Wi, Wf, Wo, Wc, bi, bf, bo, bc = parameters
    X, y, h, c = inputs = leaves(example, "X y h c")
    for x in X:
        u = array(np.concatenate([x, h]))
        i, f, o = sigmoid(Wi @ u + bi), sigmoid(Wf @ u + bf), sigmoid(Wo @ u + bo)
        c = f * c + i * tanh(Wc @ u + bc)
        h = o * tanh(c)
    return Network(((h - y) ** 2).sum(), inputs, parameters)


def makemore(start: Sequence[Array], example: Sequence[Array]) -> Network:
    """Three characters' embeddings side by side, tanh, logits: start is E, W1, b1, W2, b2; all one-hot."""
    E, W1, b1, W2, b2 = parameters = leaves(start, "E W1 b1 W2 b2")
    X, y = inputs = leaves(example, "X y")
    h = tanh(W1 @ array(np.concatenate([E.T @ x for x in X])) + b1)
    return Network(cross_entropy(W2 @ h + b2, y), inputs, parameters)


def of_layers(start: Sequence[Array], x: Any) -> tuple[Any, list[Any]]:
    """A relu network's output, and its parameters, W1, b1, W2, b2 and so on."""
    labels = " ".join(f"W{i} b{i}" for i in range(1, len(start) // 2 + 1))
    *hidden, W, b = parameters = leaves(start, labels)
    for V, c in zip(hidden[::2], hidden[1::2], strict=True):
        x = relu(V @ x + c)
    return W @ x + b, parameters


def moons(start: Sequence[Array], example: Sequence[Any]) -> Network:
    """Micrograd's demonstration: the hinge loss of a point and its label, -1 or 1, and an L2 penalty."""
    x, y = inputs = leaves(example, "x y")
    (score,), parameters = of_layers(start, x)
    penalty = L2 * summation(*[(each**2).sum() for each in parameters])
    return Network(relu(1 - y * score) + penalty, inputs, parameters)


def classes(start: Sequence[Array], example: Sequence[Array]) -> Network:
    """A relu network with cross-entropy; the class is one-hot."""
    x, y = inputs = leaves(example, "x y")
    logits, parameters = of_layers(start, x)
    return Network(cross_entropy(logits, y), inputs, parameters)


def convolution(start: Sequence[Array], example: Sequence[Array]) -> Network:
    """Filters, relu, then a layer that takes (row, column, channel) in order: start is K, c, W, b."""
    K, c, W, b = parameters = leaves(start, "K c W b")
    x, y = inputs = leaves(example, "x y")
    side, size = len(x), K.shape[1]
    places = range(side - size + 1)
    windows = [x[row : row + size, column : column + size] for row in places for column in places]
    h = array([relu((K[i] * window).sum() + c[i]) for window in windows for i in range(len(K))])
    return Network(cross_entropy(W @ h + b, y), inputs, parameters)


def gmm(start: Sequence[Array], example: Sequence[Array]) -> Network:
    """Minus the log-density of a point x (d,) in a mixture of normals whose axes are the coordinates'.

    start: logits of the weights (k,), means (k, d), logarithms of the scales (k, d).
    """
    alpha, mu, s = parameters = leaves(start, "alpha mu s")
    (x,) = inputs = leaves(example, "x")
    constant = 0.5 * len(x) * log(2 * pi)
    exponents = []
    for a, centre, scale in zip(alpha, mu, s, strict=True):
        u = (x - centre) * exp(-scale)
        exponents.append(a - scale.sum() - 0.5 * (u @ u))
    return Network(logsumexp(*alpha) - logsumexp(*exponents) + constant, inputs, parameters)


def adbench(start: Sequence[Array], example: Sequence[Array], points: int) -> Network:
    """ADBench's mixture, whose components lie askew; see gmm_constant for it: start is alpha, mu, q, l."""
    alpha, mu, q, l = parameters = leaves(start, "alpha mu q l")  # noqa: E741
    (x,) = inputs = leaves(example, "x")
    d, k = len(x), len(alpha)
    rows, columns = lower_places(d)
    exponents = []
    for a, centre, diagonal, below in zip(alpha, mu, q, l, strict=True):
        centred = x - centre
        u = exp(diagonal) * centred
        for entry, row, column in zip(below, rows, columns, strict=True):
            u[row] = u[row] + entry * centred[column]
        exponents.append(a + diagonal.sum() - 0.5 * (u @ u))
    prior = 0.5 / points * ((exp(q) ** 2).sum() + (l**2).sum())
    loss = logsumexp(*exponents) - logsumexp(*alpha) + prior + gmm_constant(points, d, k)
    return Network(loss, inputs, parameters)


def batchnorm(start: Sequence[Array], example: Sequence[Array]) -> Network:
    """A whole batch as one example: X (B, n), y (B,); start is W, g, b, w."""
    W, g, b, w = parameters = leaves(start, "W g b w")
    X, y = inputs = leaves(example, "X y")
    h = tanh(standardised(X @ W.T) * g + b)
    return Network(((h @ w - y) ** 2).sum() / len(y), inputs, parameters)


def layernorm(start: Sequence[Array], example: Sequence[Any]) -> Network:
    """The neurons of one example normalised: x (n,), y; start is W, g, b, w."""
    W, g, b, w = parameters = leaves(start, "W g b w")
    x, y = inputs = leaves(example, "x y")
    h = tanh(standardised(W @ x) * g + b)
    return Network((w @ h - y) ** 2, inputs, parameters)
