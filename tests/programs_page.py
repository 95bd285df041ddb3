"""docs/programs.md: the programs that compile recovers from networks written one scalar at a time.

python -m tests.programs_page   writes it
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from autograd import (
    Value,
    array,
    choose,
    compile,
    exp,
    logsumexp,
    relu,
    sigmoid,
    softplus,
    sqrt,
    summation,
    take,
    tanh,
)
from autograd.compiler.program import Program
from autograd.files import write_whole
from nn import MLP, Convolution, Layer, Sequential
from nn.losses import cross_entropy, hinge, l2_penalty

PAGE = Path(__file__).resolve().parents[1] / "docs" / "programs.md"

INTRODUCTION = """# Programs

Each of these networks was written one scalar at a time, for one example: that is the first block.
`compile` found the arrays in it: that is the second, as `program.source` shows it.

How to read a program:

- Its first lines name parts of the flat vector of parameters, and of its gradient. They are views, made
  once: what is written to `dW1` is written to the gradient.
- An array has the axes that its scalars had, and then one more, the examples. `x` of 784 pixels is (784,
  examples), so `W1 @ x` is the first layer for the whole batch. Where there are more axes, `reshape(16,
  -1)` lays all but the first side by side for a product, and another `reshape` takes them apart again; the
  -1 is however many examples.
- `sum`, `max` and `stack` are NumPy's, `logsumexp` is a gate along an `axis`. Axes count from the front: a
  sum along the last is over the examples.
- `einsum` gives each axis a letter: in `'adbz,adcz->abcz'` z are the examples, and d, which the result
  lacks, is summed over.
- `z` was a sum of products, `h` an activation of it, `v` any other number; `dz1` is the gradient of the
  loss by `z1`, and `d` is on the way to one. `where(z1 <= 0, 0.0, dh1)` is relu's own backward rule.
- `dloss` is how much each example counts: one over their number, so that the loss is the mean.
- `take` and `choose` look up what an input names; `segment_sum` and `unchoose` send its gradient back
  there.
- `mask`, `i` and `c` are arrays of constants: what is ruled out, which elements are picked, numbers of the
  graph, as the classes 0 to 9.
- `finite` and `bounded` leave a number as it is, and make the largest float of an infinite one, so that inf -
  inf makes no nan. `cross_entropy` is `softplus(logsumexp(of the other classes) - z)`, which loses no digits:
  `ruled_out_at` takes the right class out of the others, and `-expm1(-loss)` is the slope of softplus.
- `outputs` and `loss_and_gradient` name what they compute apart: a `v1` of the one is not that of the other.

Which scalar is where, from the call to the gradient: [compiler.md](compiler.md).

This page is written by `python -m tests.programs_page`; a test keeps it current.
"""

SMALL = 1e-5  # under a root, where a variance may be 0


def weights(label: str, *shape: int) -> Any:
    """An array of parameters; which numbers they hold is of no concern here."""
    return array(np.full(shape, 0.5), label=label)


def inputs(label: str, *shape: int) -> Any:
    return array(np.zeros(shape), label=label)


# -- models of nn ---------------------------------------------------------------------------------


def moons() -> Program:
    """micrograd's demonstration: 2-16-16-1, hinge loss and an L2 penalty"""
    model = MLP(2, [16, 16, 1])

    def loss(score: Value, label: Value) -> Value:
        return hinge(score, label) + l2_penalty(model.parameters(), 1e-4)

    return model.compile(loss, [0.0, 0.0], 1.0).program


def wide() -> Program:
    """784-128-10, softmax cross-entropy of a class"""
    model = MLP(784, [128, 10])
    return model.compile(cross_entropy, np.zeros(784), 0).program


def convolution() -> Program:
    """A convolution on 8 x 8 digits, relu, 10 classes"""

    def image(x: Any) -> Any:
        return np.reshape(x, (8, 8))

    def flat(h: Any) -> Any:
        return relu(h).ravel()

    model = Sequential(image, Convolution(1, 4, 3), flat, Layer(4 * 36, 10))
    return model.compile(cross_entropy, np.zeros(64), 0).program


# -- networks of arrays ---------------------------------------------------------------------------


def residual() -> Program:
    """A residual block, F(x) + x"""
    W, V = weights("W", 4, 4), weights("V", 4, 4)
    x, y = inputs("x", 4), inputs("y", 4)
    loss = ((V @ tanh(W @ x) + x - y) ** 2).sum()
    return compile(loss, inputs=[x, y], parameters=[W, V])


def embedding() -> Program:
    """Word vectors by `take`: whether two words stand side by side"""
    U, V = weights("U", 1000, 16), weights("V", 1000, 16)
    word, context, label = Value(0.0, "word"), Value(0.0, "context"), Value(1.0, "label")
    score = take(U, word) @ take(V, context)
    return compile(softplus(-label * score), inputs=[word, context, label], parameters=[U, V])


def makemore() -> Program:
    """makemore's MLP: three characters' embeddings side by side, tanh, 27 classes"""
    E, W1, b1 = weights("E", 27, 10), weights("W1", 100, 30), weights("b1", 100)
    W2, b2 = weights("W2", 27, 100), weights("b2", 27)
    context, y = inputs("context", 3), Value(0.0, "y")
    h = tanh(W1 @ take(E, context).ravel() + b1)
    logits = W2 @ h + b2
    loss = logsumexp(*logits) - choose(y, *logits)
    return compile(loss, inputs=[context, y], parameters=[E, W1, b1, W2, b2])


