"""The eager benchmark at tiny sizes: that it measures what it says, never how long that takes."""

from __future__ import annotations

import gc
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograd import Value
from autograd.backward import topological_order
from benchmarks import eager, gpt, graphs, harness, tuples
from benchmarks.harness import Row, saving, staying

micrograd_engine = pytest.importorskip("micrograd.engine", reason="micrograd is not installed")
Moons = dict[str, list[Any]]

TINY = eager.Scale(
    sizes=(1_000,), largest=(2_000,), rounds=1, operations=1, memory=50, examples=2, steps=1, cold_runs=1
)


@pytest.mark.parametrize("shape", eager.SHAPES)
def test_a_graph_has_n_operations_and_its_root_depends_on_all(shape: str) -> None:
    nodes = topological_order(graphs.GRAPHS[shape](500)(Value))
    assert sum(node.gate is not None for node in nodes) == 500


def test_a_random_graph_has_every_operation_and_is_the_same_each_time() -> None:
    nodes, again = (topological_order(graphs.random_graph(500)(Value)) for _ in range(2))
    assert {node.gate.name for node in nodes if node.gate} == {"add", "sub", "mul", "div", "relu", "pow"}
    assert [node.data for node in nodes] == [node.data for node in again]


@pytest.mark.parametrize("shape", eager.SHAPES)
def test_numbers_and_gradients_stay_finite_and_positive(shape: str) -> None:
    root = graphs.GRAPHS[shape](5_000)(Value)
    root.backward()
    nodes = topological_order(root)
    assert 0.5 < max(abs(node.grad) for node in nodes) <= 2_000  # c's in the chain, one for each round
    assert not any(math.isnan(node.grad) for node in nodes)
    assert min(node.data for node in nodes) >= 0.5
    assert max(node.data for node in nodes) <= 3.0


@pytest.mark.parametrize("shape", eager.SHAPES)
@pytest.mark.parametrize("n", [5, 250])
def test_both_engines_build_the_same_graph(shape: str, n: int) -> None:
    def root_and_gradients(value: Callable[[float], Any]) -> list[float]:
        leaves: list[Any] = []

        def leaf(data: float) -> Any:
            leaves.append(value(data))
            return leaves[-1]

        root = graphs.GRAPHS[shape](n)(leaf)
        root.backward()
        return [root.data, *(leaf.grad for leaf in leaves)]

    found = root_and_gradients(Value)
    assert found == pytest.approx(root_and_gradients(micrograd_engine.Value), rel=1e-9)
    assert any(found[1:])


@pytest.mark.parametrize("engine", eager.ENGINES)
def test_a_measurement_of_a_graph(engine: str) -> None:
    from benchmarks.eager_worker import measure_graph

    for collector in eager.COLLECTORS:
        taken = measure_graph(engine, collector, "chain", 50, 3)
        assert list(taken) == ["total", "build", "backward", "free"]
        assert min(taken.values()) > 0
        assert gc.isenabled()


def test_the_collector_is_paused_while_a_paused_measurement_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.eager_worker import measure_graph

    enabled: list[bool] = []

    def watched(n: int) -> graphs.Build:
        def build(value: Callable[[float], Any]) -> Any:
            enabled.append(gc.isenabled())
            return graphs.chain(n)(value)

        return build

    monkeypatch.setitem(graphs.GRAPHS, "watched", watched)
    measure_graph("micrograd", "paused", "watched", 5, 1)
    measure_graph("micrograd", "default", "watched", 5, 1)
    assert enabled == [False, False, True, True]


def test_memory_is_that_of_the_graph() -> None:
    from benchmarks.eager_worker import measure_memory

    ours, twice, theirs = (
        measure_memory("ours", "chain", 500),
        measure_memory("ours", "chain", 1_000),
        measure_memory("micrograd", "chain", 500),
    )
    assert 100 < ours < theirs
    assert twice == pytest.approx(ours, rel=0.05)  # per operation


def test_the_moons() -> None:
    from benchmarks.moons import two_moons

    points, labels = two_moons(100)
    assert labels.count(1) == labels.count(-1) == 50
    assert (points, labels) == two_moons(100)
    outer = [point for point, label in zip(points, labels, strict=True) if label == -1]
    radii = [math.hypot(x, y) for x, y in outer]
    assert sum(radii) / 50 == pytest.approx(1.0, abs=0.05)
    assert max(radii) - min(radii) > 0.1


def test_all_networks_start_alike_and_are_on_the_engine_they_say() -> None:
    import micrograd.nn

    from benchmarks.moons import network

    numbers, kinds = [], []
    for kind in eager.NETWORKS:
        value, model = network(kind)
        kinds.append((value, {type(p) for p in model.parameters()}, type(model).__module__))
        neurons = [neuron for layer in model.layers for neuron in layer.neurons]
        numbers.append([p.data for neuron in neurons for p in neuron.parameters()])
    assert numbers[0] == numbers[1] == numbers[2]
    theirs = micrograd_engine.Value
    assert kinds == [
        (Value, {Value}, "nn.mlp"),
        (Value, {Value}, "micrograd.nn"),
        (theirs, {theirs}, "micrograd.nn"),
    ]
    assert micrograd.nn.Value is theirs


