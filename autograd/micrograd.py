"""What a node knows, by the names that it has in micrograd, for code that was written for that."""

from __future__ import annotations

TYPE_CHECKING = False  # see gates.py
if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.value import Value


def prev(out: Value) -> set[Value]:
    """The inputs, as a set."""
    return {node for node in out.inputs if node is not None}


def op(out: Value) -> str:
    """The gate's symbol."""
    return out.gate.symbol if out.gate else ""


def backward(out: Value) -> Callable[[], None]:
    """A function that adds this node's contributions to the ``grad`` of its inputs."""

    def add_contributions() -> None:
        for node, contribution in zip(out.inputs, out.local_backward(out.grad), strict=True):
            if node is not None:
                node.grad += contribution

    return add_contributions
