"""Programs on JAX: the same lines, and the same rules of the gates, on JAX's arrays.

``program.to("jax")`` imports this package, and JAX with it, on first use.
"""

from autograd.arithmetic.jax_arrays import jax as jax
from autograd.arithmetic.jax_arrays import jnp as jnp
