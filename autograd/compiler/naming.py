"""Names in a program's source: the labels of Values as far as Python takes them, each only once."""

from __future__ import annotations

import keyword
import unicodedata
from functools import cache

from autograd.compiler.library import FUNCTIONS
from autograd.gates import GATES

#: Names that the program's source uses for something else.
RESERVED = {"parameters", "gradient", "outputs", "loss_and_gradient", "dloss", *FUNCTIONS, *GATES}


@cache
def _as_name(text: str) -> str:
    text = unicodedata.normalize("NFKC", text)  # as Python's parser reads it
    is_free = text.isidentifier() and not keyword.iskeyword(text) and not text.startswith("__")
    return text if is_free else ""


def base(label: str) -> str:
    """W1 of a label W1[0,1]; "" if that could not be a name.

    >>> base("W1[0,1]"), base("h"), base("dL/dw"), base("")
    ('W1', 'h', '', '')
    """
    return _as_name(label.partition("[")[0])


class Names:
    """Hands out names, each only once.

    >>> names = Names()
    >>> names.new("W"), names.new("W"), names.new("z1"), names.new("z1")
    ('W', 'W2', 'z1', 'z1_2')

    outer  the names outside a function, which those in it do not hide, no matter who comes first
    """

    def __init__(self, outer: Names | None = None) -> None:
        self.outer = outer
        self.taken = set(RESERVED)
        self.inside: set[str] = set()  # what those have handed out whose outer this is
        self.counts: dict[str, int] = {}  # the last number used, for each name wanted again

    def new(self, wanted: str) -> str:
        name = wanted
        joint = "_" if wanted[-1].isdigit() else ""
        while self.is_taken(name) or name in self.inside:
            self.counts[wanted] = self.counts.get(wanted, 1) + 1
            name = f"{wanted}{joint}{self.counts[wanted]}"
        self.taken.add(name)
        if self.outer is not None:
            self.outer.inside.add(name)
        return name

    def is_taken(self, name: str) -> bool:
        return name in self.taken or (self.outer is not None and self.outer.is_taken(name))


def common_base(labels: list[str]) -> str:
    """The one base of all the labels, or ""."""
    first = base(labels[0])
    return first if all(base(label) == first for label in labels) else ""
