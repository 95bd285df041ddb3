"""One measurement in one process, for ``benchmarks.compiled``; printed as JSON.

python -m benchmarks.compiled_worker calls WORKLOAD ROUNDS TURN
python -m benchmarks.compiled_worker compile GRAPH [GATES]
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from time import perf_counter, process_time
from typing import Any

import numpy as np

import autograd
from autograd import Value, data_of, gc_paused, grad_of, topological_order
from benchmarks import graphs
from benchmarks.against import dag, workloads
from benchmarks.against.contestant import flat
from benchmarks.compiled_workloads import WORKLOADS, both, check_agreement, compiled
from benchmarks.harness import in_turn
from benchmarks.networks import Network, leaves

TURN = 0.2  # seconds, of one example's call and of the eager engine
WALL, PROCESSOR = 0, 1  # the places of both clocks in what timed gives


def timed(work: Callable[[], object], turn: float) -> tuple[float, float]:
    """The mean seconds of a call, on the wall's clock and the processor's, over as many as fill a turn."""
    calls, started, used = 0, perf_counter(), process_time()
    while True:
        work()
        calls += 1
        taken = perf_counter() - started
        if taken >= turn:
            return taken / calls, (process_time() - used) / calls


def measure_calls(name: str, rounds: int, turn: float) -> list[Any]:
    """For each size of batch, the seconds of ours and by hand, both clocks, a round each."""
    workload = WORKLOADS[name]()
    program = compiled(workload.graph())
    measured = []
    for examples in workload.sizes:
        calls = both(workload, program, examples)
        turns = {side: partial(timed, call, turn) for side, call in calls.items()}
        measured.append([examples, in_turn(turns, rounds)])
    return measured


def chain(gates: int) -> Callable[[], Network]:
    """What builds x = ((x * w + b) / c - d).relu(), again and again: x comes in, the others are learnt."""

    def build() -> Network:
        found: list[Value] = []

        def leaf(number: float) -> Value:
            found.append(Value(number))
            return found[-1]

        loss = graphs.chain(gates)(leaf)
        return Network(loss, found[:1], found[1:])

    return build


def random_graph(gates: int) -> Callable[[], Network]:
    """What builds a graph of operations drawn at random, which fold into no matrix."""
    data = workloads.irregular(gates, 1)
    rows = data.y[0].tolist()

    def build() -> Network:
        x, p = leaves([data.X[0, 0], data.start[0]], "x p")
        return Network(dag.run(autograd, rows, [*x, *p]), [x], [p])

    return build


#: For each, so many gates -> what builds the graph.
GRAPHS = {"chain": chain, "random": random_graph}


def measure_compile(graph: str, gates: int = 0) -> dict[str, float]:
    """Nodes of one example's graph; processor seconds to build and to compile it, and one example's call.

    "eager" is the same example on the engine: building its graph and going backward, in gc_paused(). Raises
    AssertionError unless both have the same loss and gradient.
    """
    build = GRAPHS[graph](gates) if gates else WORKLOADS[graph]().graph
    started = process_time()
    with gc_paused():
        network = build()
    built = process_time()
    program = compiled(network)
    done = process_time()
    nodes = len(topological_order(network.loss))
    apart = [network.inputs] if program.inputs.is_flat else network.inputs  # a list of Values is one matrix
    example = [np.asarray(data_of(each))[None] for each in apart]

    def eager() -> tuple[float, Any]:
        with gc_paused():
            fresh = build()
            fresh.loss.backward()
        return fresh.loss.data, flat(map(grad_of, fresh.parameters))

    def ours() -> tuple[float, Any]:
        loss, gradient = program.loss_and_grad(*example)
        return loss, gradient

    check_agreement(f"{graph} {gates or ''}", ours(), eager())
    times = {name: timed(call, TURN)[PROCESSOR] for name, call in {"ours": ours, "eager": eager}.items()}
    return {"nodes": nodes, "build": built - started, "compile": done - built, **times}


def blas_threads() -> int | None:
    """How many threads NumPy's matrix products may use, where threadpoolctl can say."""
    try:
        threadpoolctl = import_module("threadpoolctl")
    except ModuleNotFoundError:
        return None
    return max((each["num_threads"] for each in threadpoolctl.threadpool_info()), default=None)


def main(arguments: list[str]) -> None:
    kind, name, *numbers = arguments
    x, w = Value(1.0, "x"), Value(2.0, "w")
    compiled(Network(x * w, [x], [w]))  # imports the compiler
    if kind == "calls":
        rounds, turn = numbers
        measured: Any = measure_calls(name, int(rounds), float(turn))
    else:
        measured = measure_compile(name, *map(int, numbers))
    print(json.dumps({"measured": measured, "threads": blas_threads(), "collector": gc.isenabled()}))


if __name__ == "__main__":
    main(sys.argv[1:])
