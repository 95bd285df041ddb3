"""Data for the lectures' networks: scikit-learn's, in the shapes that the networks take.

Needs scikit-learn: ``pip install "chalkgrad[data]"``. Every random choice comes from the NumPy
Generator given; without one, from that of seed 0, so that a notebook shows the same numbers each time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from nn.checks import as_generator, as_size
from nn.vector import Array

if TYPE_CHECKING:
    from numpy.random import Generator

Labels: TypeAlias = npt.NDArray[np.int64]

LARGEST_SEED = 2**32 - 1  # that scikit-learn takes
NO_VARIANCE = 1e-12  # of the largest component's


class Split(NamedTuple):
    """Examples to train on and others to test on: X has a row per example, y its class, 0, 1, ..."""

    X_train: Array
    y_train: Labels
    X_test: Array
    y_test: Labels


def moons(n: int = 100, noise: float = 0.1, rng: Generator | None = None) -> tuple[Array, Labels]:
    """Two interleaved half circles: n points X, an n x 2 array, and their labels y, -1 or 1.

    noise  the standard deviation of what is added to each coordinate

    Raises ValueError for fewer than 2 points or a negative noise, TypeError for an rng that is no
    Generator, ModuleNotFoundError without scikit-learn.
    """
    n = as_size(n, "n", least=2)
    if not noise >= 0:
        raise ValueError(f"noise must be at least 0, got {noise!r}")
    X, y = _sklearn("datasets").make_moons(n, noise=noise, random_state=_seed(rng))
    return X, 2 * y.astype(np.int64) - 1


def iris(test_size: float = 0.25, rng: Generator | None = None) -> Split:
    """Three kinds of iris by 4 measurements of 150 flowers (Fisher 1936), split and standardised.

    Raises ValueError for a test_size that is not a fraction between 0 and 1, and as moons does.
    """
    return _split(_sklearn("datasets").load_iris(), test_size, rng)


def digits(test_size: float = 0.25, rng: Generator | None = None) -> Split:
    """Handwritten digits, 1797 images of 8 x 8 pixels as rows of 64, split and standardised.

    Raises as iris does.
    """
    return _split(_sklearn("datasets").load_digits(), test_size, rng)


def standardise(train: Array, *others: Array) -> list[Array]:
    """Zero-centre and scale each column: all arrays by the mean and standard deviation of the first.

    A column that is constant there is only centred.

    >>> train, test = standardise([[1.0, 5.0], [3.0, 5.0]], [[4.0, 6.0]])
    >>> train.tolist(), test.tolist()
    ([[-1.0, 0.0], [1.0, 0.0]], [[2.0, 1.0]])

    Raises ValueError for an array that has no rows and columns, or not as many columns as the first.
    """
    scaler = _sklearn("preprocessing").StandardScaler().fit(train)
    return [scaler.transform(each) for each in (train, *others)]


def pca(X: Array, n_components: int | None = None, *, whiten: bool = False) -> Array:
    """The examples in the directions of their principal components, largest variance first.

    The columns of the result are centred and uncorrelated; whitened, each has variance 1 (the sum of
    squares by n - 1).

    >>> pca([[0.0, 0.0], [3.0, 4.0]], 1).round(6).tolist() in ([[-2.5], [2.5]], [[2.5], [-2.5]])
    True

    Raises ValueError for more components than rows or columns, for whitening a component that has
    no variance, or for an array that has no rows and columns.
    """
    model = _sklearn("decomposition").PCA(n_components, svd_solver="full", whiten=whiten)
    projected: Array = model.fit_transform(X)
    variances = model.explained_variance_
    if whiten and (with_variance := int(np.sum(variances > NO_VARIANCE * variances[0]))) < len(variances):
        raise ValueError(
            f"pca: only {with_variance} component(s) have any variance to whiten, wanted {len(variances)}"
        )
    return projected


def _split(bunch: Any, test_size: float, rng: Generator | None) -> Split:
    if isinstance(test_size, bool) or not 0 < test_size < 1:
        raise ValueError(f"test_size must be a fraction between 0 and 1, got {test_size!r}")
    X_train, X_test, y_train, y_test = _sklearn("model_selection").train_test_split(
        bunch.data, bunch.target, test_size=test_size, random_state=_seed(rng), stratify=bunch.target
    )
    X_train, X_test = standardise(X_train, X_test)
    return Split(X_train, y_train.astype(np.int64), X_test, y_test.astype(np.int64))


def _seed(rng: Generator | None) -> int:
    """A seed for scikit-learn, which takes no Generator."""
    return int(as_generator(rng, seed=0).integers(LARGEST_SEED))


def _sklearn(module: str) -> Any:
    try:
        return import_module(f"sklearn.{module}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "sklearn":
            raise
        raise ModuleNotFoundError(
            'nn.data needs scikit-learn: pip install "chalkgrad[data]"', name="sklearn"
        ) from None
