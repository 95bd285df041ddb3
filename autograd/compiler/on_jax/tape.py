"""A tape: an irregular graph run gate by gate in a loop, so that its compile time does not grow with it.

XLA takes minutes to compile a few hundred lines that do not fold into larger ones. Here it compiles
each kind of gate once, and a loop over a table that says which gate takes which numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from autograd import gates
from autograd.compiler.on_jax import jax, jnp
from autograd.compiler.on_jax.derivatives import Rules, rules_of
from autograd.compiler.trace import Trace
from autograd.rules import Gate

Index = npt.NDArray[np.int32]


class Table(NamedTuple):
    """The gates to run one after the other, each writing the slot after the last.

    kinds     the gates in use, by how many operands they take
    kind      of each step, its place in kinds
    operands  of each step the slots that it reads, (steps, most operands); what is left over is slot 0
    slot_of   the slot of each row of the trace
    leaves    how many there are; they have the first slots
    """

    kinds: list[tuple[Gate, int]]
    kind: Index
    operands: Index
    slot_of: list[int]
    leaves: int


def tabulate(trace: Trace) -> Table:
    """The trace as a table of steps; a sum of many terms is one step for each."""
    leaves = [row for row, gate in enumerate(trace.gate) if gate is None]
    slot_of = [0] * len(trace)
    for slot, row in enumerate(leaves):
        slot_of[row] = slot
    kinds: dict[tuple[Gate, int], int] = {}
    steps: list[tuple[int, tuple[int, ...]]] = []

    def run(gate: Gate, operands: tuple[int, ...]) -> int:
        steps.append((kinds.setdefault((gate, len(operands)), len(kinds)), operands))
        return len(leaves) + len(steps) - 1

    for row, gate in enumerate(trace.gate):
        if gate is None:
            continue
        first, *others = [slot_of[operand] for operand in trace.operands[row]]
        if gate is gates.summation:
            slot_of[row] = first
            for other in others:
                slot_of[row] = run(gates.add, (slot_of[row], other))
        else:
            slot_of[row] = run(gate, (first, *others))
    operands = np.zeros((len(steps), max(count for _, count in kinds)), dtype=np.int32)
    for place, (_, taken) in enumerate(steps):
        operands[place, : len(taken)] = taken
    return Table(
        list(kinds), np.array([kind for kind, _ in steps], dtype=np.int32), operands, slot_of, len(leaves)
    )


def tape(trace: Trace, dtype: Any) -> Callable[..., Any]:
    """The function (parameters, *inputs) to outputs, each of the inputs (rows, examples)."""
    table = tabulate(trace)
    constants = [row for row, gate in enumerate(trace.gate) if gate is None]
    constants = constants[len(trace.inputs) + len(trace.parameters) :]
    numbers = np.array([trace.number[row] for row in constants], dtype=dtype)[:, None]
    results = np.array([table.slot_of[row] for row in trace.outputs])
    run = _differentiable_loop(table, results)

    def outputs(parameters: Any, *inputs: Any) -> Any:
        examples = inputs[0].shape[1] if inputs else 1
        parts = [*inputs, parameters[:, None], numbers]
        return run(jnp.concatenate([jnp.broadcast_to(part, (len(part), examples)) for part in parts]))

    return outputs


def _differentiable_loop(table: Table, results: Index) -> Callable[..., Any]:
    """Leaves, a row each, to results: forward in a loop, backward in another that starts at the end.

    Both carry one array, (slots, examples), that XLA changes in place. JAX's own derivative of the
    first loop would take a copy of it for each step.
    """
    most = table.operands.shape[1]
    forward = [partial(_forward, rules_of(gate), count) for gate, count in table.kinds]
    backward = [partial(_backward, rules_of(gate), count, most) for gate, count in table.kinds]
    steps = table.kind, table.operands, np.arange(table.leaves, table.leaves + len(table.kind))

    def run_forward(leaves: Any) -> Any:
        def step(numbers: Any, row: Any) -> tuple[Any, None]:
            kind, operands, slot = row
            out = jax.lax.switch(kind, forward, numbers[operands])
            return numbers.at[slot].set(out), None

        numbers = jnp.zeros((table.leaves + len(table.kind), leaves.shape[1]), leaves.dtype)
        return jax.lax.scan(step, numbers.at[: table.leaves].set(leaves), steps)[0]

    def run_backward(numbers: Any, upstream: Any) -> tuple[Any]:
        def step(gradients: Any, row: Any) -> tuple[Any, None]:
            kind, operands, slot = row
            found = jax.lax.switch(kind, backward, gradients[slot], numbers[slot], numbers[operands])
            for place in range(most):  # one by one: an operand may come twice
                gradients = gradients.at[operands[place]].add(found[place])
            return gradients, None

        gradients = jnp.zeros_like(numbers).at[results].add(upstream)
        gradients, _ = jax.lax.scan(step, gradients, steps, reverse=True)
        return (gradients[: table.leaves],)

    def run_and_keep(leaves: Any) -> tuple[Any, Any]:
        numbers = run_forward(leaves)
        return numbers[results], numbers

    run = jax.custom_vjp(lambda leaves: run_forward(leaves)[results])
    run.defvjp(run_and_keep, run_backward)
    return cast(Callable[..., Any], run)


def _forward(rules: Rules, count: int, operands: Any) -> Any:
    return rules.forward(*operands[:count])


def _backward(rules: Rules, count: int, most: int, upstream: Any, out: Any, operands: Any) -> Any:
    """The contributions to all operands, (most, examples): 0 to those that the gate does not take."""
    taken = tuple(operands[:count])
    found = [
        jnp.broadcast_to(rules.contribution(place, upstream, out, taken), out.shape) for place in range(count)
    ]
    return jnp.stack(found + [jnp.zeros_like(out)] * (most - count))
