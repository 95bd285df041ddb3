"""DOT laid out by Graphviz: never for long, and more simply where the whole graph is too much."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Sequence

from autograd.interrupts import ctrl_c_waits
from autograd.text import one_line, shorten
from autograd.views.labels import as_lines

TIME_LIMIT = 10.0  # seconds; there are at most two tries
MOST_SAID = 300  # letters of Graphviz's error message

#: Straight lines instead of curves, and less search for the best places.
QUICKLY = 'graph [splines=line mclimit="0.01" nslimit="0.02" nslimit1="0.02"]'
EDGE_LABEL = re.compile(r"(?m)(^\t+\S+ -> \S+ \[)label=<<TABLE.*?</TABLE>> ?")


class DrawingError(RuntimeError):
    """Graphviz could not be found, or could not draw."""


class _Unfinished(Exception):
    """Graphviz did not finish; the text says how it ended."""


def lay_out(command: Sequence[str], source: str) -> bytes:
    """The picture that a command makes of DOT.

    A large graph with long edges can keep Graphviz busy for minutes, or crash it. Then the picture has
    straight edges without texts, and says so.
    Raises DrawingError if that fails too, or if Graphviz refuses the source.
    """
    try:
        return _run(command, source)
    except _Unfinished as first:
        try:
            return _run(command, simpler(source, f"drawn simply: on the whole graph, Graphviz {first}"))
        except _Unfinished as second:
            tries = f"Graphviz ({command[0]}) {first}; on a simpler picture it {second}"
            raise DrawingError(f"this graph is too much for Graphviz: {tries}") from None


def simpler(source: str, note: str) -> str:
    """The same graph in DOT, quicker to lay out, with a note in it.

    >>> print(simpler("digraph {" + chr(10) + "}", "drawn simply").count("drawn simply"))
    1
    """
    body = EDGE_LABEL.sub(r"\1", source).rstrip().removesuffix("}")
    return f'{body}\t{QUICKLY}\n\tnote [label={as_lines([note])} shape=plaintext style=""]\n}}\n'


def _run(command: Sequence[str], source: str) -> bytes:
    with ctrl_c_waits() as may_interrupt:  # else a program could be left running that we do not know of
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                start_new_session=True,  # with its child processes, to be ended together
            )  # fmt: skip
        except OSError as error:
            raise DrawingError(f"{command[0]} could not be run: {error}") from error
        with process:
            try:
                may_interrupt()
                picture, said = process.communicate(source.encode(), timeout=TIME_LIMIT)
            except subprocess.TimeoutExpired:
                _kill(process)
                raise _Unfinished(f"did not finish within {TIME_LIMIT:g} seconds") from None
            except BaseException:  # such as Ctrl-C
                _kill(process)
                raise
    if process.returncode < 0:
        raise _Unfinished(f"was ended by {_signal_name(-process.returncode)}")
    if process.returncode or not picture:
        message = shorten(one_line(said.decode(errors="replace")), MOST_SAID) if said.strip() else ""
        raise DrawingError(
            f"Graphviz ({command[0]}) failed: {message or f'exit status {process.returncode}'}"
        )
    return picture


def _kill(process: subprocess.Popen[bytes]) -> None:
    if os.name == "posix":
        os.killpg(process.pid, signal.SIGKILL)  # not waited for yet, so the process id is still its own
    else:
        process.kill()
    process.wait()  # Popen itself does not, after Ctrl-C


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
