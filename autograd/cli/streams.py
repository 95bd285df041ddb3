"""Standard streams that may be closed, full, or without a reader."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TextIO


def accept_all_letters() -> None:
    """Write characters that the terminal's encoding lacks as escapes: a name may contain any."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def say(message: str) -> None:
    """Print a line on stderr, if that is possible."""
    if sys.stderr is None:
        return
    try:
        print(f"chalkgrad: {message}", file=sys.stderr, flush=True)
    except OSError:
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Drop what the stream still buffers: Python would try to write it at exit, and complain."""
    with suppress(OSError):  # a stream that is not a system file buffers nothing
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
