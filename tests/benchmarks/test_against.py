"""The compiled benchmark at tiny sizes: that it measures what it says, never how long that takes."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmarks.against import __main__ as command
from benchmarks.against import tables, tracing, workloads
from benchmarks.against.processes import LeftOut, Turns, limits
from benchmarks.against.workloads import Workload

TINY = Workload("tiny", "gmm", lambda: workloads.gmm(2, 2, 8), ("numpy", "micrograd", "numpy, tuned"), 0.7)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    workloads.moons(8).save(tmp_path / "data.npz")
    return tmp_path / "data.npz"


def test_a_process_says_what_it_computes_and_then_takes_turns(data: Path) -> None:
    with Turns("numpy", "moons", data, 1) as turns:
        assert sorted(turns.ready) == ["gradient", "loss", "losses", "share"]
        assert len(turns.ready["losses"]) == 3
        assert turns.seconds() > 0
        assert turns.seconds() > 0


def test_a_process_that_cannot_run_is_left_out_in_its_own_words(data: Path) -> None:
    with pytest.raises(LeftOut, match="numpy: KeyError: 'fish'"):
        Turns("numpy", "fish", data, 1)


def test_threads_are_limited_for_every_library() -> None:
    one, two = limits(1), limits(2)
    assert one["OMP_NUM_THREADS"] == one["OPENBLAS_NUM_THREADS"] == one["MKL_NUM_THREADS"] == "1"
    assert two["OMP_NUM_THREADS"] == "2"
    assert "intra_op_parallelism_threads=1" in one["XLA_FLAGS"]


def test_a_workload_is_measured_and_who_cannot_run_is_named() -> None:
    left_out: list[str] = []
    seconds = command.measure(TINY, 2, 1, left_out)
    assert seconds is not None
    assert sorted(seconds) == ["chalkgrad", "numpy", "numpy, tuned"]
    assert left_out == []  # with two threads micrograd is not asked
    command.measure(TINY, 1, 1, left_out)
    assert len(left_out) == 1
    assert left_out[0].startswith("tiny, left out: micrograd: ")


def test_without_the_first_peer_there_is_no_measurement() -> None:
    assert command.measure(workloads.WORKLOADS["dag"], 2, 1, []) is None
    with pytest.raises(LeftOut, match="micrograd"):
        command.measure(Workload("tiny", "gmm", TINY.make, ("micrograd",), 1.0), 1, 1, [])


def test_a_share_is_scaled_to_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eager takes 4 examples: of a batch of 64 a sixteenth, of one of 4 all."""
    monkeypatch.setattr(Turns, "seconds", lambda turns: 0.5)
    for examples, seconds in ((4, 0.5), (64, 8.0)):
        make = partial(workloads.irregular, 100, examples)
        workload = Workload("tiny", "dag", make, ("eager",), 1.0)
        measured = command.measure(workload, 1, 3, [])
        assert measured is not None
        assert measured["eager"] == [seconds] * 3


def test_every_row_has_the_target_it_says() -> None:
    moons = workloads.WORKLOADS["moons"]
    seconds = {
        "numpy": [1e-3, 9.0, 1e-3],
        "chalkgrad": [1.1e-3] * 3,
        "torch": [1e-3] * 3,
        "jax.jit": [1.0] * 3,
    }
    rows = tables.rows_of(moons, 1, seconds | {"micrograd": [1.0] * 3})
    assert [(row.what, row.target, row.met) for row in rows] == [
        ("moons, a step, 1 thread, against numpy", "≤ 1.2x", True),
        ("  against torch", "≥ 1x less", False),
        ("  against jax.jit", "", None),
        ("  against micrograd", "≥ 1000x less", False),
    ]
    assert rows[0].ratio == pytest.approx(1.1)


def test_the_exponent_is_that_of_the_times() -> None:
    def once(nodes: int, seconds: float) -> list[Any]:
        return [{"nodes": nodes, "build": 1.0, "compile": 0.75 * seconds, "first": 0.25 * seconds}]

    sizes = (10, 100, 1_000)
    measured = {f"network {n}": once(n, n**1.5) for n in sizes} | {f"random {n}": once(n, n) for n in sizes}
    measured |= {"moons": once(1_000, 0.06), "wide": once(1_000, 1.0)}
    measured["chain"] = [{"compile": 1.0, "first": 2.0, "gradient": 3.0}]
    rows = {row.what.strip(): row for row in tables.rows_of_compiler(measured, sizes, 10)}
    assert rows["network: exponent of the time in nodes"].ours == pytest.approx(1.5)
    assert rows["network: exponent of the time in nodes"].met is False
    assert rows["random: exponent of the time in nodes"].met is True
    assert rows["trace and compile, 2-16-16-1, 1,000 nodes"].met is False
    assert rows["trace and compile, 784-128-10, 1,000 nodes"].met is True


@pytest.mark.parametrize("nodes", [1_000, 30_000])
def test_a_network_has_about_the_nodes_wanted(nodes: int) -> None:
    from autograd import topological_order
    from benchmarks.against.peers import in_chalkgrad

    loss, _ = in_chalkgrad.SCALARS["classes"](tracing.network(nodes)).one_example()
    assert len(topological_order(loss)) == pytest.approx(nodes, rel=0.15)


def test_the_compiler_is_timed_on_what_it_says() -> None:
    measured = tracing.measure_compile("random", 200)
    assert measured["nodes"] == 264  # 64 of them leaves
    assert min(measured.values()) > 0
    assert sorted(tracing.measure_chain(50)) == ["compile", "first", "gradient"]


def test_a_run_of_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    """Every process, every row, the table and the file; fit apart, whose eager epoch takes seconds."""
    tiny = command.Scale({"gmm": TINY}, (1,), 1, (100, 200), 50, 1)
    monkeypatch.setattr(command, "quick", lambda: tiny)
    command.main(["--quick", "--without-fit", "--json", str(tmp_path / "run.json")])
    printed = capfd.readouterr().out
    for stated in ("tiny, 1 thread, against numpy", "≤ 0.7x", "left out: micrograd", "collector threshold"):
        assert stated in printed
    written = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert list(written["measured"]) == ["gmm, 1", "compiler"]
    assert list(written["measured"]["gmm, 1"]) == ["numpy", "chalkgrad", "numpy, tuned"]


def test_a_directory_that_is_not_there_is_told_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        command.main(["--json", str(tmp_path / "missing" / "run.json")])
    assert "there is no directory" in capsys.readouterr().err
