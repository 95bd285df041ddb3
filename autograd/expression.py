"""An expression such as ``h = tanh(w*x + b); loss = (h - y)**2`` to a graph, without eval.

Python's own parser reads it. What is built from that is only what is listed here: numbers, names,
``+ - * / **``, brackets, calls of gates, and assignments; all else is refused.
"""

from __future__ import annotations

import ast
import difflib
import keyword
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite

from autograd import gates
from autograd.backward import topological_order
from autograd.rules import Gate
from autograd.value import Value

#: The longest expression that is read, in characters.
MAX_LENGTH = 100_000
#: How much of a long line an error message shows.
SHOWN_LENGTH = 70

#: Every gate by its own name and by the name it has in Python: max and maximum, abs and absolute.
FUNCTIONS: dict[str, Gate] = gates.GATES | {
    name: rule for name, rule in vars(gates).items() if isinstance(rule, Gate)
}
OPERATORS: dict[type[ast.AST], Gate] = {
    ast.Add: gates.add, ast.Sub: gates.sub, ast.Mult: gates.mul, ast.Div: gates.div, ast.Pow: gates.power,
}  # fmt: skip
#: What to write instead of what is often written.
ADVICE: dict[type[ast.AST], str] = {
    ast.BitXor: "^ is no power here: write **",
    ast.MatMult: "@ is for arrays: write each product, and their sum",
    ast.Compare: "a comparison is no number: write step(a - b), maximum, minimum or where",
    ast.IfExp: "a branch would leave the graph: write where(condition, a, b)",
    ast.Attribute: "there are no attributes here: write tanh(x), not x.tanh()",
    ast.Subscript: "there is no indexing here: give each number a name of its own, as in w11",
    ast.NamedExpr: ":= is not allowed: write name = ... as a statement of its own",
    ast.AugAssign: "a name is assigned once: write new = old + ...",
}
ALLOWED = "allowed are numbers, names, + - * / **, brackets, functions such as tanh(x), and name = ..."


class ExpressionError(ValueError):
    """What is wrong with an expression; ``line`` and ``column``, from 1, say where, or are None."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


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

    Statements stand on lines of their own or between semicolons; # begins a comment; indentation
    means nothing. The last statement is the root, and everything assigned must reach it. A name
    that is assigned a plain number is a leaf, just as if values had held it.

    One name is one node and one node has one name, which every view shows: neither assigning a
    name twice nor ``a = x``, a second name for x, is allowed. A number written in the expression
    must be finite (1e999 is not); values may hold inf and nan.

    >>> parsed = parse("h = tanh(w*x + b); loss = (h - y)**2", {"w": 0.5, "x": 2, "b": -1, "y": 1})
    >>> parsed.root.backward()
    >>> parsed.root, parsed.leaves["b"].grad
    (Value(1, grad=1, label='loss'), -2.0)

    Raises ExpressionError, a ValueError, for anything else, saying where; TypeError for a source
    that is no str or a value that is no number.
    """
    if not isinstance(source, str):
        raise TypeError(f"an expression is a str, got a {type(source).__name__}")
    if len(source) > MAX_LENGTH:
        raise ExpressionError(f"an expression has at most {MAX_LENGTH:,} characters; this one has more")
    return _Reader(source, _leaves_of({} if values is None else values)).read()


def normal_name(name: str) -> str:
    """The name as Python reads it in a source, where look-alike letters are one (NFKC)."""
    return unicodedata.normalize("NFKC", name)


def suggestion(name: str, known: Iterable[str]) -> str:
    """What to add to a message about an unknown name: the closest known one, if any is close.

    >>> suggestion("tahn", ["tanh", "exp"])
    '; did you mean tanh?'
    """
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _leaves_of(values: Mapping[str, float]) -> dict[str, Value]:
    leaves: dict[str, Value] = {}
    for written, number in values.items():
        name = normal_name(written)
        if not name.isidentifier() or keyword.iskeyword(name):
            reason = "is a word of Python's own" if keyword.iskeyword(name) else "is not a name such as w11"
            raise ExpressionError(f"{written!r} {reason} and cannot be given a value")
        if name in leaves:
            raise ExpressionError(f"{name} is given two values")
        try:
            leaves[name] = Value(number, label=name)
        except TypeError as error:
            raise TypeError(f"the value of {name}: {error}") from None
    return leaves


