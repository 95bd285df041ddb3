"""An array program run node by node, as simply as can be: what tests of the stages compare with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.arithmetic import arrays
from autograd.compiler.ir import Node, Shape, below
from autograd.compiler.library import backward_on_arrays, forward_of_many, forward_on_arrays
from tests.compiler.agreement import Floats


def evaluate(
    roots: Sequence[Node], inputs: Sequence[Any] = (), parameters: Sequence[Any] = (), dloss: Any = 1.0
) -> list[Floats]:
    """The numbers of the roots, each (*shape, examples).

    inputs      by place, each (*shape, examples)
    parameters  by place, each of its shape
    dloss       the gradient of each example's loss
    """
    count = max([np.shape(each)[-1] for each in inputs], default=1)
    found: dict[int, Any] = {}
    with np.errstate(all="ignore"):
        for node in below(roots):
            taken = [found[each.number] for each in node.operands]
            if node.operation == "input":
                made = np.asarray(inputs[node.detail], dtype=float)
            elif node.operation == "parameter":
                made = np.asarray(parameters[node.detail], dtype=float)[..., None]
            elif node.operation == "constant":
                made = node.detail.array[..., None]
            elif node.operation == "dloss":
                made = np.asarray(dloss)
            else:
                made = _of(node, taken)
            if node.operation == "contributions":  # as many as the gate has operands
                found[node.number] = made
                continue
            kept = np.broadcast_to(made, (*np.shape(made)[:-1], count)) if np.ndim(made) else made
            found[node.number] = np.array(np.broadcast_to(kept, (*node.shape, count)))
    return [found[each.number] for each in roots]


def of_one(root: Node, inputs: Sequence[Any] = (), parameters: Sequence[Any] = ()) -> Floats:
    """The numbers of one node, of its shape, for one example; the inputs have no axis of examples."""
    (found,) = evaluate([root], [np.asarray(each)[..., None] for each in inputs], parameters)
    assert found.shape[:-1] == root.shape
    return found[..., 0]


def _of(node: Node, taken: list[Any]) -> Any:
    """An operation on arrays that all have an axis of examples."""
    if node.operation in _STRUCTURE:
        return _STRUCTURE[node.operation](node, *taken)
    most = max(each.ndim for each in taken)
    fitted = [each.reshape((1,) * (most - each.ndim) + each.shape) for each in taken]
    if node.operation == "call":
        return forward_on_arrays(node.detail)(*fitted)
    if node.operation == "contributions":
        return np.stack(np.broadcast_arrays(*backward_on_arrays(node.detail)(*fitted)))
    return (_OPERATORS.get(node.operation) or getattr(arrays, node.operation))(*fitted)


_OPERATORS: dict[str, Any] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "**": arrays.power, "neg": np.negative,
    "abs": np.abs, "&": np.logical_and, "<": np.less, "<=": np.less_equal, ">": np.greater,
    ">=": np.greater_equal, "==": np.equal, "!=": np.not_equal, "hypot": np.hypot,
}  # fmt: skip


def _index(ranges: Sequence[tuple[int, int, int]]) -> tuple[slice, ...]:
    return tuple([slice(*each) for each in ranges])


def _einsum(node: Node, a: Any, b: Any) -> Any:
    of_a, of_b, out, over_examples = node.detail
    found = np.einsum(f"{of_a}Z,{of_b}Z->{out}Z", a, b)
    return found.sum(axis=-1, keepdims=True) if over_examples else found


def _along(reduce: Any) -> Callable[..., Any]:
    return lambda node, x: reduce(x, axis=node.detail[0], keepdims=True)


def _pad(node: Node, x: Any) -> Any:
    whole = np.zeros((*node.shape, x.shape[-1]))
    whole[_index(node.detail)] = x
    return whole


def _scatter_add(node: Node, x: Any) -> Any:
    whole = np.zeros((int(np.prod(node.shape)), x.shape[-1]))
    np.add.at(whole, node.detail.array.ravel(), x.reshape(-1, x.shape[-1]))
    return whole.reshape(*node.shape, -1)


def _each(make: Callable[..., Any]) -> Callable[..., Any]:
    """An operation with an index that differs from example to example."""

    def run(node: Node, *taken: Any) -> Any:
        return np.stack(
            [make(node, *[each[..., i] for each in taken]) for i in range(taken[0].shape[-1])], -1
        )

    return run


def _segment_sum(node: Node, x: Any, index: Any) -> Any:
    found = []
    for i in range(x.shape[-1]):
        whole = np.zeros(node.shape)
        places: Any = (..., index[..., i].astype(int))
        np.add.at(whole, places, x[..., i])
        found.append(whole)
    return np.stack(found, -1) if node.detail else np.sum(found, axis=0)[..., None]


def _unchoose(node: Node, index: Any, x: Any) -> Any:
    return np.stack([np.where(index == place, x, 0.0) for place in range(node.detail)])


def _shape(shape: Shape) -> tuple[int, ...]:
    return (*shape, -1)


_STRUCTURE: dict[str, Callable[..., Any]] = {
    "reduce": lambda node, x: forward_of_many(node.detail[0])(x, axis=node.detail[1]),
    "max": _along(np.max),
    "min": _along(np.min),
    "norm": _along(np.hypot.reduce),
    "sum": lambda node, x: x.sum(axis=node.detail[0], keepdims=node.detail[1]),
    "sum_examples": lambda node, x: x.sum(axis=-1, keepdims=True),
    "einsum": _einsum,
    "reshape": lambda node, x: x.reshape(_shape(node.shape)),
    "transpose": lambda node, x: x.transpose(*node.detail, x.ndim - 1),
    "slice": lambda node, x: x[_index(node.detail)],
    "broadcast": lambda node, x: x,
    "pad": _pad,
    "concatenate": lambda node, *parts: np.concatenate(parts, axis=node.detail),
    "gather": lambda node, x: x.reshape(-1, x.shape[-1])[node.detail.array],
    "scatter_add": _scatter_add,
    "item": lambda node, x: x[node.detail],
    "take": _each(lambda node, table, index: table[..., index.astype(int)]),
    "segment_sum": _segment_sum,
    "choose": _each(
        lambda node, index, options: np.choose(
            np.broadcast_to(index, node.shape).astype(int), [np.broadcast_to(o, node.shape) for o in options]
        )
    ),
    "unchoose": _each(_unchoose),
}
