"""Programs on JAX beside JAX by hand: a step's time, compile time, and irregular graphs.

python -m benchmarks.jax [--quick] [--json FILE]
"""

from __future__ import annotations

import argparse
import os
import subprocess
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

from benchmarks.harness import Row, in_turn, print_report, run_worker, saving, staying, write_json

ROUNDS = 5
PATIENCE = 120  # seconds that an unrolled graph may take to compile
WORKER = "benchmarks.jax_worker"
STEPS = {
    "moons 2-16-16-1, a step": ("moons", 1.2),
    "digits 64-32-10, an epoch by lax.scan": ("digits", 1.1),
    "784-128-10, a step": ("wide", 1.1),
}
COMPILE_TARGET = 2.0
GATES, UNROLLED = 100_000, (1_000, 4_000)


def measure(quick: bool) -> tuple[list[Row], dict[str, Any], list[str]]:
    rounds = 2 if quick else ROUNDS
    one_thread = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["XLA_FLAGS"] = one_thread  # for the workers
    rows, measured, notes = [], dict[str, Any](), []
    for title, (name, target) in STEPS.items():
        seconds = in_turn(both("run", name), rounds)
        measured[title] = seconds
        ours, by_hand = (1e3 * median(seconds[who]) for who in ("ours", "by hand"))
        rows.append(staying(title, "ms", ours, by_hand, target))
    found = in_turn(both("compile", "wide"), rounds)
    measured["compiling"] = found
    ours, by_hand = (median([each["jax"] for each in found[who]]) for who in ("ours", "by hand"))
    rows.append(staying("784-128-10, until the first step: JAX's part", "s", ours, by_hand, COMPILE_TARGET))
    notes.append(
        "784-128-10: from its scalars to the program for JAX, ours took "
        f"{median([each['program'] for each in found['ours']]):.2f} s more, once."
    )
    gates = GATES // 10 if quick else GATES
    measured["random graph"] = graph = run_worker(WORKER, "dag", gates, "ours")
    notes.append(
        f"A random graph of {gates:,} gates, as deep as that, loss and gradient: from its scalars to the "
        f"program {graph['program']:.1f} s, compiled by JAX in {graph['jax']:.1f} s, run in "
        f"{graph['run']:.2f} s."
    )
    for gates in UNROLLED[:1] if quick else UNROLLED:
        notes.append(unrolled(gates, 20 if quick else PATIENCE, measured, rows))
    return rows, measured, notes


def both(what: str, name: str) -> dict[str, Callable[[], Any]]:
    return {who: partial(run_worker, WORKER, what, name, who) for who in ("ours", "by hand")}


def unrolled(gates: int, patience: float, measured: dict[str, Any], rows: list[Row]) -> str:
    """Compile the same graph unrolled, for so many seconds at most; what came of it."""
    ours = run_worker(WORKER, "dag", gates, "ours")
    what = f"jax.jit of the unrolled graph of {gates:,} gates"
    try:
        found = run_worker(WORKER, "dag", gates, "by hand", timeout=patience)
    except subprocess.TimeoutExpired:
        measured[what] = None
        return f"{what} was not compiled after {patience:g} s, and given up; ours took {ours['jax']:.1f} s."
    if abs(found["checksum"] - ours["checksum"]) > 1e-9 * abs(ours["checksum"]):
        raise AssertionError(f"{what}: {found} and ours {ours} differ")
    measured[what] = found
    rows.append(saving(f"compiling a random graph of {gates:,} gates", "s", ours["jax"], found["jax"]))
    return f"{what} was compiled in {found['jax']:.1f} s."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller graphs")
    parser.add_argument("--json", metavar="FILE", help="write every measurement there too")
    options = parser.parse_args()
    rows, measured, notes = measure(options.quick)
    notes.append(
        "Steps: medians of processor seconds, one thread, float64, in fresh processes that take turns."
    )
    print_report("chalkgrad on JAX, beside JAX by hand", rows, notes)
    if options.json:
        write_json(options.json, rows, measured)


if __name__ == "__main__":
    main()
