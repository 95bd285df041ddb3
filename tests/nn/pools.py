"""A script with a gate and a model of its own, which processes that are forked and spawned call and train."""

from __future__ import annotations

import multiprocessing
from typing import Any

import numpy as np

from autograd import gate, topological_order
from nn import MLP, SGD, fit, squared_error

cube = gate(
    "cube",
    forward=lambda m, x: x * x * x,
    backward=lambda m, upstream, out, x: (upstream * 3 * x * x,),
)
X, y = [[1.0, 2.0], [0.5, -1.0], [-3.0, 0.0]], [1.0, 0.0, 2.0]


def trained(model: MLP) -> MLP:
    optimizer = SGD(model.parameters(), lr=1e-3)
    fit(model, X, y, loss=squared_error, optimizer=optimizer, epochs=2, progress=False)
    return model


def numbers(model: MLP) -> list[float]:
    return [parameter.data for parameter in model.parameters()]


if __name__ == "__main__":
    for start in ("fork", "spawn"):
        model = MLP(2, [3, 1], np.random.default_rng(0), activation=cube)
        with multiprocessing.get_context(start).Pool(1) as pool:
            outputs: list[Any] = pool.map(model, X)
            (back,) = pool.map(trained, [model])
        expected: list[Any] = [model(x) for x in X]
        assert [each.data for each in outputs] == [each.data for each in expected]
        assert cube in {node.gate for node in topological_order(outputs[0])}
        assert numbers(back) != numbers(model)
        assert numbers(back) == numbers(trained(model))
        print(start, "agrees")
