"""An expression such as ``h = tanh(w*x + b); loss = (h - y)**2`` to a graph, without eval.

Python's parser reads it, but only what is listed here becomes a graph: numbers, names, ``+ - * / **``,
brackets, calls of gates, and assignments; everything else is refused.
"""

from __future__ import annotations

import ast
import keyword
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from autograd import advice, gates
from autograd.backward import topological_order
from autograd.rules import Gate
from autograd.syntax import (
    ExpressionError,
    Source,
    Statement,
    inputs_first,
    normal_name,
    operands_of,
    suggestion,
)
from autograd.text import brief, listed, quoted
from autograd.value import Value

__all__ = ["ExpressionError", "Parsed", "parse"]

#: The longest expression that is read, in characters.
MAX_LENGTH = 100_000

#: Every gate by its name in the table and by its name in Python: max and maximum, abs and absolute.
FUNCTIONS: dict[str, Gate] = gates.GATES | {
    name: rule for name, rule in vars(gates).items() if isinstance(rule, Gate)
}
OPERATORS: dict[type[ast.AST], Gate] = {
    ast.Add: gates.add, ast.Sub: gates.sub, ast.Mult: gates.mul, ast.Div: gates.div, ast.Pow: gates.power,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parsed:
    """The graph of an expression.

    root      the Value of the last statement
    leaves    the Values that no gate made, by name, in order of appearance
    assigned  what each assignment gave, by name, in order
    """

    root: Value
    leaves: dict[str, Value]
    assigned: dict[str, Value]


def parse(source: str, values: Mapping[str, float] | None = None) -> Parsed:
    """The graph of an expression; values holds the number of each name that is not assigned in it.

    Statements stand on separate lines or between semicolons; # begins a comment; indentation
    means nothing. The last statement is the root, and everything assigned must reach it. A name
    that is assigned a plain number is a leaf, just as if it were in values.

    One name is one node and one node has one name, which every view shows: neither assigning a
    name twice nor ``a = x``, a second name for x, is allowed. A number written in the expression
    must be finite (1e999 is not); values may hold inf and nan.

    >>> parsed = parse("h = tanh(w*x + b); loss = (h - y)**2", {"w": 0.5, "x": 2, "b": -1, "y": 1})
    >>> parsed.root.backward()
    >>> parsed.root, parsed.leaves["b"].grad
    (Value(1, grad=1, label='loss'), -2.0)

    Raises ExpressionError, a ValueError, for anything else, saying where; TypeError for a source
    that is not a str or a value that is not a number.
    """
    if not isinstance(source, str):
        raise TypeError(f"an expression is a str, got a {type(source).__name__}")
    if len(source) > MAX_LENGTH:
        raise ExpressionError(f"an expression has at most {MAX_LENGTH:,} characters; this one has more")
    return _Reader(source, _leaves_of({} if values is None else values)).read()


def number_of(source: str) -> float:
    """The number that an expression without names gives.

    >>> number_of("3/4")
    0.75

    Raises ExpressionError for anything else.
    """
    reader = _Reader(source, {})
    result = reader.compute()
    if reader.targets or isinstance(result, Value):
        raise ExpressionError("this is not a number: it contains a name")
    return result


def _leaves_of(values: Mapping[str, float]) -> dict[str, Value]:
    leaves: dict[str, Value] = {}
    for written, number in values.items():
        name = normal_name(written)
        if not name.isidentifier() or keyword.iskeyword(name):
            reason = "is a Python keyword" if keyword.iskeyword(name) else "is not a name such as w11"
            raise ExpressionError(f"{quoted(written)} {reason} and cannot be given a value")
        if name in leaves:
            raise ExpressionError(f"{brief(name)} is given two values")
        try:
            leaves[name] = Value(number, label=name)
        except TypeError as error:
            raise TypeError(f"the value of {name}: {error}") from None
    return leaves


class _Reader:
    """Reads one expression into a graph."""

    def __init__(self, source: str, given: dict[str, Value]) -> None:
        self.source = Source(source, FUNCTIONS)
        self.given = given
        self.leaves: dict[str, Value] = {}
        self.assigned: dict[str, Value] = {}

    def read(self) -> Parsed:
        result = self.compute()
        if not isinstance(result, Value):
            last = self.statements[-1][1]
            raise self.source.error(last, f"there is nothing to differentiate: this is the number {result:g}")
        self._check_use(result)
        return Parsed(result, self.leaves, self.assigned)

    def compute(self) -> Value | float:
        """The result of the last statement."""
        self.statements = self.source.statements()
        self.targets = {target.id: target for target, _ in self.statements if target is not None}
        self._check_names(self.statements)
        for target, tree in self.statements:
            result = self._evaluate(tree)
            if target is not None:
                result = self._assign(target, result)
        return result

    # -- names ----------------------------------------------------------------------------------

    def _check_names(self, statements: list[Statement]) -> None:
        missing: dict[str, ast.Name] = {}
        for place, (target, tree) in enumerate(statements):
            for node in inputs_first(tree):
                if isinstance(node, ast.Name) and node.id not in self.given and node.id not in self.targets:
                    missing.setdefault(node.id, node)
            if target is None:
                if place < len(statements) - 1:
                    raise self.source.error(tree, "what this statement computes is lost: assign it to a name")
            elif target.id in self.given:
                raise self.source.error(target, f"{target.id} is assigned here and also given a value")
            elif target is not self.targets[target.id]:
                again = self.targets[target.id]
                raise self.source.error(again, f"{again.id} is assigned twice, first in line {target.lineno}")
        if missing:
            name, first = next(iter(missing.items()))
            hint = advice.for_name(name, {*self.given, *self.targets}, FUNCTIONS)
            raise self.source.error(first, f"no value is given for {listed(missing)}{hint}")

    def _check_use(self, root: Value) -> None:
        unused = [name for name in self.given if name not in self.leaves]
        if unused:
            hint = suggestion(unused[0], [*self.leaves, *self.assigned])
            raise ExpressionError(
                brief(f"the expression does not use {listed(unused)}, which has a value{hint}")
            )
        reached = set(topological_order(root))
        for name, node in self.assigned.items():
            if node not in reached:
                raise self.source.error(
                    self.targets[name], f"{name} does not reach the last statement: remove it"
                )

    # -- the graph ------------------------------------------------------------------------------

    def _assign(self, target: ast.Name, result: Value | float) -> Value:
        name = target.id
        if not isinstance(result, Value):
            result = self.leaves[name] = Value(result)
        elif result.label:
            raise self.source.error(target, f"{name} would be a second name for {result.label}")
        result.label = name
        self.assigned[name] = result
        return result

    def _evaluate(self, tree: ast.expr) -> Value | float:
        results: list[Value | float] = []
        for node in inputs_first(tree):
            split = len(results) - len(operands_of(node))
            results[split:] = [self._compute(node, results[split:])]
        return results[0]

    def _compute(self, node: ast.expr, operands: list[Value | float]) -> Value | float:
        result: Value | float
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return self._number(node, number)
            case ast.Name():
                return self._look_up(node)
            case ast.UnaryOp(op=ast.UAdd()):
                return operands[0]
            case ast.UnaryOp(op=ast.USub()):
                result = gates.neg(*operands)
                return result
            case ast.BinOp(op=operator) if type(operator) in OPERATORS:
                result = OPERATORS[type(operator)](*operands)
                return result
            case ast.BinOp(op=operator) | ast.Compare(ops=[operator]):
                raise self.source.refusal(node, operator)
            case ast.Call():
                return self._call(node, operands)
            case ast.Tuple(elts=[]):
                raise self.source.error(node, "these brackets are empty")
            case ast.Constant(value=complex()):
                raise self.source.error(
                    node, "this is a complex number in Python: a product needs its *, as in 2*j"
                )
        raise self.source.refusal(node)

    def _number(self, node: ast.expr, written: int | float) -> float:
        try:
            number = float(written)
        except OverflowError:
            number = float("inf")
        if not isfinite(number):
            raise self.source.error(node, "this number is too large for a float")
        return number

    def _look_up(self, node: ast.Name) -> Value:
        name = node.id
        if name in self.given:
            return self.leaves.setdefault(name, self.given[name])
        if name not in self.assigned:
            raise self.source.error(node, f"{name} is used before it is assigned")
        return self.assigned[name]

    def _call(self, node: ast.Call, operands: list[Value | float]) -> Value | float:
        if not isinstance(node.func, ast.Name):
            if isinstance(node.func, ast.Attribute):
                raise self.source.refusal(node.func)
            raise self.source.error(node, "only a function can be called; a product needs its *")
        name = node.func.id
        if name not in FUNCTIONS:
            if name in self.given or name in self.targets:
                raise self.source.error(node, f"{name} is not a function; a product needs its *")
            hint = (
                advice.for_function(name)
                or suggestion(name, FUNCTIONS)
                or f"; there are {', '.join(sorted(FUNCTIONS))}"
            )
            raise self.source.error(node, f"there is no function {name}{hint}")
        if node.keywords:
            raise self.source.error(node, f"{name} takes its operands by position, without name=")
        try:
            result: Value | float = FUNCTIONS[name](*operands)
        except TypeError as error:  # the number of operands is wrong
            raise self.source.error(node, str(error)) from None
        return result
