"""The command's --step: keys pressed and the screen read in a real pseudo-terminal, and pipes."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from autograd.views.keyboard import WAIT
from tests.command import ENVIRONMENT, RELU_NETWORK, command

pty = pytest.importorskip("pty", reason="no pseudo-terminals on this system")
termios = pytest.importorskip("termios", reason="no pseudo-terminals on this system")

NEURON = ["h = tanh(w*x + b); loss = (h - y)**2", "w=0.5", "x=2", "b=-1", "y=1"]
PATIENCE = 300  # seconds, on a busy machine
#: The command with the terminal as its controlling one, which turns Ctrl-C into a signal.
COMMAND = "import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); {}; sys.exit(main())"
MAIN = "from autograd.cli import main"
TOKEN = re.compile(r"\x1b\[(?P<code>[?\d;]*)(?P<end>[A-Za-z])|(?P<text>[^\x1b\r\n]+|[\r\n])")


class Terminal:
    """A process in a pseudo-terminal, and the screen as its user sees it."""

    def __init__(self, argv: list[str], start: str = MAIN, columns: int = 80, lines: int = 24) -> None:
        self.master, self.slave = pty.openpty()
        self.resize(columns, lines)
        self.mode = termios.tcgetattr(self.slave)
        self.output = b""
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", COMMAND.format(start), *argv],
            stdin=self.slave, stdout=self.slave, stderr=self.slave, start_new_session=True,
            env=ENVIRONMENT | {"TERM": "xterm"},
        )  # fmt: skip

    def resize(self, columns: int, lines: int) -> None:
        termios.tcsetwinsize(self.master, (lines, columns))

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def read(self) -> bool:
        """Whether there was something to read, within a moment."""
        ready = bool(select.select([self.master], [], [], 0.05)[0])
        if ready:
            self.output += os.read(self.master, 65536)
        return ready

    @property
    def screen(self) -> list[str]:
        """The lines on the screen; those of the second screen while that is shown."""
        lines, kept, row = [""], [""], 0
        for token in TOKEN.finditer(self.output.decode(errors="ignore")):
            text, code = token["text"], (token["code"] or "") + (token["end"] or "")
            if code == "?1049h":
                lines, kept, row = [""], lines, 0
            elif code == "?1049l":
                lines, row = kept, len(kept) - 1
            elif code == "H":
                row = 0
            elif code == "K":
                lines[row] = ""
            elif code == "J":
                del lines[row + 1 :]
            elif text == "\n":
                row += 1
                lines += [""] * (row + 1 - len(lines))
            elif text and text != "\r":
                lines[row] += text
        return lines

    def wait(self, words: str) -> None:
        """Until the words are on the screen, and the screen is drawn to its end."""
        end = time.monotonic() + PATIENCE
        while words not in "\n".join(self.screen) or not self.output.endswith(b"\x1b[J"):
            if not self.read() and time.monotonic() > end:
                raise AssertionError(f"{words!r} is not on the screen:\n" + "\n".join(self.screen))

    def ended(self) -> int:
        """The exit status; the terminal must be as it was before."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            self.read()
        while self.read():
            pass
        assert termios.tcgetattr(self.slave) == self.mode
        codes = re.findall(rb"\x1b\[\?(1049|25|7)([hl])", self.output)
        last = dict(codes)
        assert last == {
            b"1049": b"l",
            b"25": b"h",
            b"7": b"h",
        }  # the first screen, a cursor, long lines broken
        return self.process.wait(0)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


def started(terminals: list[Terminal], argv: list[str] | None = None, start: str = MAIN) -> Terminal:
    terminal = Terminal([*(argv or NEURON), "--step"], start)
    terminals.append(terminal)
    terminal.wait("Step 1 of ")
    return terminal


def test_every_key(terminals: list[Terminal]) -> None:
    terminal = started(terminals)
    moves = [
        ("\x1b[C", 2), ("\x1bOC", 3), (" ", 4), ("\r", 5), ("n", 6), ("\x1b[D", 5), ("\x1bOD", 4), ("p", 3),
        ("\x7f", 2), ("\b", 1), ("pn", 2), ("\x1b[F", 11), ("np", 10), ("\x1b[H", 1), ("G", 11), ("g", 1),
        ("\x1b[4~", 11), ("\x1b[1~", 1), ("\x1bOF", 11), ("\x1bOH", 1), ("xn", 2), ("\x1b[3~n", 3),
        ("\x1bx", 3), ("\x1b[1;5Cn", 4), ("\x1an", 5), ("\x1cn", 6),
    ]  # fmt: skip
    for keys, step in moves:
        terminal.press(keys)
        terminal.wait(f"Step {step} of 11:")
    terminal.press("?")
    terminal.wait("any key leaves it")
    time.sleep(2 * WAIT)
    terminal.read()
    terminal.wait("any key leaves it")  # no key, and it stays
    terminal.press("q")
    terminal.wait("Step 6 of 11:")
    terminal.press("q")
    assert terminal.ended() == 0


