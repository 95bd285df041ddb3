"""How a batch's mean loss and gradient are computed: by the engine, or by a compiled program."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from math import isfinite
from typing import Any

import numpy as np

from autograd import Value, gc_paused
from autograd.compiler.noticing import NotTraceable
from autograd.compiler.randomness import undrawn
from nn.compiled import CompiledLoss, real_numbers
from nn.losses import Loss
from nn.module import Module
from nn.optim import Array, Optimizer
from nn.schedules import Schedule
from nn.undo import share_state, undone

#: A batch (X, y) in; out its mean loss, and the gradient, flat, in the order of the optimiser's parameters.
Step = Callable[[Any, Any], tuple[float, Array]]

#: One step of an epoch: which rows its batch had, its mean loss, whether that and the gradient were finite.
Stepped = tuple[Array, float, bool]

BACKENDS = ("numpy", "jax")
AGREEMENT = 1e-9  # relative, between a compiled program and the engine; beyond it they are not the same
UPDATE = "write its rule as update(parameters, gradients, state, lr)"


class NotCompiledWarning(UserWarning):
    """``fit`` trains example by example, because no program would compute what the model or its loss does."""


class HowToTrain:
    """Where the parameters' numbers are while ``fit`` runs, and what computes with them: here, the Values."""

    def __init__(self, model: Module, loss: Loss, optimizer: Optimizer, step: Step) -> None:
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.step = step

    def start(self, run: Mapping[str, Any]) -> None:
        """Before the first epoch: what the run is, for processes that share it to compare."""

    def run_epoch(self, X: Any, y: Any, batches: list[Array]) -> Iterator[Stepped]:
        """Take a step for each batch of rows; where its loss or gradient is not finite, none, and say so."""
        for rows in batches:
            with gc_paused():
                loss, gradients = self.step(take(X, rows), take(y, rows))
            is_finite = bool(isfinite(loss) and np.isfinite(gradients).all())
            if is_finite:
                is_finite = self.apply(gradients)
            yield rows, float(loss), is_finite

    def numbers(self) -> Array:
        """The parameters' numbers now; the array is not changed later."""
        return self.optimizer.read()

    def apply(self, gradients: Array) -> bool:
        """Take the optimiser's step; none, and False, where a parameter would not be finite after it."""
        numbers, _ = self.optimizer.updated(self.numbers(), gradients)
        is_finite = bool(np.isfinite(numbers).all())
        if is_finite:
            self.optimizer.apply(gradients)
        return is_finite

    def restore(self, numbers: Array) -> None:
        """Go back to these numbers."""
        self.optimizer.write(numbers)

    def mean_loss(self, X: Any, y: Any) -> float:
        return mean_loss(self.model, self.loss, X, y)

    def settle(self) -> None:
        """Put the numbers into the Values, for whoever looks at them; they are there already."""


class Compiled(HowToTrain):
    """The program has the numbers; the Values get them when it is time to look."""

    def __init__(self, model: Module, loss: Loss, optimizer: Optimizer, compiled: CompiledLoss) -> None:
        super().__init__(model, loss, optimizer, compiled.loss_and_grad)
        self.compiled = compiled
        self.held = optimizer.read()
        self.gradients: Array | None = None

    def numbers(self) -> Array:
        return self.held

    def apply(self, gradients: Array) -> bool:
        numbers, state = self.optimizer.updated(self.held, gradients)
        is_finite = bool(np.isfinite(numbers).all())
        if is_finite:
            self.held, self.gradients, self.optimizer.state = numbers, gradients, state
            self.compiled.place(numbers)
        return is_finite

    def restore(self, numbers: Array) -> None:
        self.held, self.gradients = numbers, None

    def mean_loss(self, X: Any, y: Any) -> float:
        return self.compiled.mean(X, y)

    def settle(self) -> None:
        self.optimizer.write(self.held)
        if self.gradients is not None:
            for parameter, gradient in zip(self.optimizer.parameters, self.gradients.tolist(), strict=True):
                parameter.grad = gradient


def how_to_train(
    model: Module,
    loss: Loss,
    optimizer: Optimizer,
    X: Any,
    y: Any,
    step: Step | None,
    compiled: bool | None,
    backend: str = "numpy",
    validation: tuple[Any, Any] | None = None,
    schedule: Schedule | None = None,
) -> HowToTrain:
    """By the caller's own step if there is one, else compiled if that may be and can be, else eagerly.

    Where it could not be compiled a NotCompiledWarning says why, or, if it must be, as for JAX, a TypeError.
    Raises what the model and the loss raise for an example that the program does not take.
    """
    if backend not in BACKENDS:
        raise ValueError(f"backend must be one of {', '.join(BACKENDS)}, got {backend!r}")
    if backend == "jax" and (step is not None or compiled is False):
        raise ValueError(
            'backend="jax" trains with a compiled program: it takes no step and no compiled=False'
        )
    eager = EagerStep(model, loss, optimizer.parameters)
    if step is not None or compiled is False:
        return HowToTrain(model, loss, optimizer, eager if step is None else step)
    try:
        if schedule is not None and share_state(schedule, model, loss):
            raise NotTraceable(
                "the schedule holds what the model or the loss computes with, and a program would not see it "
                "change; write a schedule that makes its factor of the epoch alone, as step_decay(10)"
            )
        for name in ("apply", "read", "write"):
            if getattr(getattr(optimizer, name), "__func__", None) is not getattr(Optimizer, name):
                raise NotTraceable(
                    f"the optimizer has its own {name}, which a program does not call; {UPDATE}"
                )
        with undone(model, loss):
            data = [(X, y)] if validation is None else [(X, y), validation]
            program = _program(model, loss, optimizer.parameters, data)
            for each in data:
                _check_agreement(program, eager, optimizer, *each)
    except NotTraceable as error:
        if compiled is None and backend == "numpy":
            warnings.warn(
                f"this model with this loss cannot be compiled: {error}. fit trains it example by example, "
                "slower, to the same weights; compiled=False does so without this warning",
                NotCompiledWarning,
                stacklevel=3,
            )
            return HowToTrain(model, loss, optimizer, eager)
        wanted = "compiled=True" if backend == "numpy" else f'backend="{backend}"'
        raise TypeError(f"{wanted}: this model with this loss cannot be compiled: {error}") from error
    if backend == "jax":
        from nn.on_jax import OnJax

        return OnJax(model, loss, optimizer, program)
    return Compiled(model, loss, optimizer, program)


