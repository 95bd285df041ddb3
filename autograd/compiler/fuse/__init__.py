"""Fuse: the scalars of one example become arrays with axes.

scalars -> groups -> building, which finds the axes by grids.
"""

from __future__ import annotations

from autograd.compiler.array_program import ArrayProgram
from autograd.compiler.fuse.building import Building
from autograd.compiler.fuse.groups import Groups, Irregular, arrays_of
from autograd.compiler.fuse.scalars import Scalars
from autograd.compiler.ir import IR, Node, Shape
from autograd.compiler.trace import Trace


class Fused:
    """The array program of a trace.

    arrays                      the program
    ir                          its nodes
    output, inputs, parameters  those of the outputs, as one if there are several, and of the leaves
    has_masks                   whether some arrays have places for scalars that there are not
    """

    def __init__(self, trace: Trace, inputs: list[Shape], parameters: list[Shape]) -> None:
        self.scalars = Scalars(trace)
        leaves = arrays_of(parameters, trace.parameters) + arrays_of(inputs, trace.inputs)
        self.groups = Groups(self.scalars, leaves)
        building = Building(self.groups, inputs, parameters)
        self.output: Node = building.output(self.scalars.outputs)
        self.ir: IR = building.ir
        self.inputs = building.inputs
        self.parameters = building.parameters
        self.arrays = ArrayProgram(self.output, tuple(self.parameters))
        self.has_masks = building.has_masks
        self.told = building.told


def fuse(trace: Trace, inputs: list[Shape], parameters: list[Shape]) -> Fused | None:
    """The trace as arrays, from leaves of these shapes; None if too few scalars are alike."""
    try:
        return Fused(trace, inputs, parameters)
    except Irregular:
        return None
