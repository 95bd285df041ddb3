"""What tests ask of a compiled program: its lines, its matrix products, and whether it gathers."""

from __future__ import annotations

import re

from autograd.compiler.ir import Node, Shape, below
from autograd.compiler.program import Program

#: What reads or adds up by an index that is not an input, or copies into zeros.
BY_INDEX = r"\[i\d*\]|scatter_add|segments|pad\("


def body_of(program: Program, function: str = "loss_and_gradient") -> str:
    """The lines of one of the program's functions."""
    return program.source.partition(f"def {function}(")[2].partition("\n\n")[0]


def lines_of(program: Program, function: str = "loss_and_gradient") -> list[str]:
    """The same, one by one, without the head."""
    return [line.strip() for line in body_of(program, function).splitlines()[1:]]


def nodes_of(program: Program, operation: str) -> list[Node]:
    """The nodes with this operation that compute the outputs."""
    assert program.fused is not None, "it does not fold into arrays"
    return [each for each in below([program.fused.output]) if each.operation == operation]


def products_of(program: Program) -> list[tuple[Shape, Shape, Shape]]:
    """The shapes of both factors and of the result, of each product, the first layer's first."""
    products = nodes_of(program, "einsum")
    return [(each.operands[0].shape, each.operands[1].shape, each.shape) for each in products]


def gates_of(program: Program) -> list[tuple[str, Shape]]:
    """(name, shape) of the gates that are called, and of those along an axis."""
    assert program.fused is not None, "it does not fold into arrays"
    found = []
    for each in below([program.fused.output]):
        if each.operation == "call":
            found.append((each.detail.name, each.shape))
        elif each.operation == "reduce":
            found.append((each.detail[0].name, each.shape))
    return found


def indices_of(program: Program) -> list[str]:
    """Where the program's source gathers, adds up by an index, or copies into zeros."""
    return re.findall(BY_INDEX, program.source)
