"""Arithmetic on symbols: a gate's own rule, run on names, gives its formula.

>>> from autograd import gates
>>> from autograd.arithmetic import symbols
>>> x, h = Symbol.name("x"), Symbol.name("h")
>>> contribution, = gates.tanh.backward(symbols, 1.0, h, x)   # upstream gradient 1
>>> contribution
(1 - (h ** 2))

Only what a reader would do without thinking is simplified: 1 * x is x, 0 * x is 0, a number and
a number make a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import Any, Self

from autograd.arithmetic import floats


class Symbol:
    """An expression: a name, a number, or an operation on expressions.

    ``operation`` is "name", "number", one of + - * / ** neg & < <= > >= == !=, or a function's name.
    """

    __slots__ = ("operation", "arguments")

    operation: str
    arguments: tuple[Any, ...]

    def __init__(self, operation: str, *arguments: Any) -> None:
        self.operation = operation
        self.arguments = arguments

    @classmethod
    def name(cls, text: str, latex: str | None = None) -> Self:
        """A variable, with its LaTeX where that differs from its text."""
        return cls("name", text, latex)

    @classmethod
    def of(cls, x: Symbol | float) -> Symbol:
        """x itself if it is a Symbol already, else x as a number."""
        return x if isinstance(x, Symbol) else cls("number", float(x))

    @property
    def number(self) -> float | None:
        """The value of a symbol that is a plain number, else None."""
        return float(self.arguments[0]) if self.operation == "number" else None

    @property
    def negated(self) -> Symbol:
        """x of a symbol -x."""
        return Symbol.of(self.arguments[0])

    def same_as(self, other: Symbol) -> bool:
        """Whether the two are written alike (== would make a comparison symbol)."""
        if self.operation != other.operation or len(self.arguments) != len(other.arguments):
            return False
        return all(
            a.same_as(b) if isinstance(a, Symbol) and isinstance(b, Symbol) else a is b or bool(a == b)
            for a, b in zip(self.arguments, other.arguments, strict=True)
        )

    def __repr__(self) -> str:
        """As it is built, every operation in brackets; notation.py and mathml.py write it for people."""
        first, *others = self.arguments
        if self.operation in ("name", "number"):
            return f"{first:g}" if self.operation == "number" else str(first)
        if others and not self.operation.isalpha():
            return f"({first} {self.operation} {others[0]})"
        return f"{self.operation}({', '.join(map(str, self.arguments))})"

    def __add__(self, other: Any) -> Symbol:
        a, b = self, Symbol.of(other)
        if a.number == 0:
            return b
        if b.number == 0:
            return a
        if b.operation == "neg":
            return a - b.negated
        return _fold(lambda x, y: x + y, "+", a, b)

    def __sub__(self, other: Any) -> Symbol:
        a, b = self, Symbol.of(other)
        if b.number == 0:
            return a
        if a.number == 0:
            return -b
        return _fold(lambda x, y: x - y, "-", a, b)

    def __mul__(self, other: Any) -> Symbol:
        a, b = self, Symbol.of(other)
        if a.number == 0 or b.number == 0:
            return Symbol.of(0.0)
        if a.number == 1:
            return b
        if b.number == 1:
            return a
        if a.number == -1:
            return -b
        if b.number == -1:
            return -a
        if a.operation == "neg":
            return -(a.negated * b)
        if b.operation == "neg":
            return -(a * b.negated)
        if a is b and a.number is None:  # out * out in a rule; a gate with y on both sides stays y * y
            return Symbol("**", a, Symbol.of(2.0))
        return _fold(lambda x, y: x * y, "*", a, b)

    def __neg__(self) -> Symbol:
        if self.number is not None:
            return Symbol.of(-self.number)
        if self.operation == "neg":
            return self.negated
        if self.operation == "-":
            a, b = self.arguments
            return Symbol("-", b, a)
        return Symbol("neg", self)

    def __abs__(self) -> Symbol:
        return _call("abs", self)

    def __and__(self, other: Any) -> Symbol | bool:
        return Symbol("&", self, other) if isinstance(other, Symbol) else other and self

    def __radd__(self, other: float) -> Symbol:
        return Symbol.of(other) + self

    def __rsub__(self, other: float) -> Symbol:
        return Symbol.of(other) - self

    def __rmul__(self, other: float) -> Symbol:
        return Symbol.of(other) * self

    __rand__ = __and__

    def __truediv__(self, other: Any) -> Symbol:
        return divide(self, other)

    def __rtruediv__(self, other: float) -> Symbol:
        return divide(other, self)

    def __pow__(self, other: Any) -> Symbol:
        return power(self, other)

    def __rpow__(self, other: float) -> Symbol:
        return power(other, self)

    def __lt__(self, other: Any) -> Any:
        return _compare("<", self, other)

    def __le__(self, other: Any) -> Any:
        return _compare("<=", self, other)

    def __gt__(self, other: Any) -> Any:
        return _compare(">", self, other)

    def __ge__(self, other: Any) -> Any:
        return _compare(">=", self, other)

    def __eq__(self, other: object) -> Any:
        return _compare("==", self, other)

    def __ne__(self, other: object) -> Any:
        return _compare("!=", self, other)

    __hash__ = None  # type: ignore[assignment]  # == makes a symbol, so no set could hold us

    def __bool__(self) -> bool:
        raise TypeError(f"a rule cannot branch on the symbol {self}: use m.where(condition, a, b)")


def parts_of(symbol: Symbol) -> Iterator[Symbol]:
    """The symbol and every symbol in it, from left to right; not recursive: it may be deep."""
    waiting = [symbol]
    while waiting:
        part = waiting.pop()
        yield part
        waiting.extend(argument for argument in reversed(part.arguments) if isinstance(argument, Symbol))


def _fold(compute: Any, operation: str, *operands: Symbol) -> Symbol:
    """The operation on the operands, computed at once where they are all numbers."""
    numbers = [operand.number for operand in operands]
    return Symbol(operation, *operands) if None in numbers else Symbol.of(compute(*numbers))


def _compare(operation: str, a: Any, b: Any) -> Any:
    a, b = Symbol.of(a), Symbol.of(b)
    if a.number is not None and b.number is not None:
        x, y = a.number, b.number
        return {"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y, "==": x == y, "!=": x != y}[operation]
    return Symbol(operation, a, b)


def _call(function: str, *operands: Any) -> Symbol:
    compute = abs if function == "abs" else getattr(floats, function)
    return _fold(compute, function, *map(Symbol.of, operands))


def _function(name: str) -> Callable[..., Symbol]:
    return lambda *operands: _call(name, *operands)


exp, log, sqrt, sin, cos, tanh = map(_function, ("exp", "log", "sqrt", "sin", "cos", "tanh"))
arctan2, sign, floor, rint = map(_function, ("arctan2", "sign", "floor", "rint"))
maximum, minimum, heaviside = map(_function, ("maximum", "minimum", "heaviside"))


def expm1(x: Any) -> Symbol:
    return exp(x) - 1  # the same function; only floating point tells them apart


def log1p(x: Any) -> Symbol:
    return log(1 + Symbol.of(x))


def sum(terms: Sequence[Any]) -> Symbol:
    total: Symbol = reduce(lambda a, b: a + b, map(Symbol.of, terms))
    return total


def max(terms: Sequence[Any]) -> Symbol:
    return _fold(lambda *numbers: floats.max(numbers), "max", *map(Symbol.of, terms))


def min(terms: Sequence[Any]) -> Symbol:
    return _fold(lambda *numbers: floats.min(numbers), "min", *map(Symbol.of, terms))


def logsum(terms: Sequence[Any]) -> Symbol:
    return log(sum(terms))


def norm(terms: Sequence[Any]) -> Symbol:
    return sqrt(sum([term * term for term in terms]))


def finite(x: Any) -> Symbol:
    return Symbol.of(x)  # as it mostly is


def stop(condition: Any, gradient: Any) -> Symbol:
    return where(condition, 0.0, gradient)


def where(condition: Any, a: Any, b: Any) -> Symbol:
    chosen, other = Symbol.of(a), Symbol.of(b)
    if not isinstance(condition, Symbol):
        return chosen if condition else other
    return chosen if chosen.same_as(other) else Symbol("where", condition, chosen, other)


def choose(index: Any, options: Sequence[Any]) -> Symbol:
    place, shown = Symbol.of(index), [Symbol.of(each) for each in options]
    if place.number is None:
        return Symbol("choose", place, *shown)
    return Symbol.of(floats.choose(place.number, shown))


def divide(a: Any, b: Any) -> Symbol:
    above, below = Symbol.of(a), Symbol.of(b)
    if below.number == 1:
        return above
    if above.operation == "neg":
        return -divide(above.negated, below)
    return _fold(floats.divide, "/", above, below)


def power(a: Any, b: Any) -> Symbol:
    base, exponent = Symbol.of(a), Symbol.of(b)
    return base if exponent.number == 1 else _fold(floats.power, "**", base, exponent)