def test_what_a_step_shows(terminals: list[Terminal]) -> None:
    terminal = started(terminals)
    assert "Forward 1 of 5: v1 = w * x = 0.5 * 2 = 1." in terminal.screen
    assert len(terminal.screen) == 24
    cells = [line.split() for line in terminal.screen]
    assert [">", "v1", "w", "*", "x", "1", "not", "yet"] in cells
    assert ["v2", "v1", "+", "b", "not", "yet", "not", "yet"] in cells
    terminal.press("G")
    terminal.wait("Step 11 of 11: forward and backward through loss")
    assert "  d(v1)/d(w) = x = 2" in terminal.screen
    cells = [line.split() for line in terminal.screen]
    assert [">", "v1", "w", "*", "x", "1", "-2"] in cells
    assert ["+", "w", "0.5", "-4"] in cells


def test_the_results_follow(terminals: list[Terminal]) -> None:
    terminal = started(terminals, [*NEURON, "--explain", "w"])
    terminal.press("\x1b")
    assert terminal.ended() == 0
    shown = "\n".join(terminal.screen)
    assert "Gradients of loss" in shown
    assert "gradient check passed" in shown
    assert "by the chain rule: -4." in shown
    assert "Step 1" not in shown


def test_a_window_that_changes_its_size(terminals: list[Terminal]) -> None:
    terminal = started(terminals, RELU_NETWORK)
    terminal.wait("4 below")
    terminal.resize(80, 40)
    terminal.wait("v9")
    assert "hidden" not in "\n".join(terminal.screen)
    terminal.resize(30, 10)
    terminal.wait("…")
    assert len(terminal.screen) == 10
    terminal.press("q")
    assert terminal.ended() == 0


def test_ctrl_c_ends_it_quietly(terminals: list[Terminal]) -> None:
    terminal = started(terminals)
    terminal.press("\x03")
    assert terminal.ended() == 130
    assert "Traceback" not in "\n".join(terminal.screen)


def test_a_signal_to_end_gives_the_terminal_back(terminals: list[Terminal]) -> None:
    terminal = started(terminals)
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.ended() == 128 + signal.SIGTERM


def test_an_error_gives_the_terminal_back(terminals: list[Terminal]) -> None:
    start = "from autograd.views import terminal_steps; terminal_steps.moved = None; " + MAIN
    terminal = started(terminals, start=start)
    terminal.press("n")
    assert terminal.ended() == 1
    assert "TypeError" in "\n".join(terminal.screen)


def test_a_terminal_that_is_closed_ends_it() -> None:
    """Not the controlling one: no signal tells of it."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "autograd", *NEURON, "--step"],
        stdin=slave, stdout=slave, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT | {"TERM": "xterm"},
    )  # fmt: skip
    os.close(slave)
    assert select.select([master], [], [], PATIENCE)[0]
    os.close(master)
    _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (2, "chalkgrad: error: [Errno 5] Input/output error\n")


# -- no terminal --------------------------------------------------------------------------------


def test_in_a_pipe_all_steps_are_printed() -> None:
    done = command(*NEURON, "--step")
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert lines[:2] == [
        "Forward 1 of 5: v1 = w * x = 0.5 * 2 = 1.",
        "Forward 2 of 5: v2 = v1 + b = 1 + (-1) = 0.",
    ]
    assert lines[5] == "Start of the backward pass: d(loss)/d(loss) = 1."
    assert lines[7] == "  d(loss)/d(v3) = 2 * v3 = -2"
    last = lines.index("  d(v1)/d(x) = w = 0.5")
    assert lines[last + 1 : last + 3] == ["", "Gradients of loss"]
    assert "gradient check passed" in done.stdout


@pytest.mark.parametrize("lacking", ["stdin", "stdout", "keys"])
def test_with_half_a_terminal_too(lacking: str) -> None:
    master, slave = pty.openpty()
    streams = {"stdin": slave, "stdout": slave} | ({lacking: subprocess.PIPE} if lacking != "keys" else {})
    environment = ENVIRONMENT | {"TERM": "dumb" if lacking == "keys" else "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-m", "autograd", *NEURON, "--step"], env=environment, **streams,
    )  # fmt: skip
    output, source = b"", master if process.stdout is None else process.stdout.fileno()
    try:
        while b"furthest off" not in output:
            assert select.select([source], [], [], PATIENCE)[0], output
            piece = os.read(source, 65536)
            assert piece, output
            output += piece
    finally:
        process.kill()
        process.communicate()
        os.close(master)
        os.close(slave)
    assert b"Backward 5 of 5" in output
    assert b"\x1b[?1049h" not in output
