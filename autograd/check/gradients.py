"""Gradients against finite differences: which leaf is off, and which gate is to blame.

A leaf's gradient is compared with difference quotients of the whole graph, a gate's local
derivative with those of the gate alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from math import inf
from typing import Any

from autograd.arithmetic import floats
from autograd.arithmetic.balls import Ball
from autograd.backward import topological_order, upstream_gradients
from autograd.check.comparison import Comparison, check_operands, compare
from autograd.check.report import Report
from autograd.check.rounding import rounding_of
from autograd.check.slopes import Function, scale_of
from autograd.check.targets import Arguments, only_value
from autograd.gates import detach, floor, rint, step
from autograd.names import name_nodes
from autograd.rules import Gate
from autograd.value import Value


def gradcheck(target: Any, inputs: Any = None, *, tolerance: float = 1e-7) -> Report:
    """Compare the gradients of a graph, or of a function of Values at inputs, with finite differences.

    A graph, given by its root, is computed again from its gates' forward rules, at the numbers it
    was recorded with; a function is called again. Each gate is also checked by itself, so that the
    report can name the guilty one. A comparison allows for a relative error of tolerance and for
    what rounding does to either side; what ``detach`` hands on is held constant. Nothing is changed,
    not even a ``grad``.

    >>> x = Value(3.0, label="x")
    >>> report = gradcheck(x * x)
    >>> report.ok, report.leaves[0].analytic
    (True, 6.0)
    >>> print(gradcheck(lambda x: 2 * x, [1.0]))
    gradient check passed: 1 of 1 leaves checked, 0 wrong
    furthest off: leaf inputs[0]: ok: backward gives 2, the differences give 2

    The inputs are the function's arguments: numbers, Values, and arrays or lists of them, of which the
    function gets a ValueArray of the same shape. A single argument needs no list around it,
    unless it is a list itself: [2.0, 3.0] is two numbers, np.array([2.0, 3.0]) or [[2.0, 3.0]] one
    array.

    At a kink (relu at 0, a tie of max) there is no derivative: a gradient between the slopes on the two
    sides passes, and the report says so. Where rounding drowns a derivative it says "cannot tell";
    numbers that are not finite are skipped. Both are listed in ``unchecked``; a report
    that could check no leaf is not ok.

    Raises TypeError for another target, for inputs that do not fit it, and for a function that does
    not return one Value, alone or in an array; ValueError for rows of different lengths.
    """
    wanted = "gradcheck takes one Value alone, or a function and its inputs"
    if callable(target) and inputs is not None:
        arguments = Arguments(inputs)
        leaves = arguments.leaves
        order = topological_order(_call(target, arguments, leaves))
        replay = partial(_call_again, target, arguments, [node.data for node in order if node.gate is detach])
    elif not callable(target) and inputs is None:
        order = topological_order(only_value(target, wanted))
        leaves = [node for node in order if node.gate is None]
        replay = partial(_replay, order[-1])
    else:
        raise TypeError(f"{wanted}, got {target!r} with{'out' if inputs is None else ''} inputs")
    names = name_nodes(order)
    gradients = dict(upstream_gradients(order[-1]))
    on_balls, noise = rounding_of(order)
    checked = []
    for leaf in leaves:
        above = _above(order, leaf)
        function, x = replay(leaf, above)
        gradient = Ball(gradients.get(leaf, 0.0), on_balls[leaf].radius if leaf in on_balls else 0.0)
        # what does not change with the leaf is rounded the same way at every step
        blur = sum([noise[node] for node in above])
        checked.append(
            compare(
                names.get(leaf, leaf.label),
                gradient,
                function,
                x,
                blur,
                partial(_scale, leaf, above),
                tolerance,
                leaf,
            )
        )
    gates = []
    for node in order:
        if node.gate is not None:
            places = [place for place, below in enumerate(node.inputs) if below is not None]
            rows = check_operands(node.gate, node.operands, places, tolerance, node)
            gates += [row for row in rows if not (row.verdict == "kink" and _on_staircase(row))]
    return Report(checked, gates, names)


def _on_staircase(row: Comparison) -> bool:
    """Whether the operand jumps over a kink, and never sits on it, as where's condition made by a step."""
    assert row.node is not None
    assert row.index is not None
    below = row.node.inputs[row.index]
    return below is not None and below.gate in (step, floor, rint)


