"""``==``: between Values whether they are the same one; with a number an error, as for ``<``."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from autograd import Value, array

NUMBERS = [1, 1.0, True, 1 + 0j, Fraction(1), Decimal(1), np.float64(1), np.float32(1), np.int64(1),
           np.bool_(1), np.array(1.0), np.array(1)]  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: f"{type(number).__name__}")
@pytest.mark.parametrize(
    "compare",
    [lambda v, n: v == n, lambda v, n: n == v, lambda v, n: v != n, lambda v, n: n != v],
    ids=["v==n", "n==v", "v!=n", "n!=v"],
)
def test_a_number_is_refused_as_by_an_order(compare: Callable[[Any, Any], Any], number: Any) -> None:
    with pytest.raises(TypeError, match=r"equals only itself.*where.*compare \.data"):
        compare(Value(1.0), number)


@pytest.mark.parametrize(
    "compare",
    [
        lambda v, W: v == np.ones(2),
        lambda v, W: np.ones(2) == v,
        lambda v, W: W == 1,
        lambda v, W: W != 1.0,
        lambda v, W: np.ones(2) == W,
        lambda v, W: v in [1, 2],
        lambda v, W: [1.0].count(v),
        lambda v, W: np.array_equal(W, [1.0, 1.0]),
    ],
)
def test_numbers_in_arrays_and_lists_are_refused_too(compare: Callable[[Any, Any], Any]) -> None:
    with pytest.raises(TypeError, match="equals only itself"):
        compare(Value(1.0), array([1.0, 1.0]))


@pytest.mark.parametrize("other", [None, "1", b"1", [1], (1,), {}, object(), ...])
def test_what_is_no_number_is_no_value(other: Any) -> None:
    v = Value(1.0)
    assert (v == other, other == v, v != other, other != v) == (False, False, True, True)
    assert v not in [other]


def test_between_values_it_is_identity_as_sets_and_dicts_need() -> None:
    v, other = Value(1.0), Value(1.0)
    assert (v == v, v != v, v == other, v != other) == (True, False, False, True)
    assert v in [other, v]
    assert [other, v].index(v) == 1
    assert {v, other, v} == {other, v}
    assert {v: "v", other: "other"}[v] == "v"
    assert hash(v) == object.__hash__(v)
    assert (array([v, other]) == array([v, v])).tolist() == [True, False]
