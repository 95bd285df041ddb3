"""Noticing what a graph cannot show: that Python looked at a number while a function was traced.

``node.watcher`` is told of each look at ``.data``. A look counts if the number depends on the example
or the parameters. It is recorded rather than refused, because the function may catch exceptions; the
tracer asks afterwards.
"""

from __future__ import annotations

import linecache
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from traceback import walk_tb
from types import FrameType
from typing import Any, NoReturn
from weakref import WeakSet

import numpy as np

from autograd import node as nodes
from autograd.arrays import array
from autograd.numbers import as_number
from autograd.refusals import refuse_order
from autograd.rules import Gate
from autograd.value import Value, record

WRITE_INSTEAD = (
    "let a gate choose, as where(step(a - b), x, y), maximum, minimum, relu or softmax; "
    "in place of an index or a key that is an input: take(table, index), choose(index, a, b, c)"
)

Rule = Callable[..., None]


class NotTraceable(TypeError):
    """A program would not compute what the function does: the message says where, why, what to write.

    failure  what the function raised when it was given Values, where that is why
    """

    def __init__(self, message: str, failure: Exception | None = None) -> None:
        super().__init__(message)
        self.failure = failure


class Watch:
    """What a function does with its inputs and parameters while it is traced.

    inputs   the leaves made for it, in order
    rules    (rule, numbers): what ``demand`` asks of numbers that differ from example to example
    finding  the first thing it did that a program would not repeat each time, or None
    """

    def __init__(self, parameters: Sequence[Value]) -> None:
        self.inputs: list[Value] = []
        self.rules: list[tuple[Rule, tuple[Any, ...]]] = []
        self.finding: str | None = None
        self._depends = {id(parameter): True for parameter in parameters}
        self._alive: list[Value] = []  # an id is reused once its node is gone

    def new_inputs(self, example: Any, label: str) -> Any:
        """The example's numbers as leaves, in a list, an array or alone, as the example has them."""
        before = len(self.inputs)
        found = self._leaves(example, label)
        self._depends.update((id(leaf), True) for leaf in self.inputs[before:])
        return found

    def _leaves(self, example: Any, label: str) -> Any:
        if isinstance(example, (list, tuple)):
            parts = [self._leaves(part, f"{label}[{place}]") for place, part in enumerate(example)]
            return parts if isinstance(example, list) else tuple(parts)
        if isinstance(example, np.ndarray) and example.shape:
            leaves = np.empty(example.shape, dtype=object)
            for place, number in np.ndenumerate(example):
                leaves[place] = self._leaves(number, f"{label}[{','.join(map(str, place))}]")
            return array(leaves)
        leaf = Input(as_number(example, "compile", "takes an example of real numbers"), label)
        self.inputs.append(leaf)
        return leaf

    def read(self, node: Value, how: str = "reads") -> None:
        if self.finding is None and self.depends_on_leaves(node):
            self.note(
                f"Python {how} a number that changes with the example or the parameters, and a program "
                "would keep the result"
            )

    def note(self, what: str) -> None:
        if self.finding is None:
            self.finding = f"{place(_caller())}: {what}; {WRITE_INSTEAD}"

    def demand(self, rule: Rule, numbers: tuple[Any, ...]) -> None:
        values = [each for each in numbers if isinstance(each, Value)]
        # a Value that stays one when the function runs in Python is not checked there either
        if all(isinstance(each, Input) for each in values) and any(map(self.depends_on_leaves, values)):
            self.rules.append((rule, numbers))

    def depends_on_leaves(self, node: Value) -> bool:
        """Whether the node is an input or a parameter, or has one below it; each node is visited once."""
        known, path = self._depends, [node]
        while path:
            top = path[-1]
            below = [each for each in top.inputs if each is not None]
            unknown = [each for each in below if id(each) not in known]
            if id(top) in known or not unknown:
                known.setdefault(id(top), any(known[id(each)] for each in below if id(each) in known))
                self._alive.append(path.pop())
            else:
                path.extend(unknown)
        return known[id(node)]


class _Watches(threading.local):
    """The watches of this thread, the innermost last; all of them are told of every look."""

    def __init__(self) -> None:
        self.open: list[Watch] = []

    def read(self, node: Value, how: str = "reads") -> None:
        for watch in self.open:
            watch.read(node, how)

    def demand(self, rule: Rule, numbers: tuple[Any, ...]) -> None:
        for watch in self.open:
            watch.demand(rule, numbers)


_watches = _Watches()
_all_open: WeakSet[Watch] = WeakSet()  # in all threads


