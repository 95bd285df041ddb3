"""The nodes of an array program, evaluated on JAX's arrays; JAX differentiates what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd import gates
from autograd.arithmetic import jax_arrays
from autograd.compiler.ir import Node, below
from autograd.compiler.on_jax import jnp
from autograd.compiler.on_jax.derivatives import on_jax, on_jax_stacked

#: Where JAX's own derivatives are the table's, at any float.
OPERATORS = {gates.add, gates.sub, gates.neg, gates.mul}
VIEWS = {"reshape", "transpose", "slice", "broadcast"}


def evaluated(output: Node, dtype: Any) -> Callable[[Sequence[Any], Sequence[Any]], Any]:
    """A function of the parameters' arrays and the inputs' to the output; the examples are the last axis."""
    nodes = below([output])

    def run(parameters: Sequence[Any], inputs: Sequence[Any]) -> Any:
        table = FORWARD | {
            "input": lambda node: inputs[node.detail],
            "parameter": lambda node: parameters[node.detail],
            "constant": lambda node: jnp.asarray(node.array, dtype),
        }
        numbers: dict[int, Any] = {}
        for node in nodes:
            operands = [numbers[each.number] for each in node.operands]
            numbers[node.number] = table[node.operation](node, *operands)
        return numbers[output.number]

    return run


def steps(output: Node) -> int:
    """How many nodes compute something, and do not only show the same numbers in another shape."""
    return sum([bool(node.operands) and node.operation not in VIEWS for node in below([output])])


def _columns(node: Node, operands: Sequence[Any]) -> list[Any]:
    """The operands; with an axis for the examples where the node has one."""
    own = zip(node.operands, operands, strict=True)
    return [x[..., None] if node.varies and not each.varies else x for each, x in own]


def _shape(node: Node, x: Any) -> tuple[int, ...]:
    """The node's shape with the examples of x, if it has any."""
    return (*node.shape, *x.shape[-1:]) if node.varies else node.shape


def _call(node: Node, *operands: Any) -> Any:
    """A gate; sums and products with a constant rounded: XLA would make (x * 2) * 3 x * 6."""
    operands = tuple(_columns(node, operands))
    if node.detail not in OPERATORS:
        return on_jax(node.detail)(*operands)
    found = node.detail.forward(jax_arrays, *operands)
    is_plain = all(each.varies or each.learns for each in node.operands)
    return found if is_plain else jax_arrays.rounded(found)


def _reduce(node: Node, x: Any) -> Any:
    gate, axis = node.detail
    return on_jax_stacked(gate)(jnp.moveaxis(x, axis, 0))


def _einsum(node: Node, a: Any, b: Any) -> Any:
    of_a, of_b, out = [
        letters + "z" * each.varies
        for letters, each in zip(node.detail, (*node.operands, node), strict=False)
    ]
    return jnp.einsum(f"{of_a},{of_b}->{out}", a, b)


def _concatenate(node: Node, *parts: Any) -> Any:
    parts = tuple(_columns(node, parts))
    count = jnp.broadcast_shapes(*[x.shape[len(node.shape) :] for x in parts])
    shapes = [(*each.shape, *count) for each in node.operands]
    return jnp.concatenate(list(map(jnp.broadcast_to, parts, shapes)), axis=node.detail)


def _take(_: Node, table: Any, index: Any) -> Any:
    """The columns that the index names; where there is none nan, and no gradient."""
    is_right = (index >= 0) & (index < table.shape[-1]) & (index == jnp.floor(index))
    at = jnp.where(is_right, index, 0).astype(int)
    return jnp.where(is_right, table.at[..., at].get(mode="promise_in_bounds"), jnp.nan)


def _choose(node: Node, *operands: Any) -> Any:
    """At each place the option that the index names; where there is none nan, and no gradient."""
    index, options = _columns(node, operands)
    axes = len(node.shape) + node.varies
    count = len(options)
    options = options.reshape(count, *[1] * (axes + 1 - options.ndim), *options.shape[1:])
    is_chosen = index == jnp.arange(count).reshape(count, *[1] * axes)
    found = jnp.sum(jnp.where(is_chosen, options, 0), axis=0)
    return jnp.where(is_chosen.any(axis=0), found, jnp.nan)


def _gather(node: Node, x: Any) -> Any:
    (of,) = node.operands
    flat = x.reshape(of.size, *x.shape[len(of.shape) :])
    return flat.at[node.detail.array].get(mode="promise_in_bounds")


#: What each operation computes: (node, *operands) to the array.
FORWARD: dict[str, Callable[..., Any]] = {
    "call": _call,
    "reduce": _reduce,
    "einsum": _einsum,
    "concatenate": _concatenate,
    "take": _take,
    "choose": _choose,
    "gather": _gather,
    "sum": lambda node, x: jnp.sum(x, axis=node.detail[0], keepdims=node.detail[1]),
    "reshape": lambda node, x: x.reshape(_shape(node, x)),
    "transpose": lambda node, x: x.transpose(*node.detail, *[len(node.shape)] * node.varies),
    "slice": lambda node, x: x[tuple([slice(*each) for each in node.detail])],
    "broadcast": lambda node, x: jnp.broadcast_to(x, _shape(node, x)),
}
