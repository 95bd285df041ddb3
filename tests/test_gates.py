"""Every gate of the table, against finite differences, IEEE 754, NumPy and its own formula."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import GATES, Gate, Value, choose, detach, maximum
from autograd.arithmetic import floats
from autograd.arithmetic.notation import as_text, number_text
from autograd.arithmetic.symbols import Symbol, parts_of
from autograd.formulas import formula, local_derivatives, operand_names

every_gate = pytest.mark.parametrize("gate", GATES.values(), ids=GATES.keys())

# -- ordinary operands --------------------------------------------------------------------------

MARGIN = 0.25  # what finite differences keep away from kinks, jumps and poles
ANYWHERE = st.floats(-3, 3)
OFF_ZERO = st.floats(MARGIN, 3) | st.floats(-3, -MARGIN)
POSITIVE = st.floats(0.75, 3)
APART = st.tuples(ANYWHERE, OFF_ZERO).map(lambda pair: (pair[0], pair[0] + pair[1]))
THREE_APART = st.permutations((0.0, 1.0, -0.5)).flatmap(
    lambda three: ANYWHERE.map(lambda shift: tuple([each + shift for each in three]))
)
WHOLE = st.integers(-3, 3)

#: Operands at which each gate is smooth. A gate that is not here fails its test.
ORDINARY: dict[str, st.SearchStrategy[tuple[float, ...]]] = {
    "add": st.tuples(ANYWHERE, ANYWHERE),
    "sum": st.tuples(ANYWHERE, ANYWHERE, ANYWHERE),
    "sub": st.tuples(ANYWHERE, ANYWHERE),
    "neg": st.tuples(ANYWHERE),
    "mul": st.tuples(ANYWHERE, ANYWHERE),
    "div": st.tuples(ANYWHERE, POSITIVE | POSITIVE.map(lambda x: -x)),
    "pow": st.tuples(POSITIVE, ANYWHERE),
    "exp": st.tuples(ANYWHERE),
    "expm1": st.tuples(ANYWHERE),
    "logsumexp": st.tuples(ANYWHERE, ANYWHERE, ANYWHERE),
    "log": st.tuples(POSITIVE),
    "log1p": st.tuples(POSITIVE.map(lambda x: x - 1)),
    "sqrt": st.tuples(POSITIVE),
    "sin": st.tuples(ANYWHERE),
    "cos": st.tuples(ANYWHERE),
    "arctan2": st.tuples(ANYWHERE, POSITIVE),
    "norm": st.tuples(ANYWHERE, POSITIVE, ANYWHERE),
    "tanh": st.tuples(ANYWHERE),
    "sigmoid": st.tuples(ANYWHERE),
    "softplus": st.tuples(ANYWHERE),
    "relu": st.tuples(OFF_ZERO),
    "leaky_relu": st.tuples(OFF_ZERO, ANYWHERE),
    "abs": st.tuples(OFF_ZERO),
    "step": st.tuples(OFF_ZERO),
    "floor": st.tuples(st.builds(lambda n, part: n + part, WHOLE, st.floats(MARGIN, 1 - MARGIN))),
    "round": st.tuples(st.builds(lambda n, part: n + part, WHOLE, st.floats(-MARGIN, MARGIN))),
    "detach": st.tuples(ANYWHERE),
    "max": APART | THREE_APART,
    "min": APART | THREE_APART,
    "where": st.tuples(OFF_ZERO, ANYWHERE, ANYWHERE),
    "choose": st.tuples(st.sampled_from([0.0, 1.0, 2.0]), ANYWHERE, ANYWHERE, ANYWHERE),
}


def finite_difference(gate: Gate, operands: tuple[float, ...], place: int) -> float:
    """d(gate)/d(operand) by central differences, extrapolated to step 0 (Richardson)."""

    def f(x: float) -> float:
        return float(gate.forward(floats, *operands[:place], x, *operands[place + 1 :]))

    x, row = operands[place], list[float]()
    for halvings in range(5):
        h = MARGIN / 2 / 2**halvings
        extrapolated = [(f(x + h) - f(x - h)) / (2 * h)]
        for order, coarser in enumerate(row, 1):
            extrapolated.append(extrapolated[-1] + (extrapolated[-1] - coarser) / (4**order - 1))
        row = extrapolated
    return row[-1]


@every_gate
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_local_derivatives_are_those_of_finite_differences(gate: Gate, data: st.DataObject) -> None:
    assert gate.name in ORDINARY, f"gate {gate.name} has no operands here: add it to ORDINARY"
    operands = data.draw(ORDINARY[gate.name])
    upstream = data.draw(st.sampled_from([1.0, -2.5]))
    out = gate.forward(floats, *operands)
    contributions = gate.contributions(upstream, out, *operands)
    assert isinstance(out, float)
    assert type(contributions) is tuple
    assert len(contributions) == len(operands)
    for place, contribution in enumerate(contributions):
        assert type(contribution) is float
        has_none = gate is detach or (gate is choose and place == 0)
        slope = 0.0 if has_none else finite_difference(gate, operands, place)
        expected = upstream * slope
        assert contribution == pytest.approx(expected, rel=1e-9, abs=1e-10), f"operand {place}"


@every_gate
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_backward_is_pure(gate: Gate, data: st.DataObject) -> None:
    """The closure gives the same when called again, and touches nobody's gradient."""
    leaves = [Value(x) for x in data.draw(ORDINARY[gate.name])]
    out = gate(*leaves)
    for node in (*leaves, out):
        node.grad = 17.0
    closure = out.local_backward
    first = closure(1.5)
    for leaf in leaves:
        leaf.data = 99.0
    assert closure(1.5) == first == out.local_backward(1.5)
    assert [node.grad for node in (*leaves, out)] == [17.0] * (len(leaves) + 1)


