"""The version, and the Pythons that are promised, are the same wherever they stand."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import autograd

ROOT = Path(__file__).parents[1]


def test_the_version_is_the_changelogs_and_the_citations() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert headings[1].split(" ")[0] == autograd.__version__
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {autograd.__version__}\n" in citation


def test_the_lowest_python_is_the_first_of_the_classifiers() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pythons = [line.rpartition(" ")[2] for line in project["classifiers"] if ":: Python :: 3." in line]
    assert project["requires-python"] == f">={pythons[0]}"
    assert pythons == sorted(pythons, key=lambda version: int(version.partition(".")[2]))
