"""What ends training early: inf and nan, Ctrl-C, and a kill."""

from __future__ import annotations

import gc
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import Value
from nn.losses import squared_error
from nn.optim import SGD, Adam
from nn.vector import vector_of
from tests.nn.training.common import BACKENDS, Line, X, network, numbers, train, y
from tests.work import at_call, calls

ROOT = Path(__file__).resolve().parents[3]


def test_a_nonfinite_loss_stops_before_the_weights_change_and_names_its_gate() -> None:
    line, x = Line(w=1.0), [1.0, 0.5, 0.0]
    with pytest.warns(RuntimeWarning, match="training stopped") as caught:
        history = train(line, X=x, y=x, loss=lambda out, target: out.log(), batch_size=None)
    assert history.stopped.startswith("epoch 1, step 1: example 2: gate log of ")
    assert "gives -inf" in history.stopped
    assert history.stopped in str(caught[0].message)
    assert Path(caught[0].filename).name == "common.py", "the line that called fit"
    assert (history.steps, numbers(line)) == ([], [1.0, 0.0])


def test_a_nonfinite_gradient_of_a_finite_loss_stops_too() -> None:
    line = Line(w=1.0)
    with pytest.warns(RuntimeWarning, match="gate sqrt of .* hands inf back"):
        train(line, X=[0.0], y=[0.0], loss=lambda out, target: out.sqrt())
    assert numbers(line) == [1.0, 0.0]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("factor", [np.nan, np.inf, -1.0])
def test_a_rate_that_is_none_stops_before_the_weights_change(factor: float, backend: str) -> None:
    line = Line()
    with pytest.warns(RuntimeWarning, match="epoch 3: the schedule gives"):
        history = train(
            line, X=[1.0], y=[2.0], epochs=9, backend=backend,
            schedule=lambda epoch: factor if epoch == 2 else 1.0,
        )  # fmt: skip
    undisturbed = Line()
    assert train(undisturbed, X=[1.0], y=[2.0], epochs=2, backend=backend).steps == history.steps
    assert numbers(line) == numbers(undisturbed)


def test_a_rate_that_is_none_is_no_rate_for_a_step_either() -> None:
    w = Value(1.0)
    optimizer = SGD([w], lr=0.1)
    (w * w).backward()
    for rate in (np.nan, np.inf, -1.0):
        optimizer.lr = rate
        with pytest.raises(ValueError, match="lr must be at least 0 and finite"):
            optimizer.step()
    assert w.data == 1.0


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_step_that_overflows_is_not_taken(backend: str) -> None:
    line = Line()
    with pytest.warns(RuntimeWarning, match="every example is finite, but not the step"):
        history = train(
            line, X=[1.0], y=[2.0], epochs=9, backend=backend, loss=lambda out, target: out * 1e10,
            optimizer=SGD(line.parameters(), lr=1e300),
        )  # fmt: skip
    assert history.steps == []
    assert numbers(line) == numbers(Line())


def test_divergence_keeps_the_history_so_far() -> None:
    line = Line()
    with pytest.warns(RuntimeWarning, match="training stopped"):
        history = train(line, X=[1.0, 2.0], y=[1.0, 2.0], optimizer=SGD(line.parameters(), 1e9), epochs=99)
    assert 5 < len(history.steps) < 99
    assert all(np.isfinite(history.steps))
    assert history.steps[-1] > 1e100


def test_ctrl_c_keeps_the_last_whole_step() -> None:
    """A real SIGINT, in the midst of the third step."""
    model, calls = network(), []

    def loss(prediction: Any, target: Any) -> Value:
        calls.append(target)
        if len(calls) == 2 * len(X) + 4:
            signal.raise_signal(signal.SIGINT)
        return squared_error(prediction, target)

    train(reference := network(), epochs=2, backend="eager")
    history = train(model, loss=loss, epochs=9, backend="eager")
    assert numbers(model) == numbers(reference)
    assert len(history.steps) == 2
    assert history.stopped == "interrupted after 2 step(s)"
    assert gc.isenabled()


@pytest.mark.parametrize("moment", ["between two weights", "after the last"])
def test_ctrl_c_in_the_midst_of_an_update_takes_it_back(moment: str) -> None:
    class Interrupted(SGD):
        steps = 0

        def apply(self, gradients: Any) -> None:
            self.steps += 1
            if self.steps == 3 and moment == "between two weights":
                self.parameters[0].data = 7.0
                raise KeyboardInterrupt
            super().apply(gradients)
            if self.steps == 3:
                raise KeyboardInterrupt

    model, reference = network(), network()
    optimizer = Interrupted(model.parameters(), lr=0.01, momentum=0.9)
    undisturbed = SGD(reference.parameters(), lr=0.01, momentum=0.9)
    history = train(model, optimizer=optimizer, epochs=9, backend="eager")
    assert train(reference, optimizer=undisturbed, epochs=2, backend="eager").steps == history.steps
    assert numbers(model) == numbers(reference)
    assert optimizer.state.tolist() == undisturbed.state.tolist()


# Within a finalizer, Python tells of an interrupt and goes on.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_at_any_moment_leaves_whole_steps() -> None:
    """Weights, optimiser state and history agree with an undisturbed run of as many steps."""
    epochs, snapshots = 40, []

    class Recording(Adam):
        def apply(self, gradients: Any) -> None:
            snapshots.append(vector_of(self.parameters).tolist())
            super().apply(gradients)

    data = {"X": X[:2], "y": y[:2], "epochs": epochs, "backend": "eager"}
    model = network()
    undisturbed = train(model, optimizer=Recording(model.parameters(), lr=0.01), **data)
    snapshots.append(numbers(model))

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    again = network()
    in_all = calls(lambda: train(again, optimizer=Adam(again.parameters(), lr=0.01), **data))
    cut_short, rng = 0, random.Random(0)
    for _ in range(100):
        model = network()
        optimizer = Adam(model.parameters(), lr=0.01)
        at_call(rng.randrange(1, in_all), interrupt)
        try:
            history = train(model, optimizer=optimizer, **data)
        except KeyboardInterrupt:  # before the first step, or after the last
            continue
        finally:
            sys.setprofile(None)
        steps = len(history.steps)
        cut_short += 0 < steps < epochs
        assert history.steps == undisturbed.steps[:steps]
        assert numbers(model) == snapshots[steps]
        assert optimizer.state.steps == steps
    assert cut_short > 50, "hardly anything was interrupted"


KILLED = """
import os, signal
import numpy as np
from nn import MLP
from nn.files import load, save
from tests.work import at_call, calls

def numbers():
    load(found := MLP(2, [3, 1]), "model.npz")
    return [p.data for p in found.parameters()]

model = MLP(2, [3, 1], np.random.default_rng(0))
save(model, "model.npz")
in_all = calls(save, model, "model.npz")  # the second time: the first one imports
old, new = numbers(), [number + 1 for number in numbers()]
for p, number in zip(model.parameters(), new):
    p.data = number
seen = []
for call in [*range(1, in_all - 100, 20), *range(in_all - 100, in_all)]:  # the file comes last
    if not os.fork():
        at_call(call, lambda: os.kill(os.getpid(), signal.SIGKILL))
        save(model, "model.npz")
        os._exit(0)
    os.wait()
    seen.append(numbers())
assert all(found in (old, new) for found in seen)
assert old in seen and new in seen
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_killed_at_any_call_the_saved_file_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "ignore", "-c", KILLED]
    child = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert child.returncode == 0, child.stderr
