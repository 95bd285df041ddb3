"""An expression of the source as text, and how tightly it binds."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple

import numpy as np

from autograd.arithmetic.notation import BINDING
from autograd.compiler.ir import Shape

TIGHTEST = 8.0
TIGHT: dict[str, float] = {
    **{sign: tight for sign, tight in BINDING.items() if sign != "where"}, "@": BINDING["*"], "&": 1.5,
}  # fmt: skip
AND_SIDES = TIGHT["<"] + 0.5  # in Python & binds tighter than a comparison, so its two sides get brackets


class Text(NamedTuple):
    """An expression, how tightly it binds, and whether there is a matrix product in it."""

    text: str
    tight: float = TIGHTEST
    has_product: bool = False
    unshaped: str = ""  # of a.reshape(...), the a
    factors: tuple[str, ...] = ()  # of a @ b, the a and the b

    def inside(self, at_least: float) -> str:
        return f"({self.text})" if self.tight < at_least else self.text


def number(x: float) -> Text:
    """Whole numbers without .0, as people write them."""
    if isfinite(x) and x == int(x) and abs(x) < 1e15:
        text = str(int(x)) if x or np.copysign(1, x) > 0 else "-0.0"
    else:
        text = repr(x)
    return Text(text, TIGHT["neg"] if text.startswith("-") else TIGHTEST)


def index_of(old: Shape, new: Shape) -> str | None:
    """The index that puts in or takes out axes of size 1; None if more than those change."""
    parts = []
    place = 0
    for size in new:
        if place < len(old) and old[place] == size:
            parts.append(":")
            place += 1
        elif size == 1:
            parts.append("None")
        else:
            while place < len(old) and old[place] == 1:
                parts.append("0")
                place += 1
            if place == len(old) or old[place] != size:
                return None
            parts.append(":")
            place += 1
    while place < len(old):
        if old[place] != 1:
            return None
        parts.append("0")
        place += 1
    while parts and parts[-1] == ":":
        parts.pop()
    return f"[{', '.join(parts)}]" if parts else ""


def ranges_of(ranges: Sequence[tuple[int, int, int]], shape: Shape, kept: Sequence[str] = ()) -> str:
    """The slices as an index; a number where the axis is not kept but "0"."""
    parts = []
    for place, ((start, stop, step), size) in enumerate(zip(ranges, shape, strict=True)):
        whole = start == 0 and stop == size and step == 1
        if kept and kept[place] == "0":
            parts.append(str(start))
            continue
        parts.append(":" if whole else f"{start}:{stop}" + (f":{step}" if step != 1 else ""))
    while len(parts) > 1 and parts[-1] == ":":
        parts.pop()
    return ", ".join(parts)
