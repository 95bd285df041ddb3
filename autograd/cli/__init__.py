"""The command ``chalkgrad``: an expression's forward pass, backward pass, gradients and their check.

It exits with 0; with 1 if the check does not pass; with 2 for bad input, with one message on stderr
and no file written. A reader that stops early (``| head``) ends it quietly.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import ModuleType

import autograd

INTERRUPTED, BROKEN_PIPE = 130, 141  # 128 + the signal, as a shell reports it of other programs


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command on its arguments, by default the process's own; return the exit status."""
    clash = name_clash(autograd)
    if clash is not None:
        print(f"chalkgrad: error: {clash}", file=sys.stderr)
        return 2
    # Only now: with another project's autograd these imports may fail.
    from autograd.cli.command import run
    from autograd.cli.options import InputError
    from autograd.syntax import ExpressionError
    from autograd.views.rendering import DrawingError

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


def name_clash(package: ModuleType) -> str | None:
    """What to tell the user if the package imported as ``autograd`` is another project's, else None."""
    if hasattr(package, "Value"):
        return None
    return (
        f"the package that Python imports as autograd ({getattr(package, '__file__', None)}) is not "
        "chalkgrad's: another project has this import name too, and each overwrites files of the other. "
        "Install chalkgrad into an environment of its own"
    )
