"""A program on JAX: pure functions of (parameters, batch)."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.compiler.careful import Careful
from autograd.compiler.on_jax import jax, jnp
from autograd.compiler.on_jax.emit import emit
from autograd.compiler.on_jax.host import on_host
from autograd.compiler.on_jax.tape import careful_gradient
from autograd.compiler.vectors import Layout
from autograd.probe import can_stop

SymbolicZero: Any = jax.custom_derivatives.SymbolicZero
FLOATS = ("float64", "float32")


class JaxProgram:
    """What ``program.to("jax")`` gives: three pure functions, which JAX transforms as any others.

    They work under jax.jit, grad, jvp, hessian, vmap and lax.scan, and are jitted themselves.
    ``parameters`` is a flat vector, in the order that ``compile`` was given; a batch X is (examples,
    inputs), and may be left out where there are no inputs. ``source`` has the lines that they run.

    JAX computes in float32 until it is told otherwise: by ``jax.config.update("jax_enable_x64",
    True)``, or for a part of a program by ``with jax.enable_x64(True):``. All three raise TypeError for
    parameters in other floats than the program's, and ValueError for another shape.

    A graph so irregular that it is run gate by gate has gradients, but neither jvp nor hessian.
    """

    def __init__(self, layout: Layout, is_single: bool, dtype: str) -> None:
        if dtype not in FLOATS:
            raise ValueError(f"dtype must be one of {', '.join(FLOATS)}, got {dtype!r}")
        self.dtype = dtype
        self.is_single = is_single
        self._layout = layout
        self._trace = layout.trace
        self._run, self.source, is_tape = emit(layout, dtype)
        self._results = jax.jit(self._compute)
        # a tape is careful by itself
        self.may_stop = not is_tape and any(can_stop(gate) for gate in set(self._trace.gate) if gate)
        self._weighted = self._careful(self._on_host) if self.is_single and self.may_stop else self.plain_loss
        self._loss_and_grad = jax.jit(jax.value_and_grad(self.loss))

    def outputs(self, parameters: Any, X: Any = None) -> Any:
        """The outputs for each example: (examples, outputs), or (examples,) of a single Value."""
        results = self._results(parameters, _as_array(X))
        return results[0] if self.is_single else results.T

    def loss(self, parameters: Any, X: Any = None, weights: Any = None) -> Any:
        """The mean of a single output over the examples; the sum of weight * output, if weights are given.

        weights  (examples,)

        Raises TypeError for a program of several outputs, ValueError for a batch of no examples.
        """
        if not self.is_single:
            count = len(self._trace.outputs)
            raise TypeError(f"loss needs one loss, a Value, but {count} output(s) were compiled, as a list")
        parameters, X = self._checked(parameters, _as_array(X))
        if not len(X):
            raise ValueError("the loss needs at least one example: the mean of none is not defined")
        if weights is None:
            weights = np.full(len(X), 1 / len(X))
        return self._weighted(parameters, X, jnp.asarray(weights, self.dtype))

    def plain_loss(self, parameters: Any, X: Any, weights: Any) -> Any:
        """The loss, weighted, with JAX's own backward pass: nan where a path not taken leads to a pole."""
        return jnp.sum(weights * self._results(parameters, X)[0])

    def loss_by_tape(self) -> Any:
        """``plain_loss`` with the right backward pass, all of it on JAX, for a loop over many devices."""
        return self._careful(careful_gradient(self._trace, self.dtype))

    def _careful(self, anew: Any) -> Any:
        """The weighted sum of the losses, with a gradient that no pole on a path not taken makes nan.

        JAX's own backward pass multiplies the 0 of such a path by what comes below. Where that made a nan,
        ``anew`` computes the gradient again, gate by gate. The derivative is the gradient times the
        tangents: JAX transposes that for reverse mode.
        """
        loss: Any = jax.custom_jvp(self.plain_loss)

        def derivative(operands: Any, tangents: Any) -> tuple[Any, Any]:
            places = [place for place, each in enumerate(tangents) if not isinstance(each, SymbolicZero)]
            out, found = jax.value_and_grad(self.plain_loss, tuple(places))(*operands)
            gradients = dict(zip(places, found, strict=True))
            by_numbers = {place: gradients[place] for place in places if place < 2}  # parameters, X
            is_nan = jnp.any(jnp.array([jnp.isnan(each).any() for each in by_numbers.values()]))

            def carefully() -> Any:
                found = anew(*operands)
                return {place: found[place] for place in by_numbers}

            if by_numbers:
                gradients |= jax.lax.cond(is_nan, carefully, lambda: by_numbers)
            return out, sum(jnp.vdot(gradients[place], tangents[place]) for place in places)

        loss.defjvp(derivative, symbolic_zeros=True)
        return loss

    def _on_host(self, parameters: Any, X: Any, weights: Any) -> tuple[Any, Any]:
        """The gradients by parameters and X, computed by NumPy; second derivatives are nan."""

        def gradients(parameters: Any, X: Any, weights: Any) -> Any:
            by_parameters, by_inputs = Careful(self._trace).gradients(parameters, X)
            return np.concatenate([by_parameters @ weights, (by_inputs * weights).T.ravel()])

        size = len(parameters) + X.size
        flat: Any = jax.custom_jvp(lambda *operands: on_host(gradients, (size,), *operands))
        flat.defjvp(lambda operands, _: (flat(*operands), jnp.full(size, jnp.nan, self.dtype)))
        found = flat(parameters, X, weights)
        return found[: len(parameters)], found[len(parameters) :].reshape(X.shape)

    def loss_and_grad(self, parameters: Any, X: Any = None, weights: Any = None) -> tuple[Any, Any]:
        """The loss, as above, and its gradient with respect to the parameters, (parameters,)."""
        loss, gradient = self._loss_and_grad(parameters, _as_array(X), _as_array(weights))
        return loss, gradient

    def __copy__(self) -> JaxProgram:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> JaxProgram:
        return self  # like a pure function

    def __reduce__(self) -> tuple[Any, ...]:
        return JaxProgram, (self._layout, self.is_single, self.dtype)

    def __repr__(self) -> str:
        return f"<program on JAX, {self.dtype}, of {len(self._trace):,} scalar nodes per example>"

    def _compute(self, parameters: Any, X: Any) -> Any:
        """The outputs, a row each and a column per example."""
        parameters, X = self._checked(parameters, X)
        # split, then transposed: XLA would make a copy of a whole transposed batch
        results = self._run(parameters, *[X[:, columns].T for columns in self._layout.columns])
        return jnp.broadcast_to(results, (len(self._trace.outputs), len(X)))

    def _checked(self, parameters: Any, X: Any) -> tuple[Any, Any]:
        """Both as JAX's arrays of the right shape; raises ValueError and TypeError as the class says."""
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
        return parameters, jnp.asarray(X, self.dtype)


def _as_array(X: Any) -> Any:
    """A list as one array; JAX would take each number of a list for an argument."""
    return np.asarray(X) if isinstance(X, (list, tuple)) else X


_ADVICE = (
    "JAX has float64 switched off by default: switch it on with "
    'jax.config.update("jax_enable_x64", True) or, for a part, with jax.enable_x64(True); '
    'or take program.to("jax", dtype="float32")'
)
