"""The arithmetic of nodes: as that of floats, primitive by primitive and gate by gate."""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np
import pytest

from autograd import GATES, Gate
from autograd.arithmetic import floats
from autograd.arithmetic.protocol import PRIMITIVES, Arithmetic
from autograd.compiler.ir import IR, Node
from autograd.compiler.primitives import along, primitives
from tests.compiler.evaluating import of_one
from tests.compiler.graphs import cube, norm
from tests.test_conventions import extreme_operands

NUMBERS = [0.5, 1.0, 2.0, 0.25]
OF_SEVERAL = ("sum", "max", "min", "norm", "logsum")


def inputs(count: int) -> tuple[IR, list[Node]]:
    ir = IR()
    return ir, [ir.input(place, ()) for place in range(count)]


def test_all_are_here() -> None:
    assert set(vars(primitives)) == {*PRIMITIVES, "abs"}


@pytest.mark.parametrize("name", sorted({*PRIMITIVES} - {*OF_SEVERAL, "choose"}))
def test_primitives_of_single_numbers(name: str) -> None:
    count = len(signature(getattr(Arithmetic, name)).parameters) - 1
    _, nodes = inputs(count)
    for numbers in ([0.5, 2.0, 3.0], [-1.5, 0.25, 2.0], [0.0, 1.0, -1.0], [2.0, 2.0, 2.0]):
        given = numbers[:count]
        expected = getattr(floats, name)(*given)
        found = of_one(getattr(primitives, name)(*nodes), given)
        np.testing.assert_allclose(found, 0.0 if expected is None else expected, rtol=1e-14)


@pytest.mark.parametrize("name", OF_SEVERAL)
def test_primitives_of_several(name: str) -> None:
    """Each operand a node, or all along an axis, where the result keeps it."""
    _, nodes = inputs(4)
    expected = getattr(floats, name)(NUMBERS)
    np.testing.assert_allclose(of_one(getattr(primitives, name)(nodes), NUMBERS), expected, rtol=1e-14)
    ir = IR()
    whole = ir.input(0, (2, 4))
    found = getattr(along(1), name)((whole,))
    assert found.shape == (2, 1)
    numbers = of_one(found, [np.array([NUMBERS, NUMBERS[::-1]])])
    np.testing.assert_allclose(numbers, [[expected]] * 2, rtol=1e-14)


def test_a_choice_and_what_there_is_none_of() -> None:
    _, (index, a, b) = inputs(3)
    found = primitives.choose(index, [a, b])
    assert [float(of_one(found, [i, 5.0, 7.0])) for i in (0.0, 1.0)] == [5.0, 7.0]
    assert np.isnan(of_one(found, [2.0, 5.0, 7.0]))


def test_plain_numbers_stay_plain() -> None:
    assert primitives.exp(0.0) == 1.0
    assert primitives.divide(1.0, 0.0) == np.inf
    assert primitives.maximum(2.0, 3.0) == 3.0


def test_a_number_beside_a_node() -> None:
    _, (x,) = inputs(1)
    assert float(of_one(primitives.divide(1.0, x), [4.0])) == 0.25
    assert float(of_one(primitives.power(x, 0.5), [4.0])) == 2.0


@pytest.mark.parametrize("rule", [*GATES.values(), cube, norm], ids=lambda rule: rule.name)
def test_gates_rules_run_on_nodes(rule: Gate) -> None:
    """Forward and backward, as on floats."""
    table: Any = extreme_operands(rule) if rule.name in GATES else [[0.5] * (3 if rule.variadic else 1)]
    table = [row for row in table if np.isfinite(row).all() and max(map(abs, row)) < 10][:40]
    _, nodes = inputs(len(table[0]) + 2)
    operands, upstream, out = nodes[:-2], nodes[-2], nodes[-1]
    forward = rule.forward(primitives, *operands)
    backward = rule.backward(primitives, upstream, out, *operands)
    for row in table:
        number = rule.compute(*row)
        if not np.isfinite(number):
            continue
        given = [*row, -1.5, number]
        if isinstance(forward, Node):
            np.testing.assert_allclose(of_one(forward, given), number, rtol=1e-12, atol=1e-300)
        expected = rule.contributions(-1.5, number, *row)
        for node, slope in zip(backward, expected, strict=True):
            if isinstance(node, Node) and np.isfinite(slope):
                found = of_one(node, given)
                if np.isfinite(found):  # 0 from a path not taken may be nan on nodes
                    np.testing.assert_allclose(found, slope, rtol=1e-12, atol=1e-300)
