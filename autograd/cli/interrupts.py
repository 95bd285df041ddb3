"""What Ctrl-C does to the command: it ends at once, but in blocks that have something to put in order."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

INTERRUPTED = 130  # 128 + the signal, as a shell reports it of other programs


def leave(number: int, frame: object) -> None:
    """End the process: nothing is to be put in order, and no exception can get lost on its way."""
    os._exit(INTERRUPTED)


def ctrl_c_leaves() -> None:
    """From now on Ctrl-C ends the process at once, unless whoever started it has Ctrl-C ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, leave)


@contextmanager
def ctrl_c_raises() -> Iterator[None]:
    """A block that Ctrl-C leaves by KeyboardInterrupt: it has a program to end or a terminal to restore."""
    is_ours = signal.getsignal(signal.SIGINT) is leave
    if is_ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        if is_ours:
            signal.signal(signal.SIGINT, leave)


@contextmanager
def ctrl_c_waits() -> Iterator[None]:
    """A block that Ctrl-C does not interrupt, such as writing a file; KeyboardInterrupt comes after it."""
    if signal.getsignal(signal.SIGINT) is not leave:  # somebody else's process, somebody else's rules
        yield
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, leave)
    if came:
        raise KeyboardInterrupt
