"""Copies: how copy.deepcopy and pickle take a graph apart, and put it together again.

Both save a node by saving first what it was computed from, one call inside the other: a chain of
some hundred gates would end at Python's recursion limit. So the first node that they come to hands
them, ahead of its own inputs, every node below in topological order. When a node's turn comes, its
inputs are saved already, and the calls stay shallow. What is shared stays shared, by the memo that
deepcopy and pickle keep of what they have saved.
"""

from __future__ import annotations

import sys
from _thread import _local as ThreadLocal  # as in backward.py
from importlib import import_module
from pickle import PicklingError, UnpicklingError
from typing import Any
from weakref import ref

from autograd import value
from autograd.numbers import as_number
from autograd.rules import Gate
from autograd.value import NOT_YET, Value, _output

_here = ThreadLocal()


class _Before:
    """What is to be saved before the inputs of a node: looked for when its own turn comes.

    saved  the computed nodes that this run of pickle or deepcopy has come to. Its memo keeps them by this
           object, and _here has a weak reference, which ends with the run. They only say where to stop
           looking: should they be another run's (two can be under way), the copy is right all the same.
    """

    def __init__(self, node: Value, saved: set[Value]) -> None:
        self.node = node
        self.saved = saved

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (_below(self.node, self.saved),)


def reduced(node: Value) -> tuple[Any, ...]:
    """What Value.__reduce__ gives: the function that makes a node again, its arguments, and a state."""
    if value.watcher is not None:
        value.watcher.read(node, "copies")
    grad = None if node._grad is NOT_YET else node._grad
    gate = node.gate
    if gate is None:
        return leaf, (type(node), node._number, grad, node.label), _own_state(node)
    saved: set[Value] | None = getattr(_here, "saved", lambda: None)()
    is_first = saved is None or node in saved  # no run is under way, or another one than that
    if saved is None or is_first:
        saved = set()
        _here.saved = ref(saved)
    before = _Before(node, saved) if is_first or _new_inputs(node, saved) else None
    saved.add(node)
    return computed, (node._number, grad, node.label, before, gate, *node.inputs, *node.operands)


def _own_state(node: Value) -> Any:
    """The attributes that a subclass adds, in its __dict__ and in its slots."""
    if type(node) is Value:
        return None
    state: Any = object.__getstate__(node)
    attributes, slots = state
    return attributes, {name: held for name, held in slots.items() if name not in Value.__slots__}


def _new_inputs(node: Value, saved: set[Value]) -> list[Value]:
    """The inputs that a gate computed and that are not saved yet."""
    return [each for each in node.inputs if each is not None and each.gate is not None and each not in saved]


def _below(root: Value, saved: set[Value]) -> list[Value]:
    """All new inputs, and the new inputs of those, and so on: each after its own."""
    order: dict[Value, None] = {}
    opened: set[Value] = set()
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


def leaf(kind: type[Value], number: float, grad: float | None, label: str) -> Value:
    """A leaf again. Raises TypeError for what is none."""
    if not (isinstance(kind, type) and issubclass(kind, Value)):
        raise TypeError(f"a leaf must be a Value, got {kind!r}")
    twin = kind.__new__(kind)
    Value.__init__(twin, number, label)
    twin.grad = grad
    return twin


def computed(
    number: float, grad: float | None, label: str, before: Any, gate: Gate, *inputs_and_operands: Any
) -> Value:
    """A computed node again; ``before`` was only to be made before it.

    Raises TypeError for what is no gate, input, number or label, ValueError for another number of inputs and
    operands than the gate's.
    """
    if not isinstance(gate, Gate):
        raise TypeError(f"a node's gate must be a Gate, got {gate!r}")
    if not isinstance(label, str):
        raise TypeError(f"label must be a str, got {label!r}")
    count, odd = divmod(len(inputs_and_operands), 2)
    if odd or not count or gate.arity not in (None, count):
        wanted = "at least 1" if gate.arity is None else gate.arity
        given = f"got {len(inputs_and_operands)} of both together"
        raise ValueError(f"a node of {gate.name} has {wanted} input(s) and as many operands, {given}")
    inputs, numbers = inputs_and_operands[:count], inputs_and_operands[count:]
    for below in inputs:
        if below is not None and not isinstance(below, Value):
            raise TypeError(f"an input of {gate.name} must be a Value or None, got {below!r}")
    operands = tuple([as_number(each, gate.name) for each in numbers])
    left, right = inputs if gate.arity == 2 else (inputs[0] if gate.arity == 1 else inputs, None)
    a, b = operands if gate.arity == 2 else (operands[0] if gate.arity == 1 else operands, None)
    twin = _output(gate, as_number(number, gate.name), left, right, a, b)
    twin.label = label
    twin.grad = grad
    return twin


def place_of(gate: Gate) -> tuple[Any, ...]:
    """What Gate.__reduce__ gives: as a function, a gate is pickled as where it is to be found.

    Raises PicklingError if no module holds it.
    """
    own = gate.forward.__module__, gate.backward.__module__
    others = [module for module in list(sys.modules) if module not in ("__main__", "__mp_main__")]
    for module in (*own, *others, "__main__"):
        for name, held in list(getattr(sys.modules.get(module), "__dict__", {}).items()):
            if held is gate:
                return find_gate, (module, name)
    raise PicklingError(
        f"{gate!r} cannot be pickled: no module holds it. As a function, a gate is pickled by its name: "
        f"assign it to a variable at the top level of a module, as in {gate.name} = gate({gate.name!r}, ...)"
    )


def find_gate(module: str, name: str) -> Gate:
    """The gate that a module holds by that name.

    Raises UnpicklingError if it holds none, ModuleNotFoundError if there is no such module.
    """
    found = getattr(import_module(module), name, None)
    if not isinstance(found, Gate):
        raise UnpicklingError(
            f"the module {module} has no gate {name} here, which was pickled by its name: "
            "define it in a module of its own, which every process can import"
        )
    return found
