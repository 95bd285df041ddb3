"""The slope of a function at a point, from difference quotients.

The quotients of ever narrower steps are extrapolated to step 0 (Richardson), which gives ten
digits where a single quotient gives five.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import copysign, inf, isfinite, isinf, log, nan, ulp

Function = Callable[[float], float]

NARROWING = 4.0  # from one step to the next; a power of 2, so that x + step is seldom rounded
NARROWEST = -20  # the last step, as a power of that, where x is about 1
COLUMNS = 4  # of the extrapolation; later ones add only rounding
CONVERGED = 1e-4  # estimates that agree this well have a limit
GROWING = 8  # quotients that all grow go to infinity


@dataclass(frozen=True, slots=True)
class Slope:
    """A limit of difference quotients, how far its estimates lie apart, and what rounding adds."""

    value: float
    spread: float
    rounding: float

    @property
    def error(self) -> float:
        return self.spread + self.rounding

    @property
    def converged(self) -> bool:
        return self.spread <= max(CONVERGED * abs(self.value), self.rounding)


NO_SLOPE = Slope(nan, inf, 0.0)


@dataclass(frozen=True, slots=True)
class Slopes:
    """The slopes of a function at a point: across it, on its left and on its right."""

    across: Slope
    left: Slope
    right: Slope

    @property
    def at_kink(self) -> bool:
        left, right = self.left, self.right
        if not (left.converged and right.converged) or left.value == right.value:
            return False
        slack = CONVERGED * max(abs(left.value), abs(right.value)) + left.error + right.error
        return isinf(slack) or abs(left.value - right.value) > slack

    @property
    def best(self) -> Slope:
        """The one across x or, at the edge of the function's domain, the one inside it."""
        return next((slope for slope in (self.across, self.left, self.right) if slope.converged), NO_SLOPE)

    @property
    def precise(self) -> bool:
        """Whether narrower steps are not worth their time."""
        smooth = self.left.converged and self.right.converged and not self.at_kink
        return smooth and (self.across.error <= 1e-9 * abs(self.across.value) or self.across.spread == 0)


def slopes(function: Function, x: float, noise: float) -> Slopes:
    """The slopes of a function at x; noise is how far rounding may move its values near x.

    A function without noise, such as max, is exact.
    """
    # Some functions change on the scale of x, such as log, others on that of 1, such as exp.
    widest = round(log(max(1.0, abs(x)), NARROWING)) - 1
    narrowest = round(log(scale_of(x), NARROWING)) + NARROWEST
    quick = _slopes(function, x, noise, range(widest - 2, widest - 5, -1))
    if quick.precise and (widest < 3 or _confirmed(quick.across.value, function, x, noise)):
        return quick
    return _slopes(function, x, noise, range(widest, narrowest - 1, -1))


def _confirmed(slope: float, function: Function, x: float, noise: float) -> bool:
    """Whether a step far below 1 finds the slope too: over whole numbers, floor is a straight line."""
    step = NARROWING**-3
    low, high = sample(function, x - step), sample(function, x + step)
    if x + step == x or not isfinite(high - low):
        return x + step == x
    rounding = 2 * noise + 4 * ulp(max(abs(low), abs(high)))
    found = (high - low) / (2 * step)
    return abs(found - slope) <= CONVERGED * max(abs(found), abs(slope)) + rounding / step


def scale_of(x: float) -> float:
    """The smaller of the two scales on which a function may change at x."""
    return min(1.0, abs(x) or 1.0)


def _slopes(function: Function, x: float, noise: float, exponents: Iterable[int]) -> Slopes:
    across: list[tuple[float, float]] = []
    left: list[tuple[float, float]] = []
    right: list[tuple[float, float]] = []
    here = x, sample(function, x)
    for exponent in exponents:
        below, above = x - NARROWING**exponent, x + NARROWING**exponent
        if below == x or above == x:
            break
        low, high = (below, sample(function, below)), (above, sample(function, above))
        for quotients, (a, out_a), (b, out_b) in (
            (across, low, high),
            (left, low, here),
            (right, here, high),
        ):
            if isfinite(out_b - out_a):
                rounding = 2 * noise + 4 * ulp(max(abs(out_a), abs(out_b))) if noise else 0.0
                quotients.append(((out_b - out_a) / (b - a), rounding / (b - a)))
    # The error of a quotient across x is a series in even powers of the step, of the others in all powers.
    return Slopes(_limit(across, NARROWING**2), _limit(left, NARROWING), _limit(right, NARROWING))


def sample(function: Function, x: float) -> float:
    try:
        return function(x)
    except (ArithmeticError, ValueError):  # from a custom gate that uses Python's math
        return nan


def _limit(quotients: Sequence[tuple[float, float]], ratio: float) -> Slope:
    """What the quotients, from wide steps to narrow, tend to: each column removes one error term."""
    estimates: list[Slope] = []
    wider: list[float] = []
    for quotient, rounding in quotients:
        row, removed, best = [quotient], 1.0, NO_SLOPE
        for estimate in wider[:COLUMNS]:
            removed *= ratio
            row.append(row[-1] + (row[-1] - estimate) / (removed - 1))
            spread = max(abs(row[-1] - row[-2]), abs(row[-1] - estimate))
            if spread < best.spread:
                best = Slope(row[-1], spread, rounding)
        wider = row
        estimates.append(best)
    return _most_precise(estimates) or _infinite([quotient for quotient, _ in quotients]) or NO_SLOPE


def _most_precise(estimates: Sequence[Slope]) -> Slope | None:
    """The most precise estimate that the narrower ones confirm: a wide step may span a kink or a wave."""
    found: Slope | None = None
    for estimate in reversed(estimates):
        if not estimate.converged:
            continue
        if found and abs(estimate.value - found.value) > 2 * (estimate.error + found.error):
            break
        if found is None or estimate.error < found.error:
            found = estimate
    return found


def _infinite(quotients: Sequence[float]) -> Slope | None:
    """An infinite slope, where the quotients grow and grow: a jump, or a vertical tangent."""
    last = quotients[-GROWING:]
    grows = all(b / a > 1.1 if a else False for a, b in pairwise(last))
    return Slope(copysign(inf, last[-1]), 0.0, inf) if len(last) == GROWING and grows else None
