"""The text of an expression as Python's syntax tree, and errors that say where in the text they are."""

from __future__ import annotations

import ast
import difflib
import unicodedata
import warnings
from collections.abc import Collection, Iterable, Iterator

from autograd import advice
from autograd.text import brief

SHOWN_LENGTH = 70  # letters of a long line that an error message shows

#: The name that a statement assigns, if it assigns one, and what it computes.
Statement = tuple[ast.Name | None, ast.expr]


class ExpressionError(ValueError):
    """What is wrong with an expression; ``line`` and ``column``, from 1, say where, or are None."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def normal_name(name: str) -> str:
    """The name as Python reads it: look-alike letters are one (NFKC)."""
    return unicodedata.normalize("NFKC", name)


def suggestion(name: str, known: Iterable[str]) -> str:
    """The hint for an unknown name: the closest known one, if any is close.

    >>> suggestion("tahn", ["tanh", "exp"])
    '; did you mean tanh?'
    """
    if len(name) > SHOWN_LENGTH:  # not a typo, and slow to compare
        return ""
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def operands_of(node: ast.AST) -> list[ast.expr]:
    """The parts that a part of the tree computes with."""
    match node:
        case ast.BinOp(left=left, right=right):
            return [left, right]
        case ast.UnaryOp(operand=operand):
            return [operand]
        case ast.Call(args=operands):
            return operands
    return []


def inputs_first(tree: ast.expr) -> Iterator[ast.expr]:
    """Every part of the tree after its operands, left to right, however deep the tree is."""
    found: list[ast.expr] = []
    pending = [tree]
    while pending:
        node = pending.pop()
        found.append(node)
        pending.extend(operands_of(node))
    return reversed(found)


class Source:
    """The text of an expression: its statements, and errors at places in it.

    functions are the names that can be called; errors may mention them.
    """

    def __init__(self, text: str, functions: Collection[str] = ()) -> None:
        self.functions = functions
        self.lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def statements(self) -> list[Statement]:
        """The statements, at least one, each ``name = tree`` or a tree alone. Raises ExpressionError."""
        statements = [self._statement(statement) for statement in self._syntax_tree().body]
        if not statements:
            raise ExpressionError("the expression is empty")
        return statements

    def _syntax_tree(self) -> ast.Module:
        for number, line in enumerate(self.lines, 1):
            for column, letter in enumerate(line, 1):
                if letter == "\0" or "\ud800" <= letter <= "\udfff":
                    raise self._error_at(number, column, f"{letter!r} is not a text character")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse("\n".join(line.strip() for line in self.lines))
        except SyntaxError as error:
            message = error.msg.partition(". ")[0]  # what follows is advice on Python programs
            if message.startswith("Exceeds the limit"):
                message = "a number in this line has too many digits"
            place = min(error.lineno or 1, len(self.lines))
            line = self.lines[place - 1].strip()
            message, column = advice.for_syntax(line, max(error.offset or 1, 1), message, self.functions)
            raise self._error_at(place, self._indent(place) + column, message) from None
        except (RecursionError, MemoryError):
            raise ExpressionError(
                "a statement is too long or nested too deeply: assign parts of it to names"
            ) from None

    def _statement(self, statement: ast.stmt) -> Statement:
        match statement:
            case ast.Expr(value=tree):
                return None, tree
            case ast.Assign(targets=[ast.Name() as target], value=tree):
                return target, tree
        raise self.refusal(statement)

    # -- errors ---------------------------------------------------------------------------------

    def refusal(self, node: ast.AST, operator: ast.AST | None = None) -> ExpressionError:
        """The error for what is not allowed, with what to write instead, if that is known."""
        known = advice.INSTEAD.get(type(operator)) if operator else None
        known = known or advice.INSTEAD.get(type(node), f"this is not allowed; {advice.ALLOWED}")
        return self.error(node, known)

    def error(self, node: ast.AST, message: str) -> ExpressionError:
        """The error at the place of a part of the tree."""
        line, offset = node.lineno, node.col_offset  # type: ignore[attr-defined]  # every node that comes here has them
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
            f"{brief(message)}\n  line {line}, column {column}:\n    {shown}\n    {caret}", line, column
        )
