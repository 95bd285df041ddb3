"""Losses: by hand, at the extremes of float, and what they refuse."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, gradcheck
from nn.losses import (
    batch_mean,
    binary_cross_entropy_with_logits,
    cross_entropy,
    half_squared_error,
    hinge,
    l2_penalty,
    mean_squared_error,
    squared_error,
)

any_finite = st.floats(allow_nan=False, allow_infinity=False)
# Two logits further apart than the largest float have a loss that no float holds.
not_too_far_apart = st.floats(min_value=-8e307, max_value=8e307)


def values(*numbers: float) -> list[Value]:
    return [Value(number) for number in numbers]


@pytest.mark.parametrize(
    ("loss", "by_hand"), [(squared_error, 9.25), (half_squared_error, 4.625), (mean_squared_error, 4.625)]
)
@pytest.mark.parametrize("as_array", [False, True])
def test_squared_errors(loss: Callable[..., Value], by_hand: float, as_array: bool) -> None:
    """(2 - 1.5)**2 + (1 - 4)**2 = 0.25 + 9; the derivatives are 2 (y - t), and half of that."""
    prediction, scale = values(1.5, 4.0), by_hand / 9.25
    target = np.array([2, 1]) if as_array else [2, 1]
    out = loss(np.array(prediction, dtype=object) if as_array else prediction, target)
    out.backward()
    assert out.data == by_hand
    assert [y.grad for y in prediction] == [-1.0 * scale, 6.0 * scale]


def test_one_prediction_needs_no_list() -> None:
    assert squared_error(Value(3.0), 1.0).data == squared_error([Value(3.0)], np.array([1])).data == 4.0
    assert squared_error(Value(3.0), np.int64(1)).data == mean_squared_error(Value(3.0), [1]).data == 4.0


@pytest.mark.parametrize(
    ("target", "t"),
    [(0, 0), (1, 1), (0.25, 0.25), (True, 1), (np.float64(0.25), 0.25), ([1], 1), (Value(0.5), 0.5)],
)
def test_binary_cross_entropy_is_its_definition(target: Any, t: float) -> None:
    z, p = Value(0.7), 1 / (1 + math.exp(-0.7))
    loss = binary_cross_entropy_with_logits(z, target)
    loss.backward()
    assert loss.data == pytest.approx(-t * math.log(p) - (1 - t) * math.log(1 - p), rel=1e-14)
    assert z.grad == pytest.approx(p - t, rel=1e-14)


@given(any_finite, st.floats(0, 1))
def test_binary_cross_entropy_is_finite_at_any_float(z: float, t: float) -> None:
    logit = Value(z)
    loss = binary_cross_entropy_with_logits(logit, t)
    loss.backward()
    assert math.isfinite(loss.data)
    assert loss.data >= 0
    assert -1 <= logit.grad <= 1


def test_cross_entropy_is_its_definition() -> None:
    """-log softmax, for a class and for probabilities, with p - t for derivatives."""
    numbers, t = [0.5, -1.0, 2.0], [0.2, 0.5, 0.3]
    exponentials = np.exp(numbers)
    p = exponentials / exponentials.sum()
    for target, expected, hot in (
        (1, -math.log(p[1]), [0, 1, 0]),
        (np.int64(2), -math.log(p[2]), [0, 0, 1]),
        ([1, 0, 0], -math.log(p[0]), [1, 0, 0]),
        (np.array(t), -float(np.dot(t, np.log(p))), t),
        (values(*t), -float(np.dot(t, np.log(p))), t),
    ):
        logits = values(*numbers)
        loss = cross_entropy(logits, target)
        loss.backward()
        assert loss.data == pytest.approx(expected, rel=1e-14)
        assert [z.grad for z in logits] == pytest.approx(p - hot, rel=1e-13)


@given(st.lists(not_too_far_apart, min_size=1, max_size=5), st.data())
def test_cross_entropy_is_finite_at_any_float(numbers: list[float], data: st.DataObject) -> None:
    chosen = data.draw(st.integers(0, len(numbers) - 1))
    one_hot = [float(i == chosen) for i in range(len(numbers))]
    for target in (chosen, one_hot):
        logits = values(*numbers)
        loss = cross_entropy(logits, target)
        loss.backward()
        assert math.isfinite(loss.data)
        assert loss.data >= 0
        assert all(-1 <= z.grad <= 1 for z in logits)
        assert math.fsum(z.grad for z in logits) == pytest.approx(0, abs=1e-12)


def test_cross_entropy_keeps_its_digits_far_from_zero() -> None:
    near, far = values(0.0, 1.0), values(1e6, 1e6 + 1)
    assert cross_entropy(far, 0).data == cross_entropy(near, 0).data


@pytest.mark.parametrize(
    ("logits", "target", "expected", "slopes"),
    [
        ([0.0, -math.inf, 0.0], 0, math.log(2), [-0.5, 0.0, 0.5]),  # a class that is ruled out
        ([0.0, -math.inf, 0.0], [1, 0, 0], math.log(2), [-0.5, 0.0, 0.5]),
        ([-math.inf, 0.0], 0, math.inf, None),  # and is the one
        ([-math.inf, 0.0], [1, 0], math.inf, None),
        ([math.inf, 0.0], 0, 0.0, [0.0, 0.0]),
        ([math.inf, 0.0], [1, 0], 0.0, [0.0, 0.0]),
        ([3.0], 0, 0.0, [0.0]),
    ],
)
@pytest.mark.parametrize("as_values", [False, True])
def test_cross_entropy_of_infinite_logits(
    logits: list[float], target: Any, expected: float, slopes: list[float] | None, as_values: bool
) -> None:
    z = values(*logits)
    loss = cross_entropy(z, values(*target) if as_values and isinstance(target, list) else target)
    loss.backward()
    assert loss.data == pytest.approx(expected, rel=1e-15)
    assert slopes is None or [each.grad for each in z] == slopes


EXTREME_LOGITS = [
    [0.5, -1.0, 2.0], [3.0], [1e6, 1e6 + 1], [1000.0, 1000.0, -1000.0], [-800.0, 800.0], [8e307, -8e307],
    [0.0, -math.inf, 0.0], [-math.inf, 0.0], [math.inf, 0.0], [math.inf, math.inf], [math.nan, 0.0],
    [-math.inf, -math.inf, 3.0], [5e-324, -0.0], [math.inf], [-math.inf],
]  # fmt: skip


def assert_as_of_a_class(numbers: list[float], chosen: int) -> None:
    """An index that is a Value gives the loss and the slopes of the plain int."""
    expected, logits, index = values(*numbers), values(*numbers), Value(chosen)
    of_int, of_value = cross_entropy(expected, chosen), cross_entropy(logits, index)
    of_int.backward()
    of_value.backward()
    assert of_value.data == pytest.approx(of_int.data, rel=1e-15, abs=0, nan_ok=True)
    slopes = [z.grad for z in expected]
    assert [z.grad for z in logits] == pytest.approx(slopes, rel=1e-14, abs=0, nan_ok=True)
    assert index.grad == 0.0


@pytest.mark.parametrize("numbers", EXTREME_LOGITS, ids=repr)
def test_cross_entropy_of_an_index_that_is_a_value(numbers: list[float]) -> None:
    for chosen in range(len(numbers)):
        assert_as_of_a_class(numbers, chosen)


@given(st.lists(not_too_far_apart, min_size=1, max_size=5), st.data())
def test_cross_entropy_of_a_value_at_any_float(numbers: list[float], data: st.DataObject) -> None:
    assert_as_of_a_class(numbers, data.draw(st.integers(0, len(numbers) - 1)))


@pytest.mark.parametrize("numbers", [[0.5, -1.0, 2.0], [1000.0, 1000.0, -1000.0], [-700.0, 800.0], [3.0]])
def test_cross_entropy_of_a_value_is_pytorchs(numbers: list[float]) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    for chosen in range(len(numbers)):
        logits, theirs = values(*numbers), torch.tensor(numbers, dtype=torch.float64, requires_grad=True)
        loss = cross_entropy(logits, Value(chosen))
        their_loss = torch.nn.functional.cross_entropy(theirs, torch.tensor(chosen))
        loss.backward()
        their_loss.backward()
        assert loss.data == pytest.approx(their_loss.item(), rel=1e-14)
        assert [z.grad for z in logits] == pytest.approx(theirs.grad.tolist(), rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("classes", [1, 2, 3])
@pytest.mark.parametrize("index", [3.0, -1.0, 0.5, math.nan, math.inf])
def test_cross_entropy_of_a_value_that_is_no_class_is_nan(classes: int, index: float) -> None:
    assert math.isnan(cross_entropy(values(*[1.0] * classes), Value(index)).data)


@pytest.mark.parametrize("t", [1, Value(1.0)])
def test_binary_cross_entropy_at_infinity(t: Any) -> None:
    z = Value(math.inf)
    loss = binary_cross_entropy_with_logits(z, t)
    loss.backward()
    assert (loss.data, z.grad) == (0.0, 0.0)
    assert binary_cross_entropy_with_logits(Value(-math.inf), t).data == math.inf


@pytest.mark.parametrize(
    ("score", "label", "loss", "slope"), [(0.25, 1, 0.75, -1), (2, -1, 3, 1), (2, 1, 0, 0)]
)
def test_hinge(score: float, label: int, loss: float, slope: float) -> None:
    s = Value(score)
    out = hinge(s, label)
    out.backward()
    assert (out.data, s.grad) == (loss, slope)


def test_l2_penalty() -> None:
    parameters = values(1.0, -2.0, 3.0)
    penalty = l2_penalty(iter(parameters), 0.5)
    penalty.backward()
    assert penalty.data == 7.0
    assert [w.grad for w in parameters] == [1.0, -2.0, 3.0]


def test_batch_mean() -> None:
    predictions = values(1.0, 2.0, 4.0)
    mean = batch_mean(squared_error, predictions, np.array([0.0, 0.0, 2.0]))
    mean.backward()
    assert mean.data == 3.0
    assert [y.grad for y in predictions] == pytest.approx([2 / 3, 4 / 3, 4 / 3])


@pytest.mark.parametrize(
    "loss",
    [
        lambda a, b: squared_error([a, b], [1, 0]),
        lambda a, b: binary_cross_entropy_with_logits(a - b, 0.25),
        lambda a, b: cross_entropy([a, b], 1),
        lambda a, b: cross_entropy([a, b], [0.5, 0.5]),
        lambda a, b: cross_entropy([a, b, a * b], Value(2.0)),
        lambda a, b: hinge(a, -1) + l2_penalty([b], 2.0),
    ],
)
def test_gradients_are_slopes(loss: Callable[..., Value]) -> None:
    gradcheck(loss, [0.3, -1.2])


@pytest.mark.parametrize(
    ("wrong", "kind", "says"),
    [
        (lambda y: squared_error([y, y], [1]), ValueError, r"2 prediction\(s\) and 1 target\(s\)"),
        (lambda y: squared_error([], []), ValueError, "at least one"),
        (lambda y: squared_error(y, [1, 2]), ValueError, r"1 prediction\(s\) and 2 target\(s\)"),
        (lambda y: squared_error(y, "1"), TypeError, "squared_error: target .* got '1' of type str"),
        (lambda y: squared_error([[y], [y]], [1, 2]), TypeError, "prediction .* of type list"),
        (lambda y: binary_cross_entropy_with_logits(y, -1), ValueError, "from 0 to 1, got -1"),
        (lambda y: binary_cross_entropy_with_logits(y, math.nan), ValueError, "from 0 to 1, got nan"),
        (
            lambda y: binary_cross_entropy_with_logits([y, y], 1),
            ValueError,
            "logit must be one number, got 2",
        ),
        (lambda y: cross_entropy([y, y], 2), ValueError, "a class from 0 to 1, one per logit, got 2"),
        (lambda y: cross_entropy([y, y], -1), ValueError, "got -1"),
        (lambda y: cross_entropy([y, y], 1.0), TypeError, "the index of a class.* got 1.0 of type float"),
        (lambda y: cross_entropy([y, y], True), TypeError, "got True of type bool"),
        (lambda y: cross_entropy([y, y], [1, 0, 0]), ValueError, r"each of 2 logit\(s\), got 3"),
        (lambda y: cross_entropy([y, y], [1, 1]), ValueError, "add up to 1, got 1, 1"),
        (lambda y: cross_entropy([y, y], [2, -1]), ValueError, "at least 0"),
        (lambda y: cross_entropy([y, y], [math.nan, 1]), ValueError, "add up to 1, got nan"),
        (lambda y: cross_entropy([], 0), ValueError, "at least one logit"),
        (lambda y: hinge(y, 0), ValueError, "label must be -1 or 1, got 0"),
        (lambda y: hinge([y, y], 1), ValueError, "score must be one number, got 2"),
        (lambda y: l2_penalty([], 1.0), ValueError, "at least one parameter"),
        (lambda y: l2_penalty(["w"], 1.0), TypeError, "l2_penalty: parameters .* got 'w'"),  # type: ignore[list-item]
        (lambda y: batch_mean(hinge, [y], [1, 1]), ValueError, r"1 prediction\(s\) and 2 target\(s\)"),
        (lambda y: batch_mean(hinge, [], []), ValueError, "at least one"),
    ],
)
def test_refuses(wrong: Callable[[Value], Any], kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        wrong(Value(0.5))
