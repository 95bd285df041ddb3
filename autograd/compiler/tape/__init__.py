"""The tape: what does not fold into arrays, run gate by gate, as right and exact as the engine.

A few examples run one after the other through a loop over Python's floats. For many, each number of the
loop is an array, or where many gates can run side by side, they run level by level.

A path not taken contributes nothing. The fast ways write 0 for it, which is the same, unless that 0 meets
an infinite slope further down and becomes nan. So examples whose gradient came out as nan have it computed
again, exactly: each contribution then is a number or nothing.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.compiler.tape.levels import Levels
from autograd.compiler.tape.loops import Loop
from autograd.compiler.tape.texts import ARRAYS, EXACT, RAW, Style
from autograd.compiler.trace import CONSTANT, Trace
from autograd.probe import can_stop

Array = npt.NDArray[np.float64]

# Numbers that are held at once, nodes times examples. It is more than a cache holds: a block costs its
# gates' calls once more, and with 10,000 gates and 1,000 examples that is six times what the cache saves.
BLOCK = 1 << 24
FEWEST = 32  # examples of a block, however many nodes there are

#: What Python raises where IEEE 754 has inf or nan, as arrays do: 1 / 0.0 in a custom rule, say.
NO_NUMBER = ArithmeticError, ValueError

# What it takes, about, in microseconds, measured on one core.
LOOP, EXACT_LOOP = 0.25, 0.35  # a gate and an example in Python's floats
ARRAY, GROUP, EXACT_GROUP = 2.2, 12.0, 20.0  # a gate on an array, a group of gates on one
ON_ARRAY, IN_GROUP = 0.003, 0.02  # and a gate and an example there


class Tape:
    """A traced graph, to be run on a batch (examples, inputs) of any size, none included.

    A loss is the one output of its trace. Parameters are a flat vector. All arrays are float64.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.depth = _depths(trace)
        made = [row for row, gate in enumerate(trace.gate) if gate is not None]
        kinds = {gate: place for place, gate in enumerate(dict.fromkeys(trace.gate))}
        at = [self.depth[row] * len(kinds) + kinds[trace.gate[row]] for row in made]
        self.gates, self.groups = len(made), len(set(at))
        self._can_stop = any(can_stop(gate) for gate in kinds if gate is not None)
        self._loops: dict[bool, Loop] = {}
        self._made_levels: dict[bool, Levels] = {}

    def outputs(self, parameters: Array, batch: Array) -> Array:
        """The outputs of each example, (outputs, examples)."""
        found = np.empty((len(self.trace.outputs), len(batch)))
        for block in self._blocks(len(batch)):
            found[:, block], _ = self._run(parameters, batch[block], None)
        return found

    def gradients(self, parameters: Array, batch: Array) -> tuple[Array, Array, Array]:
        """The loss of each example, (examples,), and its gradient by the parameters and by the inputs.

        Those are (parameters, examples) and (inputs, examples).
        """
        width = len(self.trace.inputs)
        losses, found = np.empty(len(batch)), np.empty((width + len(parameters), len(batch)))
        for block in self._blocks(len(batch)):
            losses[block], found[:, block] = self._run(parameters, batch[block], True)
        return losses, found[width:], found[:width]

    def loss_and_grad(self, parameters: Array, batch: Array) -> tuple[Array, Array]:
        """The loss of each example, (examples,), and the sum of their gradients by the parameters."""
        losses, total = np.empty(len(batch)), np.zeros(len(parameters))
        for block in self._blocks(len(batch)):
            losses[block], found = self._run(parameters, batch[block], False)
            total += found[len(self.trace.inputs) :].sum(axis=1)
        return losses, total

    def __reduce__(self) -> tuple[Any, ...]:
        return Tape, (self.trace,)

    def __repr__(self) -> str:
        return f"<tape of {self.gates:,} gates in {self.groups:,} groups, {max(self.depth):,} levels>"

    def __str__(self) -> str:
        """A line per level, the first hundred of them: which gates, and how many of each."""
        counts: dict[int, Counter[str]] = {}
        for depth, gate in zip(self.depth, self.trace.gate, strict=True):
            if gate is not None and depth <= 100:
                counts.setdefault(depth, Counter())[gate.name] += 1
        lines = [
            f"{depth:6}  {', '.join(f'{name} {count:,}' for name, count in counts[depth].most_common())}"
            for depth in sorted(counts)
        ]
        return "\n".join([repr(self), *lines])

    def _blocks(self, count: int) -> list[slice]:
        """Slices of the examples, equal in size."""
        most = max(FEWEST, BLOCK // len(self.trace))
        size = ceil(count / ceil(count / most)) if count else 1
        return [slice(first, first + size) for first in range(0, count, size)]

    def _run(self, parameters: Array, batch: Array, by_inputs: bool | None) -> tuple[Array, Array]:
        """The outputs (outputs, examples), and the gradients by inputs and parameters (leaves, examples).

        by_inputs  whether those by the inputs are wanted, and not 0; None: nor those by the parameters
        """
        count = len(batch)
        costs = {
            self._by_floats: self.gates * count * LOOP,
            self._by_arrays: self.gates * (ARRAY + count * ON_ARRAY),
            self._by_levels: self.groups * GROUP + self.gates * count * IN_GROUP,
        }
        run = min(costs, key=costs.__getitem__)
        if run == self._by_floats:
            try:
                return run(parameters, batch, by_inputs)
            except NO_NUMBER:
                run = self._by_levels
        with np.errstate(all="ignore"):
            outputs, found = run(parameters, batch, by_inputs)
            is_nan = np.isnan(found).any(axis=0)
            if self._can_stop and is_nan.any():
                found[:, is_nan] = self._exactly(parameters, batch[is_nan], bool(by_inputs))
        return outputs, found

    def _exactly(self, parameters: Array, batch: Array, by_inputs: bool) -> Array:
        """The gradients of examples where a path not taken may have made nan."""
        if self.gates * len(batch) * EXACT_LOOP < self.groups * EXACT_GROUP:
            with suppress(*NO_NUMBER):
                return self._by_floats(parameters, batch, by_inputs)[1]
        levels = self._levels(by_inputs)
        return levels.exact_gradients(levels.numbers(parameters, batch))

    def _by_floats(self, parameters: Array, batch: Array, by_inputs: bool | None) -> tuple[Array, Array]:
        """One example after the other."""
        loop, given = self._loop(bool(by_inputs)), parameters.tolist()
        outputs, found = [], []
        for example in batch.tolist():
            leaves = [*example, *given]
            try:
                output, slopes = _by_loop(loop, RAW, leaves, by_inputs)
                total = sum(slopes)
                is_exact = total == total or not self._can_stop
            except NO_NUMBER:
                is_exact = False
            if not is_exact:
                output, slopes = _by_loop(loop, EXACT, leaves, by_inputs)
                slopes = [slope or 0.0 for slope in slopes]
            outputs.append(output)
            found.append(slopes)
        return np.array(outputs).T, np.array(found, dtype=float).T + 0.0  # as 0.0 and -0.0 are

    def _by_arrays(self, parameters: Array, batch: Array, by_inputs: bool | None) -> tuple[Array, Array]:
        """Gate by gate; what is computed from parameters alone has one number for all examples."""
        leaves = [*np.ascontiguousarray(batch.T), *parameters[:, None]]
        output, slopes = _by_loop(self._loop(bool(by_inputs)), ARRAYS, leaves, by_inputs)
        outputs, found = np.empty((len(output), len(batch))), np.empty((len(slopes), len(batch)))
        for rows, each in ((outputs, output), (found, slopes)):
            for row, numbers in zip(rows, each, strict=True):
                row[:] = numbers
        return outputs, found

    def _by_levels(self, parameters: Array, batch: Array, by_inputs: bool | None) -> tuple[Array, Array]:
        levels = self._levels(bool(by_inputs))
        numbers = levels.numbers(parameters, batch)
        found = np.empty((0, len(batch))) if by_inputs is None else levels.gradients(numbers)
        return numbers[levels.outputs], found

    # Made when they are asked for: most programs need one of them.

    def _loop(self, by_inputs: bool) -> Loop:
        if by_inputs not in self._loops:
            self._loops[by_inputs] = Loop(self.trace, self._wanted(by_inputs))
        return self._loops[by_inputs]

    def _levels(self, by_inputs: bool) -> Levels:
        if by_inputs not in self._made_levels:
            self._made_levels[by_inputs] = Levels(self.trace, self.depth, self._wanted(by_inputs))
        return self._made_levels[by_inputs]

    def _wanted(self, by_inputs: bool) -> list[bool]:
        return [kind != CONSTANT for kind in self.trace.kind] if by_inputs else self.trace.learns


def _by_loop(
    loop: Loop, style: Style, leaves: list[Any], by_inputs: bool | None
) -> tuple[list[Any], list[Any]]:
    """The outputs and the gradients, none if by_inputs is None."""
    numbers = loop.numbers(style, leaves)
    slopes = [] if by_inputs is None else loop.gradients(style, numbers, 1.0)
    return [numbers[place] for place in loop.outputs], slopes


def _depths(trace: Trace) -> list[int]:
    """How many gates lie one above the other up to each row; 0 for a leaf."""
    depth: list[int] = []
    for operands in trace.operands:
        depth.append(1 + max([depth[operand] for operand in operands]) if operands else 0)
    return depth
