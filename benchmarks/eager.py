"""The eager engine against micrograd 0.1.0 and benchmarks/tuples.py, in fresh processes that take turns.

python -m benchmarks.eager [--quick] [--json FILE]
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.harness import (
    Row,
    in_turn,
    print_report,
    run_worker,
    saving,
    staying,
    time_process,
    write_json,
)

MICROGRAD = "0.1.0"
COLLECTORS = ("default", "paused")
ENGINES = ("ours", "micrograd")
GPT_ENGINES = ("ours", "tuples")
SHAPES = ("chain", "random")
#: The network's code and the engine: ours, micrograd's code on our Value, all micrograd's.
NETWORKS = ("nn", "micrograd.nn", "micrograd")

SMALLEST = 1_000
CHAIN_TARGETS = {1_000: 3.5, 100_000: 7.0}
MOONS_TARGET, MOONS_PAUSED_TARGET = 10.0, 25.0
BYTES_TARGET, SCALING_TARGET, COLD_TARGET = 250, 3.0, 2.5
GPT_TARGET, GPT_PAUSED_TARGET, GPT_MEMORY_TARGET = 2.0, 1.6, 2.0

EXPRESSION = "x = Value(2.0); y = x * x + 3 * x; y.backward(); assert x.grad == 7"
COLD = {
    "bare": "pass",
    "ours": f"from autograd import Value; {EXPRESSION}",
    "micrograd": f"from micrograd.engine import Value; {EXPRESSION}",
}


@dataclass(frozen=True)
class Scale:
    """How much to measure."""

    sizes: tuple[int, ...] = (1_000, 10_000, 100_000)
    largest: tuple[int, ...] = (1_000_000,)  # ours only
    rounds: int = 5
    operations: int = 200_000  # in one process, by repeating; a graph is built once at least
    memory: int = 10_000
    examples: int = 100
    steps: int = 3
    cold_runs: int = 30


QUICK = Scale(sizes=(1_000, 10_000), largest=(), rounds=2, operations=20_000, steps=1, cold_runs=10)


def measure(scale: Scale) -> dict[str, dict[str, list[Any]]]:
    """Everything the table needs: for each kind of measurement, the rounds of each contestant."""

    def worker(*arguments: object) -> partial[Any]:
        return partial(run_worker, "benchmarks.eager_worker", *arguments)

    def graph(engine: str, collector: str, shape: str, n: int) -> partial[Any]:
        return worker("graph", engine, collector, shape, n, max(1, scale.operations // n))

    graphs = {
        f"{engine} {collector} {shape} {n}": graph(engine, collector, shape, n)
        for shape in SHAPES
        for n in scale.sizes
        for collector in COLLECTORS
        for engine in ENGINES
    }
    for shape in SHAPES:
        for n in scale.largest:
            graphs[f"ours default {shape} {n}"] = graph("ours", "default", shape, n)
    moons = {
        f"{network} {collector}": worker("moons", network, collector, scale.examples, scale.steps)
        for collector in COLLECTORS
        for network in NETWORKS
    }
    memory = {
        f"{engine} {shape}": worker("memory", engine, shape, scale.memory)
        for shape in SHAPES
        for engine in ENGINES
    }
    small_gpt = {
        f"{engine} {collector}": worker("gpt", engine, collector, scale.steps)
        for collector in COLLECTORS
        for engine in GPT_ENGINES
    }
    gpt_memory = {engine: worker("gpt_memory", engine) for engine in GPT_ENGINES}
    cold = {name: partial(time_process, code) for name, code in COLD.items()}
    in_turn(cold, 1)  # writes the byte code that later starts find
    return {
        "cold": in_turn(cold, scale.cold_runs),
        "graph": in_turn(graphs, scale.rounds),
        "moons": in_turn(moons, scale.rounds),
        "gpt": in_turn(small_gpt, scale.rounds),
        "memory": in_turn(memory, 1),  # counted, not timed: always the same
        "gpt memory": in_turn(gpt_memory, 1),
    }


def check_losses(contestants: dict[str, list[Any]], peer: str = "micrograd") -> None:
    """Raise AssertionError unless every one went through the same losses as the peer, up to rounding."""
    expected = contestants[f"{peer} default"][0]["losses"]
    for name, rounds in contestants.items():
        for measured in rounds:
            agree = map(partial(math.isclose, rel_tol=1e-9), measured["losses"], expected)
            if len(measured["losses"]) != len(expected) or not all(agree):
                raise AssertionError(f"{name} has the losses {measured['losses']}, {peer} {expected}")


def rows_of(measured: dict[str, dict[str, list[Any]]], scale: Scale) -> list[Row]:
    """The table: medians over the rounds, beside their targets."""
    graph = {name: median(once["total"] for once in rounds) for name, rounds in measured["graph"].items()}
    step = {name: 1e3 * median(r["seconds"] for r in rounds) for name, rounds in measured["moons"].items()}
    cold = {name: 1e3 * median(times) for name, times in measured["cold"].items()}
    rows = []
    for shape in SHAPES:
        for n in scale.sizes:
            target = CHAIN_TARGETS.get(n) if shape == "chain" else None
            ours, theirs = f"ours {{}} {shape} {n}", f"micrograd {{}} {shape} {n}"
            rows += beside_micrograd(f"{shape} graph of {n:,}", "µs/op", graph, ours, theirs, target)
        for n in scale.largest:
            large, small = (graph[f"ours default {shape} {size}"] for size in (n, SMALLEST))
            what = f"{shape} graph of {n:,}, against {SMALLEST:,}"
            rows.append(staying(what, "µs/op", large, small, SCALING_TARGET))

    targets = (MOONS_TARGET, MOONS_PAUSED_TARGET)
    rows += beside_micrograd("moons, our nn", "ms/step", step, "nn {}", "micrograd {}", *targets)
    what = "moons, micrograd's nn.py on our Value"
    rows += beside_micrograd(what, "ms/step", step, "micrograd.nn {}", "micrograd {}")

    small_gpt = {name: 1e3 * median(r["seconds"] for r in rounds) for name, rounds in measured["gpt"].items()}
    for what, collector, target in (
        ("GPT of 74,000 nodes, against tuples", "default", GPT_TARGET),
        ("  both with the collector off", "paused", GPT_PAUSED_TARGET),
    ):
        ours, peer = (small_gpt[f"{engine} {collector}"] for engine in GPT_ENGINES)
        rows.append(saving(what, "ms/step", ours, peer, target))
    for what, kind, target in (
        ("  memory held", "held", None),
        ("  memory at the most", "most", GPT_MEMORY_TARGET),
    ):
        ours, peer = (measured["gpt memory"][engine][0][kind] / 1e6 for engine in GPT_ENGINES)
        rows.append(saving(what, "MB", ours, peer, target))

    for shape in SHAPES:
        held, peer = (measured["memory"][f"{engine} {shape}"][0] for engine in ENGINES)
        bound = f"≤ {BYTES_TARGET} bytes"
        rows.append(Row(f"{shape} graph, memory", "bytes/op", held, peer, True, bound, held <= BYTES_TARGET))
    rows.append(staying("cold start, against bare Python", "ms", cold["ours"], cold["bare"], COLD_TARGET))
    rows.append(saving("  against micrograd", "ms", cold["ours"], cold["micrograd"]))
    return rows


def beside_micrograd(
    what: str,
    unit: str,
    medians: dict[str, float],
    ours: str,
    theirs: str,
    target: float | None = None,
    paused_target: float | None = None,
) -> list[Row]:
    """Three rows: the collector at its default; paused for ours; out of the way for both.

    ``ours`` and ``theirs`` are names among the medians, with {} for the collector.
    """
    default, paused = (medians[ours.format(collector)] for collector in COLLECTORS)
    peer, peer_off = (medians[theirs.format(collector)] for collector in COLLECTORS)
    return [
        saving(what, unit, default, peer, target),
        saving("  ours in gc_paused()", unit, paused, peer, paused_target),
        saving("  and micrograd's collector off", unit, paused, peer_off),
    ]


def notes_of(scale: Scale) -> list[str]:
    return [
        f"Against micrograd {MICROGRAD} where a row does not say otherwise; the ratios are of medians.",
        f"Graphs, moons: medians over {scale.rounds} rounds, in turn, of a fresh process; in it, the mean "
        f"of {scale.operations // SMALLEST} warm repetitions at {SMALLEST:,} operations, fewer at more: "
        "a median would hide the full collections, which come once in many repetitions.",
        "µs/op: build, backward and free, per operation as written. micrograd makes x - y out of three new "
        "nodes and x / y out of two; ours are one each.",
        "The collector is at Python's default, unless paused or off. micrograd's graphs are cycles, which it "
        "alone can free: with it off, micrograd's times have no freeing in them.",
        "moons: one step of micrograd's demonstration, 2-16-16-1 on "
        f"{scale.examples} examples, written as in its notebook. A neuron of our nn adds up in one gate; "
        "micrograd's nn.py adds two by two. All losses were equal to rounding.",
        "GPT: one step of a network of 4,192 parameters, written scalar by scalar, on nine tokens; `tuples` "
        "keeps a node's inputs and local derivatives in two tuples. Memory by tracemalloc.",
        f"Cold start: import, and the gradient of a small expression; median of {scale.cold_runs} processes.",
    ]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.eager", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small graphs and few rounds: under 30 seconds")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write every measurement there")
    options = parser.parse_args(arguments)
    if options.json and not options.json.parent.is_dir():
        parser.error(f"--json: there is no directory {options.json.parent}")
    try:
        installed = version("micrograd")
    except PackageNotFoundError:
        installed = "none"
    if installed != MICROGRAD:
        parser.error(f'this needs micrograd {MICROGRAD}, found {installed}: pip install "chalkgrad[bench]"')

    scale = QUICK if options.quick else Scale()
    measured = measure(scale)
    check_losses(measured["moons"])
    check_losses(measured["gpt"], "tuples")
    rows = rows_of(measured, scale)
    print_report(f"chalkgrad's eager engine against micrograd {MICROGRAD}", rows, notes_of(scale))
    if options.json:
        write_json(options.json, rows, measured)


if __name__ == "__main__":
    main()
