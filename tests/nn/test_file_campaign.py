"""A small campaign of damaged files and kills; the large one is ``python -m tests.nn.file_campaign``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.nn.file_campaign import read_damaged_files

ROOT = Path(__file__).resolve().parents[2]


def test_damaged_files_are_refused_or_read_as_numpy_reads_them(tmp_path: Path) -> None:
    seen, failures = read_damaged_files(400, 1, tmp_path)
    assert failures == []
    assert min(seen["refused"], seen["read, as NumPy reads it"]) > 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_files_are_whole_after_kills() -> None:
    """In a process without threads: it forks."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.nn.file_campaign", "--files", "0", "--kills", "40"],
        cwd=ROOT, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "unfinished files left" in done.stdout, "none of them was in the middle of a file"
    assert done.stdout.endswith("failures: 0\n")
