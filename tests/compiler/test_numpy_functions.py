"""NumPy's functions in a compiled program: the gates that they record, at kinks and zeros too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest

from autograd import array
from tests.compiler.agreement import assert_agrees

np: Any = numpy  # whose stubs know no Values

LOSSES: dict[str, Callable[[Any], Any]] = {
    "norm": np.linalg.norm,
    "max": np.max,
    "min + max of pairs": lambda z: np.min(z) + np.sum(np.maximum(z[:2], z[2:])),
    "clip": lambda z: np.sum(np.clip(z, -1, 1) * z),
    "sign, round, floor": lambda z: np.sum(z * (np.sign(z) + np.round(z) + np.floor(z))),
    "arctan2": lambda z: np.arctan2(z[0], z[1]) * np.arctan(z[2]) + z[3],
    "arcsinh, tan, sinh": lambda z: np.sum(np.arcsinh(z)) + np.tan(z[0]) + np.sinh(z[1] / 8),
    "log1p, expm1": lambda z: np.sum(np.log1p(z * z) * np.expm1(-z * z)),
    "logaddexp": lambda z: np.logaddexp.reduce(z) + np.logaddexp(z[0], z[1]),
    "std": np.std,
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_compiled_is_eager(loss: Callable[[Any], Any]) -> None:
    w = array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, -1.0]], label="w")
    X = [[0.3, -0.7], [1.0, 1.0], [0.0, 0.0], [2.0, 0.5], [-0.5, -0.5], [1e3, 2.0]]
    assert_agrees(lambda x: loss(w @ np.array(x)), X, list(w.flat))
