"""What type checkers make of a user's script: each ``assert_type`` is true, and a false one is found."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "tests" / "typing" / "user_script.py"
CHECKERS = {
    "mypy": ["mypy", "--strict", "--no-error-summary", "--show-absolute-path"],
    "pyright": ["pyright", "--pythonpath", sys.executable, "--project"],
}
WRONG = """
assert_type(x[0], ValueArray)  # wrong
assert_type(tanh(v), float)  # wrong
tanh(None)  # wrong
v.date  # wrong
"""


def lines_refused(checker: str, path: Path) -> list[int]:
    """The lines of the file that the type checker has an error for."""
    if find_spec(checker) is None:
        pytest.skip(f"{checker} is not installed (extra dev)")
    project = path.with_name("pyrightconfig.json")  # a project of its own, whatever lies in the folders above
    project.write_text(json.dumps({"include": [path.name], "extraPaths": [str(ROOT)]}), encoding="utf-8")
    command = [sys.executable, "-m", *CHECKERS[checker], str(path if checker == "mypy" else project)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    refused = re.findall(rf"{re.escape(path.name)}:(\d+):.*\berror:", ran.stdout)
    assert bool(refused) == bool(ran.returncode), ran.stdout
    return sorted({int(line) for line in refused})


@pytest.mark.parametrize("checker", CHECKERS)
def test_a_type_checker_knows_what_a_user_s_script_computes(checker: str, tmp_path: Path) -> None:
    source = SCRIPT.read_text("utf-8")
    copy = tmp_path / "script.py"
    copy.write_text(source + WRONG, encoding="utf-8")
    wrong = [place for place, line in enumerate((source + WRONG).splitlines(), 1) if line.endswith("# wrong")]
    assert len(wrong) == 4
    assert lines_refused(checker, copy) == wrong


def test_the_script_runs() -> None:
    assert runpy.run_path(str(SCRIPT))["loss"].data > 0
