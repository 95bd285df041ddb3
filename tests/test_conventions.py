"""Every gate at the edges: IEEE 754 and the conventions at kinks, ties, nan and infinity."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from autograd import GATES, Gate, Value
from autograd.arithmetic import arrays, floats

inf, nan = math.inf, math.nan

every_gate = pytest.mark.parametrize("gate", GATES.values(), ids=GATES.keys())


# -- extreme operands: IEEE 754 on floats, and the same on NumPy --------------------------------

EXTREME = (
    0.0, 1.0, 0.5, -8.0, 1 / 3, 3.0, 1e-300, -1e-300, 1e200, -1e200, 800.0, -800.0, 5e-324, inf, -inf, nan,
)  # fmt: skip


def same(a: float, b: float) -> bool:
    """Equal, both nan, or apart by a few last digits, which libraries may round differently."""
    return a == b or (a != a and b != b) or math.isclose(a, b, rel_tol=1e-14, abs_tol=1e-322)


def extreme_operands(gate: Gate) -> list[tuple[float, ...]]:
    return list(product(EXTREME, repeat=2 if gate.variadic else len(gate.operand_names)))


@every_gate
def test_floats_and_numpy_agree_on_extreme_operands(gate: Gate) -> None:
    """Without an exception anywhere; forward and backward both."""
    rows = extreme_operands(gate)
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    upstream = np.ones(len(rows))
    with np.errstate(all="ignore"):
        outs = gate.forward(arrays, *columns)
        found = gate.backward(arrays, upstream, outs, *columns)
        contributions = [np.zeros(len(rows)) if each is None else each for each in found]
    for i, operands in enumerate(rows):
        out = gate.forward(floats, *operands)
        assert type(out) is float
        assert same(out, outs[i]), f"{gate.name}{operands}: {out} by floats, {outs[i]} by NumPy"
        # the same out for both: backward is compared here, not the last digit of forward
        mine = gate.contributions(1.0, out, *operands)
        for place, contribution in enumerate(mine):
            assert same(contribution, contributions[place][i]), f"{gate.name}{operands} operand {place}"


CONVENTIONS = [
    # gate, operands, output, contributions for upstream 1
    ("relu", (0.0,), 0.0, (0.0,)),
    ("relu", (5e-324,), 5e-324, (1.0,)),
    ("relu", (-0.0,), 0.0, (0.0,)),
    ("leaky_relu", (0.0, 0.25), 0.0, (0.25, 0.0)),
    ("leaky_relu", (-2.0, 0.25), -0.5, (0.25, -2.0)),
    ("abs", (0.0,), 0.0, (0.0,)),
    ("abs", (-3.0,), 3.0, (-1.0,)),
    ("sqrt", (0.0,), 0.0, (inf,)),
    ("sqrt", (-1.0,), nan, (nan,)),
    ("sqrt", (1e-300,), 1e-150, (5e149,)),
    ("max", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("max", (3.0, 2.0), 3.0, (1.0, 0.0)),
    ("max", (2.0, 2.0, 2.0), 2.0, (1 / 3, 1 / 3, 1 / 3)),
    ("max", (2.0, 1.0, 2.0), 2.0, (0.5, 0.0, 0.5)),
    ("max", (-inf, -inf, -inf), -inf, (1 / 3, 1 / 3, 1 / 3)),
    ("max", (2.0, nan), nan, (1.0, 1.0)),
    ("max", (2.0, nan, 1.0), nan, (1.0, 1.0, 1.0)),
    ("max", (7.0,), 7.0, (1.0,)),
    ("min", (2.0, 3.0, 2.0), 2.0, (0.5, 0.0, 0.5)),
    ("min", (nan, 1.0, 2.0), nan, (1.0, 1.0, 1.0)),
    ("norm", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("norm", (3e200, -4e200), 5e200, (0.6, -0.8)),
    ("norm", (3e-200, -4e-200), 5e-200, (0.6, -0.8)),
    ("norm", (inf, 1.0), inf, (nan, 0.0)),
    ("arctan2", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("arctan2", (1e200, 0.0), math.pi / 2, (0.0, -1e-200)),
    ("log1p", (-1.0,), -inf, (inf,)),
    ("log1p", (1e-300,), 1e-300, (1.0,)),
    ("expm1", (1e-300,), 1e-300, (1.0,)),
    ("expm1", (-inf,), -1.0, (0.0,)),
    ("expm1", (1000.0,), inf, (inf,)),
    ("floor", (-0.5,), -1.0, (0.0,)),
    ("round", (2.5,), 2.0, (0.0,)),
    ("round", (inf,), inf, (0.0,)),
    ("detach", (3.0,), 3.0, (0.0,)),
    ("logsumexp", (0.0, -50.0), math.exp(-50), (1.0, math.exp(-50))),
    ("logsumexp", (-inf, 0.0), 0.0, (0.0, 1.0)),
    ("logsumexp", (inf, 0.0), inf, (nan, 0.0)),
    ("min", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("min", (3.0, 2.0), 2.0, (0.0, 1.0)),
    ("step", (0.0,), 1.0, (0.0,)),
    ("step", (-5e-324,), 0.0, (0.0,)),
    ("step", (7.0,), 1.0, (0.0,)),
    ("where", (0.0, 3.0, 5.0), 5.0, (0.0, 0.0, 1.0)),
    ("where", (1.0, 3.0, 5.0), 3.0, (0.0, 1.0, 0.0)),
    ("where", (1.0, 3.0, nan), 3.0, (0.0, 1.0, 0.0)),
    ("choose", (0.0, 3.0, 5.0), 3.0, (0.0, 1.0, 0.0)),
    ("choose", (-0.0, 3.0, nan), 3.0, (0.0, 1.0, 0.0)),
    ("choose", (1.0, 3.0, 5.0), 5.0, (0.0, 0.0, 1.0)),
    *[
        ("choose", (index, 3.0, 5.0), nan, (0.0, 0.0, 0.0))
        for index in (2.0, -1.0, 0.5, 5e-324, inf, -inf, nan)
    ],
    ("sigmoid", (-800.0,), 0.0, (0.0,)),
    ("sigmoid", (800.0,), 1.0, (0.0,)),
    ("sigmoid", (-700.0,), math.exp(-700), (math.exp(-700),)),
    ("sigmoid", (0.0,), 0.5, (0.25,)),
    ("softplus", (-800.0,), 0.0, (0.0,)),
    ("softplus", (800.0,), 800.0, (1.0,)),
    ("softplus", (-40.0,), math.exp(-40), (math.exp(-40),)),
    ("softplus", (0.0,), math.log(2), (0.5,)),
    ("tanh", (800.0,), 1.0, (0.0,)),
    ("tanh", (1e-300,), 1e-300, (1.0,)),
    ("exp", (1000.0,), inf, (inf,)),
    ("exp", (-1000.0,), 0.0, (0.0,)),
    ("log", (0.0,), -inf, (inf,)),
    ("log", (-1.0,), nan, (-1.0,)),
    ("log", (1e-300,), math.log(1e-300), (1e300,)),
    ("sin", (inf,), nan, (nan,)),
    ("cos", (-inf,), nan, (nan,)),
    ("div", (1.0, 0.0), inf, (inf, -inf)),
    ("div", (-1.0, 0.0), -inf, (inf, inf)),
    ("div", (0.0, 0.0), nan, (inf, nan)),
    ("div", (1e-300, 1e-300), 1.0, (1e300, -1e300)),
    ("div", (1e200, 1e200), 1.0, (1e-200, -1e-200)),
    ("pow", (0.0, 0.0), 1.0, (0.0, 0.0)),
    ("pow", (0.0, 2.0), 0.0, (0.0, 0.0)),
    ("pow", (0.0, 1.0), 0.0, (1.0, 0.0)),
    ("pow", (0.0, -1.0), inf, (-inf, -inf)),
    ("pow", (-8.0, 1 / 3), nan, (nan, nan)),
    ("pow", (-8.0, 2.0), 64.0, (-16.0, nan)),
    ("pow", (-2.0, 3.0), -8.0, (12.0, nan)),
    ("pow", (nan, 0.0), 1.0, (0.0, nan)),
    ("pow", (-1e200, 3.0), -inf, (inf, nan)),
    ("pow", (1e200, 2.0), inf, (2e200, inf)),
    ("mul", (1e200, 1e200), inf, (1e200, 1e200)),
    ("mul", (0.0, inf), nan, (inf, 0.0)),
    ("add", (1e308, 1e308), inf, (1.0, 1.0)),
    ("sub", (inf, inf), nan, (1.0, -1.0)),
]


@pytest.mark.parametrize(
    ("name", "operands", "out", "contributions"), CONVENTIONS, ids=[f"{c[0]}{c[1]}" for c in CONVENTIONS]
)
def test_conventions(
    name: str, operands: tuple[float, ...], out: float, contributions: tuple[float, ...]
) -> None:
    leaves = [Value(x) for x in operands]
    y = GATES[name](*leaves)
    y.backward()
    assert same(y.data, out), y.data
    for leaf, contribution in zip(leaves, contributions, strict=True):
        assert same(leaf.grad, contribution), leaf.grad


#: Where IEEE 754 gives a number in spite of a nan: a choice that does not take it, and x ** 0, 1 ** y.
NAN_IS_NOT_USED = {("where", 0), ("where", 2), ("leaky_relu", 1)}


@every_gate
def test_nan_propagates(gate: Gate) -> None:
    arity = 3 if gate.variadic else len(gate.operand_names)
    for place in range(arity):
        operands = [2.0] * arity
        operands[place] = nan
        out = gate.forward(floats, *operands)
        assert (out != out) is ((gate.name, place) not in NAN_IS_NOT_USED), f"operand {place}"
