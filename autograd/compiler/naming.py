"""The names of the program's vectors: their labels, or else those that people give to layers."""

from __future__ import annotations

import keyword
import unicodedata
from functools import cache

from autograd.compiler.library import FUNCTIONS
from autograd.compiler.vectors import Elementwise, Layout, MatrixProduct, Total, Vector
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
    """

    def __init__(self) -> None:
        self.taken = set(RESERVED)
        self.counts: dict[str, int] = {}  # the last number used, for each name wanted again

    def new(self, wanted: str) -> str:
        name = wanted
        joint = "_" if wanted[-1].isdigit() else ""
        while name in self.taken:
            self.counts[wanted] = self.counts.get(wanted, 1) + 1
            name = f"{wanted}{joint}{self.counts[wanted]}"
        self.taken.add(name)
        return name


def common_base(labels: list[str]) -> str:
    """The one base of all the labels, or ""."""
    first = base(labels[0])
    return first if all(base(label) == first for label in labels) else ""


def name_vectors(layout: Layout, names: Names) -> None:
    """Name the vectors: z1 for the first layer's sums, h1 for its activations, v1, v2, ... for the rest."""
    label = layout.trace.label
    labelled = {vector: common_base([label[row] for row in vector.rows]) for vector in layout.vectors}
    for vector in layout.inputs:
        vector.name = names.new(labelled[vector] or "x")
    layer_of: dict[int, int] = {}  # by the start of a layer's sums
    layers = others = 0
    for instruction in layout.instructions:
        out = instruction.out
        wanted = labelled[out]
        if isinstance(instruction, Total) and any(isinstance(p, MatrixProduct) for p in instruction.parts):
            layers += 1
            layer_of[out.start] = layers
            wanted = wanted or f"z{layers}"
        elif isinstance(instruction, Elementwise) and (layer := _activated(instruction, layer_of)):
            wanted = wanted or f"h{layer}"
        elif not wanted:
            others += 1
            wanted = f"v{others}"
        out.name = names.new(wanted)


def _activated(instruction: Elementwise, layer_of: dict[int, int]) -> int | None:
    """The layer whose sums the gate takes, all of them, and nothing else that varies."""
    first = instruction.operands[0]
    if first.ndim > 1 or first.size != instruction.out.size:
        return None
    return layer_of.get(int(first[0])) if len(instruction.operands) == 1 else None


def is_labelled(layout: Layout, vector: Vector) -> bool:
    return bool(common_base([layout.trace.label[row] for row in vector.rows]))
