"""Programs on JAX: the same lines, and the same rules of the gates, on JAX's arrays.

``program.to("jax")`` imports this package, and JAX with it, on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

try:
    jax: Any = import_module("jax")
except ModuleNotFoundError as error:
    raise ModuleNotFoundError('programs on JAX need it: pip install "chalkgrad[jax]"', name="jax") from error
jnp: Any = jax.numpy
