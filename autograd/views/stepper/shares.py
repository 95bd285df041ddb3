"""What each input of a gate receives in the backward pass, in numbers and in words."""

from __future__ import annotations

from dataclasses import dataclass

from autograd.arithmetic.notation import number_text
from autograd.arithmetic.symbols import Symbol
from autograd.text import listed

#: The most gates that a list names.
MOST_NAMES = 4
NOT_TAKEN = "nothing: this path is not taken"


@dataclass(frozen=True, slots=True)
class Share:
    """What one input gets in a gate's turn: contribution = upstream gradient * local derivative.

    taken    whether it is that product; else the path is not taken, and the contribution is 0
    formula  the local derivative in the names of the nodes; local is its number
    total    the sum of the contributions that have reached the input so far
    awaited  the outputs of the next gates whose contributions are still to come; unnamed counts the
             others
    """

    place: int
    name: str
    upstream: float
    formula: Symbol
    local: float
    taken: bool
    contribution: float
    total: float
    awaited: tuple[str, ...]
    unnamed: int

    @property
    def sentence(self) -> str:
        """x receives 0.5 × (-3) = -1.5 (total -1.5, complete)."""
        sent = f"{self.product} = {number_text(self.contribution)}" if self.taken else NOT_TAKEN
        return f"{self.name} receives {sent} (total {self.progress})"

    @property
    def product(self) -> str:
        """Upstream gradient times local derivative, in numbers: 0.5 × (-3)."""
        local = number_text(self.local)
        return f"{number_text(self.upstream)} × {f'({local})' if local[0] == '-' else local}"

    @property
    def progress(self) -> str:
        """The input's gradient so far, and whose contributions are still to come."""
        total = number_text(self.total)
        if not self.awaited:
            return f"{total}, complete"
        return f"{total} so far, more to come from {listed(self.awaited, MOST_NAMES, self.unnamed)}"
