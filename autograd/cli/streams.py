"""The standard streams of a process, where some of them may be closed, full or read by nobody."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TextIO


def accept_all_letters() -> None:
    """A name may hold letters that the terminal lacks: they are written as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def say(message: str) -> None:
    """A line on stderr, if there is one and it takes the line."""
    if sys.stderr is None:
        return
    try:
        print(f"chalkgrad: {message}", file=sys.stderr, flush=True)
    except OSError:
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Send nowhere what the stream still holds: Python would try again at its end, and complain."""
    with suppress(OSError):  # where the stream is no file of the system's, nothing is left in it
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
