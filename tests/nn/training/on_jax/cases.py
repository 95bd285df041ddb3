"""A process that trains together with another which was given something else, in each of CASES.

python -m tests.nn.training.on_jax.cases ADDRESS PROCESSES NUMBER FOLDER

A line of JSON at the end: for each case the history, or the error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from autograd import Value
from nn import MLP, Adam, fit, hinge, squared_error
from nn.training.backend import BackendName
from nn.training.on_jax.processes import connect
from tests.nn.training.common import X, y

Options = dict[str, Any]

#: What process number n gives fit, beside what both do; each of them an own checkpoint, too, if any.
CASES: dict[str, Callable[[int], Options]] = {
    "same": lambda n: {},
    "held otherwise": lambda n: {"X": X.tolist(), "y": y.tolist()} if n else {},
    "in order": lambda n: {"batch_size": len(X), "seed": n},
    "seed": lambda n: {"seed": n},
    "data": lambda n: {"X": X + n * 2.0**-50, "y": y[:: 1 - 2 * n]},
    "validation": lambda n: {"validation": (X[n:], y[n:])},
    "epochs": lambda n: {"epochs": 3 + n},
    "batch size": lambda n: {"batch_size": 4 + n},
    "model": lambda n: {"sizes": [3 + n, 1]},
    "loss": lambda n: {"loss": hinge if n else squared_error, "y": np.sign(y)},
    "a constant": lambda n: {"loss": lambda out, target: (out - target) ** 2 * Value(3.0 + n)},
    "optimizer": lambda n: {"weight_decay": 0.1 * n},
    "state": lambda n: {"state": n},
    "weights": lambda n: {"shift": n * 1e-15},
    "schedule": lambda n: {"schedule": lambda epoch: 0.5 if n and epoch == 2 else 1.0},
    "schedule per step": lambda n: {
        "schedule": lambda step: 0.5 if n and step == 5 else 1.0, "schedule_per": "step",
    },
    "shuffle": lambda n: {"shuffle": not n},
    "not shuffled": lambda n: {"shuffle": False, "seed": n},
    "checkpoint": lambda n: {"checkpoint": f"{n}.npz"},
    "same again": lambda n: {},
}  # fmt: skip


def train(backend: BackendName = "jax", **options: Any) -> dict[str, Any]:
    chosen: Options = {"loss": squared_error, "epochs": 3, "batch_size": 4, "X": X, "y": y, **options}
    model = MLP(2, chosen.pop("sizes", [3, 1]), np.random.default_rng(0))
    for parameter in model.parameters()[:1]:
        parameter.data += chosen.pop("shift", 0.0)
    optimizer = Adam(model.parameters(), lr=0.01, weight_decay=chosen.pop("weight_decay", 0.0))
    optimizer.state = optimizer.state._replace(steps=chosen.pop("state", 0))
    examples, targets, rng = chosen.pop("X"), chosen.pop("y"), np.random.default_rng(chosen.pop("seed", 0))
    try:
        history = fit(
            model, examples, targets, optimizer=optimizer, rng=rng, backend=backend, progress=False, **chosen
        )
    except (ValueError, RuntimeError) as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {"steps": history.steps, "weights": [parameter.data for parameter in model.parameters()]}


def main(address: str, processes: int, number: int, folder: Path) -> None:
    if not number:
        train("numpy", checkpoint=folder / "0.npz", epochs=2)
    connect(address, processes, number)
    found = {}
    for name, options in CASES.items():
        chosen = options(number)
        if "checkpoint" in chosen:
            chosen["checkpoint"] = folder / chosen["checkpoint"]
        found[name] = train(**chosen)
    print(json.dumps(found))


if __name__ == "__main__":
    address, processes, number, folder = sys.argv[1:]
    main(address, int(processes), int(number), Path(folder))
