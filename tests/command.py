"""The command run in this process or in one of its own, and an expression to run it on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autograd.cli import main

CHECKOUT = Path(__file__).resolve().parent.parent
RELU_NETWORK = [
    "z1 = w11*x1 + w12*x2; z2 = w21*x1 + w22*x2; f = u1*relu(z1) + u2*relu(z2); loss = (y - f)**2",
    *["x1=1", "x2=1", "w11=-0.9", "w12=0.9", "w21=0", "w22=0.9", "u1=-0.9", "u2=0.9", "y=1"],
]
#: Buffered, as it is for users: what is still in the buffer at the end must not be lost or complained of.
ENVIRONMENT = os.environ | {"PYTHONPATH": str(CHECKOUT), "COLUMNS": "80", "PYTHONUNBUFFERED": ""}
Captured = pytest.CaptureFixture[str]


def run(capsys: Captured, *argv: str) -> tuple[int, str, str]:
    status = main(argv)
    out, err = capsys.readouterr()
    return status, out, err


def refused(capsys: Captured, *argv: str) -> str:
    """The message, of a run that must end with 2 and print nothing else."""
    status, out, err = run(capsys, *argv)
    assert (status, out) == (2, "")
    assert err.startswith("chalkgrad: error: ")
    return err


def command(*argv: str, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = ENVIRONMENT | options.pop("env", {})
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "autograd", *argv],
        capture_output=True, text=True, env=environment, **options,
    )  # fmt: skip
