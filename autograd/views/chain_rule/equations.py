"""Prose and equations, each written in three notations: text, LaTeX and HTML with MathML."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from autograd.arithmetic.mathml import as_mathml, number_mathml, row, sign, token
from autograd.arithmetic.notation import (
    BINDING,
    as_latex,
    as_text,
    binding,
    escape_latex,
    number_latex,
    number_text,
)
from autograd.arithmetic.symbols import Symbol
from autograd.text import isolated, legible

PROSE_WIDTH = 80
TIMES = {"·": r"\cdot", "×": r"\times"}


class Written(NamedTuple):
    """One piece of mathematics in three notations; a leading minus sign is kept apart."""

    text: str
    latex: str
    mathml: str
    negative: bool = False

    @property
    def signed(self) -> Written:
        """The minus sign, if any, put in front."""
        if not self.negative:
            return self
        return Written(f"-{self.text}", f"-{self.latex}", row(sign("-"), self.mathml))

    @property
    def bracketed(self) -> Written:
        return Written(
            f"({self.text})", rf"\left({self.latex}\right)", row(sign("("), self.mathml, sign(")"))
        )


def name_symbol(name: str) -> Symbol:
    """A node's name as a symbol."""
    return Symbol.name(isolated(name), escape_latex(name))


def whole(symbol: Symbol) -> Written:
    """A symbol that stands alone."""
    return Written(as_text(symbol), as_latex(symbol), as_mathml(symbol))


def factor(symbol: Symbol, alone: bool = False) -> Written:
    """A symbol as one factor of a product, in brackets where it needs them."""
    if alone:
        return whole(symbol)
    if symbol.operation == "neg":
        return factor(symbol.negated)._replace(negative=True)
    if symbol.number is not None:
        return number(symbol.number)
    written = whole(symbol)
    if binding(symbol) >= BINDING["**"]:
        return written
    brackets = written.bracketed
    return written._replace(text=brackets.text) if symbol.operation == "/" else brackets


def number(x: float) -> Written:
    size = -x if x < 0 else x
    return Written(number_text(size), number_latex(size), number_mathml(size), negative=x < 0)


def derivative(of: str, by: str) -> Written:
    """d(of)/d(by), of two names."""
    above, below = name_symbol(of), name_symbol(by)
    fraction = rf"\frac{{\partial {as_latex(above)}}}{{\partial {as_latex(below)}}}"
    quotient = f"<mfrac>{token('mi', '∂' + of)}{token('mi', '∂' + by)}</mfrac>"
    return Written(f"d({as_text(above)})/d({as_text(below)})", fraction, quotient)


def words(text: str) -> Written:
    """Plain words inside an equation."""
    return Written(text, escape_latex(text), token("mi", text))  # beside mtext, + and = get no space


def product(factors: Sequence[Written], times: str) -> Written:
    """The factors, joined by · (for names and formulas) or × (for numbers)."""
    first, *others = factors
    parts = [first, *[one.signed.bracketed if one.negative else one for one in others]]
    return Written(
        f" {times} ".join([part.text for part in parts]),
        f" {TIMES[times]} ".join([part.latex for part in parts]),
        row(sign(times).join([part.mathml for part in parts])),
        first.negative,
    )


def total(terms: Sequence[Written]) -> Written:
    """The terms, joined by + and -."""
    first, *others = terms
    text, latex, markup = first.signed[:3]
    for term in others:
        operator = "-" if term.negative else "+"
        text += f" {operator} {term.text}"
        latex += f" {operator} {term.latex}"
        markup += sign(operator) + term.mathml
    return Written(text, latex, row(markup))


def shown_places(count: int, limit: int) -> list[int]:
    """Which of count parts to show: all of them, or the first and the last if there are too many."""
    if count <= limit:
        return list(range(count))
    return [*range(limit // 2), *range(count - (limit - 1) // 2, count)]


def with_gap(shown: Sequence[Written], count: int, what: str) -> list[Written]:
    """The parts shown, with a note in the middle if some are left out there."""
    if len(shown) == count:
        return list(shown)
    middle = (len(shown) + 1) // 2
    return [*shown[:middle], words(f"({count - len(shown):,} more {what})"), *shown[middle:]]


class Equation(NamedTuple):
    """left = right = right ..., one right side to a line, or all on one."""

    left: Written
    rights: tuple[Written, ...]
    on_one_line: bool = False

    @property
    def text(self) -> str:
        left, *rights = [side.signed.text for side in (self.left, *self.rights)]
        line = " " if self.on_one_line else "\n" + " " * (len(left) + 1)
        return f"{left} = " + f"{line}= ".join(rights)

    @property
    def latex(self) -> str:
        left, *rights = [side.signed.latex for side in (self.left, *self.rights)]
        return f"{left} &= " + (" = " if self.on_one_line else " \\\\\n&= ").join(rights)

    @property
    def html(self) -> str:
        left, *rights = [side.signed.mathml for side in (self.left, *self.rights)]
        lines = [sign("=") + side for side in rights]
        lines = [left + "".join(lines)] if self.on_one_line else [left + lines[0], *lines[1:]]
        return (
            "<p>"
            + "<br/>\n".join([f'<math displaystyle="true">{row(line)}</math>' for line in lines])
            + "</p>"
        )


def equation(left: Written, *rights: Written) -> Equation:
    """left = right = right ..., without sides that repeat the one before."""
    sides = [left, *rights]
    told = [side for before, side in pairwise(sides) if side.signed.text != before.signed.text]
    return Equation(left, tuple(told))


class Prose(NamedTuple):
    """A sentence, or several lines."""

    text: str

    @property
    def latex(self) -> str:
        lines = [part for line in self.text.split("\n") for part in textwrap.wrap(legible(line), PROSE_WIDTH)]
        return " \\\\\n".join([f"&{escape_latex(line)}" for line in lines])

    @property
    def html(self) -> str:
        return f"<p>{html.escape(self.text)}</p>".replace("\n", "<br/>\n")


Block = Prose | Equation


def blocks_as_text(blocks: Iterable[Block]) -> str:
    """Plain text, for a terminal, with empty lines around blocks of several lines."""
    written = ""
    for block in blocks:
        apart = "\n" if "\n" in block.text else ""
        written += f"{apart}{block.text}\n{apart}"
    return written.replace("\n\n\n", "\n\n").strip("\n")


def blocks_as_latex(blocks: Iterable[Block]) -> str:
    """One align* environment, for a slide or a notebook."""
    lines = " \\\\\n".join([block.latex for block in blocks])
    return f"\\begin{{align*}}\n{lines}\n\\end{{align*}}"


def blocks_as_html(blocks: Iterable[Block]) -> str:
    """HTML that needs no script, no style and no network."""
    return "<div>\n" + "\n".join([block.html for block in blocks]) + "\n</div>"
