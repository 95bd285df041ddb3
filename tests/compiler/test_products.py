"""Which sums of products are one matrix product: whatever is found, the sums must be the same."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.compiler.products import HOLE, Block, Pairs, connected, find_blocks, progression, split


def pairs(*sums: list[tuple[int, int]]) -> list[Pairs]:
    """Sums of products, from (weight, factor) pairs each."""
    return [(np.array([w for w, _ in each]), np.array([f for _, f in each])) for each in sums]


def terms_of(blocks: list[Block]) -> dict[int, list[tuple[int, int]]]:
    """For each sum the (weight, factor) pairs that the blocks multiply for it."""
    found: dict[int, list[tuple[int, int]]] = {}
    for block in blocks:
        for g, r, c in np.ndindex(block.members.shape):
            row, column = block.weights[g, r], block.factors[g, :, c]
            assert block.members[g, r, c] not in found, "each sum is in one place"
            products = zip(row.tolist(), column.tolist(), strict=True)
            found[int(block.members[g, r, c])] = sorted(each for each in products if each[0] != HOLE)
    return found


def shapes_of(blocks: list[Block]) -> list[tuple[int, int, int, int]]:
    """(products side by side, rows, length, columns) of each."""
    return [(*block.weights.shape, block.factors.shape[2]) for block in blocks]


def layer(rows: int, length: int, first_weight: int = 0, first_factor: int = 100) -> list[Pairs]:
    return [
        (np.arange(length) + first_weight + row * length, np.arange(length) + first_factor)
        for row in range(rows)
    ]


def test_a_layer_is_one_matrix_product() -> None:
    blocks, rest = find_blocks(layer(4, 3))
    assert shapes_of(blocks) == [(1, 4, 3, 1)]
    assert not rest
    assert blocks[0].weights[0].tolist() == np.arange(12).reshape(4, 3).tolist()
    assert blocks[0].factors[0, :, 0].tolist() == [100, 101, 102]


def test_the_order_of_the_terms_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    shuffled = [(weights[order], factors[order]) for weights, factors in layer(4, 3)
                for order in [rng.permutation(3)]]  # fmt: skip
    blocks, _ = find_blocks(shuffled)
    assert blocks[0].weights[0].tolist() == np.arange(12).reshape(4, 3).tolist()


def test_the_same_weights_on_other_factors_are_further_columns() -> None:
    """As in a convolution, or in a batch that is written out."""
    sums = [pair for place in range(5) for pair in layer(2, 3, 0, 100 + place)]
    blocks, rest = find_blocks(sums)
    assert shapes_of(blocks) == [(1, 2, 3, 5)]
    assert not rest


def test_equal_shapes_that_share_nothing_are_side_by_side() -> None:
    sums = [pair for k in range(6) for pair in layer(2, 3, 10 * k, 100 + 10 * k)]
    assert shapes_of(find_blocks(sums)[0]) == [(6, 2, 3, 1)]


def test_overlapping_rows_are_one_matrix_with_holes() -> None:
    sums = pairs([(0, 100), (1, 102)], [(2, 101), (3, 102)], [(4, 100), (5, 101)])
    blocks, rest = find_blocks(sums)
    assert shapes_of(blocks) == [(1, 3, 3, 1)]
    assert (blocks[0].weights == HOLE).sum() == 3
    assert not rest


def test_a_factor_that_comes_twice_in_one_sum_is_kept_twice() -> None:
    sums = pairs([(0, 100), (1, 100)], [(2, 100), (3, 101)])
    blocks, _ = find_blocks(sums)
    assert terms_of(blocks) == {0: [(0, 100), (1, 100)], 1: [(2, 100), (3, 101)]}


def test_two_equal_sums_are_both_there() -> None:
    blocks, rest = find_blocks(pairs([(0, 100), (1, 101)], [(0, 100), (1, 101)]))
    assert sorted([*terms_of(blocks), *rest]) == [0, 1]


sums_of_products = st.lists(
    st.lists(st.tuples(st.integers(0, 9), st.integers(100, 105)), min_size=1, max_size=5),
    min_size=1,
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(sums_of_products)
def test_every_sum_keeps_its_products_whatever_is_found(sums: list[list[tuple[int, int]]]) -> None:
    blocks, rest = find_blocks(pairs(*sums))
    # factors from 103 on are in another vector
    parted = [split(block, (block.factors[0, :, 0] >= 103).astype(int)) for block in blocks]
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for piece in (piece for pieces in parted for columns in pieces for piece in columns):
        for number, terms in terms_of([piece]).items():
            found[number] += terms
    assert sorted([*found, *rest]) == list(range(len(sums)))
    for number, terms in found.items():
        assert sorted(terms) == sorted(sums[number])


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.integers(0, 1000))
def test_a_whole_grid_is_found_in_any_order(rows: int, length: int, columns: int, seed: int) -> None:
    sums = [pair for place in range(columns) for pair in layer(rows, length, 0, 100 + 10 * place)]
    order = np.random.default_rng(seed).permutation(len(sums))
    blocks, rest = find_blocks([sums[place] for place in order])
    assert not rest
    assert shapes_of(blocks) == [(1, rows, length, columns)]
    assert np.sort(blocks[0].weights[0].ravel()).tolist() == list(range(rows * length))


def test_more_shapes_than_are_worth_a_product_each_are_left_to_be_added_up() -> None:
    sums = [pair for k in range(1, 12) for pair in layer(1, k, 100 * k, 5000 + 100 * k)]
    blocks, rest = find_blocks(sums)
    assert rest
    assert sorted([*terms_of(blocks), *rest]) == list(range(len(sums)))


def test_rows_of_several_matrices_are_parted() -> None:
    """Two layers on one input: W1 and W2 lie apart in the parameters."""
    sums = layer(3, 2, 0) + layer(2, 2, 50)
    (block,), _ = find_blocks(sums)
    pieces = [piece for (piece,) in split(block, np.zeros(2, dtype=int))]
    assert [piece.weights[0].tolist() for piece in pieces] == [[[0, 1], [2, 3], [4, 5]], [[50, 51], [52, 53]]]


def test_columns_of_several_matrices_are_parted() -> None:
    """W @ h + U @ x, of which U lies behind W, and the same again for a second gate."""
    h, x = np.arange(100, 103), np.arange(200, 202)
    sums = [
        (
            np.concatenate([start + 3 * row + np.arange(3), start + 6 + 2 * row + np.arange(2)]),
            np.append(h, x),
        )
        for start in (0, 50)
        for row in range(2)
    ]
    (block,), _ = find_blocks(sums)
    pieces = split(block, (block.factors[0, :, 0] >= 200).astype(int))
    assert [[piece.weights[0].tolist() for piece in columns] for columns in pieces] == [
        [[[0, 1, 2], [3, 4, 5]], [[6, 7], [8, 9]]],
        [[[50, 51, 52], [53, 54, 55]], [[56, 57], [58, 59]]],
    ]


def test_columns_of_one_matrix_stay_together() -> None:
    (block,), _ = find_blocks(layer(3, 4))
    ((piece,),) = split(block, np.array([0, 0, 1, 1]))
    assert piece.weights.shape == (1, 3, 4)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [([3, 4, 5], (3, 1)), ([7], (7, 0)), ([5, 5, 5], (5, 0)), ([9, 6, 3], (9, -3)), ([1, 2, 4], None),
     ([[0, 1, 2], [10, 11, 12]], (0, 10, 1)), ([[0, 1], [2, 3], [5, 6]], None), ([[4, 2]], (4, 0, -2))],
)  # fmt: skip
def test_progression(numbers: list[int], expected: tuple[int, ...] | None) -> None:
    assert progression(np.array(numbers)) == expected


def test_connected() -> None:
    assert connected(6, [[0, 2], [2, 4], [1, 5]]) == [[0, 2, 4], [1, 5], [3]]
    assert connected(2, []) == [[0], [1]]
