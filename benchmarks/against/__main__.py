"""Compiled graphs beside hand-written NumPy and other people's engines, in processes that take turns.

python -m benchmarks.against [--quick] [--json FILE] [--without-fit]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.against import tables
from benchmarks.against.processes import LeftOut, Turns
from benchmarks.against.workloads import WORKLOADS, Workload
from benchmarks.harness import Row, in_turn, print_report, run_worker, write_json

THREADLESS = {"eager", "micrograd"}  # run with one thread only: they would do the same with two
SLOW_TO_START = {"torch.compile", "tinygrad"}
SAME = 1e-9  # relative: losses, and gradients to the largest entry
SAME_LATER = 1e-7  # after some steps, which widen a difference


@dataclass(frozen=True)
class Scale:
    """How much to measure; sizes are of graphs that the compiler is timed on."""

    workloads: dict[str, Workload] = field(default_factory=lambda: WORKLOADS)
    threads: tuple[int, ...] = (1, 2)
    rounds: int = 5
    sizes: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)
    chain: int = 100_000
    epochs: int = 10  # of fit, compiled; eager training takes one, scaled


def quick() -> Scale:
    small = {}
    for name in ("moons", "gmm small", "dag"):
        peers = [peer for peer in WORKLOADS[name].peers if peer not in SLOW_TO_START]
        small[name] = replace(WORKLOADS[name], peers=tuple(peers))
    return Scale(small, (1,), 2, (1_000, 10_000), 10_000, 2)


def measure(
    workload: Workload, threads: int, rounds: int, left_out: list[str]
) -> dict[str, list[float]] | None:
    """The seconds of a step, a round each, of ours and of every peer that can run; checked to agree.

    Adds to left_out what those say that cannot. None where the first peer has no use for threads.
    Raises LeftOut if ours or the first peer cannot run, AssertionError if a peer computes something else.
    """
    peers = [peer for peer in workload.peers if threads == 1 or peer not in THREADLESS]
    if peers[:1] != [*workload.peers[:1]]:
        return None
    with TemporaryDirectory() as folder, ExitStack() as stack:
        path = Path(folder) / "data.npz"
        workload.make().save(path)
        ready: dict[str, Turns] = {}
        for peer in (peers[0], "chalkgrad", *peers[1:]):
            try:
                ready[peer] = stack.enter_context(Turns(peer, workload.kind, path, threads))
            except LeftOut as error:
                if len(ready) < 2:
                    raise
                left_out.append(f"{workload.title}, left out: {error}")
        check_agreement({peer: turns.ready for peer, turns in ready.items()})
        seconds = in_turn({peer: turns.seconds for peer, turns in ready.items()}, rounds)
        return {peer: [s / ready[peer].ready["share"] for s in seconds[peer]] for peer in ready}


def check_agreement(computed: dict[str, dict[str, Any]]) -> None:
    """Raise AssertionError unless all have the first one's loss, gradient and losses, up to rounding."""
    (first, expected), *others = computed.items()
    for peer, found in others:
        _check_same(f"loss: {peer} and {first}", found["loss"], expected["loss"], SAME)
        _check_same(f"gradient: {peer} and {first}", found["gradient"], expected["gradient"], SAME)
        if found["share"] == expected["share"]:
            _check_same(f"losses: {peer} and {first}", found["losses"], expected["losses"], SAME_LATER)


def _check_same(what: str, found: Any, expected: Any, relative: float) -> None:
    a, b = np.asarray(found), np.asarray(expected)
    # not (<=), so that a nan is a difference
    if a.shape != b.shape or not np.abs(a - b).max() <= relative * np.abs(b).max():
        raise AssertionError(f"{what} differ: {a} and {b}")


def measure_compiler(scale: Scale) -> dict[str, list[Any]]:
    """The compiler's own times, in fresh processes that take turns."""

    def worker(*arguments: object) -> partial[Any]:
        return partial(run_worker, "benchmarks.against.tracing", *arguments)

    graphs = {
        f"{graph} {n}": worker("compile", graph, n)
        for graph, most in tables.SHAPES.items()
        for n in scale.sizes
        if n <= most
    }
    graphs |= {name: worker("compile", name) for name in tables.COMPILE_TARGETS}
    return in_turn(graphs, scale.rounds) | in_turn({"chain": worker("chain", scale.chain)}, 1)


def notes_of(scale: Scale, left_out: Iterable[str]) -> list[str]:
    return [
        f"Medians over {scale.rounds} turns of 0.2 seconds or one step, in processes that stay; threads by "
        "OMP_NUM_THREADS and the like. Float64 everywhere. Python's collector is at its default for all.",
        "Losses and gradients agreed with the first peer's before anything was timed: "
        f"{SAME:g} relative at the start, losses {SAME_LATER:g} in the steps after.",
        "micrograd: of the digits one batch, scaled to the epoch. eager: of a random graph 4 of 64 examples, "
        "scaled. Both, and so the random graphs, run with one thread only.",
        "NumPy's GMM is two: one as an engineer writes it, to which the target is; one tuned for the cache.",
        "jax.jit does not run the random graphs: compiling one of 500 operations took over a minute.",
        "Trace and compile: from the graph of one example to its first gradient, without building the graph "
        "and without imports. The chain's gradient is of 64 examples.",
        "nn.fit: compiled, all epochs with the compiling; eager, one epoch, scaled. The first epoch's loss "
        "is the same in both; the test accuracy is in the file that --json writes.",
        *left_out,
    ]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.against", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--quick", action="store_true", help="few workloads, rounds and peers")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write every measurement there")
    parser.add_argument("--without-fit", action="store_true", help="no training on digits: eager is slow")
    options = parser.parse_args(arguments)
    if options.json and not options.json.parent.is_dir():
        parser.error(f"--json: there is no directory {options.json.parent}")

    scale = quick() if options.quick else Scale()
    rows: list[Row] = []
    left_out: list[str] = []
    measured: dict[str, Any] = {}
    for name, workload in scale.workloads.items():
        for threads in scale.threads:
            seconds = measure(workload, threads, scale.rounds, left_out)
            if seconds:
                measured[f"{name}, {threads}"] = seconds
                rows += tables.rows_of(workload, threads, seconds)
    measured["compiler"] = measure_compiler(scale)
    rows += tables.rows_of_compiler(measured["compiler"], scale.sizes, scale.chain)
    if not options.without_fit:
        measured["fit"] = run_worker("benchmarks.against.tracing", "fit", scale.epochs)
        rows.append(tables.row_of_fit(measured["fit"], scale.epochs))
    print_report("Compiled graphs", rows, notes_of(scale, dict.fromkeys(left_out)))
    if options.json:
        write_json(options.json, rows, measured)


if __name__ == "__main__":
    main()
