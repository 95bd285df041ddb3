"""Real data, beside scikit-learn's MLPClassifier of the same sizes and epochs; and gradients by depth.

python -m benchmarks.training [--quick]
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from autograd import Value, data_of, relu, sigmoid, tanh
from nn import MLP, Adam, Layer, Residual, Sequential, cross_entropy, fit, squared_error
from nn.data import Split, digits, iris
from nn.init import he_normal, xavier_normal

SEED = 0
LEARNING_RATE, BATCH = 0.01, 32
WIDTH, DEPTHS = 8, (2, 5, 10, 20, 30)


def accuracy(model: MLP, X: Any, y: Any) -> float:
    """The fraction of examples whose largest logit is that of their class."""
    return float(np.mean([int(data_of(model(x)).argmax()) == target for x, target in zip(X, y, strict=True)]))


def train(split: Split, hidden: int, epochs: int) -> tuple[float, float, float, float]:
    """Test accuracy and seconds of ours, then of scikit-learn's, both with Adam on mini-batches."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    X, y, X_test, y_test = split
    rng = np.random.default_rng(SEED)
    model = MLP(X.shape[1], [hidden, len(set(y))], rng=rng, init=he_normal)
    started = perf_counter()
    fit(
        model, X, y, loss=cross_entropy, optimizer=Adam(model.parameters(), lr=LEARNING_RATE),
        epochs=epochs, batch_size=BATCH, rng=rng, progress=False,
    )  # fmt: skip
    ours = perf_counter() - started
    peer = MLPClassifier(
        [hidden], alpha=0, batch_size=BATCH, learning_rate_init=LEARNING_RATE, max_iter=epochs,
        n_iter_no_change=epochs, random_state=SEED,
    )  # fmt: skip
    started = perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # as many epochs as ours, and no more
        peer.fit(X, y)
    return accuracy(model, X_test, y_test), ours, float(peer.score(X_test, y_test)), perf_counter() - started


def gradient_norms(kind: str, depth: int) -> list[float]:
    """The norm of the loss's gradient by each layer's weights, from the first layer to the last."""
    rng = np.random.default_rng(SEED)
    activation: Callable[[Any], Any] = {"sigmoid": sigmoid, "relu": relu}.get(kind, tanh)
    init = he_normal if kind == "relu" else xavier_normal
    layers = [Layer(WIDTH, WIDTH, activation, rng, init=init) for _ in range(depth)]
    parts: list[Any] = [Residual(layer) if kind.startswith("residual") else layer for layer in layers]
    x, target = rng.normal(size=(2, WIDTH))
    loss: Value = squared_error(Sequential(*parts)(x.tolist()), target.tolist())
    loss.backward()
    return [float(np.linalg.norm([p.grad for p in layer.parameters()])) for layer in layers]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.training", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--quick", action="store_true", help="iris only, and few epochs")
    options = parser.parse_args(arguments)
    console = Console(width=110)

    table = Table("data", "network", "epochs", "ours", "scikit-learn", "ours, s", "scikit-learn, s")
    workloads = [("iris", iris(), 16, 5 if options.quick else 30)]
    if not options.quick:
        workloads.append(("digits", digits(), 32, 10))
    for name, split, hidden, epochs in workloads:
        ours, seconds, theirs, their_seconds = train(split, hidden, epochs)
        sizes = f"{split.X_train.shape[1]}-{hidden}-{len(set(split.y_train))}"
        cells = f"{ours:.1%}", f"{theirs:.1%}", f"{seconds:.1f}", f"{their_seconds:.2f}"
        table.add_row(name, sizes, str(epochs), *cells)
    console.print("Test accuracy after the same number of epochs of Adam, mini-batches of", BATCH)
    console.print(table)

    table = Table("layers", *map(str, DEPTHS))
    for kind in ("sigmoid", "tanh", "relu", "residual tanh"):
        norms = [gradient_norms(kind, depth) for depth in DEPTHS]
        table.add_row(kind, *[f"{by_layer[0]:.1e} ({by_layer[0] / by_layer[-1]:.0e})" for by_layer in norms])
    console.print(
        "Norm of the gradient by the first layer's parameters, and as a part of the last layer's, "
        f"in a network of so many layers of {WIDTH}"
    )
    console.print(table)


if __name__ == "__main__":
    main()
