"""What to write instead, for people who know mathematics but not Python yet."""

from __future__ import annotations

import ast
import keyword
import math
import re
import unicodedata
from collections.abc import Collection, Iterator

ALLOWED = "allowed are numbers, names, + - * / **, brackets, functions such as tanh(x), and name = ..."

#: For what Python can read and an expression does not have.
INSTEAD: dict[type[ast.AST], str] = {
    ast.BitXor: "^ is not a power here: write **",
    ast.BitOr: "| is not allowed: for |x| write abs(x)",
    ast.MatMult: "@ is for arrays: write each product, and their sum",
    ast.Eq: "== compares: to assign write =, as in y = w*x; to compare write step, maximum, minimum or where",
    ast.Compare: "a comparison is not a number: write step(a - b), maximum, minimum or where",
    ast.IfExp: "a branch would leave the graph: write where(condition, a, b)",
    ast.Attribute: "there are no attributes here: write tanh(x), not x.tanh()",
    ast.Subscript: "there is no indexing here: name each number, as in w11; choose(i, a, b) picks one",
    ast.NamedExpr: ":= is not allowed: write name = ... as a separate statement",
    ast.AugAssign: "a name is assigned once: write new = old + ...",
    ast.Tuple: "a comma stands only between a function's operands; a decimal point is a dot, as in 0.5",
}

#: Functions that are not gates here, or have another name.
OTHER_FUNCTIONS = {
    "ln": "log(x)", "log2": "log(x)/log(2)", "log10": "log(x)/log(10)", "square": "x**2", "sqr": "x**2",
    "tan": "sin(x)/cos(x)", "sinh": "(exp(x) - exp(-x))/2", "cosh": "(exp(x) + exp(-x))/2",
    "softmax": "exp(a - logsumexp(a, b))", "heaviside": "step(x)",
    "logistic": "sigmoid(x)", "sigma": "sigmoid(x)", "σ": "sigmoid(x)",
}  # fmt: skip

LONGEST = 30  # letters in the first of two names that were run together

_PI = f"write {math.pi} for it"
#: Names that mean a number elsewhere.
OTHER_NAMES = {
    "pi": _PI, "π": _PI, "e": "write exp(x) for e**x",
    "inf": "assign it to a name, as in x=inf", "nan": "assign it to a name, as in x=nan",
}  # fmt: skip

#: Typographic signs, and what to type instead.
SIGNS = {"×": "*", "·": "*", "⋅": "*", "∙": "*", "∗": "*", "÷": "/", "∕": "/", "−": "-", "–": "-", "—": "-",
         "√": "sqrt(x)", "∑": "sum(a, b, c)", "Σ": "sum(a, b, c)", "½": "1/2", "¼": "1/4"}  # fmt: skip

_NUMBER = r"0[xX][0-9a-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?"
_TOKEN = re.compile(rf"(?P<number>{_NUMBER})|(?P<name>[^\W\d]\w*)|\*\*|//|[^\s]")


def for_function(name: str) -> str:
    """The hint for a name that is not a function's; "" if there is none."""
    return f": write {OTHER_FUNCTIONS[name]}" if name in OTHER_FUNCTIONS else ""


def for_name(name: str, known: Collection[str], functions: Collection[str]) -> str:
    """The hint for a name that has no value; "" if there is none.

    >>> for_name("sinx", ["x"], ["sin"])
    ': for the function write sin(x)'
    """
    if name in functions:
        return f": {name} is a function, write {name}(...)"
    if name in OTHER_NAMES:
        return f": {OTHER_NAMES[name]}"
    if "·" in name:
        return ": · is written * here"
    for place in range(1, min(len(name), LONGEST)):
        first, second = name[:place], name[place:]
        if second in known and first in functions:
            return f": for the function write {first}({second})"
        if second in known and first in known:
            return f": for the product write {first}*{second}"
    return ""


def for_sign(letter: str) -> str:
    """What to write for a character that no expression may contain.

    >>> for_sign("²")
    '² is written **2 here'
    """
    kind, _, _ = unicodedata.decomposition(letter).partition(" ")
    plain = unicodedata.normalize("NFKC", letter)
    if letter in SIGNS:
        plain = SIGNS[letter]
    elif kind == "<super>":
        plain = f"**{plain}"
    elif not plain.isascii() or plain == letter:
        return f"{letter} means nothing here; {ALLOWED}"
    return f"{letter} is written {plain} here"


def for_syntax(line: str, column: int, python: str, functions: Collection[str]) -> tuple[str, int]:
    """What is wrong with a line that Python cannot read, and in which column, counted from 1.

    column and python are Python's own report: the answer where nothing better is known.

    >>> for_syntax("y = 2x", 5, "invalid decimal literal", [])
    ('an operator is missing between 2 and x: a product needs its *, as in 2*x', 6)
    """
    if python.startswith("invalid character"):
        return for_sign(line[column - 1]), column
    if python.startswith("unterminated string"):
        return f"{line[column - 1]} means nothing here; {ALLOWED}", column
    if python.startswith("cannot assign to"):
        return "only a name can stand before =, as in y = w*x", column
    if not python.startswith(("invalid", "expected", "Missing parentheses")):
        return python, column
    tokens = list(_tokens(line))
    for token in tokens:
        if keyword.iskeyword(token[0]):
            return f"{token[0]} is a Python keyword: choose another name", token.start() + 1
    for before, token, after in zip(tokens, tokens[1:], [*tokens[2:], None], strict=False):
        if (before.lastgroup or before[0] == ")") and token.lastgroup:
            if before[0] in functions:
                message = f"{before[0]} takes its operand in brackets: write {before[0]}(...)"
            elif after and after[0] == "=":
                message = f"a ; is missing before {token[0]}, where the next statement begins"
            else:
                product = "its *" if before[0] == ")" else f"its *, as in {before[0]}*{token[0]}"
                message = (
                    f"an operator is missing between {before[0]} and {token[0]}: a product needs {product}"
                )
            return message, token.start() + 1
    if python != "invalid syntax":
        return python, column
    return _missing(line, column, [token[0] for token in tokens if token.end() < column])


def _tokens(line: str) -> Iterator[re.Match[str]]:
    for token in _TOKEN.finditer(line):
        if token[0] == "#":
            return
        yield token


def _missing(line: str, column: int, before: list[str]) -> tuple[str, int]:
    found = line[column - 1 : column]
    if found == "|":
        return INSTEAD[ast.BitOr], column
    if found == "=":
        return "a name is missing before =" if not before else f"= cannot stand after {before[-1]}", column
    if found.strip() and found not in "*/+-);#":
        return f"{found} means nothing here; {ALLOWED}", column
    if before and before[-1] not in ";":
        return f"a number or a name is missing after {before[-1]}", column
    return f"a number or a name is missing before {found}", column
