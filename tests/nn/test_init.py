"""Initialisers: their moments, their bounds, their seeds, and what a layer refuses of one."""

from __future__ import annotations

import pickle
from math import sqrt
from typing import Any

import numpy as np
import pytest

from nn import Convolution, Layer, init

N_IN, N_OUT = 120, 400
#: The variance that the paper asks for, and the bound of those that have one.
RULES: dict[str, tuple[init.Init, float, float | None]] = {
    "uniform": (init.uniform, 1 / 3, 1.0),
    "xavier_uniform": (init.xavier_uniform, 2 / (N_IN + N_OUT), sqrt(6 / (N_IN + N_OUT))),
    "xavier_normal": (init.xavier_normal, 2 / (N_IN + N_OUT), None),
    "he_uniform": (init.he_uniform, 2 / N_IN, sqrt(6 / N_IN)),
    "he_normal": (init.he_normal, 2 / N_IN, None),
}
every_rule = pytest.mark.parametrize(("rule", "variance", "bound"), RULES.values(), ids=RULES.keys())


@every_rule
def test_moments(rule: init.Init, variance: float, bound: float | None) -> None:
    """Mean 0 and the variance, within five standard errors of 48,000 draws."""
    weights = rule(N_IN, N_OUT, np.random.default_rng(7))
    assert weights.shape == (N_OUT, N_IN)
    assert weights.dtype == np.float64
    assert abs(weights.mean()) < 5 * sqrt(variance / weights.size)
    kurtosis = 3.0 if bound is None else 1.8
    assert abs(weights.var() / variance - 1) < 5 * sqrt((kurtosis - 1) / weights.size)
    fourth = (weights**4).mean() / weights.var() ** 2
    assert fourth == pytest.approx(kurtosis, rel=0.05)  # normal and uniform differ here
    if bound is not None:
        assert 0.999 * bound < np.abs(weights).max() <= bound


@every_rule
def test_a_seed_repeats_to_the_bit(rule: init.Init, variance: float, bound: float | None) -> None:
    first, again, other = (rule(3, 4, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()
    state = pickle.dumps(np.random.get_state())
    rule(3, 4, np.random.default_rng(1))
    assert state == pickle.dumps(np.random.get_state())  # nothing is drawn from NumPy's global


def test_he_keeps_the_size_of_a_signal_through_relu_and_uniform_does_not() -> None:
    rng = np.random.default_rng(0)
    sizes = {}
    for rule in (init.he_normal, init.uniform):
        x = rng.normal(size=200)
        for _ in range(10):
            x = np.maximum(rule(200, 200, rng) @ x, 0.0)
        sizes[rule] = np.sqrt((x**2).mean())
    assert 0.2 < sizes[init.he_normal] < 5
    assert sizes[init.uniform] > 1e6


def test_a_convolution_counts_as_pytorch_does() -> None:
    """fan_in and fan_out are the channels times the places of a window."""
    seen = []

    def rule(n_inputs: int, n_outputs: int, rng: np.random.Generator) -> Any:
        seen.append((n_inputs, n_outputs))
        return np.arange(n_outputs * n_inputs).reshape(n_outputs, n_inputs)

    weights = Convolution(2, 4, 3, init=rule).state_dict()["weight"]
    assert seen == [(2 * 9, 4 * 9)]
    assert weights.ravel().tolist() == list(range(4 * 2 * 9))


@pytest.mark.parametrize(
    ("rule", "kind", "says"),
    [
        ("he", TypeError, "init must be a function such as those of nn.init, got 'he'"),
        (lambda i, o, rng: np.ones((i, o)), ValueError, r"weights of shape \(3, 2\), .* got \(2, 3\)"),
        (lambda i, o, rng: np.ones((o, i), complex), TypeError, "real numbers, got one of complex128"),
    ],
)
def test_refuses(rule: Any, kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        Layer(2, 3, init=rule)
