"""The scalars, tidied: what goes into one sum, what is the same, and what is dropped."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
import pytest

from autograd import Value, array, compile, gates, logsumexp, summation, tanh, where
from autograd.compiler.fuse.scalars import SUM, Scalars, Sum
from autograd.compiler.trace import trace
from tests.compiler.graphs import cube

x, y, w, v, b = (Value(float(number), label=label) for number, label in enumerate("xywvb", 1))


def scalars_of(*outputs: Any) -> Scalars:
    return Scalars(trace(outputs, [x, y], [w, v, b]))


def sum_of(output: Any) -> tuple[Scalars, Sum]:
    """The output, which must be a sum."""
    found = scalars_of(output)
    return found, found.sums[found.outputs[0]]


def products_of(output: Any) -> list[tuple[int, str, str]]:
    """Sign and labels of each product, those in alphabetical order."""
    found, total = sum_of(output)
    return sorted((sign, *sorted([found.label[a], found.label[b]])) for sign, a, b in total.products)  # type: ignore[misc]


def terms_of(output: Any) -> list[tuple[int, str]]:
    found, total = sum_of(output)
    return sorted((sign, found.label[row]) for sign, row in total.terms)


def gates_left(*outputs: Any) -> list[str]:
    """What makes each of the scalars that are left."""
    found = scalars_of(*outputs)
    made = [found.made[row] for row in found.order]
    return sorted(each if isinstance(each, str) else each.name for each in made if each is not None)


# -- sums ---------------------------------------------------------------------------------------


def test_a_neuron_is_one_sum_however_it_is_written() -> None:
    neurons: list[Any] = [
        w * x + v * y + b,
        b + (v * y + w * x),
        summation(x * w, y * v, b),
        summation(w * x, v * y) + b,
        sum([w * x, v * y, b]),
        (b + w * x) + y * v,
        w * x - (-(y * v)) + b,
    ]
    for neuron in neurons:
        assert products_of(neuron) == [(1, "v", "y"), (1, "w", "x")]
        assert terms_of(neuron) == [(1, "b")]
        assert gates_left(neuron) == [SUM]


def test_signs_go_through_subtractions_and_negations() -> None:
    assert terms_of((w - x) + y - b) == [(-1, "b"), (-1, "x"), (1, "w"), (1, "y")]
    assert terms_of(w - (-(y + b))) == [(1, "b"), (1, "w"), (1, "y")]
    assert products_of(b - w * x) == [(-1, "w", "x")]
    assert products_of(-(w * x)) == [(-1, "w", "x")]
    assert gates_left(-x) == ["neg"], "of one scalar it stays the gate it is"


def test_a_term_that_comes_twice_counts_twice() -> None:
    assert terms_of(summation(x, x, b)) == [(1, "b"), (1, "x"), (1, "x")]
    assert len(sum_of(summation(w * x, w * x))[1].products) == 2


def test_numbers_are_added_up_and_the_zero_that_pythons_sum_starts_from_is_none() -> None:
    added: Any = sum([x, y, b])
    assert terms_of(added) == terms_of(summation(x, y, b)) == [(1, "b"), (1, "x"), (1, "y")]
    assert sum_of(added)[1].constant == 0.0
    assert sum_of(summation(x, 2.0, 3.0) * 1.0 + 0.0)[1].constant == 0.0
    assert sum_of(summation(x, 2.0, 3.0))[1].constant == 5.0
    assert sum_of(3.0 - x)[1].constant == 3.0
    assert sum_of(x - 3.0)[1].constant == -3.0


def test_numbers_of_one_sum_inside_another_may_cancel_and_stay_apart() -> None:
    assert gates_left(1e200 - (1e200 + x)) == [SUM, SUM]
    assert gates_left(1.0 + (y - (x + 1.0))) == [SUM, SUM]
    assert gates_left(1.0 - (y + (0.0 + x))) == [SUM]


def test_differences_in_a_sum_stay_as_what_is_left_of_them_may_be_small() -> None:
    """Not so a + b - c, whose terms are added to what is there."""
    assert gates_left(w - (x - (y - b))) == [SUM] * 3
    assert gates_left(summation(x - y, w - b, v)) == [SUM] * 3
    assert gates_left(sum([x - y, w - b, v - x])) == [SUM] * 4
    assert gates_left(x - y + b - w) == [SUM]
    inputs, weights = array([0.0, 0.0, 0.0], label="x"), array([1.0, 1.0, 1.0], label="w")
    for total in ((weights * inputs - inputs).sum(), summation(*(weights * inputs - inputs))):
        program = compile(total + weights[0], inputs=[inputs], parameters=[weights])
        assert program(np.full((50, 3), 1e20)).tolist() == [1.0] * 50


def test_a_product_of_two_numbers_and_of_a_number() -> None:
    found, total = sum_of(3 * x + w)
    ((_, first, second),) = total.products
    assert (found.number[first], found.label[second]) == (3.0, "x")


def test_a_product_that_a_gate_takes_too_is_a_scalar_of_its_own() -> None:
    shared = w * x
    assert gates_left(shared + b, tanh(shared)) == [SUM, SUM, "tanh"]
    assert gates_left(shared + b, shared) == [SUM, SUM], "an output too"


def test_a_product_that_only_sums_take_is_in_each_of_them() -> None:
    shared = w * x
    assert gates_left(shared + b, shared + y) == [SUM, SUM]


def test_a_sum_that_is_taken_twice_or_has_a_name_stays() -> None:
    shared = w * x + b
    assert gates_left(shared + v, shared + y) == [SUM] * 3
    assert gates_left((w * x + b) + v) == [SUM]
    named = w * x + b
    named.label = "score"
    assert gates_left(named + v) == [SUM, SUM]
    named_product = w * x
    named_product.label = "share"
    assert gates_left(named_product + v) == [SUM, SUM]


def test_a_chain_of_five_thousand_additions_is_one_sum() -> None:
    total = w * x
    for _ in range(5_000):
        total = total + y
    assert len(sum_of(total)[1].terms) == 5_000


# -- what is the same ---------------------------------------------------------------------------


def test_equal_gates_of_the_same_are_one() -> None:
    assert gates_left(tanh(x) * tanh(x) + tanh(x)) == sorted([SUM, "pow", "tanh"])
    assert gates_left(tanh(x) * cube(x), tanh(x) * cube(x)) == sorted([SUM, "cube", "tanh"])
    assert gates_left(tanh(x), tanh(y)) == ["tanh", "tanh"]


def test_a_scalar_times_itself_is_a_square() -> None:
    found = scalars_of(x * x)
    assert found.made[found.outputs[0]] is gates.power
    assert found.number[found.operands[found.outputs[0]][1]] == 2.0


def test_a_scalar_over_itself_is_over_a_sum_of_one() -> None:
    """So the first row of a causal softmax is as the others."""
    found = scalars_of(x / x)
    _, below = found.operands[found.outputs[0]]
    assert found.made[below] is SUM
    assert [found.label[row] for _, row in found.sums[below].terms] == ["x"]


# -- what goes ----------------------------------------------------------------------------------


def test_zero_times_a_leaf_goes_but_not_times_anything_that_may_be_infinite() -> None:
    first = scalars_of(0.0 * w + b)
    assert first.has_dropped
    assert terms_of(0.0 * w + b) == [(1, "b")]
    assert products_of(0.0 * w + v * x) == [(1, "v", "x")]
    second = scalars_of(0.0 * gates.exp(w) + b)
    assert not second.has_dropped
    assert len(second.sums[second.outputs[0]].products) == 1


def test_a_choice_by_a_number_is_made() -> None:
    assert gates_left(where(1.0, tanh(x), gates.exp(y)) + b) == [SUM, "tanh"]
    assert gates_left(where(0.0, tanh(x), gates.exp(y)) + b) == ["exp", SUM]
    assert gates_left(where(w, tanh(x), y)) == ["tanh", "where"]


def test_what_a_mask_rules_out_is_dropped_all_the_way() -> None:
    """exp(-inf - logsumexp(...)) is 0, and so is its product with a value."""
    masked: list[Any] = [x * w, -inf, y * w]
    total = logsumexp(*masked)
    weights = [gates.exp(z - total) for z in masked]
    out = summation(*[p * value for p, value in zip(weights, [b, v, w], strict=True)])
    assert len(products_of(out)) == 2
    assert gates_left(out) == sorted([SUM] * 5 + ["exp", "exp", "logsumexp"])
    summed: list[Any] = [gates.exp(x * w), 0.0, gates.exp(y * w)]
    shares = [e / summation(*summed) for e in summed[:1]] + [Value(0.0) / summation(*summed)]
    assert gates_left(summation(*shares)).count("div") == 1


def test_minus_infinity_is_added_where_it_only_goes_into_exponentials() -> None:
    """There its slope comes to nothing; in a sum it is 1."""
    masked: list[Any] = [x * w + 0.0, y * w + -inf, (v * x + -inf) / 2.0, -inf + x]
    total = logsumexp(*masked)
    found = scalars_of(*[gates.exp(z - total) for z in masked])
    assert found.has_dropped
    assert [found.is_constant[row] for row in found.outputs] == [False, True, True, True]
    assert gates_left(x * w + -inf) == [SUM]
    assert gates_left(gates.exp(x * w + -inf) + tanh(y + -inf)) == [SUM, SUM, "tanh"]
    kept = x * w + -inf
    assert gates_left(gates.exp(kept), kept) == sorted([SUM, "exp"])
    assert gates_left(gates.exp(1.0 / (x + -inf))) == sorted([SUM, "div", "exp"])
    assert gates_left(gates.exp(x - (y + -inf))) == sorted([SUM, "exp"])


def test_gates_of_numbers_alone_are_numbers() -> None:
    assert gates_left(tanh(Value(0.5)) * x) == [SUM]
    assert gates_left(x + where(0.0, x, 2.0) * tanh(where(0.0, x, 0.5))) == [SUM]


def test_what_nothing_needs_any_more_is_not_in_the_order() -> None:
    found = scalars_of(where(1.0, x, tanh(gates.exp(y))))
    assert all(found.made[row] is None for row in found.order)


@pytest.mark.parametrize("number", [0.0, -0.0, inf])
def test_constants_are_told_by_their_bits(number: float) -> None:
    found = scalars_of(tanh(x))
    row = found.constant(number)
    assert found.constant(number) == row
    assert found.constant(-number) != row
    assert found.is_constant[row]


def test_it_prints() -> None:
    assert repr(scalars_of(tanh(w * x + b))) == "5 scalars, 1 of them sums"
