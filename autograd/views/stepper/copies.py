"""A graph copied for a page: what is done to the copy does not reach the user's nodes."""

from __future__ import annotations

import unicodedata
from copy import deepcopy

from autograd.arithmetic.mathml import legible
from autograd.backward import topological_order, upstream_gradients
from autograd.value import Value
from autograd.views.labels import shorten
from autograd.views.stepper.words import NAME_LENGTH

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"


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


def isolated(name: str) -> str:
    """The name, kept from turning the writing direction of the text around it.

    >>> isolated("w"), len(isolated("\u05d0"))
    ('w', 3)
    """
    if any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in name):
        return FIRST_STRONG_ISOLATE + name + POP_ISOLATE
    return name
