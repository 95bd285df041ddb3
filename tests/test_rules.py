"""What a gate is: its operands, its formulas, and the mistakes that defining one catches."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from autograd import GATES, Gate, Value, gate, gates
from autograd.arithmetic import floats
from autograd.arithmetic.notation import as_latex, as_text
from autograd.arithmetic.symbols import Symbol
from autograd.formulas import formula, local_derivatives
from autograd.numbers import as_number, is_sequence


def test_defaults_are_filled_in() -> None:
    assert gates.leaky_relu(-2.0) == gates.leaky_relu(-2.0, 0.01) == -0.02
    assert Value(-2.0).leaky_relu().operands == (-2.0, 0.01)
    filled = gates.leaky_relu(Value(-2.0))
    assert filled.operands == (-2.0, 0.01)


@pytest.mark.parametrize(
    ("name", "operands", "message"),
    [
        ("add", (1.0,), r"add\(a, b\) takes 2 operand\(s\), got 1"),
        ("add", (1.0, 2.0, 3.0), r"add\(a, b\) takes 2 operand\(s\), got 3"),
        ("tanh", (), r"tanh\(x\) takes 1 operand\(s\), got 0"),
        ("leaky_relu", (), r"leaky_relu\(x, slope\) takes 2 operand\(s\), got 0"),
        ("leaky_relu", (1.0, 2.0, 3.0), r"got 3"),
        ("sum", (), r"sum\(\*terms\) takes at least 1 operand\(s\), got 0"),
        ("choose", (), r"choose\(index, \*options\) takes at least 2 operand\(s\), got 0"),
        ("choose", (0.0,), r"choose\(index, \*options\) takes at least 2 operand\(s\), got 1"),
    ],
)
def test_the_wrong_number_of_operands_is_named(name: str, operands: tuple[float, ...], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        GATES[name](*operands)
    with pytest.raises(TypeError, match=message):
        GATES[name](*map(Value, operands))


@pytest.mark.parametrize("bad", ["2", None, 1j])
def test_an_operand_that_is_no_number_is_named_with_the_gate(bad: Any) -> None:
    for operands in [(bad, 1.0), (1.0, bad), (Value(1.0), bad), (bad, Value(1.0))]:
        with pytest.raises(TypeError, match=f"^max takes .*of type {type(bad).__name__}$"):
            gates.maximum(*operands)


def test_summation_takes_any_number_of_terms() -> None:
    terms = [Value(float(i)) for i in range(5)]
    total = gates.summation(*terms)
    total.backward()
    assert (total.data, total.inputs) == (10.0, tuple(terms))
    assert [term.grad for term in terms] == [1.0] * 5
    assert gates.summation(7) == 7.0
    assert gates.summation(1, terms[2], 3).inputs == (None, terms[2], None)


def test_repr_names_the_operands() -> None:
    assert repr(gates.leaky_relu) == "<gate leaky_relu(x, slope)>"
    assert repr(gates.choose) == "<gate choose(index, *options)>"


def test_letters_of_a_formula_are_not_those_of_other_operands() -> None:
    shifted = gate(
        "shifted",
        forward=lambda m, a, *terms: a + m.max(terms),
        backward=lambda m, upstream, out, a, *terms: (upstream, *[0.0 for _ in terms]),
    )
    assert as_text(formula(shifted)) == "a + max(b, c)"
    assert as_text(formula(gates.choose)) == "choose(index, a, b, c)"
    assert [as_text(d) for d in local_derivatives(gates.choose)][:2] == ["0", "0 if index != 0 else 1"]
    assert as_latex(formula(gates.choose, *map(Symbol.name, "iab"))) == (
        r"\operatorname{choose}\left(i, a, b\right)"
    )


def test_formula_in_names_of_ones_choice() -> None:
    w, x = Symbol.name("w"), Symbol.name("x")
    assert as_text(formula(gates.mul, w, x)) == "w * x"
    assert [as_text(d) for d in local_derivatives(gates.mul, w, x)] == ["x", "w"]
    [slope] = local_derivatives(gates.tanh, x, out=Symbol.name("h"))
    assert (as_text(slope), as_latex(slope)) == ("1 - h**2", "1 - h^{2}")


def test_a_rule_that_cannot_run_on_symbols_gives_its_derivative_a_name() -> None:
    arctan = gate(
        "arctan",
        forward=lambda m, x: math.atan(x),
        backward=lambda m, upstream, out, x: (upstream / math.fsum((1.0, x * x)),),
    )
    x = Value(1.0)
    arctan(x).backward()
    assert x.grad == 0.5
    assert [as_text(d) for d in local_derivatives(arctan)] == ["d(arctan)/d(x)"]


# -- mistakes -----------------------------------------------------------------------------------


class NoFunction:
    def __call__(self, m: Any, x: Any) -> Any:
        return x


FORWARD = lambda m, x: x * x  # noqa: E731
BACKWARD = lambda m, upstream, out, x: (upstream * 2 * x,)  # noqa: E731


@pytest.mark.parametrize(
    ("name", "forward", "backward", "message"),
    [
        ("my gate", FORWARD, BACKWARD, "name must be an identifier such as 'cube', got 'my gate'"),
        ("", FORWARD, BACKWARD, "must be an identifier"),
        (3, FORWARD, BACKWARD, "must be an identifier such as 'cube', got 3"),
        ("number", FORWARD, BACKWARD, "a gate cannot be named 'number': formulas use that word"),
        ("sq", math.sin, BACKWARD, "gate sq: forward must be a function, got <built-in function sin>"),
        ("sq", NoFunction(), BACKWARD, "gate sq: forward must be a function"),
        ("sq", FORWARD, None, "gate sq: backward must be a function, got None"),
        ("sq", lambda m: 1.0, BACKWARD, "forward must take m and at least one operand"),
        ("sq", lambda: 1.0, BACKWARD, "forward must take m and at least one operand"),
        ("sq", FORWARD, lambda m, upstream, out, x: upstream * 2 * x,
         r"must return a tuple of 1.*\(upstream \* x,\)"),
        ("sq", FORWARD, lambda m, upstream, out, x: [upstream], "must return a tuple of 1"),
        ("sq", FORWARD, lambda m, upstream, out, x: (upstream, upstream), "must return a tuple of 1"),
        ("sq", FORWARD, lambda m, upstream, out, x: None, "must return a tuple of 1.*got None"),
        ("ab", lambda m, a, b: a * b, lambda m, upstream, out, a, b: (b,), "must return a tuple of 2"),
        ("vs", lambda m, *xs: xs[0], lambda m, upstream, out, *xs: (upstream,), "must return a tuple of 2"),
        ("sq", FORWARD, lambda m, upstream, x: (upstream,),
         r"gate sq: a trial .*takes \(m, upstream, out, \*operands\)"),
        ("sq", lambda m, x: m.square(x), BACKWARD, "gate sq: m has no square; did you mean sqrt"),
        ("sq", lambda m, x: None, BACKWARD, "gate sq: forward gave None"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_gate_is_named(name: Any, forward: Any, backward: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        gate(name, forward=forward, backward=backward)


def test_a_gate_for_floats_that_is_not_defined_at_the_trial_operand() -> None:
    acosh = gate(
        "acosh",
        forward=lambda m, x: math.acosh(x),
        backward=lambda m, upstream, out, x: (upstream / math.sqrt(x * x - 1),),
    )
    x = Value(2.0)
    acosh(x).backward()
    assert x.grad == 1 / math.sqrt(3.0)


def test_a_numpy_number_that_a_rule_gives_does_not_get_into_data() -> None:
    double = gate(
        "double",
        forward=lambda m, x: np.float64(2) * x,
        backward=lambda m, upstream, out, x: (2 * upstream,),
    )
    assert type(double(Value(3.0)).data) is float


def test_a_rule_that_gives_no_number_at_some_operand_is_named() -> None:
    odd = gate(
        "odd",
        forward=lambda m, x: None if x == 7 else 1.0 * x,
        backward=lambda m, upstream, out, x: (upstream,),
    )
    with pytest.raises(TypeError, match="odd must give a real number, got None of type NoneType"):
        odd(Value(7.0))


def test_a_gate_of_any_number_of_operands() -> None:
    first = gate(
        "first",
        forward=lambda m, *xs: xs[0],
        backward=lambda m, upstream, out, *xs: (upstream, *[0.0] * (len(xs) - 1)),
    )
    leaves = [Value(1.0), Value(2.0), Value(3.0)]
    first(*leaves).backward()
    assert [leaf.grad for leaf in leaves] == [1.0, 0.0, 0.0]


def test_gate_makes_a_gate_with_its_name_for_a_symbol() -> None:
    square = gate("square", forward=FORWARD, backward=BACKWARD)
    assert isinstance(square, Gate)
    assert (square.name, square.symbol, square.role, square.about) == ("square", "square", "", "")
    assert gate("square", forward=FORWARD, backward=BACKWARD, symbol="²").symbol == "²"


# -- what counts as a number --------------------------------------------------------------------


def test_as_number_says_where_it_was_asked() -> None:
    assert as_number(np.float32(0.5), "here") == 0.5
    with pytest.raises(TypeError, match=r"^here takes .*got 'a' of type str$"):
        as_number("a", "here")


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([1], True), ((), True), (np.zeros(3), True), (np.zeros(0), True), (np.zeros((2, 2)), True),
        (1.0, False), ("ab", False), (b"ab", False), (None, False), (np.float64(1), False),
        (np.array(1.0), False), (Value(1.0), False),
    ],
    ids=repr,
)  # fmt: skip
def test_is_sequence(x: Any, expected: bool) -> None:
    assert is_sequence(x) is expected


WRONG_CONTRIBUTIONS = {
    "too few": lambda terms: (1.0,) * (len(terms) - 1),
    "too many": lambda terms: (1.0,) * (len(terms) + 1),
    "no tuple": lambda terms: 1.0,
    "a list": lambda terms: [1.0] * len(terms),
    "complex": lambda terms: (1j,) * len(terms),
    "an array": lambda terms: (np.ones(2),) * len(terms),
    "a Value": lambda terms: (Value(1.0),) * len(terms),
    "text": lambda terms: ("1",) * len(terms),
}


@pytest.mark.parametrize("wrong", WRONG_CONTRIBUTIONS.values(), ids=WRONG_CONTRIBUTIONS)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_contributions_that_a_trial_cannot_see_to_be_wrong(count: int, wrong: Any) -> None:
    """Right at the trial's operand, 0.5; wrong where it is used. No gradient changes then."""
    rule = gate(
        "rule",
        forward=lambda m, *terms: sum(terms),
        backward=lambda m, upstream, out, *terms: (
            (upstream,) * len(terms) if not isinstance(terms[0], float) else wrong(terms)
        ),
    )
    leaves = [Value(float(place + 1)) for place in range(count)]
    out = rule(*leaves) * 1.0
    with pytest.raises(TypeError, match="gate rule: backward must"):
        out.backward()
    assert [leaf.grad for leaf in leaves] == [0.0] * count


