"""The training loop: epochs of mini-batches, and what ends them."""

from __future__ import annotations

import os
import warnings
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import find_nonfinite
from autograd.files import find_target, path_text
from nn.checks import as_generator, as_size
from nn.files import save
from nn.losses import Loss
from nn.model_loss import loss_of
from nn.module import Module
from nn.optim import Optimizer
from nn.training.arguments import as_task, check_choices
from nn.training.backend import BackendName, Task
from nn.training.checkpoint import load_run, save_run
from nn.training.choice import choose_backend
from nn.training.examples import Rows, batches_of, take
from nn.training.history import History
from nn.training.progress import progress_bar
from nn.training.run import Run
from nn.training.schedules import Per, Schedule

if TYPE_CHECKING:
    from numpy.random import Generator


def fit(
    model: Module,
    X: Any,
    y: Any,
    *,
    loss: Loss,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int | None = None,
    shuffle: bool = True,
    schedule: Schedule | None = None,
    schedule_per: Per = "epoch",
    rng: Generator | None = None,
    validation: tuple[Any, Any] | None = None,
    progress: bool = True,
    save_to: str | os.PathLike[str] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    backend: BackendName = "auto",
) -> History:
    """Train the model on the examples X, a row or an element each, and their targets y.

    >>> import numpy as np
    >>> from nn import MLP, SGD, squared_error
    >>> model, X = MLP(1, [1]), np.linspace(-1, 1, 9)
    >>> optimizer = SGD(model.parameters(), lr=0.3)
    >>> history = fit(model, X, 3 * X - 1, loss=squared_error, optimizer=optimizer, epochs=50)
    >>> [round(parameter.data, 3) for parameter in model.parameters()]
    [3.0, -1.0]

    loss          of one example: loss(model(x), target)
    batch_size    examples per step; by default all
    shuffle       take the examples in a new random order each epoch, if there is more than one batch;
                  False: in the order given
    schedule      a function from an epoch, from 0, to a factor on the optimiser's lr (see step_decay)
    schedule_per  "step": the schedule counts steps instead; it is called for an epoch's steps before them
    rng           draws the order: the same seed gives the same weights, to the bit
    validation    (X, y) to measure the loss on after each epoch
    progress      show a bar, where there is a terminal
    save_to       a file to save the model to after each epoch
    checkpoint    a file (.npz) for the whole state of the run after each epoch; where there is one already,
                  training goes on from it, to the same history as if it had never stopped
    backend       what computes: "eager", the engine, example by example; "numpy", a compiled program (see
                  Module.compile); "jax" (extra jax), the program on JAX, an epoch at a time and on all
                  devices that JAX has, each with its part of every batch; by default "auto": "numpy" where
                  a program computes what the model, its loss and the schedule do for every example, else
                  "eager" with a NotCompiledWarning that says why

    A loss or a gradient that is inf or nan ends training before it reaches the weights, with a
    RuntimeWarning that names the first gate to blame. Ctrl-C ends it with the weights of the last
    whole step (on JAX, epoch). Either way the history so far is returned.

    Raises ValueError if X and y are empty or not of one length, a size is no whole number of at least
    1, schedule_per or backend is none of these words, or the optimizer has none of the model's parameters;
    TypeError for a loss that gives no Value, a model, loss, schedule, rng or optimizer that is none, or, for
    "numpy" and "jax", a model or a loss that cannot be compiled, with the line that is why; OSError if a
    file cannot be written; ModelFileError for a checkpoint that is damaged or of another run, which has
    changed nothing; and as the model and the loss do.
    """
    task = as_task(model, loss, optimizer, X, y, validation)
    check_choices(schedule, schedule_per, backend, shuffle)
    plan = _Plan(
        epochs=as_size(epochs, "epochs"),
        batch_size=as_size(len(X) if batch_size is None else batch_size, "batch_size"),
        shuffle=shuffle,
        schedule=schedule,
        schedule_per=schedule_per,
        rng=as_generator(rng),
        progress=progress,
        save_to=save_to,
        checkpoint=checkpoint,
        backend=backend,
    )
    targets = [find_target(path)[0] for path in (save_to, checkpoint) if path is not None]
    if len(targets) > len(set(targets)):
        raise ValueError(f"save_to and checkpoint are one file, {path_text(targets[0])}: give each its own")
    run, is_interrupted = Run(optimizer), False
    try:
        try:
            _train(task, plan, run)
        except KeyboardInterrupt:
            is_interrupted = True
        finally:
            run.end(is_interrupted)
    except KeyboardInterrupt:  # it came while that was under way
        is_interrupted = True
        run.end(is_interrupted)
    if run.history.stopped and not is_interrupted:
        warnings.warn(f"training stopped: {run.history.stopped}", RuntimeWarning, stacklevel=2)
    return run.history


