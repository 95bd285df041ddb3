"""What tests ask of a compiled program's layout: its matrix products, and what it must gather."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from autograd.compiler.emit import Forward
from autograd.compiler.gradients import Backward
from autograd.compiler.library import Segments
from autograd.compiler.program import Program
from autograd.compiler.vectors import (
    Elementwise,
    Instruction,
    Layout,
    Locations,
    MatrixProduct,
    Part,
    Scattered,
    Total,
    Weighted,
)  # fmt: skip

Shape = tuple[int, int, int, int]


def parts_of(layout: Layout) -> list[Part]:
    return [part for each in layout.instructions if isinstance(each, Total) for part in each.parts]


def operands_of(instruction: Instruction) -> list[Locations]:
    """The locations of all scalars that an instruction takes."""
    if isinstance(instruction, Elementwise):
        return instruction.operands
    found = []
    for part in instruction.parts:
        if isinstance(part, (MatrixProduct, Weighted)):
            found += [part.weights, part.factors]
        else:
            found.append(part.terms)
        if isinstance(part, MatrixProduct):
            found += part.biases
        if isinstance(part, Scattered) and part.weights is not None:
            found.append(part.weights)
    return found


def products_of(program: Program) -> list[Shape]:
    """(products side by side, rows, length, columns) of each matrix product, the first layer's first."""
    products = [part for part in parts_of(program.layout) if isinstance(part, MatrixProduct)]
    return [(*part.weights.shape, part.factors.shape[2]) for part in products]


def gates_of(program: Program) -> list[tuple[str, int]]:
    """(name, how many in one instruction) of the gates."""
    return [
        (each.gate.name, each.out.size)
        for each in program.layout.instructions
        if isinstance(each, Elementwise)
    ]


def _is_index(value: Any) -> bool:
    return isinstance(value, Segments) or (isinstance(value, np.ndarray) and value.dtype.kind in "iu")


def indices_of(program: Program) -> set[str]:
    """The index arrays and plans that the program's source names: what it gathers and adds up by."""
    names = {**Forward(program.layout).emit().names, **Backward(program.layout).emit().names}
    used = set(re.findall(r"\w+", program.source))
    return {name for name, value in names.items() if _is_index(value) and name in used}


def body_of(program: Program, function: str) -> str:
    """The lines of one of the program's functions."""
    return program.source.partition(f"def {function}(")[2].partition("\n\n")[0]
