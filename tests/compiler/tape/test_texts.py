"""Texts: what the gates' rules write is what they compute."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autograd import GATES, Gate, gates
from autograd.arithmetic import floats
from autograd.compiler.tape.texts import ARRAYS, EXACT, RAW, Style, Text, is_written
from tests.compiler.graphs import cube
from tests.test_conventions import extreme_operands, same

u, out, x, y = map(Text, ("u", "out", "x", "y"))
WRITTEN = [rule for rule in GATES.values() if is_written(rule, rule.arity or 2)]


def texts(rule: Gate, style: Style) -> list[str]:
    operands = [x, y, Text("z")][: rule.arity or 2]
    return [str(each) for each in (rule.forward(style, *operands), *rule.backward(style, u, out, *operands))]


@pytest.mark.parametrize(
    ("rule", "style", "expected"),
    [
        (gates.mul, RAW, ["(x * y)", "(u * y)", "(u * x)"]),
        (gates.tanh, ARRAYS, ["tanh(x)", "(u * (1 - (out * out)))"]),
        (gates.div, RAW, ["(x / y)", "(u / y)", "((-u) * (out / y))"]),
        (gates.div, EXACT, ["divide(x, y)", "divide(u, y)", "((-u) * divide(out, y))"]),
        (gates.sqrt, ARRAYS, ["sqrt(x)", "divide(u, (2 * out))"]),
        (gates.relu, RAW, ["(x if x > 0.0 or x != x else 0.0)", "(0.0 if (x <= 0) else u)"]),
        (gates.relu, EXACT, ["(x if x > 0.0 or x != x else 0.0)", "(None if (x <= 0) else u)"]),
        (gates.relu, ARRAYS, ["maximum(x, 0.0)", "where((x <= 0), 0.0, u)"]),
        (gates.step, RAW, ["heaviside(x, 1.0)", "None"]),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
def test_a_rule_is_written_as_a_person_would(rule: Gate, style: Style, expected: list[str]) -> None:
    assert texts(rule, style) == expected


def test_what_is_written_and_what_is_called() -> None:
    assert {gates.add, gates.where, gates.maximum, gates.power} < set(WRITTEN)
    assert not is_written(gates.sigmoid, 1), "its exp would be computed twice"
    assert not is_written(gates.arctan2, 2)
    assert not is_written(gates.maximum, 3)
    assert not is_written(cube, 1), "a custom gate: what it does with a text nobody knows"


def test_a_text_refuses_to_choose() -> None:
    with pytest.raises(TypeError, match=r"cannot branch on \(x < 1\)"):
        bool(x < 1)


@pytest.mark.parametrize("rule", WRITTEN, ids=lambda rule: rule.name)
def test_what_is_written_is_what_the_rule_computes(rule: Gate) -> None:
    """At the edges of IEEE 754: exactly, nothing told from 0; as raw text a number that is right, or none."""
    exact, raw = ([compile(text, text, "eval") for text in texts(rule, style)] for style in (EXACT, RAW))
    for operands in extreme_operands(rule):
        made = rule.forward(floats, *operands)
        expected = [made, *rule.backward(floats, 0.75, made, *operands)]
        names = dict(zip("xyz", operands, strict=False)) | {"u": 0.75, "out": made}
        for code, raw_code, number in zip(exact, raw, expected, strict=True):
            found = eval(code, EXACT.names | names)
            assert (found is None) == (number is None)
            assert number is None or same(found, number)
            try:
                found = eval(raw_code, RAW.names | names)
            except (ArithmeticError, ValueError):
                continue
            assert same(found or 0.0, number or 0.0)


@pytest.mark.parametrize("b", [-1.0, -0.5, 0.5, 1.0, 2.0])
def test_powers_on_arrays_by_a_shorter_way(b: float) -> None:
    bases = np.array([0.0, -0.0, 2.0, 1e-300, 1e200, -8.0, math.inf, -math.inf, math.nan])
    with np.errstate(all="ignore"):
        for part in (bases, bases[:4], bases[6:7]):
            found = ARRAYS.names["power"](part, b)
            np.testing.assert_allclose(found, [floats.power(a, b) for a in part.tolist()], rtol=1e-15)
