"""docs/promises.md: every promise has its test, and it is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROWS = [
    line.split(" | ")
    for line in (ROOT / "docs" / "promises.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| promise", "| ---"))
]


def test_every_promise_is_held_by_a_test() -> None:
    assert len(ROWS) > 20
    for promise, held_by in ROWS:
        tests = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", held_by)
        assert tests or promise.startswith("| Not promised:"), promise
        for path, name in tests:
            source = (ROOT / path).read_text(encoding="utf-8")
            assert re.search(rf"^def {name}\(", source, re.MULTILINE), f"{path}::{name}"
