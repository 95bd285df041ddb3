"""The benchmark beside NumPy by hand: that it measures and prints what it says, never how long that takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import compiled, compiled_worker
from benchmarks.compiled_workloads import WORKLOADS


def said(measured: Any) -> dict[str, Any]:
    return {"measured": measured, "threads": 1, "collector": True}


def test_every_call_is_timed_on_both_clocks() -> None:
    ((examples, seconds),) = compiled_worker.measure_calls("gmm small", 2, 0.0)
    assert examples == 1_000
    assert sorted(seconds) == ["numpy", "ours"]
    for rounds in seconds.values():
        assert len(rounds) == 2
        assert all(wall > 0 and processor > 0 for wall, processor in rounds)


@pytest.mark.parametrize(("shape", "leaves"), [("chain", 5), ("random", 64)])
def test_the_compiler_is_timed_on_so_many_gates(shape: str, leaves: int) -> None:
    measured = compiled_worker.measure_compile(shape, 200)
    assert sorted(measured) == ["build", "compile", "eager", "nodes", "ours"]
    assert measured["nodes"] == 200 + leaves
    assert min(measured.values()) > 0


def test_a_network_is_compiled_as_it_is_timed() -> None:
    measured = compiled_worker.measure_compile("moons")
    assert measured["compile"] > 0
    assert measured["ours"] < measured["eager"]


def test_rows_are_medians_beside_their_targets() -> None:
    wide = {"ours": [[9.0, 0.002], [4.0, 0.003], [9.0, 9.0]], "numpy": [[2.0, 0.002]] * 3}
    small = {"ours": [[1.0, 0.006]], "numpy": [[1.0, 0.004]]}
    rows = compiled.rows_of_calls(
        {
            "wide, 1 thread": [said([[64, wide]])],
            "wide, 2 threads": [said([[64, wide]])],
            "lstm, 1 thread": [said([[1, small]])],
            "rnn, 1 thread": [None],
        }
    )
    assert [(row.what, row.unit, row.ours, row.ratio, row.target, row.met) for row in rows] == [
        ("784-128-10, 64", "ms", 3.0, 1.5, "≤ 1.05x", False),
        ("784-128-10, 64, 2 threads", "ms", 3.0, 1.5, "≤ 1.05x", False),
        ("784-128-10, 64, 2 threads", "ms wall", 9_000.0, 4.5, "≤ 1.05x", False),
        ("LSTM, 8 steps, 1", "ms", 6.0, 1.5, "", None),
    ]


def test_rows_of_the_compiler_have_targets_and_an_exponent() -> None:
    def once(nodes: int, seconds: float) -> list[Any]:
        return [said({"nodes": nodes, "build": 0.5, "compile": seconds, "ours": 0.001, "eager": 0.005})]

    measured = {f"chain {n}": once(n, 2e-5 * n**1.0) for n in (1_000, 10_000, 100_000)}
    rows = compiled.rows_of_compile(measured | {"gpt": once(70_000, 1.5), "long gpt": [None]})
    found = {row.what: row for row in rows if not row.what.startswith("  ")}
    assert found["chain: exponent of compiling in nodes"].ours == pytest.approx(1.0)
    assert [row.met for row in rows if row.what.startswith("  against its target")] == [True, False]
    eager = [row for row in rows if "eager" in row.what]
    assert [row.ratio for row in eager] == pytest.approx([5.0] * 4)
    assert [(row.target, row.met) for row in eager] == [*[("≥ 4x less", True)] * 3, ("", None)]


def test_notes_tell_what_was_left_out_and_how_it_was_timed() -> None:
    notes = " ".join(compiled.notes_of({"gpt": [said([])], "long gpt": [None]}, False, 5))
    for stated in ("time.process_time", "medians of 5 rounds", "1e-08", "threadpoolctl reports [1]"):
        assert stated in notes
    assert "long gpt: not done after 600 s, left out" in notes
    assert "collector: at its default" in notes


def test_a_run_of_one_workload(tmp_path: Path, capfd: Any) -> None:
    compiled.main(["--only", "layernorm", "--quick", "--json", str(tmp_path / "run.json")])
    printed = capfd.readouterr().out
    assert "layer normalisation, 16-16, 32" in printed
    written = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert list(written["measured"]) == ["layernorm, 1 thread"]
    assert [row["what"] for row in written["rows"]] == [
        "layer normalisation, 16-16, 1",
        "layer normalisation, 16-16, 32",
    ]


def test_a_run_of_the_compiler(monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    monkeypatch.setattr(compiled, "SIZES", (100, 200))
    compiled.main(["--compile", "--quick", "--only", "random"])
    printed = capfd.readouterr().out
    assert "random 200, 264 nodes: compile" in printed
    assert "random: exponent of compiling in nodes" in printed


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--only", "fish"], f"there is no 'fish'; there are {', '.join(WORKLOADS)}"),
        (
            ["--compile", "--only", "moons"],
            "there is no 'moons'; there are gpt, long gpt, wide",
        ),
        (["--large"], "it needs --compile"),
        (["--json", "missing/run.json"], "there is no directory missing"),
    ],
)
def test_what_cannot_be_run_is_told_before_anything_runs(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        compiled.main(arguments)
    assert told in " ".join(capsys.readouterr().err.split())