def layernorm() -> Program:
    """Layer normalisation: the neurons of one example"""
    W, g, b, w = weights("W", 16, 8), weights("g", 16), weights("b", 16), weights("w", 16)
    x, y = inputs("x", 8), Value(0.0, "y")
    z = W @ x
    centred = z - z.sum() / 16
    h = tanh(g * centred / sqrt((centred**2).sum() / 16 + SMALL) + b)
    return compile((w @ h - y) ** 2, inputs=[x, y], parameters=[W, g, b, w])


def batchnorm() -> Program:
    """Batch normalisation: a batch of 32 is one example, as its normalisation has it"""
    W, g, b, w = weights("W", 16, 8), weights("g", 16), weights("b", 16), weights("w", 16)
    X, y = inputs("X", 32, 8), inputs("y", 32)
    Z = X @ W.T
    centred = Z - Z.sum(axis=0) / 32
    h = tanh(g * centred / sqrt((centred**2).sum(axis=0) / 32 + SMALL) + b)
    return compile(((h @ w - y) ** 2).sum() / 32, inputs=[X, y], parameters=[W, g, b, w])


def rnn() -> Program:
    """A recurrent network over 8 steps, a prediction in each"""
    Wx, Wh, b = weights("Wx", 16, 6), weights("Wh", 16, 16), weights("b", 16)
    Wo, bo = weights("Wo", 6, 16), weights("bo", 6)
    X, Y = inputs("X", 8, 6), inputs("Y", 8, 6)
    h: Any = np.zeros(16)
    losses = []
    for x, y in zip(X, Y, strict=True):
        h = tanh(Wx @ x + Wh @ h + b)
        losses.append(((Wo @ h + bo - y) ** 2).sum())
    return compile(summation(*losses), inputs=[X, Y], parameters=[Wx, Wh, b, Wo, bo])


def lstm() -> Program:
    """An LSTM over 4 steps: its last state against a target"""
    Wi, Wf, Wo, Wc = [weights(label, 8, 6 + 8) for label in ("Wi", "Wf", "Wo", "Wc")]
    bi, bf, bo, bc = [weights(label, 8) for label in ("bi", "bf", "bo", "bc")]
    X, y = inputs("X", 4, 6), inputs("y", 8)
    h, c = inputs("h", 8), inputs("c", 8)
    start = h, c
    for x in X:
        u = array(np.concatenate([x, h]))
        i, f, o = sigmoid(Wi @ u + bi), sigmoid(Wf @ u + bf), sigmoid(Wo @ u + bo)
        c = f * c + i * tanh(Wc @ u + bc)
        h = o * tanh(c)
    parameters = [Wi, Wf, Wo, Wc, bi, bf, bo, bc]
    return compile(((h - y) ** 2).sum(), inputs=[X, y, *start], parameters=parameters)


def gpt() -> Program:
    """A GPT: 16 positions, 4 heads, one layer"""

    def rmsnorm(x: Any) -> Any:
        return x * (x @ x / len(x) + SMALL) ** -0.5

    def softmax(z: Any) -> Any:
        return exp(z - logsumexp(*z))

    wte, wpe, lm_head = weights("wte", 27, 16), weights("wpe", 16, 16), weights("lm_head", 27, 16)
    wq, wk, wv, wo = [weights(label, 16, 16) for label in ("wq", "wk", "wv", "wo")]
    fc1, fc2 = weights("fc1", 64, 16), weights("fc2", 16, 64)
    tokens, targets = inputs("tokens", 16), inputs("targets", 16)
    losses, keys, values = [], [], []
    for t in range(16):
        x = rmsnorm(take(wte, tokens[t]) + wpe[t])
        a = rmsnorm(x)
        query = wq @ a
        keys.append(wk @ a)
        values.append(wv @ a)
        heads = []
        for part in (slice(0, 4), slice(4, 8), slice(8, 12), slice(12, 16)):
            share = softmax(array([query[part] @ key[part] / 2 for key in keys]))
            heads.append(sum(p * value[part] for p, value in zip(share, values, strict=True)))
        x = wo @ array(np.concatenate(heads)) + x
        x = fc2 @ relu(fc1 @ rmsnorm(x)) + x
        logits = lm_head @ x
        losses.append(logsumexp(*logits) - choose(targets[t], *logits))
    parameters = {"wte": wte, "wpe": wpe, "wq": wq, "wk": wk, "wv": wv, "wo": wo}
    parameters |= {"fc1": fc1, "fc2": fc2, "lm_head": lm_head}
    return compile(summation(*losses) / 16, inputs=[tokens, targets], parameters=parameters)


NETWORKS = (
    moons, wide, convolution, residual, embedding, makemore, layernorm, batchnorm, rnn, lstm, gpt,
)  # fmt: skip


def page() -> str:
    return "\n".join([INTRODUCTION, *map(_section, NETWORKS)])


def _section(make: Callable[[], Program]) -> str:
    """What was written and what became of it."""
    program = make()
    title, written = inspect.getdoc(make), inspect.getsource(make)
    written = written.replace(f'    """{title}"""\n', "").replace(":\n\n", ":\n", 1)
    counts, _, _ = program.report().partition("\n")
    return f"## {title}\n\n```python\n{written}```\n\n{counts}:\n\n```python\n{program.source}```\n"


if __name__ == "__main__":
    write_whole(PAGE, page())
    print(PAGE)
