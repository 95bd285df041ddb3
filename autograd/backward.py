"""The backward pass: a topological order, and one walk over it in reverse.

A node is known here by its slots, which node.py describes: its inputs and operands, its gate's backward
rule, its gradient, and the two marks that a walk leaves on it.
"""

from __future__ import annotations

import gc
import os
from _thread import RLock  # threading's, without the milliseconds that importing threading costs

from autograd.arithmetic import floats
from autograd.node import MANY, NOT_YET, NOTHING

TYPE_CHECKING = False  # see rules.py
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Generic, TypeVar

    from autograd.node import Node

    N = TypeVar("N", bound=Node)
else:
    N, Generic = "N", {"N": object}  # without importing typing

#: A walk marks the nodes, so threads take turns. Reentrant, for a rule that walks a graph of its own.
_one_at_a_time = RLock()
if hasattr(os, "register_at_fork"):  # a child has only the thread that forked: nobody else would let go of it
    os.register_at_fork(after_in_child=_one_at_a_time._at_fork_reinit)  # type: ignore[attr-defined]


def topological_order(root: N) -> list[N]:
    """Every node that root was computed from, each after its inputs; root comes last.

    >>> from autograd import Value
    >>> a = Value(1.0, label="a"); b = a + a; b.label = "b"; c = b + b; c.label = "c"
    >>> [node.label for node in topological_order(c)]
    ['a', 'b', 'c']
    """
    with _one_at_a_time:
        return _visit(root)


def _visit(root: N) -> list[N]:
    """The topological order; each node in it is marked as this walk's, with NOTHING as its gradient so far.

    Depth first, with a list of what is waiting instead of recursion: a chain of a million gates has no
    business with Python's recursion limit. The mark is an object of this walk alone, so nobody needs
    to clear the marks that an earlier walk left, not even one that broke off.
    """
    walk = object()
    order: list[N] = []
    waiting: list[N] = []
    node = root
    while True:
        if node._walk is not walk:  # else another way has led here while it was waiting
            left, right = node._left, node._right
            if left is not None and left._walk is not walk:
                waiting.append(node)
                if left is MANY:
                    unseen = [each for each in right if each is not None and each._walk is not walk]
                    waiting += reversed(unseen)
                elif right is not None and right._walk is not walk:
                    waiting += right, left
                else:
                    node = left
                    continue
                first = waiting.pop()
                if first is not node:
                    node = first
                    continue
            elif right is not None and right._walk is not walk:
                waiting.append(node)
                node = right
                continue
            order.append(node)
            node._walk = walk
            node._arrived = NOTHING
        if not waiting:
            return order
        node = waiting.pop()


def upstream_gradients(root: N) -> Iterator[tuple[N, float]]:
    """(node, d(root)/d(node)) for every node that root was computed from, root first.

    Nobody's ``grad`` changes. Raises what a backward rule raises, and RuntimeError if one walks over
    nodes of this graph.
    """
    with _one_at_a_time:
        nodes = _accumulated(root)
        return zip(nodes, [node._arrived for node in nodes], strict=True)


def _accumulated(root: N) -> list[N]:
    """The backward pass: every node, root first, and in ``_arrived`` its upstream gradient.

    A node's turn comes when every gate that uses it has had its own: only then is its upstream gradient,
    the sum of their contributions, complete. That is why the order must be topological. The sum so
    far stands at the node, which is much faster than in a dict; the pass runs in one go, so that no
    other can come in between.
    """
    nodes = _visit(root)
    nodes.reverse()
    walk = root._walk
    root._arrived = 1.0
    for node in nodes:
        if node._walk is not walk:
            raise RuntimeError(f"a backward rule walked over {node!r}, in the graph it is part of")
        gate, upstream = node.gate, node._arrived
        if gate is None or upstream is NOTHING:
            continue
        rule, left, right, b = gate.backward, node._left, node._right, node._b
        if b is not None:
            to_left, to_right = rule(floats, upstream, node._number, node._a, b)
            if left is not None and to_left is not None:
                left._arrived = to_left if left._arrived is NOTHING else left._arrived + to_left
            if right is not None and to_right is not None:
                right._arrived = to_right if right._arrived is NOTHING else right._arrived + to_right
        elif left is MANY:
            contributions = rule(floats, upstream, node._number, *node._a)
            for below, contribution in zip(right, contributions):  # noqa: B905  strict= takes time
                if below is not None and contribution is not None:
                    below._arrived += contribution
        else:
            (to_left,) = rule(floats, upstream, node._number, node._a)
            if left is not None and to_left is not None:
                left._arrived = to_left if left._arrived is NOTHING else left._arrived + to_left
    return nodes


def walk(root: N) -> Iterator[tuple[N, float, tuple[float, ...]]]:
    """Yield (node, upstream gradient, contribution to each input), root first; leaves have none.

    Where nothing arrives or goes on, on a path not taken, the number is 0.0.
    """
    for node, upstream in upstream_gradients(root):
        is_reached = upstream is not NOTHING
        yield node, upstream, node.local_backward(upstream) if is_reached else (0.0,) * len(node.inputs)


def backward(root: Node) -> None:
    """Add d(root)/d(node) to the ``grad`` of every node that root was computed from."""
    with _one_at_a_time:
        was_enabled = gc.isenabled()
        # Ctrl-C may come between any two of Python's instructions: the collector is put back in a
        # finally of this very function, which gc_paused's __exit__ could be kept from.
        try:
            gc.disable()
            nodes = iter(_accumulated(root))
            try:
                _add(nodes)
            except BaseException:
                _add(nodes)  # to those that are left
                raise
        finally:
            if was_enabled:
                gc.enable()


def _add(nodes: Iterator[Node]) -> None:
    """Add what has arrived at each node to its gradient; Ctrl-C comes between two nodes, not within one."""
    for node in nodes:
        upstream = node._arrived
        if node._grad is NOT_YET:  # the same number without a float of its own; of -0.0, 0.0
            node._grad = upstream or (NOTHING if upstream is NOTHING else 0.0)
        else:
            node._grad += upstream


class Step(Generic[N]):
    """One gate's turn in the backward pass.

    node           the gate's output
    upstream       d(root)/d(node), complete
    contributions  per input, upstream * local derivative; what the walk adds to that input
    totals         per input, the sum of the contributions that have reached it so far
    """

    __slots__ = ("node", "upstream", "contributions", "totals")

    def __init__(
        self, node: N, upstream: float, contributions: tuple[float, ...], totals: tuple[float, ...]
    ) -> None:
        self.node = node
        self.upstream = upstream
        self.contributions = contributions
        self.totals = totals

    def __repr__(self) -> str:
        return f"Step({self.node!r}, upstream={self.upstream:g}, contributions={self.contributions})"


def backward_steps(root: N) -> Iterator[Step[N]]:
    """The backward pass one gate at a time; see Value.backward_steps."""
    totals: dict[N | None, float] = {}
    for node, upstream, contributions in walk(root):
        node._grad += upstream
        if node.gate is not None:
            for below, contribution in zip(node.inputs, contributions, strict=True):
                totals[below] = totals.get(below, 0.0) + contribution
            yield Step(node, upstream, contributions, tuple([totals[below] for below in node.inputs]))
