"""The command: what it prints."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

import autograd
from autograd import gates
from autograd.cli import main
from autograd.expression import parse
from autograd.views.chain_rule import explain
from tests.command import RELU_NETWORK, Captured, command, run

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


def test_where_nothing_can_be_checked_it_says_so(capsys: Captured) -> None:
    status, out, _ = run(capsys, "x*y", "x=inf", "y=1")
    assert status == 1
    assert "gradient check impossible: 0 of 2 leaves checked" in out
    assert "leaf x: skipped: not finite, cannot be checked" in out
    assert "FAILED" not in out


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


@pytest.mark.parametrize(("written", "number"), [("1/3", 1 / 3), ("-1/4", -0.25), ("2*sqrt(4)", 4.0)])
def test_a_value_may_be_an_expression_of_numbers(capsys: Captured, written: str, number: float) -> None:
    status, out, _ = run(capsys, "3*x", f"x={written}", "--json")
    assert (status, json.loads(out)["forward"][0]["value"]) == (0, number)


def test_options_may_stand_anywhere(capsys: Captured) -> None:
    status, out, _ = run(capsys, "--json", "x*y", "--wrt", "x", "x=2", "--wrt", "y", "y=3")
    assert (status, json.loads(out)["gradients"]) == (0, {"x": 3.0, "y": 2.0})


def test_version_and_help(capsys: Captured) -> None:
    for option, words in [("--version", f"chalkgrad {autograd.__version__}\n"), ("--help", "exit status")]:
        with pytest.raises(SystemExit) as ended:
            main([option])
        assert ended.value.code == 0
        assert words in capsys.readouterr().out


# -- explanations -------------------------------------------------------------------------------


def explained(*names: str) -> list[tuple[str, str]]:
    """The chain rules of the RELU_NETWORK, as text and as LaTeX."""
    values = dict(word.split("=") for word in RELU_NETWORK[1:])
    parsed = parse(RELU_NETWORK[0], {name: float(number) for name, number in values.items()})
    parsed.root.backward()
    named = parsed.leaves | parsed.assigned
    told = [explain(parsed.root, named[name]) for name in names or parsed.leaves]
    return [(each.text, each.latex) for each in told]


def test_explain_comes_after_the_tables(capsys: Captured) -> None:
    status, out, _ = run(capsys, *RELU_NETWORK, "--explain", "w22", "--explain", "f")
    (w22, _), (f, _) = explained("w22", "f")
    assert status == 0
    assert out.endswith(f"\n\n{w22}\n\n{f}\n")
    assert out.index("Gradients of loss") < out.index("gradient check passed") < out.index(w22)


def test_latex_alone_is_printed(capsys: Captured) -> None:
    for options, names in [
        (["--explain", "w22", "--explain", "f"], ["w22", "f"]),
        (["--wrt", "u2"], ["u2"]),
        ([], []),
    ]:
        status, out, err = run(capsys, *RELU_NETWORK, "--latex", *options)
        assert (status, err) == (0, "")
        assert out == "\n\n".join(latex for _, latex in explained(*names)) + "\n"


def test_latex_leaves_a_failed_check_to_stderr(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates.tanh, "backward", lambda m, upstream, out, x: (upstream * (1 - out),))
    status, out, err = run(capsys, "tanh(w*x)", "w=0.5", "x=2", "--latex")
    assert status == 1
    assert "FAILED" not in out
    assert err.startswith("chalkgrad: gradient check FAILED")


def test_explanations_in_json(capsys: Captured) -> None:
    _, out, _ = run(capsys, *RELU_NETWORK, "--json", "--explain", "w22")
    [(text, latex)] = explained("w22")
    assert json.loads(out)["explanations"] == {"w22": {"text": text, "latex": latex}}


def test_an_infinite_value_may_be_given(capsys: Captured) -> None:
    _, out, _ = run(capsys, "x + 1", "x=-inf", "--json")
    assert json.loads(out)["value"] == str(-math.inf)
