"""The IR: immutable nodes, each an operation on whole arrays of numbers.

A node has the shape of one example; if it varies, a last axis of examples follows. Operands fit together
by NumPy's broadcasting. Equal nodes are one node, so that nothing is computed or printed twice.

    input, parameter, constant          what is given
    call                                a gate, element by element
    reduce                              a gate of any number of operands, along an axis
    einsum                              products of two arrays, summed over the axes that the result lacks
    sum                                 along axes; sum_examples along the examples
    reshape, transpose, slice, broadcast, concatenate, pad   the same numbers in another shape
    gather, scatter_add                 elements by a fixed index, and added up there
    take, segment_sum, choose, unchoose the same, by an index that is an input
    + - * / ** exp where ...            the primitives that backward rules are written in
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

Shape = tuple[int, ...]
Rule = Callable[["Node"], "Node | None"]


class Constant:
    """An array of numbers as a part of a node, equal to another by its bits."""

    __slots__ = ("array", "key")

    def __init__(self, array: npt.NDArray[Any]) -> None:
        self.array = array
        self.key = array.dtype.str, array.shape, array.tobytes()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Constant) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return f"{self.array:g}" if self.array.shape == () else f"an array {self.array.shape}"


class Node:
    """One operation of an IR; made by its methods and by operators between nodes.

    shape   of one example
    varies  whether it differs from example to example: then a last axis of examples follows
    learns  whether a parameter is below it, so that it needs a gradient
    number  its place in the IR, after those of its operands
    label   what the scalars in it are called, or ""
    """

    __slots__ = ("detail", "ir", "label", "learns", "number", "operands", "operation", "shape", "varies")

    def __init__(
        self, ir: IR, operation: str, operands: tuple[Node, ...], detail: Any, shape: Shape, varies: bool
    ) -> None:
        self.ir = ir
        self.operation = operation
        self.operands = operands
        self.detail = detail
        self.shape = shape
        self.varies = varies
        self.learns: bool = operation == "parameter" or any(each.learns for each in operands)
        self.label = ""
        self.number = -1

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def scalar(self) -> float | None:
        """The number of a constant without axes; None for anything else."""
        return float(self.detail.array) if self.operation == "constant" and self.shape == () else None

    @property
    def array(self) -> npt.NDArray[Any] | None:
        """The numbers of a constant; None for anything else."""
        return self.detail.array if self.operation == "constant" else None

    def __repr__(self) -> str:
        taken = ", ".join([f"%{each.number}" for each in self.operands])
        detail = "" if self.detail is None else f" {_shown(self.detail)}"
        batch = " x examples" if self.varies else ""
        label = f"  {self.label}" if self.label else ""
        return f"%{self.number} = {self.operation}({taken}){detail} : {self.shape}{batch}{label}"

    def __bool__(self) -> bool:
        raise TypeError("a rule cannot branch on a node of a program: use m.where(condition, a, b)")

    __hash__ = object.__hash__

    def __add__(self, other: Any) -> Node:
        return self.ir.elementwise("+", self, other)

    def __radd__(self, other: Any) -> Node:
        return self.ir.elementwise("+", other, self)

    def __sub__(self, other: Any) -> Node:
        return self.ir.elementwise("-", self, other)

    def __rsub__(self, other: Any) -> Node:
        return self.ir.elementwise("-", other, self)

    def __mul__(self, other: Any) -> Node:
        return self.ir.elementwise("*", self, other)

    def __rmul__(self, other: Any) -> Node:
        return self.ir.elementwise("*", other, self)

    def __truediv__(self, other: Any) -> Node:
        return self.ir.elementwise("/", self, other)

    def __rtruediv__(self, other: Any) -> Node:
        return self.ir.elementwise("/", other, self)

    def __pow__(self, other: Any) -> Node:
        return self.ir.elementwise("**", self, other)

    def __rpow__(self, other: Any) -> Node:
        return self.ir.elementwise("**", other, self)

    def __and__(self, other: Any) -> Node:
        return self.ir.elementwise("&", self, other)

    def __rand__(self, other: Any) -> Node:
        return self.ir.elementwise("&", other, self)

    def __lt__(self, other: Any) -> Node:
        return self.ir.elementwise("<", self, other)

    def __le__(self, other: Any) -> Node:
        return self.ir.elementwise("<=", self, other)

    def __gt__(self, other: Any) -> Node:
        return self.ir.elementwise(">", self, other)

    def __ge__(self, other: Any) -> Node:
        return self.ir.elementwise(">=", self, other)

    def __eq__(self, other: Any) -> Node:  # type: ignore[override]
        return self.ir.elementwise("==", self, other)

    def __ne__(self, other: Any) -> Node:  # type: ignore[override]
        return self.ir.elementwise("!=", self, other)

    def __neg__(self) -> Node:
        return self.ir.elementwise("neg", self)

    def __abs__(self) -> Node:
        return self.ir.elementwise("abs", self)


class IR:
    """The nodes of a program, in the order in which they can be computed.

    rules  by operation, what each new node is replaced by (see simplify.py); by default nothing is
    """

    def __init__(self, rules: dict[str, list[Rule]] | None = None) -> None:
        self.nodes: list[Node] = []
        self._known: dict[Any, Node] = {}
        self._rules = rules or {}

    def __repr__(self) -> str:
        return f"<IR of {len(self.nodes):,} nodes>"

    def __str__(self) -> str:
        """A line per node."""
        return "\n".join(map(repr, self.nodes))

    def node(
        self,
        operation: str,
        operands: tuple[Node, ...],
        detail: Any,
        shape: Shape,
        varies: bool | None = None,
    ) -> Node:
        """The node with these; the same one if it is there already."""
        key = operation, tuple([each.number for each in operands]), detail, shape
        known = self._known.get(key)
        if known is not None:
            return known
        if varies is None:
            varies = any(each.varies for each in operands)
        made = Node(self, operation, operands, detail, shape, varies)
        for rule in self._rules.get(operation, ()):
            replaced = rule(made)
            if replaced is not None:
                assert replaced.shape == shape, f"{made!r} became {replaced!r}"
                self._known[key] = replaced
                return replaced
        made.number = len(self.nodes)
        self.nodes.append(made)
        self._known[key] = made
        return made

    # -- what is given ---------------------------------------------------------------------------

    def input(self, place: int, shape: Shape) -> Node:
        return self.node("input", (), place, shape, True)

    def parameter(self, place: int, shape: Shape) -> Node:
        return self.node("parameter", (), place, shape, False)

    def constant(self, numbers: Any) -> Node:
        array = np.asarray(numbers)
        if array.dtype != bool:
            array = array.astype(np.float64)
        array = np.ascontiguousarray(array).reshape(array.shape)
        array.flags.writeable = False
        return self.node("constant", (), Constant(array), array.shape, False)

    def of(self, x: Any) -> Node:
        """The node itself, or a number as a constant."""
        return x if isinstance(x, Node) else self.constant(x)

    # -- element by element ----------------------------------------------------------------------

    def elementwise(self, operation: str, *operands: Any, detail: Any = None) -> Node:
        """A primitive of the backward rules, or with ``call`` the gate that is the detail."""
        nodes = tuple(map(self.of, operands))
        return self.node(operation, nodes, detail, np.broadcast_shapes(*[each.shape for each in nodes]))

    def call(self, gate: Any, *operands: Any) -> Node:
        return self.elementwise("call", *operands, detail=gate)

    # -- along axes ------------------------------------------------------------------------------

    def reduce(self, gate: Any, x: Node, axis: int) -> Node:
        """The gate of any number of operands, which are along the axis; the axis goes."""
        return self.node("reduce", (x,), (gate, axis), x.shape[:axis] + x.shape[axis + 1 :])

    def along(self, operation: str, x: Node, axis: int) -> Node:
        """max, min, norm or logsum along an axis, which stays, of size 1."""
        return self.node(operation, (x,), (axis, "kept"), (*x.shape[:axis], 1, *x.shape[axis + 1 :]))

    def sum(self, x: Node, axes: Iterable[int], keep: bool = False) -> Node:
        gone = tuple(sorted(axes))
        if not gone:
            return x
        shape = tuple(
            [1 if axis in gone else n for axis, n in enumerate(x.shape) if keep or axis not in gone]
        )
        return self.node("sum", (x,), (gone, keep), shape)

    def sum_examples(self, x: Node) -> Node:
        return self.node("sum_examples", (x,), None, x.shape, False) if x.varies else x

    def einsum(self, a: Node, b: Node, subscripts: tuple[str, str, str], over_examples: bool = False) -> Node:
        """Products of a and b, whose axes have these letters, summed over those that the third lacks."""
        sizes = dict(zip(subscripts[0] + subscripts[1], a.shape + b.shape, strict=True))
        shape = tuple([sizes[letter] for letter in subscripts[2]])
        varies = (a.varies or b.varies) and not over_examples
        return self.node("einsum", (a, b), (*subscripts, over_examples), shape, varies)

    # -- the same numbers in another shape -------------------------------------------------------

    def reshape(self, x: Node, shape: Shape) -> Node:
        return x if x.shape == shape else self.node("reshape", (x,), None, shape)

    def transpose(self, x: Node, order: Sequence[int]) -> Node:
        if tuple(order) == tuple(range(len(x.shape))):
            return x
        return self.node("transpose", (x,), tuple(order), tuple([x.shape[axis] for axis in order]))

    def slice(self, x: Node, ranges: Sequence[tuple[int, int, int]]) -> Node:
        """x[start:stop:step, ...], for each axis (start, stop, step)."""
        shape = tuple([len(range(*each)) for each in ranges])
        return x if shape == x.shape else self.node("slice", (x,), tuple(ranges), shape)

    def pad(self, x: Node, ranges: Sequence[tuple[int, int, int]], shape: Shape) -> Node:
        """Zeros of the shape, with x in that slice of them."""
        return x if x.shape == shape else self.node("pad", (x,), tuple(ranges), shape)

    def broadcast(self, x: Node, shape: Shape) -> Node:
        return x if x.shape == shape else self.node("broadcast", (x,), None, shape)

    def concatenate(self, parts: Sequence[Node], axis: int) -> Node:
        if len(parts) == 1:
            return parts[0]
        shape = list(parts[0].shape)
        shape[axis] = sum([each.shape[axis] for each in parts])
        return self.node("concatenate", tuple(parts), axis, tuple(shape))

    # -- by an index -----------------------------------------------------------------------------

    def gather(self, x: Node, index: npt.NDArray[np.int64]) -> Node:
        """The elements of x, taken flat, at these places."""
        return self.node("gather", (x,), Constant(index), index.shape)

    def scatter_add(self, x: Node, index: npt.NDArray[np.int64], shape: Shape) -> Node:
        """Zeros of the shape, to which each element of x is added at its place, flat."""
        return self.node("scatter_add", (x,), Constant(index), shape)

    def take(self, table: Node, index: Node) -> Node:
        """The table's columns that an input names: table[..., index]; nan where there is none."""
        return self.node("take", (table, index), None, table.shape[:-1] + index.shape)

    def segment_sum(self, x: Node, index: Node, shape: Shape, per_example: bool) -> Node:
        """x added up by where ``take`` has it from: the table's gradient, of the table's shape."""
        return self.node("segment_sum", (x, index), per_example, shape, per_example)

    def choose(self, index: Node, options: Node) -> Node:
        """Of the options, along a first axis, the one that each index names; nan where there is none."""
        shape = np.broadcast_shapes(index.shape, options.shape[1:])
        return self.node("choose", (index, options), None, shape)

    def unchoose(self, index: Node, x: Node, count: int) -> Node:
        """The x where ``choose`` took each option, 0 elsewhere."""
        shape = np.broadcast_shapes(index.shape, x.shape)
        return self.node("unchoose", (index, x), count, (count, *shape))


def below(roots: Iterable[Node]) -> list[Node]:
    """The nodes that the roots are computed from, and they, in order."""
    found: dict[int, Node] = {}
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if node.number not in found:
            found[node.number] = node
            waiting += node.operands
    return [found[number] for number in sorted(found)]


def _shown(detail: Any) -> str:
    if isinstance(detail, tuple):
        return ", ".join(map(_shown, detail))
    return getattr(detail, "name", None) or str(detail)
