"""Compiled programs beside the same networks by hand in NumPy, in turns in one process.

python -m benchmarks.compiled [--compile [--large]] [--only NAME ...] [--quick] [--json FILE]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median
from subprocess import TimeoutExpired
from typing import Any

import numpy as np

from benchmarks.against.processes import limits
from benchmarks.compiled_worker import PROCESSOR, WALL
from benchmarks.compiled_workloads import SAME, WORKLOADS
from benchmarks.harness import Row, in_turn, print_report, run_worker, saving, staying, write_json

ROUNDS, TURN = 9, 0.1  # seconds
QUICK_ROUNDS, QUICK_TURN = 3, 0.03
COMPILE_ROUNDS = 3
LIMIT = 600.0  # seconds, of one process

#: Graphs that the compiler is timed on, and the seconds that it should take at most.
NETWORKS = {"gpt": 1.0, "long gpt": 5.0, "wide": 0.8}
SHAPES = ("chain", "random")
SIZES, LARGE = (1_000, 10_000, 100_000), 1_000_000
OF_SIZE = {100_000: 3.0}
TIMES_EAGER = 4.0  # one example of a chain or a random graph, that much faster than the engine

Measured = dict[str, list[Any]]  # by what was measured: what a process said, a round each


def measure(turns: dict[str, tuple[Any, ...]], threads: dict[str, int], rounds: int) -> Measured:
    """What each process says, in turns; None from one that is not done after LIMIT seconds."""

    def ask(name: str) -> Any:
        environment = limits(threads.get(name, 1))
        try:
            return run_worker(
                "benchmarks.compiled_worker", *turns[name], timeout=LIMIT, environment=environment
            )
        except TimeoutExpired:
            return None

    return in_turn({name: partial(ask, name) for name in turns}, rounds)


def measure_calls(names: Sequence[str], rounds: int, turn: float) -> Measured:
    turns, threads = {}, {}
    for name in names:
        for count in WORKLOADS[name]().threads:
            what = f"{name}, {count} thread{'s' * (count > 1)}"
            turns[what], threads[what] = ("calls", name, rounds, turn), count
    return measure(turns, threads, 1)


def rows_of_calls(measured: Measured) -> list[Row]:
    """Ours beside NumPy by hand: the medians over the rounds. With two threads by the wall too."""
    rows = []
    for what, (said,) in measured.items():
        workload = WORKLOADS[what.split(",")[0]]()
        if said is None:
            continue
        for examples, seconds in said["measured"]:
            for clock, unit in ((PROCESSOR, "ms"), (WALL, "ms wall")):
                ours, by_hand = (1e3 * median(s[clock] for s in seconds[side]) for side in ("ours", "numpy"))
                title = f"{workload.title}, {examples:,}"
                if not what.endswith("1 thread"):
                    title += f", {what.split(', ')[1]}"
                elif clock == WALL:
                    continue
                at_most = workload.sizes[examples]
                row = Row(title, unit, ours, by_hand, False)
                rows.append(staying(title, unit, ours, by_hand, at_most) if at_most else row)
    return rows


def measure_compile(names: Sequence[str], sizes: Sequence[int], rounds: int) -> Measured:
    turns: dict[str, tuple[Any, ...]] = {}
    for name in names:
        if name in NETWORKS:
            turns[name] = ("compile", name)
        else:
            turns |= {f"{name} {gates}": ("compile", name, gates) for gates in sizes}
    return measure(turns, {}, rounds)


def rows_of_compile(measured: Measured) -> list[Row]:
    """Trace and compile, beside the seconds it may take or building the graph; then one example's call."""
    rows = []
    exponents: dict[str, list[tuple[int, float]]] = {}
    for what, rounds in measured.items():
        if None in rounds:
            continue
        shape, *gates = what.rsplit(" ", 1) if what[-1].isdigit() else [what]
        s = {key: median(each["measured"][key] for each in rounds) for key in rounds[0]["measured"]}
        at_most = OF_SIZE.get(int(gates[0])) if gates else NETWORKS[shape]
        title = f"{what}, {s['nodes']:,} nodes"
        rows.append(Row(f"{title}: compile, beside building", "s", s["compile"], s["build"], False))
        if at_most:
            rows.append(staying("  against its target", "s", s["compile"], at_most, 1.0))
        target = TIMES_EAGER if gates else None
        rows.append(
            saving("  one example, beside the eager engine", "ms", 1e3 * s["ours"], 1e3 * s["eager"], target)
        )
        if gates:
            exponents.setdefault(shape, []).append((s["nodes"], s["compile"]))
    for shape, points in exponents.items():
        if len(points) > 1:
            nodes, seconds = np.log(points).T
            slope = float(np.polyfit(nodes, seconds, 1)[0])
            rows.append(Row(f"{shape}: exponent of compiling in nodes", "", slope, 1.0, False))
    return rows


