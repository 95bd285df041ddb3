"""What the command does, from its arguments to its output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograd.cli import report
from autograd.cli.checking import check
from autograd.cli.options import InputError, expression_and_values, read_arguments
from autograd.cli.outputs import contents, targets
from autograd.cli.streams import say
from autograd.expression import Parsed, parse
from autograd.files import write_whole
from autograd.interrupts import ctrl_c_raises, ctrl_c_waits
from autograd.syntax import normal_name, suggestion
from autograd.text import brief, listed
from autograd.value import Value

MOST_RULES = 100  # for --latex


def run(argv: Sequence[str]) -> int:
    """Run the command; return the exit status.

    Bad input raises InputError or ExpressionError, and then no file is written.
    """
    arguments = read_arguments(argv)
    parsed = parse(*expression_and_values(arguments))
    asked = chosen(parsed, "--wrt", arguments.wrt) or parsed.leaves
    explained = chosen(parsed, "--explain", arguments.explain)
    files = targets(arguments)

    root = parsed.root
    root.backward()
    checked = check(root)
    with ctrl_c_raises():  # it runs Graphviz
        written, trouble = contents(root, files)
    if arguments.json:
        text = report.as_json(root, asked, explained, checked)
    elif arguments.latex:
        rules = explained or asked
        text = report.as_latex(root, dict(list(rules.items())[:MOST_RULES]))
        if len(rules) > MOST_RULES:
            say(f"these are the first {MOST_RULES} of {len(rules):,} chain rules; --wrt chooses others")
    else:
        text = report.as_text(
            root, asked, explained, checked, passes=not arguments.step, picture=bool(trouble)
        )
    for file, content in written.items():
        try:
            with ctrl_c_waits():
                write_whole(file, content)
        except OSError as error:
            raise InputError(f"{brief(str(file))} could not be written: {error.strerror or error}") from None
    if arguments.step:
        from autograd.views.terminal_steps import show_steps

        with ctrl_c_raises():  # it has the terminal
            show_steps(root)
    print(text)
    if trouble:
        say(trouble)
    if arguments.latex and not checked.report.ok:  # in other formats the output has it
        say(checked.text)
    return 0 if checked.report.ok else 1


def chosen(parsed: Parsed, option: str, names: Sequence[str]) -> Mapping[str, Value]:
    """The nodes that an option names, leaves or assigned, by name."""
    named = parsed.leaves | parsed.assigned
    wanted = [normal_name(name) for name in names]
    for name in wanted:
        if name not in named:
            advice = suggestion(name, named) or f"; there are {listed(named)}"
            raise InputError(f"{option} {name}: the expression has no such name{advice}")
    return {name: named[name] for name in wanted}
