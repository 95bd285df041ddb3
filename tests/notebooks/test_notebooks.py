"""Every notebook runs from clean and shows what it computes; the table of slides points to what is there."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

import pytest

from tests.notebooks.outputs import differences, shown

nbclient: Any = pytest.importorskip("nbclient", reason="nbclient is not installed")
nbformat: Any = pytest.importorskip("nbformat", reason="nbformat is not installed")

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SLIDES = ROOT / "docs" / "slides.md"

LARGEST = 2_000_000  # bytes, so that it opens quickly on the web
LONGEST = 600  # seconds for a cell, on a busy machine

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def missing_libraries(path: Path) -> list[str]:
    """What the notebook imports and is not here, and the kernel if that is not."""
    source = "\n".join(cell.source for cell in code_cells(read(path)))
    imported = {"ipykernel", *re.findall(r"^\s*(?:import|from)\s+(\w+)", source, re.MULTILINE)}
    places = [str(path.parent), str(ROOT), *sys.path]
    return sorted(
        name for name in imported - sys.stdlib_module_names if PathFinder.find_spec(name, places) is None
    )


@every_notebook
def test_a_notebook_shows_what_it_computes(path: Path) -> None:
    if missing := missing_libraries(path):
        pytest.skip(f"{', '.join(missing)} not installed, which {path.name} imports")
    committed, computed = read(path), read(path)
    for cell in code_cells(computed):
        cell.outputs = []
    client = nbclient.NotebookClient(
        computed, timeout=LONGEST, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    )
    client.execute(env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert not (found := differences(committed, computed)), "\n\n".join(found)


@every_notebook
def test_a_notebook_is_whole(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert path.stat().st_size < LARGEST
    assert notebook.cells[0].source.startswith("# ")
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [cell.id for cell in cells if {"error", "stderr"} & {kind for kind, _ in shown(cell)}]
    assert not [cell.id for cell in cells if "execution" in cell.metadata], "when it ran is no one's concern"


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


# -- the table of slides: | slide | number or formula | notebook.ipynb, heading; another.ipynb, heading | --


def places_of(table: str) -> Iterator[str]:
    """The last cell of every row: where the slide is shown, or why it is left out."""
    for line in table.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)][1:-1]
        if len(cells) == 3 and cells[0] != "slide" and not re.fullmatch(r":?-+:?", cells[0]):
            yield cells[2].replace(r"\|", "|").replace("`", "")


def pointers_of(table: str) -> list[tuple[str, str]]:
    """The (notebook, heading) pairs of a table."""
    return [
        (name, heading.strip())
        for place in places_of(table)
        for name, heading in re.findall(r"(\w+\.ipynb), ([^;]+)", place)
    ]


def headings() -> set[tuple[str, str]]:
    """Every (notebook, heading) there is, without the marks of code."""
    return {
        (path.name, heading.replace("`", ""))
        for path in NOTEBOOKS
        for cell in read(path).cells
        if cell.cell_type == "markdown"
        for heading in re.findall(r"^#+ (.+?)\s*$", cell.source, re.MULTILINE)
    }


def test_every_heading_that_the_table_of_slides_points_to_exists() -> None:
    table = SLIDES.read_text(encoding="utf-8")
    pointers = pointers_of(table)
    assert all(places_of(table)), "every slide has a place, or a reason for leaving it out"
    assert {name for name, _ in pointers} >= {f"lecture_00{number}.ipynb" for number in range(5)}
    assert not set(pointers) - headings(), "docs/slides.md points to what is not there"


def test_a_table_of_slides_is_read_row_by_row() -> None:
    table = r"""
    | slide | number or formula | where |
    | --- | --- | --- |
    | Softmax | 0.0206 | `lecture_001.ipynb`, Cross-entropy, by `log` |
    | Norms | \|x\| | lecture_004.ipynb, The norm; 05_other_frameworks.ipynb, Set-up |
    | Outline | none | a list of contents |
    """
    assert len(list(places_of(table))) == 3
    assert pointers_of(table) == [
        ("lecture_001.ipynb", "Cross-entropy, by log"),
        ("lecture_004.ipynb", "The norm"),
        ("05_other_frameworks.ipynb", "Set-up"),
    ]
