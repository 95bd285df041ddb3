"""The program: what was written for one example, one scalar at a time, run on a batch of them."""

from __future__ import annotations

from math import ceil, isfinite, isnan, prod
from types import CodeType
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import numpy.typing as npt

from autograd.compiler.differentiate import differentiate
from autograd.compiler.display import side_by_side
from autograd.compiler.fuse import Fused, fuse
from autograd.compiler.ir import IR
from autograd.compiler.numpy_source import numpy_source
from autograd.compiler.report import report
from autograd.compiler.running import Running
from autograd.compiler.simplify import simplify
from autograd.compiler.structure import Structure
from autograd.compiler.tape import Tape
from autograd.compiler.trace import VARYING, trace
from autograd.probe import can_stop
from autograd.value import Value

if TYPE_CHECKING:
    from autograd.compiler.on_jax.program import JaxProgram

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: Numbers that a block of examples computes, all arrays together: about what a cache holds. Larger
#: arrays cost more, in memory allocated and freed by every call, than they save in calls.
BLOCK = 1 << 20
FEWEST = 64  # examples in a block
#: The C library keeps freed memory for the next call, up to an amount that glibc learns from the largest
#: array freed so far; beyond that, every call gets its memory from the system again, page by page.
KEPT = 3 << 20  # numbers
#: Gates that a tape runs for one example in the time of a line of the source, and in that of starting.
GATES_PER_LINE, GATES_TO_START = 2, 40
#: Arrays of parameters that are always kept apart.
MOST_ARRAYS = 16


