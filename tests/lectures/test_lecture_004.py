"""Lecture 004: the sigmoid block, the gates' gradients, Jacobians and ||Wx||^2."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, array, data_of, exp, grad_of, jacobian, maximum, relu, sigmoid, tanh
from tests.lectures.errata import COMPUTING_GRADIENTS, PROS_AND_CONS, VECTOR_OUTPUTS, errata_of
from tests.lectures.proofs import Proof, assert_proved, same

Floats = npt.NDArray[np.float64]
numbers = st.floats(-8, 8)


# -- Sigmoid activation -------------------------------------------------------------------------


def test_sigmoid_activation_of_one_node() -> None:
    """f(X, w) = 1 / (1 + exp(-(w0 + w1 x1 + w2 x2))), gate by gate and as one block."""
    w, X = array([-3.0, 2.0, -1.0]), array([1.0, 0.5, -2.0])
    block, gates = sigmoid(w @ X), 1 / (1 + exp(-(w[0] + w[1] * X[1] + w[2] * X[2])))
    assert block.data == pytest.approx(0.5, abs=1e-15)  # -3 + 1 + 2 = 0
    assert gates.data == pytest.approx(block.data, rel=1e-15)
    np.testing.assert_allclose(jacobian(block, w), jacobian(gates, w), rtol=1e-15)
    np.testing.assert_allclose(jacobian(block, w), 0.25 * data_of(X)[np.newaxis, :], rtol=1e-15)


@given(numbers)
def test_derivative_of_sigmoid_in_each_form_on_the_slide(number: float) -> None:
    y = Value(number)
    out = sigmoid(y)
    out.backward()
    small = math.exp(-number)
    assert out.data == pytest.approx(1 / (1 + small), rel=1e-14)
    assert 1 - out.data == pytest.approx(small / (1 + small), rel=1e-9)
    assert y.grad == pytest.approx(small / (1 + small) ** 2, rel=1e-9)
    assert y.grad == pytest.approx(out.data * (1 - out.data), rel=1e-14)


@given(numbers, numbers)
def test_sigmoid_block_multiplies_what_comes_from_the_next_layer(number: float, upstream: float) -> None:
    y = Value(number)
    q = sigmoid(y)
    (upstream * q).backward()
    assert y.grad == pytest.approx(q.grad * q.data * (1 - q.data), rel=1e-14)
    assert q.grad == upstream


# -- Derivatives for different gates ------------------------------------------------------------


@given(numbers, numbers, numbers)
def test_add_gate_gradient_distributor(a: float, b: float, upstream: float) -> None:
    assert (Value(a) + Value(b)).local_backward(upstream) == (upstream, upstream)


@given(numbers, numbers, numbers)
def test_mul_gate_gradient_switcher(a: float, b: float, upstream: float) -> None:
    assert (Value(a) * Value(b)).local_backward(upstream) == (upstream * b, upstream * a)


@given(numbers, numbers, numbers)
def test_max_gate_gradient_router(a: float, b: float, upstream: float) -> None:
    to_a, to_b = maximum(Value(a), Value(b)).local_backward(upstream)
    assert to_a + to_b == pytest.approx(upstream, rel=1e-15)
    if a != b:
        assert (to_b if a > b else to_a) == 0


# -- Vector Outputs, Jacobian -------------------------------------------------------------------


class VectorOutputs:
    """f from R^2 to R^3 and a loss on it: d = 2, m = 3."""

    def __init__(self) -> None:
        rng = np.random.default_rng(4)
        self.x = array([0.5, -1.0])
        self.f = tanh(rng.normal(size=(3, 2)) @ self.x)
        self.loss = (self.f * self.f).sum() + self.f[0] * self.f[2]
        self.loss.backward()
        self.by_f = grad_of(self.f)[:, np.newaxis]  # m x 1
        self.df_dx = jacobian(self.f, self.x, layout="denominator")  # d x m


def test_jacobian_dimensions_and_the_chain_rule_of_vectors() -> None:
    vectors = VectorOutputs()
    assert (vectors.by_f.shape, vectors.df_dx.shape) == ((3, 1), (2, 3))
    gradient = grad_of(vectors.x)
    np.testing.assert_allclose((vectors.df_dx @ vectors.by_f)[:, 0], gradient, rtol=1e-12)
    first = sum(vectors.by_f[i, 0] * vectors.df_dx[0, i] for i in range(3))
    assert first == pytest.approx(gradient[0], rel=1e-12)


def test_jacobian_for_relu_is_diagonal_with_ones_where_x_is_positive() -> None:
    x = array([2.0, -1.0, 0.5, -3.0])
    np.testing.assert_array_equal(jacobian(relu(x), x), np.diag([1.0, 0.0, 1.0, 0.0]))


# -- Linear Transformations, Computing gradients ------------------------------------------------

matrices = st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=2, max_size=2)


@given(matrices, st.lists(numbers, min_size=3, max_size=3))
def test_computing_gradients_of_the_squared_norm_of_w_x(rows: list[list[float]], column: list[float]) -> None:
    """L = ||W x||^2: 2 q by q, 2 W^T q = 2 W^T W x by x, 2 q x^T by W, each of its variable's shape."""
    W, x = array(rows), array(column)
    q = W @ x
    loss = (q**2).sum()
    loss.backward()
    Wn, xn = np.array(rows), np.array(column)
    assert loss.data == pytest.approx(xn @ Wn.T @ Wn @ xn, rel=1e-9, abs=1e-9)
    np.testing.assert_allclose(grad_of(q), 2 * data_of(q), rtol=1e-12)
    np.testing.assert_allclose(grad_of(x), 2 * Wn.T @ data_of(q), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(grad_of(x), 2 * Wn.T @ Wn @ xn, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(grad_of(W), 2 * np.outer(data_of(q), xn), rtol=1e-9, atol=1e-9)


def test_computing_gradients_with_numbers() -> None:
    """W = ((1, 2), (3, 4)), x = (1, -1): q = (-1, -1), L = 2."""
    W, x = array([[1, 2], [3, 4]]), array([1, -1])
    loss = ((W @ x) ** 2).sum()
    loss.backward()
    assert loss.data == 2
    np.testing.assert_array_equal(grad_of(x), [-8, -12])
    np.testing.assert_array_equal(grad_of(W), [[-2, 2], [-2, 2]])


# -- The errata of these slides -----------------------------------------------------------------


def slope_of_relu(number: float) -> float:
    y = Value(number)
    y.relu().backward()
    return y.grad


def proofs() -> dict[str, Proof]:
    q = array([3.0, -1.0])
    (q**2).sum().backward()
    at = np.array([-2.0, -0.5, 0.0, 0.5, 2.0])
    vectors = VectorOutputs()
    return {
        "d(q_1^2 + ... + q_m^2)/dq_i": Proof(grad_of(q), 2 * data_of(q), 2 * data_of(q) ** 2),
        "the chain rule's order": Proof(
            grad_of(vectors.x), (vectors.df_dx @ vectors.by_f)[:, 0], printed_order(vectors)
        ),
        "where ReLU saturates": Proof(
            [slope_of_relu(y) == 0 for y in at], at <= 0, np.zeros_like(at)
        ),
    }  # fmt: skip


def printed_order(vectors: VectorOutputs) -> Floats:
    """dL/df df/dx for an m x 1 gradient and a d x m Jacobian: there is no such product."""
    with pytest.raises(ValueError, match="mismatch"):
        vectors.by_f @ vectors.df_dx
    return np.empty(0)


def test_every_erratum_here_has_its_proof() -> None:
    here = (COMPUTING_GRADIENTS, PROS_AND_CONS, VECTOR_OUTPUTS)
    assert {e.quantity for e in errata_of("004") if e.slide in here} == set(proofs())


@pytest.mark.parametrize("quantity", proofs())
def test_erratum(quantity: str) -> None:
    assert_proved("004", quantity, proofs()[quantity])


def test_erratum_at_3_the_slope_is_6_and_not_18() -> None:
    q = Value(3.0)
    (q**2).backward()
    assert q.grad == 6 != 2 * 3**2


def test_erratum_the_order_matters_where_d_is_m_too() -> None:
    """Square, the printed order is a product after all: of rows, with the wrong numbers."""
    x = array([1.0, 2.0])
    f = array([[1, 2], [3, 4]]) @ x
    loss = (f * f).sum()
    loss.backward()
    by_x, by_f = grad_of(x), grad_of(f)
    df_dx = jacobian(f, x, layout="denominator")
    assert same(by_x, df_dx @ by_f)
    assert not same(by_x, by_f @ df_dx)
