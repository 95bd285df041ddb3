"""Training: mini-batches, gradients averaged over each, an optimiser's steps."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil, isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd import find_nonfinite
from autograd.files import find_target
from autograd.numbers import as_number
from nn.checkpoint import load_run, save_run
from nn.files import save
from nn.history import History
from nn.inputs import as_examples
from nn.losses import Loss
from nn.module import Module
from nn.optim import Array, Optimizer
from nn.schedules import Schedule
from nn.steps import EagerStep, HowToTrain, Step, how_to_train, loss_of, mean_loss, take

if TYPE_CHECKING:
    from numpy.random import Generator


__all__ = ["EagerStep", "fit", "mean_loss"]


def fit(
    model: Module,
    X: Any,
    y: Any,
    *,
    loss: Loss,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int | None = None,
    schedule: Schedule | None = None,
    rng: Generator | None = None,
    validation: tuple[Any, Any] | None = None,
    progress: bool = True,
    save_to: str | os.PathLike[str] | None = None,
    step: Step | None = None,
    compiled: bool | None = None,
    backend: str = "numpy",
    checkpoint: str | os.PathLike[str] | None = None,
) -> History:
    """Train the model on the examples X, a row or an element each, and their targets y.

    >>> from nn import MLP
    >>> from nn.losses import squared_error
    >>> from nn.optim import SGD
    >>> model, X = MLP(1, [1]), np.linspace(-1, 1, 9)
    >>> optimizer = SGD(model.parameters(), lr=0.3)
    >>> history = fit(model, X, 3 * X - 1, loss=squared_error, optimizer=optimizer, epochs=50)
    >>> [round(parameter.data, 3) for parameter in model.parameters()]
    [3.0, -1.0]

    loss        of one example: loss(model(x), target)
    batch_size  examples per step, in a new random order each epoch; by default all, in order
    schedule    epoch -> factor on the optimiser's lr (nn.schedules); not compiled if it holds the model
    rng         draws the order: the same seed gives the same weights, to the bit
    validation  (X, y) to measure the loss on after each epoch
    progress    show a bar, where there is a terminal
    save_to     a file to save the model to after each epoch
    compiled    True: by a compiled program (see Module.compile); False: by the engine, example by
                example; by default compiled where a program computes what the model and its loss do for
                every example, else with a NotCompiledWarning that says why not
    step        computes a batch's mean loss and gradient, instead of either
    backend     what runs the compiled program: "numpy", or "jax" (extra jax), an epoch at a time and on
                all devices that JAX has, each with its part of every batch
    checkpoint  a file (.npz) for the whole state of the run after each epoch; where there is one already,
                training goes on from it, to the same history as if it had never stopped

    A loss or a gradient that is inf or nan ends training before it reaches the weights, with a
    RuntimeWarning that names the first gate to blame. Ctrl-C ends it with the weights of the last
    whole step (on JAX, epoch). Either way the history so far is returned.

    Raises ValueError if X and y are empty or not of one length, a size is no whole number of at least
    1, or the optimizer has none of the model's parameters; TypeError for a loss that gives no Value, a
    model, loss, schedule, rng or optimizer that is none, or, if it must be compiled, a model or a loss
    that cannot be, with the line that is why; OSError if a file cannot be written; ModelFileError for a
    checkpoint that is damaged or of another run, which has changed nothing; and as the model and the
    loss do.
    """
    _check_kinds(model, loss, schedule, validation)
    X, y = _examples(X, y, "X and y")
    if validation is not None:
        validation = _examples(*validation, "validation")
    _check_size(epochs, "epochs")
    _check_size(len(X) if batch_size is None else batch_size, "batch_size")
    _check_optimizer(optimizer, model)
    rng = np.random.default_rng() if rng is None else rng
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, as default_rng(0) makes, got {rng!r}")
    for path in (save_to, checkpoint):
        if path is not None:
            find_target(path)
    run = _Run(optimizer)
    try:
        try:
            if checkpoint is not None and find_target(checkpoint)[1] is not None:
                run.keep(load_run(checkpoint, optimizer, rng))
            run.how = how_to_train(
                model, loss, optimizer, X, y, step, compiled, backend, validation, schedule
            )
            run.how.start(_given(X, y, epochs, batch_size, validation, rng, run.history))
            with _progress_bar(epochs * ceil(len(X) / (batch_size or len(X))), progress) as advance:
                for epoch in range(len(run.history.losses), epochs):
                    if not run.set_rate(epoch, schedule):
                        break
                    epoch_total = 0.0
                    batches = _batches(len(X), batch_size or len(X), rng)
                    for rows, batch_loss, is_finite in run.how.run_epoch(X, y, batches):
                        if not is_finite:
                            run.settle()
                            where = f"epoch {epoch + 1}, step {len(run.history.steps) + 1}"
                            run.stop(f"{where}: {_blame(model, loss, X, y, rows, batch_loss, optimizer.lr)}")
                            return run.history
                        run.history.steps.append(batch_loss)
                        run.keep()
                        epoch_total += batch_loss * len(rows)
                        advance(batch_loss)
                    run.history.losses.append(epoch_total / len(X))
                    if validation is not None:
                        run.history.validation.append(run.how.mean_loss(*validation))
                    run.keep()
                    if save_to is not None:
                        run.settle()
                        save(model, save_to)
                    if checkpoint is not None:
                        save_run(checkpoint, optimizer, run.how.numbers(), run.history, rng)
        except KeyboardInterrupt:
            run.is_interrupted = True
        finally:
            run.end()
    except KeyboardInterrupt:  # it came while that was under way
        run.is_interrupted = True
        run.end()
    return run.history


def _given(
    X: Any, y: Any, epochs: int, batch_size: int | None, validation: Any, rng: Generator, history: History
) -> dict[str, Any]:
    """What processes that train together must all be given, by the names that they know it by."""
    size = batch_size or len(X)
    return {
        "epochs": epochs,
        "batch_size": size,
        "epochs in the checkpoint": len(history.losses),
        "X": X,
        "y": y,
        "validation": validation,
        "rng, for the order (give all a Generator of one seed)": size < len(X) and rng.bit_generator.state,
    }


class _Whole(NamedTuple):
    """What belongs together after a whole step: replaced as one, so that Ctrl-C finds all of it or none."""

    history: History
    numbers: Array
    state: Any
    counts: tuple[int, int, int]  # of the history's steps, losses and validation


class _Run:
    """A training run, and what it goes back to, whenever it ends."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.first_lr = optimizer.lr
        self.how: HowToTrain | None = None
        self.is_interrupted = False
        self.was_collecting = gc.isenabled()
        self.whole = _Whole(History(), optimizer.read(), optimizer.state, (0, 0, 0))

    @property
    def history(self) -> History:
        return self.whole.history

    def keep(self, history: History | None = None) -> None:
        """This is whole: to this it goes back."""
        history = history or self.history
        numbers = self.optimizer.read() if self.how is None else self.how.numbers()
        counts = len(history.steps), len(history.losses), len(history.validation)
        self.whole = _Whole(history, numbers, self.optimizer.state, counts)

    def set_rate(self, epoch: int, schedule: Schedule | None) -> bool:
        """Set the optimiser's lr for the epoch; False, and the run is stopped, if that is no rate."""
        factor = as_number(1.0 if schedule is None else schedule(epoch), "schedule", "must give a number")
        rate = self.first_lr * factor
        if not (isfinite(rate) and rate >= 0):
            self.stop(f"epoch {epoch + 1}: the schedule gives {factor:g}, which makes the lr {rate:g}")
            return False
        self.optimizer.lr = rate
        return True

    def stop(self, why: str) -> None:
        self.history.stopped = why
        warnings.warn(f"training stopped: {why}", RuntimeWarning, stacklevel=3)

    def settle(self) -> None:
        """Put the numbers into the Values."""
        if self.how is not None:
            self.how.settle()

    def end(self) -> None:
        """Make all of it what it was after the last whole step; done twice, it is as if done once."""
        if self.was_collecting:
            gc.enable()
        history, numbers, self.optimizer.state, counts = self.whole
        for kept, count in zip((history.steps, history.losses, history.validation), counts, strict=True):
            del kept[count:]
        if self.is_interrupted:
            history.stopped = f"interrupted after {len(history.steps)} step(s)"
        if self.how is None:
            self.optimizer.write(numbers)
        else:
            if self.how.numbers() is not numbers:
                self.how.restore(numbers)
            self.how.settle()
        self.optimizer.lr = self.first_lr


