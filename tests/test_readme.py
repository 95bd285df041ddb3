"""The README's Python examples run, and print what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"
TEXT = README.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
(PROGRAM,) = re.findall(r"^```text\n(def loss_and_gradient.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


def test_the_examples_run_one_after_another(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(EXAMPLES) == 6
    names: dict[str, object] = {}
    for example in EXAMPLES:
        exec(example, names)
    said = re.findall(r"^# ?(.*)$|# (\d[\d.]+)$", "\n".join(EXAMPLES), re.MULTILINE)
    (source,) = re.findall(
        r"^```text\n(def loss_and_gradient.*?)^```$", README.read_text(encoding="utf-8"), re.S | re.M
    )
    assert names["program"].source.endswith(source)  # type: ignore[attr-defined]
    expected = [line or number for line, number in said]
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == expected
