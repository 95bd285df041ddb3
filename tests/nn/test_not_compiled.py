"""``fit`` where Python decides, draws or remembers: one warning that says why, and the engine's weights."""

from __future__ import annotations

import itertools
import random
import re
from collections import deque
from collections.abc import Callable
from copy import deepcopy
from typing import Any, ClassVar

import numpy as np
import pytest

from autograd import Value, log, sigmoid
from nn import Layer, Module
from nn.losses import hinge, l2_penalty, squared_error
from nn.schedules import step_decay
from tests.nn.not_compiled import LABELS, SIGNAL, Own, X, layer, reason, trained
from tests.nn.training import numbers

GENERATOR = np.random.default_rng(5)


# -- a look at a number -----------------------------------------------------------------------------


def by_label(score: Any, label: Any) -> Any:
    p = sigmoid(score[0])
    return -log(p) if label == 1 else -log(1 - p)


def by_key(score: Any, label: Any) -> Any:
    return {0: 1.0, 1: 2.0}.get(label, 3.0) * score[0] ** 2


def huber(score: Any, target: Any) -> Any:
    error = score[0] - target
    return error**2 / 2 if abs(error.data) < 1 else abs(error) - 0.5


def told(score: Any, target: Any) -> Any:
    text = f"{score[0]:.2f}"
    return squared_error(score, target) + 0 * len(text)


def class_of_int(score: Any, target: Any) -> Any:
    return (score[0] - [0.5, -0.5][int(target)]) ** 2


@pytest.mark.parametrize("loss", [by_label, by_key, huber, told, class_of_int])
def test_a_loss_that_looks_at_a_number(loss: Any) -> None:
    says = reason(layer, X, LABELS, loss)
    first = loss.__code__.co_firstlineno
    line = re.search(r"test_not_compiled\.py, line (\d+) \(", says)
    assert line is not None
    assert first < int(line[1]) <= first + 3
    for word in ("where", "maximum", "softmax", "relu", "input"):
        assert word in says


def swallows(model: Own, x: Any) -> Any:
    try:
        if x[0] > 0:
            return model.layer(x)
    except Exception:
        pass
    return model.layer(2 * x)


def clips(model: Own, x: Any) -> Any:
    for parameter in model.layer.parameters():
        parameter.data = min(parameter.data, 0.2)
    return model.layer(x)


@pytest.mark.parametrize(
    "forward", [swallows, clips, lambda model, x: model.layer(x if x[0] == x[1] else -x)]
)
def test_a_model_that_looks_at_a_number(forward: Any) -> None:
    assert "test_not_compiled.py, line" in reason(lambda: Own(forward), np.round(X), SIGNAL, squared_error)


# -- random numbers and memory ----------------------------------------------------------------------


DRAWS: dict[str, Callable[[Own], float]] = {
    "random": lambda model: random.random(),
    "numpy.random": lambda model: np.random.rand(),
    "a Generator in an attribute": lambda model: model.rng.random(),
    "a Random in an attribute": lambda model: model.python_rng.random(),
    "a global Generator": lambda model: float(GENERATOR.random()),
}


@pytest.mark.parametrize("source", DRAWS)
def test_dropout_of_ones_own(source: str) -> None:
    draw = DRAWS[source]

    def dropout(model: Own, x: Any) -> Any:
        return [0.0 * each if draw(model) < 0.1 else each / 0.9 for each in model.layer(x)]

    def make() -> Own:
        GENERATOR.bit_generator.state = np.random.default_rng(5).bit_generator.state
        return Own(dropout)

    says = reason(make, X, SIGNAL, squared_error)
    assert "random numbers" in says
    assert f"test_not_compiled.py, line {draw.__code__.co_firstlineno} (" in says


def test_a_generator_in_a_closure() -> None:
    def make() -> Own:
        generator = np.random.default_rng(8)
        return Own(lambda model, x: [each + generator.normal() for each in model.layer(x)])

    assert "random numbers" in reason(make, X, SIGNAL, squared_error)


def counts(model: Own, x: Any) -> Any:
    model.calls += 1
    return [each * (1 + model.calls / 50) for each in model.layer(x)]


def appends(model: Own, x: Any) -> Any:
    model.history.append(1.0)
    return [each * len(model.history) / 50 for each in model.layer(x)]


def averages(model: Own, x: Any) -> Any:
    model.mean *= 0.9
    return [each * float(model.mean[0]) for each in model.layer(x)]


@pytest.mark.parametrize("forward", [counts, appends, averages])
def test_a_model_that_remembers_its_calls(forward: Any) -> None:
    assert "two different graphs" in reason(lambda: Own(forward), X, SIGNAL, squared_error)


def test_a_value_that_was_computed_before() -> None:
    def forward(model: Own, x: Any) -> Any:
        return [each * model.kept for each in model.layer(x)]

    assert "compute it inside" in reason(lambda: Own(forward), X, SIGNAL, squared_error)


def test_a_copy_of_a_parameter() -> None:
    def forward(model: Own, x: Any) -> Any:
        return [each * deepcopy(model.layer.parameters()[0]) for each in model.layer(x)]

    assert "copies" in reason(lambda: Own(forward), X, SIGNAL, squared_error)


def test_a_penalty_that_was_computed_before() -> None:
    model = layer()
    start = numbers(model)

    def make() -> Layer:
        for parameter, number in zip(model.parameters(), start, strict=True):
            parameter.data = number
        return model

    penalty = l2_penalty(model.parameters(), 0.1)
    reason(make, X, SIGNAL, lambda score, target: squared_error(score, target) + penalty)


def test_a_constant_may_be_read() -> None:
    rate = Value(2.0)
    _, said = trained(layer, X, SIGNAL, lambda s, t: squared_error(s, t) * rate.data, None)
    assert said == []


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


def test_a_schedule_of_the_epoch_alone_is_compiled() -> None:
    decay = 0.9
    for schedule in (step_decay(1), lambda epoch: decay**epoch, lambda epoch: TOTAL[0] ** epoch):
        _, said = trained(layer, X, SIGNAL, squared_error, None, schedule=schedule)
        assert said == []


# -- Module.compile ---------------------------------------------------------------------------------


def test_module_compile_refuses_with_the_line_and_leaves_the_model_as_it_was() -> None:
    with pytest.raises(TypeError, match=r"test_not_compiled\.py, line \d+ \(return -log"):
        layer().compile(by_label, X[0], 1)
    model = Own(counts)
    with pytest.raises(TypeError, match="two different graphs"):
        model.compile(squared_error, X[0], 0.0)
    assert model.calls == 0
    with pytest.raises(ZeroDivisionError):
        layer().compile(lambda s, t: s[0] / (1 / 0), X[0], 0.0)


def test_a_compiled_loss_refuses_a_wrong_target_in_any_batch() -> None:
    compiled = layer().compile(hinge, X[0], 1)
    with pytest.raises(ValueError, match="label must be -1 or 1, got 0"):
        compiled(X[:3], [1, -1, 0])
