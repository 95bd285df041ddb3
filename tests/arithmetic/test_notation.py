"""Symbols written out: brackets where they are needed and only there, LaTeX that is LaTeX."""

from __future__ import annotations

import pytest

import autograd.arithmetic.symbols as m
from autograd.arithmetic.notation import (
    as_latex,
    as_text,
    escape_latex,
    escape_operator,
    number_latex,
    number_text,
)
from autograd.arithmetic.symbols import Symbol

x, y, z = (Symbol.name(name) for name in "xyz")
rate = Symbol.name("rate")


@pytest.mark.parametrize(
    ("symbol", "text", "latex"),
    [
        (x + y + z, "x + y + z", "x + y + z"),
        (x + (y + z), "x + (y + z)", r"x + \left(y + z\right)"),
        (x - y - z, "x - y - z", "x - y - z"),
        (x - (y - z), "x - (y - z)", r"x - \left(y - z\right)"),
        (x - (y + z), "x - (y + z)", r"x - \left(y + z\right)"),
        ((x + y) * z, "(x + y) * z", r"\left(x + y\right) \cdot z"),
        (x * y + z, "x * y + z", r"x \cdot y + z"),
        (x / (y * z), "x / (y * z)", r"\frac{x}{y \cdot z}"),
        (x / (y / z), "x / (y / z)", r"\frac{x}{\frac{y}{z}}"),
        ((x / y) * z, "x / y * z", r"\frac{x}{y} \cdot z"),
        ((x**y) ** z, "(x**y)**z", r"\left(x^{y}\right)^{z}"),
        (x ** (y**z), "x**y**z", "x^{y^{z}}"),
        ((-x) ** y, "(-x)**y", r"\left(-x\right)^{y}"),
        (-(x**y), "-x**y", "-x^{y}"),
        (x**-y, "x**(-y)", "x^{-y}"),
        (-(x + y), "-(x + y)", r"-\left(x + y\right)"),
        (-(x * y), "-(x * y)", r"-x \cdot y"),
        (Symbol.of(-2.0) ** x, "(-2)**x", r"\left(-2\right)^{x}"),
        (x + 1e-12, "x + 1e-12", r"x + 1 \cdot 10^{-12}"),
        (Symbol.of(1e-12) ** x, "(1e-12)**x", r"\left(1 \cdot 10^{-12}\right)^{x}"),
        (m.exp(x + y), "exp(x + y)", "e^{x + y}"),
        (m.sqrt(x), "sqrt(x)", r"\sqrt{x}"),
        (abs(x - y), "abs(x - y)", r"\left|x - y\right|"),
        (m.tanh(x) ** 2, "tanh(x)**2", r"\tanh\left(x\right)^{2}"),
        (m.sign(x), "sign(x)", r"\operatorname{sign}\left(x\right)"),
        (m.maximum(x, y), "max(x, y)", r"\max\left(x, y\right)"),
        (m.minimum(x, y), "min(x, y)", r"\min\left(x, y\right)"),
        (m.max((x, y, z)), "max(x, y, z)", r"\max\left(x, y, z\right)"),
        (m.norm((x, y)), "sqrt(x**2 + y**2)", r"\sqrt{x^{2} + y^{2}}"),
        (m.floor(x), "floor(x)", r"\left\lfloor x \right\rfloor"),
        (m.rint(x), "round(x)", r"\operatorname{round}\left(x\right)"),
        (m.heaviside(x, 1.0), "step(x)", r"\operatorname{step}\left(x\right)"),
        (Symbol("softplus", x), "softplus(x)", r"\operatorname{softplus}\left(x\right)"),
        (Symbol("my_gate", x), "my_gate(x)", r"\operatorname{my\_gate}\left(x\right)"),
        (rate * x, "rate * x", r"\text{rate} \cdot x"),
        (Symbol.name("y_hat", r"\hat{y}") * x, "y_hat * x", r"\hat{y} \cdot x"),
        (
            m.where(x <= 0, 0.0, y),
            "0 if x <= 0 else y",
            r"\begin{cases} 0 & x \le 0 \\ y & \text{otherwise} \end{cases}",
        ),
        (
            m.where((x == 0) & (y >= 0), 0.0, z),
            "0 if x == 0 and y >= 0 else z",
            r"\begin{cases} 0 & x = 0 \text{ and } y \ge 0 \\ z & \text{otherwise} \end{cases}",
        ),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)  # fmt: skip
def test_text_and_latex(symbol: Symbol, text: str, latex: str) -> None:
    assert as_text(symbol) == text
    assert as_latex(symbol) == latex


def test_a_choice_inside_an_expression_has_brackets() -> None:
    chosen = m.where(x < 0, y, z)
    assert as_text(chosen * 2) == "(y if x < 0 else z) * 2"
    assert as_text(m.where(x > 1, x, chosen)) == "x if x > 1 else y if x < 0 else z"
    assert as_text(m.where(x > 1, chosen, x)) == "(y if x < 0 else z) if x > 1 else x"


@pytest.mark.parametrize(
    ("number", "text", "latex"),
    [
        (2.0, "2", "2"),
        (-0.0, "0", "0"),
        (1 / 3, "0.333333", "0.333333"),
        (-1.5, "-1.5", "-1.5"),
        (1e200, "1e+200", r"1 \cdot 10^{200}"),
        (2.5e-7, "2.5e-07", r"2.5 \cdot 10^{-7}"),
        (float("inf"), "inf", r"\infty"),
        (float("-inf"), "-inf", r"-\infty"),
        (float("nan"), "nan", r"\mathrm{nan}"),
    ],
)
def test_numbers(number: float, text: str, latex: str) -> None:
    assert number_text(number) == text
    assert number_latex(number) == latex


def test_digits_are_as_many_as_asked_for() -> None:
    assert number_text(1 / 3, 3) == "0.333"
    assert number_latex(1.23456e-9, 3) == r"1.23 \cdot 10^{-9}"


@pytest.mark.parametrize(
    ("label", "escaped"),
    [
        ("w", "w"),
        ("w1", r"\text{w1}"),
        ("σ", r"\text{σ}"),
        ("", r"\text{}"),
        ("a_b", r"\text{a\_b}"),
        ("50% & $5 #1", r"\text{50\% \& \$5 \#1}"),
        ("{x}^~", r"\text{\{x\}\textasciicircum{}\textasciitilde{}}"),
        (r"\input{secret}", r"\text{\textbackslash{}input\{secret\}}"),
        ("two\n\nlines", r"\text{two lines}"),
    ],
)
def test_nothing_in_a_label_is_a_latex_command(label: str, escaped: str) -> None:
    assert escape_latex(label) == escaped
    assert as_latex(Symbol.name(label)) == escaped


def test_nothing_in_an_operators_name_is_a_latex_command() -> None:
    assert escape_operator("my_gate2") == r"my\_gate2"
    assert escape_operator("a}{\\b") == r"a\_\_\_b"
