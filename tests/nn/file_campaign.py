"""Thousands of damaged model files and checkpoints, and kills while files are written.

python -m tests.nn.file_campaign --files 12000 --kills 400

A damaged file must be refused with nothing changed, or give what NumPy reads in it; after a kill, the
file must be one of those that were being written. Prints what happened; the exit status is 1 on a failure.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from autograd import files
from nn import MLP, Module
from nn.archive import ModelFileError
from nn.files import load, save
from nn.optim import SGD, Adam, Optimizer
from nn.training.checkpoint import load_run, save_run
from nn.training.history import History
from nn.vector import vector_of
from tests.nn.file_damage import damaged_bytes, damaged_entries

MOST_GROWTH = 100  # MB of memory that reading damaged files may add


def network(seed: int) -> MLP:
    return MLP(2, [3, 1], np.random.default_rng(seed))


class ModelFile:
    """A saved model, and one to load it into."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.model: Module = network(1)
        save(network(0), path)

    def read(self) -> None:
        load(self.model, self.path)

    def state(self) -> Any:
        return {name: numbers.tolist() for name, numbers in self.model.state_dict().items()}

    def expected(self, stored: Any) -> Any:
        return {name: stored[name].astype(float).tolist() for name in self.state()}


class Checkpoint:
    """The checkpoint of a run, and another to go on from it."""

    def __init__(self, path: Path, kind: Callable[..., Optimizer]) -> None:
        self.path = path
        self.optimizer, self.rng = kind(network(1).parameters(), lr=0.1), np.random.default_rng(1)
        before, rng = kind(network(0).parameters(), lr=0.1), np.random.default_rng(0)
        for _ in range(3):
            before.apply(rng.normal(size=len(before.parameters)))
        save_run(path, before, History([3.0, 2.0, 1.0, 0.5], [2.5, 0.75], [2.0]), rng)

    def read(self) -> None:
        load_run(self.path, self.optimizer, self.rng)

    def state(self) -> Any:
        state = self.optimizer.state
        leaves = state._asdict() if hasattr(state, "_asdict") else {"": state}
        plain = {name: np.asarray(leaf).tolist() for name, leaf in leaves.items()}
        return [vector_of(self.optimizer.parameters).tolist(), plain, self.rng.bit_generator.state]

    def expected(self, stored: Any) -> Any:
        plain = {}
        for name, leaf in self.state()[1].items():
            found = stored[f"state.{name}".rstrip(".")]
            plain[name] = found.astype(np.asarray(leaf).dtype).tolist()
        return [stored["parameters"].astype(float).tolist(), plain, json.loads(str(stored["rng"]))]


def read_damaged_files(count: int, seed: int, folder: Path) -> tuple[Counter[str], list[str]]:
    """How many files were refused and read, and what went wrong."""
    rng, seen = random.Random(seed), Counter[str]()
    failures: list[str] = []
    kinds: list[ModelFile | Checkpoint] = [ModelFile(folder / "model.npz")]
    kinds += [Checkpoint(folder / f"{kind.__name__}.npz", kind) for kind in (SGD, Adam)]
    sound = [kind.path.read_bytes() for kind in kinds]
    for number in range(count):
        which = number % len(kinds)
        kind, damage = kinds[which], rng.choice([damaged_bytes, damaged_entries])
        kind.path.write_bytes(damage(sound[which], rng))
        before = repr(kind.state())
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                kind.read()
            with np.load(kind.path, allow_pickle=False) as stored:
                right = repr(kind.state()) == repr(kind.expected(stored))
            seen["read, as NumPy reads it"] += 1
        except ModelFileError as error:
            right = repr(kind.state()) == before and str(kind.path) in str(error)
            seen["refused"] += 1
        except Exception:
            right = False
            failures.append(traceback.format_exc())
        if not right:
            failures.append(f"file {number} of seed {seed}: {kind.path.name} after {damage.__name__}")
    return seen, failures


# -- kills ----------------------------------------------------------------------------------------


def die_at_line(number: int) -> None:
    """Be killed when that many lines of what writes files have been run."""
    left = number

    def trace(frame: Any, event: str, _: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename != files.__file__:
            return None
        left -= event == "line"
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)


def write_for_ever(number: int, folder: Path, ready: int) -> None:
    models = [network(0), network(1)]
    optimizers = [Adam(model.parameters()) for model in models]
    rng = np.random.default_rng(0)
    if number % 2:
        die_at_line(number // 2 % 97)
    os.write(ready, b"!")
    while True:
        for model, optimizer in zip(models, optimizers, strict=True):
            save(model, folder / "model.npz")
            save_run(folder / "run.npz", optimizer, History([1.0], [1.0]), rng)


def kill_writers(count: int, seed: int, folder: Path) -> tuple[Counter[str], list[str]]:
    """How many files were whole after kills, half of them by the clock and half by the line."""
    rng, seen = random.Random(seed), Counter[str]()
    failures: list[str] = []
    for which in range(2):
        save(network(which), folder / "model.npz")
    allowed = [[parameter.data for parameter in network(seed).parameters()] for seed in range(2)]
    for number in range(count):
        reads, writes = os.pipe()
        child = os.fork()
        if not child:
            try:
                write_for_ever(number, folder, writes)
            finally:
                os._exit(1)
        os.close(writes)
        os.read(reads, 1)
        os.close(reads)
        if number % 2 == 0:
            time.sleep(rng.uniform(0, 0.03))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
            failures.append(f"kill {number}: the writer ended by itself")
        for path in folder.iterdir():
            if path.name.startswith(".") and path.name.endswith(files.UNFINISHED):
                seen["unfinished files left"] += 1
                path.unlink()
            elif path.name not in ("model.npz", "run.npz"):
                failures.append(f"kill {number} left {path.name}")
        try:
            load(model := network(2), folder / "model.npz")
            found = [[parameter.data for parameter in model.parameters()]]
            if (folder / "run.npz").exists():
                load_run(folder / "run.npz", optimizer := Adam(model.parameters()), np.random.default_rng(1))
                found.append(vector_of(optimizer.parameters).tolist())
            seen["files whole"] += len(found)
            if not all(numbers in allowed for numbers in found):
                failures.append(f"kill {number}: other numbers")
        except ModelFileError as error:
            failures.append(f"kill {number}: {error}")
    return seen, failures


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.nn.file_campaign")
    parser.add_argument("--files", type=int, default=12_000)
    parser.add_argument("--kills", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        resource_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seen, failures = read_damaged_files(asked.files, asked.seed, Path(folder))
        growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resource_before) / 1024
    if growth > MOST_GROWTH:
        failures.append(f"reading took {growth:.0f} MB")
    with TemporaryDirectory() as folder:
        killed, torn = kill_writers(asked.kills, asked.seed, Path(folder))
    failures += torn
    print(f"{asked.files} damaged files: {dict(seen)}, {growth:.0f} MB more memory")
    print(f"{asked.kills} kills: {dict(killed)}")
    print(f"failures: {len(failures)}", *failures[:5], sep="\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
