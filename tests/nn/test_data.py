"""Data sets: their shapes, their labels, what repeats, and what is said where scikit-learn is missing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from nn.data import Split, digits, iris, moons, pca, standardise
from nn.vector import Array


def test_moons_are_two_half_circles_of_equal_size() -> None:
    X, y = moons(60, noise=0.0)
    assert (X.shape, y.shape, sorted(set(y.tolist()))) == ((60, 2), (60,), [-1, 1])
    assert np.sum(y == 1) == 30
    np.testing.assert_allclose(np.linalg.norm(X[y == -1], axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(X[y == 1] - (1, 0.5), axis=1), 1, rtol=1e-12)


def test_moons_repeat_by_seed_and_differ_by_seed() -> None:
    again = [moons(20, rng=np.random.default_rng(seed))[0] for seed in (1, 1, 2)]
    np.testing.assert_array_equal(again[0], again[1])
    assert not np.array_equal(again[0], again[2])
    np.testing.assert_array_equal(moons(20)[0], moons(20)[0])
    rng = np.random.default_rng(1)
    assert not np.array_equal(moons(20, rng=rng)[0], moons(20, rng=rng)[0])


@pytest.mark.parametrize(
    ("load", "examples", "features", "classes"), [(iris, 150, 4, 3), (digits, 1797, 64, 10)]
)
def test_a_split_keeps_every_example_once_and_standardises_by_training_data(
    load: Callable[..., Split], examples: int, features: int, classes: int
) -> None:
    split = load(test_size=0.2)
    assert split.X_train.shape[1] == split.X_test.shape[1] == features
    assert len(split.X_train) + len(split.X_test) == examples
    assert len(split.X_test) == pytest.approx(0.2 * examples, abs=1)
    assert set(split.y_train.tolist()) == set(split.y_test.tolist()) == set(range(classes))
    np.testing.assert_allclose(split.X_train.mean(axis=0), 0, atol=1e-12)
    deviations = split.X_train.std(axis=0)
    assert all(deviation == pytest.approx(1) or deviation == 0 for deviation in deviations)
    assert np.abs(split.X_test.mean(axis=0)).max() > 1e-3, "test data must not set the scale"


def test_a_split_repeats_by_seed() -> None:
    one, same, other = [iris(rng=np.random.default_rng(seed)) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(one.X_test, same.X_test)
    assert not np.array_equal(one.y_test, other.y_test)


def test_standardise_only_centres_a_constant_column() -> None:
    train, test = standardise(np.array([[1.0, 5.0], [3.0, 5.0]]), np.array([[4.0, 6.0]]))
    np.testing.assert_array_equal(train, [[-1, 0], [1, 0]])
    np.testing.assert_array_equal(test, [[2, 1]])


def correlated() -> Array:
    mixing = np.array([[3.0, 1.0, 0.0], [0.0, 1.0, 0.5], [0.0, 0.0, 0.2]])
    X: Array = np.random.default_rng(0).normal(size=(50, 3)) @ mixing + 7
    return X


def test_pca_has_the_variances_of_the_covariance_matrix_in_order() -> None:
    X = correlated()
    eigenvalues = np.linalg.eigvalsh(np.cov(X.T))[::-1]
    np.testing.assert_allclose(np.cov(pca(X).T), np.diag(eigenvalues), atol=1e-12)
    np.testing.assert_allclose(pca(X, 2), pca(X)[:, :2], atol=1e-12)


def test_pca_whitening_makes_the_covariance_the_identity() -> None:
    np.testing.assert_allclose(np.cov(pca(correlated(), whiten=True).T), np.eye(3), atol=1e-12)


def test_pca_refuses_to_whiten_what_does_not_vary() -> None:
    X = np.column_stack([correlated(), np.ones(50)])
    with pytest.raises(ValueError, match=r"only 3 component\(s\) have any variance to whiten, wanted 4"):
        pca(X, whiten=True)
    assert pca(X, 3, whiten=True).shape == (50, 3)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: moons(1), ValueError, "n must be a whole number, at least 2, got 1"),
        (lambda: moons(2.5), ValueError, "n must be a whole number"),  # type: ignore[arg-type]
        (lambda: moons(10, noise=-1), ValueError, "noise must be at least 0, got -1"),
        (lambda: moons(10, noise=float("nan")), ValueError, "noise must be at least 0, got nan"),
        (lambda: moons(10, rng=3), TypeError, "rng must be a numpy.random.Generator"),  # type: ignore[arg-type]
        (lambda: iris(test_size=1.0), ValueError, "test_size must be a fraction between 0 and 1, got 1.0"),
        (lambda: iris(test_size=True), ValueError, "test_size must be a fraction"),
        (lambda: digits(test_size=0), ValueError, "test_size must be a fraction"),
    ],
)
def test_bad_input_is_named(make: Callable[[], object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_without_scikit_learn_the_error_says_what_to_install() -> None:
    program = """
import sys
sys.modules["sklearn"] = None
from nn.data import moons
try:
    moons()
except ModuleNotFoundError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == 'nn.data needs scikit-learn: pip install "chalkgrad[data]"\n'
