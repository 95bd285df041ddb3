"""Exercises on losses: log-sum-exp, softmax and cross-entropy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Value, array, grad_of
from nn import cross_entropy, softmax

from .exercise import Array, Exercise, Mistake

# -- log-sum-exp ----------------------------------------------------------------------------------


def log_sum_exp(z: list[float]) -> float:
    """By cross-entropy, which is log(sum(exp(z))) - z[target]."""
    return cross_entropy([Value(each) for each in z], 0).data + z[0]


def _shifted_by(shift: Callable[[Array], float], back: float = 1.0) -> Callable[[list[float]], float]:
    def rule(z: list[float]) -> float:
        by = shift(np.array(z))
        return float(np.log(np.exp(np.array(z) - by).sum()) + back * by)

    return rule


LOG_SUM_EXP = Exercise(
    "log-sum-exp that does not overflow",
    log_sum_exp,
    [
        Mistake(
            "Right where exp(z) fits a float, but it overflows at z = 1000, and at z = -1000 it is log(0): "
            "subtract the largest z from each first, and add it again outside the logarithm.",
            _shifted_by(lambda z: 0.0),
        ),
        Mistake(
            "The shift is not undone: what was subtracted inside exp must be added outside the logarithm.",
            _shifted_by(lambda z: float(z.max()), back=0.0),
        ),
        Mistake(
            "The shift is undone with the wrong sign: add it outside, log(sum(exp(z - m))) + m.",
            _shifted_by(lambda z: float(z.max()), back=-1.0),
        ),
        Mistake(
            "The shift is not the largest z (but the smallest, the first, the mean?): then the largest may "
            "still overflow.",
            _shifted_by(lambda z: float(z.min())),
        ),
        Mistake(
            "This is the largest z alone; the smaller ones add to it, log(sum(exp(z - m))).",
            lambda z: max(z),
        ),
    ],
    lambda rng: [
        (rng.normal(size=3).tolist(),),
        (rng.normal(size=5).tolist(),),
        ([1000.0, 1000.0],),
        ([-1000.0, -1001.0, -1002.0],),
        ([-2000.0, 0.0, 2000.0],),
    ],
)

# -- softmax and cross-entropy --------------------------------------------------------------------


def cross_entropy_gradient(z: list[float], label: int) -> Any:
    logits = array(z)
    cross_entropy(logits, label).backward()
    return grad_of(logits)


def _from_p(gradient: Callable[[Array, Array], Any]) -> Callable[..., Any]:
    """gradient(p, t) of the softmax p and the one-hot target t."""
    return lambda z, label: gradient(np.array(softmax(z)), np.eye(len(z))[label])


CROSS_ENTROPY = Exercise(
    "the gradient of softmax and cross-entropy",
    cross_entropy_gradient,
    [
        Mistake("The target is missing: this is p; the gradient is p - t.", _from_p(lambda p, t: p)),
        Mistake(
            "The sign is wrong: this is t - p, which points downhill; the gradient is p - t.",
            _from_p(lambda p, t: t - p),
        ),
        Mistake(
            "A factor of the chain is missing: this is dL/dp, with -1 / p at the label; "
            "it is still to be multiplied by the Jacobian of softmax.",
            _from_p(lambda p, t: -t / p),
        ),
        Mistake(
            "Only the label's own logit gets a gradient here: the sum in softmax gives one to each of "
            "the others.",
            _from_p(lambda p, t: t * (p - 1)),
        ),
        Mistake(
            "1 is subtracted from each p; it is to be subtracted at the label only.",
            _from_p(lambda p, t: p - 1),
        ),
        Mistake(
            "This is p (1 - p), the diagonal of the Jacobian of softmax; the loss is missing.",
            _from_p(lambda p, t: p * (1 - p)),
        ),
        Mistake(
            "The logits are not turned into probabilities: this is z - t; the gradient is softmax(z) - t.",
            lambda z, label: np.array(z) - np.eye(len(z))[label],
        ),
    ],
    lambda rng: [(rng.normal(size=n).tolist(), label) for n, label in ((2, 0), (3, 2), (4, 1))],
    values={"L": lambda z, label: cross_entropy(z, label)},
)
