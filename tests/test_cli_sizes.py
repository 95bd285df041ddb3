"""The command with large expressions: what it leaves out, and that it says so."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from autograd import gates
from autograd.cli import checking
from autograd.cli.command import MOST_RULES
from autograd.expression import parse
from autograd.value import Value
from tests.command import Captured, run


def many(count: int, between: str = "+") -> list[str]:
    return [between.join(f"x{i}" for i in range(count)), *(f"x{i}={i % 7 + 1}" for i in range(count))]


def graph(text: str, count: int) -> Value:
    return parse(text, {f"x{i}": i % 7 + 1.0 for i in range(count)}).root


def test_a_small_graph_is_checked_whole() -> None:
    found = checking.check(graph(many(100)[0], 100))
    assert (len(found.report.leaves), found.sample) == (100, "")


def test_of_a_large_one_some_leaves_are_checked(capsys: Captured) -> None:
    count = 900
    found = checking.check(graph(many(count)[0], count))
    checked = [int(row.name[1:]) for row in found.report.leaves]
    assert 50 < len(checked) < count
    steps = {after - before for before, after in pairwise(checked)}
    assert max(steps) - min(steps) == 1
    sample = f"checked: {len(checked)} of the 900 leaves, evenly spaced, and the gates that use them\n"
    assert found.text.startswith(f"{sample}gradient check passed: {len(checked)} of {len(checked)} leaves")
    assert [row.analytic for row in found.report.leaves] == [1.0] * len(checked)
    assert sample in run(capsys, *many(count))[1]
    results = json.loads(run(capsys, *many(count), "--json")[1])
    assert results["check"]["report"] == found.text
    assert len(results["gradients"]) == count


def test_the_work_of_the_check_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    def computed(count: int) -> int:
        """How many products the check computes."""
        calls = 0
        forward = gates.mul.forward

        def counting(m: object, a: float, b: float) -> float:
            nonlocal calls
            calls += 1
            return float(forward(m, a, b))

        root = graph(many(count, "*").pop(0), count)
        with monkeypatch.context() as patch:
            patch.setattr(gates.mul, "forward", counting)
            checking.check(root)
        return calls

    assert computed(1600) < 3 * computed(800)


def test_a_wrong_gate_is_found_by_its_name(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    text, *values = many(900)
    text = "+".join(f"{'tanh' if i > 450 else 'sin'}(x{i})" for i in range(900))
    monkeypatch.setattr(gates.tanh, "backward", lambda m, upstream, out, x: (upstream * (1 - out),))
    status, out, _ = run(capsys, text, *values, "--json")
    assert status == 1
    results = json.loads(out)
    wrong = [row["name"] for row in results["check"]["leaves"] if row["verdict"] == "wrong"]
    assert len(wrong) > 10
    assert min(int(name[1:]) for name in wrong) > 450
    guilty = results["check"]["report"].partition("guilty gate tanh of ")[2].partition(",")[0]
    assert {"node": guilty, "gate": "tanh"}.items() <= next(
        row for row in results["forward"] if row["node"] == guilty
    ).items()


def test_a_gate_with_hundreds_of_inputs(capsys: Captured) -> None:
    """Its local derivatives would be formulas of hundreds of names each."""
    text, *values = many(300, ", ")
    status, out, err = run(capsys, f"logsumexp({text})", *values, "--json")
    assert (status, err) == (0, "")
    first = json.loads(out)["backward"][0]
    assert float(first["local"]) == pytest.approx(first["local_value"], rel=1e-3)
    text, *values = many(50, ", ")
    for options in (["--explain", "x5"], ["--latex", "--wrt", "x5"], ["--step"]):
        status, out, _ = run(capsys, f"logsumexp({text})", *values, *options)
        assert (status, out.count("exp(x49")) == (0, 0)


def test_so_many_chain_rules_in_latex(capsys: Captured) -> None:
    status, out, err = run(capsys, *many(MOST_RULES + 1), "--latex")
    assert (status, out.count("\\begin{align*}")) == (0, MOST_RULES)
    assert err == "chalkgrad: these are the first 100 of 101 chain rules; --wrt chooses others\n"
    assert run(capsys, *many(MOST_RULES), "--latex")[2] == ""


@pytest.mark.parametrize(
    "text",
    ["x" + "+x" * 9_999, "x" + "**x" * 9_999, "0" + "-" * 9_999 + "x", "(" * 9_999 + "x" + ")" * 9_999],
)
def test_what_is_too_deep_for_python_is_told(capsys: Captured, text: str) -> None:
    status, out, err = run(capsys, text, "x=1")
    assert (status, out) == (2, "")
    assert "assign parts of it to names" in err or "too many nested parentheses" in err
