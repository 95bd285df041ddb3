"""Lecture 001: the 2-2-2 sigmoid network, forward, backward and update, as printed and as right."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pytest

from autograd import Value
from tests.lectures.errata import BACKWARDING, FORWARDING, Erratum, errata_of
from tests.lectures.printed import assert_all_printed, assert_not_printed, assert_printed

ETA = 0.5
X = (0.12, 0.3)
TARGETS = (0.1, 0.9)
# Each row: the weights into one neuron, and its bias.
START = (
    ((0.15, 0.2, 0.1), (0.2, 0.3, 0.2)),
    ((0.4, 0.5, 0.2), (0.45, 0.55, 0.1)),
)
Layer = Iterable[Iterable[float]]


class Network:
    """The network of the slides, after its backward pass; w[2][1, 1] is their w with 1,1 and (2)."""

    def __init__(self, layers: Iterable[Layer] = START, *, swapped: bool = False) -> None:
        rows1, rows2 = [[[Value(number) for number in row] for row in layer] for layer in layers]
        self.rows = (rows1, rows2)
        self.w = {
            number: {(i, j): row[i - 1] for j, row in enumerate(rows, 1) for i in (1, 2)}
            for number, rows in ((1, rows1), (2, rows2))
        }
        self.a = [w1 * X[0] + w2 * X[1] + bias for w1, w2, bias in rows1]
        self.z = [a.sigmoid() for a in self.a]
        z1, z2 = reversed(self.z) if swapped else self.z
        self.a2 = [w1 * z1 + w2 * z2 + bias for w1, w2, bias in rows2]
        self.y = [a.sigmoid() for a in self.a2]
        self.error = 0.5 * ((TARGETS[0] - self.y[0]) ** 2 + (TARGETS[1] - self.y[1]) ** 2)
        self.error.backward()

    def moved(self, rate: float) -> Network:
        """The network after every weight and bias has been moved by rate times its gradient."""
        return Network([[[p.data + rate * p.grad for p in row] for row in layer] for layer in self.rows])


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def swapped() -> Network:
    """The second layer as the slide computes it: 0.578 for z1 and 0.544 for z2."""
    return Network(swapped=True)


def slope(value: Value) -> float:
    return value.local_backward(1.0)[0]


def test_forwarding_first_layer(network: Network) -> None:
    assert_all_printed([a.data for a in network.a], "0.178 0.314")
    assert_all_printed([z.data for z in network.z], "0.544 0.578")


def test_forwarding_second_layer_as_printed(swapped: Network) -> None:
    """Each printed number is what the swap gives."""
    assert_all_printed([a.data for a in swapped.a2], "0.703 0.659")
    assert_all_printed([y.data for y in swapped.y], "0.669 0.659")
    assert_printed(swapped.error.data, "0.191")


def test_forwarding_second_layer_as_printed_from_the_printed_factors() -> None:
    a1 = Value(0.40) * 0.578 + Value(0.5) * 0.544 + 0.2
    a2 = Value(0.45) * 0.578 + Value(0.55) * 0.544 + 0.1
    assert_all_printed([a1.data, a2.data], "0.703 0.659")
    assert_all_printed([Value(0.703).sigmoid().data, Value(0.659).sigmoid().data], "0.669 0.659")


def test_forwarding_error_is_right_to_its_three_digits_by_luck(network: Network, swapped: Network) -> None:
    assert_printed(0.5 * ((0.1 - 0.669) ** 2 + (0.9 - 0.659) ** 2), "0.191")
    assert_printed(network.error.data, "0.191088")
    assert_printed(swapped.error.data, "0.190847")


def test_backwarding_as_printed() -> None:
    """The slide's chain rule, factor by factor, on the slide's own rounded numbers."""
    y1, y2 = Value(0.669), Value(0.659)
    error = 0.5 * ((0.1 - y1) ** 2 + (0.9 - y2) ** 2)
    error.backward()
    assert_all_printed([y1.grad, y2.grad], "0.569 -0.241")
    assert_printed(0.669 * (1 - 0.669), "0.221")
    assert_printed(0.659 * (1 - 0.659), "0.225")
    assert_printed(0.578 * 0.221 * 0.569, "0.0727")
    assert_printed(0.4 + ETA * 0.0727, "0.436")
    assert_printed(0.569 * 0.221 * 0.4, "0.0503")
    assert_printed(-0.241 * 0.225 * 0.45, "-0.0244")
    assert_printed(0.0503 - 0.0244, "0.0259")
    assert_printed(0.578 * (1 - 0.578), "0.2439")
    assert_printed(0.15 + ETA * 0.00075, "0.1504")


def test_backwarding_numbers_that_are_right(network: Network) -> None:
    """Untouched by the swap, or equal in spite of it."""
    assert_printed(slope(network.y[0]), "0.221")
    network.error.zero_grad()
    network.a2[0].backward()
    assert_printed(network.z[0].grad, "0.4")  # dy1(input)/dz1(output)
    network.error.zero_grad()
    network.a[0].backward()
    assert_printed(network.w[1][1, 1].grad, "0.12")  # dz1(input)/dw11(1)


def test_erratum_0_00075_is_cut_not_rounded() -> None:
    product = (Value(0.12) * 0.2439 * 0.0259).data
    assert_printed(product, "0.000758")
    assert_not_printed(product, "0.00075")
    assert math.floor(product * 1e5) / 1e5 == pytest.approx(0.00075, abs=1e-12)


def test_erratum_the_printed_product_is_the_gradient_of_another_weight(swapped: Network) -> None:
    """In the swapped network 0.4 and 0.45 lead from the neuron that w12(1) feeds."""
    assert_printed(swapped.z[1].grad, "0.0260")  # 0.0259 on the slide, from rounded factors
    assert_printed(slope(swapped.z[1]), "0.2439")
    assert swapped.w[1][1, 2].grad == pytest.approx(0.12 * 0.2439 * 0.0259, rel=0.01)
    assert swapped.w[1][1, 1].grad != pytest.approx(0.12 * 0.2439 * 0.0259, rel=0.2)


def test_erratum_adding_the_gradient_climbs(network: Network) -> None:
    assert_printed(network.error.data, "0.191088")
    assert_printed(network.moved(+ETA).error.data, "0.206549")
    assert_printed(network.moved(-ETA).error.data, "0.175838")


def test_erratum_dy2_input_by_dz2_is_meant_by_dz1(network: Network) -> None:
    """The slide's 0.45 is w12(2), which leads from z1; from z2 leads 0.55."""
    network.error.zero_grad()
    network.a2[1].backward()
    assert [z.grad for z in network.z] == [0.45, 0.55]


