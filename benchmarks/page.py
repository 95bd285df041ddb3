"""The stepping page of a graph of 300 gates, against Graphviz's own time for its drawing.

python -m benchmarks.page [--json FILE]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from autograd import Value, draw, step_through, topological_order
from benchmarks.graphs import random_graph
from benchmarks.harness import Row, in_turn, print_report, write_json
from nn import MLP

ROUNDS = 7
SECONDS, BYTES = 2.0, 1_000_000


def network() -> Value:
    """A 4-13-13-1 network at one example: about 300 gates."""
    score: Any = MLP(4, [13, 13, 1], rng=np.random.default_rng(0))([0.5, -1.0, 0.25, 2.0])
    loss: Value = (1 - score).relu() + 0.5 * score * score
    return loss


GRAPHS: dict[str, Callable[[], Value]] = {"network": network, "random": partial(random_graph(300), Value)}


def timed(work: Callable[[], object]) -> float:
    """The seconds that calling work takes."""
    started = perf_counter()
    work()
    return perf_counter() - started


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__.splitlines()[0])
    parser.add_argument("--json", metavar="FILE", type=Path, help="write every measurement there")
    options = parser.parse_args(arguments)
    rows: list[Row] = []
    measured: dict[str, Any] = {}
    for name, build in GRAPHS.items():
        root = build()
        gates = sum(node.gate is not None for node in topological_order(root))
        contestants = {
            "page": partial(timed, partial(step_through, root)),
            "drawing": partial(timed, partial(draw(root, limit=1000).render_bytes, "svg")),
        }
        in_turn(contestants, 1)  # the imports
        times = measured[name] = in_turn(contestants, ROUNDS)
        page, drawing = (median(times[contestant]) for contestant in contestants)
        what = f"{name}, {gates} gates"
        rows.append(Row(f"{what}: against Graphviz alone", "s", page, drawing, False))
        rows.append(Row("  time", "s", page, SECONDS, False, f"≤ {SECONDS:g} s", page <= SECONDS))
        size = len(step_through(root).html.encode())
        rows.append(Row("  size", "bytes", size, BYTES, False, f"≤ {BYTES:,}", size <= BYTES))
    notes = [f"Medians of {ROUNDS} rounds in turn, in one process; the page's time has Graphviz's in it."]
    print_report("The stepping page of 300 gates", rows, notes)
    if options.json:
        write_json(options.json, rows, measured)


if __name__ == "__main__":
    main()
