"""``fit`` where what it computes hangs on more than numbers: counters, schedules, custom optimisers."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, ClassVar

import numpy as np
import pytest

from nn import SGD, Module, NotCompiledWarning, fit
from nn.losses import squared_error
from nn.training.backend import BackendName
from nn.training.schedules import step_decay
from tests.nn.training.common import numbers
from tests.nn.training.not_compiled import SIGNAL, Own, X, layer, reason, trained

NAMES: list[BackendName] = ["auto", "eager"]

# -- what a trial would leave behind ----------------------------------------------------------------


CALLS = 1
TOTAL = np.ones(1)
SEEN: list[int] = []


def counted() -> float:
    global CALLS
    CALLS += 1
    TOTAL[0] += 1
    return 1 / (CALLS + float(TOTAL[0]))


class Global(Module):
    """Its methods, what these call, its class and its parts without a dict remember."""

    log: ClassVar[list[int]] = []

    def __init__(self) -> None:
        global CALLS
        CALLS, TOTAL[:], self.log[:] = 1, 1, []
        self.layer, self.recent = layer(), deque([1.0], maxlen=4)
        SEEN.clear()

    def once(self, *, seen: list[int] = SEEN) -> int:
        seen.append(1)
        return len(seen)

    def __call__(self, x: Any) -> Any:
        self.recent.append(2 * self.recent[-1] % 7)
        self.log.append(1)
        scale = sum(counted() for _ in range(2)) + sum(self.recent) / 50 + len(self.log) / 50
        return [each * scale / self.once() for each in self.layer(x)]


def test_counters_wherever_they_are() -> None:
    assert "two different graphs" in reason(Global, X, SIGNAL, squared_error)


@pytest.mark.parametrize("yields", [lambda: itertools.count(1), lambda: (0.9**k for k in range(1000))])
def test_an_iterator_is_not_moved_on(yields: Any) -> None:
    def make() -> Own:
        steps = yields()
        return Own(lambda model, x: [each / (1 + next(steps)) for each in model.layer(x)])

    assert "iterator" in reason(make, X, SIGNAL, squared_error)


# -- a schedule that changes what is computed -------------------------------------------------------


class Cooled(Module):
    def __init__(self) -> None:
        self.layer, self.heat = layer(), 1.0

    def __call__(self, x: Any) -> Any:
        return [each / self.heat for each in self.layer(x)]


class Both:
    """A new model, and a new schedule that has it."""

    def __init__(self, change: Callable[[Cooled], None]) -> None:
        self.change, self.model = change, Cooled()

    def make(self) -> Cooled:
        self.model = Cooled()
        return self.model

    def schedule(self, epoch: int) -> float:
        self.change(self.model)
        return 1.0 + abs(self.model.parameters()[0].data)


def heat(model: Cooled) -> None:
    model.heat *= 2


def clip(model: Cooled) -> None:
    for parameter in model.parameters():
        parameter.data = min(0.2, parameter.data)


@pytest.mark.parametrize("change", [heat, clip, lambda model: None])
def test_a_schedule_that_holds_the_model(change: Any) -> None:
    both = Both(change)
    assert "schedule" in reason(both.make, X, SIGNAL, squared_error, schedule=both.schedule)


@pytest.mark.parametrize(
    "change", [lambda x: x.append(2.0), lambda x: x.reverse(), lambda x: x.insert(0, 0.5)]
)
def test_a_model_that_changes_its_example(change: Any) -> None:
    def forward(model: Own, x: Any) -> Any:
        change(x)
        return model.layer(x[:2])

    ends = []
    for backend in NAMES:
        ends.append(trained(lambda: Own(forward), X.tolist(), SIGNAL, squared_error, backend))
    (by_default, told), (by_hand, _) = ends
    assert "in place" in str(told[0].message)
    assert by_default == by_hand


def test_a_schedule_of_the_epoch_alone_is_compiled() -> None:
    decay = 0.9
    for schedule in (step_decay(1), lambda epoch: decay**epoch, lambda epoch: TOTAL[0] ** epoch):
        _, said = trained(layer, X, SIGNAL, squared_error, "auto", schedule=schedule)
        assert said == []


def test_an_optimizer_that_applies_its_gradients_in_its_own_way() -> None:
    class Clipped(SGD):
        def apply(self, gradients: Any) -> None:
            super().apply(np.clip(gradients, -0.1, 0.1))

    ends = []
    for backend in NAMES:
        optimizer = Clipped((model := layer()).parameters(), lr=0.1)
        with pytest.warns(NotCompiledWarning, match="own apply") if backend == "auto" else nullcontext():
            fit(model, X, SIGNAL, loss=squared_error, optimizer=optimizer, epochs=2, backend=backend)
        ends.append(numbers(model))
    fit(other := layer(), X, SIGNAL, loss=squared_error, optimizer=SGD(other.parameters(), lr=0.1), epochs=2)
    assert ends[0] == ends[1] != numbers(other)