def _blame(model: Module, loss: Loss, X: Any, y: Any, rows: Any, batch_loss: float, lr: float) -> str:
    """The example and its gate that made the first inf or nan."""
    for row, x, target in zip(rows.tolist(), take(X, rows), take(y, rows), strict=True):
        found = find_nonfinite(loss_of(model, loss, x, target))
        if found:
            return f"example {row}: {found}"
    return f"every example is finite, but not the step from their mean: the loss is {batch_loss:g}, lr {lr:g}"


def _batches(examples: int, size: int, rng: Generator) -> list[Any]:
    order = rng.permutation(examples) if size < examples else np.arange(examples)
    return [order[start : start + size] for start in range(0, examples, size)]


@contextmanager
def _progress_bar(steps: int, wanted: bool) -> Iterator[Callable[[float], None]]:
    """What to call with the loss after each step."""
    if not (wanted and sys.stderr and sys.stderr.isatty()):
        yield lambda loss: None
        return
    from tqdm import tqdm

    with tqdm(total=steps, unit="step") as bar:

        def advance(loss: float) -> None:
            bar.set_postfix(loss=f"{loss:.4g}", refresh=False)
            bar.update()

        yield advance


def _check_kinds(model: Any, loss: Any, schedule: Any, validation: Any) -> None:
    if not isinstance(model, Module):
        raise TypeError(
            f"fit takes a model, a Module such as MLP(2, [3, 1]), and then X and y, got {model!r}"
        )
    if not callable(loss):
        wanted = "a function of a prediction and a target, not called yet: loss=squared_error"
        raise TypeError(f"loss must be {wanted}; got {loss!r}")
    if not (schedule is None or callable(schedule)):
        wanted = "a function from an epoch to a factor on the learning rate, such as step_decay(10)"
        raise TypeError(f"schedule must be {wanted}; got {schedule!r}")
    if not (validation is None or (isinstance(validation, (tuple, list)) and len(validation) == 2)):
        raise TypeError(f"validation must be a pair (X, y), got {type(validation).__name__}")


def _examples(X: Any, y: Any, what: str) -> tuple[Any, Any]:
    if not (hasattr(X, "__len__") and hasattr(y, "__len__")):
        raise TypeError(f"{what} must be lists or arrays, got {type(X).__name__} and {type(y).__name__}")
    if len(X) != len(y) or not len(X):
        raise ValueError(
            f"{what}: wanted a target for each example, at least one, "
            f"got {len(X)} example(s) and {len(y)} target(s)"
        )
    return as_examples(X), as_examples(y)


def _check_size(size: Any, what: str) -> None:
    if not hasattr(size, "__index__") or size < 1:
        raise ValueError(f"{what} must be a whole number, at least 1, got {size!r}")


def _check_optimizer(optimizer: Any, model: Module) -> None:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer must be one of nn.optim, such as SGD or Adam, got {optimizer!r}")
    if set(optimizer.parameters).isdisjoint(model.parameters()):
        raise ValueError("the optimizer has none of the model's parameters: was it made for another?")
