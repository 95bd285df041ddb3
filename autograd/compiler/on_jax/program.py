"""A program on JAX: pure functions of (parameters, batch)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.compiler.on_jax import jax, jnp
from autograd.compiler.on_jax.evaluate import evaluated, steps
from autograd.compiler.on_jax.host import anew
from autograd.compiler.on_jax.tape import Tape
from autograd.compiler.structure import Array, Template
from autograd.numbers import NUMPY_REAL_KINDS
from autograd.probe import can_stop

if TYPE_CHECKING:
    from typing import Protocol

    from autograd.compiler.fuse import Fused
    from autograd.compiler.structure import Structure
    from autograd.compiler.tape import Tape as HostTape
    from autograd.compiler.trace import Trace
    from autograd.value import Value

    class Program(Protocol):
        """What is asked of a program (program.py, which imports this)."""

        trace: Trace
        fused: Fused | None
        inputs: Structure
        arrays: list[Array]
        values: list[Value]
        is_single: bool

        @property
        def tape(self) -> HostTape: ...


SymbolicZero: Any = jax.custom_derivatives.SymbolicZero
FLOATS = ("float64", "float32")
#: Operations that XLA compiles in seconds even if each stands for few scalars; and the scalars in the graph
#: for each further one, to be worth compiling.
MOST_STEPS, FEWEST_SCALARS = 100, 100


class JaxProgram:
    """What ``program.to("jax")`` gives: three pure functions, which JAX transforms as any others.

    They work under jax.jit, grad, jvp, hessian, vmap and lax.scan, and are jitted themselves.
    ``parameters`` is a flat vector, in the order that ``compile`` was given; the batch X is in the structure
    of its inputs, as the program itself takes it. ``program.unflatten`` takes a gradient apart.

    is_tape    whether the graph is so irregular that it is run gate by gate: then it has gradients, but
               neither jvp nor hessian
    has_masks  whether arrays have places for scalars that there are not, or products with 0 were dropped that
               are nan where a leaf is infinite: then the outputs and the loss, or
    may_stop   whether gates may send nothing: then the gradient of the loss
               is computed again, gate by gate, where it came out as nan; other derivatives are not

    JAX computes in float32 until it is told otherwise: by ``jax.config.update("jax_enable_x64", True)``, or
    for a part of a program by ``with jax.enable_x64(True):``. All three raise TypeError for parameters in
    other floats than the program's, ValueError for another shape of them, and for X as the program does.
    """

    def __init__(self, program: Program, dtype: str) -> None:
        if dtype not in FLOATS:
            raise ValueError(f"dtype must be one of {', '.join(FLOATS)}, got {dtype!r}")
        self.dtype = dtype
        self.is_single = program.is_single
        self._program, trace, fused = program, program.trace, program.fused
        self._width, self._scalars = len(trace.outputs), len(trace)
        most = MOST_STEPS + len(trace) // FEWEST_SCALARS
        if fused is None or steps(fused.output) > most:
            self.is_tape, self.has_masks, self.may_stop = True, False, False  # it is careful by itself
            self._has_dropped = False
            self._run: Any = Tape(trace, dtype).outputs
        else:
            self._has_dropped = fused.scalars.has_dropped
            self.is_tape, self.has_masks = False, fused.has_masks or self._has_dropped
            self.may_stop = any(can_stop(gate) for gate in {*trace.gate} if gate)
            self._run = evaluated(fused.output, dtype)
        self._plain_outputs = jax.jit(self._compute, static_argnums=2)
        self._outputs = jax.jit(self._repaired, static_argnums=2) if self.has_masks else self._plain_outputs
        may_be_wrong = self.may_stop or self.has_masks
        self._weighted = self._careful(self._on_host) if may_be_wrong else self._plain
        self._loss_and_grad = jax.jit(jax.value_and_grad(self._weighted))

    def outputs(self, parameters: Any, *X: Any) -> Any:
        """The outputs for each example: (examples, outputs), or (examples,) of a single Value."""
        found = self._outputs(*self._checked(parameters, X))
        return found[:, 0] if self.is_single else found

    def loss(self, parameters: Any, *X: Any, weights: Any = None) -> Any:
        """The mean of a single output over the examples; the sum of weight * output, if weights are given.

        weights  (examples,)

        Raises TypeError for a program of several outputs, ValueError for a batch of no examples.
        """
        return self._weighted(*self._operands(parameters, X, weights))

    def loss_and_grad(self, parameters: Any, *X: Any, weights: Any = None) -> tuple[Any, Any]:
        """The loss, as above, and its gradient with respect to the parameters, (parameters,)."""
        loss, gradient = self._loss_and_grad(*self._operands(parameters, X, weights))
        return loss, gradient

    def plain_loss(self, parameters: Any, *X: Any, weights: Any = None) -> Any:
        """The loss, with JAX's own backward pass: nan where a path not taken leads to a pole."""
        return self._plain(*self._operands(parameters, X, weights))

    def loss_by_tape(self) -> Callable[..., Any]:
        """``loss``, but repaired by a tape on JAX and not on the host: for a loop over many devices."""
        weighted = self._careful(Tape(self._program.trace, self.dtype).gradients)
        return lambda parameters, *X, weights=None: weighted(*self._operands(parameters, X, weights))

    # -- computing -------------------------------------------------------------------------------

    def _compute(self, parameters: Any, columns: Sequence[Any], count: int) -> Any:
        """The outputs of each example, (examples, outputs); of the columns each (examples, *shape)."""
        if self.is_tape:
            return self._run(parameters, _matrix(columns, count)).T
        arrays = self._program.arrays
        parts = jnp.split(parameters, [each.start for each in arrays[1:]])
        parts = [part.reshape(each.shape) for part, each in zip(parts, arrays, strict=False)]
        found = self._run(parts, [jnp.moveaxis(each, 0, -1) for each in columns])
        found = jnp.broadcast_to(found.T.reshape(-1, self._width), (count, self._width))
        if not self._has_dropped:
            return found
        is_seen = jnp.isfinite(_matrix(columns, count)).all(axis=1) & jnp.isfinite(parameters).all()
        return jnp.where(is_seen[:, None], found, jnp.nan)  # so that they are computed again

    def _plain(self, parameters: Any, weights: Any, *columns: Any) -> Any:
        return jnp.vdot(weights, self._plain_outputs(parameters, columns, len(weights))[:, 0])

    def _repaired(self, parameters: Any, columns: Sequence[Any], count: int) -> Any:
        """The outputs; by NumPy where one is nan, perhaps from a place without a scalar."""
        found = self._plain_outputs(parameters, columns, count)
        is_nan, X = jnp.isnan(found).any(), _matrix(columns, count)

        def outputs(parameters: Any, X: Any) -> Any:
            return self._program.tape.outputs(parameters, X).T

        return jax.lax.cond(is_nan, lambda: anew(outputs, found.shape, is_nan, parameters, X), lambda: found)

    def _careful(self, gradients: Any) -> Any:
        """The weighted sum of the losses, with a gradient that no pole on a path not taken makes nan.

        JAX's own backward pass multiplies the 0 of such a path by what comes below. Where that made a nan,
        ``gradients`` computes it again, gate by gate: (is_nan, parameters, X, weights) to each example's
        loss, and the weighted sum's gradient by the parameters and by X. The derivative is the gradient
        times the tangents: JAX transposes that for reverse mode.
        """

        def weighted(parameters: Any, weights: Any, *columns: Any) -> Any:
            return jnp.vdot(weights, self._outputs(parameters, columns, len(weights))[:, 0])

        def derivative(operands: Any, tangents: Any) -> tuple[Any, Any]:
            places = [place for place, each in enumerate(tangents) if not isinstance(each, SymbolicZero)]
            found = jax.value_and_grad(self._plain, tuple(places))(*operands)
            is_nan = jnp.any(jnp.array([jnp.isnan(each).any() for each in jax.tree.leaves(found)]))
            parameters, weights, *columns = operands

            def again() -> Any:
                X = _matrix(columns, len(weights))
                losses, by_parameters, by_X = gradients(is_nan, parameters, X, weights)
                by_columns = [array.view(by_X) for array in self._program.inputs.arrays]
                by_operands = [by_parameters, losses, *by_columns]
                return jnp.vdot(weights, losses), tuple([by_operands[place] for place in places])

            out, slopes = jax.lax.cond(is_nan, again, lambda: found)
            changes = [jnp.vdot(slope, tangents[at]) for slope, at in zip(slopes, places, strict=True)]
            return out, sum(changes)

        loss: Any = jax.custom_jvp(weighted)
        loss.defjvp(derivative, symbolic_zeros=True)
        return loss

    def _on_host(self, is_nan: Any, parameters: Any, X: Any, weights: Any) -> tuple[Any, Any, Any]:
        """The gradients, as above, by NumPy; second derivatives are nan."""

        def gradients(parameters: Any, X: Any, weights: Any) -> Any:
            losses, by_parameters, by_X = self._program.tape.gradients(parameters, X)
            return np.concatenate([losses, by_parameters @ weights, (by_X * weights).T.ravel()])

        sizes = len(X), len(parameters), X.size
        found = anew(gradients, (sum(sizes),), is_nan, parameters, X, weights)
        losses, by_parameters, by_X = jnp.split(found, np.cumsum(sizes[:-1]))
        return losses, by_parameters, by_X.reshape(X.shape)

    # -- what it is called with ----------------------------------------------------------------------

    def _operands(self, parameters: Any, X: tuple[Any, ...], weights: Any) -> tuple[Any, ...]:
        """What the loss is a function of: parameters, weights, columns."""
        if not self.is_single:
            raise TypeError(
                f"loss needs one loss, a Value, but {self._width} output(s) were compiled, as a list"
            )
        parameters, columns, count = self._checked(parameters, X)
        if not count:
            raise ValueError("the loss needs at least one example: the mean of none is not defined")
        weights = np.full(count, 1 / count) if weights is None else weights
        return parameters, jnp.asarray(weights, self.dtype), *columns

    def _checked(self, parameters: Any, X: tuple[Any, ...]) -> tuple[Any, list[Any], int]:
        """The parameters, each array of the inputs, both JAX's, and how many examples there are."""
        parameters, wanted = jnp.asarray(parameters), (len(self._program.values),)
        if parameters.shape != wanted:
            given = f"got shape {parameters.shape}"
            raise ValueError(f"parameters must be a flat vector of {wanted[0]} numbers, {given}")
        if parameters.dtype != self.dtype:
            raise TypeError(f"{self!r} takes parameters of {self.dtype}, got {parameters.dtype}. {_ADVICE}")
        inputs = self._program.inputs
        count, columns = inputs.columns(jax.tree.map(_outline, X))
        if inputs.leaves:
            is_one = isinstance(inputs.template, (Array, dict))
            columns = _arrays(inputs.template, X[0] if is_one else X)
            if inputs.is_flat:
                columns = [array.view(jnp.asarray(columns[0])) for array in inputs.arrays]
        return parameters, [jnp.asarray(each, self.dtype) for each in columns], count

    def __copy__(self) -> JaxProgram:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> JaxProgram:
        return self  # like a pure function

    def __reduce__(self) -> tuple[Any, ...]:
        return JaxProgram, (self._program, self.dtype)

    def __repr__(self) -> str:
        return f"<program on JAX, {self.dtype}, of {self._scalars:,} scalar nodes per example>"


def _outline(x: Any) -> Any:
    """An array of the same shape, for checks, without memory: JAX's may have no numbers yet."""
    if not hasattr(x, "dtype"):
        return x
    return np.broadcast_to(np.zeros((), float if x.dtype.kind in NUMPY_REAL_KINDS else x.dtype), x.shape)


def _arrays(template: Template, given: Any) -> list[Any]:
    """The arrays of what was given, in the order of the template."""
    if isinstance(template, Array):
        return [np.asarray(given) if isinstance(given, (list, tuple)) else given]
    parts = template.items() if isinstance(template, dict) else enumerate(template)
    return [each for key, part in parts for each in _arrays(part, given[key])]


def _matrix(columns: Sequence[Any], count: int) -> Any:
    """All inputs as one array, (examples, inputs)."""
    parts = [each.reshape(count, prod(each.shape[1:])) for each in columns]
    return jnp.concatenate([jnp.empty((count, 0), jnp.float32), *parts], axis=1)  # in the others' floats


_ADVICE = (
    "JAX has float64 switched off by default: switch it on with "
    'jax.config.update("jax_enable_x64", True) or, for a part, with jax.enable_x64(True); '
    'or take program.to("jax", dtype="float32")'
)
