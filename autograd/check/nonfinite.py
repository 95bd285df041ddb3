"""Where the first inf or nan comes from."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Literal

from autograd.backward import topological_order, walk
from autograd.check.comparison import shown
from autograd.names import name_nodes
from autograd.value import Value


@dataclass(frozen=True, slots=True)
class NonFinite:
    """Where the first inf or nan comes from; as a string, a sentence that says it.

    where  "leaf": a leaf holds it; "value": a gate computed it from finite inputs; "gradient": all
           numbers are finite, and it came up in the backward pass
    """

    node: Value
    where: Literal["leaf", "value", "gradient"]
    sentence: str

    def __str__(self) -> str:
        return self.sentence


def find_nonfinite(root: Value) -> NonFinite | None:
    """The first gate that made an inf or a nan, with its inputs; None if all is finite.

    The data come first, in topological order; where they are all finite, the gradients, in the
    order of the backward pass. Nobody's ``grad`` changes.

    >>> x = Value(0.0, label="x")
    >>> print(find_nonfinite(1 + x.log()))
    gate log of v1 gives -inf; its inputs: x = 0
    >>> print(find_nonfinite(x.sqrt()))
    gate sqrt of v1 hands inf back to x, from an upstream gradient of 1; its inputs: x = 0
    """
    order = topological_order(root)
    names = name_nodes(order)
    for node in order:
        if not isfinite(node.data):
            if node.gate is None:
                return NonFinite(node, "leaf", f"leaf {names[node]} is {shown(node.data)}")
            sentence = (
                f"gate {node.gate.name} of {names[node]} gives {shown(node.data)}; {_inputs(node, names)}"
            )
            return NonFinite(node, "value", sentence)
    for node, upstream, contributions in walk(root):
        if not isfinite(upstream):
            sentence = f"the contributions to the gradient of {names[node]} add up to {shown(upstream)}"
            return NonFinite(node, "gradient", sentence)
        for below, contribution in zip(node.inputs, contributions, strict=True):
            if below is not None and not isfinite(contribution):
                assert node.gate is not None
                hands = f"hands {shown(contribution)} back to {names[below]}"
                came = f"from an upstream gradient of {shown(upstream)}; {_inputs(node, names)}"
                return NonFinite(node, "gradient", f"gate {node.gate.name} of {names[node]} {hands}, {came}")
    return None


def _inputs(node: Value, names: dict[Value, str]) -> str:
    """The operands with their numbers; a plain number has no name."""
    inputs = [
        shown(number) if below is None else f"{names[below]} = {shown(number)}"
        for below, number in zip(node.inputs, node.operands, strict=True)
    ]
    return f"its inputs: {', '.join(inputs)}"
