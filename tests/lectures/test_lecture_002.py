"""Lecture 002: perceptrons, derivatives as rows, Jacobians and matrices, and their chain rule."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from autograd import array, data_of, grad_of, jacobian, sigmoid, step, summation, tanh
from tests.lectures.proofs import Proof, assert_all_have_proofs, assert_proved, same

Floats = npt.NDArray[np.float64]


# -- Recall: The Perceptron ---------------------------------------------------------------------

BITS = list(product((0, 1), repeat=2))


def sign(a: Any) -> float:
    return float(2 * data_of(step(a)) - 1)


@pytest.mark.parametrize(
    ("b", "w", "truth"),
    [
        pytest.param(-1.5, (1, 1), (0, 0, 0, 1), id="AND"),
        pytest.param(-0.5, (1, 1), (0, 1, 1, 1), id="OR"),
        pytest.param(1.5, (-1, -1), (1, 1, 1, 0), id="NAND"),
        pytest.param(0.5, (-1, 0), (1, 1, 0, 0), id="NOT the first"),
    ],
)
def test_recall_the_perceptron_can_be_used_to_build_boolean_gates(
    b: float, w: tuple[float, float], truth: tuple[int, ...]
) -> None:
    weights, bias = array(w), array(b)
    outputs = [sign(bias + weights @ x) for x in BITS]
    assert outputs == [1 if bit else -1 for bit in truth]


# -- Multilayer Perceptron ----------------------------------------------------------------------


class TwoLayers:
    """z1 = W1 x + b1, a1 = tanh(z1), z2 = W2 a1 + b2, L = 1/2 |sigmoid(z2) - y|^2, after backward."""

    def __init__(self, x: Floats, y: Floats) -> None:
        rng = np.random.default_rng(2)
        self.x = array(x)
        self.W1, self.b1 = array(rng.normal(size=(4, 3))), array(rng.normal(size=4))
        self.W2, self.b2 = array(rng.normal(size=(2, 4))), array(rng.normal(size=2))
        self.z1 = self.W1 @ self.x + self.b1
        self.a1 = tanh(self.z1)
        self.z2 = self.W2 @ self.a1 + self.b2
        self.loss = 0.5 * ((sigmoid(self.z2) - y) ** 2).sum()
        self.loss.backward()

    def gradient(self) -> Floats:
        return np.concatenate([grad_of(p).ravel() for p in (self.W1, self.b1, self.W2, self.b2)])


@pytest.fixture
def network() -> TwoLayers:
    return TwoLayers(np.array([0.5, -1.0, 2.0]), np.array([0.0, 1.0]))


def test_multilayer_perceptron_average_the_derivatives_over_the_training_points() -> None:
    """The gradient of a mean loss is the mean of the examples' gradients."""
    rng = np.random.default_rng(0)
    examples = [(rng.normal(size=3), rng.uniform(size=2)) for _ in range(5)]
    mean_of_gradients = np.mean([TwoLayers(x, y).gradient() for x, y in examples], axis=0)

    built = TwoLayers(*examples[0])  # its weights, under the mean loss of all five examples
    losses = []
    for x, y in examples:
        a1 = tanh(built.W1 @ x + built.b1)
        losses.append(0.5 * ((sigmoid(built.W2 @ a1 + built.b2) - y) ** 2).sum())
    built.loss.zero_grad()
    (summation(*losses) / len(losses)).backward()
    np.testing.assert_allclose(built.gradient(), mean_of_gradients, rtol=1e-12)


def test_multilayer_perceptron_one_step_of_descent_lowers_the_loss(network: TwoLayers) -> None:
    before = network.loss.data
    W1, b1, W2, b2 = [data_of(p) - 0.1 * grad_of(p) for p in (network.W1, network.b1, network.W2, network.b2)]
    output = sigmoid(W2 @ np.tanh(W1 @ data_of(network.x) + b1) + b2)
    assert 0.5 * ((output - np.array([0.0, 1.0])) ** 2).sum() < before


# -- Background: Computing Derivatives ----------------------------------------------------------


def test_computing_derivatives_of_a_scalar_is_a_row() -> None:
    """f(z) = z1^2 z2 + z3 at (2, 3, 5): the row (2 z1 z2, z1^2, 1)."""
    z = array([2, 3, 5])
    f = z[0] ** 2 * z[1] + z[2]
    np.testing.assert_array_equal(jacobian(f, z), [[12.0, 4.0, 1.0]])


def test_computing_derivatives_of_a_vector_is_the_m_by_n_jacobian() -> None:
    """f(z) = (z1 z2, z2 z3): row i is the derivative of f_i; the other layout is its transpose."""
    z = array([2, 3, 5])
    f = [z[0] * z[1], z[1] * z[2]]
    numerator = jacobian(f, z)
    np.testing.assert_array_equal(numerator, [[3, 2, 0], [0, 5, 3]])
    np.testing.assert_array_equal(jacobian(f, z, layout="denominator"), numerator.T)


