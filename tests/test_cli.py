"""The command: what it prints, what it writes, and how it refuses."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import autograd
from autograd import gates
from autograd.cli import main, name_clash

CHECKOUT = Path(__file__).resolve().parent.parent
RELU_NETWORK = [
    "z1 = w11*x1 + w12*x2; z2 = w21*x1 + w22*x2; f = u1*relu(z1) + u2*relu(z2); loss = (y - f)**2",
    *["x1=1", "x2=1", "w11=-0.9", "w12=0.9", "w21=0", "w22=0.9", "u1=-0.9", "u2=0.9", "y=1"],
]
#: Buffered, as it is for users: what is still in the buffer at the end must not be lost or complained of.
ENVIRONMENT = os.environ | {"PYTHONPATH": str(CHECKOUT), "COLUMNS": "80", "PYTHONUNBUFFERED": ""}
Captured = pytest.CaptureFixture[str]


def run(capsys: Captured, *argv: str) -> tuple[int, str, str]:
    status = main(argv)
    out, err = capsys.readouterr()
    return status, out, err


def refused(capsys: Captured, *argv: str) -> str:
    """The message, of a run that must end with 2 and print nothing else."""
    status, out, err = run(capsys, *argv)
    assert (status, out) == (2, "")
    assert err.startswith("chalkgrad: error: ")
    return err


def command(*argv: str, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = ENVIRONMENT | options.pop("env", {})
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "autograd.cli", *argv],
        capture_output=True, text=True, env=environment, **options,
    )  # fmt: skip


# -- results ------------------------------------------------------------------------------------


def test_the_network_of_lecture_000(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    status, out, err = run(capsys, *RELU_NETWORK)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    cells = [line.split() for line in lines]
    assert ["f", "v4", "+", "v8", "0.81"] in cells
    assert ["loss", "v9**2", "0.0361"] in cells
    assert ["loss", "pow", "1", "v9", "2", "*", "v9", "=", "0.38", "0.38", "0.38"] in cells
    assert ["v8", "mul,", "switcher", "-0.38", "u2", "v7", "=", "0.9", "-0.342", "-0.342"] in cells
    assert ["w22", "0.9", "-0.342"] in cells
    assert "gradient check passed" in out


def test_json_holds_all_of_it(capsys: Captured) -> None:
    status, out, _ = run(capsys, *RELU_NETWORK, "--json")
    results = json.loads(out)
    assert status == 0
    assert list(results) == ["root", "value", "forward", "backward", "gradients", "check"]
    assert results["root"] == "loss"
    assert results["value"] == pytest.approx(0.0361)
    assert results["gradients"]["w22"] == pytest.approx(-0.342)
    assert results["forward"][-1] == {
        "node": "loss",
        "gate": "pow",
        "formula": "v9**2",
        "value": results["value"],
    }
    first = results["backward"][0]
    assert (first["node"], first["input"], first["upstream"], first["local"]) == ("loss", "v9", 1.0, "2 * v9")
    assert results["check"]["ok"] is True
    assert {row["name"]: row["verdict"] for row in results["check"]["leaves"]}["w22"] == "ok"


def test_json_has_strings_for_what_json_has_no_number_for(capsys: Captured) -> None:
    _, out, _ = run(capsys, "x*y", "x=inf", "y=nan", "--json")

    def refuse(constant: str) -> float:
        raise AssertionError(constant)

    results = json.loads(out, parse_constant=refuse)
    assert results["gradients"] == {"x": "nan", "y": "inf"}


def test_wrt_chooses_gradients_also_of_what_is_assigned(capsys: Captured) -> None:
    _, out, _ = run(capsys, *RELU_NETWORK, "--json", "--wrt", "f", "--wrt", "w22")
    assert list(json.loads(out)["gradients"]) == ["f", "w22"]


def test_a_failed_check_is_status_1(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates.tanh, "backward", lambda m, upstream, out, x: (upstream * (1 - out),))
    status, out, _ = run(capsys, "tanh(w*x)", "w=0.5", "x=2")
    assert status == 1
    assert "gradient check FAILED" in out


@pytest.mark.parametrize("argv", [["-x**2"], ["--", "-x**2"], ["-x * x"], ["--json", "-x**2"]])
def test_an_expression_may_begin_with_a_minus(capsys: Captured, argv: list[str]) -> None:
    status, out, _ = run(capsys, *argv, "x=-3", *([] if "--json" in argv else ["--json"]))
    assert status == 0
    assert json.loads(out)["value"] == -9


def test_the_expression_from_a_file_and_from_standard_input(capsys: Captured, tmp_path: Path) -> None:
    file = tmp_path / "model.txt"
    file.write_text("\ufeffh = w*x  # gewöhnlich\n\nh * h\n", encoding="utf-8")
    status, out, _ = run(capsys, "--file", str(file), "w=2", "x=3", "--json")
    assert (status, json.loads(out)["value"]) == (0, 36.0)
    done = command("--file", "-", "x=2", "--json", input="x*x")
    assert json.loads(done.stdout)["value"] == 4.0


def test_options_may_stand_anywhere(capsys: Captured) -> None:
    status, out, _ = run(capsys, "--json", "x*y", "--wrt", "x", "x=2", "--wrt", "y", "y=3")
    assert (status, json.loads(out)["gradients"]) == (0, {"x": 3.0, "y": 2.0})


def test_version_and_help(capsys: Captured) -> None:
    for option, words in [("--version", "chalkgrad "), ("--help", "exit status")]:
        with pytest.raises(SystemExit) as ended:
            main([option])
        assert ended.value.code == 0
        assert words in capsys.readouterr().out


# -- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "an expression is wanted"),
        (["x*y", "x=1"], "no value is given for y\n  line 1, column 3:\n    x*y\n      ^\n"),
        (["x", "x=1", "x=2"], "x is given twice, as 1 and as 2"),
        (["x", "x=1", "y=2"], "does not use y"),
        (["x", "x"], "name=value is wanted, as in x=-0.5; got 'x'"),
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
        (["--file", sys.executable], "no text in UTF-8"),
        (["x\udcff", "x=1"], "no character"),
    ],
)
def test_bad_input(capsys: Captured, argv: list[str], words: str) -> None:
    assert words in refused(capsys, *argv)


@pytest.mark.parametrize(
    ("pictures", "words"),
    [
        (["--dot", "good.dot", "--svg", "missing/x.svg"], "there is no directory"),
        (["--dot", "good.dot", "--svg", "."], "no file that could be written"),
        (["--dot", "good.dot", "--svg", os.devnull], "no file that could be written"),
        (["--dot", "good.dot", "--png", "./good.dot"], "--png and --dot are to write the same file"),
    ],
)
def test_one_bad_picture_and_none_is_written(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pictures: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert words in refused(capsys, "x*x", "x=2", *pictures)
    assert not list(tmp_path.iterdir())


def test_it_knows_another_project_of_the_same_name(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert name_clash(autograd) is None
    other = ModuleType("autograd")
    other.__file__ = "/elsewhere/autograd/__init__.py"
    message = name_clash(other)
    assert message is not None
    assert "/elsewhere/autograd/__init__.py" in message
    monkeypatch.setattr("autograd.cli.autograd", other)
    assert "environment of its own" in refused(capsys, "x", "x=1")


# -- pictures, pipes and terminals --------------------------------------------------------------


def test_pictures(capsys: Captured, tmp_path: Path) -> None:
    starts = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "dot": b"digraph"}
    options = [word for format in starts for word in (f"--{format}", str(tmp_path / f"picture of {format}"))]
    status, _, err = run(capsys, "x*y", "x=2", "y=3", *options)
    assert (status, err) == (0, "")
    for format, start in starts.items():
        assert (tmp_path / f"picture of {format}").read_bytes().lstrip().startswith(start)
    assert "back 1" in (tmp_path / "picture of dot").read_text()  # what flows back is in it


def test_without_graphviz_it_prints_a_text_picture_and_advice(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograd.views.rendering.graphviz_command", lambda format: None)
    svg, dot = tmp_path / "graph.svg", tmp_path / "graph.dot"
    status, out, err = run(capsys, "h = x*y; h*h", "x=2", "y=3", "--svg", str(svg), "--dot", str(dot))
    assert status == 0
    assert "Graph\nv1 = h**2 = 36" in out
    assert err.count("\n") == 1
    assert 'pip install "chalkgrad[draw]"' in err
    assert dot.exists()
    assert not svg.exists()
    status, out, err = run(capsys, "x*x", "x=2", "--json", "--svg", str(svg))
    assert (status, json.loads(out)["value"]) == (0, 4.0)
    assert "pip install" in err


def test_a_file_that_cannot_be_written_is_named(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: str | bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("autograd.cli.write_whole", full)
    message = refused(capsys, "x*x", "x=2", "--dot", str(tmp_path / "x.dot"))
    assert "x.dot could not be written: No space left on device" in message


def test_a_reader_that_stops_early_sees_no_traceback() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "autograd.cli", "x*x", "x=2"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_at_standard_output_is_a_message() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "autograd.cli", "x*x", "x=1"], stdout=full, stderr=subprocess.PIPE,
            text=True, env=ENVIRONMENT,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "chalkgrad: error: [Errno 28] No space left on device\n"


def test_a_terminal_without_the_letters() -> None:
    done = command("σ*2", "σ=3", env={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u03c3" in done.stdout


def test_plain_text_where_there_is_no_terminal() -> None:
    done = command(*RELU_NETWORK)
    assert "\x1b" not in done.stdout
    assert not [line for line in done.stdout.splitlines() if line != line.rstrip()]


def test_a_narrow_terminal_cuts_nothing() -> None:
    assert command(*RELU_NETWORK, env={"COLUMNS": "20"}).stdout == command(*RELU_NETWORK).stdout


def test_an_infinite_value_may_be_given(capsys: Captured) -> None:
    _, out, _ = run(capsys, "x + 1", "x=-inf", "--json")
    assert json.loads(out)["value"] == str(-math.inf)
