"""A program on JAX: pure functions of (parameters, batch)."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np

from autograd.compiler.on_jax import jax, jnp
from autograd.compiler.on_jax.emit import emit
from autograd.compiler.vectors import Layout

FLOATS = ("float64", "float32")


class JaxProgram:
    """What ``program.to("jax")`` gives: three pure functions, which JAX transforms as any others.

    They work under jax.jit, grad, jvp, hessian, vmap and lax.scan, and are jitted themselves.
    ``parameters`` is a flat vector, in the order that ``compile`` was given; a batch X is (examples,
    inputs), and may be left out where there are no inputs. ``source`` has the lines that they run.

    JAX computes in float32 until it is told otherwise: by ``jax.config.update("jax_enable_x64",
    True)``, or for a part of a program by ``with jax.enable_x64(True):``. All three raise TypeError for
    parameters in other floats than the program's, and ValueError for another shape.

    A graph so irregular that it is run gate by gate has gradients, but no jvp and no hessian.
    """

    def __init__(self, layout: Layout, is_single: bool, dtype: str) -> None:
        if dtype not in FLOATS:
            raise ValueError(f"dtype must be one of {', '.join(FLOATS)}, got {dtype!r}")
        self.dtype = dtype
        self.is_single = is_single
        self._trace = layout.trace
        ends = accumulate(vector.size for vector in layout.inputs)
        self._splits = [
            slice(end - vector.size, end) for end, vector in zip(ends, layout.inputs, strict=True)
        ]
        self._run, self.source = emit(layout, dtype)
        self._columns = jax.jit(self._compute)
        self._loss_and_grad = jax.jit(jax.value_and_grad(self.loss))

    def outputs(self, parameters: Any, X: Any = None) -> Any:
        """The outputs for each example: (examples, outputs), or (examples,) of a single Value."""
        results = self._columns(parameters, _as_array(X))
        return results[0] if self.is_single else results.T

    def loss(self, parameters: Any, X: Any = None, weights: Any = None) -> Any:
        """The mean of a single output over the examples; the sum of weight * output, if weights are given.

        weights  (examples,)

        Raises TypeError for a program of several outputs, ValueError for a batch of no examples.
        """
        if not self.is_single:
            count = len(self._trace.outputs)
            raise TypeError(f"loss needs one loss, a Value, but {count} output(s) were compiled, as a list")
        losses = self.outputs(parameters, X)
        if not losses.size:
            raise ValueError("the loss needs at least one example: the mean of none is not defined")
        return jnp.mean(losses) if weights is None else jnp.sum(jnp.asarray(weights, self.dtype) * losses)

    def loss_and_grad(self, parameters: Any, X: Any = None, weights: Any = None) -> tuple[Any, Any]:
        """The loss, as above, and its gradient with respect to the parameters, (parameters,)."""
        loss, gradient = self._loss_and_grad(parameters, _as_array(X), _as_array(weights))
        return loss, gradient

    def __repr__(self) -> str:
        return f"<program on JAX, {self.dtype}, of {len(self._trace):,} scalar nodes per example>"

    def _compute(self, parameters: Any, X: Any) -> Any:
        """The outputs, a row each and a column per example."""
        width, wanted = len(self._trace.inputs), (len(self._trace.parameters),)
        parameters = jnp.asarray(parameters)
        if parameters.shape != wanted:
            given = f"got shape {parameters.shape}"
            raise ValueError(f"parameters must be a flat vector of {wanted[0]} numbers, {given}")
        if parameters.dtype != self.dtype:
            raise TypeError(f"{self!r} takes parameters of {self.dtype}, got {parameters.dtype}. {_ADVICE}")
        X = np.empty((1, 0)) if X is None and width == 0 else X
        if X is None or np.ndim(X) != 2 or np.shape(X)[1] != width:
            given = "None" if X is None else f"shape {np.shape(X)}"
            raise ValueError(f"X must be of shape (examples, {width}), got {given}")
        X = jnp.asarray(X, self.dtype)
        # split, then transposed: XLA would make a copy of a whole transposed batch
        results = self._run(parameters, *[X[:, split].T for split in self._splits])
        return jnp.broadcast_to(results, (len(self._trace.outputs), len(X)))


def _as_array(X: Any) -> Any:
    """A list as one array; of a list of numbers, JAX would take each for an argument."""
    return np.asarray(X) if isinstance(X, (list, tuple)) else X


_ADVICE = (
    "JAX has float64 switched off by default: switch it on with "
    'jax.config.update("jax_enable_x64", True) or, for a part, with jax.enable_x64(True); '
    'or take program.to("jax", dtype="float32")'
)
