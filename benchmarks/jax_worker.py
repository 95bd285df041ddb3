"""One measurement of ``benchmarks.jax``, in a fresh process; prints seconds as JSON.

python -m benchmarks.jax_worker run KIND WHO      a step, or of digits an epoch, once it is compiled
python -m benchmarks.jax_worker compile KIND WHO  until the first step is done, of that JAX's part
python -m benchmarks.jax_worker dag GATES WHO     compiling loss and gradient of a random graph

WHO is "ours" or "by hand".
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from time import perf_counter, process_time
from typing import Any

import numpy as np

from autograd import Value, compile
from autograd.compiler.on_jax import jax, jnp
from benchmarks.against import dag
from benchmarks.against.contestant import LEARNING_RATES, Data, flat
from benchmarks.against.peers import in_chalkgrad, in_jax
from benchmarks.against.workloads import digits, irregular, moons, wide

WORKLOADS: dict[str, tuple[str, Callable[[], Data]]] = {
    "moons": ("moons", moons),
    "digits": ("classes", digits),
    "wide": ("classes", wide),
}
TURN = 1.0  # seconds over which steps are averaged


def ours(kind: str, data: Data) -> tuple[Callable[..., Any], Any, Any]:
    """(parameters, batch) to loss and gradient; the parameters; the batches (steps, examples, inputs)."""
    scalars = in_chalkgrad.SCALARS[kind](data)
    labels = [f"x[{i}]" if i < data.X.shape[2] else f"y[{i}]" for i in range(scalars.rows.shape[2])]
    inputs = [
        Value(number, label=label) for number, label in zip(scalars.rows[0, 0].tolist(), labels, strict=True)
    ]
    program = compile(scalars.loss(inputs), inputs=inputs, parameters=scalars.parameters)
    return program.to("jax").loss_and_grad, jnp.asarray(program.parameters), jnp.asarray(scalars.rows)


def by_hand(kind: str, data: Data) -> tuple[Callable[..., Any], Any, Any]:
    both = jax.value_and_grad(in_jax.LOSSES[kind])
    batches = jnp.asarray(data.X), jnp.asarray(data.y)
    return lambda w, batch: both(w, *batch), [jnp.asarray(array) for array in data.start], batches


WHO: dict[str, Callable[[str, Data], tuple[Callable[..., Any], Any, Any]]] = {
    "ours": ours,
    "by hand": by_hand,
}


def run(name: str, who: str) -> float:
    """Processor seconds of a step of gradient descent, or of a scan over all batches where there are several.

    The processor's time and not the clock's: another program's does not count.
    """
    kind, make = WORKLOADS[name]
    data = make()
    loss_and_grad, w, batches = WHO[who](kind, data)
    step = descent(loss_and_grad, LEARNING_RATES[kind])
    if len(data.X) > 1:
        go = jax.jit(lambda w, batches: jax.lax.scan(step, w, batches))
    else:
        go, batches = jax.jit(step), jax.tree.map(lambda array: array[0], batches)
    w = jax.block_until_ready(go(w, batches))[0]
    count, start = 0, process_time()
    while process_time() - start < TURN:
        w = jax.block_until_ready(go(w, batches))[0]
        count += 1
    return (process_time() - start) / count


def descent(loss_and_grad: Callable[..., Any], learning_rate: float) -> Callable[..., Any]:
    def step(w: Any, batch: Any) -> tuple[Any, Any]:
        loss, gradient = loss_and_grad(w, batch)
        return jax.tree.map(lambda p, g: p - learning_rate * g, w, gradient), loss

    return step


def compiling(name: str, who: str) -> dict[str, float]:
    """Seconds until the first step is done: from the scalars to the program, and JAX's part of it."""
    kind, make = WORKLOADS[name]
    data = make()
    jax.block_until_ready(jax.jit(lambda x: x + 1)(1.0))
    start = perf_counter()
    loss_and_grad, w, batches = WHO[who](kind, data)
    batch = jax.tree.map(lambda array: array[0], batches)
    jax.block_until_ready(batch)
    before = perf_counter()
    jax.block_until_ready(jax.jit(descent(loss_and_grad, LEARNING_RATES[kind]))(w, batch))
    return {"program": before - start, "jax": perf_counter() - before}


def random_graph(gates: int, who: str) -> dict[str, float]:
    """Seconds to compile loss and gradient of a random graph: ours from its scalars on, JAX's unrolled."""
    data = irregular(gates)
    rows, x = data.y[0].tolist(), data.X[0]
    start = perf_counter()
    if who == "ours":
        loss_and_grad, w, _ = ours("dag", data)
    else:

        def loss(w: Any, X: Any) -> Any:
            return jnp.mean(dag.run(jnp, rows, [*X.T, *w]))

        loss_and_grad, w = jax.value_and_grad(loss), jnp.asarray(flat(data.start))
    before = perf_counter()
    compiled = jax.jit(loss_and_grad).lower(w, x).compile()
    done = perf_counter()
    loss_, gradient = compiled(w, x)
    jax.block_until_ready(gradient)
    checksum = float(loss_) + float(np.abs(np.asarray(gradient)).sum())
    return {
        "program": before - start,
        "jax": done - before,
        "run": perf_counter() - done,
        "checksum": checksum,
    }


def main(what: str, name: str, who: str) -> None:
    jax.config.update("jax_enable_x64", True)
    if what == "dag":
        print(json.dumps(random_graph(int(name), who)))
    else:
        print(json.dumps({"run": run, "compile": compiling}[what](name, who)))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
