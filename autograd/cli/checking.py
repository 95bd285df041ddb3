"""The gradient check, in time that grows no faster than the graph."""

from __future__ import annotations

from copy import deepcopy
from typing import NamedTuple

from autograd.backward import topological_order
from autograd.check import Report, gradcheck
from autograd.names import name_nodes
from autograd.value import Value

#: Each leaf is checked by computing the graph again, some ten times: the most leaves times operands.
MOST_WORK = 200_000


class Check(NamedTuple):
    """What gradcheck found, and of how many of the leaves: "" for all of them."""

    report: Report
    sample: str

    @property
    def text(self) -> str:
        return "\n".join([f"checked: {self.sample}"] * bool(self.sample) + [str(self.report)])


def check(root: Value) -> Check:
    """The check of a graph, or of a part of it where the whole would take too long.

    The part is what was computed from some of the leaves, evenly spaced; the rest becomes plain
    numbers in it.
    """
    order = topological_order(root)
    leaves = [node for node in order if node.gate is None]
    most = max(MOST_WORK // max(sum(len(node.operands) for node in order), 1), 1)
    if len(leaves) <= most:
        return Check(gradcheck(root), "")
    part = {leaves[place * len(leaves) // most] for place in range(most)}
    for node in order:
        if not part.isdisjoint(node.inputs):
            part.add(node)
    numbers = {id(node): None for node in order if node not in part}
    kept = [node for node in order if node in part]
    names = name_nodes(order)
    copies = deepcopy(kept, numbers)  # with the rest as if copied already, to None
    for node, twin in zip(kept, copies, strict=True):
        twin.label = names[node]
    sample = f"{most:,} of the {len(leaves):,} leaves, evenly spaced, and the gates that use them"
    return Check(gradcheck(copies[-1]), sample)
