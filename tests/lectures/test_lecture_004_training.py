"""Lecture 004: gradient descent and its variants, preprocessing, and one step of a convolution."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from autograd import Value, array, data_of, grad_of
from nn.optim import SGD as SGDOptimizer
from tests.lectures.errata import DESCENT, MINIBATCH, SGD, errata_of
from tests.lectures.printed import assert_all_printed
from tests.lectures.proofs import Proof, assert_proved

Floats = npt.NDArray[np.float64]

ETA, GAMMA = 0.1, 0.9


# -- Gradient descent, SGD and momentum ---------------------------------------------------------


def path(sign: int, gamma: float = 0.0, steps: int = 3) -> list[float]:
    """W(j+1) = W(j) + sign eta dL/dW + gamma (W(j) - W(j-1)) on L = (w - 1)^2, from w = 0."""
    ws = [0.0]
    before = 0.0
    for _ in range(steps):
        w = Value(ws[-1])
        ((w - 1) ** 2).backward()
        ws.append(w.data + sign * ETA * w.grad + gamma * (w.data - before))
        before = w.data
    return ws


def optimizer_path(momentum: float) -> list[float]:
    w = Value(0.0)
    optimizer = SGDOptimizer([w], lr=ETA, momentum=momentum)
    ws = [w.data]
    for _ in range(3):
        optimizer.zero_grad()
        ((w - 1) ** 2).backward()
        optimizer.step()
        ws.append(w.data)
    return ws


def test_gradient_descent_lowers_the_loss_and_the_printed_sign_raises_it() -> None:
    assert [(w - 1) ** 2 for w in path(-1)[:2]] == pytest.approx([1.0, 0.64])
    assert [(w - 1) ** 2 for w in path(+1)[:2]] == pytest.approx([1.0, 1.44])
    assert path(-1) == pytest.approx(optimizer_path(momentum=0.0), rel=1e-14)


def test_sgd_with_momentum_and_the_printed_signs() -> None:
    assert_all_printed(path(-1, GAMMA), "0.000 0.200 0.540 0.938")
    assert_all_printed(path(+1, GAMMA), "0.000 -0.200 -0.620 -1.322")
    assert path(-1, GAMMA) == pytest.approx(optimizer_path(GAMMA), rel=1e-14)


# -- Training Neural Networks, Minibatch SGD ----------------------------------------------------

X: Floats = np.random.default_rng(0).normal(size=(6, 3)) * (1.0, 5.0, 0.1) + (10.0, 0.0, -1.0)
Y: Floats = np.random.default_rng(1).normal(size=6)
START = np.array([0.1, -0.2, 0.3])


def batch_loss(w: Floats, batch: list[int]) -> tuple[float, Floats]:
    """The sum over the batch of (y_i - w x_i)^2, and its gradient."""
    weights = array(w)
    loss = ((Y[batch] - X[batch] @ weights) ** 2).sum()
    loss.backward()
    return loss.data, grad_of(weights)


def test_minibatch_gradient_is_the_sum_of_the_examples_gradients() -> None:
    batch = [0, 2, 5]
    each = [batch_loss(START, [i])[1] for i in batch]
    np.testing.assert_allclose(batch_loss(START, batch)[1], np.sum(each, axis=0), rtol=1e-12)

    weights = array(START)
    for i in batch:  # without zeroing in between, gradients accumulate to the same sum
        ((Y[i] - X[i] @ weights) ** 2).backward()
    np.testing.assert_allclose(grad_of(weights), np.sum(each, axis=0), rtol=1e-12)


def test_minibatch_average_is_the_sum_by_the_batch_size() -> None:
    batch = [1, 3, 4]
    weights = array(START)
    (((Y[batch] - X[batch] @ weights) ** 2).sum() / 3).backward()
    np.testing.assert_allclose(grad_of(weights), batch_loss(START, batch)[1] / 3, rtol=1e-12)


def test_full_gradient_descent_adds_up_disjoint_minibatches() -> None:
    parts = [batch_loss(START, batch)[1] for batch in ([0, 1], [2, 3], [4, 5])]
    np.testing.assert_allclose(batch_loss(START, list(range(6)))[1], np.sum(parts, axis=0), rtol=1e-12)


# -- Data Pre-processing ------------------------------------------------------------------------


def test_the_first_steps_zero_centre_and_scale() -> None:
    data = X.copy()
    data -= np.mean(data, axis=0)
    np.testing.assert_allclose(data.mean(axis=0), 0, atol=1e-14)
    data /= np.std(data, axis=0)
    np.testing.assert_allclose(data.std(axis=0), 1, rtol=1e-14)


def test_the_first_steps_make_descent_faster() -> None:
    """The worst-scaled direction sets the step: from a condition of thousands to less than a hundred."""
    raw = np.linalg.cond(X.T @ X)
    data = (X - X.mean(axis=0)) / X.std(axis=0)
    assert raw > 1000
    assert np.linalg.cond(data.T @ data) < 100


def test_the_first_steps_pca_decorrelates_and_whitening_makes_the_covariance_the_identity() -> None:
    centred = X - X.mean(axis=0)
    variances, directions = np.linalg.eigh(centred.T @ centred / len(X))
    rotated = centred @ directions
    np.testing.assert_allclose(rotated.T @ rotated / len(X), np.diag(variances), atol=1e-12)
    white = rotated / np.sqrt(variances)
    np.testing.assert_allclose(white.T @ white / len(X), np.eye(3), atol=1e-10)


# -- CNN simple ---------------------------------------------------------------------------------


def test_cnn_simple_one_step_of_convolution() -> None:
    """A 5x5x3 filter on a 32x32x3 image: one step is a dot product of 75 numbers, and a bias."""
    rng = np.random.default_rng(5)
    image = rng.normal(size=(32, 32, 3))
    filter, b = array(rng.normal(size=(5, 5, 3))), Value(0.5)
    patch = array(image[2:7, 10:15])
    step = (filter * patch).sum() + b
    step.backward()
    assert step.data == pytest.approx(np.sum(data_of(filter) * data_of(patch)) + 0.5, rel=1e-12)
    np.testing.assert_array_equal(grad_of(filter), data_of(patch))
    np.testing.assert_array_equal(grad_of(patch), data_of(filter))
    assert (filter.size, b.grad) == (75, 1.0)


def test_cnn_simple_a_shared_filter_gathers_the_gradients_of_its_steps() -> None:
    row, kernel = np.array([1.0, -2.0, 3.0, 0.5]), array([2.0, -1.0])
    outputs = [kernel @ row[i : i + 2] for i in range(3)]
    assert [output.data for output in outputs] == [4.0, -7.0, 5.5]
    sum(outputs).backward()  # type: ignore[union-attr]  # it would be 0 of no Values
    np.testing.assert_array_equal(grad_of(kernel), [1 - 2 + 3, -2 + 3 + 0.5])


# -- The errata of these slides -----------------------------------------------------------------


def after(sign: int, gradient: Callable[[Floats], Floats]) -> Floats:
    return START + sign * 0.01 * gradient(START)


def taken(batch: list[int]) -> Floats:
    """Where a step of the optimiser gets."""
    weights = array(START)
    ((Y[batch] - X[batch] @ weights) ** 2).sum().backward()
    SGDOptimizer(list(weights), lr=0.01).step()
    return data_of(weights)


def step_proof(batch: list[int]) -> Proof:
    return Proof(taken(batch), *[after(sign, lambda w: batch_loss(w, batch)[1]) for sign in (-1, +1)])


PROOFS = {
    (DESCENT, "the step of all examples"): step_proof(list(range(6))),
    (SGD, "the step of one example"): step_proof([3]),
    (SGD, "the step with momentum"): Proof(optimizer_path(GAMMA), path(-1, GAMMA), path(+1, GAMMA)),
    (MINIBATCH, "the step of a mini-batch"): step_proof([0, 2, 5]),
}


def test_every_erratum_here_has_its_proof() -> None:
    here = (DESCENT, SGD, MINIBATCH)
    assert {(e.slide, e.quantity) for e in errata_of("004") if e.slide in here} == set(PROOFS)


@pytest.mark.parametrize(("slide", "quantity"), PROOFS)
def test_erratum(slide: str, quantity: str) -> None:
    assert_proved("004", quantity, PROOFS[slide, quantity])


@pytest.mark.parametrize("batch", [[3], [0, 2, 5], list(range(6))], ids=["SGD", "Minibatch SGD", "GD"])
def test_erratum_adding_the_gradient_climbs(batch: list[int]) -> None:
    loss, gradient = batch_loss(START, batch)
    step = 1e-4 * gradient
    assert batch_loss(START - step, batch)[0] < loss < batch_loss(START + step, batch)[0]