def notes_of(measured: Measured, is_compile: bool, rounds: int) -> list[str]:
    said = [each for rounds_of in measured.values() for each in rounds_of if each]
    threads = sorted({each["threads"] for each in said if each["threads"]})
    notes = [
        "Processor time (time.process_time), of all threads together, but where the unit says wall.",
        "Threads of NumPy's matrix products, by OPENBLAS_NUM_THREADS and the like: one, but where a row says "
        f"two; threadpoolctl reports {threads or 'nothing: it is not installed'}.",
        f"Python's collector: {'at its default' if all(each['collector'] for each in said) else 'off'}.",
        *[f"{what}: not done after {LIMIT:g} s, left out" for what, each in measured.items() if None in each],
    ]
    if is_compile:
        return [
            f"Medians of {rounds} fresh process(es), in turn. Compiling includes the trace, not building.",
            "The eager engine builds the graph of the example anew and goes backward, in gc_paused(); loss "
            f"and gradient agreed to {SAME:g} before that was timed.",
            *notes,
        ]
    return [
        f"loss_and_grad, and the same by hand in NumPy: medians of {rounds} rounds, in turns in one process, "
        "so that both have the memory that the other freed.",
        f"Losses and gradients agreed to {SAME:g} relative before anything was timed. Float64 everywhere.",
        "Ours takes tokens and classes one-hot, by hand they are whole numbers.",
        *notes,
    ]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.compiled", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--compile", action="store_true", help="time the compiler, not the programs")
    parser.add_argument("--large", action="store_true", help=f"with --compile: graphs of {LARGE:,} gates too")
    parser.add_argument("--only", metavar="NAME", nargs="+", help="of those that the list below has")
    parser.add_argument("--quick", action="store_true", help="few and short rounds, and small graphs")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write every measurement there")
    parser.epilog = f"names: {', '.join(WORKLOADS)}; with --compile: {', '.join((*NETWORKS, *SHAPES))}"
    options = parser.parse_args(arguments)
    known = (*NETWORKS, *SHAPES) if options.compile else tuple(WORKLOADS)
    names = options.only or known
    if unknown := [name for name in names if name not in known]:
        parser.error(f"--only: there is no {unknown[0]!r}; there are {', '.join(known)}")
    if options.large and not options.compile:
        parser.error("--large is about graphs to compile: it needs --compile")
    if options.json and not options.json.parent.is_dir():
        parser.error(f"--json: there is no directory {options.json.parent}")

    if options.compile:
        sizes = (*SIZES[: 2 if options.quick else 3], *([LARGE] if options.large else []))
        rounds = 1 if options.quick else COMPILE_ROUNDS
        measured = measure_compile(names, sizes, rounds)
        rows, title = rows_of_compile(measured), "The compiler"
    else:
        rounds, turn = (QUICK_ROUNDS, QUICK_TURN) if options.quick else (ROUNDS, TURN)
        measured = measure_calls(names, rounds, turn)
        rows, title = rows_of_calls(measured), "Compiled programs beside NumPy by hand"
    print_report(title, rows, notes_of(measured, options.compile, rounds))
    if options.json:
        write_json(options.json, rows, measured)


if __name__ == "__main__":
    main()
