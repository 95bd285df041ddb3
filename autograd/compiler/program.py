"""The program: what was written for one example, one scalar at a time, run on a batch of them."""

from __future__ import annotations

from math import ceil, isnan
from types import CodeType
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import numpy.typing as npt

from autograd.compiler.careful import Careful
from autograd.compiler.display import side_by_side
from autograd.compiler.emit import Forward
from autograd.compiler.fuse import fuse
from autograd.compiler.gradients import Backward
from autograd.compiler.report import report
from autograd.compiler.running import Running
from autograd.compiler.source import gradient_source, outputs_source
from autograd.compiler.trace import trace
from autograd.probe import can_stop
from autograd.value import Value

if TYPE_CHECKING:
    from autograd.compiler.on_jax.program import JaxProgram

Array = npt.NDArray[np.float64]

#: Numbers that a block of examples computes, all vectors together: about what a cache holds. Larger
#: arrays cost more, in memory allocated and freed by every call, than they save in calls.
BLOCK = 1 << 20
FEWEST = 64  # examples in a block
#: The C library keeps freed memory for the next call, up to an amount that glibc learns from the largest
#: array freed so far; beyond that, every call gets its memory from the system again, page by page.
KEPT = 3 << 20  # numbers


class Program:
    """A compiled graph, as ``compile`` makes it: run it on a batch X (examples, inputs).

    parameters     their numbers, one flat float64 vector in the order given; set its elements, as
                   in ``program.parameters -= lr * gradient``, and the next call computes with them
    source         the program as Python over whole arrays: a row per scalar, a column per example
    trace, layout  what the stages before it made

    Several threads may call one program at once: each has its own gradient. All read the same parameters,
    so change those only while no thread is computing.
    """

    def __init__(
        self, outputs: list[Value], inputs: list[Value], parameters: list[Value], is_single: bool
    ) -> None:
        self.values = parameters
        self.is_single = is_single
        self.trace = trace(outputs, inputs, parameters)
        self.layout = fuse(self.trace)
        self._parameters: Array = np.array([each.data for each in parameters], dtype=np.float64)
        self.source = self._emit()
        np.empty(KEPT)  # freed at once, and never touched: it costs nothing
        varying = sum(vector.size for vector in self.layout.vectors if vector.varies)
        self._per_example: tuple[CodeType, dict[str, Any]] | None = None
        self._careful: Careful | None = None
        self._can_stop = any(can_stop(gate) for gate in set(self.trace.gate) if gate is not None)
        self._varies = self.layout.varies_at(int(self.layout.location[self.trace.outputs[0]]))
        self._columns = self.layout.columns
        self._block = max(FEWEST, BLOCK // max(varying, 1))

    @property
    def parameters(self) -> Array:
        return self._parameters

    @parameters.setter
    def parameters(self, numbers: Any) -> None:
        if numbers is self._parameters:
            return  # program.parameters -= ..., which is done already
        given = np.asarray(numbers)
        if given.shape != self._parameters.shape or given.dtype.kind not in "buif":
            wanted = f"a flat array of {len(self._parameters)} real number(s)"
            kind = ValueError if given.dtype.kind in "buif" else TypeError
            raise kind(f"parameters must be {wanted}, got {given.dtype} of shape {given.shape}")
        self._parameters[:] = given

    def _emit(self) -> str:
        self._learns = self.is_single and self.layout.trace.learns[self.trace.outputs[0]]
        emitted = (Backward if self._learns else Forward)(self.layout).emit()
        self._gathers_inputs = emitted.gathers_inputs
        functions = [outputs_source(emitted)]
        if self._learns:
            functions.append(gradient_source(emitted))
        source = "\n\n\n".join(filter(None, ["\n".join(map(str, emitted.slices)), *functions])) + "\n"
        code = compile(source, "<compiled program>", "exec")
        self._running = Running(code, emitted.names, self._parameters)
        return source

    def __call__(self, X: Any = None) -> Array:
        """The outputs for each example: (examples, outputs), or (examples,) of a single Value.

        X is (examples, inputs); it may be left out where there are no inputs, for one example.
        Raises ValueError for another shape, TypeError for what is no array of real numbers.
        """
        batch = self._batch(X)
        result = np.empty((len(self.trace.outputs), len(batch)))
        with np.errstate(all="ignore"):
            for block in self._blocks(len(batch)):
                result[:, block] = self._running.outputs(*self._rows(batch[block]))
        return result[0] if self.is_single else result.T

    @overload
    def loss_and_grad(self, X: Any = None, *, per_example: Literal[False] = False) -> tuple[float, Array]: ...
    @overload
    def loss_and_grad(self, X: Any = None, *, per_example: Literal[True]) -> tuple[Array, Array]: ...
    def loss_and_grad(self, X: Any = None, *, per_example: bool = False) -> tuple[Any, Array]:
        """The mean loss over the examples, and its gradient with respect to the parameters, (parameters,).

        per_example  instead the loss of each, (examples,), and the gradient of each, (examples, parameters)

        Raises TypeError unless it was a single Value that was compiled, a loss; ValueError for a batch
        of no examples, which has no mean; and as a call does.
        """
        if not self.is_single:
            raise TypeError(
                "loss_and_grad needs one loss, a Value, "
                f"but {len(self.trace.outputs)} output(s) were compiled, as a list"
            )
        batch = self._batch(X)
        if per_example:
            return self._each(batch)
        if not len(batch):
            raise ValueError("loss_and_grad needs at least one example: the mean of none is not defined")
        if not self._learns:
            with np.errstate(all="ignore"):
                return float(self(batch).mean()), np.zeros_like(self._parameters)
        if not self._varies:
            batch = batch[:1]
        share, blocks = 1 / len(batch), self._blocks(len(batch))
        run, loss, total = self._running, 0.0, None
        run.is_known = False
        gradient, gradient_of = run.gradient, run.loss_and_gradient
        with np.errstate(all="ignore"):
            for block in blocks:
                rows = batch[block]
                dloss = run.dloss
                if dloss.shape[1] != len(rows) or dloss[0, 0] != share:
                    run.dloss = dloss = np.full((1, len(rows)), share)
                loss += float(np.vdot(gradient_of(*self._rows(rows), dloss), dloss))
                if len(blocks) > 1:
                    total = gradient.copy() if total is None else total + gradient
            if total is not None:
                gradient[:] = total
            if self._can_stop and isnan(np.vdot(gradient, gradient)):  # squares: nan if one of them is
                gradient[:] = self._carefully(batch).sum(axis=1) * share
        run.is_known = True
        return loss, gradient.copy()

    def write_back(self) -> None:
        """Put the parameters' numbers into their Values, and this thread's last gradient into their ``grad``.

        Drawing, stepping and saving go on from there.
        """
        for value, number in zip(self.values, self._parameters.tolist(), strict=True):
            value.data = number
        if self._running.is_known:
            for value, slope in zip(self.values, self._running.gradient.tolist(), strict=True):
                value.grad = slope

    def to(self, backend: str, dtype: str = "float64") -> JaxProgram:
        """The same program on another back end: "jax" (extra ``jax``), in float64 or float32.

        Raises ValueError for another back end or dtype, ModuleNotFoundError without JAX.
        """
        if backend != "jax":
            raise ValueError(f'backend must be "jax", got {backend!r}')
        from autograd.compiler.on_jax.program import JaxProgram

        return JaxProgram(self.layout, self.is_single, dtype)

    def __getstate__(self) -> dict[str, Any]:
        """For pickle and copy: this thread's gradient, not the functions, which a copy makes again."""
        run = self._running
        known = {"gradient": run.gradient.copy(), "is_known": run.is_known}
        return vars(self) | {"_running": known, "_per_example": None, "_careful": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        known = state["_running"]
        if not self._parameters.flags.writeable:  # joblib shares one large read-only array among processes
            self._parameters = self._parameters.copy()
        self.source = self._emit()
        self._running.gradient[:], self._running.is_known = known["gradient"], known["is_known"]

    def __copy__(self) -> Program:
        """A program with its own numbers, over the same Values; copy.deepcopy copies the Values too."""
        twin = object.__new__(type(self))
        twin.__setstate__(self.__getstate__() | {"_parameters": self._parameters.copy()})
        return twin

    def report(self) -> str:
        """What became of the scalars: which sums are which matrix product, which gates one gate."""
        return report(self.layout)

    def __repr__(self) -> str:
        n, m = len(self.trace), len(self.layout.instructions)
        return f"<program of {m:,} instructions on arrays, for {n:,} scalar nodes per example>"

    def _repr_html_(self) -> str:
        """The graph of one example beside the source, as a notebook shows it."""
        return side_by_side(self.trace, self.source)

    def _each(self, batch: Array) -> tuple[Array, Array]:
        """The loss and the gradient of each example, a column each while computing."""
        if self._per_example is None:
            both = Backward(self.layout, per_example=True).emit()
            source = "\n".join([*map(str, both.slices), gradient_source(both)])
            self._per_example = compile(source, "<compiled program, per example>", "exec"), both.names
        code, names = self._per_example
        gradient = np.zeros((len(self._parameters), len(batch)))
        names = {**names, "parameters": self._parameters, "gradient": gradient}
        losses = np.empty(len(batch))
        with np.errstate(all="ignore"):
            exec(code, names)
            losses[:] = names["loss_and_gradient"](*self._rows(batch), np.ones((1, len(batch))))
        is_nan = np.isnan(gradient).any(axis=0)
        if self._can_stop and is_nan.any():
            gradient[:, is_nan] = self._carefully(batch[is_nan])
        return losses, gradient.T

    def _carefully(self, batch: Array) -> Array:
        """The gradient of each example, (parameters, examples), without nan from a path not taken."""
        if self._careful is None:
            self._careful = Careful(self.trace)
        return self._careful.gradients(self._parameters, batch)[0]

    def _batch(self, X: Any) -> Array:
        """X as a float64 array, (examples, inputs)."""
        width = len(self.trace.inputs)
        if X is None and width == 0:
            return np.empty((1, 0))
        wanted = f"a program of {width} input(s) takes an array of real numbers of shape (examples, {width})"
        try:
            batch = np.asarray(X)
        except ValueError:
            raise ValueError(f"{wanted}, got rows of different lengths") from None
        if batch.dtype.kind not in "buif":
            raise TypeError(f"{wanted}, got {type(X).__name__} of {batch.dtype}")
        if batch.ndim != 2 or batch.shape[1] != width:
            raise ValueError(f"{wanted}, got shape {batch.shape}")
        return batch if batch.dtype == np.float64 else batch.astype(np.float64)

    def _rows(self, batch: Array) -> list[Array]:
        """The inputs of the functions: a row per scalar; not copied unless some are gathered."""
        rows = np.ascontiguousarray(batch.T) if self._gathers_inputs else batch.T
        return [rows[columns] for columns in self._columns]

    def _blocks(self, count: int) -> list[slice]:
        """Slices of the examples, equal in size and small enough for the cache."""
        if count <= self._block:
            return [slice(0, count)] if count else []
        size = ceil(count / ceil(count / self._block))
        return [slice(first, first + size) for first in range(0, count, size)]
