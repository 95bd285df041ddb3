"""The command: the files it writes, and where its output goes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from autograd.expression import parse
from autograd.views.drawing import Drawing, DrawingError
from autograd.views.stepper import step_through
from tests.command import ENVIRONMENT, RELU_NETWORK, Captured, command, refused, run


def test_pictures(capsys: Captured, tmp_path: Path) -> None:
    starts = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "dot": b"digraph"}
    options = [word for format in starts for word in (f"--{format}", str(tmp_path / f"picture of {format}"))]
    status, _, err = run(capsys, "x*y", "x=2", "y=3", *options)
    assert (status, err) == (0, "")
    for format, start in starts.items():
        assert (tmp_path / f"picture of {format}").read_bytes().lstrip().startswith(start)
    assert "back 1" in (tmp_path / "picture of dot").read_text()  # what flows back is in it


def test_the_stepping_page(capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "steps.html"
    parsed = parse("h = x*y; h*h", {"x": 2, "y": 3})
    assert run(capsys, "h = x*y; h*h", "x=2", "y=3", "--html", str(page))[0] == 0
    assert page.read_text(encoding="utf-8") == step_through(parsed.root).html

    monkeypatch.setattr("autograd.views.rendering.graphviz_command", lambda format: None)
    status, out, err = run(capsys, "h = x*y; h*h", "x=2", "y=3", "--html", str(page))
    assert (status, err) == (0, "")
    assert "\nGraph\n" not in out
    assert "pip install" in page.read_text(encoding="utf-8")


def test_without_graphviz_it_prints_a_text_picture_and_advice(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograd.views.rendering.graphviz_command", lambda format: None)
    svg, dot = tmp_path / "graph.svg", tmp_path / "graph.dot"
    status, out, err = run(capsys, "h = x*y; h*h", "x=2", "y=3", "--svg", str(svg), "--dot", str(dot))
    assert status == 0
    assert "Graph\nv1 = h * h = 36" in out
    assert err.count("\n") == 1
    assert 'pip install "chalkgrad[draw]"' in err
    assert dot.exists()
    assert not svg.exists()
    status, out, err = run(capsys, "x*x", "x=2", "--json", "--svg", str(svg))
    assert (status, json.loads(out)["value"]) == (0, 4.0)
    assert "pip install" in err


def test_where_graphviz_fails_everything_else_is_done(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def fail(drawing: Drawing, format: str) -> bytes:
        tried.append(format)
        raise DrawingError("this graph is too much for Graphviz")

    monkeypatch.setattr(Drawing, "render_bytes", fail)
    svg, png, dot = [tmp_path / f"graph.{format}" for format in ("svg", "png", "dot")]
    status, out, err = run(capsys, "x*x", "x=2", "--svg", str(svg), "--png", str(png), "--dot", str(dot))
    assert status == 0
    assert "gradient check passed" in out
    assert "Graph\nv1 = x * x = 4" in out
    assert err == "chalkgrad: no picture was drawn: this graph is too much for Graphviz\n"
    assert [file.name for file in tmp_path.iterdir()] == ["graph.dot"]
    assert tried == ["svg"]  # not once more what takes long


def test_a_file_that_cannot_be_written_is_named(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: str | bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("autograd.cli.command.write_whole", full)
    message = refused(capsys, "x*x", "x=2", "--dot", str(tmp_path / "x.dot"))
    assert "x.dot could not be written: No space left on device" in message


def test_a_reader_that_stops_early_sees_no_traceback() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "autograd", "x*x", "x=2"],
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
            [sys.executable, "-m", "autograd", "x*x", "x=1"], stdout=full, stderr=subprocess.PIPE,
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
