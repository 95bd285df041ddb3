"""What a program's functions have in common: names, constants, and the lines that stand before them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.compiler.naming import Names, base
from autograd.compiler.structure import Array


class Writer:
    """The inputs and parameters of all functions, and the lines before these, which name parts of them.

    own  the names that the source uses beside library.FUNCTIONS
    """

    def __init__(self, inputs: Sequence[Array], parameters: Sequence[Array]) -> None:
        self.names = Names()
        self.inputs = inputs
        self.parameters = parameters
        self.own: dict[str, Any] = {}
        self.before: dict[str, str] = {}  # what stands before the functions: by text, the name
        self.constants: dict[Any, str] = {}
        self.input_names = [self.names.new(base(each.label) or "x") for each in inputs]
        self.parameter_names: dict[int, str] = {}
        self.functions: dict[Any, str] = {}
        self.copied_inputs: set[int] = set()  # whose numbers should lie with the examples last

    def define(self, wanted: str, text: str) -> str:
        """The name of an expression that is computed once, before the functions."""
        if text not in self.before:
            self.before[text] = self.names.new(wanted)
        return self.before[text]

    @property
    def prelude(self) -> str:
        return "\n".join([f"{name} = {text}" for text, name in self.before.items()])
