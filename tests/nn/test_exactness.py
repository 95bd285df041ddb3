"""Losses, softmax and gates beside 60 digits: right to a few last digits wherever a float can tell."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from autograd import Value, logsumexp, norm
from nn import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge,
    log_softmax,
    selu,
    softmax,
    squared_error,
)
from nn.activations import SELU_ALPHA, SELU_LAMBDA

mpmath: Any = pytest.importorskip("mpmath", reason="mpmath is not installed")
mp = mpmath.mp.clone()
mp.dps = 400  # exp(-800) beside 1 takes 350

FEW_DIGITS = 8 * 2.0**-53
LOGITS = [0.0, 1e-9, -0.75, 3.0, -36.0, 40.0, 700.0, -700.0, 1e6, 1e6 + 1, -1e15, 1e-300]


FEWER = [0.0, 1e-9, -36.0, 40.0, -700.0, 1e6, 1e6 + 1]


def log_total(z: list[Any]) -> Any:
    largest = max(z)
    return largest + mp.log(mp.fsum([mp.exp(each - largest) for each in z]))


def bce(z: Any, t: Any) -> Any:
    return t * mp.log1p(mp.exp(-z)) + (1 - t) * mp.log1p(mp.exp(z))


ALPHA, LAMBDA = mp.mpf(SELU_ALPHA), mp.mpf(SELU_LAMBDA)

#: Ours, the same in mpmath, and its derivatives there; of one number and of three.
OF_ONE: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any], Callable[[Any], Any]]] = {
    "binary cross-entropy, 1": (
        lambda z: binary_cross_entropy_with_logits(z, 1), lambda z: bce(z, 1), lambda z: -1 / (1 + mp.exp(z)),
    ),
    "binary cross-entropy, 0": (
        lambda z: binary_cross_entropy_with_logits(z, 0), lambda z: bce(z, 0), lambda z: 1 / (1 + mp.exp(-z)),
    ),
    "binary cross-entropy, a Value": (
        lambda z: binary_cross_entropy_with_logits(z, Value(1.0)),
        lambda z: bce(z, 1),
        lambda z: -1 / (1 + mp.exp(z)),
    ),
    "selu": (
        selu,
        lambda x: LAMBDA * (x if x > 0 else ALPHA * mp.expm1(x)),
        lambda x: LAMBDA * (1 if x > 0 else ALPHA * mp.exp(x)),
    ),
    "hinge": (lambda s: hinge(s, -1), lambda s: max(0, 1 + s), lambda s: int(s > -1)),
    "squared error": (lambda y: squared_error(y, 0.5), lambda y: (y - 0.5) ** 2, lambda y: 2 * (y - 0.5)),
}  # fmt: skip

OF_THREE: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "cross-entropy": (lambda z: cross_entropy(z, 0), lambda z: log_total(z) - z[0]),
    "cross-entropy, one-hot": (lambda z: cross_entropy(z, [1, 0, 0]), lambda z: log_total(z) - z[0]),
    "cross-entropy, Values": (
        lambda z: cross_entropy(z, [Value(1.0), Value(0.0), Value(0.0)]),
        lambda z: log_total(z) - z[0],
    ),
    "softmax": (lambda z: softmax(z)[0], lambda z: mp.exp(z[0] - log_total(z))),
    "log_softmax": (lambda z: log_softmax(z)[0], lambda z: z[0] - log_total(z)),
    "logsumexp": (lambda z: logsumexp(*z), log_total),
    "norm": (lambda z: norm(*z), lambda z: mp.sqrt(mp.fsum([each**2 for each in z]))),
}


def assert_exact(found: float, exact: Any, digits: float, what: str) -> None:
    if abs(exact) < 1e-307:  # where floats have fewer digits, or none
        assert abs(found - float(exact)) <= 1e-307, what
    else:
        assert abs(found / exact - 1) <= digits, f"{what}: {found!r}, exactly {mpmath.nstr(exact, 20)}"


@pytest.mark.parametrize("name", OF_ONE)
def test_functions_of_one_number(name: str) -> None:
    ours, exact, slope = OF_ONE[name]
    for number in [*LOGITS, -20.0, 30.0, 36.0, -1e-12, 1.0]:
        x = Value(number)
        out = ours(x)
        out.backward()
        assert_exact(out.data, exact(mp.mpf(number)), FEW_DIGITS, f"{name} of {number}")
        assert_exact(x.grad, mp.mpf(slope(mp.mpf(number))), FEW_DIGITS, f"slope of {name} at {number}")


@pytest.mark.parametrize("name", OF_THREE)
def test_functions_of_three_numbers(name: str) -> None:
    ours, exact = OF_THREE[name]
    for numbers in product(FEWER, repeat=3):
        z = [Value(number) for number in numbers]
        out = ours(z)
        wanted = exact([mp.mpf(number) for number in numbers])
        # where it is as small as exp(a - b), the difference's own rounding is in it
        apart = max(numbers) - min(numbers) if abs(wanted) < 1 else 1
        assert_exact(out.data, wanted, FEW_DIGITS * max(1, apart), f"{name} of {numbers}")


@pytest.mark.parametrize("name", ["cross-entropy", "cross-entropy, one-hot", "cross-entropy, Values"])
def test_the_gradient_of_cross_entropy(name: str) -> None:
    """p[i] for another class, and minus their sum for the target: no 1 - p that would cancel."""
    ours, _ = OF_THREE[name]
    for numbers in product([0.0, 1e-9, -0.75, -36.0, 700.0], repeat=3):
        z = [Value(number) for number in numbers]
        ours(z).backward()
        exact = [mp.mpf(number) for number in numbers]
        p = [mp.exp(each - log_total(exact)) for each in exact]
        digits = FEW_DIGITS * max(1, max(numbers) - min(numbers))  # as above
        for leaf, slope in zip(z, [-p[1] - p[2], p[1], p[2]], strict=True):
            assert_exact(leaf.grad, slope, digits, f"slope at {numbers}")
