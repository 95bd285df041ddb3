"""Lecture 001: its toy example, neuron, softmax table and XOR, as printed and as they are right."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise

import pytest

from autograd import Gate, Value, gates
from tests.lectures.errata import ACTIVATION, NEURON, SOFTMAX, TOY, Erratum, errata_of
from tests.lectures.printed import assert_all_printed, assert_not_printed, assert_printed

OUTPUTS = (-5.0, -1.0, 1.0, 5.0)


# -- Role of hidden layers: a simple example ----------------------------------------------------

CORNERS = [(1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)]  # in the order of the printed table


def line(x: tuple[float, float], w1: float, w2: float, w0: float) -> Value:
    """step(w2 x2 + w1 x1 + w0): on which side of a line x lies."""
    return (w2 * Value(x[1]) + w1 * Value(x[0]) + w0).step()


def test_role_of_hidden_layers_two_lines_and_their_and_make_xor() -> None:
    nand = [line(x, -1, -1, 1.5) for x in CORNERS]
    either = [line(x, 1, 1, -0.5) for x in CORNERS]
    both = [(z1 + z2 - 1.5).step() for z1, z2 in zip(nand, either, strict=True)]
    assert [z.data for z in nand] == [0, 1, 1, 1]
    assert [z.data for z in either] == [1, 1, 1, 0]
    assert [z.data for z in both] == [0, 1, 1, 0]


# -- A neural network model: activation function ------------------------------------------------

Function = Callable[[float], float]
TABLE = [
    pytest.param(gates.step, lambda x: float(x >= 0), lambda x: 0.0, id="Binary step"),
    pytest.param(
        gates.sigmoid,
        lambda x: 1 / (1 + math.exp(-x)),
        lambda x: 1 / (1 + math.exp(-x)) * (1 - 1 / (1 + math.exp(-x))),
        id="Logistic",
    ),
    pytest.param(
        gates.tanh,
        lambda x: (math.exp(x) - math.exp(-x)) / (math.exp(x) + math.exp(-x)),
        lambda x: 1 - math.tanh(x) ** 2,
        id="TanH",
    ),
    pytest.param(gates.relu, lambda x: x if x >= 0 else 0.0, lambda x: float(x >= 0), id="ReLU"),
    pytest.param(
        gates.leaky_relu,
        lambda x: x if x >= 0 else 0.01 * x,
        lambda x: 1.0 if x >= 0 else 0.01,
        id="Leaky ReLU",
    ),
]


@pytest.mark.parametrize(("gate", "f", "slope"), TABLE)
def test_activation_function_table(gate: Gate, f: Function, slope: Function) -> None:
    for number in (-3.0, -0.5, 0.25, 2.0):
        x = Value(number)
        y = gate(x)
        y.backward()
        assert y.data == pytest.approx(f(number), rel=1e-14)
        assert x.grad == pytest.approx(slope(number), rel=1e-13)


def test_binary_step_at_zero_is_one_as_printed() -> None:
    assert Value(0.0).step().data == 1.0


# -- A neural network model: cross entropy with softmax -----------------------------------------


def normalised_sigmoids() -> list[float]:
    sigmoids = [Value(x).sigmoid() for x in OUTPUTS]
    total = gates.summation(*sigmoids)
    return [(s / total).data for s in sigmoids]


def softmax() -> list[Value]:
    exponentials = [Value(x).exp() for x in OUTPUTS]
    total = gates.summation(*exponentials)
    return [e / total for e in exponentials]


def test_cross_entropy_with_softmax_sigmoid_column() -> None:
    assert_all_printed([Value(x).sigmoid().data for x in OUTPUTS], "0.00669 0.26894 0.73106 0.99331")


def test_cross_entropy_with_softmax_normalization_column() -> None:
    assert_all_printed(normalised_sigmoids()[1:3], "0.13447 0.36553")
    assert sum(normalised_sigmoids()) == pytest.approx(1.0, abs=1e-15)


def test_cross_entropy_with_softmax_softmax_column() -> None:
    assert_all_printed([p.data for p in softmax()], "0.00004 0.00243 0.01794 0.97959")


@pytest.mark.parametrize(("rounded", "printed"), [("0.00669", "0.00334"), ("0.99331", "0.49666")])
def test_erratum_normalised_sigmoids_come_from_rounded_ones(rounded: str, printed: str) -> None:
    """Half of the rounded sigmoid lies between two last digits, and the slide took the even one."""
    half = (Decimal(rounded) / 2).quantize(Decimal("0.00001"), ROUND_HALF_EVEN)
    assert str(half) == printed


def test_erratum_cross_entropy_comes_from_the_rounded_softmax() -> None:
    assert_printed((-Value(0.97959).log()).data, "0.020621")


# -- Backpropagation: a toy example -------------------------------------------------------------


class Toy:
    """f = g + b, g = w x, with x = 5; the error (3 - f)^2 / 2 towards the target 3."""

    def __init__(self, w: float = -2.0, b: float = 3.0) -> None:
        self.w, self.b = Value(w, "w"), Value(b, "b")
        self.f = self.w * 5 + self.b
        self.error = (3 - self.f) ** 2 / 2


def test_toy_example_as_printed() -> None:
    toy = Toy()
    toy.f.backward()
    assert_all_printed([toy.f.data, toy.w.grad, toy.b.grad], "-7 5 1")
    assert_all_printed([-2 + 0.1 * toy.w.grad, 3 + 0.1 * toy.b.grad], "-1.5 3.1")


def test_erratum_toy_update_climbs_f_and_ignores_the_target() -> None:
    assert_printed(Toy(-1.5, 3.1).f.data, "-4.4")
    # The printed rule never looks at the target: on the far side of 3 it moves f further away.
    above = Toy(1.0, 3.0)
    above.f.backward()
    moved = Toy(1.0 + 0.1 * above.w.grad, 3.0 + 0.1 * above.b.grad)
    assert moved.error.data > above.error.data


@pytest.mark.parametrize(("eta", "f_after"), [(0.01, "-4.4"), (1 / 26, "3"), (0.1, "19")])
def test_toy_example_by_descent(eta: float, f_after: str) -> None:
    """A step multiplies 3 - f by 1 - 26 eta: the rate 0.1 of the slide overshoots, 1/26 hits 3."""
    toy = Toy()
    toy.error.backward()
    after = Toy(-2 - eta * toy.w.grad, 3 - eta * toy.b.grad)
    assert_printed(after.f.data, f_after)
    assert 3 - after.f.data == pytest.approx((1 - 26 * eta) * (3 - toy.f.data), abs=1e-12)


# -- Backpropagation in a neuron ----------------------------------------------------------------

Z = (0.5, -1.5, 2.0)
W = (0.3, -0.2, 0.4)


def neuron(targets: tuple[float, ...]) -> tuple[list[Value], Value, Value, Value]:
    """The weights, a = w1 z1 + w2 z2 + w3 z3, sigma(a) and E = 1/2 sum (t - sigma(a))^2."""
    weights = [Value(w) for w in W]
    a = weights[0] * Z[0] + weights[1] * Z[1] + weights[2] * Z[2]
    output = a.sigmoid()
    error = 0.5 * gates.summation(*[(t - output) ** 2 for t in targets])
    error.backward()
    return weights, a, output, error


def test_backpropagation_in_a_neuron() -> None:
    weights, a, output, error = neuron((1.0,))
    sigma = 1 / (1 + math.exp(-1.25))  # a = 0.15 + 0.3 + 0.8
    assert a.data == pytest.approx(1.25)
    assert output.data == pytest.approx(sigma)
    assert error.data == pytest.approx(0.5 * (1 - sigma) ** 2)
    assert output.grad == pytest.approx(-(1 - sigma))
    assert output.local_backward(1.0)[0] == pytest.approx(sigma * (1 - sigma))
    for weight, z in zip(weights, Z, strict=True):
        assert weight.grad == pytest.approx(-(1 - sigma) * sigma * (1 - sigma) * z)


def test_erratum_the_sum_is_dropped_in_the_derivative() -> None:
    targets = (1.0, 0.25)
    _, _, output, _ = neuron(targets)
    printed = [-(t - output.data) for t in targets]
    assert output.grad == pytest.approx(sum(printed))
    assert output.grad not in [pytest.approx(p) for p in printed]


# -- Vanishing gradient problem -----------------------------------------------------------------


def test_vanishing_gradient_problem() -> None:
    """A sigmoid's slope is at most 1/4, so each layer more divides the gradient by 4 at least."""
    assert 0 < Value(10.0).sigmoid().local_backward(1.0)[0] < 5e-5
    x = Value(0.0)
    y = x
    gradients = []
    for _ in range(10):
        y = y.sigmoid()
        x.grad = 0.0
        y.backward()
        gradients.append(x.grad)
    assert gradients[0] == 0.25
    assert all(0 < deeper <= shallower / 4 for shallower, deeper in pairwise(gradients))


# -- The errata of these slides -----------------------------------------------------------------


def right_numbers() -> dict[str, float]:
    """What the slides should print, by Values."""
    kink = Value(0.0)
    kink.relu().backward()
    toy = Toy()
    toy.error.backward()
    return {
        "relu'(0)": kink.grad,
        "normalised sigmoid 1": normalised_sigmoids()[0],
        "normalised sigmoid 4": normalised_sigmoids()[3],
        "cross-entropy": (-softmax()[3].log()).data,
        "gradient for w": toy.w.grad,
        "gradient for b": toy.b.grad,
    }


HERE = [e for e in errata_of("001") if e.slide in (ACTIVATION, SOFTMAX, TOY, NEURON) and e.is_number]


def test_every_erratum_here_has_its_proof() -> None:
    assert {erratum.quantity for erratum in HERE} == set(right_numbers())


@pytest.mark.parametrize("erratum", HERE, ids=lambda e: f"{e.slide}: {e.quantity}")
def test_erratum(erratum: Erratum) -> None:
    number = right_numbers()[erratum.quantity]
    assert_printed(number, erratum.right)
    assert_not_printed(number, erratum.printed)
