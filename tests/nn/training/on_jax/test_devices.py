"""Several devices and several processes train to the history of one; a dead process ends the others."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn.training.history import History
from tests.nn.training.on_jax.worker import BATCH_SIZES, EPOCHS, train

pytest.importorskip("jax", reason="JAX is not installed (extra jax)")

ROOT = Path(__file__).resolve().parents[4]
WORKER = "tests.nn.training.on_jax.worker"
SECONDS = 600  # a process that hangs, not a slow one


def start(processes: int, checkpoint: str = "", dies_in: int = -1, devices: int = 1) -> list[Any]:
    """The workers, each of them a process with so many devices."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}"}
    arguments = [str(processes), "NUMBER", str(port), checkpoint, str(dies_in)]
    return [
        subprocess.Popen(
            [sys.executable, "-m", WORKER, *arguments[:1], str(number), *arguments[2:]],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for number in range(processes)
    ]  # fmt: skip


def histories_of(workers: list[Any], devices: int) -> list[list[History]]:
    """What each of the workers found."""
    found = []
    for worker in workers:
        out, errors = worker.communicate(timeout=SECONDS)
        assert worker.returncode == 0, errors
        seen, histories = json.loads(out.splitlines()[-1])
        assert seen == devices
        found.append([History(**history) for history in histories])
    return found


def assert_equal(found: History, expected: History) -> None:
    np.testing.assert_allclose(found.steps, expected.steps, rtol=1e-12)
    np.testing.assert_allclose(found.losses, expected.losses, rtol=1e-12)
    assert len(found.losses) == EPOCHS


@pytest.mark.parametrize(("processes", "devices"), [(1, 8), (2, 1), (4, 1)])
def test_the_history_is_that_of_one_device(processes: int, devices: int) -> None:
    """Batch sizes that the devices cannot share equally included."""
    for histories in histories_of(start(processes, devices=devices), processes * devices):
        for size, history in zip(BATCH_SIZES, histories, strict=True):
            assert_equal(history, train(size, backend="numpy"))


PARTS = """
import numpy as np
from nn import MLP, SGD, squared_error
from nn.training.backend import Task
from nn.training.on_jax.backend import JaxBackend
model = MLP(3, [1])
optimizer = SGD(model.parameters())
task = Task(model, squared_error, optimizer, np.ones((1, 3)), [1.0])
on_jax = JaxBackend(task, model.compile(squared_error, np.ones(3), 1.0))
batches = on_jax._split(np.zeros((2, 16, 4)))
print({shard.data.shape for shard in batches.addressable_shards})
numbers = on_jax._on_all(np.zeros(4))
print({shard.data.shape for shard in numbers.addressable_shards})
"""


def test_a_device_has_its_part_of_each_batch_and_all_parameters() -> None:
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=8"}
    command = [sys.executable, "-c", PARTS]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS)
    assert done.stdout.splitlines() == ["{(2, 2, 4)}", "{(4,)}"], done.stderr


def test_a_killed_process_ends_the_other_and_the_run_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.npz"
    survivor, victim = start(2, str(checkpoint), dies_in=2)
    _, errors = survivor.communicate(timeout=SECONDS)
    assert victim.wait(SECONDS) == -signal.SIGKILL
    victim.communicate()
    assert survivor.returncode == 1
    assert "RuntimeError: JAX stopped: of 2 process(es) and 2 device(s) one was lost or failed." in errors
    assert "with the same checkpoint, training goes on from there" in errors
    assert "Check failure" not in errors  # the trace of an abort
    with np.load(checkpoint) as state:
        assert len(state["history.losses"]) == 2
    for (history,) in histories_of(start(2, str(checkpoint)), 2):
        assert_equal(history, train(32, backend="numpy"))
