"""What the command does, from its arguments to its output."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from autograd.check import gradcheck
from autograd.cli import report
from autograd.cli.options import InputError, expression_and_values, read_arguments
from autograd.cli.outputs import contents, targets
from autograd.expression import Parsed, parse
from autograd.files import write_whole
from autograd.syntax import normal_name, suggestion
from autograd.value import Value

MOST_NAMES = 12  # in an error message


def run(argv: Sequence[str]) -> int:
    """Run the command; return the exit status.

    Bad input raises InputError, ExpressionError or DrawingError, and then no file is written.
    """
    arguments = read_arguments(argv)
    parsed = parse(*expression_and_values(arguments))
    asked = chosen(parsed, "--wrt", arguments.wrt) or parsed.leaves
    told = chosen(parsed, "--explain", arguments.explain)
    files = targets(arguments)

    root = parsed.root
    root.backward()
    checked = gradcheck(root)
    written, advice = contents(root, files)
    if arguments.json:
        text = report.as_json(root, asked, told, checked)
    elif arguments.latex:
        text = report.as_latex(root, told or asked)
    else:
        text = report.as_text(root, asked, told, checked, passes=not arguments.step, picture=bool(advice))
    for file, content in written.items():
        try:
            write_whole(file, content)
        except OSError as error:
            raise InputError(f"{file} could not be written: {error.strerror or error}") from None
    if arguments.step:
        from autograd.views.terminal_steps import show_steps

        show_steps(root)
    print(text)
    if advice:
        print(f"chalkgrad: {advice}", file=sys.stderr)
    if arguments.latex and not checked.ok:  # elsewhere it stands in the output
        print(f"chalkgrad: {checked}", file=sys.stderr)
    return 0 if checked.ok else 1


def chosen(parsed: Parsed, option: str, names: Sequence[str]) -> Mapping[str, Value]:
    """The nodes that an option names, leaves or assigned, by name."""
    named = parsed.leaves | parsed.assigned
    wanted = [normal_name(name) for name in names]
    for name in wanted:
        if name not in named:
            first = ", ".join([*named][:MOST_NAMES]) + (", ..." if len(named) > MOST_NAMES else "")
            advice = suggestion(name, named) or f"; there are {first}"
            raise InputError(f"{option} {name}: the expression has no such name{advice}")
    return {name: named[name] for name in wanted}