@every_gate
def test_gate_is_described(gate: Gate) -> None:
    assert GATES[gate.name] is gate
    assert gate.symbol
    assert gate.about.endswith(".")
    assert ". " not in gate.about, "one sentence"
    assert gate.role in ("", "distributor", "switcher", "router")


def test_every_gate_is_in_the_table_and_exported() -> None:
    for module in (autograd, autograd.gates):
        assert {rule for rule in vars(module).values() if isinstance(rule, Gate)} == set(GATES.values())


def test_roles_are_those_of_lecture_004() -> None:
    assert {n: GATES[n].role for n in ("add", "mul", "max")} == {
        "add": "distributor", "mul": "switcher", "max": "router"
    }  # fmt: skip


# -- the formula that is shown ------------------------------------------------------------------

PYTHON_NAMES: dict[str, Any] = {
    name: getattr(floats, name)
    for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "arctan2", "sign", "floor")
} | {
    "abs": abs, "max": max, "min": min, "round": round, "step": lambda x: floats.heaviside(x, 1.0),
    "choose": lambda index, *options: floats.choose(index, options),
}  # fmt: skip

#: Besides ordinary operands: on the kinks and ties, where a formula must take the same side.
KINKS: dict[str, list[tuple[float, ...]]] = {
    "relu": [(0.0,)],
    "leaky_relu": [(0.0, 0.5)],
    "abs": [(0.0,)],
    "step": [(0.0,)],
    "max": [(2.0, 2.0), (2.0, 2.0, 2.0), (2.0, 1.0, 2.0)],
    "min": [(2.0, 2.0), (2.0, 2.0, 2.0), (2.0, 3.0, 2.0)],
    "norm": [(0.0, 0.0, 0.0)],
    "where": [(0.0, 3.0, 5.0)],
    "choose": [(-0.0, 3.0, 5.0, 7.0), (3.0, 3.0, 5.0, 7.0), (0.5, 3.0, 5.0, 7.0)],
    "pow": [(2.0, 0.0), (0.0, 2.0)],
}


def shown_value(formula: Symbol, bound: dict[str, float]) -> float:
    """The formula's text, evaluated as the Python that it is."""
    return float(eval(as_text(formula), PYTHON_NAMES, bound))


def shown_digits(formula: Symbol) -> float:
    """How exact the formula's text is: numbers are shown to 6 digits, which 0.5 needs not and pi does."""
    numbers = [part.number for part in parts_of(formula) if part.number is not None]
    return 1e-12 if all(x == float(number_text(x)) for x in numbers) else 1e-5


@every_gate
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_the_formula_shown_is_the_number_computed(gate: Gate, data: st.DataObject) -> None:
    names = operand_names(gate)
    for operands in (data.draw(ORDINARY[gate.name]), *KINKS.get(gate.name, [])):
        bound = dict(zip(names, operands, strict=False))
        symbols = [Symbol.name(name) for name in bound]
        out = gate.forward(floats, *operands)
        shown = formula(gate, *symbols)
        wanted = pytest.approx(out, rel=shown_digits(shown), abs=1e-14, nan_ok=True)
        assert shown_value(shown, bound) == wanted
        contributions = gate.contributions(1.0, out, *operands)
        for derivative, contribution in zip(local_derivatives(gate, *symbols), contributions, strict=True):
            number = shown_value(derivative, bound | {"out": out})
            expected = pytest.approx(contribution, rel=shown_digits(derivative), abs=1e-14)
            assert number == expected, f"{derivative} at {operands}"


def test_the_formula_of_two_is_one_that_can_be_read() -> None:
    a, b = Symbol.name("a"), Symbol.name("b")
    assert as_text(formula(maximum, a, b)) == "max(a, b)"
    to_a, to_b = local_derivatives(maximum, a, b)
    assert as_text(to_a) == "0 if a < b else 0.5 if a == b else 1"
    assert as_text(to_b) == "0 if b < a else 0.5 if a == b else 1"
