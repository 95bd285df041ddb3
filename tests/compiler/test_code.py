"""Expressions as the program's text: brackets where Python needs them, and the numbers they give."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.arithmetic.symbols import Symbol
from autograd.compiler import code

x, y, W = Symbol.name("x"), Symbol.name("y"), Symbol.name("W")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (x - (y - 1), "x - (y - 1)"),
        ((x - y) - 1, "x - y - 1"),
        (x / (y * 2), "x / (y * 2)"),
        ((-x) ** 2, "(-x)**2"),
        (-(x**2), "-x**2"),
        ((x**2) ** y, "(x**2)**y"),
        (2 * (x + y), "2 * (x + y)"),
        (Symbol("@", W, x) + y, "W @ x + y"),
        (Symbol("@", W, x + y), "W @ (x + y)"),
        (Symbol("@", code.transposed(W), x), "W.T @ x"),
        (code.transposed(x + y), "(x + y).T"),
        (code.part(x, "[0:2]", 2) * y, "x[0:2] * y"),
        (code.part(x * y, "[0:2]", 2), "(x * y)[0:2]"),
        (code.shaped(x - y, 2, -1), "(x - y).reshape(2, -1)"),
        (code.number(-0.0) * x, "-0.0 * x"),
    ],
)
def test_text(expression: Symbol, expected: str) -> None:
    assert code.text(expression) == expected


def test_a_condition_has_the_brackets_that_python_needs() -> None:
    """& binds tighter than a comparison."""
    text = code.text(code.where((x == 0) & (y >= 1), x, y))
    assert eval(text, {"where": lambda c, a, b: a if c else b, "x": 0.0, "y": 2.0}) == 0.0
    assert eval(text, {"where": lambda c, a, b: a if c else b, "x": 0.5, "y": 2.0}) == 2.0


Expression = tuple[Symbol, float]


def combined(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    def of_two(operation: str, a: Expression, b: Expression) -> Expression:
        apply: dict[str, Any] = {
            "+": lambda u, v: u + v,
            "-": lambda u, v: u - v,
            "*": lambda u, v: u * v,
            "neg": lambda u, v: -u,
            "**": lambda u, v: u**2,
        }
        return apply[operation](a[0], b[0]), apply[operation](a[1], b[1])

    return st.builds(of_two, st.sampled_from(["+", "-", "*", "neg", "**"]), inner, inner)


NUMBERS = {"x": 1.25, "y": -3.0, "z": 0.5}
leaves = st.sampled_from([(Symbol.name(name), number) for name, number in NUMBERS.items()]) | st.sampled_from(
    [(Symbol.of(number), number) for number in (2.0, -1.5, 3.0, 0.1)]
)


@settings(max_examples=300, deadline=None)
@given(st.recursive(leaves, combined, max_leaves=12))
def test_the_text_means_the_expression(expression: Expression) -> None:
    symbol, number = expression
    found = eval(code.text(symbol), {}, dict(NUMBERS))
    assert math.isclose(found, number, rel_tol=1e-9, abs_tol=1e-9) or abs(number) > 1e200


@pytest.mark.parametrize("number", [0.0, -0.0, 1.0, 0.1, 1e-300, 1e300, 123456789.125, -2.5, 1 / 3, 5e-324])
def test_a_number_is_written_with_all_its_digits(number: float) -> None:
    found = float(eval(code.text(code.number(number))))
    assert found == number
    assert math.copysign(1, found) == math.copysign(1, number)


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_numbers_that_are_not_finite_are_names(number: float) -> None:
    text = code.text(code.number(number))
    found = eval(text, {"inf": math.inf, "nan": math.nan})
    assert found == number or (found != found and number != number)


def test_names_in_an_expression() -> None:
    expression = Symbol("@", code.transposed(W), code.where(x <= 0, 0.0, x * y))
    assert set(code.names_in(expression)) == {"W", "x", "y"}
