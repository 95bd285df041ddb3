"""A graph level by level: the gates of one kind at one depth are one call on arrays (gates, examples)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from autograd import probe
from autograd.arithmetic import arrays
from autograd.arithmetic.stops import Stopped, noting_stops, split
from autograd.compiler import library
from autograd.compiler.tape.texts import ARRAYS, Text, is_written
from autograd.compiler.trace import CONSTANT, Trace
from autograd.gates import summation
from autograd.rules import Gate

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


class Places:
    """Where contributions go: to which rows. Some nobody wants; several to one row are added up."""

    def __init__(self, rows: Sequence[int], wanted: Sequence[bool]) -> None:
        self.order: Rows | None = None
        self.starts: Rows | None = None
        self.count = len(rows)
        if len(rows) > 1:
            order = np.array([place for place, row in enumerate(rows) if wanted[row]])
            places = np.array(rows)[order]
            by_row = np.argsort(places, kind="stable")
            unique, starts = np.unique(places[by_row], return_index=True)
            if len(unique) < len(order):
                self.order, self.starts, rows = order[by_row], starts, unique.tolist()
            elif len(order) < len(rows):
                self.order, rows = order, places.tolist()
        self.rows = _index(rows)

    def add(self, target: Any, contributions: Any, ufunc: np.ufunc = np.add) -> None:
        """Add them to the rows of the target; or put them there by another ufunc."""
        if self.order is not None:
            every = np.broadcast_to(contributions, (self.count, target.shape[1]))
            contributions = every[self.order]
            if self.starts is not None:
                contributions = ufunc.reduceat(contributions, self.starts, axis=0)
        if isinstance(self.rows, slice):
            rows = target[self.rows]
            ufunc(rows, contributions, out=rows)
        else:
            target[self.rows] = ufunc(target[self.rows], contributions)


class Group(NamedTuple):
    """Gates of one kind at one depth.

    made     their rows
    taken    for each operand the rows of it, or the one constant; of a stack all operands' in one
    places   where the contributions to each go; None: nobody wants them
    """

    gate: Gate
    operands: int
    made: slice
    taken: list[Any]
    places: list[Places | None]


class Levels:
    """The gates of a trace in groups, and the passes over them.

    Rows are those of leaves, inputs, parameters and constants, and then of group after group.

    wanted  of each row of the trace, whether its gradient is wanted
    """

    def __init__(self, trace: Trace, depth: Sequence[int], wanted: Sequence[bool]) -> None:
        alike: dict[tuple[int, Gate, int], list[int]] = defaultdict(list)
        for row, gate in enumerate(trace.gate):
            if gate is not None:
                alike[depth[row], gate, len(trace.operands[row])].append(row)
        in_order = sorted(alike.items(), key=lambda item: item[0][0])
        constants = [row for row, kind in enumerate(trace.kind) if kind == CONSTANT]
        at = [*trace.inputs, *trace.parameters, *constants, *[row for _, made in in_order for row in made]]
        row_of = np.empty(len(trace), dtype=int)
        row_of[at] = np.arange(len(at))
        self.count = len(at)
        self.leaves = len(trace.inputs) + len(trace.parameters)
        self.constants = np.array([trace.number[row] for row in constants])[:, None]
        self.outputs = row_of[trace.outputs]
        self.wanted = [wanted[row] for row in at]
        self.groups: list[Group] = []
        first, to = self.leaves + len(constants), row_of.tolist()
        for (_, gate, count), made in in_order:
            slots = zip(*[[to[each] for each in trace.operands[row]] for row in made], strict=True)
            self._add(gate, count, slice(first, first + len(made)), [*slots])
            first += len(made)

    def _add(self, gate: Gate, count: int, made: slice, taken: list[tuple[int, ...]]) -> None:
        if is_stack(gate, count):
            together = [row for rows in taken for row in rows]
            indices: list[Any] = [np.array(taken)]
            taken = [tuple(together)]
        else:
            indices = [self._operand(rows, is_written(gate, count)) for rows in taken]
        places = [
            Places(rows, self.wanted) if any(self.wanted[row] for row in rows) else None for rows in taken
        ]
        self.groups.append(Group(gate, count, made, indices, places))

    def _operand(self, rows: Sequence[int], or_number: bool) -> Any:
        """The rows as an index, or the number if it is one constant."""
        first = rows[0]
        if rows.count(first) < len(rows):
            return _index(rows)
        is_constant = or_number and self.leaves <= first < self.leaves + len(self.constants)
        return float(self.constants[first - self.leaves, 0]) if is_constant else _index([first])

    def numbers(self, parameters: Array, batch: Array) -> Array:
        """All numbers, (rows, examples), from the parameters and the inputs (examples, inputs)."""
        found = np.empty((self.count, len(batch)))
        first = 0
        for part in (batch.T, parameters[:, None], self.constants):
            found[first : first + len(part)] = part
            first += len(part)
        for gate, count, made, taken, _ in self.groups:
            found[made] = _forward(gate, count)(*_gathered(found, taken))
        return found

    def gradients(self, numbers: Array) -> Array:
        """By the inputs and the parameters, (leaves, examples); a path not taken contributes 0."""
        upstream = np.zeros(numbers.shape)
        upstream[self.outputs] = 1.0
        for gate, count, made, taken, places in reversed(self.groups):
            if any(places):
                wanted = tuple([each is not None for each in places])
                found = _backward(gate, count, wanted)(
                    upstream[made], numbers[made], *_gathered(numbers, taken)
                )
                for each, contribution in zip(places, found, strict=True):
                    if each is not None and contribution is not None:
                        each.add(upstream, contribution)
        return upstream[: self.leaves]

    def exact_gradients(self, numbers: Array) -> Array:
        """The same, but that a path not taken contributes nothing, whatever is behind it.

        As in the engine: a mask says for each example what a contribution has reached, and nothing goes on
        from the rest.
        """
        upstream, is_reached = np.zeros(numbers.shape), np.zeros(numbers.shape, dtype=bool)
        upstream[self.outputs], is_reached[self.outputs] = 1.0, True
        for gate, count, made, taken, places in reversed(self.groups):
            here = is_reached[made]
            if not (any(places) and here.any()):
                continue
            operands = _gathered(numbers, taken)
            found = _reaching(gate, count, here, upstream[made], numbers[made], operands)
            for each, (contribution, goes_on) in zip(places, found, strict=True):
                if each is not None:
                    each.add(upstream, contribution)
                    each.add(is_reached, goes_on, np.logical_or)
        return upstream[: self.leaves]


def _index(rows: Sequence[int]) -> slice | Rows:
    """The rows as an index: a slice, which copies nothing, where they follow each other."""
    first, count = rows[0], len(rows)
    if rows[-1] - first == count - 1 and (count == 1 or list(rows) == list(range(first, first + count))):
        return slice(first, first + count)
    return np.array(rows)


def _gathered(numbers: Array, taken: list[Any]) -> list[Any]:
    return [each if type(each) is float else numbers[each] for each in taken]


# -- the rules on arrays ----------------------------------------------------------------------------


def is_stack(gate: Gate, count: int) -> bool:
    """Whether the operands of the gates come in one array, (operands, gates, examples)."""
    return gate.variadic and not is_written(gate, count)


@cache
def _forward(gate: Gate, count: int) -> Callable[..., Any]:
    if is_written(gate, count):
        names = [Text(f"x{place}") for place in range(count)]
        return _function(", ".join(map(str, names)), gate.forward(ARRAYS, *names))
    rule = library.forward_on_arrays(gate, arrays)
    if not is_stack(gate, count):
        return rule
    if gate is summation:
        return partial(np.add.reduce, axis=0)
    if probe.on_stack(gate, count):
        return partial(gate.forward, arrays.stacked)
    return lambda stack: rule(*stack)


@cache
def _backward(gate: Gate, count: int, wanted: tuple[bool, ...]) -> Callable[..., Any]:
    """(upstream, out, *operands) to the contributions; None in place of one that nobody wants."""
    if is_written(gate, count):
        names = [Text(f"x{place}") for place in range(count)]
        found = gate.backward(ARRAYS, Text("u"), Text("out"), *names)
        written = [str(each) if is_wanted else "None" for each, is_wanted in zip(found, wanted, strict=True)]
        return _function(", ".join(["u, out", *map(str, names)]), f"({', '.join(written)},)")
    rule = library.backward_on_arrays(gate, arrays)
    if not is_stack(gate, count):
        return rule
    if gate is summation or probe.on_stack(gate, count):
        rule = partial(gate.backward, arrays.stacked)
        return lambda u, out, stack: [
            np.broadcast_to(each, stack.shape).reshape(-1, u.shape[1]) for each in rule(u, out, stack)
        ]
    return lambda u, out, stack: [
        np.concatenate([np.broadcast_to(each, u.shape) for each in rule(u, out, *stack)])
    ]


def _function(operands: str, written: object) -> Callable[..., Any]:
    function: Callable[..., Any] = eval(f"lambda {operands}: {written}", dict(ARRAYS.names))
    return function


def _reaching(
    gate: Gate, count: int, here: Mask, u: Array, out: Array, operands: list[Any]
) -> list[tuple[Array, Mask]]:
    """The contributions, 0 where there is none; and where there are any."""
    terms = list(operands[0]) if is_stack(gate, count) else operands
    if probe.on_arrays(gate):
        found = gate.backward(noting_stops(arrays), u, out, *terms)
    else:
        contributions = library.backward_on_arrays(gate, arrays)(u, out, *terms)
        found = tuple(map(Stopped, library.stopped_on_arrays(gate)(out, *terms), contributions))
    pairs = []
    for number, is_stopped in map(split, found):
        goes_on = here & ~np.asarray(is_stopped, dtype=bool)
        pairs.append((np.where(goes_on, number, 0.0), goes_on))
    if not is_stack(gate, count):
        return pairs
    numbers, masks = zip(*pairs, strict=True)
    return [(np.concatenate(numbers), np.concatenate(masks))]
