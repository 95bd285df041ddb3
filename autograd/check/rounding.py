"""What rounding does to a graph and to its gradients: both passes, run on balls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite, ulp
from typing import Any

from autograd.arithmetic import balls, floats
from autograd.arithmetic.balls import Ball, ball, distance
from autograd.rules import Gate
from autograd.value import Value

Numbers = tuple[float, ...]

#: What a rule may raise that is written for floats only, where it is handed balls.
NO_BALLS = (TypeError, AttributeError, ValueError, ArithmeticError)


def passes_on_balls(order: Sequence[Value]) -> tuple[Ball, dict[Value, Ball]]:
    """The root, and the gradient of each node that one reaches, each as far off as rounding may take it."""
    outputs: dict[Value, Ball] = {}
    operands: dict[Value, list[Ball]] = {}
    for node in order:
        if node.gate is None:
            outputs[node] = Ball(node.data)
            continue
        # the numbers are those of the recording: a leaf may have been set since
        operands[node] = [
            Ball(number) if below is None else Ball(number, outputs[below].radius)
            for below, number in zip(node.inputs, node.operands, strict=True)
        ]
        outputs[node] = forward_on_balls(node.gate, operands[node], node.data)
    gradients = {order[-1]: Ball(1.0)}
    for node in reversed(order):
        if node.gate is None or node not in gradients:
            continue
        contributions = backward_on_balls(node.gate, gradients[node], outputs[node], operands[node])
        for below, contribution in zip(node.inputs, contributions, strict=True):
            if below is not None and contribution is not None:
                gradients[below] = gradients[below] + contribution if below in gradients else contribution
    return outputs[order[-1]], gradients


def forward_on_balls(gate: Gate, operands: Sequence[Ball], out: float | None = None) -> Ball:
    """The gate's output, which is out on floats."""

    def on_floats(*numbers: float) -> Numbers:
        return (float(gate.forward(floats, *numbers)),)

    expected = on_floats(*[each.value for each in operands]) if out is None else (out,)
    (found,) = _on_balls(lambda: (gate.forward(balls, *operands),), on_floats, operands, expected)
    assert found is not None
    return found


def backward_on_balls(
    gate: Gate, upstream: Ball, out: Ball, operands: Sequence[Ball]
) -> tuple[Ball | None, ...]:
    """The contribution to each operand; None where there is none."""
    given = [upstream, out, *operands]
    numbers = [each.value for each in given]
    return _on_balls(
        lambda: gate.backward(balls, upstream, out, *operands),
        gate.contributions,
        given,
        gate.contributions(*numbers),
    )


def _on_balls(
    rule: Callable[[], tuple[Any, ...]],
    on_floats: Callable[..., Numbers],
    operands: Sequence[Ball],
    expected: Numbers,
) -> tuple[Ball | None, ...]:
    """What the rule gives on balls or, if it is one for floats only, what it does near the operands."""
    try:
        found = tuple([None if each is None else ball(each) for each in rule()])
    except NO_BALLS:
        found = ()
    if len(found) == len(expected) and all(
        each is None or each.value == number or each.value != each.value
        for each, number in zip(found, expected, strict=True)
    ):
        return found
    return _by_trials(on_floats, operands, expected)


def _by_trials(
    on_floats: Callable[..., Numbers], operands: Sequence[Ball], expected: Numbers
) -> tuple[Ball, ...]:
    """How far the results move where each operand in turn is moved as far as it may be off, and an ulp."""
    radii = [ulp(number) if isfinite(number) else 0.0 for number in expected]
    for place, operand in enumerate(operands):
        off = operand.radius + ulp(operand.value)
        ends = [operand.value - off, operand.value + off] if isfinite(operand.value) else []
        moved = [_results(on_floats, operands, place, end) or expected for end in ends]
        for which, number in enumerate(expected):
            radii[which] += max([distance(number, results[which]) for results in moved], default=0.0)
    return tuple([Ball(number, radius) for number, radius in zip(expected, radii, strict=True)])


def _results(
    on_floats: Callable[..., Numbers], operands: Sequence[Ball], place: int, moved: float
) -> Numbers | None:
    """The results with one operand moved; None beyond the edge of the domain."""
    numbers = [operand.value for operand in operands]
    numbers[place] = moved
    try:
        return on_floats(*numbers)
    except (ValueError, ArithmeticError):
        return None
