"""One measurement in one process, printed as JSON: what ``benchmarks.eager`` runs in turn.

python -m benchmarks.eager_worker graph ENGINE COLLECTOR SHAPE N REPETITIONS
python -m benchmarks.eager_worker memory ENGINE SHAPE N
python -m benchmarks.eager_worker moons NETWORK COLLECTOR EXAMPLES STEPS
python -m benchmarks.eager_worker gpt ENGINE COLLECTOR STEPS
python -m benchmarks.eager_worker gpt_memory ENGINE
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
from time import process_time
from typing import Any

from autograd import gc_paused
from benchmarks import gpt
from benchmarks.graphs import GRAPHS

DEEPEST = 2_000_000  # calls
STACK = 512 * 2**20  # bytes
WARM_UP = 10_000  # operations at most; enough for the interpreter to have specialised its code


def value_class(engine: str) -> type[Any]:
    modules = {"ours": "autograd", "micrograd": "micrograd.engine", "tuples": "benchmarks.tuples"}
    found: type[Any] = import_module(modules[engine]).Value
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
            started = process_time()
            root = build(value)
            built = process_time()
            root.backward()
            done = process_time()
            del root
            return built - started, done - built, process_time() - done

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
            started = process_time()
            losses.append(step(k))
            times.append(process_time() - started)
        if collector == "paused":
            gc.collect()  # untimed, as above
    return {"seconds": mean(times[1:]), "losses": losses}


def measure_gpt(engine: str, collector: str, steps: int) -> dict[str, Any]:
    """Seconds to build a GPT's loss, go backward and drop it, the mean after a warm-up; and each loss."""
    value, paused = value_class(engine), collector_as(collector)
    weights, text = gpt.parameters(value), gpt.text()
    times, losses = [], []
    for _ in range(1 + steps):
        with paused():
            started = process_time()
            root = gpt.loss(weights, text)
            root.backward()
            losses.append(root.data)
            del root
            times.append(process_time() - started)
    return {"seconds": mean(times[1:]), "losses": losses}


def measure_gpt_memory(engine: str) -> dict[str, int]:
    """Bytes that the graph of the GPT's loss holds after its backward pass, and at the most during it."""
    value = value_class(engine)
    weights, text = gpt.parameters(value), gpt.text()
    gpt.loss(weights, text).backward()
    gc.collect()
    tracemalloc.start()
    root = gpt.loss(weights, text)
    root.backward()
    gc.collect()
    held, most = tracemalloc.get_traced_memory()
    return {"held": held, "most": most}


MEASUREMENTS: dict[str, Callable[..., Any]] = {
    "graph": measure_graph,
    "memory": measure_memory,
    "moons": measure_moons,
    "gpt": measure_gpt,
    "gpt_memory": measure_gpt_memory,
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
