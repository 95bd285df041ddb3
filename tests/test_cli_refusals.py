"""The command: how it refuses bad input."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

import autograd
from autograd.cli import name_clash
from tests.command import Captured, command, refused


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "an expression is wanted"),
        (["x*y", "x=1"], "no value is given for y\n  line 1, column 3:\n    x*y\n      ^\n"),
        (["x", "x=1", "x=2"], "x is given twice, as 1 and as 2"),
        (["x", "x=1", "y=2"], "does not use y"),
        (["x", "x"], "name=value is wanted, without spaces, as in x=-0.5; got 'x'"),
        (["w=1", "w*x", "x=2"], "got 'w*x' (the expression comes first, as one argument in quotes)"),
        (["x", "x="], "'x=': a value is a number such as -0.5, 1e-3 or 1/3; it is missing"),
        (["x", "x=0,5"], "a decimal point is a dot, as in 0.5"),
        (["x", "x=pi/2"], "write 3.141592653589793"),
        (["x", "x=2^3"], "write **"),
        (["x", "x=−1"], "− is written - here"),
        (["x", "x=y"], "no value is given for y"),
        (["x*y", "x=1,y=2"], "each name=value is a separate argument"),
        (["x*y", "x=1 y=2"], "each name=value is a separate argument"),
        (["x", "x==1"], "with one ="),
        (["x", "x=1/0"], "infinity is written inf"),
        (["2x", "x=1"], "as in 2*x\n  line 1, column 2:\n    2x\n     ^\n"),
        (["x", "=1"], "got '=1'"),
        (["x", "x=one"], "'x=one': a value is a number"),
        (["x", "x=1e999"], "too large for a float"),
        (["x", "2x=1"], "'2x' is not a name"),
        (["x", "x=1", "--wrt", "xx"], "--wrt xx: the expression has no such name; did you mean x?"),
        (["x", "x=1", "--nonsense"], "--nonsense"),
        (["x", "x=1", "--svg"], "--svg"),
        (["x", "x=1", "--dot", "-y"], "--dot: expected one argument"),
        (["--file", "no such file", "x=1"], "no such file could not be read: No such file"),
        (["--file", os.devnull], "the expression is empty"),
        (["--file", os.curdir], "could not be read"),
        (["--file", sys.executable], "not UTF-8 text"),
        (["x\udcff", "x=1"], "not a text character"),
        (
            ["w1*x", "w1=1", "x=2", "--explain", "w2"],
            "--explain w2: the expression has no such name; there are w1 and x\n",
        ),
        (["x", "x=1", "--json", "--step"], "--step: not allowed with argument --json"),
        (["x", "x=1", "--json", "--latex"], "--latex: not allowed with argument --json"),
        (["x", "x=1", "--latex", "--step"], "--step: not allowed with argument --latex"),
        (["x", "x=1", "--latex", "--wrt", "x", "--explain", "x"], "give one of them"),
    ],
)
def test_bad_input(capsys: Captured, argv: list[str], words: str) -> None:
    assert words in refused(capsys, *argv)


@pytest.mark.parametrize(
    ("pictures", "words"),
    [
        (["--dot", "good.dot", "--svg", "missing/x.svg"], "there is no directory"),
        (["--dot", "good.dot", "--svg", "."], "--svg '.' could not be written: {here} is a directory"),
        (["--dot", "good.dot", "--svg", os.devnull], "is not a regular file"),
        (["--dot", "good.dot", "--png", "./good.dot"], "--png and --dot are to write the same file"),
        (["--dot", "good.dot", "--html", "missing/x.html"], "there is no directory"),
        (["--svg", "good", "--html", "good"], "--svg and --html are to write the same file"),
    ],
)
def test_one_bad_picture_and_none_is_written(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pictures: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert words.format(here=tmp_path) in refused(capsys, "x*x", "x=2", *pictures)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("broken", ["", "value.py", "expression.py"])
def test_another_project_of_the_same_name_is_one_message(tmp_path: Path, broken: str) -> None:
    """Its __init__.py stands where ours was; the imports of our own files may fail then, too."""
    assert name_clash(autograd) is None
    package = tmp_path / "autograd"
    shutil.copytree(Path(autograd.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "__init__.py").write_text("def grad(fun): ...\n")
    if broken:
        (package / broken).write_text("from autograd import no_such_name\n")
    done = command("x*x", "x=2", env={"PYTHONPATH": str(tmp_path)}, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert str(package / "__init__.py") in done.stderr
    assert "in a separate environment" in done.stderr
