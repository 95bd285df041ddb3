"""From measurements to the rows of the table, with their targets."""

from __future__ import annotations

from statistics import median
from typing import Any

import numpy as np

from benchmarks.against.workloads import Workload
from benchmarks.harness import Row, saving, staying

#: Graphs whose times should grow in proportion to their nodes, and how many at most: a random graph has
#: nearly as many instructions as nodes, and a million of those take minutes.
SHAPES = {"network": 1_000_000, "random": 100_000}
COMPILE_TARGETS = {"moons": ("2-16-16-1", 0.050), "wide": ("784-128-10", 1.5)}  # seconds
EXPONENT_TARGET = 1.1
FIT_TARGET = 100


def rows_of(workload: Workload, threads: int, seconds: dict[str, list[float]]) -> list[Row]:
    """Ours against the first peer, then against each of the others: medians over the rounds."""
    ms = {peer: 1e3 * median(rounds) for peer, rounds in seconds.items()}
    ours, (first, *others) = ms.pop("chalkgrad"), ms
    threaded = f"{threads} thread" + "s" * (threads > 1)
    what = f"{workload.title}, {threaded}, against {first}"
    rows = [staying(what, "ms", ours, ms[first], workload.at_most)]
    for peer in others:
        target = 1.0 if peer in workload.faster_than else None
        if peer == "micrograd":
            target = workload.times_micrograd
        rows.append(saving(f"  against {peer}", "ms", ours, ms[peer], target))
    return rows


def rows_of_compiler(measured: dict[str, list[Any]], sizes: tuple[int, ...], chain: int) -> list[Row]:
    """The compiler's times, and how they grow with the graph."""

    def time(name: str) -> float:
        return float(median(once["compile"] + once["first"] for once in measured[name]))

    rows = []
    for name, (title, at_most) in COMPILE_TARGETS.items():
        nodes = measured[name][0]["nodes"]
        what = f"trace and compile, {title}, {nodes:,} nodes"
        rows.append(staying(what, "ms", 1e3 * time(name), 1e3 * at_most, 1.0))
    for shape, most in SHAPES.items():
        names = [f"{shape} {n}" for n in sizes if n <= most]
        nodes = [measured[name][0]["nodes"] for name in names]
        for name, n in zip(names, nodes, strict=True):
            building = 1e3 * median(once["build"] for once in measured[name])
            what = f"  {shape} of {n:,} nodes, beside building it"
            rows.append(Row(what, "ms", 1e3 * time(name), building, False))
        exponent = float(np.polyfit(np.log(nodes), np.log([*map(time, names)]), 1)[0])
        rows.append(staying(f"  {shape}: exponent of the time in nodes", "", exponent, 1.0, EXPONENT_TARGET))
    deep = measured["chain"][0]
    compiled = deep["compile"] + deep["first"]
    what = f"chain of {chain:,}: compile, beside a gradient"
    rows.append(Row(what, "ms", 1e3 * compiled, 1e3 * deep["gradient"], False))
    return rows


def row_of_fit(measured: dict[str, float], epochs: int) -> Row:
    """Training with nn.fit, beside what eager training would take."""
    what = f"digits by nn.fit, {epochs} epochs, against eager"
    return saving(what, "s", measured["seconds"], epochs * measured["eager epoch"], FIT_TARGET)
