"""Calls out of a program on JAX, back into Python on the host, where NumPy has the numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.compiler.on_jax import jax, jnp


def on_host(function: Callable[..., Any], shape: tuple[int, ...], *operands: Any) -> Any:
    """function(*operands), run by NumPy: an array of that shape, or what broadcasts to it.

    The numbers go as bits: ``with jax.enable_x64(True)`` switches float64 on in the thread that calls, and
    the thread that is called would make float32 of them.
    """
    kind = jnp.result_type(*operands)
    bits = [jax.lax.bitcast_convert_type(operand, jnp.uint32) for operand in operands]
    result = jax.ShapeDtypeStruct((*shape, 2) if kind == np.float64 else shape, jnp.uint32)

    def call(*bits: Any) -> Any:
        arrays = [np.asarray(each).view(kind) for each in bits]
        arrays = [np.reshape(each, np.shape(x)) for each, x in zip(arrays, operands, strict=True)]
        with np.errstate(all="ignore"):
            found = np.array(np.broadcast_to(function(*arrays), shape), dtype=kind, order="C")
        return found.view(np.uint32).reshape(result.shape)

    found = jax.pure_callback(call, result, *bits, vmap_method="sequential")
    return jax.lax.bitcast_convert_type(found, kind)
