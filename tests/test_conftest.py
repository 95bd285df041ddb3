"""Under CI=true a skip fails, and only there; what a session leaves out on purpose may be missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SKIPS = {
    "a module": "import pytest\npytest.importorskip('no_such', reason='no_such is not installed')",
    "a test": "import pytest\ndef test_it() -> None:\n    pytest.skip('no_such is not installed')",
    "an expected failure": "import pytest\n@pytest.mark.xfail\ndef test_it() -> None:\n    assert False",
}


@pytest.mark.parametrize(("what", "ci", "left_out", "status"), [
    ("a module", "true", "", 2), ("a test", "true", "", 1), ("an expected failure", "true", "", 0),
    ("a test", "", "", 0), ("a test", "false", "", 0),
    ("a module", "true", "torch no_such", 5), ("a test", "true", "torch no_such", 0),
    ("a module", "true", "no_suc", 2), ("a test", "true", "torch jax", 1),
])  # fmt: skip
def test_a_skip_fails_under_ci_unless_it_needs_what_is_left_out(
    tmp_path: Path, what: str, ci: str, left_out: str, status: int
) -> None:
    (tmp_path / "conftest.py").write_text(Path(__file__).with_name("conftest.py").read_text())
    (tmp_path / "test_it.py").write_text(SKIPS[what] + "\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "test_it.py"]
    without_plugins = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    environment = os.environ | without_plugins | {"CI": ci, "LEFT_OUT": left_out}
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600)
    assert ran.returncode == status, ran.stdout + ran.stderr
    assert ("no_such is not installed" in ran.stdout) is (status in (1, 2))
