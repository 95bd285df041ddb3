"""The nodes: equal ones are one, their shapes are NumPy's, and none changes."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np
import pytest

from autograd import gates
from autograd.compiler.ir import IR, Constant, Node, below
from tests.compiler.evaluating import evaluate, of_one


def leaves() -> tuple[IR, Node, Node]:
    """An input x of shape (3,) and a parameter W of shape (2, 3)."""
    ir = IR()
    return ir, ir.input(0, (3,)), ir.parameter(0, (2, 3))


def test_equal_nodes_are_one() -> None:
    ir, x, W = leaves()
    assert (x * W) + 1.0 is (x * W) + 1.0
    assert x * W is not W * x
    assert ir.call(gates.tanh, x) is ir.call(gates.tanh, x)
    assert ir.sum(W, [0]) is not ir.sum(W, [1])
    assert ir.input(0, (3,)) is x
    assert ir.input(1, (3,)) is not x
    assert len(ir.nodes) == len(set(map(id, ir.nodes)))


@pytest.mark.parametrize(("a", "b"), [(0.0, -0.0), (1.0, 2.0), (True, 1.0), ([1.0], 1.0), (inf, -inf)])
def test_constants_are_told_by_their_bits(a: Any, b: Any) -> None:
    ir = IR()
    assert ir.constant(a) is ir.constant(a)
    assert ir.constant(a) is not ir.constant(b)


def test_nan_is_one_constant() -> None:
    ir = IR()
    assert ir.constant(nan) is ir.constant(nan)
    assert Constant(np.array(1.0)) != 1.0
    assert Constant(np.array([0, 0])) != Constant(np.array([0.0, 0.0])), "numbers of another kind"


def test_constants_cannot_be_written_to() -> None:
    numbers = np.ones(3)
    array = IR().constant(numbers).array
    assert array is not None
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 2.0


def test_operators_and_plain_numbers() -> None:
    ir, x, W = leaves()
    X, P = np.array([1.0, -2.0, 0.5]), np.arange(6.0).reshape(2, 3) + 1
    pairs: list[tuple[Any, Any]] = [
        (x + W, X + P), (1 + x, 1 + X), (x - W, X - P), (2 - x, 2 - X), (x * W, X * P), (3 * x, 3 * X),
        (x / W, X / P), (1 / x, 1 / X), (W**x, P**X), (2**x, 2**X), (-x, -X), (abs(x), np.abs(X)),
        (x < W, X < P), (x <= 1, X <= 1), (x > W, X > P), (x >= 1, X >= 1), (x == 1, X == 1),
        (x != 1, X != 1),        ((x < 0) & (W > 1), (X < 0) & (P > 1)), (ir.call(gates.tanh, x), np.tanh(X)),
    ]  # fmt: skip
    for node, expected in pairs:
        assert node.shape == expected.shape
        np.testing.assert_allclose(of_one(node, [X], [P]), expected)


def test_what_varies_and_what_learns() -> None:
    ir, x, W = leaves()
    assert (x.varies, W.varies, (x * W).varies, (W + 1).varies) == (True, False, True, False)
    assert (x.learns, W.learns, (x * W).learns, (x + 1).learns) == (False, True, True, False)
    assert not ir.sum_examples(x).varies
    assert ir.sum_examples(W) is W
    assert not ir.einsum(x, x, ("a", "a", ""), over_examples=True).varies


def test_shapes_of_structure() -> None:
    ir, x, W = leaves()
    assert ir.sum(W, [1]).shape == (2,)
    assert ir.sum(W, [0, 1], keep=True).shape == (1, 1)
    assert ir.along("max", W, 1).shape == (2, 1)
    assert ir.reduce(gates.logsumexp, W, 0).shape == (3,)
    assert ir.einsum(W, x, ("ab", "b", "a")).shape == (2,)
    assert ir.transpose(W, (1, 0)).shape == (3, 2)
    assert ir.slice(W, [(0, 2, 1), (0, 3, 2)]).shape == (2, 2)
    assert ir.concatenate([W, W], 1).shape == (2, 6)
    assert ir.gather(W, np.array([[0, 5]])).shape == (1, 2)
    assert ir.take(W, ir.input(1, (4,))).shape == (2, 4)
    assert ir.choose(ir.input(2, ()), W).shape == (3,)
    assert ir.unchoose(ir.input(2, ()), x, 5).shape == (5, 3)
    assert (x + ir.parameter(1, (4, 1))).shape == (4, 3)


def test_what_changes_nothing_is_the_same_node() -> None:
    ir, x, W = leaves()
    assert ir.sum(W, []) is W
    assert ir.reshape(W, (2, 3)) is W
    assert ir.transpose(W, (0, 1)) is W
    assert ir.slice(W, [(0, 2, 1), (0, 3, 1)]) is W
    assert ir.pad(x, [(0, 3, 1)], (3,)) is x
    assert ir.broadcast(x, (3,)) is x
    assert ir.concatenate([x], 0) is x


def test_structure_is_numpys() -> None:
    ir, x, W = leaves()
    X, P = np.array([1.0, -2.0, 0.5]), np.arange(6.0).reshape(2, 3)
    index = np.array([[5, 0], [0, 3]])
    added = np.bincount(index.ravel(), P.ravel()[index.ravel()], 6)
    pairs: list[tuple[Node, Any]] = [
        (ir.einsum(W, x, ("ab", "b", "a")), P @ X),
        (ir.pad(x, [(1, 4, 1)], (5,)), [0, *X, 0]),
        (ir.pad(x, [(0, 5, 2)], (5,)), [X[0], 0, X[1], 0, X[2]]),
        (ir.gather(W, index), P.ravel()[index]),
        (ir.scatter_add(ir.gather(W, index), index, (6,)), added),
        (ir.concatenate([W, W], 0), np.concatenate([P, P])),
        (ir.slice(W, [(1, 2, 1), (0, 3, 2)]), P[1:2, 0:3:2]),
        (ir.along("max", W, 1), P.max(axis=1, keepdims=True)),
        (ir.reduce(gates.logsumexp, W, 0), np.log(np.exp(P).sum(axis=0))),
    ]  # fmt: skip
    for node, expected in pairs:
        np.testing.assert_allclose(of_one(node, [X], [P]), expected)


def test_a_sum_over_the_examples() -> None:
    ir, x, _ = leaves()
    X = np.arange(6.0).reshape(3, 2)
    (found,) = evaluate([ir.sum_examples(x)], [X], [np.zeros((2, 3))])
    assert found[:, 0].tolist() == X.sum(axis=1).tolist()


def test_a_rule_cannot_branch_on_a_node() -> None:
    _, x, _ = leaves()
    with pytest.raises(TypeError, match=r"use m\.where"):
        bool(x > 0)


def test_below_is_what_is_needed_in_order() -> None:
    ir, x, W = leaves()
    y = x * 2
    unused = ir.call(gates.exp, W)
    z = y + y * x
    numbers = [node.number for node in below([z])]
    assert numbers[-1] == z.number
    assert not {unused.number, W.number}.intersection(numbers)
    assert numbers == sorted(numbers)
    assert all(each.number in numbers for node in below([z]) for each in node.operands)
    assert [node.number for node in below([z, y])] == numbers


def test_rules_replace_new_nodes() -> None:
    """Each new node is shown to the rules of its operation, in order; what replaces it stays."""
    seen = []

    def doubled(node: Node) -> Node | None:
        seen.append(node.operation)
        return 2.0 * node.operands[0] if node.operands[0] is node.operands[1] else None

    ir = IR({"+": [doubled]})
    x = ir.input(0, ())
    assert (x + x).operation == "*"
    assert (x + x).operation == "*"
    assert (x + 1).operation == "+"
    assert seen == ["+", "+"], "a known one is not asked about again"


def test_numbers_shapes_and_constants() -> None:
    ir, x, W = leaves()
    assert W.size == 6
    assert ir.constant(2).scalar == 2.0
    assert ir.constant([2.0]).scalar is None
    assert x.scalar is None
    assert x.array is None
    assert [node.number for node in ir.nodes] == list(range(len(ir.nodes)))


def test_it_prints_a_line_per_node() -> None:
    ir, x, W = leaves()
    W.label = "W"
    ir.einsum(W, x, ("ab", "b", "a")) * 2
    ir.call(gates.tanh, x)
    assert str(ir).splitlines() == [
        "%0 = input() 0 : (3,) x examples",
        "%1 = parameter() 0 : (2, 3)  W",
        "%2 = einsum(%1, %0) ab, b, a, False : (2,) x examples",
        "%3 = constant() 2 : ()",
        "%4 = *(%2, %3) : (2,) x examples",
        "%5 = call(%0) tanh : (3,) x examples",
    ]
