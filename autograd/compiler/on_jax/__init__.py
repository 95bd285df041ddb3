"""Programs on JAX: the same lines, and the same rules of the gates, on JAX's arrays.

``program.to("jax")`` imports this room, and JAX with it, when first asked for.
"""

from autograd.arithmetic.jax_arrays import jax as jax
from autograd.arithmetic.jax_arrays import jnp as jnp
