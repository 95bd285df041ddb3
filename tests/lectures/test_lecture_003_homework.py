"""Lecture 003, homework 2: least squares and ridge by gradient, in closed form and by SVD; their variance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from autograd import Value, array, grad_of
from tests.lectures.proofs import Proof, assert_all_have_proofs, assert_proved

Floats = npt.NDArray[np.float64]

RNG = np.random.default_rng(10)
X: Floats = RNG.normal(size=(12, 3)) * (3.0, 1.0, 0.5) @ np.linalg.qr(RNG.normal(size=(3, 3)))[0]
X -= X.mean(axis=0)
Y: Floats = X @ (1.0, -2.0, 0.5) + RNG.normal(size=12)
PENALTY = 2.0
U, D, VT = np.linalg.svd(X, full_matrices=False)
GRAM: Floats = X.T @ X
RIDGE_GRAM: Floats = GRAM + PENALTY * np.eye(3)


def risk(w: Floats, penalty: float = 0.0) -> tuple[Value, Floats]:
    """sum (y_i - w^T x_i)^2 + penalty w^T w, and its gradient."""
    weights = array(w)
    loss = ((Y - X @ weights) ** 2).sum() + penalty * (weights @ weights)
    loss.backward()
    return loss, grad_of(weights)


def descend(penalty: float) -> Floats:
    w = np.zeros(3)
    largest, smallest = D[0] ** 2 + penalty, D[-1] ** 2 + penalty
    rate = 1 / (largest + smallest)  # the fastest that is stable: the Hessian is twice these
    for _ in range(400):
        w = w - rate * risk(w, penalty)[1]
    return w


# -- HW2: Problem 1 -----------------------------------------------------------------------------


def test_problem_1_three_ways_to_write_the_risk_and_its_gradient() -> None:
    w = np.array([0.3, -0.7, 1.1])
    loss, gradient = risk(w)
    assert loss.data == pytest.approx((Y - X @ w) @ (Y - X @ w), rel=1e-12)
    assert loss.data == pytest.approx(w @ GRAM @ w - 2 * Y @ X @ w + Y @ Y, rel=1e-12)
    np.testing.assert_allclose(gradient, 2 * GRAM @ w - 2 * X.T @ Y, rtol=1e-12)


def test_problem_1_gradient_descent_finds_the_closed_form() -> None:
    closed = np.linalg.inv(GRAM) @ X.T @ Y
    np.testing.assert_allclose(risk(closed)[1], 0, atol=1e-11)
    np.testing.assert_allclose(descend(0.0), closed, rtol=1e-8)


def test_problem_1_cont_by_svd() -> None:
    np.testing.assert_allclose(VT.T @ np.diag(1 / D) @ U.T @ Y, np.linalg.inv(GRAM) @ X.T @ Y, rtol=1e-10)
    np.testing.assert_allclose(VT.T @ np.diag(D**2) @ VT, GRAM, atol=1e-12)


# -- HW2: Problem 3 -----------------------------------------------------------------------------


def test_problem_3_ridge_by_gradient_descent_in_closed_form_and_by_svd() -> None:
    by_svd = VT.T @ np.diag(D / (D**2 + PENALTY)) @ U.T @ Y
    np.testing.assert_allclose(np.linalg.inv(RIDGE_GRAM) @ X.T @ Y, by_svd, rtol=1e-10)
    np.testing.assert_allclose(descend(PENALTY), by_svd, rtol=1e-8)
    np.testing.assert_allclose(risk(by_svd, PENALTY)[1], 0, atol=1e-11)


def test_problem_3_fitted_values_are_sums_over_components() -> None:
    ols = sum(np.outer(u, u) @ Y for u in U.T)
    ridge = sum(d**2 / (d**2 + PENALTY) * np.outer(u, u) @ Y for u, d in zip(U.T, D, strict=True))
    np.testing.assert_allclose(X @ descend(0.0), ols, rtol=1e-6)
    np.testing.assert_allclose(X @ descend(PENALTY), ridge, rtol=1e-6)


def test_problem_3_the_penalty_shrinks_the_low_variance_components_most() -> None:
    kept = (VT @ descend(PENALTY)) / (VT @ descend(0.0))  # of each component's weight
    np.testing.assert_allclose(kept, D**2 / (D**2 + PENALTY), rtol=1e-6)
    assert 1 > kept[0] > kept[1] > kept[2] > 0


# -- HW2: Problem 10 ----------------------------------------------------------------------------


def test_problem_10_the_variances_are_those_of_the_estimators() -> None:
    """w = A y with Var[y] = sigma^2 I has variance sigma^2 A A^T, for both A."""
    ols, inverse = np.linalg.inv(GRAM) @ X.T, np.linalg.inv(RIDGE_GRAM)
    np.testing.assert_allclose(ols @ ols.T, np.linalg.inv(GRAM), rtol=1e-9)
    np.testing.assert_allclose((inverse @ X.T) @ (inverse @ X.T).T, inverse @ GRAM @ inverse, rtol=1e-9)


def test_problem_10_cont_every_line_and_no_negative_eigenvalue() -> None:
    inverse, S = np.linalg.inv(GRAM), np.linalg.inv(RIDGE_GRAM)
    np.testing.assert_allclose(S.T, S, rtol=1e-12)
    line_2 = inverse - S @ GRAM @ S
    line_4 = S @ (RIDGE_GRAM @ inverse @ RIDGE_GRAM - GRAM) @ S
    line_6 = S @ (2 * PENALTY * np.eye(3) + PENALTY**2 * inverse) @ S
    np.testing.assert_allclose(line_2, line_4, rtol=1e-8, atol=1e-14)
    np.testing.assert_allclose(line_2, line_6, rtol=1e-8, atol=1e-14)
    assert np.linalg.eigvalsh(line_2).min() > 0


# -- PCA and the errata -------------------------------------------------------------------------


def test_singular_values_measure_the_principal_components() -> None:
    scores = X @ VT.T
    np.testing.assert_allclose(scores.std(axis=0) * np.sqrt(len(X)), D, rtol=1e-10)
    np.testing.assert_allclose(np.cov(scores.T), np.diag(D**2 / (len(X) - 1)), atol=1e-12)


def proofs() -> dict[str, Proof]:
    return {
        # were U^T the inverse of U, the fitted values would be the targets themselves
        "U^T U = I and the inverse of U": Proof(X @ np.linalg.lstsq(X, Y)[0], U @ U.T @ Y, Y),
        "what d_j measures": Proof(D, np.sqrt(len(X)) * (X @ VT.T).std(axis=0), X.std(axis=0)),
    }


def test_every_erratum_has_its_proof() -> None:
    assert_all_have_proofs("003", set(proofs()))


@pytest.mark.parametrize("quantity", proofs())
def test_erratum(quantity: str) -> None:
    assert_proved("003", quantity, proofs()[quantity])


def test_erratum_a_thin_u_has_orthonormal_columns_only() -> None:
    np.testing.assert_allclose(U.T @ U, np.eye(3), atol=1e-12)
    assert np.linalg.matrix_rank(U @ U.T) == 3 < len(X), "so U U^T is not the 12 x 12 identity"


def test_erratum_no_scale_makes_d_the_deviations_of_the_features() -> None:
    ratios = np.sort(X.std(axis=0))[::-1] / D
    assert ratios.max() / ratios.min() > 1.1
