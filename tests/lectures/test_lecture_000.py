"""Lecture 000: the 2-2-1 ReLU network on AND, every number that its slides print."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from autograd import Value
from tests.lectures.errata import errata_of
from tests.lectures.printed import assert_all_printed, assert_printed

ETA = 0.2
X = (1.0, 1.0)
Y = 1.0


class Network:
    """f = W2 relu(W1 x), l = (y - f)^2, one Value per number."""

    def __init__(self, w1: list[list[float]], w2: list[float]) -> None:
        self.w1 = [[Value(weight) for weight in row] for row in w1]
        self.w2 = [Value(weight) for weight in w2]
        self.z = [self.dot(row, X) for row in self.w1]
        self.v = [z.relu() for z in self.z]
        self.f = self.dot(self.w2, self.v)
        self.loss = (Y - self.f) ** 2

    @staticmethod
    def dot(weights: list[Value], inputs: Sequence[Value | float]) -> Value:
        products = [weight * x for weight, x in zip(weights, inputs, strict=True)]
        return products[0] + products[1]

    def updated(self) -> Network:
        """The network after one step of gradient descent."""
        return Network(
            [[w.data - ETA * w.grad for w in row] for row in self.w1],
            [w.data - ETA * w.grad for w in self.w2],
        )


@pytest.fixture
def network() -> Network:
    built = Network([[-0.9, 0.9], [0.0, 0.9]], [-0.9, 0.9])
    built.loss.backward()
    return built


def data_of(values: list[Value]) -> list[float]:
    return [value.data for value in values]


def grad_of(values: list[Value]) -> list[float]:
    return [value.grad for value in values]


def test_forward_propagation_with_a_numerical_example(network: Network) -> None:
    assert network.z[0].data == 0.0, "exactly on the kink of ReLU"
    assert_all_printed(data_of(network.z), "0 0.9")
    assert_all_printed(data_of(network.v), "0 0.9")


def test_forward_propagation_with_a_numerical_example_cont(network: Network) -> None:
    assert_printed(network.f.data, "0.81")
    assert_printed(network.loss.data, "0.0361")


def test_backward_propagation_with_a_numerical_example(network: Network) -> None:
    assert_printed(network.f.grad, "-0.38")  # 2 (0.81 - 1)
    assert_all_printed(grad_of(network.w2), "0 -0.342")
    assert_all_printed(data_of(network.updated().w2), "-0.9 0.9684")


def test_backward_propagation_with_a_numerical_example_cont(network: Network) -> None:
    assert_all_printed(grad_of(network.v), "0.342 -0.342")  # -0.38 W2
    assert [z.local_backward(1.0) for z in network.v] == [(0.0,), (1.0,)], "diag(phi'(z)) as printed"
    assert_all_printed(grad_of(network.w1[0]), "0 0")
    assert_all_printed(grad_of(network.w1[1]), "-0.342 -0.342")


def test_backward_propagation_second_cont_the_update(network: Network) -> None:
    updated = network.updated()
    assert_all_printed(data_of(updated.w1[0]), "-0.9 0.9")
    assert_all_printed(data_of(updated.w1[1]), "0.0684 0.9684")
    assert_all_printed(data_of(updated.z), "0 1.0368")
    assert_printed(updated.f.data, "1.004")
    assert updated.loss.data < network.loss.data / 1000


@pytest.mark.parametrize(("x", "label"), [((0.0, 0.0), 0), ((0.0, 1.0), 0), ((1.0, 0.0), 0), ((1.0, 1.0), 1)])
def test_after_one_step_the_network_computes_the_printed_and(
    network: Network, x: tuple[float, float], label: int
) -> None:
    updated = network.updated()
    v = [updated.dot(row, x).relu() for row in updated.w1]
    assert round(updated.dot(updated.w2, v).data) == label


def test_erratum_gradients_are_printed_transposed(network: Network) -> None:
    """dl/dW1 is printed ((0, -0.342), (0, -0.342)), its rows the columns of W1."""
    [erratum] = errata_of("000")
    assert erratum.quantity == "layout of dl/dW"
    gradient = [grad_of(row) for row in network.w1]
    columns = [list(column) for column in zip(*gradient, strict=True)]
    for column, printed in zip(columns, ["0 -0.342", "0 -0.342"], strict=True):
        assert_all_printed(column, printed)
    assert gradient != columns
    # Without the transposition in the update, the printed new weights would not come out.
    untransposed = [[w.data - ETA * g for w, g in zip(row, column, strict=True)]
                    for row, column in zip(network.w1, columns, strict=True)]  # fmt: skip
    assert_all_printed(untransposed[1], "0 0.9684")


def test_erratum_relu_slope_at_zero_is_0_here_and_1_in_lecture_001(network: Network) -> None:
    """With relu'(0) = 1 the slide's own gradient and new weights would differ."""
    slope = 1.0
    [x1, x2] = X
    row = [network.v[0].grad * slope * x for x in (x1, x2)]
    assert_all_printed(row, "0.342 0.342")
    assert_all_printed([w.data - ETA * g for w, g in zip(network.w1[0], row, strict=True)], "-0.9684 0.8316")
    assert grad_of(network.w1[0]) == [0.0, 0.0]
