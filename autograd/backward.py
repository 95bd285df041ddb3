"""The backward pass: a topological order, and one walk over it in reverse.

A node is known here by its inputs, its gate's backward rule and its gradient only.
"""

from __future__ import annotations

import gc

from autograd.arithmetic import floats

TYPE_CHECKING = False  # see gates.py
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Any

    from autograd.value import Value


def topological_order(root: Value) -> list[Value]:
    """Every node that root was computed from, each after its inputs; root comes last.

    >>> from autograd import Value
    >>> a = Value(1.0, label="a"); b = a + a; b.label = "b"; c = b + b; c.label = "c"
    >>> [node.label for node in topological_order(c)]
    ['a', 'b', 'c']
    """
    return [node for node in _zero_gradients(root) if node is not None]


def _zero_gradients(root: Value) -> dict[Any, float]:
    """A gradient of 0.0 for every node, the nodes in topological order.

    Depth first, with a stack of our own instead of recursion: a chain of a million gates has no
    business with Python's recursion limit. None, which stands for the plain numbers among the
    inputs, comes first, as if it were a node already seen: what they are due is added up there
    and read by nobody.
    """
    gradients: dict[Any, float] = {None: 0.0}
    path: list[tuple[Value, Iterator[Any]]] = []
    node: Value = root
    unseen: Iterator[Any] = iter(root.inputs)
    while True:
        for below in unseen:
            if below not in gradients:
                if not below.inputs:  # a leaf
                    gradients[below] = 0.0
                    continue
                path.append((node, unseen))
                node, unseen = below, iter(below.inputs)
                break
        else:
            gradients[node] = 0.0
            if not path:
                return gradients
            node, unseen = path.pop()


def walk(root: Value) -> Iterator[tuple[Value, float, tuple[float, ...]]]:
    """Yield (node, upstream gradient, contribution to each input), root first; leaves have none.

    A node's turn comes when every gate that uses it has had its own: only then is its upstream
    gradient, the sum of their contributions, complete. That is why the order must be topological.
    The gradients in flight live here, so the walk itself changes no node.
    """
    gradients = _zero_gradients(root)
    gradients[root] = 1.0
    for node, upstream in reversed(gradients.items()):
        if node is None:
            return
        gate = node.gate
        if gate is None:
            yield node, upstream, ()
            continue
        inputs = node.inputs
        if len(inputs) == 2:  # as below, but a third faster: most gates are here
            a, b = node.operands
            contributions = gate.backward(floats, upstream, node._number, a, b)
            gradients[inputs[0]] += contributions[0]
            gradients[inputs[1]] += contributions[1]
        else:
            contributions = gate.backward(floats, upstream, node._number, *node.operands)
            for below, contribution in zip(inputs, contributions):  # noqa: B905  strict= takes time
                gradients[below] += contribution
        yield node, upstream, contributions


def backward(root: Value) -> None:
    """Add d(root)/d(node) to the ``grad`` of every node that root was computed from."""
    with gc_paused():
        for node, upstream, _ in walk(root):
            node.grad += upstream


class Step:
    """One gate's turn in the backward pass.

    node           the gate's output
    upstream       d(root)/d(node), complete
    contributions  per input, upstream * local derivative; what the walk adds to that input
    totals         per input, the sum of the contributions that have reached it so far
    """

    __slots__ = ("node", "upstream", "contributions", "totals")

    def __init__(
        self, node: Value, upstream: float, contributions: tuple[float, ...], totals: tuple[float, ...]
    ) -> None:
        self.node = node
        self.upstream = upstream
        self.contributions = contributions
        self.totals = totals

    def __repr__(self) -> str:
        return f"Step({self.node!r}, upstream={self.upstream:g}, contributions={self.contributions})"


def backward_steps(root: Value) -> Iterator[Step]:
    """The backward pass one gate at a time; see Value.backward_steps."""
    totals: dict[Value | None, float] = {}
    for node, upstream, contributions in walk(root):
        node.grad += upstream
        if node.gate is not None:
            for below, contribution in zip(node.inputs, contributions, strict=True):
                totals[below] = totals.get(below, 0.0) + contribution
            yield Step(node, upstream, contributions, tuple([totals[below] for below in node.inputs]))


class gc_paused:
    """``with gc_paused():`` pauses Python's cyclic garbage collector for the block.

    The collector looks for reference cycles by visiting live objects again and again, which can
    take longer than building the graph does. Our graphs hold no cycles: reference counts free
    them the moment they are dropped, so nothing is left for it to find.
    """

    def __enter__(self) -> None:
        self._was_enabled = gc.isenabled()
        gc.disable()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._was_enabled:
            gc.enable()
