"""How long our compiler takes, and what fit gains by it: one measurement in one process, printed as JSON.

python -m benchmarks.against.tracing compile moons|wide
python -m benchmarks.against.tracing compile network|random N
python -m benchmarks.against.tracing chain N
python -m benchmarks.against.tracing fit EPOCHS
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from math import isclose
from time import perf_counter
from typing import Any, Literal

import numpy as np

import autograd
from autograd import Value, topological_order
from benchmarks import graphs
from benchmarks.against import workloads
from benchmarks.against.contestant import Data
from benchmarks.against.peers import in_chalkgrad
from benchmarks.training import BATCH, LEARNING_RATE, accuracy
from nn import MLP, Adam, cross_entropy, fit
from nn.data import digits
from nn.init import he_normal

CHAIN_EXAMPLES = 64


def network(nodes: int) -> Data:
    """A network n-n-10 of about so many nodes: a weight, a product and little else for each connection."""
    n = max(1, round((nodes / 2 + 25) ** 0.5) - 5)
    rng = np.random.default_rng(0)
    return Data(rng.normal(size=(1, 2, n)), np.zeros((1, 2), int), workloads.network(rng, n, n, 10))


GRAPHS: dict[str, tuple[str, Callable[..., Data]]] = {
    "moons": ("moons", workloads.moons),
    "wide": ("classes", workloads.wide),
    "network": ("classes", network),
    "random": ("dag", lambda n: workloads.irregular(n, 2)),
}


def measure_compile(graph: str, *size: int) -> dict[str, float]:
    """Nodes of one example's graph; seconds to build it, to compile it, and to the first gradient then."""
    kind, data = GRAPHS[graph]
    scalars = in_chalkgrad.SCALARS[kind](data(*size))
    started = perf_counter()
    loss, inputs = scalars.one_example()
    built = perf_counter()
    program = autograd.compile(loss, inputs=inputs, parameters=scalars.parameters)
    compiled = perf_counter()
    program.loss_and_grad(scalars.rows[0])
    done = perf_counter()
    nodes = len(topological_order(loss))
    return {"nodes": nodes, "build": built - started, "compile": compiled - built, "first": done - compiled}


def measure_chain(n: int) -> dict[str, float]:
    """Seconds to compile a chain of n gates, to its first gradient, and of a gradient after that.

    Raises AssertionError unless loss and gradient are those of the eager engine.
    """
    leaves: list[Value] = []

    def leaf(number: float) -> Value:
        leaves.append(Value(number))
        return leaves[-1]

    root = graphs.chain(n)(leaf)
    root.backward()
    eager = [leaf.grad for leaf in leaves[1:]]
    started = perf_counter()
    program = autograd.compile(root, inputs=leaves[:1], parameters=leaves[1:])
    compiled = perf_counter()
    loss, gradient = program.loss_and_grad(np.full((CHAIN_EXAMPLES, 1), leaves[0].data))
    first = perf_counter()
    if not (isclose(loss, root.data, rel_tol=1e-9) and np.allclose(gradient, eager, rtol=1e-9)):
        raise AssertionError(f"a chain of {n}: compiled {loss}, {gradient}; eager {root.data}, {eager}")
    program.loss_and_grad(np.full((CHAIN_EXAMPLES, 1), leaves[0].data))
    return {
        "compile": compiled - started,
        "first": first - compiled,
        "gradient": perf_counter() - first,
    }


def measure_fit(epochs: int) -> dict[str, float]:
    """Seconds of so many epochs on digits compiled, of one eager epoch; and the test accuracy.

    Raises AssertionError unless both have the same loss in the first epoch.
    """
    X, y, X_test, y_test = digits()

    def train(epochs: int, backend: Literal["numpy", "eager"]) -> tuple[MLP, float, float]:
        rng = np.random.default_rng(0)
        model = MLP(64, [32, 10], rng=rng, init=he_normal)
        optimizer = Adam(model.parameters(), lr=LEARNING_RATE)
        started = perf_counter()
        history = fit(
            model, X, y, loss=cross_entropy, optimizer=optimizer, epochs=epochs, batch_size=BATCH,
            rng=rng, progress=False, backend=backend,
        )  # fmt: skip
        return model, perf_counter() - started, history.losses[0]

    model, seconds, loss = train(epochs, "numpy")
    _, eager_epoch, eager_loss = train(1, "eager")
    if not isclose(loss, eager_loss, rel_tol=1e-8):
        raise AssertionError(f"the first epoch's loss is {loss} compiled, {eager_loss} eagerly")
    return {"seconds": seconds, "eager epoch": eager_epoch, "accuracy": accuracy(model, X_test, y_test)}


MEASUREMENTS: dict[str, Callable[..., Any]] = {
    "compile": measure_compile,
    "chain": measure_chain,
    "fit": measure_fit,
}


def main(arguments: list[str]) -> None:
    name, *words = arguments
    x, w = Value(1.0), Value(2.0)
    autograd.compile(x * w, inputs=[x], parameters=[w])  # imports the compiler
    print(json.dumps(MEASUREMENTS[name](*[int(word) if word.isdigit() else word for word in words])))


if __name__ == "__main__":
    main(sys.argv[1:])
