"""One measurement in one process, printed as JSON: what ``benchmarks.eager`` runs in turn.

python -m benchmarks.eager_worker graph ENGINE COLLECTOR SHAPE N REPETITIONS
python -m benchmarks.eager_worker memory ENGINE SHAPE N
python -m benchmarks.eager_worker moons NETWORK COLLECTOR EXAMPLES STEPS
"""

from __future__ import annotations

import gc
import json
import sys
import threading
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from statistics import mean
from time import perf_counter
from typing import Any

from autograd import gc_paused
from benchmarks.graphs import GRAPHS

DEEPEST = 2_000_000  # calls
STACK = 512 * 2**20  # bytes
WARM_UP = 10_000  # operations at most; enough for the interpreter to have specialised its code


def value_class(engine: str) -> type[Any]:
    found: type[Any] = import_module({"ours": "autograd", "micrograd": "micrograd.engine"}[engine]).Value
    return found


def collector_as(setting: str) -> Callable[[], AbstractContextManager[Any]]:
    """How a measurement runs: under the collector as it is, or with it paused."""
    return {"default": nullcontext, "paused": gc_paused}[setting]


def measure_graph(engine: str, collector: str, shape: str, n: int, repetitions: int) -> dict[str, float]:
    """Microseconds per operation to build a graph, go backward through it, and drop it.

    Means over the repetitions, phase by phase and in total: a median would hide the full collections
    that come once in many repetitions.
    """
    value, build, paused = value_class(engine), GRAPHS[shape](n), collector_as(collector)

    def once(build: Any) -> tuple[float, float, float]:
        with paused():
            started = perf_counter()
            root = build(value)
            built = perf_counter()
            root.backward()
            done = perf_counter()
            del root
            return built - started, done - built, perf_counter() - done

    once(GRAPHS[shape](min(n, WARM_UP)))
    times = []
    for _ in range(repetitions):
        times.append(once(build))
        if collector == "paused":
            gc.collect()  # untimed: what only a collector frees is not freed in the time measured
    phases = [mean(phase) for phase in zip(*times, strict=True)]
    taken = {"total": sum(phases), "build": phases[0], "backward": phases[1], "free": phases[2]}
    return {what: seconds / n * 1e6 for what, seconds in taken.items()}


def measure_memory(engine: str, shape: str, n: int) -> float:
    """Bytes per operation that a graph holds after its backward pass."""
    value, build = value_class(engine), GRAPHS[shape](n)
    build(value).backward()  # what is made once and kept is not the graph's
    gc.collect()
    tracemalloc.start()
    root = build(value)
    root.backward()
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held / n


def measure_moons(kind: str, collector: str, examples: int, steps: int) -> dict[str, Any]:
    """Seconds per training step, the mean after a warm-up step, and the loss before every step."""
    from benchmarks.moons import training_step

    step, paused = training_step(kind, examples), collector_as(collector)
    times, losses = [], []
    for k in range(1 + steps):
        with paused():
            started = perf_counter()
            losses.append(step(k))
            times.append(perf_counter() - started)
        if collector == "paused":
            gc.collect()  # untimed, as above
    return {"seconds": mean(times[1:]), "losses": losses}


MEASUREMENTS: dict[str, Callable[..., Any]] = {
    "graph": measure_graph,
    "memory": measure_memory,
    "moons": measure_moons,
}


def main(arguments: list[str]) -> None:
    name, *words = arguments
    operands = [int(word) if word.isdigit() else word for word in words]
    # micrograd's backward recurses as deep as the graph is
    sys.setrecursionlimit(DEEPEST)
    threading.stack_size(STACK)
    with ThreadPoolExecutor(1) as pool:
        print(json.dumps(pool.submit(MEASUREMENTS[name], *operands).result()))


if __name__ == "__main__":
    main(sys.argv[1:])
