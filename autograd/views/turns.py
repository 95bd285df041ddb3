"""The engine's walk for the views, which also show where nothing flows: on a path not taken."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from autograd.arithmetic import floats
from autograd.backward import upstream_gradients
from autograd.node import NOTHING
from autograd.value import Value


def turns(root: Value) -> Iterator[tuple[Value, float, tuple[float | None, ...]]]:
    """(node, upstream gradient, contribution to each input), root first; None is no contribution.

    >>> from autograd import relu
    >>> [sent for _, _, sent in turns(relu(Value(0.0).sqrt()))]
    [(None,), (None,), ()]
    """
    for node, upstream in upstream_gradients(root):
        yield node, upstream, sent_by(node, None if upstream is NOTHING else upstream)


def sent_by(node: Value, upstream: float | None) -> tuple[float | None, ...]:
    """What the node's gate sends to each input: None where nothing flows, as without an upstream gradient."""
    if node.gate is None or upstream is None:
        return (None,) * len(node.inputs)
    return node.gate.backward(floats, upstream, node.data, *node.operands)


def is_product(contribution: float | None, *factors: float) -> bool:
    """Whether the contribution may be shown as a product of these factors: nothing is not 0 × inf.

    >>> is_product(None, 0.0, 2.0), is_product(None, 0.0, float("inf"))
    (True, False)
    """
    return contribution is not None or prod(factors) == 0


def number_of(contribution: float | None) -> float:
    """What a contribution adds to a gradient."""
    return 0.0 if contribution is None else contribution
