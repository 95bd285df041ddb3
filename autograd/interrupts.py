"""What Ctrl-C does: it ends the command at once, except in blocks that have something to put right."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

INTERRUPTED = 130  # 128 + the signal, as a shell reports it of other programs


def leave(number: int, frame: object) -> None:
    """End the process: there is nothing to put right, and no exception that something could swallow."""
    os._exit(INTERRUPTED)


def ctrl_c_leaves() -> None:
    """From now on Ctrl-C ends the process at once, unless whoever started it has Ctrl-C ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, leave)


@contextmanager
def ctrl_c_raises() -> Iterator[None]:
    """A block that Ctrl-C leaves by KeyboardInterrupt: it has a program to end or a terminal to restore.

    Changes nothing in a process that is not the command's own.
    """
    is_ours = signal.getsignal(signal.SIGINT) is leave
    if is_ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        if is_ours:
            signal.signal(signal.SIGINT, leave)


@contextmanager
def ctrl_c_waits() -> Iterator[Callable[[], None]]:
    """A block at whose end Ctrl-C arrives, or earlier: when the block calls the function that it is given.

    It installs a handler instead of blocking the signal, which would block it in this thread alone.
    """
    came: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()  # only this one gets signals
    before = signal.getsignal(signal.SIGINT)
    if not is_main or before is None:
        yield lambda: None
        return

    def now() -> None:
        signal.signal(signal.SIGINT, before)
        if came:
            came.clear()
            signal.raise_signal(signal.SIGINT)

    signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    try:
        yield now
    finally:
        now()
