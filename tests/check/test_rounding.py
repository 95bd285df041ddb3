"""What rounding hides is neither called right nor wrong."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import (
    GATES,
    Value,
    exp,
    gate,
    gradcheck,
    log,
    maximum,
    relu,
    sin,
    softplus,
    sqrt,
    step,
    tanh,
    where,
)
from autograd.check import check_gate
from nn import cross_entropy


def test_what_is_not_finite_is_skipped_and_the_rest_is_checked() -> None:
    x, y = Value(0.0, "x"), Value(2.0, "y")
    report = gradcheck(x.sqrt() + y * y)
    assert report.ok
    assert [(row.name, row.verdict) for row in report.leaves] == [("x", "skipped"), ("y", "ok")]
    assert {row.note for row in report.unchecked} == {"not finite, cannot be checked"}
    assert len(report.unchecked) == 2  # the leaf, and the gate
    assert "1 of 2 leaves checked" in str(report)


def test_what_is_not_finite_hides_no_other_fault() -> None:
    report = gradcheck(lambda x, y: x.sqrt() + y * Value(y.data), [0.0, 2.0])
    assert [row.verdict for row in report.leaves] == ["skipped", "wrong"]


@pytest.mark.parametrize("number", [0.0, -1.0, math.inf, math.nan])
def test_a_report_that_checked_nothing_is_not_ok(number: float) -> None:
    report = gradcheck(Value(number, "x").log() * 2)
    assert not report.ok
    assert report.worst is None
    assert report.guilty is None
    assert "0 of 1 leaves checked, 0 wrong" in str(report)


def test_a_gradient_that_rounding_drowns_is_not_called_right() -> None:
    report = gradcheck((1e20 + Value(2.0, "x")) - 1e20)
    assert [row.verdict for row in report.leaves] == ["cannot tell"]
    assert report.leaves[0].resolution > 1.0
    assert not report.ok


def test_cancellation_in_the_graph_is_allowed_for() -> None:
    assert gradcheck((1e10 + Value(2.0, "x")) - 1e10).ok


def test_a_saturated_graph_passes() -> None:
    assert gradcheck((30 * Value(2.0, "x")).tanh() * 2).ok


LOGITS = [(8.0, 0.5), (40.0, 0.0, -40.0), (0.3, -0.79, -2.29), (100.0, 99.0), (1e3, -1e3), (1e-9, 0.0)]


@pytest.mark.parametrize("logits", LOGITS)
def test_cross_entropies_pass_however_sure(logits: tuple[float, ...]) -> None:
    for target in range(len(logits)):
        report = gradcheck(cross_entropy([Value(x) for x in logits], target))
        assert report.ok, report
        assert {row.verdict for row in report.leaves} == {"ok"}


def test_a_gate_is_as_blurred_as_its_largest_part() -> None:
    z = Value(50.0, "z")  # max(z, 0) is 50, and log1p(exp(-50)) 2e-22
    assert gradcheck(softplus(z) - z).leaves[0].verdict == "ok"  # it is as good as 0, and so it is told
    assert gradcheck(1e10 * (softplus(z) - z)).leaves[0].verdict == "cannot tell"
    assert gradcheck(1e10 * softplus(z)).leaves[0].verdict == "ok"
    y = Value(3.0, "y")
    (row,) = gradcheck(1e10 * (softplus(50.0) - 50.0) + y * y).leaves  # it is not y that rounding blurs
    assert row.verdict == "ok"
    assert row.resolution < 1e-9


def test_the_gradient_itself_may_be_lost_to_rounding() -> None:
    x = Value(1e-10, "x")
    (row,) = gradcheck((exp(x) - 1) / x).leaves  # 1e10 - 1e10, of which 0.5 should be left
    assert row.verdict == "cannot tell"
    assert row.resolution >= row.error
    (row,) = gradcheck((exp(Value(0.01)) - 1) / Value(0.01, "x")).leaves[1:]
    assert row.verdict == "ok"


def test_a_detour_is_seen_beside_a_cancellation() -> None:
    report = gradcheck(lambda x, y: (exp(x) - 1) / x + y * Value(y.data), [1e-10, 3.0])
    assert [row.verdict for row in report.leaves] == ["cannot tell", "wrong"]
    assert "no gate is guilty" in str(report)


#: How near x is to a tie, x, the slope there, and a number beside which the tie is hidden.
NEAR_TIES = [
    (5.552291483525248e-10, -2.0057342235337647, 24.645812558373162, 1786454.74012054),
    (6.521940692565678e-10, 1.0897151873307962, 144591.47481412254, 44395635400.830376),
    (4.8995059649763455e-06, 0.974183841013379, 1601.3505505199462, 1707316059686.9985),
]


@pytest.mark.parametrize("large", [1e10, 1e12, 1e14, 1e16, 1e18, 1e20, 1e30])
def test_a_bend_that_noise_hides_is_no_fault(large: float) -> None:
    """Wide steps see nothing but noise, or the slopes far from a bend, and narrow ones nothing at all."""
    for x in (-5e-12, 7e-10, 1e-7, 0.3):
        v = Value(x, "v")
        at_x = 1e9 * (v - x)
        bends = [abs(v).log(), 1 / v, sqrt(abs(v)), softplus(1e10 * v), relu(1e9 * v), sin(1e6 * v)]
        bends += [softplus(at_x + 1), relu(at_x + 8), maximum(at_x + 3, 1.0), sqrt(at_x + 1e-3)]
        for bend in bends:
            report = gradcheck(bend + large)
            assert all(row.verdict != "wrong" for row in report.leaves), report
    for near, at, slope, hidden in NEAR_TIES:
        v = Value(at, "v")
        report = gradcheck(maximum(slope * v, slope * (at - near)) + hidden)
        assert all(row.verdict != "wrong" for row in report.leaves), report
    (row,) = gradcheck(lambda x: x * Value(x.data) + large, [3.0]).leaves
    assert row.verdict == ("wrong" if large <= 1e12 else "cannot tell")


def test_a_rule_in_python_s_math_is_tried_near_its_operands() -> None:
    """What its parts are, it does not tell; how its values scatter, it does."""
    surprise = gate(
        "surprise",
        forward=lambda m, *z: math.log(sum(math.exp(x) for x in z)) - z[0],
        backward=lambda m, upstream, out, *z: tuple(
            upstream * (math.exp(x) / sum(math.exp(y) for y in z) - (x == z[0])) for x in z
        ),
    )
    for logits in LOGITS[:4]:
        rows = check_gate(surprise, logits)
        assert {row.verdict for row in rows} == {"ok"}
    assert {row.verdict for row in check_gate(surprise, [-math.inf])} == {"skipped"}
    z = Value(2.0, "z")
    sqrt_of = gate(
        "sqrt_of",
        forward=lambda m, x: math.sqrt(x),
        backward=lambda m, upstream, out, x: (upstream * 0.5 / math.sqrt(x),),
    )
    assert gradcheck(sqrt_of((z + 1e10) - 1e10)).ok
    assert gradcheck(sqrt_of((z + 1e20) - 1e20 + 4)).leaves[0].verdict == "cannot tell"
    ratio = gate(
        "ratio",
        forward=lambda m, a, b: a / b,
        backward=lambda m, upstream, out, a, b: (upstream / b, -upstream * out / b),
    )
    x = Value(1e-10, "x")
    assert gradcheck(ratio(exp(x) - 1, x)).leaves[0].verdict == "cannot tell"  # a is off by more than an ulp
    cube = gate(
        "cube", forward=lambda m, x: math.pow(x, 3), backward=lambda m, upstream, out, x: (upstream * x,)
    )
    assert gradcheck(cube((z + 1e10) - 1e10)).guilty is not None


def test_a_path_not_taken_is_checked_as_such() -> None:
    for x in (-1.0, -1e-10, -1e10):
        v = Value(x, "x")
        for pole in (sqrt(v), log(v), v**-0.5):
            report = gradcheck(where(step(v), pole, 0.0 * v))
            assert report.leaves[0].verdict == "ok", report
            assert report.guilty is None
    report = gradcheck(maximum(Value(0.0, "x").log(), Value(1.0, "y")))
    assert [(row.name, row.verdict) for row in report.leaves] == [("x", "ok"), ("y", "ok")]
    tie = Value(1.0, "x")
    assert gradcheck(maximum(tie, tie) * relu(log(tie) - 1)).ok


# -- random graphs ----------------------------------------------------------------------------------

UNARY = ("tanh", "sin", "sigmoid", "softplus", "neg", "exp", "relu", "abs")
BINARY = ("add", "sub", "mul", "div")
SIZES = st.builds(lambda x, e: x * 10.0**e, st.floats(-2, 2), st.integers(-12, 12))


@settings(max_examples=60)
@given(st.data(), st.lists(SIZES, min_size=2, max_size=3))
def test_no_right_graph_is_called_wrong(data: st.DataObject, numbers: list[float]) -> None:
    """Large, small and cancelling ones."""
    nodes = [Value(x, f"x{i}") for i, x in enumerate(numbers)]
    for _ in range(data.draw(st.integers(1, 8))):
        rule = GATES[data.draw(st.sampled_from(UNARY + BINARY))]
        nodes.append(rule(*[data.draw(st.sampled_from(nodes)) for _ in rule.operand_names]))
        if data.draw(st.booleans()):
            large = data.draw(SIZES)
            nodes.append((nodes[-1] + large) - large)
    report = gradcheck(nodes[-1])
    assert report.guilty is None, report
    kinked = any(row.verdict == "kink" for row in report.gates)
    assert kinked or all(row.verdict != "wrong" for row in report.leaves), report


@settings(max_examples=30)
@given(st.floats(-2, 2), st.floats(1, 1e25), st.sampled_from([1e-6, -2.0, 1.0, -1.0]))
def test_a_wrong_gate_is_named_whatever_cancels_elsewhere(x: float, large: float, share: float) -> None:
    cube = gate(
        "cube",
        forward=lambda m, x: x * x * x + x,
        backward=lambda m, upstream, out, x: (upstream * (3 * x * x + 1) * (1 + share),),
    )
    v = Value(x, "x")
    report = gradcheck(tanh(cube(v)) + ((v + large) - large) + (softplus(v * large) - v * large))
    assert report.guilty is not None
    assert report.guilty.gate is cube
    assert [row.gate for row in report.gates if row.verdict == "wrong"] == [cube]