class Program:
    """A compiled graph, as ``compile`` makes it: run it on a batch of examples.

    parameters  their numbers, one flat float64 vector in the order given; set its elements, as
                in ``program.parameters -= lr * gradient``, and the next call computes with them
    source      the program as Python over whole arrays, whose last axis are the examples
    trace, ir   what the stages before it made: a row per scalar; a node per array
    arrays      what the parameters are in the source, each a part of the flat vector
    tape        what runs instead where the scalars do not fold into arrays, or else None

    It is called with the inputs in the structure that ``compile`` was given, each array with an axis for the
    examples in front: ``program(x, y)`` for inputs=[x, y] of arrays, ``program(X)`` with a matrix (examples,
    inputs) for a flat list of Values.

    Several threads may call one program at once: each has its own gradient. All read the same parameters,
    so change those only while no thread is computing.
    """

    def __init__(
        self, outputs: list[Value], inputs: Structure, parameters: Structure, is_single: bool
    ) -> None:
        self.inputs = inputs
        self.structure = parameters
        self.values = parameters.leaves
        self.is_single = is_single
        self.trace = trace(outputs, inputs.leaves, parameters.leaves)
        self._parameters: Array = np.array([each.data for each in self.values], dtype=np.float64)
        np.empty(KEPT)  # freed at once, and never touched: it costs nothing
        self._can_stop = any(can_stop(gate) for gate in set(self.trace.gate) if gate is not None)
        self._varies = self.trace.kind[self.trace.outputs[0]] == VARYING
        self._learns = is_single and self.trace.learns[self.trace.outputs[0]]
        self._lower()

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

    # -- the stages ------------------------------------------------------------------------------

    def _lower(self) -> None:
        """From the trace to what runs: the stages, one after the other."""
        self._per_example: tuple[CodeType, dict[str, Any]] | None = None
        self._made_tape: Tape | None = None
        inputs, self.arrays = self.inputs.arrays, self.structure.arrays
        self.fused = self._fuse()
        if self.fused is None and len(self.arrays) > MOST_ARRAYS:
            self.arrays = self.structure.as_one  # neurons, perhaps, each with arrays of its own
            self.fused = self._fuse()
        if self.fused is None:
            self.source = f"# run gate by gate\n{self.tape}\n"
            self._running = Running(None, {}, self._parameters)
            return
        programs = [simplify(self.fused.arrays, opened=False)]
        if self._learns:
            programs.append(simplify(differentiate(self.fused.arrays)))
        written = numpy_source(programs, inputs, self.arrays)
        self.source = str(written)
        self._varies = self.fused.output.varies
        self._gates = sum(gate is not None for gate in self.trace.gate)
        self._block = max(FEWEST, BLOCK // max(written.held + len(self.inputs.leaves), 1))
        self._copied = written.copied
        self._orders = [(*range(1, len(each.shape) + 1), 0) for each in inputs]
        self._lines = self.source.count("\n")
        code = compile(self.source, "<compiled program>", "exec")
        self._running = Running(code, written.names, self._parameters)

    def _fuse(self) -> Fused | None:
        leaves = [[each.shape for each in arrays] for arrays in (self.inputs.arrays, self.arrays)]
        return fuse(self.trace, *leaves)

    def _lower_per_example(self) -> tuple[CodeType, dict[str, Any]]:
        """The same for the gradients of each example."""
        assert self.fused is not None
        both = simplify(differentiate(self.fused.arrays, per_example=True))
        written = numpy_source([both], self.inputs.arrays, self.arrays, per_example=True)
        return compile(str(written), "<compiled program, per example>", "exec"), written.names

    @property
    def ir(self) -> IR:
        """The arrays with axes that the scalars became; print it."""
        return IR() if self.fused is None else self.fused.ir

    @property
    def tape(self) -> Tape:
        """The graph gate by gate: for what does not fold, and where the program's own gradient is nan."""
        if self._made_tape is None:
            self._made_tape = Tape(self.trace)
        return self._made_tape

    # -- running ---------------------------------------------------------------------------------

    def __call__(self, *X: Any) -> Array:
        """The outputs for each example: (examples, outputs), or (examples,) of a single Value.

        The inputs may be left out where there are none, for one example.
        Raises ValueError for another shape, TypeError for what is no array of real numbers.
        """
        count, columns = self.inputs.columns(X)
        is_unseen = self._unseen(count, columns)
        if self._runs_tape(count) or (is_unseen is not None and is_unseen.all()):
            result = self.tape.outputs(self._parameters, self._matrix(count, columns))
        else:
            result = np.empty((len(self.trace.outputs), count))
            with np.errstate(all="ignore"):
                for block in self._blocks(count):
                    found = self._running.outputs(*self._rows(columns, block))
                    result[:, block] = found if self._varies else np.reshape(found, (-1, 1))
                is_nan = np.zeros(count, dtype=bool) if is_unseen is None else is_unseen
                if isnan(np.vdot(result, result)) and self.fused is not None and self.fused.has_masks:
                    is_nan = is_nan | np.isnan(result).any(axis=0)
                if is_nan.any():
                    batch = self._matrix(count, columns)[is_nan]
                    result[:, is_nan] = self.tape.outputs(self._parameters, batch)
        return result[0] if self.is_single else result.T

    @overload
    def loss_and_grad(self, *X: Any, per_example: Literal[False] = False) -> tuple[float, Array]: ...
    @overload
    def loss_and_grad(self, *X: Any, per_example: Literal[True]) -> tuple[Array, Array]: ...
    def loss_and_grad(self, *X: Any, per_example: bool = False) -> tuple[Any, Array]:
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
        count, columns = self.inputs.columns(X)
        if per_example:
            return self._each(count, columns)
        if not count:
            raise ValueError("loss_and_grad needs at least one example: the mean of none is not defined")
        if not self._learns:
            with np.errstate(all="ignore"):
                return float(self(*X).mean()), np.zeros_like(self._parameters)
        run = self._running
        run.is_known = False
        is_unseen = self._unseen(count, columns)
        if is_unseen is not None and self._varies and not is_unseen.all():
            loss = self._mended(run, is_unseen, count, columns)
        elif is_unseen is not None:
            loss = self._by_tape(run, count, columns)
        else:
            if not self._varies:
                count, columns = 1, [each[:1] for each in columns]
            computed = self._by_tape if self._runs_tape(count) else self._by_arrays
            loss = computed(run, count, columns)
        run.is_known = True
        return loss, run.gradient.copy()

    def _by_tape(self, run: Running, count: int, columns: list[Array]) -> float:
        """The mean loss, gate by gate; its gradient is written to this thread's."""
        losses, found = self.tape.loss_and_grad(self._parameters, self._matrix(count, columns))
        with np.errstate(all="ignore"):
            run.gradient[:] = found / count
            return float(losses.mean())

    def _mended(self, run: Running, is_unseen: Mask, count: int, columns: list[Array]) -> float:
        """The same, of some examples gate by gate, of the others by arrays."""
        seen = int(np.count_nonzero(~is_unseen))
        share = seen / count
        loss = self._by_tape(run, count - seen, [each[is_unseen] for each in columns]) * (1 - share)
        with np.errstate(all="ignore"):
            gradient = run.gradient * (1 - share)
            loss += self._by_arrays(run, seen, [each[~is_unseen] for each in columns]) * share
            run.gradient[:] = gradient + run.gradient * share
        return loss

    def _by_arrays(self, run: Running, count: int, columns: list[Array]) -> float:
        """The same, by the functions of the source."""
        share, blocks = 1 / count, self._blocks(count)
        loss, total, gradient = 0.0, None, run.gradient
        with np.errstate(all="ignore"):
            for block in blocks:
                size, dloss = block.stop - block.start, run.dloss
                if len(dloss) != size or dloss[0] != share:
                    run.dloss = dloss = np.full(size, share)
                losses = run.loss_and_gradient(*self._rows(columns, block), dloss)
                loss += float(np.vdot(losses, dloss))
                if len(blocks) > 1:
                    total = gradient.copy() if total is None else total + gradient
            if total is not None:
                gradient[:] = total
            if self._is_careful and isnan(loss + np.vdot(gradient, gradient)):  # nan if one of them is
                return self._by_tape(run, count, columns)
        return loss

    @property
    def _is_careful(self) -> bool:
        """Whether a nan may be the program's own, and not the graph's."""
        return self._can_stop or (self.fused is not None and self.fused.has_masks)

    def _runs_tape(self, count: int) -> bool:
        """Whether so many examples take less time gate by gate."""
        return self.fused is None or self._gates * count + GATES_TO_START < GATES_PER_LINE * self._lines

    def _unseen(self, count: int, columns: list[Array]) -> Mask | None:
        """Which examples have a 0 * inf that arrays would not see, as zeros were dropped; None: none."""
        if self.fused is None or not self.fused.scalars.has_dropped:
            return None
        if all(isfinite(np.vdot(each, each)) for each in (self._parameters, *columns)):
            return None  # the squares too are finite
        is_unseen = np.full(count, not np.isfinite(self._parameters).all())
        for each in columns:
            is_unseen |= ~np.isfinite(each).reshape(count, -1).all(axis=1)
        return is_unseen if is_unseen.any() else None

    def unflatten(self, vector: Any) -> Any:
        """The numbers of a flat vector, such as the gradient, in the structure that parameters were given in.

        The arrays are views of it. Raises ValueError for another length, TypeError for no real numbers.
        """
        return self.structure.unflatten(vector)

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

        return JaxProgram(self, dtype)

    def __getstate__(self) -> dict[str, Any]:
        """For pickle and copy: this thread's gradient, not what is made again from the trace."""
        run = self._running
        known = {"gradient": run.gradient.copy(), "is_known": run.is_known}
        made = dict.fromkeys(("_per_example", "_made_tape", "fused"))
        return vars(self) | made | {"_running": known}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        known = state["_running"]
        if not self._parameters.flags.writeable:  # joblib shares one large read-only array among processes
            self._parameters = self._parameters.copy()
        self._lower()
        self._running.gradient[:], self._running.is_known = known["gradient"], known["is_known"]

    def __copy__(self) -> Program:
        """A program with its own numbers, over the same Values; copy.deepcopy copies the Values too."""
        twin = object.__new__(type(self))
        twin.__setstate__(self.__getstate__() | {"_parameters": self._parameters.copy()})
        return twin

    def report(self) -> str:
        """What became of the scalars: which sums are which matrix product, which gates one gate."""
        return report(self.trace, self.fused)

    def __repr__(self) -> str:
        n = len(self.trace)
        if self.fused is None:
            return f"<program of {self._made_tape!r}, for {n:,} scalar nodes per example>"
        return f"<program of {len(self.fused.groups.found):,} arrays, for {n:,} scalar nodes per example>"

    def _repr_html_(self) -> str:
        """The graph of one example beside the source, as a notebook shows it."""
        return side_by_side(self.trace, self.source)

    def _each(self, count: int, columns: list[Array]) -> tuple[Array, Array]:
        """The loss and the gradient of each example, a column each while computing."""
        if self._runs_tape(count) or self._unseen(count, columns) is not None:
            losses, gradient, _ = self.tape.gradients(self._parameters, self._matrix(count, columns))
            return losses, gradient.T
        losses, gradient = np.empty(count), np.zeros((len(self._parameters), count))
        if self._learns:
            if self._per_example is None:
                self._per_example = self._lower_per_example()
            code, own = self._per_example
            names = {**self._running.functions, **own, "parameters": self._parameters, "gradient": gradient}
            with np.errstate(all="ignore"):
                exec(code, names)
                everything = self._rows(columns, slice(0, count))
                losses[:] = names["loss_and_gradient"](*everything, np.ones(count))
        else:
            losses[:] = self._outputs_of(columns, count)
        if not self._is_careful:
            return losses, gradient.T
        is_nan = np.isnan(losses) | np.isnan(gradient).any(axis=0)
        if is_nan.any():
            batch = self._matrix(count, columns)[is_nan]
            losses[is_nan], gradient[:, is_nan], _ = self.tape.gradients(self._parameters, batch)
        return losses, gradient.T

    def _outputs_of(self, columns: list[Array], count: int) -> Any:
        with np.errstate(all="ignore"):
            return self._running.outputs(*self._rows(columns, slice(0, count)))

    def _matrix(self, count: int, columns: list[Array]) -> Array:
        """All inputs as one matrix, (examples, inputs)."""
        return np.concatenate(
            [np.empty((count, 0)), *[each.reshape(count, prod(each.shape[1:])) for each in columns]], axis=1
        )

    def _rows(self, columns: list[Array], block: slice) -> list[Array]:
        """The inputs of the functions, the examples last; not copied where only products take them."""
        rows = []
        for each, order, is_copied in zip(columns, self._orders, self._copied, strict=True):
            row = each[block].transpose(order)
            rows.append(np.ascontiguousarray(row) if is_copied else row)
        return rows

    def _blocks(self, count: int) -> list[slice]:
        """Slices of the examples, equal in size and small enough for the cache."""
        if count <= self._block:
            return [slice(0, count)] if count else []
        size = ceil(count / ceil(count / self._block))
        return [slice(first, min(first + size, count)) for first in range(0, count, size)]
