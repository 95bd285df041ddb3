"""A process that trains on JAX, alone or as one of several, and prints its histories as JSON.

python -m tests.nn.training.on_jax.worker PROCESSES NUMBER PORT CHECKPOINT DIES_IN

DIES_IN is the epoch at whose start the last process kills itself; -1 for none.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import asdict
from importlib import import_module
from typing import Any

import numpy as np

from nn import MLP, Adam, fit, hinge
from nn.training.backend import BackendName
from nn.training.history import History

BATCH_SIZES = [100, 32, 7]  # of 100 examples: one batch; a last one of 4; a last one of 2
EPOCHS = 4


def train(batch_size: int, backend: BackendName = "jax", **options: Any) -> History:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 2))
    y = np.where(X[:, 0] * X[:, 1] > 0, 1.0, -1.0)
    model = MLP(2, [8, 1], rng=rng)
    optimizer = Adam(model.parameters(), lr=0.05)
    return fit(
        model, X, y, loss=hinge, optimizer=optimizer, epochs=EPOCHS, batch_size=batch_size, rng=rng,
        backend=backend, **options,
    )  # fmt: skip


def main(processes: int, number: int, port: int, checkpoint: str, dies_in: int) -> None:
    jax: Any = import_module("jax")
    if processes > 1:
        jax.distributed.initialize(f"127.0.0.1:{port}", processes, number)

    def schedule(epoch: int) -> float:
        if epoch == dies_in and number == processes - 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return 1.0

    if checkpoint:
        histories = [train(32, checkpoint=checkpoint, schedule=schedule)]
    else:
        histories = [train(size) for size in BATCH_SIZES]
    print(json.dumps([jax.device_count(), [asdict(history) for history in histories]]))


if __name__ == "__main__":
    processes, number, port, checkpoint, dies_in = sys.argv[1:]
    main(int(processes), int(number), int(port), checkpoint, int(dies_in))