def test_contributions_become_floats() -> None:
    half = gate(
        "half",
        forward=lambda m, x: np.float32(0.5) * x,
        backward=lambda m, upstream, out, x: (np.float32(0.5) * upstream,),
    )
    x = Value(1 / 3)
    y = half(x)
    (y * (1 / 3)).backward()
    assert (type(y.data), type(x.grad)) == (float, float)


def test_a_rule_that_divides_by_zero_is_named() -> None:
    inverse = gate(
        "inverse", forward=lambda m, x: 1 / x, backward=lambda m, upstream, out, x: (-upstream / (x * x),)
    )
    for number in (0.0, Value(0.0)):
        with pytest.raises(ZeroDivisionError, match=r"inverse of \(0.0,\): .*; m.divide\(a, b\)"):
            inverse(number)
    with pytest.raises(ZeroDivisionError, match="gate inverse: backward of"):
        inverse(Value(1e-200)).backward()


@pytest.mark.parametrize("given", ["hello", 1j, None])
def test_a_gate_of_a_number_gives_a_number(given: Any) -> None:
    wrong = gate(
        "wrong",
        forward=lambda m, x: x if m is not floats or x == 0.5 else given,
        backward=lambda m, u, o, x: (u,),
    )
    for number in (2.0, Value(2.0)):
        with pytest.raises(TypeError, match="wrong must give a real number"):
            wrong(number)


@pytest.mark.parametrize(
    ("wrong", "hint"), [("tan", "did you mean tanh"), ("quite_another", "it has divide, power")]
)
def test_a_function_that_no_arithmetic_has_is_named(wrong: str, hint: str) -> None:
    for forward, backward in (
        (lambda m, x: getattr(m, wrong)(x), lambda m, u, o, x: (u,)),
        (lambda m, x: x, lambda m, u, o, x: (u * getattr(m, wrong)(x),)),
    ):
        with pytest.raises(TypeError, match=f"gate g: m has no {wrong}; {hint}"):
            gate("g", forward=forward, backward=backward)
