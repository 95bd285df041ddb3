"""``fit`` where Python decides, draws or remembers: one warning that says why, and the engine's weights."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from autograd import Value, log, sigmoid
from nn import Layer
from nn.losses import hinge, l2_penalty, squared_error
from tests.nn.training.common import numbers
from tests.nn.training.not_compiled import LABELS, SIGNAL, Own, X, layer, reason, trained

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
def test_custom_dropout(source: str) -> None:
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
    _, said = trained(layer, X, SIGNAL, lambda s, t: squared_error(s, t) * rate.data, "auto")
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
