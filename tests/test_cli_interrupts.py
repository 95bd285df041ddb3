"""The command and Ctrl-C: while it starts, computes, draws and writes. For --step see test_cli_step.py."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from autograd import interrupts
from tests.command import CHECKOUT, ENVIRONMENT, RELU_NETWORK

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")

CTRL_C = "import os, signal; os.kill(os.getpid(), signal.SIGINT)\n"


def interrupted(tmp_path: Path, *options: str, before: str = "", path: str = "") -> tuple[int, str, str]:
    """Status, stdout and stderr of the command, with the modules in tmp_path first and code run before."""
    start = f"{before}\nimport sys; from autograd.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", start, *RELU_NETWORK, *options], capture_output=True, text=True, timeout=60,
        env=ENVIRONMENT | {"PYTHONPATH": f"{tmp_path}:{CHECKOUT}", "PATH": path or os.environ["PATH"]},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("module", ["argparse", "rich", "json"])
def test_while_it_imports(tmp_path: Path, module: str) -> None:
    (tmp_path / f"{module}.py").write_text(CTRL_C)
    assert interrupted(tmp_path, "--json" if module == "json" else "--") == (130, "", "")


def when_called(tmp_path: Path, function: str) -> str:
    """Code to run before: it sends Ctrl-C when a function by this name is called."""
    (tmp_path / "ctrl_c.py").write_text(
        "import os, signal, sys\n"
        "def look(frame, event, value):\n"
        f"    if event == 'call' and frame.f_code.co_name == {function!r}:\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.setprofile(look)\n"
    )
    return "import ctrl_c"


@pytest.mark.parametrize("function", ["expression_and_values", "gradcheck", "forward_rows", "as_text"])
def test_while_it_computes(tmp_path: Path, function: str) -> None:
    assert interrupted(tmp_path, before=when_called(tmp_path, function)) == (130, "", "")


def test_while_graphviz_runs(tmp_path: Path) -> None:
    dot = tmp_path / "dot"
    dot.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nkill -INT $PPID\nexec sleep 600\n")
    dot.chmod(dot.stat().st_mode | stat.S_IXUSR)
    path = f"{tmp_path}:/usr/bin:/bin"
    assert interrupted(tmp_path, "--svg", str(tmp_path / "graph.svg"), path=path) == (130, "", "")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["dot", "pid"]
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_while_it_writes_a_file_that_is_written_whole(tmp_path: Path) -> None:
    before = f"import os\nsync = os.fsync\ndef fsync(number):\n    {CTRL_C}    sync(number)\nos.fsync = fsync"
    assert interrupted(tmp_path, "--dot", str(tmp_path / "graph.dot"), before=before) == (130, "", "")
    assert [file.name for file in tmp_path.iterdir()] == ["graph.dot"]
    assert (tmp_path / "graph.dot").read_text().endswith("}\n")


def test_where_it_is_to_be_ignored_it_is(tmp_path: Path) -> None:
    before = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    status, out, err = interrupted(tmp_path, before=before + when_called(tmp_path, "gradcheck"))
    assert (status, err) == (0, "")
    assert "gradient check passed" in out


def test_in_somebody_elses_process_nothing_is_changed() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interrupts.ctrl_c_raises():
        assert signal.getsignal(signal.SIGINT) is before
    with interrupts.ctrl_c_waits():
        pass
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_waits_for_the_end_of_a_block_or_for_its_word() -> None:
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    try:
        with interrupts.ctrl_c_waits() as now:
            signal.raise_signal(signal.SIGINT)
            assert came == []
            now()
            assert came == [signal.SIGINT]
        with interrupts.ctrl_c_waits():
            signal.raise_signal(signal.SIGINT)
            assert came == [signal.SIGINT]
        assert came == [signal.SIGINT] * 2
    finally:
        signal.signal(signal.SIGINT, before)
