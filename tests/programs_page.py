"""docs/programs.md: the programs that compile recovers from networks written one scalar at a time.

python -m tests.programs_page   writes it
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from autograd import Value, array, relu
from autograd.files import write_whole
from nn import MLP, Convolution, Layer, Sequential
from nn.losses import cross_entropy, hinge, l2_penalty

PAGE = Path(__file__).resolve().parents[1] / "docs" / "programs.md"

INTRODUCTION = """# Programs

Each of these networks was written one scalar at a time, for one example; `compile` found the matrices. The
first lines name parts of the flat vector of parameters and of its gradient; they are views, made once. Then a
row is a scalar and a column an example: `W1 @ x` is the first layer for the whole batch. `sum_rows` adds up
scalars, `sum_batch` examples, and `dloss` is what each example's loss counts for: one over their number.

This page is written by `python -m tests.programs_page`; a test keeps it current.
"""


def moons() -> tuple[Any, Any]:
    """micrograd's demonstration: 2-16-16-1, hinge loss and an L2 penalty."""
    model = MLP(2, [16, 16, 1], np.random.default_rng(0))

    def loss(score: Value, label: Value) -> Value:
        return hinge(score, label) + l2_penalty(model.parameters(), 1e-4)

    return model.compile(
        loss, [0.0, 0.0], 1.0
    ).program, "micrograd's demonstration, 2-16-16-1 with hinge loss and L2"


def wide() -> tuple[Any, Any]:
    model = MLP(784, [128, 10], np.random.default_rng(0))
    return model.compile(cross_entropy, np.zeros(784), 0).program, "784-128-10, softmax cross-entropy"


def convolution() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)

    def image(x: Any) -> Any:
        return np.reshape(x, (8, 8))

    def flat(h: Any) -> Any:
        return relu(h).ravel()

    model = Sequential(image, Convolution(1, 4, 3, rng=rng), flat, Layer(4 * 36, 10, rng=rng))
    return model.compile(
        cross_entropy, np.zeros(64), 0
    ).program, "A convolution on 8 x 8 digits, relu, 10 classes"


def residual() -> tuple[Any, Any]:
    from autograd import compile, tanh

    W, V = array(np.eye(4), label="W"), array(np.eye(4), label="V")
    x, y = array(np.zeros(4), label="x"), array(np.zeros(4), label="y")
    h = tanh(W @ x)
    loss = ((V @ h + x - y) ** 2).sum()
    loss.label = "loss"
    return compile(loss, inputs=[*x, *y], parameters=[*W.flat, *V.flat]), "A residual block, F(x) + x"


def page() -> str:
    sections = []
    for make in (moons, wide, convolution, residual):
        program, title = make()
        told = f"```text\n{program.report()}\n```"
        sections.append(f"## {title}\n\n```python\n{program.source}```\n\n{told}\n")
    return "\n".join([INTRODUCTION, *sections])


if __name__ == "__main__":
    write_whole(PAGE, page())
    print(PAGE)
