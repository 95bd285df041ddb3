"""Ctrl-C at any moment of fit, by real signals: weights, optimiser and history of one whole step."""

from __future__ import annotations

import gc
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import gc_paused
from nn import MLP, Adam, fit, load, squared_error, step_decay
from nn.training.backend import BackendName
from nn.training.checkpoint import load_run
from nn.vector import vector_of

pytestmark = [
    pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timer"),
    pytest.mark.usefixtures("alarms_interrupt"),
    # of a file whose opening was interrupted before it had a name; Python closes it
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]

X = np.random.default_rng(1).normal(size=(6, 2))
y = X[:, 0]
EPOCHS, SIGNALS = 12, 150


@pytest.fixture(autouse=True)
def finalizers_interrupted_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a signal may interrupt pytest 8.4's hook for them, which takes that for an error of its own."""
    monkeypatch.setattr(sys, "unraisablehook", lambda told: None)


class Recording(Adam):
    """Adam that notes what it makes of the weights, step by step."""

    seen: list[list[float]]

    def update(self, parameters: Any, gradients: Any, state: Any, lr: float) -> Any:
        result = super().update(parameters, gradients, state, lr)
        self.seen.append(result[0].tolist())
        return result


def run(model: MLP, optimizer: Adam, folder: Path, backend: BackendName) -> Any:
    return fit(
        model, X, y, loss=squared_error, optimizer=optimizer, epochs=EPOCHS, batch_size=3,
        schedule=step_decay(4), rng=np.random.default_rng(0), validation=(X, y), progress=False,
        backend=backend, save_to=folder / "model.npz", checkpoint=folder / "run.npz",
    )  # fmt: skip


@pytest.mark.parametrize("backend", ["eager", "numpy"])
def test_weights_history_optimiser_and_files_agree(backend: BackendName, tmp_path: Path) -> None:
    def fresh() -> MLP:
        return MLP(2, [2, 1], np.random.default_rng(0))

    first = fresh()
    start = [parameter.data for parameter in first.parameters()]
    recording = Recording(first.parameters(), lr=0.01)
    recording.seen = []
    began = time.perf_counter()
    undisturbed = run(first, recording, tmp_path, backend)
    took = time.perf_counter() - began
    after = [start, *recording.seen]
    assert len(after) == 1 + len(undisturbed.steps)
    draw, interrupted = random.Random(0), 0
    for turn in range(SIGNALS):
        folder = tmp_path / str(turn)
        folder.mkdir()
        model = fresh()
        optimizer = Adam(model.parameters(), lr=0.01)
        history = None
        try:
            signal.setitimer(signal.ITIMER_REAL, draw.uniform(1e-5, 1.1 * took))
            history = run(model, optimizer, folder, backend)
            signal.setitimer(signal.ITIMER_REAL, 0)
        except KeyboardInterrupt:  # before anything began, or after all was done
            pass
        numbers = [parameter.data for parameter in model.parameters()]
        assert numbers in after
        steps = after.index(numbers)
        assert optimizer.state.steps == steps
        assert optimizer.lr == 0.01
        assert gc.isenabled()
        if history is None:
            assert steps in (0, len(undisturbed.steps))
        else:
            interrupted += bool(history.stopped)
            assert history.steps == undisturbed.steps[:steps]
            assert history.losses == undisturbed.losses[: len(history.losses)]
            assert len(history.losses) == len(history.validation) >= (steps - 1) // 2
        assert set(os.listdir(folder)) <= {"model.npz", "run.npz"}
        # What was interrupted is told of when it is collected, by a traceback, for which Python parses; were
        # that in the midst of NumPy's parsing of a header, Python would take it for an error of its own.
        with gc_paused():
            if (folder / "model.npz").exists():
                load(saved := fresh(), folder / "model.npz")
                assert [parameter.data for parameter in saved.parameters()] in after
            if (folder / "run.npz").exists():
                other = Adam(fresh().parameters(), lr=0.01)
                kept = load_run(folder / "run.npz", other, np.random.default_rng())
                assert vector_of(other.parameters).tolist() == after[len(kept.steps)]
    assert interrupted, "no signal came in time: nothing was tested"
