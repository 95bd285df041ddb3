"""Where the first inf or nan comes from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from autograd import Value, array, find_nonfinite, log, sqrt, tanh
from tests.check.graphs import network


def test_all_finite() -> None:
    assert find_nonfinite(network(tanh)) is None


def test_the_first_gate_that_makes_one() -> None:
    x = Value(0.0, "x")
    h = x.log()
    h.label = "h"
    found = find_nonfinite((h * 0).exp() + h)
    assert found is not None
    assert (found.node, found.where) == (h, "value")
    assert str(found) == "gate log of h gives -inf; its inputs: x = 0"


def test_its_inputs_are_named_and_plain_numbers_shown() -> None:
    found = find_nonfinite(Value(1.0, "x") / 0 + 1)
    assert str(found) == "gate div of v1 gives inf; its inputs: x = 1, 0"


def test_a_leaf_that_is_not_finite() -> None:
    q = Value(math.nan, "q")
    found = find_nonfinite(Value(2.0, "x") * (q + 1))
    assert found is not None
    assert (found.node, found.where) == (q, "leaf")
    assert str(found) == "leaf q is nan"


def test_a_gradient_that_is_not_finite() -> None:
    x = Value(0.0, "x")
    h = x.sqrt()
    found = find_nonfinite(3 * h)
    assert found is not None
    assert (found.node, found.where) == (h, "gradient")
    assert str(found) == (
        "gate sqrt of v1 hands inf back to x, from an upstream gradient of 3; its inputs: x = 0"
    )


def test_contributions_that_add_up_to_infinity() -> None:
    x = Value(1e-200, "x")
    found = find_nonfinite(x * 1.5e308 + x * 1.5e308)
    assert found is not None
    assert (found.node, found.where) == (x, "gradient")
    assert str(found) == "the contributions to the gradient of x add up to inf"


def test_a_gradient_that_goes_to_a_plain_number_is_nobody_s() -> None:
    assert find_nonfinite(Value(-2.0, "x") ** 3) is None  # d/d(exponent) is nan


def test_the_first_over_an_array() -> None:
    x = array([1.0, 0.0, -1.0], label="x")
    found = find_nonfinite(log(x))
    assert found is not None
    assert found.node.gate is log
    assert str(found) == "gate log of v2 gives -inf; its inputs: x[1] = 0"
    assert find_nonfinite(log(x[:1])) is None
    assert str(find_nonfinite([x[0], 2.0, x[1].log()])) == "gate log of v2 gives -inf; its inputs: x[1] = 0"
    assert str(find_nonfinite([[x[0]], [math.inf]])) == "leaf v1 is inf"
    W, b = array([[1.0, 2.0]], label="W"), array([3.0, math.nan], label="b")
    assert str(find_nonfinite([W, (b, 2.0), np.array(W[0, 0], dtype=object)])) == "leaf b[1] is nan"
    with pytest.raises(TypeError, match="got 'a' of type str"):
        find_nonfinite([x[0], "a"])


def test_the_gradients_of_several_are_those_of_their_sum() -> None:
    x = array([1.0, 0.0], label="x")
    found = find_nonfinite(sqrt(x))
    assert found is not None
    assert (found.where, found.node.data) == ("gradient", 0.0)
    assert "hands inf back to x[1], from an upstream gradient of 1" in str(found)
    assert find_nonfinite([Value(1e308), Value(1e308)]) is None  # nobody has added them up
    assert find_nonfinite([x[0]] * 3) is None


@pytest.mark.parametrize("target", [3.0, [], [1.0, 2.0], "x", None, lambda x: x])
def test_what_holds_no_value_is_refused(target: Any) -> None:
    with pytest.raises(TypeError, match="find_nonfinite takes a Value, or a list or an array of them, got "):
        find_nonfinite(target)
