"""Lecture 001: its activation table, hidden lines, softmax and vanishing product, for any numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, array, data_of, exp, grad_of, jacobian, leaky_relu, log, relu, sigmoid, step, tanh
from nn import Layer
from nn.losses import cross_entropy

numbers = st.floats(-8, 8)
not_zero = numbers.filter(lambda x: abs(x) > 1e-6)
Function = Callable[[float], float]


def slope_at(f: Callable[[Value], Value], number: float) -> float:
    x = Value(number)
    f(x).backward()
    return x.grad


# -- A neural network model: activation function ------------------------------------------------


@given(not_zero)
def test_activation_function_table_piecewise(x: float) -> None:
    positive = x > 0
    assert (step(x), slope_at(step, x)) == (float(positive), 0)
    assert (relu(x), slope_at(relu, x)) == ((x, 1) if positive else (0, 0))
    assert (leaky_relu(x), slope_at(leaky_relu, x)) == ((x, 1) if positive else (0.01 * x, 0.01))
    assert slope_at(lambda v: +v + 0, x) == 1  # identity


@given(numbers)
def test_activation_function_table_derivatives_by_the_function_itself(x: float) -> None:
    assert slope_at(sigmoid, x) == pytest.approx(sigmoid(x) * (1 - sigmoid(x)), rel=1e-12)
    assert slope_at(tanh, x) == pytest.approx(1 - tanh(x) ** 2, rel=1e-12, abs=1e-15)
    assert tanh(x) == pytest.approx(2 * sigmoid(2 * x) - 1, rel=1e-9, abs=1e-12)


@given(numbers, st.sampled_from([sigmoid, tanh]))
def test_activation_function_table_derivatives_by_finite_differences(
    x: float, f: Callable[[float | Value], float]
) -> None:
    h = 1e-5
    assert slope_at(f, x) == pytest.approx((f(x + h) - f(x - h)) / (2 * h), abs=1e-9)  # type: ignore[arg-type]


# -- Role of hidden layers: a simple example ----------------------------------------------------

CORNERS = [(1, 1), (1, 0), (0, 1), (0, 0)]


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_role_of_hidden_layers_any_lines_between_the_corners_will_do(a: float, b: float, c: float) -> None:
    """The lines x1 + x2 = a and = 1 + b leave the ones between them; their AND is XOR."""
    for x1, x2 in CORNERS:
        either, nand = step(Value(x1) + x2 - a), step(1 + b - (Value(x1) + x2))
        assert either.data == (x1 or x2)
        assert nand.data == 1 - (x1 and x2)
        assert step(either + nand - (1 + c)).data == (x1 ^ x2)


@given(numbers, numbers, numbers)
def test_role_of_hidden_layers_no_single_line_makes_xor(w1: float, w2: float, w0: float) -> None:
    outputs = [step(Value(w1) * x1 + w2 * x2 + w0).data for x1, x2 in CORNERS]
    assert outputs != [0, 1, 1, 0]


# -- A neural network model: bias and weight ----------------------------------------------------


def test_fully_connected_every_output_depends_on_every_input_partially_only_on_its_own() -> None:
    x = array([0.5, -1.0, 2.0])
    full = Layer(3, 2, activation=None, rng=np.random.default_rng(0))
    assert np.count_nonzero(jacobian(full(x), x)) == 6
    w = array([1.0, 2.0, 3.0, 4.0])
    partial = [w[0] * x[0] + w[1] * x[1], w[2] * x[1] + w[3] * x[2]]
    np.testing.assert_array_equal(jacobian(partial, x), [[1, 2, 0], [0, 3, 4]])


# -- A neural network model: cross entropy with softmax -----------------------------------------


@given(st.lists(numbers, min_size=2, max_size=5), numbers)
def test_softmax_sums_to_1_ignores_a_shift_and_has_the_jacobian_p_times_delta_minus_p(
    outputs: list[float], shift: float
) -> None:
    y = array(outputs)
    p = exp(y) / exp(y).sum()
    shifted = exp(y + shift) / exp(y + shift).sum()
    numbers_of_p = data_of(p)
    assert numbers_of_p.sum() == pytest.approx(1, rel=1e-12)
    np.testing.assert_allclose(data_of(shifted), numbers_of_p, rtol=1e-9)
    expected = np.diag(numbers_of_p) - np.outer(numbers_of_p, numbers_of_p)
    np.testing.assert_allclose(jacobian(p, y), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("label", "printed"), [(3, 0.0206256), (2, 4.0206256), (0, 10.0206256)])
def test_cross_entropy_of_the_printed_outputs_for_each_label(label: int, printed: float) -> None:
    y = array([-5.0, -1.0, 1.0, 5.0])
    loss = cross_entropy(y, label)
    by_hand = -log(exp(y)[label] / exp(y).sum())
    assert loss.data == pytest.approx(printed, abs=5e-8)
    assert by_hand.data == pytest.approx(loss.data, rel=1e-12)
    loss.backward()
    assert grad_of(y).sum() == pytest.approx(0, abs=1e-15)


# -- Vanishing gradient problem -----------------------------------------------------------------


@given(st.lists(st.floats(-4, 4), min_size=1, max_size=8), numbers)
def test_vanishing_gradient_is_a_product_of_slopes_and_weights(weights: list[float], start: float) -> None:
    """dz_L/dx = w_1 s_1 ... w_L s_L, each slope s at most 1/4."""
    x = Value(start)
    z, factors = x, []
    for weight in weights:
        z = sigmoid(weight * z)
        factors.append(weight * z.data * (1 - z.data))
    z.backward()
    assert x.grad == pytest.approx(math.prod(factors), rel=1e-9, abs=1e-300)
    bound = math.prod(abs(weight) / 4 for weight in weights)
    assert abs(x.grad) <= bound * (1 + 1e-12) + 1e-300


@pytest.mark.parametrize(("f", "vanishes"), [(sigmoid, True), (tanh, True), (relu, False)])
def test_vanishing_gradient_of_saturated_layers_but_not_of_relu(
    f: Callable[[Value], Value], vanishes: bool
) -> None:
    x = Value(3.0)
    y = x
    for _ in range(10):
        y = f(y + 3.0)
    y.backward()
    assert (x.grad < 1e-9) is vanishes


def test_every_boolean_function_of_two_inputs_but_xor_and_its_negation_has_one_line() -> None:
    """14 of the 16 truth tables are on one side of a line: small whole weights find them all."""
    halves = (-1.5, -0.5, 0.5, 1.5)
    found = {
        tuple(step(Value(w1) * x1 + w2 * x2 + w0).data for x1, x2 in CORNERS)
        for w1, w2, w0 in product((-1, 0, 1), (-1, 0, 1), halves)
    }
    everything = set(product((0, 1), repeat=4))
    assert everything - found == {(0, 1, 1, 0), (1, 0, 0, 1)}
