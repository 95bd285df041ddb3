"""What a node knows, by the names that it has in micrograd, for code that was written for that."""

from __future__ import annotations

TYPE_CHECKING = False  # see rules.py
if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.node import Node


def prev(out: Node) -> set[Node]:
    """The inputs, as a set."""
    return {node for node in out.inputs if node is not None}


def op(out: Node) -> str:
    """The gate's symbol."""
    return out.gate.symbol if out.gate else ""


def backward(out: Node) -> Callable[[], None]:
    """A function that adds this node's contributions to the ``grad`` of its inputs."""

    def add_contributions() -> None:
        for node, contribution in zip(out.inputs, out.local_backward(out.grad), strict=True):
            if node is not None:
                node.grad += contribution

    return add_contributions