def test_erratum_dy1_output_by_dw11_is_meant_by_dy1_input(network: Network) -> None:
    """With the printed factor the slope of the sigmoid counts twice."""
    w11, y1 = network.w[2][1, 1], network.y[0]
    gradient = w11.grad
    network.error.zero_grad()
    y1.backward()
    dy1_dw11, slope_y1 = w11.grad, slope(y1)
    network.error.zero_grad()
    network.error.backward()
    assert dy1_dw11 * slope_y1 * y1.grad == pytest.approx(gradient * slope_y1)
    assert dy1_dw11 * y1.grad == pytest.approx(gradient)


def last_chain(network: Network) -> float:
    """dz1(input)/dw11(1) * dz1(output)/dz1(input) * dy1(output)/dy1(input) * dE/dy1(output)."""
    return X[0] * slope(network.z[0]) * slope(network.y[0]) * network.y[0].grad


def test_erratum_the_last_chain_leaves_out_a_factor_and_a_path(network: Network) -> None:
    shared = X[0] * slope(network.z[0])
    through_y1 = shared * 0.4 * slope(network.y[0]) * network.y[0].grad
    through_y2 = shared * 0.45 * slope(network.y[1]) * network.y[1].grad
    assert_printed(last_chain(network), "0.003751")
    assert_printed(through_y1, "0.001500")
    assert_printed(through_y1 + through_y2, "0.000779")
    assert through_y1 + through_y2 == pytest.approx(network.w[1][1, 1].grad, rel=1e-14)


def right_numbers() -> dict[str, float]:
    """What the slides should print, by Values: the network put right, and descended on."""
    network = Network()
    (y1, y2), (z1, _) = network.y, network.z
    w11 = {layer: network.w[layer][1, 1] for layer in (1, 2)}
    new = network.moved(-ETA)
    return {
        "a1(2)": network.a2[0].data,
        "a2(2)": network.a2[1].data,
        "y1": y1.data,
        "y2": y2.data,
        "dE/dy1(output)": y1.grad,
        "dE/dy2(output)": y2.grad,
        "dy2(output)/dy2(input)": slope(y2),
        "dy1(input)/dw11(2)": z1.data,
        "dE/dw11(2)": w11[2].grad,
        "new w11(2)": new.w[2][1, 1].data,
        "dE_y1/dz1(output)": w11[2].data * slope(y1) * y1.grad,
        "dE_y2/dz1(output)": network.w[2][1, 2].data * slope(y2) * y2.grad,
        "dE/dz1(output)": z1.grad,
        "dz1(output)/dz1(input)": slope(z1),
        "dE/dw11(1)": w11[1].grad,
        "the product 0.12 * 0.2439 * 0.0259": 0.12 * 0.2439 * 0.0259,
        "new w11(1)": new.w[1][1, 1].data,
    }


HERE = [e for e in errata_of("001") if e.slide in (FORWARDING, BACKWARDING) and e.is_number]


def test_every_erratum_here_has_its_proof() -> None:
    assert {erratum.quantity for erratum in HERE} == set(right_numbers())


@pytest.mark.parametrize("erratum", HERE, ids=lambda e: f"{e.slide}: {e.quantity}")
def test_erratum(erratum: Erratum) -> None:
    number = right_numbers()[erratum.quantity]
    assert_printed(number, erratum.right)
    assert_not_printed(number, erratum.printed)