@contextmanager
def watching(parameters: Sequence[Value]) -> Iterator[Watch]:
    """A watch on what this thread does in the block.

    Ctrl-C at any moment leaves no watch behind; at worst the watcher stays until the next block ends.
    """
    watch, outer = Watch(parameters), _watches.open
    try:
        _all_open.add(watch)
        _watches.open = [*outer, watch]
        nodes.watcher = _watches
        yield watch
    finally:
        _watches.open = outer
        _all_open.discard(watch)
        if not _all_open:
            nodes.watcher = None


# -- the inputs -----------------------------------------------------------------------------------


class Input(Value):
    """A number of the example while a function is traced, or what gates compute from such numbers alone.

    When the function runs in Python it gets plain numbers, which have an order, a truth value and a
    hash by value; a Value does not. Their use is noticed.
    """

    __slots__ = ()

    @staticmethod
    def __record__(gate: Gate, operands: tuple[Any, ...]) -> Any:
        return _as_input(record(gate, operands), operands)

    def __eq__(self, other: object) -> bool:
        if other is not None and not isinstance(other, str):  # two Values: numbers in Python, perhaps equal
            _watches.read(self, "compares")
        return super().__eq__(other)

    def __hash__(self) -> int:
        _watches.read(self, "looks up")
        return object.__hash__(self)

    def _compared(self, other: object = None) -> NoReturn:
        _watches.read(self, "compares")
        refuse_order(self)

    def __copy__(self, memo: Any = None) -> Input:
        return self  # like a number

    __deepcopy__ = __copy__

    __lt__ = __le__ = __gt__ = __ge__ = __bool__ = _compared


def _as_input(out: Any, operands: tuple[Any, ...]) -> Any:
    """The output of a gate as an Input, unless another kind of Value was among the operands."""
    if type(out) is Value and not any(type(operand) is Value for operand in operands):
        out.__class__ = Input
    return out


def _gate_method(name: str) -> Callable[..., Any]:
    inherited = getattr(Value, name)
    is_reflected = name.startswith("__r")

    def method(self: Input, *others: Any) -> Any:
        if is_reflected and isinstance(others[0], Value):
            return NotImplemented  # Python asks a subclass first; it is the other's turn
        out = inherited(self, *others)
        return out if out is NotImplemented else _as_input(out, others)

    return method


def _number_method(name: str) -> Callable[..., Any]:
    of_float = getattr(float, name)

    def method(self: Input, *others: Any) -> Any:
        _watches.read(self, "converts")
        return of_float(self._number, *others)

    return method


GATE_METHODS = """
    __add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ __truediv__ __rtruediv__ __pow__ __rpow__
    __neg__ __abs__ exp log sqrt sin cos tanh sigmoid softplus relu step leaky_relu
"""
NUMBER_METHODS = """
    __float__ __int__ __floor__ __ceil__ __trunc__ __round__ __divmod__ __rdivmod__
    __floordiv__ __rfloordiv__ __mod__ __rmod__ is_integer as_integer_ratio
"""
for _name in GATE_METHODS.split():
    setattr(Input, _name, _gate_method(_name))
for _name in NUMBER_METHODS.split():
    setattr(Input, _name, _number_method(_name))


# -- where ----------------------------------------------------------------------------------------

_PACKAGES = tuple(
    os.path.join(os.path.dirname(os.path.dirname(found)), name, "")
    for found, name in [(nodes.__file__, "autograd"), (nodes.__file__, "nn"), (np.__file__, "numpy")]
)
_STANDARD_LIBRARY = os.path.join(os.path.dirname(os.__file__), "")


def is_users(file: str) -> bool:
    """Whether a file is the user's, and not part of autograd, nn, NumPy or Python itself."""
    is_pythons = file.startswith(_STANDARD_LIBRARY) and "site-packages" not in file
    return not (is_pythons or file.startswith(("<frozen ", *_PACKAGES)))


def _caller() -> tuple[str, int]:
    """The file and line being executed: the user's innermost, if there is one."""
    innermost = sys._getframe(1)
    users: FrameType | None = innermost
    while users is not None and not is_users(users.f_code.co_filename):
        users = users.f_back
    frame = users or innermost
    return frame.f_code.co_filename, frame.f_lineno


def raised_at(error: BaseException) -> str:
    """Where an exception came from: the innermost of the user's lines."""
    lines = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    users = [each for each in lines if is_users(each[0])]
    return place((users or lines)[-1])


def place(at: tuple[str, int]) -> str:
    """A file, a line number and that line."""
    file, line = at
    text = linecache.getline(file, line).strip()
    return f"{file}, line {line}" + (f" ({text})" if text else "")
