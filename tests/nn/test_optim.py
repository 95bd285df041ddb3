"""Optimisers: by hand, pure, and what they refuse. Their agreement with PyTorch is tested beside this."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Value
from autograd.node import NOT_YET
from nn import MLP
from nn.optim import SGD, Adam, AdamW, Optimizer
from nn.vector import vector_of

EVERY: list[Callable[[list[Value]], Optimizer]] = [
    lambda p: SGD(p, 0.1),
    lambda p: SGD(p, 0.1, momentum=0.9, weight_decay=0.1),
    lambda p: SGD(p, 0.1, momentum=0.9, nesterov=True),
    lambda p: Adam(p, 0.1, weight_decay=0.1),
    lambda p: AdamW(p, 0.1),
]
every_optimiser = pytest.mark.parametrize("make", EVERY)


def values(*numbers: float) -> list[Value]:
    return [Value(number) for number in numbers]


@pytest.mark.parametrize(
    ("optimizer", "shown"),
    [
        (SGD(values(1.0)), "SGD(1 parameter, lr=0.001)"),
        (SGD(values(*range(1_000)), 0.1), "SGD(1,000 parameters, lr=0.1)"),
        (SGD(values(1.0), 0.1, 0.9, True), "SGD(1 parameter, lr=0.1, momentum=0.9, nesterov=True)"),
        (Adam(values(1.0), betas=(0.5, 0.9)), "Adam(1 parameter, lr=0.001, betas=(0.5, 0.9))"),
        (Adam(values(1.0), decoupled=True), "Adam(1 parameter, lr=0.001, decoupled=True)"),
        (AdamW(values(1.0)), "AdamW(1 parameter, lr=0.001)"),
        (AdamW(values(1.0), weight_decay=0.0), "AdamW(1 parameter, lr=0.001, weight_decay=0.0)"),
    ],
)
def test_it_is_shown_by_what_is_not_as_usual(optimizer: Optimizer, shown: str) -> None:
    assert repr(optimizer) == shown


def test_a_custom_optimiser_is_shown_too() -> None:
    class Signs(Optimizer):
        def __init__(self, *parameters: Value, lr: float, scale: float = 1.0) -> None:
            self.scale = scale
            super().__init__(parameters, lr)

        def start(self, parameters: Any) -> tuple[()]:
            return ()

    assert repr(Signs(*values(1.0, 2.0), lr=0.5, scale=3.0)) == "Signs(2 parameters, lr=0.5, scale=3.0)"


@pytest.mark.parametrize(
    ("options", "after_one", "after_two"),
    [
        ({}, 0.8, 0.6),
        ({"momentum": 0.5}, 0.8, 0.5),  # v = 2, then 1 + 2
        ({"momentum": 0.5, "nesterov": True}, 0.7, 0.35),  # 2 + 1, then 2 + 1.5
        ({"weight_decay": 1.0}, 0.7, 0.43),  # 2 + 1, then 2 + 0.7
    ],
)
def test_sgd_by_hand(options: dict[str, Any], after_one: float, after_two: float) -> None:
    """From w = 1 with a gradient of 2 and a learning rate of 0.1."""
    (w,) = values(1.0)
    optimizer = SGD([w], lr=0.1, **options)
    for expected in (after_one, after_two):
        w.grad = 2.0
        optimizer.step()
        assert w.data == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("gradient", [1e-3, -1.0, 1e6])
def test_adams_steps_are_lr_whatever_the_gradient_if_it_stays(gradient: float) -> None:
    (w,) = values(1.0)
    optimizer = Adam([w], lr=0.25)
    for steps in (1, 2, 3):
        w.grad = gradient
        optimizer.step()
        assert w.data == pytest.approx(1.0 - math.copysign(0.25 * steps, gradient), rel=1e-4)


def test_adamw_shrinks_the_weight_by_itself() -> None:
    """Decoupled: without a gradient to speak of, a step is w -= lr * weight_decay * w."""
    (w,) = values(2.0)
    AdamW([w], lr=0.5, weight_decay=0.1).apply(np.zeros(1))
    assert w.data == 1.9


@every_optimiser
def test_a_rule_is_pure(make: Callable[[list[Value]], Optimizer]) -> None:
    """It runs on read-only arrays, twice to the same result, and touches no Value."""
    leaves = values(1.0, -2.0)
    rule = make(leaves)
    numbers, gradients = np.array([1.0, -2.0]), np.array([0.5, 4.0])
    state = rule.start(numbers)
    for array in (numbers, gradients, *(state if isinstance(state, tuple) else (state,))):
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    once, twice = (rule.update(numbers, gradients, state, 0.1) for _ in range(2))
    np.testing.assert_equal(once, twice)
    assert once[0].dtype == np.float64
    assert not np.array_equal(once[0], numbers)
    assert [w.data for w in leaves] == [1.0, -2.0]


@every_optimiser
def test_steps_on_values_are_the_rule(make: Callable[[list[Value]], Optimizer]) -> None:
    leaves = values(1.0, -2.0)
    optimizer = make(leaves)
    numbers = vector_of(optimizer.parameters)
    state = optimizer.start(numbers)
    for gradients in (np.array([0.5, 4.0]), np.array([-1.0, 0.0]), np.array([3.0, 1e-9])):
        for w, gradient in zip(leaves, gradients.tolist(), strict=True):
            w.grad = gradient
        optimizer.step()
        numbers, state = optimizer.update(numbers, gradients, state, optimizer.lr)
        assert [w.data for w in leaves] == numbers.tolist()
        assert all(type(w.data) is float for w in leaves)


@every_optimiser
def test_descends(make: Callable[[list[Value]], Optimizer]) -> None:
    w = Value(3.0)
    optimizer = make([w])
    for _ in range(200):
        optimizer.zero_grad()
        ((w - 0.5) ** 2).backward()
        optimizer.step()
    assert abs(w.data - 0.5) < 0.1


def test_zero_grad_forgets_and_lr_can_be_set() -> None:
    w, unused = values(1.0, 7.0)
    optimizer = SGD([w, unused], lr=1.0)
    (w * w).backward()
    optimizer.lr = 0.25
    optimizer.step()
    assert (w.data, unused.data) == (0.5, 7.0)
    optimizer.zero_grad()
    assert w.grad is NOT_YET


def test_a_step_without_gradients_is_refused() -> None:
    optimizer = SGD(MLP(1, [1]).parameters(), lr=0.1)
    with pytest.raises(RuntimeError, match="call backward"):
        optimizer.step()


def test_a_gradient_set_to_none_counts_as_none_yet() -> None:
    w, other = values(1.0, 2.0)
    optimizer = SGD([w, other], lr=0.25)
    for _ in range(2):
        (w * w + other).backward()
        w.grad = None
        (w * w).backward()
        other.grad = None
        optimizer.step()
        w.grad = None
        with pytest.raises(RuntimeError, match="call backward"):
            optimizer.step()
    assert (w.data, other.data) == (0.25, 2.0)


def test_a_failed_step_changes_nothing() -> None:
    (w,) = values(1.0)
    optimizer = SGD([w], lr=0.1, momentum=0.9)
    with pytest.raises(ValueError, match=r"a flat array of 1 gradients.* got shape \(2,\)"):
        optimizer.apply(np.ones(2))
    assert (w.data, optimizer.state.tolist()) == (1.0, [0.0])


def test_overflow_is_inf_and_no_error() -> None:
    (w,) = values(-1e308)
    SGD([w], lr=1e10).apply(np.array([1e300]))
    assert w.data == -math.inf


@pytest.mark.parametrize(
    ("wrong", "kind", "says"),
    [
        (lambda w: SGD([], 0.1), ValueError, "at least one parameter, got none"),
        (lambda w: SGD(w, 0.1), TypeError, "a list of Values, as model.parameters"),
        (lambda w: SGD([w, 1.0], 0.1), TypeError, r"parameters\[1\] must be a Value, got 1.0"),  # type: ignore[list-item]
        (lambda w: SGD([w, w], 0.1), ValueError, "comes twice"),
        (lambda w: SGD([w * 2], 0.1), ValueError, r"parameters\[0\] must be a leaf"),
        (lambda w: SGD([w], -0.1), ValueError, "lr must be at least 0 and finite, got -0.1"),
        (lambda w: SGD([w], math.nan), ValueError, "lr must be"),
        (lambda w: SGD([w], math.inf), ValueError, "lr must be"),
        (lambda w: SGD([w], "0.1"), TypeError, "lr must be a number, got '0.1' of type str"),  # type: ignore[arg-type]
        (lambda w: SGD([w], 0.1, momentum=-1), ValueError, "momentum must be"),
        (lambda w: SGD([w], 0.1, nesterov=True), ValueError, "nesterov needs a momentum"),
        (lambda w: SGD([w], 0.1, weight_decay=-1), ValueError, "weight_decay must be"),
        (
            lambda w: Adam([w], betas=(0.9, 1)),
            ValueError,
            r"betas\[1\] must be at least 0 and below 1, got 1",
        ),
        (lambda w: Adam([w], betas=0.9), ValueError, "betas must be two numbers"),  # type: ignore[arg-type]
        (lambda w: Adam([w], eps=-1), ValueError, "eps must be"),
    ],
)
def test_refuses(wrong: Callable[[Any], Any], kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        wrong(Value(0.5))
