"""One derivative: backward's, against the slope from finite differences."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import inf, isfinite, nan
from typing import Literal

from autograd.arithmetic import floats
from autograd.arithmetic.balls import Ball
from autograd.arithmetic.notation import number_text
from autograd.check.rounding import backward_on_balls, forward_on_balls
from autograd.check.slopes import Function, sample, slopes
from autograd.gates import detach
from autograd.numbers import as_number
from autograd.rules import Gate
from autograd.text import one_line
from autograd.value import Value

Verdict = Literal["ok", "wrong", "kink", "cannot tell", "skipped"]

COARSE = 0.01  # as a share of the gradient: where rounding hides more, agreement proves nothing
NEGLIGIBLE = 1e-9  # less than this does not matter, as for a gradient of 0
HIDDEN = 1024  # times the noise: a smaller bend may be lost in it, whatever the step


@dataclass(frozen=True, slots=True)
class Comparison:
    """A derivative from backward (analytic) and from finite differences (numeric).

    name        of the leaf, or of the gate's operand
    verdict     "ok"; "wrong"; "kink": no derivative here, but the analytic one lies between the
                slopes on the two sides; "cannot tell": rounding drowns the derivative; "skipped":
                not finite, cannot be checked. The note says why
    resolution  how far apart rounding and the step width may put the two if both are right: a smaller
                error goes unseen
    node        the leaf, or the gate's output; None from check_gate
    index       the operand's place; None for a leaf
    """

    name: str
    analytic: float
    numeric: float
    verdict: Verdict
    note: str
    resolution: float = inf
    node: Value | None = None
    index: int | None = None

    @property
    def error(self) -> float:
        return abs(self.analytic - self.numeric)

    @property
    def gate(self) -> Gate | None:
        return self.node.gate if self.node is not None else None

    @property
    def is_checked(self) -> bool:
        return self.verdict not in ("cannot tell", "skipped")

    def __str__(self) -> str:
        numbers = f"backward gives {shown(self.analytic)}, the differences give {shown(self.numeric)}"
        return one_line(f"{self.name}: {self.verdict}: {self.note or numbers}")


def compare(
    name: str,
    analytic: Ball,
    function: Function,
    x: float,
    noise: float,
    scale: Callable[[], float],
    tolerance: float,
    node: Value | None = None,
    index: int | None = None,
) -> Comparison:
    """A derivative, and how far off it may be, against the slope at x of a function.

    noise  how far rounding may move the function's values
    scale  how far x may move before the function bends; called only where that decides
    """

    def found(numeric: float, verdict: Verdict, note: str = "", resolution: float = inf) -> Comparison:
        return Comparison(name, gradient, numeric, verdict, note, resolution, node, index)

    gradient = analytic.value
    if not all(map(isfinite, (gradient, x, sample(function, x)))):
        return found(nan, "skipped", "not finite, cannot be checked")
    around = slopes(function, x, noise)
    slope = around.best
    resolution = slope.error + analytic.radius
    size = max(abs(gradient), abs(slope.value))
    if around.at_kink:
        low, high = sorted([around.left, around.right], key=lambda side: side.value)
        outside = max(low.value - low.error - gradient, gradient - high.value - high.error)
        off = outside - tolerance * abs(gradient) - analytic.radius
        kind = "backward" if off > 0 else "the convention"
        sides = f"{shown(around.left.value)} on the left, {shown(around.right.value)} on the right"
        note = f"at a kink: no derivative, the slope is {sides}; {kind} gives {shown(gradient)}"
        verdict: Verdict = "kink"
    elif not isfinite(slope.value):
        return found(slope.value, "skipped", "the differences have no finite limit, cannot be checked")
    else:
        off = abs(gradient - slope.value) - tolerance * size - resolution
        note, verdict = "", "ok"
    if off > 0:
        # What bends within a step may be lost in the noise, as log(x) + 1e20.
        hidden = floats.divide(HIDDEN * noise, scale())
        if off > hidden:
            return found(slope.value, "wrong", note, resolution)
        resolution += hidden
        verdict = "cannot tell"
    elif verdict == "ok" and resolution > max(COARSE * size, NEGLIGIBLE):
        verdict = "cannot tell"
    if verdict == "cannot tell":
        numbers = f"backward gives {shown(gradient)}, the differences give {shown(slope.value)}"
        note = f"{numbers}, and rounding alone may put them {number_text(resolution, 2)} apart"
    return found(slope.value, verdict, note, resolution)


def check_gate(gate: Gate, operands: Sequence[float], *, tolerance: float = 1e-7) -> list[Comparison]:
    """A gate's local derivative by each operand, compared with differences of its forward rule.

    >>> from autograd import mul
    >>> [(each.name, each.analytic, each.verdict) for each in check_gate(mul, [2.0, 3.0])]
    [('a', 3.0, 'ok'), ('b', 2.0, 'ok')]

    Raises TypeError for an operand that is not a number.
    """
    numbers = [as_number(operand, gate.name) for operand in operands]
    return check_operands(gate, numbers, range(len(numbers)), tolerance)


def check_operands(
    gate: Gate, operands: Sequence[float], places: Iterable[int], tolerance: float, node: Value | None = None
) -> list[Comparison]:
    """A Comparison for the operand at each of the places."""
    name = gate.operand_name

    def forward(place: int, x: float) -> float:
        moved = list(operands)
        moved[place] = x
        return float(gate.forward(floats, *moved))

    if gate is detach:
        note = "sends no gradient, on purpose"
        return [Comparison(name(place), 0.0, nan, "skipped", note, inf, node, place) for place in places]
    exact = [Ball(number) for number in operands]
    try:
        out = forward_on_balls(gate, exact)
        whole = backward_on_balls(gate, Ball(1.0), out, exact)
        half = gate.contributions(-0.5, out.value, *operands)
    except (ValueError, ArithmeticError) as error:  # from a custom gate, on a path not taken
        note = f"its rule raises {type(error).__name__}: {error}; cannot be checked"
        return [Comparison(name(place), nan, nan, "skipped", note, inf, node, place) for place in places]
    rows = []
    for place in places:
        analytic = whole[place] or Ball(0.0)
        along = partial(forward, place)
        row = compare(
            name(place), analytic, along, operands[place], out.radius, _unbent, tolerance, node, place
        )
        slack = tolerance * abs(analytic.value) + analytic.radius + sys.float_info.min
        if isfinite(analytic.value) and abs(half[place] + 0.5 * analytic.value) > slack:
            one, other = shown(analytic.value), shown(half[place])
            note = f"not in proportion to the upstream gradient: {one} for 1, {other} for -0.5"
            row = replace(row, verdict="wrong", note=note)
        rows.append(row)
    return rows


def _unbent() -> float:
    """The scale of a single gate: it hides no bend within a step."""
    return inf


def shown(x: float) -> str:
    """A number with the digits that a comparison needs."""
    return number_text(x, 10)
