"""The first half of fuse: which additions and products go into one sum, and which must not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd import Value, gates, summation
from autograd.compiler.sums import Fused, Sum, fuse_sums
from autograd.compiler.trace import Trace, trace

x, y, w, v, b = (Value(float(number), label=label) for number, label in enumerate("xywvb", 1))


def fused(*outputs: Value) -> tuple[Trace, Fused]:
    table = trace(outputs, [x, y], [w, v, b])
    return table, fuse_sums(table)


def only_sum(output: Value) -> Sum:
    table, found = fused(output)
    assert list(found.sums) == table.outputs
    return found.sums[table.outputs[0]]


def named(table: Trace, rows: Sequence[int]) -> list[str]:
    return [table.label[row] for row in rows]


def products_of(output: Value) -> set[tuple[str, ...]]:
    table, found = fused(output)
    (total,) = found.sums.values()
    return {tuple(named(table, pair)) for pair in total.products}


def terms_of(output: Value) -> list[tuple[str, int]]:
    table, found = fused(output)
    (total,) = found.sums.values()
    return sorted((table.label[term.row], term.sign) for term in total.terms)


def test_a_neuron_is_one_sum_of_two_products_and_a_term() -> None:
    total = only_sum(w * x + v * y + b)
    assert (len(total.products), len(total.terms)) == (2, 1)
    assert products_of(w * x + v * y + b) == {("w", "x"), ("v", "y")}
    assert terms_of(w * x + v * y + b) == [("b", 1)]


def test_however_it_is_written() -> None:
    neurons: list[Any] = [
        b + (v * y + w * x),
        summation(x * w, y * v, b),
        summation(w * x, v * y) + b,
        sum([w * x, v * y, b]),
        (b + w * x) + y * v,
    ]
    for neuron in neurons:
        assert products_of(neuron) == {("w", "x"), ("v", "y")}
        assert terms_of(neuron) == [("b", 1)]


def test_the_weight_comes_first_a_parameter_before_a_constant() -> None:
    assert products_of(x * w + b) == {("w", "x")}
    table, found = fused(3 * x + w)
    (total,) = found.sums.values()
    ((weight, factor),) = total.products
    assert (table.number[weight], table.label[factor]) == (3.0, "x")


def test_two_that_vary_and_two_parameters_are_no_weight_and_factor() -> None:
    assert products_of(x * y + w * x) == {("w", "x")}
    assert products_of(w * v + w * x) == {("w", "x")}


def test_a_product_that_is_used_twice_stays_a_gate() -> None:
    shared = w * x
    table, found = fused(shared + b, gates.tanh(shared))
    assert all(not total.products for total in found.sums.values())
    assert gates.mul in [table.gate[row] for row, depth in enumerate(found.depths) if depth > 0]


def test_a_product_that_is_an_output_stays_a_gate() -> None:
    shared = w * x
    table, found = fused(shared + v * y, shared)
    assert found.depths[table.outputs[1]] > 0
    ((weight, _),) = next(iter(found.sums.values())).products
    assert table.label[weight] == "v"


def test_a_sum_that_is_used_twice_is_taken_up_by_neither() -> None:
    shared = w * x + b
    _, found = fused(shared + v * y, shared * shared)
    assert sorted(len(total.products) for total in found.sums.values()) == [1, 1]


def test_what_comes_from_parameters_alone_is_summed_apart_once_per_batch() -> None:
    penalty = summation(w * 2.0, v * 3.0)
    _, found = fused(w * x + v * y + penalty)
    assert sorted(len(total.products) for total in found.sums.values()) == [2, 2]


def test_subtraction_is_a_term_with_its_sign() -> None:
    assert terms_of(w * x - b) == [("b", -1)]
    _, found = fused(x - y)
    assert not found.sums, "on its own it stays the gate it is"
    _, found = fused(x + y)
    assert not found.sums


def test_the_zero_that_pythons_sum_starts_from_is_no_term() -> None:
    added: Any = sum([x, y, b])
    assert terms_of(added) == terms_of(summation(x, y, b)) == [("b", 1), ("x", 1), ("y", 1)]


def test_a_term_that_comes_twice_counts_twice() -> None:
    assert terms_of(summation(x, x, b)) == [("b", 1), ("x", 1), ("x", 1)]
    total = only_sum(summation(w * x, w * x))
    assert len(total.products) == 2
    assert total.products[0] == total.products[1]


def test_depths_count_what_is_left_from_the_leaves_up() -> None:
    hidden = gates.tanh(w * x + b)
    table, found = fused(v * hidden + b)
    depth = {table.gate[row]: found.depths[row] for row in range(len(table)) if found.depths[row] > 0}
    assert depth[gates.tanh] == 2
    assert found.depths[table.outputs[0]] == 3
    assert sorted(found.depths)[:2] == [-1, -1], "two products were taken up"
    assert all(found.depths[row] == 0 for row in table.inputs + table.parameters)


def test_a_sum_written_as_a_chain_of_five_thousand_additions() -> None:
    total = w * x
    for _ in range(5_000):
        total = total + y
    assert len(only_sum(total).terms) == 5_000
