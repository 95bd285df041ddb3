"""Training by a compiled program on NumPy."""

from __future__ import annotations

from typing import Any

from nn.compiled import CompiledLoss
from nn.optim import updated
from nn.training.backend import StepByStep, Task, TrainState
from nn.vector import Array


class NumpyBackend(StepByStep):
    """The program computes with the state's parameter vector; the Values stay as they are."""

    def __init__(self, task: Task, compiled: CompiledLoss) -> None:
        super().__init__(task)
        self.compiled = compiled

    def loss_and_grad(self, state: TrainState, X: Any, y: Any) -> tuple[float, Array]:
        self.compiled.set_parameters(state.parameters)
        return self.compiled.loss_and_grad(X, y)

    def update(self, state: TrainState, gradient: Array) -> TrainState:
        optimizer = self.task.optimizer
        after = updated(optimizer, state.parameters, gradient, state.optimizer_state, optimizer.lr)
        return TrainState(*after, gradient)

    def mean_loss(self, state: TrainState, X: Any, y: Any) -> float:
        self.compiled.set_parameters(state.parameters)
        return self.compiled.mean(X, y)