def test_all_networks_go_through_the_same_losses() -> None:
    from benchmarks.eager_worker import measure_moons

    moons: Moons = {f"{kind} default": [measure_moons(kind, "default", 6, 2)] for kind in eager.NETWORKS}
    eager.check_losses(moons)
    losses = moons["nn default"][0]["losses"]
    assert len(set(losses)) == 3  # it learns
    losses[1] += 1e-6
    with pytest.raises(AssertionError, match="nn default has the losses"):
        eager.check_losses(moons)


def test_losses_that_are_missing_or_not_numbers_do_not_agree() -> None:
    for losses in ([1.0], [1.0, math.nan], [1.0, 2.0, 3.0]):
        moons: Moons = {"micrograd default": [{"losses": [1.0, 2.0]}], "nn default": [{"losses": losses}]}
        with pytest.raises(AssertionError, match="nn default"):
            eager.check_losses(moons)


def test_the_gpt_is_the_same_on_both_engines() -> None:
    """Its loss, the gradients of all its weights, and the size that the table tells."""
    roots, gradients = [], []
    for value in (Value, tuples.Value):
        weights = gpt.parameters(value)
        root = gpt.loss(weights, gpt.text())
        root.backward()
        roots.append(root)
        gradients.append([w.grad for matrix in weights.values() for row in matrix for w in row])
    assert roots[0].data == pytest.approx(roots[1].data, rel=1e-12)
    assert gradients[0] == pytest.approx(gradients[1], rel=1e-9, abs=1e-15)
    assert len(gradients[0]) == 4_192
    assert any(gradients[0])
    assert len(topological_order(roots[0])) == pytest.approx(74_000, rel=0.01)


def test_a_whole_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Every process, every row, the table and the file."""
    measured = eager.measure(TINY)
    eager.check_losses(measured["moons"])
    eager.check_losses(measured["gpt"], "tuples")
    rows = eager.rows_of(measured, TINY)
    assert [(row.what, row.target) for row in rows if row.target] == [
        ("chain graph of 1,000", "≥ 3.5x less"),
        ("chain graph of 2,000, against 1,000", "≤ 3x"),
        ("random graph of 2,000, against 1,000", "≤ 3x"),
        ("moons, our nn", "≥ 10x less"),
        ("  ours in gc_paused()", "≥ 25x less"),
        ("GPT of 74,000 nodes, against tuples", "≥ 2x less"),
        ("  both with the collector off", "≥ 1.6x less"),
        ("  memory at the most", "≥ 2x less"),
        ("chain graph, memory", "≤ 250 bytes"),
        ("random graph, memory", "≤ 250 bytes"),
        ("cold start, against bare Python", "≤ 2.5x"),
    ]
    paused = next(row for row in rows if row.target == "≥ 25x less")
    assert paused.ours == 1e3 * measured["moons"]["nn paused"][0]["seconds"]
    assert paused.against == 1e3 * measured["moons"]["micrograd default"][0]["seconds"]

    harness.print_report("A title", rows, eager.notes_of(TINY))
    printed = capfd.readouterr().out
    assert all(row.what.strip() in printed for row in rows)
    for stated in ("python CPython", "processors", "collector threshold"):
        assert stated in printed

    harness.write_json(tmp_path / "run.json", rows, measured)
    written = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert written["measured"] == measured
    assert [row["ratio"] for row in written["rows"]] == [row.ratio for row in rows]
    assert written["machine"]["python"].startswith("CPython")


def test_a_target_is_met_or_missed() -> None:
    assert saving("", "", 2.0, 7.0).met is None
    assert saving("", "", 2.0, 7.0, 3.5).met is True
    assert saving("", "", 2.0, 6.9, 3.5).met is False
    assert staying("", "", 6.0, 2.0, 3.0).met is True
    assert staying("", "", 6.1, 2.0, 3.0).met is False


@pytest.mark.parametrize(
    ("row", "ratio", "verdict"),
    [
        (saving("a", "s", 2.0, 7.0, 3.5), "3.5x less", "met"),
        (saving("a", "s", 7.0, 3.5, 3.5), "2.0x more", "MISSED"),
        (saving("a", "s", 7.0, 7.0), "1.0x less", ""),
        (staying("a", "s", 6.0, 2.0, 2.5), "3.00x", "MISSED"),
    ],
)
def test_the_cells_of_a_row(row: Row, ratio: str, verdict: str) -> None:
    assert (row.cells()[4], row.cells()[6]) == (ratio, verdict)


def test_contestants_take_turns() -> None:
    turns: list[str] = []

    def take_turn(name: str) -> int:
        turns.append(name)
        return len(turns)

    results = harness.in_turn({"a": lambda: take_turn("a"), "b": lambda: take_turn("b")}, 3)
    assert turns == ["a", "b"] * 3
    assert results == {"a": [1, 3, 5], "b": [2, 4, 6]}


def test_a_worker_that_fails_says_why() -> None:
    with pytest.raises(RuntimeError, match=r"(?s)eager_worker graph .*KeyError: 'fish'"):
        harness.run_worker("benchmarks.eager_worker", "graph", "fish", "default", "chain", 5, 1)


def test_a_directory_that_is_not_there_is_told_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        eager.main(["--json", str(tmp_path / "missing" / "run.json")])
    assert "there is no directory" in capsys.readouterr().err
