"""One workload on one peer, in a process that ``benchmarks.against`` gives its turns.

python -m benchmarks.against.worker PEER KIND DATA

It prints what it computes as JSON, then, for every line that it reads, the seconds of a step.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any, TextIO

from benchmarks.against.contestant import LOSSES, Contestant, Data

#: Each peer's module, and its mode.
PEERS = {
    "chalkgrad": ("in_chalkgrad", ""),
    "eager": ("in_chalkgrad", "eager"),
    "numpy": ("in_numpy", ""),
    "numpy, tuned": ("in_numpy", "tuned"),
    "micrograd": ("in_micrograd", ""),
    "HIPS autograd": ("in_hips", ""),
    "torch": ("in_torch", ""),
    "torch.compile": ("in_torch", "compile"),
    "jax.jit": ("in_jax", ""),
    "jax.lax.scan": ("in_jax", "scan"),
    "tinygrad": ("in_tinygrad", ""),
}
TURN = 0.2  # seconds; a step that takes longer has the turn to itself
DEEPEST = 2_000_000  # calls, for micrograd's backward, which recurses
STACK = 512 * 2**20  # bytes


def contestant(peer: str, kind: str, data: Data) -> Contestant:
    if peer == "HIPS autograd":  # its import name is ours: let its own environment come first
        sys.path.append(sys.path.pop(0))
    module, mode = PEERS[peer]
    made: Contestant = import_module(f"benchmarks.against.peers.{module}").contestant(kind, data, mode)
    return made


def computed(ready: Contestant) -> dict[str, Any]:
    """What has to agree with the other peers, before anything is timed."""
    loss, gradient = ready.loss_and_grad()
    losses = [ready.step() for _ in range(LOSSES)]
    return {"loss": loss, "gradient": gradient.tolist(), "losses": losses, "share": ready.share}


def timed(ready: Contestant) -> float:
    """The mean seconds of a step, over as many as fill a turn."""
    steps, started = 0, perf_counter()
    while True:
        ready.step()
        steps += 1
        taken = perf_counter() - started
        if taken >= TURN:
            return taken / steps


def serve(peer: str, kind: str, path: Path, answers: TextIO) -> None:
    ready = contestant(peer, kind, Data.load(path))
    print(json.dumps(computed(ready)), file=answers, flush=True)
    for _ in sys.stdin:
        print(json.dumps(timed(ready)), file=answers, flush=True)


def main(arguments: list[str]) -> None:
    peer, kind, path = arguments
    # What a library prints must not stand between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    if peer == "micrograd":
        sys.setrecursionlimit(DEEPEST)
        threading.stack_size(STACK)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(serve, peer, kind, Path(path), answers).result()
    else:
        serve(peer, kind, Path(path), answers)


if __name__ == "__main__":
    main(sys.argv[1:])
