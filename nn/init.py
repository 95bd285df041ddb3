"""How weights start: ``init(n_inputs, n_outputs, rng)`` draws a float array (n_outputs, n_inputs).

A signal keeps its size through the layers, forward and backward, only if the weights' variance fits
the number of terms that each neuron adds up. Every number comes from the NumPy Generator rng: the
same seed gives the same weights, to the bit.

>>> import numpy as np
>>> he_normal(50, 2, np.random.default_rng(0)).shape
(2, 50)
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import TYPE_CHECKING, Any

from nn.checks import as_generator

if TYPE_CHECKING:
    from numpy.random import Generator

    from nn.vector import Array

Init = Callable[[int, int, Any], Any]


def uniform(n_inputs: int, n_outputs: int, rng: Generator) -> Array:
    """U(-1, 1), as micrograd's: of variance 1/3 however many the inputs."""
    return rng.uniform(-1, 1, (n_outputs, n_inputs))


def xavier_uniform(n_inputs: int, n_outputs: int, rng: Generator) -> Array:
    """U(-a, a), a = sqrt(6 / (n_inputs + n_outputs)), for tanh and the like.

    Glorot and Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html, equation 16.
    """
    bound = sqrt(6 / (n_inputs + n_outputs))
    return rng.uniform(-bound, bound, (n_outputs, n_inputs))


def xavier_normal(n_inputs: int, n_outputs: int, rng: Generator) -> Array:
    """N(0, s**2), s**2 = 2 / (n_inputs + n_outputs): xavier_uniform's variance.

    Glorot and Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html, equation 12.
    """
    return rng.normal(0.0, sqrt(2 / (n_inputs + n_outputs)), (n_outputs, n_inputs))


def he_uniform(n_inputs: int, n_outputs: int, rng: Generator) -> Array:
    """U(-a, a), a = sqrt(6 / n_inputs): he_normal's variance (PyTorch's kaiming_uniform_ for relu)."""
    bound = sqrt(6 / n_inputs)
    return rng.uniform(-bound, bound, (n_outputs, n_inputs))


def he_normal(n_inputs: int, n_outputs: int, rng: Generator) -> Array:
    """N(0, s**2), s**2 = 2 / n_inputs, for relu, which stops half of the signal.

    He et al. 2015, arXiv:1502.01852, equation 10 (PyTorch's kaiming_normal_ for relu).
    """
    return rng.normal(0.0, sqrt(2 / n_inputs), (n_outputs, n_inputs))


def draw(init: Init, n_inputs: int, n_outputs: int, rng: Generator | None) -> list[list[float]]:
    """The rows of the weights that init draws, from rng or by default a fresh Generator.

    Raises TypeError if rng is no Generator or init nothing to call, and for weights that are no
    real numbers; ValueError for weights of another shape.
    """
    import numpy as np

    rng = as_generator(rng)
    if not callable(init):
        raise TypeError(f"init must be a function such as those of nn.init, got {init!r}")
    weights = np.asarray(init(n_inputs, n_outputs, rng))
    if weights.dtype.kind not in "buif":
        raise TypeError(f"init must give an array of real numbers, got one of {weights.dtype}")
    if weights.shape != (n_outputs, n_inputs):
        wanted = f"weights of shape {n_outputs, n_inputs}, a row per output"
        raise ValueError(f"init must give {wanted}, got {weights.shape}")
    rows: list[list[float]] = weights.astype(float).tolist()
    return rows
