"""The command where its streams are closed, full, or no text, and where its files are none."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import ENVIRONMENT, Captured, refused
from tests.command import command as run_command

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")

COMMAND = shlex.join([sys.executable, "-W", "error", "-m", "autograd"])


def shell(line: str, **environment: str) -> tuple[int, str, str]:
    """The status, stdout and stderr of a line for the shell, in which C is the command."""
    done = subprocess.run(
        ["bash", "-c", line.replace("C ", f"{COMMAND} ", 1)], capture_output=True, text=True,
        env=ENVIRONMENT | environment,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("buffered", ["", "1"])
@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("C 'x*2' x=1 >&-", 0, ""),
        ("C 'x*2' x=1 >&- 2>&- <&-", 0, ""),
        ("C 'x*' x=1 >&- 2>&-", 2, ""),
        ("C 'x*' x=1 2>/dev/full", 2, ""),
        ("C 'x*2' x=1 >/dev/full 2>/dev/full", 2, ""),
        ("C --help >/dev/full", 2, "No space left"),
        ("C --version >&- 2>&-", 0, ""),
        ("C --help | true; exit ${PIPESTATUS[0]}", 141, ""),
        ("C --file - x=1 <&-", 2, "standard input could not be read: it is closed\n"),
        (r"C --file - x=1 < <(printf 'x\xff')", 2, "could not be read: it is not UTF-8 text"),
        (r"C --file - x=1 < <(printf 'x\0')", 2, r"'\x00' is not a text character"),
        ("C --file - x=1 </dev/zero", 2, "at most 100,000 characters"),
        ("C 'x*2' x=1 --step <&- >&-", 0, ""),
        ("C 'x*2' x=1 >&0 </dev/null", 2, "Bad file descriptor"),
    ],
)
def test_closed_full_and_broken(line: str, status: int, said: str, buffered: str) -> None:
    found, _, err = shell(line, PYTHONUNBUFFERED=buffered)
    assert found == status
    assert (said in err) if said else (err == "")
    assert "Traceback" not in err


def test_a_pipe_by_a_name(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    status, out, err = shell(f"echo 'σ*σ' > {tmp_path}/pipe & C --file {tmp_path}/pipe σ=3 --json")
    assert (status, err) == (0, "")
    assert '"value": 9.0' in out


def test_files_are_written_though_the_streams_are_closed(tmp_path: Path) -> None:
    """None of them may be taken for a stream, by us or by a program that we start."""
    files = " ".join(f"--{format} {tmp_path}/graph.{format}" for format in ("svg", "dot", "html"))
    assert shell(f"C 'x*x' x=2 {files} <&- >&- 2>&-") == (0, "", "")
    assert "v1" in (tmp_path / "graph.dot").read_text()
    assert (tmp_path / "graph.html").read_text().rstrip().endswith("</html>")


@pytest.mark.parametrize("target", ["round", "round/x", "a" * 300, "a/" * 3000 + "x", "nul\0", "pipe"])
def test_targets_and_sources_that_are_no_files(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "round").symlink_to("about")
    (tmp_path / "about").symlink_to("round")
    os.mkfifo("pipe")
    assert "could not be written: " in refused(capsys, "x*x", "x=2", "--dot", target)
    if target != "pipe":
        assert "could not be read" in refused(capsys, "--file", target, "x=2")
    assert sorted(os.listdir()) == ["about", "pipe", "round"]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_letters_that_a_stream_lacks(encoding: str) -> None:
    done = run_command("σ*2", "σ=3", "--explain", "σ", env={"PYTHONIOENCODING": encoding})
    assert (done.returncode, done.stderr) == (0, "")
    done = run_command("σ*", "σ=3", env={"PYTHONIOENCODING": encoding})
    assert (done.returncode, done.stdout) == (2, "")
    assert "\\u03c3" in done.stderr


ESCAPE = "\x1b]0;title\x07\x9b2J\u202e\u2066\n\r"


@pytest.mark.parametrize(
    "argv",
    [
        [f"x{ESCAPE}", "x=1"],
        ["x", f"x=1{ESCAPE}"],
        ["x", f"{ESCAPE}=1"],
        ["x", ESCAPE],
        ["x", "x=1", "--wrt", ESCAPE],
        ["x", "x=1", f"--{ESCAPE}"],
        ["x", "x=1", "--dot", f"{ESCAPE}/x"],
        ["x", "x=1", "--file", ESCAPE],
        ["--file", ESCAPE],
        [f"# {ESCAPE}"],
        [f"x**{ESCAPE}2x", "x=1"],
    ],
)
def test_control_characters_are_inert_in_messages(capsys: Captured, argv: list[str]) -> None:
    assert refused(capsys, *argv).replace("\n", "").isprintable()


LONG = "x" * 99_000


@pytest.mark.parametrize(
    "argv",
    [
        [LONG, "x=1"],
        ["x", LONG],
        ["x", f"{LONG}=1"],
        ["x", f"x={LONG}"],
        ["x", "x=" + "1" * 99_000],
        ["x", "x=1", "--wrt", LONG],
        ["x", "x=1", f"--{LONG}"],
        ["x", "x=1", "--dot", LONG],
        ["--file", LONG],
        [f"{LONG}({LONG[:900]})"],
        [" ".join(["x"] * 40_000), "x=1"],
        ["+".join(f"x{i}" for i in range(2000))],
        ["x", *(f"x{i}=1" for i in range(2000))],
        ["(" * 40_000, "x=1"],
        ["x" + "**x" * 20_000, "x=1"],
        ["x" + "+x" * 40_000, "x=1"],
        ["0" + "-" * 90_000 + "x", "x=1"],
        ["x*" * 500_000, "x=1"],
    ],
)
def test_messages_do_not_repeat_long_arguments(capsys: Captured, argv: list[str]) -> None:
    assert len(refused(capsys, *argv)) < 1500