def _above(order: Sequence[Value], leaf: Value) -> list[Value]:
    """The nodes that were computed from the leaf; to what comes after detach, it is a constant."""
    reached = {leaf}
    for node in order:
        if node.gate is not detach and not reached.isdisjoint(node.inputs):
            reached.add(node)
    return [node for node in order if node in reached and node is not leaf]


def _scale(leaf: Value, above: Sequence[Value]) -> float:
    """How far the leaf may move before a gate bends.

    That is where an operand has moved by its own scale, as in log and exp, or to the next operand, as
    in max.
    """
    moves = {leaf: 1.0}  # d(node)/d(leaf)
    scale = inf
    for node in above:
        try:
            local = node.local_backward(1.0)
        except (ValueError, ArithmeticError):  # from a custom gate, on a path not taken
            continue
        moved = [0.0 if below is None else moves.get(below, 0.0) for below in node.inputs]
        gaps = [b - a for a, b in pairwise(sorted(node.operands))]
        for number, move in zip(node.operands, moved, strict=True):
            if move:
                scale = min(scale, min(map(scale_of, [number, *gaps])) / abs(move))
        moves[node] = sum([a * b for a, b in zip(local, moved, strict=True) if b])
    return scale


def _replay(root: Value, leaf: Value, above: Sequence[Value]) -> tuple[Function, float]:
    """The root as a function of the leaf, by running the gates above it; and where the leaf was."""
    moving = {leaf, *above}
    uses: list[float] = []  # as recorded: the leaf may have been set since
    runs: list[tuple[Value, Gate, list[float], list[tuple[int, Value]]]] = []
    for node in above:
        assert node.gate is not None
        inputs = [(place, below) for place, below in enumerate(node.inputs) if below in moving]
        uses += [node.operands[place] for place, below in inputs if below is leaf]
        runs.append((node, node.gate, list(node.operands), inputs))
    start = uses[0] if uses else leaf.data

    def function(x: float) -> float:
        numbers = {leaf: x}
        for node, gate, recorded, inputs in runs:
            operands = recorded.copy()
            for place, below in inputs:
                operands[place] = numbers[below]
                if below is leaf and recorded[place] != start:
                    operands[place] += recorded[place] - start
            numbers[node] = float(gate.forward(floats, *operands))
        return numbers.get(root, root.data)

    return function, start


def _call(function: Callable[..., Any], arguments: Arguments, leaves: Sequence[Value]) -> Value:
    return only_value(function(*arguments.filled(leaves)), "gradcheck: the function must return a Value")


def _call_again(
    function: Callable[..., Any],
    arguments: Arguments,
    still: Sequence[float],
    leaf: Value,
    above: Sequence[Value],
) -> tuple[Function, float]:
    """What the function returns, as a function of one of its leaves; and where that leaf is.

    still  the outputs of its detach gates, in order, which are held constant
    """

    def along(x: float) -> float:
        moved = [Value(x if each is leaf else each.data, each.label) for each in arguments.leaves]
        root = _call(function, arguments, moved)
        return _held(root, still) if still else root.data

    return along, leaf.data


def _held(root: Value, still: Sequence[float]) -> float:
    """The root's number, computed again with these outputs of its detach gates."""
    numbers: dict[Value, float] = {}
    given = iter(still)
    for node in topological_order(root):
        number = node.data
        if node.gate is detach:
            number = next(given, number)
        elif node.gate is not None:
            pairs = zip(node.inputs, node.operands, strict=True)
            operands = [operand if below is None else numbers[below] for below, operand in pairs]
            number = float(node.gate.forward(floats, *operands))
        numbers[node] = number
    return numbers[root]
