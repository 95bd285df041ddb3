"""Calls out of a program on JAX, back into Python on the host, where NumPy has the numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.compiler.on_jax import jax, jnp


def on_host(
    function: Callable[..., Any], shape: tuple[int, ...], *operands: Any, method: str = "sequential"
) -> Any:
    """function(*operands), run by NumPy: an array of that shape.

    method  what jax.vmap does: "sequential" calls one after the other; with "broadcast_all" the function
            has one more axis in front of each operand, and of its result

    The numbers go as bits: ``with jax.enable_x64(True)`` switches float64 on in the thread that calls, and
    the thread that is called would make float32 of them.
    """
    kind = jnp.result_type(*operands)
    pair = (2,) if kind == np.float64 else ()  # of halves that a number has
    bits = [jax.lax.bitcast_convert_type(jnp.asarray(each, kind), jnp.uint32) for each in operands]

    def call(*bits: Any) -> Any:
        numbers = [np.array(each, order="C").view(kind) for each in bits]
        with np.errstate(all="ignore"):
            found = function(*[each[..., 0] if pair else each for each in numbers])
        found = np.array(found, dtype=kind, order="C")
        return (found[..., None] if pair else found).view(np.uint32)

    result = jax.ShapeDtypeStruct((*shape, *pair), jnp.uint32)
    return jax.lax.bitcast_convert_type(jax.pure_callback(call, result, *bits, vmap_method=method), kind)


def anew(function: Callable[..., Any], shape: tuple[int, ...], is_wanted: Any, *operands: Any) -> Any:
    """function(*operands) by NumPy, if it is wanted; else zeros. Its derivative is nan.

    For lax.cond, of which jax.vmap computes both sides.
    """

    def call(is_wanted: Any, *operands: Any) -> Any:
        return function(*[each.astype(np.float64) for each in operands]) if is_wanted else np.zeros(shape)

    def derivative(operands: Any, tangents: Any) -> tuple[Any, Any]:
        return run(*operands), jnp.full(shape, sum([jnp.nan * jnp.sum(each) for each in tangents]))

    run: Any = jax.custom_jvp(lambda *given: on_host(call, shape, *given))
    run.defjvp(derivative)
    return run(jnp.asarray(is_wanted, operands[0].dtype), *operands)
