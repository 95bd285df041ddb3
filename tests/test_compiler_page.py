"""docs/compiler.md: the places it names are there, and its example says what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import autograd

ROOT, PACKAGE = Path(__file__).parents[1], Path(autograd.__file__).parent
TEXT = (ROOT / "docs" / "compiler.md").read_text(encoding="utf-8")
STATIONS = re.findall(r"^\| (\d+) \| `([\w/]+)\.py` \| `(\w+)` \|", TEXT, re.MULTILINE)


def test_the_walk_has_ten_stations_at_most_and_all_are_there() -> None:
    assert [int(number) for number, _, _ in STATIONS] == list(range(1, len(STATIONS) + 1))
    assert 8 <= len(STATIONS) <= 10
    for _, file, name in STATIONS:
        source = (PACKAGE.parent / f"{file}.py").read_text(encoding="utf-8")
        assert re.search(rf"^ *(def|class) {name}\b|^{name} = ", source, re.MULTILINE), f"{file}: {name}"


def test_the_example_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    examples = re.findall(r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    for example in examples:
        exec(example, names)
    said = re.findall(r"^print\(.*\)  # (.*)$", "\n".join(examples), re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == said
    source = names["program"].source
    for text in ("W1 = parameters[0:6].reshape(3, 2)", "matmul(d, x.T, out=dW1)"):
        assert text in source
        assert text in TEXT
