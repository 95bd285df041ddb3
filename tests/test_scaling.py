"""docs/scaling.md: its examples print what they say; its script runs on devices and in processes."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

jax = pytest.importorskip("jax", reason="JAX is not installed (extra jax)")

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
SCRIPT = re.findall(r"<!-- file: train.py -->\n```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)[0]
EXAMPLES = [
    each for each in re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE) if each != SCRIPT
]


def test_the_examples_run_one_after_another(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(EXAMPLES) == 6
    names: dict[str, object] = {}
    before = jax.config.jax_enable_x64
    try:
        for example in EXAMPLES:
            exec(example, names)
    finally:
        jax.config.update("jax_enable_x64", before)
    expected = re.findall(r"print\(.*\)  # (.*)$", "\n".join(EXAMPLES), re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == expected


def run(command: str, folder: Path) -> list[str]:
    """What a command of the page prints, in a folder with the script."""
    (folder / "train.py").write_text(SCRIPT)
    (line,) = re.findall(rf"<!-- command: {command} -->\n```sh\n(.*)\n```", PAGE)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        line = line.replace("python ", f"{sys.executable} ").replace("8476", str(free.getsockname()[1]))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XLA_FLAGS": ""}
    done = subprocess.run(
        ["sh", "-c", line], cwd=folder, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return re.findall(r"\d device\(s\), loss \d\.\d{9}", done.stdout)  # lines of two processes may mingle


def test_the_script_on_eight_devices_and_in_two_processes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    (eight,) = run("devices", tmp_path / "one")
    two = run("processes", tmp_path / "two")
    assert eight.startswith("8 device(s), loss 0.")
    assert two == [eight.replace("8 device(s)", "2 device(s)")] * 2
