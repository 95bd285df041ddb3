"""A tape: an irregular graph run gate by gate in a loop, so that its compile time does not grow with it.

XLA takes minutes to compile a few hundred lines that do not fold into larger ones. Here it compiles
each kind of gate once, and a loop over a table that says which gate takes which numbers.
"""

from __future__ import annotations

from functools import partial, reduce
from typing import Any

import numpy as np

from autograd import gates
from autograd.compiler.on_jax import jax, jnp
from autograd.compiler.on_jax.derivatives import Rules, rules_of
from autograd.compiler.trace import Trace
from autograd.rules import Gate

MOST_NUMBERS = 1 << 22  # that ``gradients`` holds at once


class Tape:
    """The trace as two loops: forward, and backward from the end.

    Both carry arrays (slots, examples) that XLA changes in place: first the inputs, the parameters and the
    constants, then what each step writes. JAX's own derivative of the first loop would take a copy of them
    for each step. Backward goes by the gates' rules; ``stop`` is kept apart from a gradient of 0, so that
    nothing goes on from what no contribution has reached.
    """

    def __init__(self, trace: Trace, dtype: Any) -> None:
        rows = [row for row, gate in enumerate(trace.gate) if gate is None]
        slot_of = {row: slot for slot, row in enumerate(rows)}
        self.kinds: dict[tuple[Gate, int], int] = {}  # a gate, and how many operands it takes
        steps: list[tuple[int, tuple[int, ...]]] = []

        def step(gate: Gate, *operands: int) -> int:
            steps.append((self.kinds.setdefault((gate, len(operands)), len(self.kinds)), operands))
            return len(rows) + len(steps) - 1

        for row, gate in enumerate(trace.gate):
            taken = [slot_of[operand] for operand in trace.operands[row]]
            if gate is gates.summation:  # a step for each further term
                slot_of[row] = reduce(partial(step, gates.add), taken)
            elif gate is not None:
                slot_of[row] = step(gate, *taken)
        self.width, self.count, self.slots = len(trace.inputs), len(rows), len(rows) + len(steps)
        constants = rows[self.width + len(trace.parameters) :]
        self.constants = np.array([trace.number[row] for row in constants], dtype=dtype)[:, None]
        self.results = np.array([slot_of[row] for row in trace.outputs])
        self.most = max([count for _, count in self.kinds])
        operands = np.zeros((len(steps), self.most), dtype=np.int32)
        for place, (_, own) in enumerate(steps):
            operands[place, : len(own)] = own
        self.steps = np.array([kind for kind, _ in steps]), operands, np.arange(len(rows), self.slots)
        self._outputs = jax.custom_vjp(lambda leaves: self._forward(leaves)[self.results])
        self._outputs.defvjp(self._and_numbers, lambda numbers, d: (self._backward(numbers, d),))

    def outputs(self, parameters: Any, X: Any) -> Any:
        """The outputs of a batch (examples, inputs): (outputs, examples)."""
        return self._outputs(self._leaves(parameters, X))

    def gradients(self, _: Any, parameters: Any, X: Any, weights: Any) -> tuple[Any, Any, Any]:
        """Each example's loss, and the gradient of their weighted sum by the parameters and by X.

        A compiled program falls back on it where its own gradient is nan. It takes a few examples at a
        time: there may be no room for every scalar of every example.
        """

        def of_one(example: Any) -> Any:
            x, weight = example
            numbers = self._forward(self._leaves(parameters, x[None]))
            return numbers[self.results[0], 0], self._backward(numbers, jnp.full((1, 1), weight))[:, 0]

        size = max(1, MOST_NUMBERS // self.slots)
        losses, each = jax.lax.map(of_one, (X, weights), batch_size=size)
        by_parameters = jnp.sum(each[:, self.width : self.width + len(parameters)], axis=0)
        return losses, by_parameters, each[:, : self.width]

    def _leaves(self, parameters: Any, X: Any) -> Any:
        parts = [X.T, parameters[:, None], self.constants]
        return jnp.concatenate([jnp.broadcast_to(part, (len(part), len(X))) for part in parts])

    def _forward(self, leaves: Any) -> Any:
        """The numbers in all slots."""
        kinds = [partial(_forward, rules_of(gate), count) for gate, count in self.kinds]

        def step(numbers: Any, row: Any) -> tuple[Any, None]:
            kind, operands, slot = row
            return numbers.at[slot].set(jax.lax.switch(kind, kinds, numbers[operands])), None

        numbers = jnp.zeros((self.slots, leaves.shape[1]), leaves.dtype)
        return jax.lax.scan(step, numbers.at[: self.count].set(leaves), self.steps)[0]

    def _and_numbers(self, leaves: Any) -> tuple[Any, Any]:
        numbers = self._forward(leaves)
        return numbers[self.results], numbers

    def _backward(self, numbers: Any, upstream: Any) -> Any:
        """The gradients of the leaves, from those of the results."""
        kinds = [partial(_backward, rules_of(gate), count, self.most) for gate, count in self.kinds]

        def step(carry: Any, row: Any) -> tuple[Any, None]:
            gradients, is_reached = carry
            kind, operands, slot = row
            found, passes = jax.lax.switch(kind, kinds, gradients[slot], numbers[slot], numbers[operands])
            passes &= is_reached[slot]
            found = jnp.where(passes, found, 0)
            for place in range(self.most):  # one by one: an operand may come twice
                gradients = gradients.at[operands[place]].add(found[place])
                is_reached = is_reached.at[operands[place]].max(passes[place])
            return (gradients, is_reached), None

        gradients = jnp.zeros_like(numbers).at[self.results].add(upstream)
        is_reached = jnp.zeros(numbers.shape, dtype=bool).at[self.results].set(True)
        (gradients, _), _ = jax.lax.scan(step, (gradients, is_reached), self.steps, reverse=True)
        return gradients[: self.count]


def _forward(rules: Rules, count: int, operands: Any) -> Any:
    return rules.forward(*operands[:count])


def _backward(rules: Rules, count: int, most: int, upstream: Any, out: Any, operands: Any) -> tuple[Any, Any]:
    """The contributions to all operands, and where there are any, both (most, examples)."""
    taken = tuple(operands[:count])
    rest = [jnp.zeros_like(out)] * (most - count)
    found = [rules.contribution(place, upstream, out, taken) for place in range(count)]
    passes = [~rules.stopped(place, out, taken) for place in range(count)]
    whole = [jnp.broadcast_to(each, out.shape) for each in found]
    return jnp.stack(whole + rest), jnp.stack(passes + [each != 0 for each in rest])