def _operands(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.BinOp(left=left, right=right):
            return [left, right]
        case ast.UnaryOp(operand=operand):
            return [operand]
        case ast.Call(args=operands):
            return operands
    return []


def _inputs_first(tree: ast.expr) -> Iterator[ast.expr]:
    """Every part of the tree after its operands, left to right, however deep the tree is."""
    found: list[ast.expr] = []
    pending = [tree]
    while pending:
        node = pending.pop()
        found.append(node)
        pending.extend(_operands(node))
    return reversed(found)


class _Reader:
    """One expression on its way to a graph."""

    def __init__(self, source: str, given: dict[str, Value]) -> None:
        self.lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self.given = given
        self.leaves: dict[str, Value] = {}
        self.assigned: dict[str, Value] = {}

    def read(self) -> Parsed:
        statements = [self._statement(statement) for statement in self._syntax_tree().body]
        if not statements:
            raise ExpressionError("the expression is empty")
        self.targets = {target.id: target for target, _ in statements if target is not None}
        self._check_names(statements)
        for target, tree in statements:
            result = self._evaluate(tree)
            if target is not None:
                result = self._assign(target, result)
        if not isinstance(result, Value):
            raise self._error(tree, f"there is nothing to differentiate: this is the number {result:g}")
        self._check_use(result)
        return Parsed(result, self.leaves, self.assigned)

    # -- syntax ---------------------------------------------------------------------------------

    def _syntax_tree(self) -> ast.Module:
        for number, line in enumerate(self.lines, 1):
            for column, letter in enumerate(line, 1):
                if letter == "\0" or "\ud800" <= letter <= "\udfff":
                    raise self._error_at(number, column, f"{letter!r} is no character of a text")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse("\n".join(line.strip() for line in self.lines))
        except SyntaxError as error:
            message = error.msg.partition(". ")[0]  # what follows is advice on Python programs
            if message.startswith("Exceeds the limit"):
                message = "a number in this line has too many digits"
            place = min(error.lineno or 1, len(self.lines))
            column = self._indent(place) + max(error.offset or 1, 1)
            raise self._error_at(place, column, message) from None
        except (RecursionError, MemoryError):
            raise ExpressionError("the expression is nested too deeply: assign its parts to names") from None

    def _statement(self, statement: ast.stmt) -> tuple[ast.Name | None, ast.expr]:
        match statement:
            case ast.Expr(value=tree):
                return None, tree
            case ast.Assign(targets=[ast.Name() as target], value=tree):
                return target, tree
        raise self._refusal(statement)

    def _check_names(self, statements: list[tuple[ast.Name | None, ast.expr]]) -> None:
        missing: dict[str, ast.Name] = {}
        for place, (target, tree) in enumerate(statements):
            for node in _inputs_first(tree):
                if isinstance(node, ast.Name) and node.id not in self.given and node.id not in self.targets:
                    missing.setdefault(node.id, node)
            if target is None:
                if place < len(statements) - 1:
                    raise self._error(tree, "what this statement computes is lost: assign it to a name")
            elif target.id in self.given:
                raise self._error(target, f"{target.id} is assigned here and also given a value")
            elif target is not self.targets[target.id]:
                again = self.targets[target.id]
                raise self._error(again, f"{again.id} is assigned twice, first in line {target.lineno}")
        if missing:
            name, first = next(iter(missing.items()))
            function = f" ({name} is a function: write {name}(...))" if name in FUNCTIONS else ""
            raise self._error(first, f"no value is given for {', '.join(missing)}{function}")

    def _check_use(self, root: Value) -> None:
        unused = [name for name in self.given if name not in self.leaves]
        if unused:
            hint = suggestion(unused[0], [*self.leaves, *self.assigned])
            raise ExpressionError(f"the expression does not use {', '.join(unused)}, which has a value{hint}")
        reached = set(topological_order(root))
        for name, node in self.assigned.items():
            if node not in reached:
                raise self._error(self.targets[name], f"{name} does not reach the last statement: remove it")

    # -- the graph ------------------------------------------------------------------------------

    def _assign(self, target: ast.Name, result: Value | float) -> Value:
        name = target.id
        if not isinstance(result, Value):
            result = self.leaves[name] = Value(result)
        elif result.label:
            raise self._error(target, f"{name} would be a second name for {result.label}")
        result.label = name
        self.assigned[name] = result
        return result

    def _evaluate(self, tree: ast.expr) -> Value | float:
        results: list[Value | float] = []
        for node in _inputs_first(tree):
            split = len(results) - len(_operands(node))
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
            case ast.BinOp(op=operator):
                raise self._refusal(node, operator)
            case ast.Call():
                return self._call(node, operands)
        raise self._refusal(node)

    def _number(self, node: ast.expr, written: int | float) -> float:
        try:
            number = float(written)
        except OverflowError:
            number = float("inf")
        if not isfinite(number):
            raise self._error(node, "this number is too large for a float")
        return number

    def _look_up(self, node: ast.Name) -> Value:
        name = node.id
        if name in self.given:
            return self.leaves.setdefault(name, self.given[name])
        if name not in self.assigned:
            raise self._error(node, f"{name} is used before it is assigned")
        return self.assigned[name]

    def _call(self, node: ast.Call, operands: list[Value | float]) -> Value | float:
        if not isinstance(node.func, ast.Name):
            if isinstance(node.func, ast.Attribute):
                raise self._refusal(node.func)
            raise self._error(node, "only a function can be called; a product needs its *")
        name = node.func.id
        if name not in FUNCTIONS:
            if name in self.given or name in self.targets:
                raise self._error(node, f"{name} is no function; a product needs its *")
            hint = suggestion(name, FUNCTIONS) or f"; there are {', '.join(sorted(FUNCTIONS))}"
            raise self._error(node, f"there is no function {name}{hint}")
        if node.keywords:
            raise self._error(node, f"{name} takes its operands by position, without name=")
        try:
            result: Value | float = FUNCTIONS[name](*operands)
        except TypeError as error:  # the number of operands is wrong
            raise self._error(node, str(error)) from None
        return result

    # -- errors ---------------------------------------------------------------------------------

    def _refusal(self, node: ast.AST, operator: ast.AST | None = None) -> ExpressionError:
        advice = ADVICE.get(type(operator or node), f"this is not allowed; {ALLOWED}")
        return self._error(node, advice)

    def _error(self, node: ast.AST, message: str) -> ExpressionError:
        line, offset = node.lineno, node.col_offset  # type: ignore[attr-defined]  # all we are given have them
        before = self.lines[line - 1].strip().encode()[:offset].decode()  # the offset is in bytes
        return self._error_at(line, self._indent(line) + len(before) + 1, message)

    def _indent(self, line: int) -> int:
        return len(self.lines[line - 1]) - len(self.lines[line - 1].lstrip())

    def _error_at(self, line: int, column: int, message: str) -> ExpressionError:
        """The error with the line it is in, or the part of it around the column, and a caret."""
        text = "".join(letter if letter.isprintable() else " " for letter in self.lines[line - 1])
        start = max(column - SHOWN_LENGTH // 2, 0) if len(text) > SHOWN_LENGTH else self._indent(line)
        shown = text[start : start + SHOWN_LENGTH].rstrip()
        caret = " " * (column - 1 - start) + "^"
        return ExpressionError(
            f"{message}\n  line {line}, column {column}:\n    {shown}\n    {caret}", line, column
        )
