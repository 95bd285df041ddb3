"""Which back end trains: the one that was asked for, or the fastest that does what the model does."""

from __future__ import annotations

import warnings

from autograd.compiler.functions.noticing import NotTraceable
from nn.compiled import CompiledLoss, compile_loss
from nn.optim import Optimizer
from nn.training.backend import Backend, BackendName, Task
from nn.training.comparison import check_agreement
from nn.training.eager import EagerBackend
from nn.training.on_numpy import NumpyBackend
from nn.training.schedules import Schedule
from nn.undo import share_state, undone


class NotCompiledWarning(UserWarning):
    """``fit`` trains example by example, because no program would compute what the model or its loss does."""


def choose_backend(name: BackendName, task: Task, schedule: Schedule | None, stacklevel: int) -> Backend:
    """The back end of that name; for "auto" a compiled one where that can be, else the eager one.

    Then a NotCompiledWarning says why, as many calls further up as stacklevel says. Raises TypeError if
    another name needs a program that cannot be; and what the model and the loss raise for an example.
    """
    if name == "eager":
        return EagerBackend(task)
    try:
        compiled = _compiled(task, schedule)
    except NotTraceable as error:
        if name != "auto":
            wanted = f'backend="{name}"'
            raise TypeError(f"{wanted}: this model with this loss cannot be compiled: {error}") from error
        warnings.warn(
            f"this model with this loss cannot be compiled: {error}. fit trains it example by example, "
            'slower, to the same weights; backend="eager" does so without this warning',
            NotCompiledWarning,
            stacklevel=stacklevel + 1,
        )
        return EagerBackend(task)
    if name == "jax":
        from nn.training.on_jax.backend import JaxBackend

        return JaxBackend(task, compiled)
    return NumpyBackend(task, compiled)


def _compiled(task: Task, schedule: Schedule | None) -> CompiledLoss:
    """The program of the task's loss; raises NotTraceable if it would not train as the engine does."""
    model, loss, optimizer = task.model, task.loss, task.optimizer
    if schedule is not None and share_state(schedule, model, loss):
        raise NotTraceable(
            "the schedule holds what the model or the loss computes with, and a program would not see it "
            "change; write a schedule that makes its factor of the count alone, as step_decay(10)"
        )
    if getattr(optimizer.apply, "__func__", None) is not Optimizer.apply:
        raise NotTraceable(
            "the optimizer has its own apply, which a program does not call; write its rule as "
            "update(parameters, gradients, state, lr)"
        )
    data = [(task.X, task.y)] if task.validation is None else [(task.X, task.y), task.validation]
    compiled = compile_loss(model, loss, optimizer.parameters, data)
    with undone(model, loss):
        for X, y in data:
            check_agreement(compiled, task, X, y)
    return compiled
