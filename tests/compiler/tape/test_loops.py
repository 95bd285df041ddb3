"""Loops: the table of a trace, and what the loop over it does with each contribution."""

from __future__ import annotations

import math

import pytest

from autograd import Value, gates
from autograd.compiler.tape.loops import FIRST, MORE, SKIPPED, Loop
from autograd.compiler.tape.texts import EXACT, RAW
from autograd.compiler.trace import CONSTANT, trace


def test_the_table() -> None:
    """Leaves first, then what needs no gradient; a first contribution is told from a further one."""
    i, w, c = Value(2.0), Value(3.0), Value(5.0)
    table = trace([gates.sin(i) * w * w + c], [i], [w])
    loop = Loop(table, table.learns)
    assert loop.constants == [5.0]
    assert loop.numbers(RAW, [2.0, 3.0]) == [
        2,
        3,
        5,
        math.sin(2),
        math.sin(2) * 3,
        math.sin(2) * 9,
        math.sin(2) * 9 + 5,
    ]
    found = [(kind.gate.name, kind.contributions) for kind in loop.back_kinds]
    assert found == [("add", (FIRST, SKIPPED)), ("mul", (FIRST, FIRST)), ("mul", (SKIPPED, MORE))]
    numbers = loop.numbers(RAW, [2.0, 3.0])
    assert loop.gradients(RAW, numbers, 1.0) == [0, pytest.approx(6 * math.sin(2))]
    by_both = Loop(table, [kind != CONSTANT for kind in table.kind])
    assert by_both.gradients(RAW, numbers, 1.0) == pytest.approx([9 * math.cos(2), 6 * math.sin(2)])


def test_nothing_goes_on_from_what_nothing_has_reached() -> None:
    w = Value(0.0)
    table = trace([gates.relu(gates.sqrt(w))], [], [w])
    loop = Loop(table, table.learns)
    assert loop.gradients(EXACT, loop.numbers(EXACT, [0.0]), 1.0) == [None]
    with pytest.raises(ZeroDivisionError):
        loop.gradients(RAW, loop.numbers(RAW, [0.0]), 1.0)


def test_sums_of_any_number_of_terms_share_a_branch() -> None:
    parameters = [Value(float(number)) for number in range(1, 9)]
    sums = [gates.summation(*parameters[:count]) for count in range(3, 9)]
    table = trace([gates.logsumexp(*sums)], [], parameters)
    assert [kind.gate.name for kind in Loop(table, table.learns).kinds] == ["sum", "logsumexp"]
