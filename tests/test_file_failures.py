"""A file that cannot be written, or an interrupt: the old file stays, and nothing is left beside it."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from autograd import files
from autograd.files import write_whole


@pytest.mark.parametrize("what", ["open", "fsync", "fchmod", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_midway_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, error: BaseException
) -> None:
    target = tmp_path / "graph.svg"
    target.write_text("old")

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(os, what, fail)
    with pytest.raises(type(error)) as caught:
        write_whole(target, "new")
    if isinstance(error, OSError):
        assert str(caught.value) == f"[Errno 28] No space left on device: {str(target)!r}"
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("size", [5_000, 5_000_000])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, size: int) -> None:
    """A limit on a file's size stops the writing where a full disk would."""
    resource = pytest.importorskip("resource", reason="no such limits on this system")
    target = tmp_path / "graph.svg"
    target.write_text("old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        with pytest.raises(OSError, match=r"File too large: .*graph\.svg"):
            write_whole(target, bytes(size))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def interrupted_at(number: int, path: Path, content: str) -> bool:
    """Write, and be interrupted before the instruction of that number; False if there are fewer."""
    left = number

    def trace(frame: Any, event: str, _: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename != files.__file__:
            return None
        frame.f_trace_opcodes = True
        left -= event == "opcode"
        if left < 0:
            sys.settrace(None)
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys._getframe().f_trace_opcodes = (
        True  # of any frame: else settrace of Python 3.12 leaves out all opcodes
    )
    sys.settrace(trace)
    try:
        write_whole(path, content)
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a file closed by its loss
@pytest.mark.parametrize("is_there", [True, False])
def test_interrupted_before_any_instruction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    target, seen, number = tmp_path / "graph.svg", set(), 0
    while True:
        if is_there:
            target.write_text("old")
        else:
            target.unlink(missing_ok=True)
        with ThreadPoolExecutor(1) as thread:  # whose exceptions half handled are lost with it
            was_interrupted = thread.submit(interrupted_at, number, target, "new").result()
        assert {path.name for path in tmp_path.iterdir()} <= {"graph.svg"}, number
        seen.add(target.read_text() if target.exists() else None)
        if not was_interrupted:
            break
        number += 1
    assert seen == {"old" if is_there else None, "new"}
    assert number > 100
