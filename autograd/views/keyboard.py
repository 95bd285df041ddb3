"""The whole terminal for a while, one key at a time; afterwards it is as it was before."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NoReturn

#: How long read_key() waits for a key, and for the rest of one that the terminal sends as several letters.
WAIT, WAIT_WITHIN = 0.25, 0.1  # seconds

ESCAPE = "\x1b"
LETTERS = {"\r": "enter", "\n": "enter", "\x7f": "backspace", "\b": "backspace", ESCAPE: "escape"}
#: What POSIX terminals send after an escape, and the second letter of what Windows gives.
SEQUENCES = {
    "[C": "right", "[D": "left", "[H": "home", "[F": "end", "OC": "right", "OD": "left", "OH": "home",
    "OF": "end", "[1~": "home", "[4~": "end", "[7~": "home", "[8~": "end",
}  # fmt: skip
WINDOWS_LETTERS = {"M": "right", "K": "left", "G": "home", "O": "end"}

#: The alternate screen, no cursor, long lines cut; and back again.
ENTER, LEAVE = "\x1b[?1049h\x1b[?25l\x1b[?7l", "\x1b[?7h\x1b[?25h\x1b[?1049l"


def has_terminal() -> bool:
    """Whether somebody can press keys and see what they do."""
    both = (sys.stdin, sys.stdout)  # None where they are closed
    return all(stream is not None and stream.isatty() for stream in both) and os.environ.get("TERM") != "dumb"


@contextmanager
def full_screen() -> Iterator[None]:
    """A block that has the terminal to itself, for show() and read_key()."""
    before = signal.signal(signal.SIGTERM, _exit)
    try:
        with _keys_one_at_a_time():
            try:
                _write(ENTER)
                yield
            finally:
                _write(LEAVE)
    finally:
        signal.signal(signal.SIGTERM, before)


def show(lines: Sequence[str]) -> None:
    """Fill the screen with these lines."""
    _write("\x1b[H" + "\n".join([f"\x1b[K{line}" for line in lines]) + "\x1b[J")


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _exit(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)  # through every finally on the way


if sys.platform == "win32":
    import msvcrt

    @contextmanager
    def _keys_one_at_a_time() -> Iterator[None]:
        os.system("")  # makes older consoles understand escape sequences
        yield

    def read_key() -> str:
        """The name or the letter of the next key; "" if none came in a while, or none known here."""
        end = time.monotonic() + WAIT
        while not msvcrt.kbhit():
            if time.monotonic() > end:
                return ""
            time.sleep(0.02)
        letter = msvcrt.getwch()
        if letter == "\x03":
            raise KeyboardInterrupt
        if letter in "\0\xe0":
            return WINDOWS_LETTERS.get(msvcrt.getwch(), "")
        return LETTERS.get(letter, letter)

else:
    import select
    import termios

    @contextmanager
    def _keys_one_at_a_time() -> Iterator[None]:
        keyboard = sys.stdin.fileno()
        before = termios.tcgetattr(keyboard)
        mode = termios.tcgetattr(keyboard)
        mode[3] &= ~(termios.ICANON | termios.ECHO)
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
        for stop in (termios.VSUSP, termios.VQUIT):  # Ctrl-Z and Ctrl-\ would leave the terminal like this
            mode[6][stop] = bytes([os.fpathconf(keyboard, "PC_VDISABLE")])
        try:
            termios.tcsetattr(keyboard, termios.TCSADRAIN, mode)
            yield
        finally:
            with suppress(termios.error):  # the terminal may be closed by now
                termios.tcsetattr(keyboard, termios.TCSAFLUSH, before)  # drops keys not meant for the shell

    def read_key() -> str:
        """The name or the letter of the next key; "" if none came in a while, or none known here."""
        letter = _read_letter(WAIT)
        if letter != ESCAPE:
            return LETTERS.get(letter, letter)
        sequence = _read_letter(WAIT_WITHIN)
        if sequence in ("", ESCAPE):
            return "escape"
        while letter := _read_letter(WAIT_WITHIN) if sequence[0] in "[O" else "":
            sequence += letter
            if "@" <= letter <= "~":
                break
        return SEQUENCES.get(sequence, "")

    def _read_letter(seconds: float) -> str:
        keyboard = sys.stdin.fileno()
        if not select.select([keyboard], [], [], seconds)[0]:
            return ""
        letter = os.read(keyboard, 1)
        if not letter:
            raise EOFError("the terminal is gone")
        return letter.decode("latin-1")
