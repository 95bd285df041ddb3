"""A graph copied for a page: what is done to the copy does not reach the user's nodes."""

from __future__ import annotations

from copy import deepcopy

from autograd.backward import topological_order, upstream_gradients
from autograd.text import legible, shorten
from autograd.value import Value
from autograd.views.stepper.words import NAME_LENGTH


def copy_of_graph(root: Value) -> list[Value]:
    """The nodes below root in topological order, copied, with labels that are safe to show.

    Their gradients are those of one backward pass from root.
    """
    order = topological_order(root)
    gradients = dict(upstream_gradients(root))
    copies = deepcopy(order)
    for node, twin in zip(order, copies, strict=True):
        twin.label = shorten(legible(node.label), NAME_LENGTH)
        twin.grad = gradients[node]
    return copies
