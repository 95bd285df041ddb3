"""The command ``chalkgrad``: an expression's forward pass, backward pass, gradients and their check.

It exits with 0; with 1 if the check does not pass; with 2 for bad input, with one message on stderr
and no file written. A reader that stops early (``| head``) ends it quietly.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

import autograd
from autograd.expression import MAX_LENGTH, ExpressionError, Parsed, normal_name, parse, suggestion
from autograd.files import write_whole
from autograd.value import Value
from autograd.views import terminal

if TYPE_CHECKING:
    from rich.console import RenderableType

    from autograd.check import Report

PICTURES = ("svg", "png", "pdf", "dot")
NARROWEST = 80  # columns; a narrower terminal breaks the lines itself, and no number is cut
CHECKED = ("name", "analytic", "numeric", "verdict", "note")
INTERRUPTED, BROKEN_PIPE = 130, 141  # 128 + the signal, as a shell reports it of other programs

EPILOG = """\
The expression is one or more statements, on lines of their own or between semicolons: numbers,
names, + - * / **, brackets, functions such as tanh(x), and name = ...
A value is a number such as 3, -0.5, 1e-3, inf or nan.

examples:
  chalkgrad "y = tanh(w*x + b)" w=0.5 x=2 b=-0.3
  chalkgrad "h = relu(w*x); loss = (y - h)**2" w=0.5 x=2 y=1 --wrt w --svg graph.svg
  chalkgrad --file model.txt w=0.5 x=2 --json

--json gives one object: root, value, forward (the nodes), backward (what each gate sends to each
of its inputs), gradients (by name), check (ok, report, leaves). JSON has no inf and no nan: they are
the strings "inf", "-inf" and "nan".

