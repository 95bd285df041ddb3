"""The command ``chalkgrad``: an expression's forward pass, backward pass, gradients and their check.

It exits with 0; with 1 if the check does not pass; with 2 for bad input and for files that cannot be
read or written, with one message on stderr and no file written. A reader that stops early (``| head``) and
Ctrl-C end it quietly.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import ModuleType

import autograd
from autograd.cli.streams import accept_all_letters, discard, say
from autograd.interrupts import INTERRUPTED, ctrl_c_leaves

BROKEN_PIPE = 141  # 128 + the signal, as a shell reports it of other programs


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command on its arguments; return the exit status.

    Without argv, on those of the process, which is then the command's own, and so is its Ctrl-C.
    """
    if argv is None:
        ctrl_c_leaves()
    clash = name_clash(autograd)
    if clash is not None:
        return refuse(clash)
    # Only now: with another project's autograd these imports may fail.
    from autograd.cli.command import run
    from autograd.cli.options import InputError
    from autograd.syntax import ExpressionError

    accept_all_letters()
    try:
        status = run(sys.argv[1:] if argv is None else argv)
        if sys.stdout is not None:
            sys.stdout.flush()
    except (InputError, ExpressionError) as error:
        return refuse(str(error))
    except OSError as error:  # from stdout: all others are handled where they occur
        discard(sys.stdout)
        return BROKEN_PIPE if isinstance(error, BrokenPipeError) else refuse(str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def refuse(message: str) -> int:
    """Say what is wrong; return the exit status for it."""
    say(f"error: {message}")
    return 2


def name_clash(package: ModuleType) -> str | None:
    """What to tell the user if the package imported as ``autograd`` is another project's, else None."""
    if hasattr(package, "Value"):
        return None
    return (
        f"the package that Python imports as autograd ({getattr(package, '__file__', None)}) is not "
        "chalkgrad's: another project has this import name too, and each overwrites files of the other. "
        "Install chalkgrad in a separate environment"
    )
