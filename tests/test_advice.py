"""What is said to those who write an expression as on paper: what to write instead, and where."""

from __future__ import annotations

import pytest

from autograd.expression import ExpressionError, parse

PRODUCT = "an operator is missing between"


@pytest.mark.parametrize(
    ("source", "words", "column"),
    [
        # products
        ("2x*y", f"{PRODUCT} 2 and x: a product needs its *, as in 2*x", 2),
        ("x y", f"{PRODUCT} x and y: a product needs its *, as in x*y", 3),
        ("x + 3 y", f"{PRODUCT} 3 and y", 7),
        ("x 2 * y", f"{PRODUCT} x and 2", 3),
        ("x/2y", f"{PRODUCT} 2 and y", 4),
        ("x + 1.5e2y", f"{PRODUCT} 1.5e2 and y", 10),
        ("x * 0x", f"{PRODUCT} 0 and x", 6),
        ("x * 2e", f"{PRODUCT} 2 and e", 6),
        ("x * 1.5.2 + y", f"{PRODUCT} 1.5 and .2", 8),
        ("(x + 1)y", f"{PRODUCT} ) and y: a product needs its *", 8),
        ("tanh(x y)", f"{PRODUCT} x and y", 8),
        ("xy", "no value is given for xy: for the product write x*y", 1),
        # functions
        ("tanh x * y", "tanh takes its operand in brackets: write tanh(...)", 6),
        ("y * sinx", "no value is given for sinx: for the function write sin(x)", 5),
        ("y * ln(x)", "there is no function ln: write log(x)", 5),
        ("tan(x) + y", "there is no function tan: write sin(x)/cos(x)", 1),
        ("sigm(x) + y", "there is no function sigm; did you mean sigmoid?", 1),
        ("x * ()", "these brackets are empty", 5),
        # signs
        ("x² + y", "² is written **2 here", 2),
        ("x₁ + y", "₁ is written 1 here", 2),
        ("x × y", "× is written * here", 3),
        ("x·y", "no value is given for x·y: · is written * here", 1),
        ("x − y", "− is written - here", 3),
        ("x + y → x", "→ means nothing here; allowed are numbers", 7),
        ("|x| * y", "for |x| write abs(x)", 1),
        ("y * |x|", "for |x| write abs(x)", 5),
        ("x | y", "for |x| write abs(x)", 1),
        ("x*y!", "! means nothing here", 4),
        ("x' * y", "' means nothing here", 2),
        # numbers
        ("z = 0,5; z*x*y", "a decimal point is a dot, as in 0.5", 5),
        ("2,5*x*y", "a decimal point is a dot, as in 0.5", 1),
        ("x*y*pi", "no value is given for pi: write 3.141592653589793 for it", 5),
        ("e**x + y", "no value is given for e: write exp(x) for e**x", 1),
        ("x*y*inf", "assign it to a name, as in x=inf", 5),
        # = and words
        ("x == y", "== compares: to assign write =", 1),
        ("x != y", "a comparison is not a number", 1),
        ("x*y = 3", "only a name can stand before =", 1),
        ("f(x) = x*y", "only a name can stand before =", 1),
        ("= x*y", "a name is missing before =", 1),
        ("x + = y", "= cannot stand after +", 5),
        ("z =", "a number or a name is missing after =", 4),
        ("x*y +  # why not", "a number or a name is missing after +", 8),
        ("x * / y", "a number or a name is missing after *", 5),
        ("/ x", "a number or a name is missing before /", 1),
        ("x*y;; x", "a number or a name is missing before ;", 5),
        ("a = x b = y*a", "a ; is missing before b, where the next statement begins", 7),
        ("lambda * x", "lambda is a Python keyword: choose another name", 1),
        ("x + in", "in is a Python keyword", 5),
    ],
)  # fmt: skip
def test_what_to_write_instead(source: str, words: str, column: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(source, {"x": 2.0, "y": 3.0})
    message = str(caught.value).split("\n")[0]
    assert words in message
    assert len(message) < 150
    assert (caught.value.line, caught.value.column) == (1, column)


def test_the_place_is_that_in_an_indented_line_and_comments_do_not_count() -> None:
    with pytest.raises(ExpressionError, match=r"between 2 and h") as caught:
        parse("  h = x*y  # a × b, 2x\n   z = 2h", {"x": 2.0, "y": 3.0})
    assert (caught.value.line, caught.value.column) == (2, 9)