class _Plan(NamedTuple):
    """How to train, as ``fit`` was told."""

    epochs: int
    batch_size: int
    shuffle: bool
    schedule: Schedule | None
    schedule_per: Per
    rng: Generator
    progress: bool
    save_to: str | os.PathLike[str] | None
    checkpoint: str | os.PathLike[str] | None
    backend: BackendName


def _train(task: Task, plan: _Plan, run: Run) -> None:
    """Run the epochs that are left; where one of them stops early, the history says why."""
    if plan.checkpoint is not None and find_target(plan.checkpoint)[1] is not None:
        run.begin(load_run(plan.checkpoint, task.optimizer, plan.rng))
    backend = choose_backend(plan.backend, task, plan.schedule, stacklevel=3)
    order = plan.rng if plan.shuffle and plan.batch_size < len(task.X) else None
    backend.start(_facts(task, plan, run.history, order))
    steps = ceil(len(task.X) / plan.batch_size)
    with progress_bar(plan.epochs * steps, plan.progress) as advance:
        for epoch in range(len(run.history.losses), plan.epochs):
            rates = run.rates(plan.schedule, plan.schedule_per, steps)
            if rates is None:
                return
            batches = batches_of(len(task.X), plan.batch_size, order)
            before = len(run.history.steps)
            for taken in backend.run_epoch(run.state, batches, rates):
                run.add(taken)
                advance(taken.losses)
                if taken.failed is not None:
                    run.sync_to_values()
                    step = len(run.history.steps)
                    blame = _blame(task, batches[step - before], taken.failed, rates[step - before])
                    run.history.stopped = f"epoch {epoch + 1}, step {step + 1}: {blame}"
                    return
            loss = _mean(run.history.steps[before:], batches)
            measured = task.validation and backend.mean_loss(run.state, *task.validation)
            run.add_epoch(loss, measured, backend.current(run.state))
            if plan.save_to is not None or plan.checkpoint is not None:
                run.sync_to_values()
            if plan.save_to is not None:
                save(task.model, plan.save_to)
            if plan.checkpoint is not None:
                save_run(plan.checkpoint, task.optimizer, run.history, plan.rng)


def _mean(losses: list[float], batches: list[Rows]) -> float:
    """The mean over an epoch's examples, of the mean over each batch."""
    total = 0.0
    for loss, rows in zip(losses, batches, strict=True):
        total += loss * len(rows)
    return total / sum(map(len, batches))


def _facts(task: Task, plan: _Plan, history: History, order: Generator | None) -> dict[str, Any]:
    """What processes that train together must all be given, by the names that they know it by."""
    return {
        "epochs": plan.epochs,
        "batch_size": plan.batch_size,
        "epochs in the checkpoint": len(history.losses),
        "X": task.X,
        "y": task.y,
        "validation": task.validation,
        "rng, for the order (give all a Generator of one seed)": order and order.bit_generator.state,
    }


def _blame(task: Task, rows: Rows, loss: float, lr: float) -> str:
    """The example and its gate that made the first inf or nan."""
    for row, x, target in zip(rows.tolist(), take(task.X, rows), take(task.y, rows), strict=True):
        if found := find_nonfinite(loss_of(task.model, task.loss, x, target)):
            return f"example {row}: {found}"
    return f"every example is finite, but not the step from their mean: the loss is {loss:g}, lr {lr:g}"