def compiled_loss(model: Module, loss: Loss, x: Any, target: Any) -> CompiledLoss:
    """The program of one example; raises NotTraceable, or what the model and the loss raise for it."""
    with undone(model, loss):
        return _program(model, loss, model.parameters(), [([x], [target])])


def _program(
    model: Any, loss: Loss, parameters: Sequence[Value], data: list[tuple[Any, Any]]
) -> CompiledLoss:
    """The program of the first example, which takes all of the data.

    Raises NotTraceable where there is none; what the model itself raises, for numbers, is the user's own.
    """
    x, target = data[0][0][0], data[0][1][0]
    try:
        program = CompiledLoss(model, loss, x, target, parameters)
        for X, y in data:
            try:
                program.check(X, y)
            except Exception:
                for x, target in zip(X, y, strict=True):  # which is it?
                    program.check([x], [target])
                raise
    except Exception as error:
        undrawn(lambda: loss_of(model, loss, x, target))
        raise error if isinstance(error, NotTraceable) else NotTraceable(str(error)) from error
    return program


def _check_agreement(program: CompiledLoss, eager: EagerStep, optimizer: Optimizer, X: Any, y: Any) -> None:
    """Raise NotTraceable unless both give the same for a few examples, as where lists are added in Python.

    The parameters are others than while it was traced, so that a copy of one shows.
    """
    rows = np.array(sorted({0, len(X) // 2, len(X) - 1, *_extremes(X), *_extremes(y)}))
    batch, held = (take(X, rows), take(y, rows)), optimizer.read()
    try:
        optimizer.write(held * 1.001 + 0.001)
        program.place(optimizer.read())
        wanted_loss, wanted = eager(*(given := deepcopy(batch)))
        loss, gradients = program.loss_and_grad(*batch)
    finally:
        optimizer.write(held)
        program.place(held)
    if not all(map(_same_numbers, batch, given)):
        raise NotTraceable("it changes its example in place, which a program does not; change a copy")
    scale = max(1.0, float(np.abs(wanted).max(initial=0.0)))
    if not (
        np.isclose(loss, wanted_loss, rtol=AGREEMENT, equal_nan=True)
        and np.allclose(gradients, wanted, rtol=AGREEMENT, atol=AGREEMENT * scale, equal_nan=True)
    ):
        raise NotTraceable(
            f"for examples {', '.join(map(str, rows))} the program gives the mean loss {loss:.10g}, the "
            f"model {wanted_loss:.10g}: it does something else with plain numbers than with Values (NumPy "
            "does, with float32 and small integers: then give X.astype(float)), or with copies of parameters"
        )


def _extremes(data: Any) -> list[int]:
    """The examples where NumPy's integers and truth values go wrong or overflow, if anywhere."""
    if not (isinstance(data, np.ndarray) and data.dtype.kind in "biu" and data.size):
        return []
    rows = data.reshape(len(data), -1)
    return [int(rows.max(1).argmax()), int(rows.min(1).argmin()), int(rows.sum(1).argmax())]


def _same_numbers(a: Any, b: Any) -> bool:
    try:
        return np.array_equal(real_numbers(a, "data"), real_numbers(b, "data"), equal_nan=True)
    except ValueError:  # parts of unequal length
        return False


class EagerStep:
    """The step that builds the graph of each example in turn, and lets the gradients add up.

    Each loss is divided by the number of examples before its backward pass, so that in the end
    every parameter's ``grad`` is that of the mean.
    """

    def __init__(self, model: Module, loss: Loss, parameters: Sequence[Value]) -> None:
        self.model = model
        self.loss = loss
        self.parameters = parameters

    def __call__(self, X: Any, y: Any) -> tuple[float, Array]:
        for parameter in (*self.model.parameters(), *self.parameters):
            parameter.grad = None
        mean = 0.0
        for x, target in zip(X, y, strict=True):
            share = loss_of(self.model, self.loss, x, target) / len(X)
            share.backward()
            mean += share.data
        return mean, np.array([parameter.grad for parameter in self.parameters])


def mean_loss(model: Module, loss: Loss, X: Any, y: Any) -> float:
    """The mean of loss(model(x), target) over the examples, without a backward pass."""
    with gc_paused():
        losses = [loss_of(model, loss, x, target).data for x, target in zip(X, y, strict=True)]
    return sum(losses) / len(losses)


def take(data: Any, rows: Any) -> Any:
    """The examples at these rows, of an array or a list."""
    return data[rows] if isinstance(data, np.ndarray) else [data[row] for row in rows.tolist()]


def loss_of(model: Any, loss: Loss, x: Any, target: Any) -> Value:
    out = loss(model(x), target)
    if not isinstance(out, Value):
        raise TypeError(f"the loss of an example must be a Value, got {out!r}")
    return out
