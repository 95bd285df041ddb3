"""Where the first inf or nan comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

from autograd.backward import topological_order, walk
from autograd.check.comparison import shown
from autograd.check.targets import values_in
from autograd.gates import summation
from autograd.names import name_nodes
from autograd.numbers import what_came
from autograd.text import one_line
from autograd.value import Value


@dataclass(frozen=True, slots=True)
class NonFinite:
    """Where the first inf or nan comes from; as a string, a sentence that says it.

    where  "leaf": a leaf holds it; "value": a gate computed it from finite inputs; "gradient": all
           numbers are finite, and it arose in the backward pass
    """

    node: Value
    where: Literal["leaf", "value", "gradient"]
    sentence: str

    def __str__(self) -> str:
        return self.sentence


def find_nonfinite(root: Any) -> NonFinite | None:
    """The first gate that made an inf or a nan, with its inputs; None if everything is finite.

    root is a Value, or a list or an array of them, or of arrays. The data come first, in topological
    order; where they are all finite, the gradients, in the order of the backward pass: of several
    Values, those of their sum. No ``grad`` changes.

    >>> x = Value(0.0, label="x")
    >>> print(find_nonfinite(1 + x.log()))
    gate log of v1 gives -inf; its inputs: x = 0
    >>> print(find_nonfinite(x.sqrt()))
    gate sqrt of v1 hands inf back to x, from an upstream gradient of 1; its inputs: x = 0

    Raises TypeError if there is no Value in root.
    """
    roots = values_in(root)
    if not roots:
        wanted = "find_nonfinite takes a Value, or a list or an array of them"
        raise TypeError(f"{wanted}, got {one_line(what_came(root))}")
    # their sum, for one walk over them all: it hands a gradient of 1 to each
    total = roots[0] if len(roots) == 1 else summation(*roots)
    order = topological_order(total)
    if len(roots) > 1:
        order.pop()
    names = name_nodes(order)
    found = _in_data(order, names) or _in_gradients(total, names)
    return found and NonFinite(found.node, found.where, one_line(found.sentence))


def _in_data(order: Sequence[Value], names: dict[Value, str]) -> NonFinite | None:
    for node in order:
        if isfinite(node.data):
            continue
        number = shown(node.data)
        if node.gate is None:
            return NonFinite(node, "leaf", f"leaf {names[node]} is {number}")
        sentence = f"gate {node.gate.name} of {names[node]} gives {number}; {_inputs(node, names)}"
        return NonFinite(node, "value", sentence)
    return None


def _in_gradients(root: Value, names: dict[Value, str]) -> NonFinite | None:
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
