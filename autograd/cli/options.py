"""The command's arguments: what they are, which go together, and the values among them."""

from __future__ import annotations

import argparse
import io
import math
import sys
from collections.abc import Sequence
from typing import NoReturn

import autograd
from autograd.expression import MAX_LENGTH, number_of
from autograd.syntax import ExpressionError
from autograd.text import brief, quoted

PICTURES = ("svg", "png", "pdf", "dot")
FILES = (*PICTURES, "html")

EPILOG = """\
The expression is one or more statements, on separate lines or between semicolons: numbers,
names, + - * / **, brackets, functions such as tanh(x), and name = ...
A value is a number such as 3, -0.5, 1e-3, 1/3, inf or nan.

examples:
  chalkgrad "y = tanh(w*x + b)" w=0.5 x=2 b=-0.3
  chalkgrad "h = relu(w*x); loss = (y - h)**2" w=0.5 x=2 y=1 --wrt w --svg graph.svg
  chalkgrad "h = relu(w*x); loss = (y - h)**2" w=0.5 x=2 y=1 --step --explain w
  chalkgrad --file model.txt w=0.5 x=2 --json

--json gives one object: root, value, forward (the nodes), backward (what each gate sends to each
of its inputs), gradients (by name), check (ok, report, leaves); with --explain also explanations
(text and latex, by name). JSON has no inf and no nan: they are the strings "inf", "-inf" and "nan".

exit status: 0; 1 if the check against finite differences does not pass, or can check nothing;
2 for bad input, or a file that cannot be read or written; 130 after Ctrl-C; 141 if the reader stopped
"""


class InputError(Exception):
    """Bad input; the message, one short line, says what came and what was wanted."""

    def __init__(self, message: str) -> None:
        super().__init__(brief(message))


class Parser(argparse.ArgumentParser):
    """Argparse, with one message and no usage text."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{brief(message)} (chalkgrad --help shows how to write it)")

    def _print_message(self, message: str, file: object = None) -> None:
        """Print --help and --version; argparse would hide an error of the stream."""
        print(message, end="", flush=True)


def parser() -> Parser:
    """The options, and the text of --help."""
    found = Parser(
        prog="chalkgrad",
        usage='chalkgrad "EXPRESSION" [NAME=VALUE ...] [options]',
        description="Compute an expression, its gradients by backpropagation, and their check, step by step.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    found.add_argument("arguments", nargs="*", metavar="NAME=VALUE", help="the number of each name")
    found.add_argument("--file", metavar="FILE", help="read the expression from FILE; - is standard input")
    found.add_argument("--wrt", metavar="NAME", action="append", default=[], help="only this name's gradient")
    found.add_argument(
        "--explain",
        metavar="NAME",
        action="append",
        default=[],
        help="explain this name's gradient by the chain rule",
    )
    for format in PICTURES:
        found.add_argument(f"--{format}", metavar="FILE", help=f"draw the graph to FILE as {format.upper()}")
    found.add_argument("--html", metavar="FILE", help="write a page that steps through both passes to FILE")
    instead = found.add_mutually_exclusive_group()
    instead.add_argument(
        "--step",
        action="store_true",
        help="step through both passes by key, or print all steps",
    )
    instead.add_argument(
        "--latex",
        action="store_true",
        help="print only the chain rules, those of --explain or --wrt, in LaTeX",
    )
    instead.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    found.add_argument("--version", action="version", version=f"%(prog)s {autograd.__version__}")
    return found


def read_arguments(argv: Sequence[str]) -> argparse.Namespace:
    """The arguments by name. Raises InputError; exits after --help and --version."""
    reader = parser()
    arguments = reader.parse_intermixed_args(expression_marked(argv))
    if arguments.latex and arguments.explain and arguments.wrt:
        reader.error("--latex tells the names of --explain or, without it, those of --wrt: give one of them")
    return arguments


def expression_marked(argv: Sequence[str]) -> list[str]:
    """The arguments, with a space before an expression such as -x**2.

    Argparse takes what begins with a minus for an option unless there is a space in it.
    """
    with_value = {"--file", "--wrt", "--explain", *(f"--{format}" for format in FILES)}
    marked = []
    for before, argument in zip(["", *argv], argv, strict=False):
        is_option = argument in ("-", "-h") or argument.startswith("--") or not argument.startswith("-")
        marked.append(argument if is_option or before in with_value else f" {argument}")
    return marked


def expression_and_values(arguments: argparse.Namespace) -> tuple[str, dict[str, float]]:
    """The expression, from its file if it has one, and the values. Raises InputError."""
    file, given = arguments.file, arguments.arguments
    place = "standard input" if file == "-" else file
    if file is None:
        if not given:
            raise InputError('an expression is wanted, as in: chalkgrad "y = w*x" w=2 x=3')
        return given[0], read_values(given[1:])
    values = read_values(given)
    try:
        if file == "-":
            return standard_input(), values
        with open(file, encoding="utf-8-sig") as text:
            return text.read(MAX_LENGTH + 1), values
    except OSError as error:
        raise InputError(f"{place} could not be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise InputError(f"{place} could not be read: it is not UTF-8 text") from None
    except ValueError as error:  # a name that no file can have
        raise InputError(f"{place} could not be read: {error}") from None


def standard_input() -> str:
    """Standard input, in UTF-8 like a file, and no more of it than an expression may have."""
    if sys.stdin is None:
        raise InputError("standard input could not be read: it is closed")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="strict")
    return sys.stdin.read(MAX_LENGTH + 1)


def read_values(arguments: Sequence[str]) -> dict[str, float]:
    """Each name=value as a number by name. Raises InputError."""
    values: dict[str, float] = {}
    for argument in arguments:
        name, equals, written = argument.partition("=")
        name = name.strip()
        if not equals or not name:
            raise InputError(
                f"name=value is wanted, without spaces, as in x=-0.5; got {quoted(argument)} "
                "(the expression comes first, as one argument in quotes)"
            )
        number = read_number(argument, written)
        if name in values:
            raise InputError(f"{name} is given twice, as {values[name]:g} and as {number:g}")
        values[name] = number
    return values


def read_number(argument: str, written: str) -> float:
    """The number after the = of an argument. Raises InputError."""
    try:
        number = float(written)
    except ValueError:
        try:
            number = number_of(written)
        except ExpressionError as error:
            reason = str(error).partition("\n")[0]
            if not written.strip():
                reason = "it is missing"
            elif "=" in written:
                reason = "each name=value is a separate argument, with one ="
            raise InputError(
                f"{quoted(argument)}: a value is a number such as -0.5, 1e-3 or 1/3; {reason}"
            ) from None
    if math.isinf(number) and "inf" not in written.lower():
        raise InputError(f"{quoted(argument)}: this number is too large for a float; infinity is written inf")
    return number