def test_computing_derivatives_by_a_matrix_has_its_shape() -> None:
    """f(W) = u^T W v: df/dW = u v^T, an n x m matrix as W is."""
    u, v = np.array([1.0, 2.0]), np.array([3.0, 5.0, 7.0])
    W = array(shape=(2, 3))
    (u @ W @ v).backward()
    np.testing.assert_array_equal(grad_of(W), np.outer(u, v))


# -- Background: Chain Rule for Multivariate Calculus -------------------------------------------


class Composed:
    """z = f(x) from R^2 to R^4, h = g(z) in R^3: n = 2, k = 4, m = 3, all different."""

    def __init__(self) -> None:
        rng = np.random.default_rng(1)
        self.x = array([0.5, -1.0])
        self.z = tanh(rng.normal(size=(4, 2)) @ self.x)
        self.h = sigmoid(rng.normal(size=(3, 4)) @ (self.z * self.z))
        self.dh_dx, self.dh_dz = jacobian(self.h, self.x), jacobian(self.h, self.z)
        self.dz_dx = jacobian(self.z, self.x)


def test_chain_rule_for_multivariate_calculus() -> None:
    composed = Composed()
    assert (composed.dh_dx.shape, composed.dh_dz.shape, composed.dz_dx.shape) == ((3, 2), (3, 4), (4, 2))
    np.testing.assert_allclose(composed.dh_dx, composed.dh_dz @ composed.dz_dx, rtol=1e-12)


def test_chain_rule_is_reversed_in_denominator_layout() -> None:
    composed = Composed()
    outer = jacobian(composed.h, composed.z, layout="denominator")
    inner = jacobian(composed.z, composed.x, layout="denominator")
    np.testing.assert_allclose(
        jacobian(composed.h, composed.x, layout="denominator"), inner @ outer, rtol=1e-12
    )


# -- Working Out the Derivatives for Weights and Bias from Derivatives for z's ------------------


def test_working_out_the_derivatives_for_weights_and_bias(network: TwoLayers) -> None:
    for W, b, z, inputs in (
        (network.W1, network.b1, network.z1, network.x),
        (network.W2, network.b2, network.z2, network.a1),
    ):
        dz = jacobian(network.loss, z)  # a row
        column = data_of(inputs)[:, np.newaxis]
        np.testing.assert_allclose(grad_of(W), (column @ dz).T, rtol=1e-12)
        np.testing.assert_allclose(grad_of(b), dz[0], rtol=1e-12)


# -- The errata of this lecture -----------------------------------------------------------------


def proofs() -> dict[str, Proof]:
    """Each erratum by numbers; where a name or a shape is wrong, by the array that the name stands for."""
    network, composed = TwoLayers(np.array([0.5, -1.0, 2.0]), np.array([0.0, 1.0])), Composed()
    x, a1 = data_of(network.x)[:, np.newaxis], data_of(network.a1)[:, np.newaxis]
    dz1, dz2 = jacobian(network.loss, network.z1), jacobian(network.loss, network.z2)
    dW1, dW2 = grad_of(network.W1), grad_of(network.W2)
    W = array([[1, 2, 3], [4, 5, 6]])
    z = W @ [1, 0, 2]
    f = (z * z).sum()
    f.backward()
    return {
        "the name of a matrix's derivative": Proof(
            np.outer(2 * data_of(z), [1, 0, 2]), grad_of(W), jacobian(f, z)
        ),
        "the m x k Jacobian": Proof((3, 4), composed.dh_dz.shape, composed.dh_dx.shape),
        "dL/dW1": Proof(dW1, (x @ dz1).T, (x @ dz2).T),
        "dL/dW2": Proof((a1 @ dz2).T, dW2, dW1),
        "dL/db2": Proof(dz2[0], grad_of(network.b2), dW2),
        "layout of x dL/dz1": Proof((x @ dz1).shape, dW1.T.shape, dW1.shape),
    }


def test_every_erratum_has_its_proof() -> None:
    assert_all_have_proofs("002", set(proofs()))


@pytest.mark.parametrize("quantity", proofs())
def test_erratum(quantity: str) -> None:
    assert_proved("002", quantity, proofs()[quantity])


def test_layouts_differ_for_a_square_matrix_too(network: TwoLayers) -> None:
    """Equal shapes hide a mixed layout: the numbers do not."""
    W, x = array([[1, 2], [3, 4]]), array([1, -1])
    loss = ((W @ x) ** 2).sum()
    loss.backward()
    dz = 2 * data_of(W @ x)[np.newaxis, :]
    assert not same(grad_of(W), data_of(x)[:, np.newaxis] @ dz)
    assert same(grad_of(W), (data_of(x)[:, np.newaxis] @ dz).T)
