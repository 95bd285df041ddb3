"""What a back end is: it is given the state of a run and a batch, and returns the state after the step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, Literal, NamedTuple

import numpy as np

from autograd import gc_paused
from nn.losses import Loss
from nn.module import Module
from nn.optim import Optimizer
from nn.training.examples import Rows, take
from nn.vector import Array

BackendName = Literal["auto", "eager", "numpy", "jax"]


class Task(NamedTuple):
    """What is to be learned: the model, the loss of an example, the optimiser, and the examples."""

    model: Module
    loss: Loss
    optimizer: Optimizer
    X: Any
    y: Any
    validation: tuple[Any, Any] | None = None


class TrainState(NamedTuple):
    """What a step changes.

    parameters       the parameter vector, in the order of the optimiser's parameters
    optimizer_state  the state of its rule
    gradient         that of the step which led here, in the same order; None before the first
    """

    parameters: Array
    optimizer_state: Any
    gradient: Array | None = None


class Steps(NamedTuple):
    """Steps that were taken, one or more, and where they led.

    losses  the mean loss over the batch of each, before the step
    state   after the last of them
    failed  the loss of the batch that came next, where no step could be taken: its loss, its gradient or
            the parameters after it were not finite. Then the epoch ends there
    """

    losses: list[float]
    state: TrainState
    failed: float | None = None


class Backend(ABC):
    """Computes the steps of a task. It returns a new state, and never changes the one it was given."""

    def __init__(self, task: Task) -> None:
        self.task = task

    def start(self, facts: Mapping[str, Any]) -> None:  # noqa: B027  most have nothing to compare
        """Before the first epoch: what the run is, for processes that share it to compare."""

    @abstractmethod
    def run_epoch(
        self, state: TrainState, batches: Sequence[Rows], rates: Sequence[float]
    ) -> Iterator[Steps]:
        """Take a step for each batch, at its learning rate."""

    @abstractmethod
    def mean_loss(self, state: TrainState, X: Any, y: Any) -> float:
        """The mean loss over other examples, in that state."""

    def current(self, state: TrainState) -> TrainState:
        """That state, with what the model has set in its Values while it was measured."""
        return state


class StepByStep(Backend):
    """A back end that takes one step after the other."""

    @abstractmethod
    def loss_and_grad(self, state: TrainState, X: Any, y: Any) -> tuple[float, Array]:
        """The mean loss over a batch, and its gradient by the parameter vector."""

    @abstractmethod
    def update(self, state: TrainState, gradient: Array) -> TrainState:
        """The state after the optimiser's step, at its lr."""

    def run_epoch(
        self, state: TrainState, batches: Sequence[Rows], rates: Sequence[float]
    ) -> Iterator[Steps]:
        last = None
        for rows, lr in zip(batches, rates, strict=True):
            if lr != last:  # else as it is: an optimiser may change its lr from step to step
                self.task.optimizer.lr = last = lr
            with gc_paused():
                loss, gradient = self.loss_and_grad(state, take(self.task.X, rows), take(self.task.y, rows))
            is_finite = bool(isfinite(loss) and np.isfinite(gradient).all())
            after = self.update(state, gradient) if is_finite else state
            if not (is_finite and np.isfinite(after.parameters).all()):
                yield Steps([], state, failed=loss)
                return
            state = after
            yield Steps([loss], state)
