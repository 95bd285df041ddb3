"""Gradients gate by gate: what a program falls back on where a path not taken leads to a pole.

A program's lines write 0 for a path not taken, and multiply it by the local derivatives further down;
where one of those is infinite, the 0 becomes nan. Here, as in the engine, a mask says for each example
what a contribution has reached, and nothing goes on from the rest. That is slower, so a program asks
for it only where its own gradient came out as nan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from autograd import probe
from autograd.arithmetic import arrays
from autograd.arithmetic.stops import Stopped, noting_stops, split
from autograd.compiler import library
from autograd.compiler.trace import Trace
from autograd.rules import Gate

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

BLOCK = 1 << 22  # numbers that are held at once: nodes times examples


class Group(NamedTuple):
    """Gates of one kind at one depth: the rows they make, and those that they take, (operands, rows)."""

    gate: Gate
    made: npt.NDArray[np.int64]
    taken: npt.NDArray[np.int64]


class Careful:
    """The gradient of a traced loss for each example."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.groups = _groups(trace)
        self.constants = np.array(trace.number)[:, None]

    def gradients(self, parameters: Array, batch: Array) -> tuple[Array, Array]:
        """By the parameters, and by the inputs of a batch (examples, inputs); a column for each example."""
        trace = self.trace
        leaves = [*trace.parameters, *trace.inputs]
        found = np.empty((len(leaves), len(batch)))
        size = max(1, BLOCK // len(self.trace))
        with np.errstate(all="ignore"):
            for first in range(0, len(batch), size):
                block = slice(first, first + size)
                found[:, block] = self._gradients(parameters, batch[block])[leaves]
        return found[: len(parameters)], found[len(parameters) :]

    def _gradients(self, parameters: Array, batch: Array) -> Array:
        """By every node, (nodes, examples)."""
        trace = self.trace
        numbers = np.repeat(self.constants, len(batch), axis=1)
        numbers[trace.inputs], numbers[trace.parameters] = batch.T, parameters[:, None]
        for gate, made, taken in self.groups:
            numbers[made] = library.forward_on_arrays(gate, arrays)(*numbers[taken])
        upstream, is_reached = np.zeros(numbers.shape), np.zeros(numbers.shape, dtype=bool)
        upstream[trace.outputs], is_reached[trace.outputs] = 1.0, True
        for gate, made, taken in reversed(self.groups):
            here = is_reached[made]
            if not here.any():
                continue
            found = _contributions(gate, upstream[made], numbers[made], numbers[taken])
            for operands, (contribution, passes) in zip(taken, found, strict=True):
                goes_on = here & passes
                np.add.at(upstream, operands, np.where(goes_on, contribution, 0.0))
                np.logical_or.at(is_reached, operands, goes_on)
        return upstream


def _groups(trace: Trace) -> list[Group]:
    """The gates by depth, and by kind within it."""
    depth = [0] * len(trace)
    alike: dict[tuple[int, Gate, int], list[int]] = defaultdict(list)
    for row, gate in enumerate(trace.gate):
        if gate is not None:
            operands = trace.operands[row]
            depth[row] = 1 + max([depth[operand] for operand in operands])
            alike[depth[row], gate, len(operands)].append(row)
    in_order = sorted(alike.items(), key=lambda item: item[0][0])
    return [
        Group(gate, np.array(made), np.array([trace.operands[row] for row in made]).T)
        for (_, gate, _), made in in_order
    ]


def _contributions(gate: Gate, upstream: Array, out: Array, operands: Array) -> Iterator[tuple[Array, Mask]]:
    """For each operand its contributions, and whether there are any: all arrays (gates, examples)."""
    if probe.on_arrays(gate):
        found = gate.backward(noting_stops(arrays), upstream, out, *operands)
    else:
        contributions = library.backward_on_arrays(gate, arrays)(upstream, out, *operands)
        stopped = library.stopped_on_arrays(gate)(out, *operands)
        found = tuple(map(Stopped, stopped, contributions))
    for contribution, is_stopped in map(split, found):
        yield contribution, ~np.asarray(is_stopped, dtype=bool)
