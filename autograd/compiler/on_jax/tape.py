"""A tape: an irregular graph run gate by gate in a loop, so that its compile time does not grow with it.

XLA takes minutes to compile a few hundred lines that do not fold into larger ones. Here it compiles
each kind of gate once, and a loop over a table that says which gate takes which numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from autograd import gates
from autograd.compiler.on_jax import jax, jnp
from autograd.compiler.on_jax.derivatives import Rules, rules_of
from autograd.compiler.trace import Trace
from autograd.rules import Gate

Index = npt.NDArray[np.int32]

MOST_NUMBERS = 1 << 22  # that careful_gradient holds at once


class Table(NamedTuple):
    """The gates to run one after the other, each writing the slot after the last.

    kinds     the gates in use, by how many operands they take
    kind      of each step, its place in kinds
    operands  of each step the slots that it reads, (steps, most operands); unused ones are slot 0
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


class Tape:
    """The trace as two loops: forward, and backward from the end.

    Both carry arrays (slots, examples) that XLA changes in place. JAX's own derivative of the first loop
    would take a copy of them for each step. Backward goes by the gates' rules; ``stop`` is kept apart
    from a gradient of 0, so that nothing goes on from what no contribution has reached.
    """

    def __init__(self, trace: Trace, dtype: Any) -> None:
        self.table = table = tabulate(trace)
        constants = [row for row, gate in enumerate(trace.gate) if gate is None]
        constants = constants[len(trace.inputs) + len(trace.parameters) :]
        self.constants = np.array([trace.number[row] for row in constants], dtype=dtype)[:, None]
        self.results = np.array([table.slot_of[row] for row in trace.outputs])
        self.steps = table.kind, table.operands, np.arange(table.leaves, table.leaves + len(table.kind))

    def leaves(self, parameters: Any, X: Any) -> Any:
        """The first slots: inputs, parameters, constants; X is (examples, inputs)."""
        parts = [X.T, parameters[:, None], self.constants]
        return jnp.concatenate([jnp.broadcast_to(part, (len(part), len(X))) for part in parts])

    def forward(self, leaves: Any) -> Any:
        """The numbers in all slots."""
        kinds = [partial(_forward, rules_of(gate), count) for gate, count in self.table.kinds]

        def step(numbers: Any, row: Any) -> tuple[Any, None]:
            kind, operands, slot = row
            out = jax.lax.switch(kind, kinds, numbers[operands])
            return numbers.at[slot].set(out), None

        count = self.table.leaves + len(self.table.kind)
        numbers = jnp.zeros((count, leaves.shape[1]), leaves.dtype)
        return jax.lax.scan(step, numbers.at[: self.table.leaves].set(leaves), self.steps)[0]

    def backward(self, numbers: Any, upstream: Any) -> Any:
        """The gradients of the leaves, from those of the results."""
        most = self.table.operands.shape[1]
        kinds = [partial(_backward, rules_of(gate), count, most) for gate, count in self.table.kinds]

        def step(carry: Any, row: Any) -> tuple[Any, None]:
            gradients, is_reached = carry
            kind, operands, slot = row
            found, passes = jax.lax.switch(kind, kinds, gradients[slot], numbers[slot], numbers[operands])
            passes &= is_reached[slot]
            found = jnp.where(passes, found, 0)
            for place in range(most):  # one by one: an operand may come twice
                gradients = gradients.at[operands[place]].add(found[place])
                is_reached = is_reached.at[operands[place]].max(passes[place])
            return (gradients, is_reached), None

        gradients = jnp.zeros_like(numbers).at[self.results].add(upstream)
        is_reached = jnp.zeros(numbers.shape, dtype=bool).at[self.results].set(True)
        (gradients, _), _ = jax.lax.scan(step, (gradients, is_reached), self.steps, reverse=True)
        return gradients[: self.table.leaves]


def tape(trace: Trace, dtype: Any) -> Callable[..., Any]:
    """The function (parameters, X) to outputs, (outputs, examples)."""
    loops = Tape(trace, dtype)
    run = jax.custom_vjp(lambda leaves: loops.forward(leaves)[loops.results])

    def run_and_keep(leaves: Any) -> tuple[Any, Any]:
        numbers = loops.forward(leaves)
        return numbers[loops.results], numbers

    run.defvjp(run_and_keep, lambda numbers, upstream: (loops.backward(numbers, upstream),))
    return lambda parameters, X: run(loops.leaves(parameters, X))


def careful_gradient(trace: Trace, dtype: Any) -> Callable[..., tuple[Any, Any, Any]]:
    """(_, parameters, X, weights) to the losses and the gradients of their weighted sum by parameters and X.

    A compiled program falls back on it where its own gradient is nan. It takes a few examples at a time:
    there may be no room for every scalar of every example.
    """
    loops = Tape(trace, dtype)
    size = max(1, MOST_NUMBERS // (loops.table.leaves + len(loops.table.kind)))
    width = len(trace.inputs)

    def of_one(parameters: Any, x: Any, weight: Any) -> Any:
        numbers = loops.forward(loops.leaves(parameters, x[None]))
        return numbers[loops.results[0], 0], loops.backward(numbers, jnp.full((1, 1), weight))[:, 0]

    def gradients(_: Any, parameters: Any, X: Any, weights: Any) -> tuple[Any, Any, Any]:
        losses, each = jax.lax.map(lambda example: of_one(parameters, *example), (X, weights), batch_size=size)
        return losses, jnp.sum(each[:, width : width + len(parameters)], axis=0), each[:, :width]

    return gradients


def _forward(rules: Rules, count: int, operands: Any) -> Any:
    return rules.forward(*operands[:count])


def _backward(rules: Rules, count: int, most: int, upstream: Any, out: Any, operands: Any) -> tuple[Any, Any]:
    """The contributions to all operands, and where there are any, both (most, examples)."""
    taken = tuple(operands[:count])
    found = [
        jnp.broadcast_to(rules.contribution(place, upstream, out, taken), out.shape) for place in range(count)
    ]
    passes = [~rules.stopped(place, out, taken) for place in range(count)]
    left_over = most - count
    return (
        jnp.stack(found + [jnp.zeros_like(out)] * left_over),
        jnp.stack(passes + [jnp.zeros(out.shape, dtype=bool)] * left_over),
    )
