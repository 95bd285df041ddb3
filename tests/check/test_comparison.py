"""One gate by itself: right local derivatives pass, wrong ones are caught."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import GATES, Gate, Value, choose, detach, exp, floor, gate, gradcheck, rint
from autograd.check import check_gate
from nn import softmax


def verdicts(rule: Gate, *operands: float) -> list[str]:
    return [row.verdict for row in check_gate(rule, operands)]


# -- right gates --------------------------------------------------------------------------------

POSITIVE_ONLY = ("log", "log1p", "sqrt", "pow")
SLOPES = [rule for rule in GATES.values() if rule is not detach]  # whose gradient is no slope, on purpose
every_slope = pytest.mark.parametrize("rule", SLOPES, ids=lambda rule: rule.name)


@every_slope
@settings(max_examples=30)
@given(hundredths=st.lists(st.integers(1, 300), min_size=3, max_size=3, unique=True), negative=st.booleans())
def test_every_gate_passes_over_ordinary_operands(rule: Gate, hundredths: list[int], negative: bool) -> None:
    sign = -0.01 if negative and rule.name not in POSITIVE_ONLY else 0.01
    operands = [sign * (x + 0.5) for x in hundredths[: None if rule.variadic else len(rule.operand_names)]]
    if rule is choose:  # beside a whole number its output is nan
        assert verdicts(rule, float(hundredths[0] % 3), *operands) == ["skipped", "ok", "ok", "ok"]
    else:
        assert set(verdicts(rule, *operands)) == {"ok"}


@pytest.mark.parametrize(
    ("name", "operands"),
    [
        ("log", (1e-300,)),
        ("log", (1e200,)),
        ("sqrt", (1e-300,)),
        ("exp", (1e-300,)),
        ("exp", (700.0,)),
        ("sin", (1606.852279569444,)),
        ("sin", (1e12,)),
        ("tanh", (15.0,)),
        ("cos", (1e-300,)),
        ("tanh", (18.0,)),
        ("tanh", (-800.0,)),
        ("sigmoid", (800.0,)),
        ("softplus", (-30.0,)),
        ("relu", (1e-300,)),
        ("mul", (1e200, 3.0)),
        ("div", (1e200, 1e200)),
        ("max", (1.0, 1.0 + 1e-9)),
        ("pow", (0.0, 2.0)),
        ("logsumexp", (-0.79, -0.88, -2.29)),  # the output is nearly 0, and its rounding that of 0.79
    ],
)
def test_right_gates_pass_at_extreme_operands(name: str, operands: tuple[float, ...]) -> None:
    assert set(verdicts(GATES[name], *operands)) == {"ok"}


@pytest.mark.parametrize(("name", "x"), [("sin", 1e20), ("cos", 1e200)])
def test_where_floats_are_too_sparse_for_differences_nothing_is_claimed(name: str, x: float) -> None:
    assert verdicts(GATES[name], x) == ["skipped"]


def test_the_numbers_of_a_comparison_are_those_of_the_gate() -> None:
    a, b = check_gate(GATES["mul"], [2.0, 3.0])
    assert (a.name, a.analytic, a.index) == ("a", 3.0, 0)
    assert (b.name, b.analytic, b.index) == ("b", 2.0, 1)
    assert a.numeric == pytest.approx(3.0, rel=1e-12)
    assert a.error < 1e-11
    assert [row.name for row in check_gate(GATES["sum"], [1.0, 2.0])] == ["terms[0]", "terms[1]"]
    names = [row.name for row in check_gate(choose, [1.0, 2.0, 3.0])]
    assert names == ["index", "options[0]", "options[1]"]


def test_check_gate_wants_numbers() -> None:
    with pytest.raises(TypeError, match="exp takes a real number, got 'a'"):
        check_gate(exp, ["a"])  # type: ignore[list-item]


# -- how small a fault is seen --------------------------------------------------------------------

ORDINARY: dict[str, tuple[float, ...]] = {
    "pow": (1.3, 2.7), "where": (1.0, 0.7, -0.4), "choose": (1.0, 0.7, -0.4), "leaky_relu": (-0.7, 0.3),
}  # fmt: skip


def off_by(rule: Gate, place: int, share: float) -> Gate:
    """The gate, wrong by that share of its derivative by one operand."""

    def backward(m: Any, upstream: Any, out: Any, *operands: Any) -> tuple[Any, ...]:
        contributions = list(rule.backward(m, upstream, out, *operands))
        if contributions[place] is not None:
            contributions[place] = contributions[place] * (1 + share)
        return tuple(contributions)

    return Gate(rule.name, forward=rule.forward, backward=backward)


@every_slope
def test_an_error_of_a_millionth_is_seen_in_every_gate(rule: Gate) -> None:
    default = (0.7, -0.4, 1.1) if rule.variadic else (0.7, -0.4)[: len(rule.operand_names)]
    operands = ORDINARY.get(rule.name, default)
    seen = 0
    for place, row in enumerate(check_gate(rule, operands)):
        if rule is choose and row.name == "index":
            continue
        assert row.verdict == "ok"
        assert row.resolution <= 1e-8
        if row.analytic:  # else there is nothing to be off by a share of
            found = check_gate(off_by(rule, place, 1e-6), operands)
            assert [each.index for each in found if each.verdict == "wrong"] == [place]
            seen += 1
    assert seen or rule.name in ("step", "floor", "round")


@pytest.mark.parametrize("number", [100.3, 1000.3, -4097.7, 1e6 + 0.3, 1e12 + 0.25])
@pytest.mark.parametrize("rule", [floor, rint])
def test_over_whole_numbers_a_staircase_is_still_flat(rule: Gate, number: float) -> None:
    assert verdicts(rule, number) == ["ok"]
    assert gradcheck(lambda x: rule(x) * x, [number]).ok


def test_detach_sends_nothing_on_purpose() -> None:
    assert verdicts(detach, 2.0) == ["skipped"]
    assert gradcheck(lambda a, b: softmax([a, b])[0], [1.0, -2.0]).ok


@pytest.mark.parametrize(
    ("name", "operands", "place", "smallest"),
    [  # the smallest relative error that is seen: the tolerance, or what rounding leaves to be seen
        ("exp", (700.0,), 0, 1e-6),
        ("exp", (-700.0,), 0, 1e-6),
        ("log", (1e-300,), 0, 1e-6),
        ("log", (1e200,), 0, 1e-6),
        ("sqrt", (1e-300,), 0, 1e-6),
        ("sin", (1606.852279569444,), 0, 1e-6),
        ("sin", (1e12,), 0, 1e-3),  # the operand is rounded to 1e-4
        ("mul", (1e200, 3.0), 0, 1e-6),
        ("mul", (1e-150, 1e-150), 1, 1e-6),
        ("div", (1e200, 1e200), 1, 1e-6),
        ("tanh", (10.0,), 0, 1e-4),
        ("tanh", (15.0,), 0, 1.0),  # 1 - tanh(15) is 2e-13
        ("sigmoid", (-700.0,), 0, 1e-6),
        ("sigmoid", (20.0,), 0, 1e-3),
        ("softplus", (-700.0,), 0, 1e-6),
        ("add", (1e10, 1.0), 1, 0.01),
        ("logsumexp", (8.0, 0.5, -3.0), 2, 1e-6),
        ("logsumexp", (30.0, 0.0), 1, 10.0),  # a gradient of 1e-13
    ],
)
def test_how_small_an_error_is_seen_at_extreme_operands(
    name: str, operands: tuple[float, ...], place: int, smallest: float
) -> None:
    rule = GATES[name]
    assert {row.verdict for row in check_gate(rule, operands)} == {"ok"}
    row = check_gate(off_by(rule, place, smallest), operands)[place]
    assert row.verdict == "wrong"
    assert row.resolution < smallest * abs(row.analytic)


def test_what_is_less_wrong_than_the_resolution_is_not_called_right() -> None:
    row = check_gate(off_by(GATES["add"], 1, 1.0), [1e20, 1.0])[1]
    assert (row.analytic, row.numeric, row.verdict) == (2.0, 0.0, "cannot tell")
    assert row.resolution > 1e4
    assert "backward gives 2, the differences give 0, and rounding alone may put them " in row.note


def test_a_power_of_a_negative_base() -> None:
    assert [row.verdict for row in check_gate(GATES["pow"], [-3.0, 3.0])] == ["ok", "skipped"]


def test_a_rule_that_raises_is_skipped_and_says_so() -> None:
    half = gate(
        "half",
        forward=lambda m, x: math.sqrt(x),
        backward=lambda m, upstream, out, x: (upstream * 0.5 / out,),
    )
    (row,) = check_gate(half, [0.0])
    assert row.verdict == "skipped"
    assert "its rule raises ZeroDivisionError" in str(row)
    assert gradcheck(GATES["where"](0.0, half(Value(0.0, "x")), Value(2.0, "y"))).ok  # a path not taken
    detour = gradcheck(lambda x: GATES["where"](0.0, half(x), x + 1) * Value(x.data - 3.0), [0.0])
    assert [row.verdict for row in detour.leaves] == ["wrong"]
