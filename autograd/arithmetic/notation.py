"""A symbol written out: as text (Python's own notation) and as LaTeX."""

from __future__ import annotations

from typing import Any

from autograd.arithmetic.symbols import Symbol
from autograd.numbers import what_came

#: How tightly each operation binds; what is not here is an atom and needs no brackets.
BINDING = {
    "where": 0, "&": 1, "<": 2, "<=": 2, ">": 2, ">=": 2, "==": 2, "!=": 2,
    "+": 3, "-": 3, "*": 4, "/": 4, "neg": 5, "**": 6,
}  # fmt: skip
ATOM = 7
PYTHON_NAMES = {"&": "and", "maximum": "max", "minimum": "min", "heaviside": "step", "rint": "round"}
LATEX_SIGNS = {
    "<=": r"\le", ">=": r"\ge", "==": "=", "!=": r"\ne", "&": r"\text{ and }", "*": r"\cdot",
}  # fmt: skip
LATEX_FUNCTIONS = {
    "exp", "log", "sin", "cos", "tanh", "max", "min",
}  # fmt: skip


def number_text(x: float, digits: int = 6) -> str:
    """A number for people: 6 significant digits, and no digits that say nothing.

    >>> number_text(2.0), number_text(1 / 3), number_text(-0.0), number_text(1e-12)
    ('2', '0.333333', '0', '1e-12')
    """
    return f"{x + 0.0:.{digits}g}"


def number_latex(x: float, digits: int = 6) -> str:
    r"""A number in LaTeX.

    >>> number_latex(1.5e-12), number_latex(float("-inf"))
    ('1.5 \\cdot 10^{-12}', '-\\infty')
    """
    if x != x:
        return r"\mathrm{nan}"
    if x in (float("inf"), float("-inf")):
        return r"\infty" if x > 0 else r"-\infty"
    mantissa, _, exponent = number_text(x, digits).partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa


def escape_latex(text: str) -> str:
    r"""Plain text for LaTeX's math mode: nothing in it is a command.

    >>> escape_latex("50%_{x}"), escape_latex("w")
    ('\\text{50\\%\\_\\{x\\}}', 'w')
    """
    if len(text) == 1 and text.isascii() and text.isalpha():
        return text
    replaced = {
        "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
        "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    }  # fmt: skip
    return r"\text{" + "".join(replaced.get(letter, letter) for letter in " ".join(text.split())) + "}"


def binding(symbol: Symbol) -> int:
    """How tightly the symbol holds together: what is below an operator's own needs brackets there."""
    if symbol.number is not None and (symbol.number < 0 or "e" in number_text(symbol.number)):
        return BINDING["neg"]
    return BINDING.get(symbol.operation, ATOM)


def _check(symbol: Any, function: str) -> None:
    if not isinstance(symbol, Symbol):
        raise TypeError(f"{function} takes a Symbol, as formula(tanh) gives, got {what_came(symbol)}")


def as_text(symbol: Symbol) -> str:
    """The symbol in Python's notation.

    >>> x, y = Symbol.name("x"), Symbol.name("y")
    >>> as_text((x + y) * x - 2 * -y)
    '(x + y) * x - -(2 * y)'
    """
    _check(symbol, "as_text")

    def inside(argument: Symbol, at_least: int) -> str:
        written = as_text(argument)
        return f"({written})" if binding(argument) < at_least else written

    operation, arguments = symbol.operation, symbol.arguments
    if operation == "name":
        return str(arguments[0])
    if operation == "number":
        return number_text(arguments[0])
    if operation == "neg":
        return f"-{inside(arguments[0], BINDING['neg'])}"
    if operation == "where":
        condition, a, b = arguments
        return f"{inside(a, 1)} if {inside(condition, 1)} else {inside(b, 0)}"
    if operation in BINDING:
        left, right = arguments
        tight = BINDING[operation]
        # a - (b - c) and (a ** b) ** c need their brackets, a - b - c and a ** b ** c do not
        left_bound, right_bound = (tight + 1, tight) if operation == "**" else (tight, tight + 1)
        sign = PYTHON_NAMES.get(operation, operation)
        spaced = sign if operation == "**" else f" {sign} "
        return inside(left, left_bound) + spaced + inside(right, right_bound)
    shown = arguments[:1] if operation == "heaviside" else arguments  # the step at 0 is always 1
    return f"{PYTHON_NAMES.get(operation, operation)}({', '.join(map(as_text, shown))})"


def as_latex(symbol: Symbol) -> str:
    r"""The symbol in LaTeX, for math mode.

    >>> x, y = Symbol.name("x"), Symbol.name("y", r"\hat{y}")
    >>> as_latex((x + y) / x)
    '\\frac{x + \\hat{y}}{x}'
    """
    _check(symbol, "as_latex")

    def inside(argument: Symbol, at_least: int) -> str:
        written = as_latex(argument)
        return rf"\left({written}\right)" if binding(argument) < at_least else written

    operation, arguments = symbol.operation, symbol.arguments
    if operation == "name":
        plain, written = arguments
        return escape_latex(plain) if written is None else str(written)
    if operation == "number":
        return number_latex(arguments[0])
    if operation == "neg":
        return f"-{inside(arguments[0], BINDING['*'])}"
    if operation == "/":
        return rf"\frac{{{as_latex(arguments[0])}}}{{{as_latex(arguments[1])}}}"
    if operation == "**":
        base = inside(arguments[0], ATOM)
        return f"{base}^{{{as_latex(arguments[1])}}}"
    if operation == "sqrt":
        return rf"\sqrt{{{as_latex(arguments[0])}}}"
    if operation == "abs":
        return rf"\left|{as_latex(arguments[0])}\right|"
    if operation == "floor":
        return rf"\left\lfloor {as_latex(arguments[0])} \right\rfloor"
    if operation == "exp":
        return f"e^{{{as_latex(arguments[0])}}}"
    if operation == "where":
        condition, a, b = map(as_latex, arguments)
        return rf"\begin{{cases}} {a} & {condition} \\ {b} & \text{{otherwise}} \end{{cases}}"
    if operation in BINDING:
        left, right = arguments
        tight = BINDING[operation]
        return f"{inside(left, tight)} {LATEX_SIGNS.get(operation, operation)} {inside(right, tight + 1)}"
    function = PYTHON_NAMES.get(operation, operation)
    shown = arguments[:1] if operation == "heaviside" else arguments
    command = (
        rf"\{function}" if function in LATEX_FUNCTIONS else rf"\operatorname{{{escape_operator(function)}}}"
    )
    return rf"{command}\left({', '.join(map(as_latex, shown))}\right)"


def escape_operator(name: str) -> str:
    r"""A function's name for \operatorname: letters, digits and underscores only."""
    return "".join(letter if letter.isalnum() else r"\_" for letter in name)
