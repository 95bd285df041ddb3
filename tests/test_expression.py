"""Expressions to graphs: what is allowed, what is refused, and where an error points."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import topological_order
from autograd.expression import FUNCTIONS, MAX_LENGTH, ExpressionError, number_of, parse
from autograd.gates import GATES
from autograd.syntax import suggestion
from autograd.value import Value

XY = {"x": 2.0, "y": 3.0}


def error_of(source: str, values: Mapping[str, float] = XY) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        parse(source, values)
    return caught.value


# -- graphs -------------------------------------------------------------------------------------


def test_the_network_of_lecture_000() -> None:
    parsed = parse(
        """
            z1 = w11*x1 + w12*x2; z2 = w21*x1 + w22*x2   # pre-activations
            f = u1*relu(z1) + u2*relu(z2)
        loss = (y - f)**2
        """,
        {"x1": 1, "x2": 1, "w11": -0.9, "w12": 0.9, "w21": 0, "w22": 0.9, "u1": -0.9, "u2": 0.9, "y": 1},
    )
    parsed.root.backward()
    assert parsed.assigned["f"].data == pytest.approx(0.81)
    assert parsed.root.data == pytest.approx(0.0361)
    assert parsed.leaves["w22"].grad == pytest.approx(-0.342)
    assert parsed.leaves["u2"].grad == pytest.approx(-0.342)
    assert list(parsed.leaves) == ["w11", "x1", "w12", "x2", "w21", "w22", "u1", "u2", "y"]
    assert list(parsed.assigned) == ["z1", "z2", "f", "loss"]
    assert [name for name, node in parsed.assigned.items() if node.label != name] == []
    assert [name for name, node in parsed.leaves.items() if node.label != name] == []
    assert parsed.root is parsed.assigned["loss"]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("x - y - 1", -2.0),
        ("x ** y ** 0.5", 2.0**3.0**0.5),
        ("-x**2 + y", -1.0),
        ("+x * -y", -6.0),
        ("(x + y) / 0x10 * 1_0", 3.125),
        ("max(x, y) + minimum(x, y) * 2", 7.0),
        ("abs(-x) + absolute(y)", 5.0),
        ("sum(x, y, 1) + summation(x, y)", 11.0),
        ("pow(x, y) + power(x, 2)", 12.0),
        ("where(step(x - y), x, y)", 3.0),
        ("leaky_relu(-x) + leaky_relu(-y, 0.1)", -0.32),
        ("x * y / 0", math.inf),
        ("x * tanh(0) + y", 3.0),
        ("x + \\\n y", 5.0),
        ("exp = exp(x - 2); exp * y", 3.0),
    ],
)
def test_computes_as_python_would(source: str, wanted: float) -> None:
    assert parse(source, XY).root.data == pytest.approx(wanted)


def test_every_gate_can_be_called_by_both_its_names() -> None:
    assert set(GATES) <= set(FUNCTIONS)
    assert {"maximum", "minimum", "absolute", "power", "summation"} <= set(FUNCTIONS)


def test_a_name_is_one_node_however_often_it_is_used() -> None:
    parsed = parse("h = x*x; h*h + h", {"x": 3})
    assert [node.label for node in topological_order(parsed.root)] == ["x", "h", "", ""]


def test_a_name_assigned_a_number_is_a_leaf() -> None:
    parsed = parse("w = 2 * 3; w * x", {"x": 5})
    parsed.root.backward()
    assert (parsed.leaves["w"].data, parsed.leaves["w"].grad) == (6.0, 5.0)
    assert list(parsed.leaves) == ["w", "x"]
    only = parse("x = 2")
    assert only.root is only.leaves["x"]


def test_names_are_normalised_as_python_does() -> None:
    parsed = parse("µ * ﬁ", {"μ": 2, "fi": 3})  # micro sign and mu; the ligature and its letters
    assert list(parsed.leaves) == ["μ", "fi"]
    assert "two values" in str(error_of("μ", {"μ": 1, "µ": 2}))


def test_values_may_be_infinite() -> None:
    assert math.isnan(parse("x - y", {"x": math.inf, "y": math.inf}).root.data)


@given(st.recursive(
    st.sampled_from(["x", "y", "2", "0.5"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda t: f"-{t}"),
        inner.map(lambda t: f"tanh({t})"),
    ),
    max_leaves=20,
))  # fmt: skip
def test_agrees_with_the_operators_of_value(source: str) -> None:
    source = f"{source} + 0*x + 0*y"
    x, y = Value(2.0), Value(3.0)
    wanted = eval(source, {"x": x, "y": y, "tanh": GATES["tanh"]})
    wanted.backward()
    parsed = parse(source, XY)
    parsed.root.backward()
    assert parsed.root.data == wanted.data
    assert (parsed.leaves["x"].grad, parsed.leaves["y"].grad) == (x.grad, y.grad)


# -- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "words", "line", "column"),
    [
        ("x +", "missing after +", 1, 4),
        ("(x + y", "never closed", 1, 1),
        ("h = x*y\n   tahn(h)", "no function tahn; did you mean tanh?", 2, 4),
        ("x*y + what(x)", "there are abs, absolute, add", 1, 7),
        ("tanh(x, y)", "takes 1 operand(s), got 2", 1, 1),
        ("sum() + x*y", "at least 1", 1, 1),
        ("x + q*r", "no value is given for q and r", 1, 5),
        ("x * tanh", "tanh is a function, write tanh(...)", 1, 5),
        ("x = y", "x is assigned here and also given a value", 1, 1),
        ("h = x*y; h = h + 1; h", "assigned twice, first in line 1", 1, 10),
        ("a = b + x; b = y*2", "b is used before it is assigned", 1, 5),
        ("a = x; a*y", "a would be a second name for x", 1, 1),
        ("a = x*y; b = +a", "b would be a second name for a", 1, 10),
        ("h = x*2; x*y", "h does not reach the last statement", 1, 1),
        ("x*2; x*y", "is lost", 1, 1),
        ("x.data * y", "no attributes", 1, 1),
        ("y * x.tanh()", "no attributes", 1, 5),
        ("x[0] * y", "no indexing", 1, 1),
        ("x * 'y'", "not allowed", 1, 5),
        ("x * f'{y}'", "not allowed", 1, 5),
        ("x * b'y'", "not allowed", 1, 5),
        ("x * True", "not allowed", 1, 5),
        ("x * 2j", "as in 2*j", 1, 5),
        ("x < y", "comparison", 1, 1),
        ("x if y else 1", "where(condition, a, b)", 1, 1),
        ("x and y", "not allowed", 1, 1),
        ("x ^ y", "write **", 1, 1),
        ("x @ y", "arrays", 1, 1),
        ("x // y", "not allowed", 1, 1),
        ("~x + y", "not allowed", 1, 1),
        ("lambda: x", "not allowed", 1, 1),
        ("(z := x) * y", ":=", 1, 2),
        ("z += x", "assigned once", 1, 1),
        ("a = b = x*y", "not allowed", 1, 1),
        ("a, b = x, y", "not allowed", 1, 1),
        ("leaky_relu(x, slope=y)", "by position", 1, 1),
        ("sum(*x)", "not allowed", 1, 5),
        ("sum(x for x in y)", "not allowed", 1, 4),
        ("x(y)", "needs its *", 1, 1),
        ("2(x + y)", "needs its *", 1, 1),
        ("__import__(x)", "no function __import__", 1, 1),
        ("import os", "not allowed", 1, 1),
        ("def f(): pass", "not allowed", 1, 1),
        ("x * 1e999", "too large", 1, 5),
        ("x * 0x" + "f" * 1000, "too large", 1, 5),
        ("x * " + "9" * 10_000, "too many digits", 1, 1),
        ("x\0y", "'\\x00' is not a text character", 1, 2),
        ("x + \udcff", "'\\udcff' is not a text character", 1, 5),
        ("é = x*y;  é ^ 2", "write **", 1, 11),
        ("1if x else y", "where(", 1, 1),
        ("x * '\\d'", "not allowed", 1, 5),
    ],
)  # fmt: skip
def test_refused_with_its_place(source: str, words: str, line: int, column: int) -> None:
    error = error_of(source)
    assert words in str(error)
    assert (error.line, error.column) == (line, column)
    message = str(error).split("\n")
    assert message[1] == f"  line {line}, column {column}:"
    assert message[3].strip() == "^"


@pytest.mark.parametrize(
    ("source", "values", "words"),
    [
        ("", XY, "empty"),
        (" \n # a comment only", XY, "empty"),
        ("x + 1", XY, "does not use y"),
        ("x + y1", {"x": 1, "y1": 2, "y11": 3}, "does not use y11, which has a value; did you mean y1?"),
        ("2 + 3", {}, "nothing to differentiate: this is the number 5"),
        ("x", {"lambda": 1, "x": 1}, "Python keyword"),
        ("x", {"a b": 1, "x": 1}, "'a b' is not a name"),
        ("+" * (MAX_LENGTH + 1), XY, "100,000 characters"),
        ("x" * 10_000_000, XY, "100,000 characters"),
    ],
)
def test_refused_as_a_whole(source: str, values: dict[str, float], words: str) -> None:
    assert words in str(error_of(source, values))


@pytest.mark.parametrize(
    "source",
    ["(" * 1000 + "x" + ")" * 1000, "-" * 50_000 + "x", "**".join(["x"] * 20_000), "not " * 20_000 + "x",
     "+".join(["x"] * 40_000), "x" + ".a" * 40_000, "x" + "()" * 40_000, "tanh(" * 1000 + "x" + ")" * 1000],
)  # fmt: skip
def test_deep_nesting_is_a_clear_error(source: str) -> None:
    assert "nested" in str(error_of(source, {"x": 1}))


def test_a_long_sum_is_no_matter_of_recursion() -> None:
    assert parse("+".join(["x"] * 2000), {"x": 1}).root.data == 2000


def test_the_caret_is_under_the_fault() -> None:
    error = error_of("\n    h = x*y\n    h + q   # q?\n")
    assert str(error).split("\n")[1:] == ["  line 3, column 9:", "    h + q   # q?", "        ^"]
    message = str(error_of("x*y" + " + y" * 100 + " + q" + " + y" * 100))
    shown, caret = message.split("\n")[2:]
    assert shown[caret.index("^")] == "q"
    assert len(shown) < 80


def test_python_warns_of_nothing(recwarn: pytest.WarningsRecorder) -> None:
    for source in ["1if x else y", "'\\d' * x"]:
        error_of(source)
    assert not recwarn.list


def test_wrong_types() -> None:
    with pytest.raises(TypeError, match="an expression is a str, got a bytes"):
        parse(b"x")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"the value of x: .*'2' of type str"):
        parse("x", {"x": "2"})  # type: ignore[dict-item]


@given(st.text(alphabet="xy01 .+-*/()=;#\n'\\,:[]^tanh²·−|!", max_size=30))
def test_any_text_is_a_graph_or_an_expression_error(source: str) -> None:
    with suppress(ExpressionError):
        assert isinstance(parse(source, XY).root, Value)


@pytest.mark.parametrize(
    ("source", "number"),
    [("1/3", 1 / 3), ("-2**2", -4.0), ("a = 2; 3*sqrt(4)", None), ("x", None), ("", None)],
)
def test_the_number_of_an_expression_without_names(source: str, number: float | None) -> None:
    if number is not None:
        assert number_of(source) == number
        return
    with pytest.raises(ExpressionError):
        number_of(source)


def test_suggestion_of_nothing() -> None:
    assert suggestion("zzz", ["tanh"]) == ""
