"""Gates as functions that JAX can differentiate, by the gates' own backward rules.

JAX has derivatives of its own for tanh, maximum or a power; they are not asked. What a gate's slope
is at a kink, a tie or an edge is the table's business, here as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from autograd import probe
from autograd.arithmetic import arrays, jax_arrays
from autograd.arithmetic.jax_arrays import jax, jnp
from autograd.arithmetic.stops import noting_stops, split
from autograd.compiler import library
from autograd.compiler.on_jax.host import on_host
from autograd.rules import Gate

Function = Callable[..., Any]
SymbolicZero: Any = jax.custom_derivatives.SymbolicZero


class Rules(NamedTuple):
    """A gate's two rules on JAX's arrays.

    forward       operands to output
    contribution  (place, upstream, out, operands) to the contribution to the operand in that place
    stopped       (place, out, operands) to where there is none, a path not taken
    """

    forward: Function
    contribution: Function
    stopped: Function


@cache
def rules_of(gate: Gate) -> Rules:
    """The gate's rules; those for Python's floats only as calls back into Python."""

    def forward(*operands: Any) -> Any:
        return gate.forward(jax_arrays, *operands)

    def contribution(place: int, upstream: Any, out: Any, operands: Any) -> Any:
        found = gate.backward(jax_arrays, upstream, out, *operands)[place]
        return jnp.zeros_like(upstream) if found is None else found

    def stopped(place: int, out: Any, operands: Any) -> Any:
        found = gate.backward(noting_stops(jax_arrays), jnp.ones_like(out), out, *operands)[place]
        return jnp.broadcast_to(split(found)[1], out.shape)

    return Rules(forward, contribution, stopped) if probe.on_jax(gate) else _called_back(gate)


@cache
def on_jax(gate: Gate) -> Function:
    """The gate as a function of arrays, one per operand, that broadcast."""
    rules = rules_of(gate)
    return _differentiable(rules.forward, rules.contribution)


@cache
def on_jax_stacked(gate: Gate) -> Function:
    """The gate on all its operands in one array, along a first axis, which goes."""

    def forward(stack: Any) -> Any:
        return gate.forward(jax_arrays.stacked, stack).reshape(stack.shape[1:])

    def contribution(_: int, upstream: Any, out: Any, operands: Any) -> Any:
        return gate.backward(jax_arrays.stacked, upstream, out, *operands)[0]

    return _differentiable(forward, contribution, is_stacked=True)


def _differentiable(forward: Function, contribution: Function, is_stacked: bool = False) -> Function:
    """Forward, with the derivative that the contributions give.

    ``contribution(place, upstream, out, operands)`` is linear in the upstream gradient: upstream
    times the local derivative. Put an operand's tangent there, and it is what that operand's change
    adds to the output's. JAX turns such linear maps round for reverse mode, and has the rule again.
    """

    def derivative(operands: Any, tangents: Any) -> tuple[Any, Any]:
        out: Any = function(*operands)
        change = jnp.zeros_like(out)
        for place, tangent in enumerate(tangents):
            if isinstance(tangent, SymbolicZero):  # of a constant: there 0 * nan must not come in
                continue
            if not is_stacked:
                tangent = jnp.broadcast_to(tangent, out.shape)
            # A rule may put 0 where its product would be nan, as pow does for 0 ** y. Turned round, the
            # 0 would come before the product: so what stops even an infinite gradient stops the tangent.
            is_stopped = contribution(place, jnp.full_like(tangent, np.inf), out, operands) == 0
            passed = contribution(place, jnp.where(is_stopped, 0, tangent), out, operands)
            passed = jnp.asarray(passed, out.dtype)  # float64, if a rule has numbers of its own
            change += jnp.sum(passed, axis=0) if is_stacked else passed
        return out, change

    def in_its_floats(*operands: Any) -> Any:
        return jnp.asarray(forward(*operands), operands[0].dtype)

    function: Any = jax.custom_jvp(in_its_floats)
    function.defjvp(derivative, symbolic_zeros=True)

    def on_arrays(*operands: Any) -> Any:
        kind = jnp.result_type(*operands)
        return function(*[jnp.asarray(operand, kind) for operand in operands])

    return on_arrays


def _called_back(gate: Gate) -> Rules:
    """Rules that take Python's floats: JAX calls back into Python, once for each array."""

    def elementwise(function: Function, count: int, *operands: Any) -> list[Any]:
        """What the function makes of the operands, broadcast: so many arrays of their shape."""
        together = jnp.broadcast_arrays(*operands)

        def call(*numbers: Any) -> Any:
            found = np.stack(list(function(*map(np.ravel, numbers))), axis=-1)
            return found.reshape(*numbers[0].shape, count)

        found = on_host(call, (*together[0].shape, count), *together, method="broadcast_all")
        return [found[..., place] for place in range(count)]

    run, backward = library.forward_on_arrays(gate, arrays), library.backward_on_arrays(gate, arrays)
    stops = library.stopped_on_arrays(gate)

    def slopes(out: Any, *operands: Any) -> Any:
        return backward(np.ones_like(out), out, *operands)

    return Rules(
        lambda *operands: elementwise(lambda *numbers: [run(*numbers)], 1, *operands)[0],
        lambda place, d, out, operands: d * elementwise(slopes, len(operands), out, *operands)[place],
        lambda place, out, operands: elementwise(stops, len(operands), out, *operands)[place] != 0,
    )
