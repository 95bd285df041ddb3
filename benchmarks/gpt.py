"""A small GPT's loss on one text, scalar by scalar, built by any engine that has micrograd's operators.

One layer, four heads, 4,192 parameters, as the GPTs that are taught one scalar at a time: embeddings of
tokens and positions, RMSNorm, causal self-attention, a perceptron with relu, residuals, cross-entropy.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

VOCABULARY, WIDTH, HEADS, LENGTH = 27, 16, 4, 16
TOKENS = 9  # of the text, without the one that begins it: 74,000 nodes
SPREAD = 0.08

Matrix = list[list[Any]]


def parameters(value: Callable[[float], Any], seed: int = 0) -> dict[str, Matrix]:
    """All weights as Values, by name."""
    draw = random.Random(seed).gauss
    shapes = {
        "tokens": (VOCABULARY, WIDTH),
        "positions": (LENGTH, WIDTH),
        "queries": (WIDTH, WIDTH),
        "keys": (WIDTH, WIDTH),
        "values": (WIDTH, WIDTH),
        "out": (WIDTH, WIDTH),
        "wider": (4 * WIDTH, WIDTH),
        "narrower": (WIDTH, 4 * WIDTH),
        "logits": (VOCABULARY, WIDTH),
    }
    return {
        name: [[value(draw(0, SPREAD)) for _ in range(columns)] for _ in range(rows)]
        for name, (rows, columns) in shapes.items()
    }


def loss(weights: dict[str, Matrix], text: list[int]) -> Any:
    """The mean cross-entropy of each token of the text, given those before it."""
    keys: Matrix = []
    values: Matrix = []
    losses = []
    for place, (token, following) in enumerate(pairwise(text)):
        x = _normed(_plus(weights["tokens"][token], weights["positions"][place]))
        x = _plus(x, _attention(weights, _normed(x), keys, values))
        hidden = [h.relu() for h in _times(weights["wider"], _normed(x))]
        x = _plus(x, _times(weights["narrower"], hidden))
        losses.append(-_softmax(_times(weights["logits"], x))[following].log())
    return sum(losses) * (1 / len(losses))


def text(tokens: int = TOKENS, seed: int = 1) -> list[int]:
    """Token 0, which begins every text, and so many more."""
    draw = random.Random(seed)
    return [0, *(draw.randrange(1, VOCABULARY) for _ in range(tokens))]


def _attention(weights: dict[str, Matrix], x: list[Any], keys: Matrix, values: Matrix) -> list[Any]:
    """What a token takes from those before it; its own key and value join theirs."""
    query = _times(weights["queries"], x)
    keys.append(_times(weights["keys"], x))
    values.append(_times(weights["values"], x))
    size = WIDTH // HEADS
    taken: list[Any] = []
    for head in range(HEADS):
        part = slice(head * size, (head + 1) * size)
        scores = [_dot(query[part], key[part]) * size**-0.5 for key in keys]
        shares = _softmax(scores)
        taken += [_dot(shares, column) for column in zip(*[each[part] for each in values], strict=True)]
    return _times(weights["out"], taken)


def _times(matrix: Matrix, x: list[Any]) -> list[Any]:
    return [_dot(row, x) for row in matrix]


def _dot(a: Any, b: Any) -> Any:
    return sum(x * y for x, y in zip(a, b, strict=True))


def _plus(a: list[Any], b: list[Any]) -> list[Any]:
    return [x + y for x, y in zip(a, b, strict=True)]


def _normed(x: list[Any]) -> list[Any]:
    scale = (_dot(x, x) * (1 / len(x)) + 1e-5) ** -0.5
    return [each * scale for each in x]


def _softmax(scores: list[Any]) -> list[Any]:
    largest = max(score.data for score in scores)
    exponentials = [(score - largest).exp() for score in scores]
    total = sum(exponentials)
    return [each / total for each in exponentials]
