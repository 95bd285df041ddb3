"""The groups: which scalars are alike, and what they take."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
import pytest

from autograd import Value, array, gates, logsumexp, maximum, sigmoid, summation, tanh
from autograd.compiler.fuse.groups import CONSTANTS, Group, Groups, Irregular, arrays_of, consumers
from autograd.compiler.fuse.scalars import SUM, Scalars
from autograd.compiler.trace import trace
from tests.compiler.graphs import mean, norm


def groups_of(outputs: Any, inputs: list[Any], parameters: list[Any]) -> Groups:
    """Of outputs, from arrays of inputs and of parameters."""
    found = trace(list(outputs), [x for a in inputs for x in a.flat], [p for a in parameters for p in a.flat])
    shapes = [[each.shape for each in arrays] for arrays in (parameters, inputs)]
    leaves = arrays_of(shapes[0], found.parameters) + arrays_of(shapes[1], found.inputs)
    return Groups(Scalars(found), leaves)


def zeros(*shape: int, label: str = "") -> Any:
    return array(np.arange(1.0, 1 + np.prod(shape)).reshape(shape), label=label)


def made(groups: Groups) -> list[tuple[str, int]]:
    """(gate or sum, how many) of each group but the leaves."""
    return [
        (each.made if isinstance(each.made, str) else each.made.name, len(each.rows))
        for each in groups.found
        if each.how != "leaf"
    ]


def one(groups: Groups, gate: Any) -> Group:
    (found,) = [each for each in groups.found if each.made is gate]
    return found


W, U, b, x, y = zeros(3, 2), zeros(3, 2), zeros(3), zeros(2), zeros(2)


def test_a_layer_is_a_group_of_sums_and_one_of_gates() -> None:
    groups = groups_of(tanh(W @ x + b), [x], [W, b])
    assert made(groups) == [(SUM, 3), ("tanh", 3)]
    assert [(each.how, len(each.rows)) for each in groups.found[1:4]] == [
        ("leaf", 6),
        ("leaf", 3),
        ("leaf", 2),
    ]


def test_layers_differ_though_they_look_alike() -> None:
    V = zeros(3, 3)
    groups = groups_of(tanh(V @ tanh(V @ b)), [b], [V])
    assert made(groups) == [(SUM, 3), ("tanh", 3), (SUM, 3), ("tanh", 3)]


def test_scalars_of_several_arrays_are_never_one_group() -> None:
    groups = groups_of([*(W @ x), *(U @ x)], [x], [W, U])
    assert made(groups) == [(SUM, 3), (SUM, 3)]


def test_all_positions_are_one_group_whatever_they_are() -> None:
    X = zeros(5, 2)
    assert made(groups_of((X @ W.T).flat, [X], [W])) == [(SUM, 15)]


def test_which_factor_comes_first_does_not_matter() -> None:
    sums = [W[0] @ x, x @ W[1], x[1] * W[2, 1] + W[2, 0] * x[0]]
    assert made(groups_of(sums, [x], [W])) == [(SUM, 3)]


def test_signs_matter_but_constants_do_not() -> None:
    """As in the difference from a class that comes one-hot."""
    assert made(groups_of([x[0] - b[0], b[1] - x[1], x[1] - b[2]], [x], [b])) == [(SUM, 2), (SUM, 1)]
    groups = groups_of([x[0] + b[0] + 2, x[1] + b[1] + 3, x[0] + b[2]], [x], [b])
    assert made(groups) == [(SUM, 3)]
    assert one(groups, SUM).constants == [2.0, 3.0, 0.0]


def test_how_many_terms_a_sum_has_does_not_matter() -> None:
    """So ragged rows are one group, which fuse puts into a rectangle."""
    X = zeros(4, 4)
    assert made(groups_of([summation(*(X[i, : i + 2] * b[0])) for i in range(3)], [X], [b])) == [(SUM, 3)]


def test_powers_are_told_apart_by_their_exponent() -> None:
    groups = groups_of([x[0] ** 2, x[1] ** 2, x[0] ** 3, b[0] ** 2], [x], [b])
    assert sorted(made(groups)) == [("pow", 1), ("pow", 1), ("pow", 2)]


@pytest.mark.parametrize("gate", [logsumexp, maximum, gates.minimum, gates.norm], ids=lambda gate: gate.name)
def test_reductions_over_rows_of_any_length(gate: Any) -> None:
    """What pads a row changes nothing."""
    X = zeros(3, 4)
    groups = groups_of([gate(*X[0]), gate(*X[1, :3]), gate(*X[2])], [X], [])
    assert made(groups) == [(gate.name, 3)]
    assert one(groups, gate).how == "reduce"


def test_a_mask_of_constants_is_left_out() -> None:
    X = zeros(3, 4)
    groups = groups_of([logsumexp(*X[0], -inf), logsumexp(X[1, 0], -inf, X[1, 2], -inf)], [X], [])
    assert made(groups) == [("logsumexp", 2)]
    assert one(groups, logsumexp).parts[0].member.tolist() == [0, 0, 0, 0, 1, 1]
    apart = groups_of([logsumexp(*X[0], 0.0), logsumexp(*X[1])], [X], [])
    assert made(apart) == [("logsumexp", 1), ("logsumexp", 1)]


def test_gates_of_any_number_of_operands_that_no_padding_is_known_for() -> None:
    X = zeros(3, 4)
    groups = groups_of([norm(*X[0]), norm(*X[1]), norm(*X[2, :3])], [X], [])
    assert made(groups) == [("norm", 2), ("norm", 1)]
    groups = groups_of([mean(*X[0]), mean(*X[1])], [X], [])
    assert made(groups) == [("mean", 2)]
    assert one(groups, mean).how == "elementwise", "a rule that counts its operands"
    assert len(one(groups, mean).parts) == 4


def test_a_choice_among_the_elements_of_an_array_is_a_lookup() -> None:
    index = [Value(0.0), Value(1.0)]
    groups = groups_of([gates.choose(index[0], *W[:, 0]), gates.choose(index[1], *W[:, 1])],
                       [np.array(index, dtype=object)], [W])  # fmt: skip
    found = one(groups, gates.choose)
    assert (found.how, len(found.rows), len(found.parts)) == ("choose", 2, 2)
    mixed = groups_of([gates.choose(index[0], W[0, 0], b[0])], [np.array(index, dtype=object)], [W, b])
    assert one(mixed, gates.choose).how == "elementwise"


def test_what_each_takes() -> None:
    """Of every entry the scalar that takes it, in ascending order, and the rows of its factors."""
    groups = groups_of(W @ x + b, [x], [W, b])
    total = one(groups, SUM)
    products, terms = total.parts
    assert (products.groups, terms.groups) == ((1, 3), (2,))
    assert products.member.tolist() == [0, 0, 1, 1, 2, 2]
    scalars = groups.scalars
    weights, factors = products.rows.T.tolist()
    assert weights == scalars.trace.parameters[:6]
    assert factors == scalars.trace.inputs * 3
    assert terms.rows[:, 0].tolist() == scalars.trace.parameters[6:]


def test_products_of_leaves_alone_are_a_sum_of_their_own() -> None:
    """Wx @ x + b of all steps of a recurrent network is one group, whatever the state is."""
    Wx, Wh, X, h = zeros(3, 2), zeros(3, 3), zeros(4, 2), zeros(3)
    states = [tanh(Wx @ X[0] + Wh @ h + b)]
    for t in range(1, 4):
        states.append(tanh(Wx @ X[t] + Wh @ states[-1] + b))
    groups = groups_of(states[-1], [X, h], [Wx, Wh, b])
    assert (SUM, 12) in made(groups), "that of the first step too, though all its products are of leaves"
    late = [each for each in groups.found if each.made is SUM and len(each.rows) == 3]
    assert all(len(each.parts) == 2 for each in late), "Wh @ h, and the rest as a term"


def test_each_comes_after_those_that_it_takes() -> None:
    V = zeros(3, 3)
    groups = groups_of(sigmoid(V @ tanh(V @ b) + tanh(V @ b)), [b], [V])
    for group in groups.found:
        assert all(each < group.number for part in group.parts for each in part.groups)
    taken = consumers(groups.found)
    assert {taker.made for taker, _, _ in taken[one(groups, tanh).number]} == {SUM}
    assert [place for _, _, place in taken[1]] == [0, 0]


def test_too_few_that_are_alike() -> None:
    rng = np.random.default_rng(0)
    nodes: list[Any] = list(zeros(6))
    leaves = np.array(nodes, dtype=object)
    for _ in range(2000):
        a, c, d = (nodes[place] for place in rng.integers(0, len(nodes), 3))
        nodes.append([tanh(a), a * c + d, sigmoid(a - d), a * d][rng.integers(4)])
    with pytest.raises(Irregular):
        groups_of(nodes, [leaves], [])


def test_a_chain_of_a_few_hundred_is_still_arrays_of_one() -> None:
    node: Any = x[0]
    for _ in range(190):
        node = tanh(node)
    assert len(groups_of([node], [x], []).found) == 192


def test_constants_are_the_first_group() -> None:
    groups = groups_of(W @ x * 2 + 1, [x], [W])
    assert groups.found[CONSTANTS].rows == []
    assert all(groups.group_of[row] == CONSTANTS for row in groups.scalars._constants.values())


def test_leaves_are_cut_into_their_arrays() -> None:
    assert arrays_of([(2, 2), (), (0, 3), (1,)], list(range(6))) == [[0, 1, 2, 3], [4], [], [5]]


def test_they_print() -> None:
    groups = groups_of(tanh(W @ x + b), [x], [W, b])
    assert str(groups).splitlines()[-2:] == ["#4: 3 sum of #1 * #3 and #2", "#5: 3 tanh of #4"]
