"""Training by the engine, example by example: here the Values themselves are trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Value, gc_paused
from nn.losses import Loss
from nn.model_loss import loss_of
from nn.module import Module
from nn.training.backend import StepByStep, TrainState
from nn.vector import Array, vector_of


def loss_and_grad(
    model: Module, loss: Loss, parameters: Sequence[Value], X: Any, y: Any
) -> tuple[float, Array]:
    """The mean loss over a batch, and its gradient by the parameters, flat; it is left in their ``grad``.

    The graph of each example is built in turn. Its loss is divided by the number of examples before its
    backward pass, so that what accumulates in every ``grad`` is the gradient of the mean.
    """
    for parameter in (*model.parameters(), *parameters):
        parameter.grad = None
    mean = 0.0
    for x, target in zip(X, y, strict=True):
        share = loss_of(model, loss, x, target) / len(X)
        share.backward()
        mean += share.data
    return mean, np.array([parameter.grad for parameter in parameters])


def mean_loss(model: Module, loss: Loss, X: Any, y: Any) -> float:
    """The mean of loss(model(x), target) over the examples, without a backward pass."""
    with gc_paused():
        losses = [loss_of(model, loss, x, target).data for x, target in zip(X, y, strict=True)]
    return sum(losses) / len(losses)


class EagerBackend(StepByStep):
    """What anyone would write by hand: a forward and a backward pass per example, and the optimiser's step.

    The Values always have the numbers of the state, so that also a model, a schedule or an optimiser that
    reads or sets them does what it says.
    """

    def loss_and_grad(self, state: TrainState, X: Any, y: Any) -> tuple[float, Array]:
        task = self.task
        return loss_and_grad(task.model, task.loss, task.optimizer.parameters, X, y)

    def update(self, state: TrainState, gradient: Array) -> TrainState:
        self.task.optimizer.apply(gradient)
        return self.current(state)._replace(gradient=gradient)

    def current(self, state: TrainState) -> TrainState:
        optimizer = self.task.optimizer
        return TrainState(vector_of(optimizer.parameters), optimizer.state, state.gradient)

    def mean_loss(self, state: TrainState, X: Any, y: Any) -> float:
        return mean_loss(self.task.model, self.task.loss, X, y)
