"""One derivative as backward has it, against the slope that the differences find."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan, ulp
from typing import Literal

from autograd.arithmetic import floats
from autograd.arithmetic.notation import number_text
from autograd.check.slopes import Function, sample, slopes
from autograd.rules import Gate, as_number
from autograd.value import Value

Verdict = Literal["ok", "wrong", "kink", "skipped"]

NEGLIGIBLE = 1e-9  # as a gradient that the differences cannot tell from 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """A derivative as backward has it (analytic) and as the differences have it (numeric).

    name      of the leaf, or of the gate's operand
    verdict   "ok"; "wrong"; "kink": no derivative here, but the analytic one lies between the
              slopes on the two sides; "skipped": cannot be checked. The note says why
    node      the leaf, or the gate's output; None from check_gate
    index     the operand's place; None for a leaf
    """

    name: str
    analytic: float
    numeric: float
    verdict: Verdict
    note: str
    node: Value | None = None
    index: int | None = None

    @property
    def error(self) -> float:
        return abs(self.analytic - self.numeric)

    @property
    def gate(self) -> Gate | None:
        return self.node.gate if self.node is not None else None

    def __str__(self) -> str:
        numbers = f"backward gives {shown(self.analytic)}, the differences give {shown(self.numeric)}"
        return f"{self.name}: {self.verdict}: {self.note or numbers}"


def compare(
    analytic: float, function: Function, x: float, tolerance: float, noise: float = 0.0
) -> tuple[float, float, Verdict, str]:
    """The analytic and the numeric derivative, the verdict, and a note."""
    if not all(map(isfinite, (analytic, x, sample(function, x)))):
        return analytic, nan, "skipped", "not finite, cannot be checked"
    found = slopes(function, x, noise)
    slope = found.best
    numeric = slope.value
    size = max(abs(analytic), abs(numeric))
    if found.at_kink:
        low, high = sorted([found.left, found.right], key=lambda side: side.value)
        slack = tolerance * abs(analytic)
        between = low.value - low.error - slack <= analytic <= high.value + high.error + slack
        sides = f"{shown(found.left.value)} on the left, {shown(found.right.value)} on the right"
        kind = "the convention" if between else "backward"
        note = f"at a kink: no derivative, the slope is {sides}; {kind} gives {shown(analytic)}"
        return analytic, numeric, "kink" if between else "wrong", note
    if not isfinite(numeric):
        return analytic, numeric, "skipped", "the differences have no finite limit, cannot be checked"
    error = abs(analytic - numeric)
    if error > tolerance * size + slope.error:
        return analytic, numeric, "wrong", ""
    if error > 0.01 * size and slope.error > NEGLIGIBLE:  # they agree only because anything would
        return analytic, numeric, "skipped", "drowned by rounding, cannot be checked"
    return analytic, numeric, "ok", ""


def check_gate(gate: Gate, operands: Sequence[float], *, tolerance: float = 1e-7) -> list[Comparison]:
    """A gate's local derivative by each operand, compared with differences of its forward rule.

    >>> from autograd import mul
    >>> [(each.name, each.analytic, each.verdict) for each in check_gate(mul, [2.0, 3.0])]
    [('a', 3.0, 'ok'), ('b', 2.0, 'ok')]

    Raises TypeError for an operand that is no number.
    """
    numbers = [as_number(operand, gate.name) for operand in operands]
    return [check_operand(gate, numbers, index, tolerance) for index in range(len(numbers))]


def check_operand(
    gate: Gate, operands: Sequence[float], index: int, tolerance: float, node: Value | None = None
) -> Comparison:
    def along(x: float) -> float:
        return float(gate.forward(floats, *operands[:index], x, *operands[index + 1 :]))

    name = f"{gate.operand_names[0]}[{index}]" if gate.variadic else gate.operand_names[index]
    out = gate.forward(floats, *operands)
    whole, scaled = [float(gate.contributions(up, out, *operands)[index]) for up in (1.0, -0.5)]
    # many operands may cancel to a small output, which is then rounded as they were
    noise = 4 * ulp(max(map(abs, operands))) if gate.variadic else 0.0
    analytic, numeric, verdict, note = compare(whole, along, operands[index], tolerance, noise)
    if isfinite(whole) and abs(scaled + 0.5 * whole) > tolerance * abs(whole) + sys.float_info.min:
        verdict = "wrong"
        note = f"not in proportion to the upstream gradient: {shown(whole)} for 1, {shown(scaled)} for -0.5"
    return Comparison(name, analytic, numeric, verdict, note, node, index)


def shown(x: float) -> str:
    """A number with the digits that a comparison needs."""
    return number_text(x, 10)
