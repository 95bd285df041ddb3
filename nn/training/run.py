"""A training run: its history, and the one owner of the parameters' numbers while it lasts."""

from __future__ import annotations

import gc
from math import isfinite, nan
from typing import NamedTuple

from autograd.numbers import as_number
from nn.optim import Optimizer
from nn.training.backend import Steps, TrainState
from nn.training.history import History
from nn.training.schedules import Per, Schedule
from nn.vector import sync_to_values, vector_of


class _Snapshot(NamedTuple):
    """A run after a whole step. It is replaced as one, so that Ctrl-C finds all of it or none."""

    history: History
    state: TrainState
    counts: tuple[int, int, int]  # of the history's steps, losses and validation


class Run:
    """Back ends are given ``state`` and return the next one; the Values get it by ``sync_to_values``.

    Whenever the run ends, ``end`` makes all of it what it was after the last whole step.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.first_lr = optimizer.lr
        self.was_collecting = gc.isenabled()
        self.begin(History())

    @property
    def history(self) -> History:
        return self._snapshot.history

    @property
    def state(self) -> TrainState:
        return self._snapshot.state

    def begin(self, history: History) -> None:
        """Go on from this history, with the numbers that the Values and the optimiser have now."""
        self._take(history, TrainState(vector_of(self.optimizer.parameters), self.optimizer.state))

    def add(self, steps: Steps) -> None:
        """Steps were taken."""
        self.history.steps.extend(steps.losses)
        self._take(self.history, steps.state)

    def add_epoch(self, loss: float, validation: float | None, state: TrainState) -> None:
        """An epoch is over, of that mean loss, and that on the validation examples, if there are any."""
        self.history.losses.append(loss)
        measured = self.history.validation
        if validation is not None or measured:  # each at the place of its epoch, also where the run went on
            measured += [nan] * (len(self.history.losses) - 1 - len(measured))
            measured.append(nan if validation is None else validation)
        self._take(self.history, state)

    def _take(self, history: History, state: TrainState) -> None:
        counts = len(history.steps), len(history.losses), len(history.validation)
        self._snapshot = _Snapshot(history, state, counts)

    def rates(self, schedule: Schedule | None, per: Per, steps: int) -> list[float] | None:
        """The learning rates of the next epoch, one for each of its steps.

        Where the schedule makes one that is none, the history says so, and there are no rates. Raises
        TypeError where it gives no number, and as the schedule does.
        """
        epoch, first = len(self.history.losses), len(self.history.steps)
        if schedule is None:
            counts, factors = [epoch], [1.0]
        else:
            counts = [epoch] if per == "epoch" else [*range(first, first + steps)]
            factors = [as_number(schedule(count), "schedule", "must give a number") for count in counts]
        for count, factor in zip(counts, factors, strict=True):
            rate = self.first_lr * factor
            if not (isfinite(rate) and rate >= 0):
                what = f"the schedule gives {factor:g}, which makes the lr {rate:g}"
                self.history.stopped = f"{per} {count + 1}: {what}"
                return None
        rates = [self.first_lr * factor for factor in factors]
        return rates * steps if len(rates) == 1 else rates

    def sync_to_values(self) -> None:
        """Put the numbers into the Values, and the optimiser's state into the optimiser."""
        parameters = self.optimizer.parameters
        sync_to_values(parameters, self.state.parameters)
        self.optimizer.state = self.state.optimizer_state
        if self.state.gradient is not None:
            for parameter, gradient in zip(parameters, self.state.gradient.tolist(), strict=True):
                parameter.grad = gradient

    def end(self, is_interrupted: bool) -> None:
        """Make all of it what it was after the last whole step; done twice, it is as if done once."""
        if self.was_collecting:
            gc.enable()
        history, _, counts = self._snapshot
        for entries, count in zip((history.steps, history.losses, history.validation), counts, strict=True):
            del entries[count:]
        if is_interrupted:
            history.stopped = f"interrupted after {len(history.steps)} step(s)"
        self.sync_to_values()
        self.optimizer.lr = self.first_lr
