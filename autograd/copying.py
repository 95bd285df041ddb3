"""Copies: how copy.deepcopy and pickle take a graph apart, and put it together again.

Both save a node by saving first what it was computed from, one call inside the other: a chain of
some hundred gates would end at Python's recursion limit. So the first node that they come to hands
them, ahead of its own inputs, every node below in topological order. When a node's turn comes, its
inputs are saved already, and the calls stay shallow. What is shared stays shared, by the memo that
deepcopy and pickle keep of what they have saved.
"""

from __future__ import annotations

from _thread import _local as ThreadLocal  # as in backward.py
from typing import Any, TypeVar
from weakref import ref

from autograd import node as nodes
from autograd.node import NOT_YET, Node, output_of
from autograd.numbers import as_number
from autograd.refusals import check_str
from autograd.rules import Gate

N = TypeVar("N", bound=Node)

_here = ThreadLocal()


class _Before:
    """What is to be saved before the inputs of a node: looked for when its own turn comes.

    saved  the computed nodes that this run of pickle or deepcopy has come to. Its memo keeps them by this
           object, and _here has a weak reference, which ends with the run. They only say where to stop
           looking: should they be another run's (two can be under way), the copy is right all the same.
    """

    def __init__(self, node: Node, saved: set[Node]) -> None:
        self.node = node
        self.saved = saved

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (_below(self.node, self.saved),)


def reduced(node: Node) -> tuple[Any, ...]:
    """What Value.__reduce__ gives: the function that makes a node again, its arguments, and a state."""
    if nodes.watcher is not None:
        nodes.watcher.read(node, "copies")
    grad = None if node._grad is NOT_YET else node._grad
    gate = node.gate
    if gate is None:
        return leaf, (type(node), node._number, grad, node.label), _own_state(node)
    saved: set[Node] | None = getattr(_here, "saved", lambda: None)()
    is_first = saved is None or node in saved  # no run is under way, or another one than that
    if saved is None or is_first:
        saved = set()
        _here.saved = ref(saved)
    before = _Before(node, saved) if is_first or _new_inputs(node, saved) else None
    saved.add(node)
    return computed, (type(node), node._number, grad, node.label, before, gate, *node.inputs, *node.operands)


def _own_state(node: Node) -> Any:
    """The attributes that a subclass adds, in its __dict__ and in its slots; None if there are none."""
    state: Any = object.__getstate__(node)
    attributes, slots = state
    own = {name: held for name, held in slots.items() if name not in Node.__slots__}
    return (attributes, own) if attributes or own else None


def _new_inputs(node: Node, saved: set[Node]) -> list[Node]:
    """The inputs that a gate computed and that are not saved yet."""
    return [each for each in node.inputs if each is not None and each.gate is not None and each not in saved]


def _below(root: Node, saved: set[Node]) -> list[Node]:
    """All new inputs, and the new inputs of those, and so on: each after its own."""
    order: dict[Node, None] = {}
    opened: set[Node] = set()
    path = [root]
    while path:
        node = path[-1]
        if node in opened:
            order[path.pop()] = None
            continue
        opened.add(node)
        path += [below for below in _new_inputs(node, saved) if below not in opened]
    del order[root]
    return list(order)


def leaf(kind: type[N], number: float, grad: float | None, label: str) -> N:
    """A leaf again. Raises TypeError for what is none."""
    _check_kind(kind)
    twin = kind.__new__(kind)
    Node.__init__(twin, number, label)
    twin.grad = grad
    return twin


def computed(
    kind: type[N],
    number: float,
    grad: float | None,
    label: str,
    before: Any,
    gate: Gate,
    *inputs_and_operands: Any,
) -> N:
    """A computed node again; ``before`` was only to be made before it.

    Raises TypeError for what is no gate, input, number or label, ValueError for another number of inputs and
    operands than the gate's.
    """
    _check_kind(kind)
    if not isinstance(gate, Gate):
        raise TypeError(f"a node's gate must be a Gate, got {gate!r}")
    check_str(label, "label")
    count, odd = divmod(len(inputs_and_operands), 2)
    if odd or not count or gate.arity not in (None, count):
        wanted = "at least 1" if gate.arity is None else gate.arity
        given = f"got {len(inputs_and_operands)} of both together"
        raise ValueError(f"a node of {gate.name} has {wanted} input(s) and as many operands, {given}")
    inputs, numbers = inputs_and_operands[:count], inputs_and_operands[count:]
    for below in inputs:
        if below is not None and not isinstance(below, Node):
            raise TypeError(f"an input of {gate.name} must be a Value or None, got {below!r}")
    operands = tuple([as_number(each, gate.name) for each in numbers])
    twin = output_of(kind, gate, as_number(number, gate.name), inputs, operands)
    twin.label = label
    twin.grad = grad
    return twin


def _check_kind(kind: Any) -> None:
    if not (isinstance(kind, type) and issubclass(kind, Node)):
        raise TypeError(f"a node must be a Value, got {kind!r}")
