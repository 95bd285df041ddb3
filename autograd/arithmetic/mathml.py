"""A symbol written as MathML, which browsers show without a script or a font of ours."""

from __future__ import annotations

from html import escape

from autograd.arithmetic.notation import ATOM, BINDING, PYTHON_NAMES, binding, number_text
from autograd.arithmetic.symbols import Symbol
from autograd.text import legible

SIGNS = {"*": "⋅", "-": "−", "<=": "≤", ">=": "≥", "==": "=", "!=": "≠"}


def token(element: str, text: str) -> str:
    """One MathML token, such as <mi>x</mi>; nothing in the text is markup."""
    return f"<{element}>{escape(legible(text), quote=False)}</{element}>"


def row(*parts: str) -> str:
    """Several parts side by side, as one."""
    return f"<mrow>{''.join(parts)}</mrow>"


def sign(text: str) -> str:
    """An operator: a sign, a bracket, a comma."""
    return token("mo", SIGNS.get(text, text))


def number_mathml(x: float, digits: int = 6) -> str:
    """A number in MathML.

    >>> number_mathml(0.5), number_mathml(float("-inf"))
    ('<mn>0.5</mn>', '<mrow><mo>−</mo><mi>∞</mi></mrow>')
    """
    if x < 0:
        return row(sign("-"), number_mathml(-x, digits))
    if x != x or x == float("inf"):
        return token("mi", "nan" if x != x else "∞")
    mantissa, _, exponent = number_text(x, digits).partition("e")
    if not exponent:
        return token("mn", mantissa)
    power = f"<msup><mn>10</mn>{number_mathml(int(exponent))}</msup>"
    return row(token("mn", mantissa), sign("*"), power)


def as_mathml(symbol: Symbol) -> str:
    """The symbol as one MathML element, to stand inside <math>.

    >>> x, y = Symbol.name("x"), Symbol.name("<y>")
    >>> as_mathml((x + y) / x)
    '<mfrac><mrow><mi>x</mi><mo>+</mo><mi>&lt;y&gt;</mi></mrow><mi>x</mi></mfrac>'
    """

    def inside(argument: Symbol, at_least: int) -> str:
        written = as_mathml(argument)
        return row(sign("("), written, sign(")")) if binding(argument) < at_least else written

    operation, arguments = symbol.operation, symbol.arguments
    if operation == "name":
        return token("mi", arguments[0])
    if operation == "number":
        return number_mathml(arguments[0])
    if operation == "neg":
        return row(sign("-"), inside(arguments[0], BINDING["*"]))
    if operation == "/":
        return f"<mfrac>{as_mathml(arguments[0])}{as_mathml(arguments[1])}</mfrac>"
    if operation == "**":
        return f"<msup>{inside(arguments[0], ATOM)}{as_mathml(arguments[1])}</msup>"
    if operation == "sqrt":
        return f"<msqrt>{as_mathml(arguments[0])}</msqrt>"
    if operation == "abs":
        return row(sign("|"), as_mathml(arguments[0]), sign("|"))
    if operation == "floor":
        return row(sign("⌊"), as_mathml(arguments[0]), sign("⌋"))
    if operation == "exp":
        return f"<msup><mi>e</mi>{as_mathml(arguments[0])}</msup>"
    if operation == "where":
        return _cases(*map(as_mathml, arguments))
    if operation == "&":
        return row(inside(arguments[0], BINDING["&"]), "<mspace width='0.4em'/><mtext>and</mtext>"
                   "<mspace width='0.4em'/>", inside(arguments[1], BINDING["&"] + 1))  # fmt: skip
    if operation in BINDING:
        left, right = arguments
        tight = BINDING[operation]
        return row(inside(left, tight), sign(operation), inside(right, tight + 1))
    shown = arguments[:1] if operation == "heaviside" else arguments  # the step at 0 is always 1
    operands = sign(",").join(map(as_mathml, shown))
    return row(token("mi", PYTHON_NAMES.get(operation, operation)), sign("("), operands, sign(")"))


def _cases(condition: str, chosen: str, other: str) -> str:
    rows = ((chosen, condition), (other, "<mtext>otherwise</mtext>"))
    table = "".join([f"<mtr><mtd>{value}</mtd><mtd>{when}</mtd></mtr>" for value, when in rows])
    return row(sign("{"), f"<mtable>{table}</mtable>")
