"""What rounding does to a graph and to its gradients: both passes, run on balls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite, isnan, ulp
from typing import Any

from autograd.arithmetic import balls, floats
from autograd.arithmetic.balls import Ball, ball, distance
from autograd.rules import Gate
from autograd.value import Value

Numbers = tuple[float, ...]

TRIALS = 8  # of a rule for floats only, on either side of its operands
NEARBY = 2.0**-30  # the first of them, as a share of an operand: squared, it drowns in rounding

#: What a rule that is written for floats only may raise when it gets balls.
NO_BALLS = (TypeError, AttributeError, ValueError, ArithmeticError)


def rounding_of(order: Sequence[Value]) -> tuple[dict[Value, Ball], dict[Value, float]]:
    """What rounding does to a graph in this topological order, its root last.

    The gradient of each node that one reaches, with its rounding error; and for each gate, how far its
    own rounding may move the root.
    """
    outputs: dict[Value, Ball] = {}
    operands: dict[Value, list[Ball]] = {}
    for node in order:
        if node.gate is None:
            outputs[node] = Ball(node.data)
            continue
        # the recorded numbers: a leaf may have been set since
        operands[node] = [
            Ball(number) if below is None else Ball(number, outputs[below].radius)
            for below, number in zip(node.inputs, node.operands, strict=True)
        ]
        outputs[node] = forward_on_balls(node.gate, operands[node], node.data)
    gradients = {order[-1]: Ball(1.0)}
    noise: dict[Value, float] = {}
    for node in reversed(order):
        if node.gate is None:
            continue
        if node not in gradients:  # on a path not taken
            noise[node] = 0.0
            continue
        upstream = gradients[node]
        alone = forward_on_balls(node.gate, [Ball(number) for number in node.operands], node.data)
        noise[node] = (upstream * Ball(0.0, alone.radius)).radius
        contributions = backward_on_balls(node.gate, upstream, outputs[node], operands[node])
        for below, contribution in zip(node.inputs, contributions, strict=True):
            if below is not None and contribution is not None:
                gradients[below] = gradients[below] + contribution if below in gradients else contribution
    return gradients, noise


def forward_on_balls(gate: Gate, operands: Sequence[Ball], out: float | None = None) -> Ball:
    """The gate's output; on floats it is out."""

    def on_floats(*numbers: float) -> Numbers:
        return (float(gate.forward(floats, *numbers)),)

    values = [each.value for each in operands]
    expected = on_floats(*values) if out is None else (out,)
    found = _on_balls(lambda: (gate.forward(balls, *operands),), expected)
    if found and found[0] is not None:
        return found[0]
    (trial,) = _by_trials(on_floats, operands, expected)
    if all(_nearby(on_floats, values, step) in (None, expected) for step in (-TRIALS, TRIALS)):
        # flat to the last bit: a change may be lost beside a part as large as an operand, or as 1
        return Ball(trial.value, trial.radius + ulp(max([1.0, *[abs(x) for x in values if isfinite(x)]])))
    return trial


def backward_on_balls(
    gate: Gate, upstream: Ball, out: Ball, operands: Sequence[Ball]
) -> tuple[Ball | None, ...]:
    """The contribution to each operand; None where there is none."""
    given = [upstream, out, *operands]
    expected = gate.contributions(*[each.value for each in given])
    found = _on_balls(lambda: gate.backward(balls, upstream, out, *operands), expected)
    return found or _by_trials(gate.contributions, given, expected)


def _on_balls(rule: Callable[[], tuple[Any, ...]], expected: Numbers) -> tuple[Ball | None, ...] | None:
    """The rule's results on balls; None if it is written for floats only."""
    try:
        found = tuple([None if each is None else ball(each) for each in rule()])
    except NO_BALLS:
        return None
    if len(found) != len(expected):
        return None
    is_same = [
        each is None or each.value == number or isnan(each.value)
        for each, number in zip(found, expected, strict=True)
    ]
    return found if all(is_same) else None


def _by_trials(
    on_floats: Callable[..., Numbers], operands: Sequence[Ball], expected: Numbers
) -> tuple[Ball, ...]:
    """The results of a rule whose inside is hidden, with errors estimated from trials near the operands.

    Each operand in turn is moved by its error. Then all are moved a little to either side: the rule
    itself is practically straight there, so any bend in the results is rounding.
    """
    values = [operand.value for operand in operands]
    radii = [2 * ulp(number) if isfinite(number) else 0.0 for number in expected]
    for place, operand in enumerate(operands):
        ends = operand.ends if operand.radius else ()
        moved = [_results(on_floats, [*values[:place], end, *values[place + 1 :]]) for end in ends]
        for which, number in enumerate(expected):
            radii[which] += max([distance(number, found[which]) for found in moved if found], default=0.0)
    bends = [0.0] * len(expected)
    for step in range(1, TRIALS + 1):
        above, below = _nearby(on_floats, values, step), _nearby(on_floats, values, -step)
        if above and below:
            triples = zip(above, expected, below, strict=True)
            bends = [
                max(bend, abs((a - b) + (c - b))) for bend, (a, b, c) in zip(bends, triples, strict=True)
            ]
    return tuple(map(Ball, expected, [a + b for a, b in zip(radii, bends, strict=True)]))


def _nearby(on_floats: Callable[..., Numbers], values: Sequence[float], step: int) -> Numbers | None:
    return _results(on_floats, [x + step * NEARBY * (abs(x) or 1.0) for x in values])


def _results(on_floats: Callable[..., Numbers], operands: Sequence[float]) -> Numbers | None:
    """The rule's results; None outside its domain."""
    try:
        found = on_floats(*operands)
    except (ValueError, ArithmeticError):
        return None
    return found if all(map(isfinite, found)) else None
