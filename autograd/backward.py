"""The backward pass: a topological order, and one walk over it in reverse.

A node is known here by its inputs and operands (in the slots that value.py describes), its gate's
backward rule, its gradient, and the two marks that a walk leaves on it.
"""

from __future__ import annotations

import gc
import os
from _thread import RLock  # threading's, without the milliseconds that importing threading costs

from autograd.arithmetic import floats

TYPE_CHECKING = False  # see gates.py
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from autograd.value import Value

#: The gradient of a Value that backward has not reached yet. It counts as 0.0; drawings, which
#: must not show a zero that nobody computed, know it by identity.
NOT_YET = float("0")

#: What has arrived at a node that no contribution has reached: 0.0, known by identity. It goes no
#: further, so that a pole on a path not taken makes no nan of it.
NOTHING = float("0")

#: A walk marks the nodes, so threads take turns. Reentrant, for a rule that walks a graph of its own.
_one_at_a_time = RLock()
if hasattr(os, "register_at_fork"):  # a child has only the thread that forked: nobody else would let go of it
    os.register_at_fork(after_in_child=_one_at_a_time._at_fork_reinit)  # type: ignore[attr-defined]


def topological_order(root: Value) -> list[Value]:
    """Every node that root was computed from, each after its inputs; root comes last.

    >>> from autograd import Value
    >>> a = Value(1.0, label="a"); b = a + a; b.label = "b"; c = b + b; c.label = "c"
    >>> [node.label for node in topological_order(c)]
    ['a', 'b', 'c']
    """
    with _one_at_a_time:
        return _visit(root)


def _visit(root: Value) -> list[Value]:
    """The topological order; each node in it is marked as this walk's, and NOTHING has arrived there.

    Depth first, with a path of our own instead of recursion: a chain of a million gates has no
    business with Python's recursion limit. The mark is an object of this walk's own, so nobody
    needs to clear the marks that an earlier walk left, be it that it broke off.
    """
    walk = object()
    order: list[Value] = []
    path: list[Value] = []  # where to go on when a node is done
    node = root
    while True:
        if node._walk is not walk:  # else another way has led here since it was put on the path
            gate = node.gate
            if gate is None:
                pass
            elif gate.arity == 2 or gate.arity == 1:
                left, right = node._left, node._right
                if left is not None and left._walk is not walk:
                    path.append(node)
                    node = left
                    continue
                if right is not None and right._walk is not walk:
                    path.append(node)
                    node = right
                    continue
            else:  # the same for all inputs at once: to find the first unseen each time is quadratic
                path.append(node)
                for below in reversed(node._left):
                    if below is not None and below._walk is not walk:
                        path.append(below)
                first = path.pop()
                if first is not node:
                    node = first
                    continue
            order.append(node)
            node._walk = walk
            node._arrived = NOTHING
        if not path:
            return order
        node = path.pop()


def upstream_gradients(root: Value) -> Iterator[tuple[Value, float]]:
    """(node, d(root)/d(node)) for every node that root was computed from, root first.

    This is the backward pass. A node's turn comes when every gate that uses it has had its own:
    only then is its upstream gradient, the sum of their contributions, complete. That is why the
    order must be topological. What has arrived so far stands at the node, which is much faster
    than in a dict; the pass runs in one go, so that no other can come in between. Nobody's
    ``grad`` changes.

    Raises what a backward rule raises, and RuntimeError if one walks over nodes of this graph.
    """
    upstreams: list[float] = []
    with _one_at_a_time:
        order = _visit(root)
        order.reverse()
        walk = root._walk
        root._arrived = 1.0
        for node in order:
            if node._walk is not walk:
                raise RuntimeError(f"a backward rule walked over {node!r}, in the graph it is part of")
            upstream = node._arrived
            upstreams.append(upstream)
            gate = node.gate
            if gate is None or upstream is NOTHING:
                continue
            if gate.arity == 2:
                to_left, to_right = gate.backward(floats, upstream, node._number, node._a, node._b)
                left, right = node._left, node._right
                if left is not None and to_left is not None:
                    left._arrived += to_left
                if right is not None and to_right is not None:
                    right._arrived += to_right
            elif gate.arity == 1:
                (to_left,) = gate.backward(floats, upstream, node._number, node._a)
                if to_left is not None:
                    node._left._arrived += to_left
            else:
                contributions = gate.backward(floats, upstream, node._number, *node._a)
                for below, contribution in zip(node._left, contributions):  # noqa: B905  strict= takes time
                    if below is not None and contribution is not None:
                        below._arrived += contribution
    return zip(order, upstreams, strict=True)


def walk(root: Value) -> Iterator[tuple[Value, float, tuple[float, ...]]]:
    """Yield (node, upstream gradient, contribution to each input), root first; leaves have none.

    Where nothing arrives or goes on, on a path not taken, the number is 0.0.
    """
    for node, upstream in upstream_gradients(root):
        is_reached = upstream is not NOTHING
        yield node, upstream, node.local_backward(upstream) if is_reached else (0.0,) * len(node.inputs)


def backward(root: Value) -> None:
    """Add d(root)/d(node) to the ``grad`` of every node that root was computed from."""
    with _one_at_a_time:
        was_enabled = gc.isenabled()
        # Ctrl-C may come between any two of Python's instructions: the collector is put back in a
        # finally of this very function, which gc_paused's __exit__ could be kept from.
        try:
            gc.disable()
            turns = upstream_gradients(root)
            try:
                _add(turns)
            except BaseException:
                _add(turns)  # what is left of them
                raise
        finally:
            if was_enabled:
                gc.enable()


def _add(turns: Iterator[tuple[Value, float]]) -> None:
    """Add each upstream gradient to its node's. Python looks for Ctrl-C between two turns, not within one."""
    for node, upstream in turns:
        # to add it to NOT_YET would give the same number, in a float of its own
        node._grad = upstream if node._grad is NOT_YET else node._grad + upstream


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
        node._grad += upstream
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

    _was_enabled = False

    def __enter__(self) -> None:
        self._was_enabled = gc.isenabled()
        gc.disable()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__del__()

    def __del__(self) -> None:  # for where Ctrl-C comes before the first instruction of __exit__
        if self._was_enabled:
            gc.enable()
            self._was_enabled = False
