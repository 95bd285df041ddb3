"""Random expressions and soups of tokens for the command: its exit status, no traceback, inert messages.

``python -m tests.cli_campaign 100000 1000`` gives 100,000 to the command in this process and 1,000 to one
in a process of its own, with some of its streams closed, full, or read by nobody. It prints what failed.
"""

from __future__ import annotations

import io
import json
import random
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout

from autograd.cli import main
from autograd.expression import FUNCTIONS
from tests.command import ENVIRONMENT

NAMES = ["w", "x", "y", "h", "σ", "w1", "loss"]
NUMBERS = ["0", "1", "2", "-1", "0.5", "1e-3", "1e300", "1/3", "inf", "nan", "-inf"]
TOKENS = [
    *NAMES, *FUNCTIONS, *"+-*/()=;,.^|&!?[]{}@#:<>~%$'\"\\ \n\t\r", "**", "//", "==", ":=", "->", "²", "×",
    "−", "½", "if", "lambda", "None", "0x1f", "1j", "1e999", "1_0", "0" * 50, "é", "\u202e", "\x1b[2J",
    "\x07", "\0", "\udcff", "\u2028", "(((", ")))", "f'", "b''", "x.y", "x[0]", "9" * 21, "_" * 300,
]  # fmt: skip
OPTIONS = ["--json", "--latex", "--step", "--wrt", "--explain", "--file", "--nonsense", "--", "-", "-h", "-x"]
LONGEST_MESSAGE = 1500
STATUSES = {0, 1, 2}
BROKEN = ["", "<&-", ">&-", "2>&-", ">/dev/full", "2>/dev/full", ">&- 2>&-", "| head -c 1", "<&- >&- 2>&-"]


def expression(chance: random.Random, depth: int = 4) -> str:
    """An expression of the names w and x that is right."""
    if depth == 0 or chance.random() < 0.2:
        return chance.choice(["w", "x", "2", "0.5", "1e-3"])
    inner = [expression(chance, depth - 1) for _ in range(2)]
    gate = chance.choice([*FUNCTIONS.values()])
    if chance.random() < 0.5:
        return f"({inner[0]} {chance.choice(['+', '-', '*', '/', '**'])} {inner[1]})"
    count = len(gate.operand_names) + (chance.randint(0, 3) if gate.variadic else 0)
    name = next(name for name, one in FUNCTIONS.items() if one is gate)
    return f"{name}({', '.join(chance.choice(inner) for _ in range(count))})"


def good(chance: random.Random) -> list[str]:
    """Arguments that the command must take."""
    values = [f"{name}={chance.choice(NUMBERS)}" for name in "wx"]
    text = f"h = {expression(chance)}; w*x + h*h"  # all of it is used, and h is no second name
    text = text.replace("h = w;", "h = w*1;").replace("h = x;", "h = x*1;")
    return [text, *values, *chance.choice([["--json"], ["--json"], ["--latex"], ["--step"], []])]


def soup(chance: random.Random) -> list[str]:
    """Arguments that nobody would write."""
    if chance.random() < 0.5:  # an expression with a slip in it
        [text, *rest] = good(chance)
        place = chance.randrange(len(text))
        return [text[:place] + chance.choice(TOKENS) + text[place + chance.randrange(3) :], *rest]
    words = ["".join(chance.choices(TOKENS, k=chance.randint(0, 12)))]
    for _ in range(chance.randint(0, 3)):
        word = "".join(chance.choices([*TOKENS, *NUMBERS], k=chance.randint(0, 3)))
        words.append(chance.choice([f"{chance.choice(NAMES)}={word}", word, *OPTIONS]))
    # nothing may be read from this process's streams and files
    return [word for word in words if word not in ("--file", "-h") and not word.startswith("--h")]


def fault(argv: list[str], *, is_good: bool) -> str:
    """What is wrong with how the command, in this process, takes the arguments; "" if nothing is."""
    out, err = io.StringIO(), io.StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(err):
            status = main(argv)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    printed, said = out.getvalue(), err.getvalue()
    if status not in (STATUSES - {2} if is_good else STATUSES):
        return f"status {status}: {said}"
    if status == 2 and (printed or not said.startswith("chalkgrad: error: ")):
        return f"refused, with {printed!r} and {said!r}"
    if status == 2 and len(said) > LONGEST_MESSAGE:
        return f"a message of {len(said)} letters"
    if unseen := {letter for letter in printed + said if not letter.isprintable() and letter != "\n"}:
        return f"not inert: {unseen}"
    if "--json" in argv and status != 2:
        json.loads(printed)
    return ""


def fault_of_a_process(argv: list[str], streams: str) -> str:
    """The same of a process of its own, with its streams redirected as a shell does it."""
    command = shlex.join([sys.executable, "-m", "autograd", *argv])
    done = subprocess.run(
        ["bash", "-c", f"{command} {streams}; exit ${{PIPESTATUS[0]}}"], capture_output=True, env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode not in STATUSES | {141}:
        return f"status {done.returncode}: {done.stderr[-300:]!r}"
    if b"Traceback" in done.stderr or b"Exception ignored" in done.stderr or b"\x1b" in done.stderr:
        return repr(done.stderr[-300:])
    return ""


def campaign(count: int, processes: int, seed: int = 0) -> tuple[Counter[str], list[str]]:
    """How many arguments of each kind were tried, and what failed."""
    chance = random.Random(seed)
    tried: Counter[str] = Counter()
    failures = []

    def note(kind: str, argv: list[str], found: Callable[[], str]) -> None:
        tried[kind] += 1
        if wrong := found():
            failures.append(f"{argv!r}: {wrong}")

    for number in range(count):
        is_good = number % 4 == 0
        argv = good(chance) if is_good else soup(chance)
        note("expressions" if is_good else "soups", argv, lambda: fault(argv, is_good=is_good))  # noqa: B023
    for number in range(processes):
        argv = good(chance) if number % 2 else [word.replace("\0", "") for word in soup(chance)]
        streams = chance.choice(BROKEN)
        note("processes", [*argv, streams], lambda: fault_of_a_process(argv, streams))  # noqa: B023
    return tried, failures


if __name__ == "__main__":
    tried, failures = campaign(*map(int, sys.argv[1:] or ["1000", "10"]))
    print(*failures[:20], sep="\n")
    print(f"{dict(tried)}, failures: {len(failures)}")
    sys.exit(bool(failures))
