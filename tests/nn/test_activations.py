"""Activation functions: their tables, their gradients, the ends of the float range."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, array, data_of, gradcheck, summation
from nn import (
    Layer,
    Swish,
    activations,
    identity,
    leaky_relu,
    log_softmax,
    relu,
    selu,
    sigmoid,
    softmax,
    step,
    tanh,
)

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed")
functional: Any = torch.nn.functional

Function = Callable[[Any], Any]

#: Ours and PyTorch's.
ELEMENTWISE: dict[str, tuple[Function, Function]] = {
    "identity": (identity, lambda x: x * 1),
    "step": (step, lambda x: torch.heaviside(x, torch.ones_like(x)) + 0 * x),
    "sigmoid": (sigmoid, torch.sigmoid),
    "tanh": (tanh, torch.tanh),
    "relu": (relu, torch.relu),
    "leaky_relu": (leaky_relu, functional.leaky_relu),
    "selu": (selu, functional.selu),
    "swish": (Swish(), functional.silu),
}
every_function = pytest.mark.parametrize(("ours", "its"), ELEMENTWISE.values(), ids=ELEMENTWISE.keys())

NUMBERS = [0.0, 0.3, -0.3, 2.0, -2.0, 1e-9, -40.0, 40.0, 709.0, 800.0, -800.0, 1e300, -1e300]
finite = st.floats(allow_nan=False, allow_infinity=False)


def is_step(function: Function) -> bool:
    return function is step


@every_function
def test_outputs_and_slopes_are_pytorchs(ours: Function, its: Function) -> None:
    """At 0 too, and where exp would overflow."""
    for number in NUMBERS:
        x = Value(number)
        y = ours(x)
        y.backward()
        t = torch.tensor(number, dtype=torch.float64, requires_grad=True)
        if is_step(ours):
            expected, slope = float(number >= 0), 0.0
        else:
            out = its(t)
            out.backward()
            expected, slope = out.item(), t.grad.item()
        assert y.data == pytest.approx(expected, rel=1e-12, abs=1e-15), number
        assert x.grad == pytest.approx(slope, rel=1e-12, abs=1e-15), number


@every_function
def test_on_a_value_a_list_an_array_and_a_number(ours: Function, its: Function) -> None:
    numbers = [-1.5, 0.0, 2.0]
    expected = [ours(Value(number)).data for number in numbers]
    matrix = ours(array([numbers, numbers]))
    assert data_of(ours([Value(number) for number in numbers])).tolist() == expected
    assert data_of(matrix).tolist() == [expected, expected]
    assert data_of([ours(number) for number in numbers]).tolist() == expected
    assert data_of(ours(numbers)).tolist() == expected
    assert data_of(ours(np.array(numbers))).tolist() == expected


def test_selu_keeps_mean_0_and_variance_1() -> None:
    """The fixed point of its paper: of a standard normal x, selu(x) has mean 0 and variance 1."""
    points, weights = np.polynomial.hermite_e.hermegauss(200)
    y = data_of(selu(points))
    weights = weights / weights.sum()
    assert abs(weights @ y) < 1e-3
    assert abs(weights @ y**2 - 1) < 1e-3


@given(finite)
def test_selu_is_finite_with_a_finite_slope(number: float) -> None:
    x = Value(number)
    y = selu(x)
    y.backward()
    assert math.isfinite(x.grad)
    assert math.isfinite(y.data) or abs(number) > 1e307


@pytest.mark.parametrize(
    ("function", "at_minus_infinity", "at_infinity"),
    [
        (sigmoid, 0.0, 1.0),
        (tanh, -1.0, 1.0),
        (relu, 0.0, math.inf),
        (leaky_relu, -math.inf, math.inf),
        (selu, -1.7580993408473766, math.inf),
        (Swish(), 0.0, math.inf),
        (step, 0.0, 1.0),
    ],
)
def test_limits(function: Function, at_minus_infinity: float, at_infinity: float) -> None:
    low, high = Value(-math.inf), Value(math.inf)
    out = function(low)
    out.backward()
    assert out.data == pytest.approx(at_minus_infinity, rel=1e-15)
    assert low.grad == (0.01 if function is leaky_relu else 0.0)
    assert function(high).data == at_infinity
    assert math.isnan(function(Value(math.nan)).data)


def test_a_logit_of_minus_infinity_is_ruled_out() -> None:
    z = [Value(0.0), Value(-math.inf), Value(0.0)]
    p = softmax(z)
    assert [each.data for each in p] == [0.5, 0.0, 0.5]
    p[0].backward()
    assert [each.grad for each in z] == [0.25, 0.0, -0.25]
    assert log_softmax(z)[1].data == -math.inf
    assert all(math.isnan(each.data) for each in softmax([Value(-math.inf), Value(-math.inf)]))


def test_swish_learns_its_beta() -> None:
    swish, x = Swish(0.7), Value(-1.3)
    assert swish(x).data == pytest.approx(-1.3 / (1 + math.exp(0.7 * 1.3)), rel=1e-14)
    assert gradcheck(swish(x)).ok
    assert [p.label for p in swish.parameters()] == ["beta"]
    assert Swish(0.0)(3.0).data == 1.5
    with pytest.raises(TypeError, match="got 'one'"):
        Swish("one")  # type: ignore[arg-type]


# -- softmax ------------------------------------------------------------------------------------


@pytest.mark.parametrize("z", [[0.0], [1.0, 2.0, 3.0], [-1.0, 0.5, 0.5, 4.0], [1000.0, 999.0, -1000.0]])
def test_softmax_and_its_log_are_pytorchs(z: list[float]) -> None:
    upstream = np.arange(1.0, len(z) + 1)
    for ours, its in ((softmax, torch.softmax), (log_softmax, torch.log_softmax)):
        x = [Value(number) for number in z]
        y = ours(x)
        assert isinstance(y, list)
        summation(*[u * each for u, each in zip(upstream, y, strict=True)]).backward()
        t = torch.tensor(z, dtype=torch.float64, requires_grad=True)
        out = its(t, 0)
        (out @ torch.tensor(upstream)).backward()
        assert [each.data for each in y] == pytest.approx(out.tolist(), rel=1e-12)
        assert [each.grad for each in x] == pytest.approx(t.grad.tolist(), rel=1e-9, abs=1e-12)


@given(st.lists(finite, min_size=1, max_size=5))
def test_softmax_of_any_floats_is_a_distribution(z: list[float]) -> None:
    x = [Value(number) for number in z]
    p = softmax(x)
    assert sum(each.data for each in p) == pytest.approx(1.0, rel=1e-12)
    assert all(0 <= each.data <= 1 for each in p)
    p[0].backward()
    assert all(math.isfinite(each.grad) for each in x)
    assert max(each.data for each in log_softmax(x)) <= 0


def test_softmax_takes_arrays_and_numbers_and_ends_a_model() -> None:
    expected = [1 / (1 + math.e), math.e / (1 + math.e)]
    taken: list[Any] = [np.array([1.0, 2.0]), (1, 2), array([1.0, 2.0]), [Value(1.0), 2.0]]
    for z in taken:
        assert data_of(softmax(z)).tolist() == pytest.approx(expected, rel=1e-15)
        assert data_of(log_softmax(z)).tolist() == pytest.approx(np.log(expected).tolist(), rel=1e-15)
    assert sum(each.data for each in softmax(Layer(2, 3)([1.0, 2.0]))) == pytest.approx(1.0)


@pytest.mark.parametrize("function", [softmax, log_softmax])
@pytest.mark.parametrize(
    ("z", "kind", "says"),
    [
        ([], ValueError, "takes at least one number, got none"),
        (1.0, TypeError, "takes a list or an array, got 1.0 of type float"),
        (Value(1.0), TypeError, "takes a list or an array, got Value"),
        (np.ones((2, 2)), TypeError, r"got \[1\.0, 1\.0\] of type list"),
        (["1"], TypeError, "got '1' of type str"),
    ],
)
def test_softmax_refuses(function: Function, z: Any, kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=f"^{function.__name__} .*{says}"):
        function(z)


def test_every_public_name_is_there() -> None:
    assert all(callable(getattr(activations, name)) for name in activations.__all__)