exit status: 0; 1 if the check against finite differences does not pass; 2 for bad input
"""


class InputError(Exception):
    """Bad input; its text says what came and what was wanted."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command on its arguments, by default the process's own; return the exit status."""
    from autograd.views.drawing import DrawingError

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name may hold letters the terminal lacks
    try:
        status = run(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
    except (InputError, ExpressionError, DrawingError) as error:
        print(f"chalkgrad: error: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # of stdout: the others have been seen to
        with suppress(OSError):  # where stdout is no file of the system's, nothing is left in it
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return BROKEN_PIPE
        print(f"chalkgrad: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def run(argv: Sequence[str]) -> int:
    """As main, but bad input raises: InputError, ExpressionError, DrawingError."""
    clash = name_clash(autograd)
    if clash is not None:
        raise InputError(clash)
    from autograd.check import gradcheck

    arguments = parser().parse_intermixed_args(expression_marked(argv))
    source, values = read_input(arguments.file, arguments.arguments)
    parsed = parse(source, values)
    asked = chosen(parsed, arguments.wrt)
    targets = picture_targets(arguments)

    parsed.root.backward()
    report = gradcheck(parsed.root)
    pictures, trouble = drawn(parsed.root, targets)
    write = as_json if arguments.json else as_tables
    text = write(parsed.root, asked, report)
    if trouble and not arguments.json:
        text += f"\n\nGraph\n{terminal.text_picture(parsed.root)}"
    for target, content in pictures.items():
        try:
            write_whole(target, content)
        except OSError as error:
            raise InputError(f"{target} could not be written: {error.strerror or error}") from None
    print(text)
    if trouble:
        print(f"chalkgrad: {trouble}", file=sys.stderr)
    return 0 if report.ok else 1


def name_clash(package: ModuleType) -> str | None:
    """What to tell the user if the package imported as ``autograd`` is another project's, else None."""
    if getattr(package, "Value", None) is Value:
        return None
    return (
        f"the package that Python imports as autograd ({getattr(package, '__file__', None)}) is not "
        "chalkgrad's: another project has this import name too, and each overwrites files of the other. "
        "Install chalkgrad into an environment of its own"
    )


# -- input --------------------------------------------------------------------------------------


class Parser(argparse.ArgumentParser):
    """Argparse, with one message instead of the usage and a message."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (chalkgrad --help shows how to write it)")


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
    for format in PICTURES:
        found.add_argument(f"--{format}", metavar="FILE", help=f"draw the graph to FILE as {format.upper()}")
    found.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    found.add_argument("--version", action="version", version=f"%(prog)s {version()}")
    return found


def version() -> str:
    """The version of the distribution that is installed."""
    from importlib import metadata

    try:
        return metadata.version("chalkgrad")
    except metadata.PackageNotFoundError:
        return "(a checkout that is not installed)"


def expression_marked(argv: Sequence[str]) -> list[str]:
    """The arguments, with a space before an expression such as -x**2.

    Argparse takes what begins with a minus for an option unless there is a space in it.
    """
    with_value = {"--file", "--wrt", *(f"--{format}" for format in PICTURES)}
    marked = []
    for before, argument in zip(["", *argv], argv, strict=False):
        is_option = argument in ("-", "-h") or argument.startswith("--") or not argument.startswith("-")
        marked.append(argument if is_option or before in with_value else f" {argument}")
    return marked


def read_input(file: str | None, arguments: Sequence[str]) -> tuple[str, dict[str, float]]:
    """The expression and the values."""
    if file is None:
        if not arguments:
            raise InputError('an expression is wanted, as in: chalkgrad "y = w*x" w=2 x=3')
        return arguments[0], read_values(arguments[1:])
    values = read_values(arguments)
    try:
        if file == "-":
            return sys.stdin.read(MAX_LENGTH + 1), values
        with open(file, encoding="utf-8-sig") as text:
            return text.read(MAX_LENGTH + 1), values
    except OSError as error:
        raise InputError(f"{file} could not be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise InputError(f"{file} could not be read: it is no text in UTF-8") from None


def read_values(arguments: Sequence[str]) -> dict[str, float]:
    """Each name=value as a number by name."""
    values: dict[str, float] = {}
    for argument in arguments:
        name, equals, written = argument.partition("=")
        name = name.strip()
        if not equals or not name:
            raise InputError(f"name=value is wanted, as in x=-0.5; got {terminal.one_line(argument)!r}")
        try:
            number = float(written)
        except ValueError:
            raise InputError(f"{argument!r}: a value is a number such as -0.5 or 1e-3") from None
        if math.isinf(number) and "inf" not in written.lower():
            raise InputError(f"{argument!r}: this number is too large for a float; infinity is written inf")
        if name in values:
            raise InputError(f"{name} is given twice, as {values[name]:g} and as {number:g}")
        values[name] = number
    return values


def chosen(parsed: Parsed, wrt: Sequence[str]) -> dict[str, Value]:
    """The nodes whose gradients are asked for, by name: those of --wrt, else the leaves."""
    if not wrt:
        return parsed.leaves
    named = parsed.leaves | parsed.assigned
    asked = [normal_name(name) for name in wrt]
    for name in asked:
        if name not in named:
            raise InputError(f"--wrt {name}: the expression has no such name{suggestion(name, named)}")
    return {name: named[name] for name in asked}


# -- output -------------------------------------------------------------------------------------


def picture_targets(arguments: argparse.Namespace) -> dict[Path, str]:
    """The format to write to each file, the files looked at before anything is computed."""
    targets: dict[Path, str] = {}
    for format in PICTURES:
        name = getattr(arguments, format)
        if name is None:
            continue
        target = Path(name).resolve()
        if target.exists() and not target.is_file():
            raise InputError(f"--{format} {name!r}: this is no file that could be written")
        if not target.parent.is_dir():
            raise InputError(f"--{format} {name!r}: there is no directory {target.parent}")
        if target in targets:
            raise InputError(f"--{targets[target]} and --{format} are to write the same file, {name!r}")
        targets[target] = format
    return targets


def drawn(root: Value, targets: dict[Path, str]) -> tuple[dict[Path, str | bytes], str]:
    """What to write to each file, and what to tell the user if there is no Graphviz to draw with."""
    pictures: dict[Path, str | bytes] = {}
    trouble = ""
    if targets:
        from autograd.views.drawing import draw
        from autograd.views.rendering import INSTALL_ADVICE, graphviz_command

        drawing = draw(root, derivatives=True)
        for target, format in targets.items():
            if format == "dot":
                pictures[target] = drawing.source
            elif graphviz_command(format) is None:
                trouble = INSTALL_ADVICE
            else:
                pictures[target] = drawing.render_bytes(format)
    return pictures, trouble


def as_tables(root: Value, asked: dict[str, Value], report: Report) -> str:
    """All results for people."""
    from rich.console import Console
    from rich.text import Text

    forward = terminal.forward_rows(root)
    parts: list[RenderableType] = [terminal.forward_table(forward)]
    backward = terminal.backward_rows(root)
    if backward:
        parts.append(terminal.backward_table(backward))
    parts.append(terminal.gradients_table(asked, forward[-1].node))
    parts.append(Text.assemble(("Check against finite differences", "bold"), "\n", str(report)))
    console = Console()
    console.width = max(console.width, NARROWEST)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
            console.print()
    return "\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n"))


def as_json(root: Value, asked: dict[str, Value], report: Report) -> str:
    """All results for programs."""
    forward = [row._asdict() for row in terminal.forward_rows(root)]
    results = {
        "root": forward[-1]["node"],
        "value": root.data,
        "forward": forward,
        "backward": [row._asdict() for row in terminal.backward_rows(root)],
        "gradients": {name: node.grad for name, node in asked.items()},
        "check": {
            "ok": report.ok,
            "report": str(report),
            "leaves": [{key: getattr(row, key) for key in CHECKED} for row in report.leaves],
        },
    }
    return json.dumps(in_json(results), indent=2, allow_nan=False)


def in_json(x: Any) -> Any:
    """The same, with what JSON has no number for as a string: inf, -inf, nan."""
    if isinstance(x, dict):
        return {key: in_json(item) for key, item in x.items()}
    if isinstance(x, list):
        return [in_json(item) for item in x]
    return str(x) if isinstance(x, float) and not math.isfinite(x) else x


if __name__ == "__main__":
    sys.exit(main())
