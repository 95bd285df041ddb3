"""Exercises on training: the numerical gradient, the loop, momentum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator

from autograd import Value, array, grad_of
from nn import SGD, squared_error

from .exercise import Complaint, Exercise, Mistake
from .quoting import quoted

# -- the numerical gradient -----------------------------------------------------------------------


def cubic(rng: Generator) -> Callable[[Any], Any]:
    """A random cubic function, on which the central difference shows the step it was taken with."""
    A, b, c = rng.uniform(0.5, 2.0, (3, 3)), rng.normal(size=3), rng.uniform(0.5, 2.0, 3)

    def f(x: Any) -> Any:
        x = np.asarray(x)
        return x @ A @ x + b @ x + c @ x**3

    return f


def derivative(f: Callable[[Any], Any], x: list[float], h: float) -> Any:
    leaves = array(x)
    f(leaves).backward()
    return grad_of(leaves)


def _shifted(x: list[float], place: int, by: float) -> list[float]:
    return [each + by if i == place else each for i, each in enumerate(x)]


def _differences(quotient: Callable[..., float]) -> Callable[..., list[float]]:
    """quotient(f, x, x_up, x_down, h) for each coordinate."""
    return lambda f, x, h: [quotient(f, x, _shifted(x, i, h), _shifted(x, i, -h), h) for i in range(len(x))]


def numerical_gradient(f: Callable[[Any], Any], x: list[float], h: float) -> Any:
    return _differences(lambda f, x, up, down, h: (f(up) - f(down)) / (2 * h))(f, x, h)


def _not_restored(f: Callable[[Any], Any], x: list[float], h: float) -> list[float]:
    gradient, x = [], list(x)
    for i in range(len(x)):
        x[i] += h
        up = f(x)
        x[i] -= 2 * h
        gradient.append((up - f(x)) / (2 * h))
    return gradient


DIFFERENCES = Exercise(
    "the numerical gradient",
    numerical_gradient,
    [
        Mistake(
            "The differences are one-sided: (f(x + h) - f(x)) / h is off by a term in h; "
            "the central difference, from x - h to x + h, only by one in h**2.",
            _differences(lambda f, x, up, down, h: (f(up) - f(x)) / h),
        ),
        Mistake(
            "The 2 is missing: from x - h to x + h the step is 2h, so divide by 2h.",
            _differences(lambda f, x, up, down, h: (f(up) - f(down)) / h),
        ),
        Mistake(
            "The sign is wrong: subtract f at x - h from f at x + h, not the other way round.",
            _differences(lambda f, x, up, down, h: (f(down) - f(up)) / (2 * h)),
        ),
        Mistake(
            "The division is by 2 and then times h: write / (2 * h), with the brackets.",
            _differences(lambda f, x, up, down, h: (f(up) - f(down)) / 2 * h),
        ),
        Mistake(
            "A coordinate is not put back before the next one is shifted: shift a copy of x each time.",
            _not_restored,
        ),
        Mistake(
            "This is the derivative itself, or a difference with a tiny step: take the h that is given.",
            derivative,
        ),
    ],
    lambda rng: [(cubic(rng), rng.normal(size=3).tolist(), h) for h in (0.5, 0.1, 0.25)],
    values={"f(x)": lambda f, x, h: f(x)},
)

# -- the training loop ----------------------------------------------------------------------------


def run_training(
    train: Callable[..., Any], start: float, xs: list[float], ys: list[float], lr: float, steps: int
) -> float:
    w = Value(start, label="w")
    train(w, xs, ys, lr, steps)
    return w.data


def _descent(
    rate: Callable[[float], float] = lambda lr: -lr,
    *,
    clear: bool = True,
    rounds: Callable[[int], int] = lambda steps: steps,
    mean: bool = False,
) -> Callable[..., float]:
    """The loop, with a slip if wanted."""

    def rule(start: float, xs: list[float], ys: list[float], lr: float, steps: int) -> float:
        w = Value(start)
        for _ in range(rounds(steps)):
            if clear:
                w.grad = 0.0
            (squared_error([w * x for x in xs], ys) / (len(xs) if mean else 1)).backward()
            w.data += rate(lr) * w.grad
        return w.data

    return rule


def right_training(start: float, xs: list[float], ys: list[float], lr: float, steps: int) -> float:
    w = Value(start)
    optimizer = SGD([w], lr)
    for _ in range(steps):
        optimizer.zero_grad()
        squared_error([w * x for x in xs], ys).backward()
        optimizer.step()
    return w.data


TRAINING = Exercise(
    "the training loop",
    right_training,
    [
        Mistake(
            "The zero_grad is forgotten: backward() adds to w.grad, so each step uses the sum of all "
            "gradients so far. Clear w.grad in every round, before backward().",
            _descent(clear=False),
        ),
        Mistake(
            "This climbs: ascent for descent. The gradient points uphill; subtract lr times the gradient.",
            _descent(lambda lr: lr),
        ),
        Mistake("The learning rate is missing: subtract lr * w.grad, not w.grad.", _descent(lambda lr: -1.0)),
        Mistake(
            "w has not moved. Is its gradient cleared between backward() and the update? Or does the "
            "update make a new Value (w = w - ...)? Then the caller's stays as it was: set w.data.",
            _descent(lambda lr: 0.0),
        ),
        Mistake(
            "Only one step is taken: is there a `return` inside the loop?",
            _descent(rounds=lambda steps: 1),
        ),
        Mistake("One step too many is taken.", _descent(rounds=lambda steps: steps + 1)),
        Mistake("One step too few is taken.", _descent(rounds=lambda steps: steps - 1)),
        Mistake("The loss is the mean here; L is the sum over the examples.", _descent(mean=True)),
    ],
    lambda rng: [
        (float(rng.normal()), rng.normal(size=4).tolist(), rng.normal(size=4).tolist(), 0.05, steps)
        for steps in (1, 3, 5)
    ],
    run_training,
)

# -- momentum -------------------------------------------------------------------------------------

MOMENTUM_STEPS = 5


def slope(w: float) -> float:
    """Of the loss that is descended, (w - 1)**2, as in the errata of lecture 004."""
    return 2 * (w - 1)


def run_momentum(step: Callable[..., Any], start: float, lr: float, momentum: float) -> list[float]:
    """w after each of some steps; v starts at rest."""
    w, v = start, 0.0
    path: list[float] = []
    for _ in range(MOMENTUM_STEPS):
        pair = step(w, v, slope(w), lr, momentum)
        try:
            w, v = pair
        except (TypeError, ValueError):
            raise Complaint(f"It returns {quoted(pair)}; wanted is a pair, the new w and the new v") from None
        path.append(w)
    return path


def right_momentum(start: float, lr: float, momentum: float) -> list[float]:
    w = Value(start)
    optimizer, path = SGD([w], lr, momentum), []
    for _ in range(MOMENTUM_STEPS):
        optimizer.zero_grad()
        ((w - 1) ** 2).backward()
        optimizer.step()
        path.append(w.data)
    return path


def _momentum(step: Callable[..., tuple[float, float]]) -> Callable[..., list[float]]:
    return lambda start, lr, momentum: run_momentum(step, start, lr, momentum)


MOMENTUM = Exercise(
    "momentum",
    right_momentum,
    [
        Mistake(
            "The velocity is not used, or not kept from step to step: this is plain gradient descent. "
            "The new v is momentum * v + gradient, and it is returned.",
            _momentum(lambda w, v, g, lr, mu: (w - lr * g, v)),
        ),
        Mistake(
            "The sign is wrong: this climbs, ascent for descent, as lecture 004 prints it. Subtract lr * v.",
            _momentum(lambda w, v, g, lr, mu: (w + lr * (mu * v + g), mu * v + g)),
        ),
        Mistake(
            "w moves by the old velocity: compute the new v first, then move by it.",
            _momentum(lambda w, v, g, lr, mu: (w - lr * v, mu * v + g)),
        ),
        Mistake(
            "The velocity has no friction: the old v is to be multiplied by momentum.",
            _momentum(lambda w, v, g, lr, mu: (w - lr * (v + g), v + g)),
        ),
        Mistake(
            "This is a running mean, with the gradient times 1 - momentum; here the gradient is added whole.",
            _momentum(lambda w, v, g, lr, mu: (w - lr * (mu * v + (1 - mu) * g), mu * v + (1 - mu) * g)),
        ),
        Mistake(
            "The old velocity is subtracted: v = momentum * v + gradient keeps the direction.",
            _momentum(lambda w, v, g, lr, mu: (w - lr * (g - mu * v), g - mu * v)),
        ),
        Mistake(
            "The learning rate is missing: w moves by lr * v.",
            _momentum(lambda w, v, g, lr, mu: (w - (mu * v + g), mu * v + g)),
        ),
    ],
    lambda rng: [(0.0, 0.1, 0.9), *[(float(rng.normal()), 0.05, mu) for mu in (0.5, 0.8)]],
    run_momentum,
)
