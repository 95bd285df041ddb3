"""The README's Python examples run, and print what they say."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from autograd.cli import main
from autograd.views.rendering import graphviz_command

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


@pytest.mark.skipif(graphviz_command("svg") is None, reason="no Graphviz")
def test_the_first_command_ends_in_passed_and_draws_the_picture_below(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (line,) = re.findall(r"<!-- command: main -->\n```sh\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    program, *arguments = shlex.split(line.rpartition(" && ")[2])
    assert program == ".venv/bin/chalkgrad"
    assert arguments[-2:] == ["--svg", "relu.svg"]
    picture = tmp_path / "relu.svg"
    assert main([*arguments[:-1], str(picture)]) == 0
    out, err = capsys.readouterr()
    assert "gradient check passed: 9 of 9 leaves checked, 0 wrong\n" in out
    assert "kink" not in out
    assert err == ""
    shown, drawn = [
        sorted(re.findall(r"<text [^>]*>([^<]*)</text>", path.read_text(encoding="utf-8")))
        for path in (README.parent / "docs" / "relu-network.svg", picture)
    ]
    assert shown == drawn, "write the picture anew: docs/relu-network.svg"
