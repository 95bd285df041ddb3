"""What a gradient check found, for programs and for people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autograd.check.comparison import Comparison
from autograd.text import one_line
from autograd.value import Value

MOST_LINES = 10  # of leaves, and of gates, in a report


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """What gradcheck found. As a bool it is ``ok``; as a string, and in a notebook, a readable summary.

    leaves  a Comparison per leaf, in topological order; per input, of a function
    gates   a Comparison per operand of a gate, where that operand is a Value
    names   of the nodes: the label, else v1, v2, ... in topological order
    """

    leaves: list[Comparison]
    gates: list[Comparison]
    names: dict[Value, str]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong, and at least one leaf could be checked."""
        return bool(self.checked) and not any(row.verdict == "wrong" for row in self.leaves + self.gates)

    @property
    def checked(self) -> list[Comparison]:
        """The leaves that could be checked."""
        return [row for row in self.leaves if row.is_checked]

    @property
    def unchecked(self) -> list[Comparison]:
        """What could not be checked, leaves and gates: their notes say why."""
        return [row for row in self.leaves + self.gates if not row.is_checked]

    @property
    def worst(self) -> Comparison | None:
        """The leaf that is furthest off; None if none could be checked."""

        def badness(row: Comparison) -> tuple[bool, float]:
            relative = row.error / max(1.0, abs(row.analytic), abs(row.numeric))
            return row.verdict == "wrong", 0.0 if row.verdict == "kink" else relative

        return max(self.checked, key=badness, default=None)

    @property
    def guilty(self) -> Comparison | None:
        """The first gate, in topological order, whose local derivative is wrong, with the operand."""
        return next((row for row in self.gates if row.verdict == "wrong"), None)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        wrong = [row for row in self.checked if row.verdict == "wrong"]
        unclear = [row for row in self.leaves if row.verdict == "cannot tell"]
        counts = f"{len(self.checked)} of {len(self.leaves)} leaves checked, {len(wrong)} wrong"
        verdict = "passed" if self.ok else "FAILED" if self.checked or self.guilty else "impossible"
        lines = [
            f"gradient check {verdict}: {counts}{f'; of {len(unclear)} it cannot tell' if unclear else ''}"
        ]
        if self.worst and self.worst.verdict == "ok":
            lines.append(f"furthest off: leaf {self.worst}")
        lines += _lines(self.leaves, lambda row: f"leaf {row}")
        lines += _lines(self.gates, self._gate_line)
        if wrong and not self.guilty:
            lines.append(f"no gate is guilty: {self._explanation()}")
        return "\n".join([one_line(line) for line in lines])

    def __repr__(self) -> str:
        return f"<Report: {str(self).partition(chr(10))[0]}; print() shows all of it>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The text, where IPython shows it by itself."""
        printer.text(str(self))

    def _gate_line(self, row: Comparison) -> str:
        assert row.node is not None
        assert row.gate is not None
        guilty = "guilty " if row.verdict == "wrong" else ""
        return f"{guilty}gate {row.gate.name} of {self.names[row.node]}, operand {row}"

    def _explanation(self) -> str:
        if any(row.verdict == "kink" for row in self.gates):
            return "at a kink each keeps its convention, but the chain rule need not hold"
        return "each is right at its own operands; does the function go around the graph, as .data does?"


def _lines(rows: list[Comparison], line: Callable[[Comparison], str]) -> list[str]:
    """A line for each that is not ok, the wrong ones first; no more than a screen holds."""
    ordered = sorted([row for row in rows if row.verdict != "ok"], key=lambda row: row.verdict != "wrong")
    lines = [line(row) for row in ordered[:MOST_LINES]]
    return lines if len(ordered) <= MOST_LINES else [*lines, f"... and {len(ordered) - MOST_LINES:,} more"]
