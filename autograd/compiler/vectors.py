"""What the second half of fuse makes: vectors of scalars, and the instructions that compute them.

A *location* is a number that stands for one scalar: the vectors lie one after the other in one
long numbering, so an array of locations says which scalars an instruction takes, in which shape.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.compiler.trace import Trace
from autograd.rules import Gate

Locations = npt.NDArray[np.int64]


@dataclass(eq=False)
class Vector:
    """Scalars of one kind that are held in one array, (size, examples), or (size, 1) if none varies.

    start  the location of its first scalar
    """

    name: str
    size: int
    start: int
    varies: bool
    learns: bool  # whether a parameter is in it or below it: it needs a gradient then
    rows: list[int] = field(repr=False)  # of the trace


@dataclass(eq=False)
class Elementwise:
    """One gate on whole vectors; ``stacked`` if it takes its operands as one array, along a first axis."""

    out: Vector
    gate: Gate
    operands: list[Locations]  # each (size,); of a stacked one, a single (operands, size)
    stacked: bool = False


@dataclass(eq=False)
class MatrixProduct:
    """weights (g, r, m) times factors (g, m, c), g products side by side; a weight that is not there is -1.

    biases  added to every column: rows of one term each, (r,), where g is 1
    """

    weights: Locations
    factors: Locations
    biases: list[Locations] = field(default_factory=list)


@dataclass(eq=False)
class Weighted:
    """One weight times one factor in each place: (size,) each."""

    weights: Locations
    factors: Locations


@dataclass(eq=False)
class Terms:
    """A plain term in each place, (size,)."""

    terms: Locations
    sign: int


@dataclass(eq=False)
class Reduction:
    """A sum over the second axis, (size, terms)."""

    terms: Locations
    sign: int


@dataclass(eq=False)
class Scattered:
    """Terms added up in the places they belong to, each (n,); with weights, weighted ones."""

    terms: Locations
    places: npt.NDArray[np.int64]
    sign: int
    weights: Locations | None = None


Part = MatrixProduct | Weighted | Terms | Reduction | Scattered


@dataclass(eq=False)
class Total:
    """A sum of parts."""

    out: Vector
    parts: list[Part]


Instruction = Elementwise | Total


@dataclass(eq=False)
class Layout:
    """The whole program before it is written: vectors, and how to compute each from those before it.

    location  of every row of the trace; -1 for one that a sum absorbed
    """

    trace: Trace
    vectors: list[Vector]
    instructions: list[Instruction]
    location: Locations
    inputs: list[Vector]
    parameters: Vector | None
    constants: Vector | None

    @property
    def columns(self) -> list[slice]:
        """Of a batch (examples, inputs), the columns that go to each vector of inputs."""
        ends = accumulate(vector.size for vector in self.inputs)
        return [slice(end - vector.size, end) for end, vector in zip(ends, self.inputs, strict=True)]

    def numbers(self, vector: Vector) -> npt.NDArray[Any]:
        """The numbers of the vector's scalars in the traced graph."""
        return np.array([self.trace.number[row] for row in vector.rows])

    def varies_at(self, location: int) -> bool:
        """Whether the scalar at a location differs from example to example."""
        return any(each.varies and each.start <= location < each.start + each.size for each in self.vectors)
