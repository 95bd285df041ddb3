"""The report as a text: short, and harmless to a terminal."""

from __future__ import annotations

from autograd import Value, exp, find_nonfinite, gate, gradcheck, summation
from autograd.check import check_gate

STEERING = "\x1b]0;title\x07a\nb\u202e"


def test_labels_steer_no_terminal() -> None:
    wrong = gate("wrong", forward=lambda m, x: x * x, backward=lambda m, upstream, out, x: (upstream * x,))
    wrong.name = "wro\x1b[2Jng"  # nobody is kept from it
    x = Value(1.5, STEERING)
    h = wrong(x)
    h.label = "h\x1b[2J"
    zero = Value(0.0, "zero\r")
    report = gradcheck(h + zero.log() * 0 + abs(zero) + ((1e20 + x) - 1e20))
    verdicts = {row.verdict for row in report.leaves + report.gates}
    assert verdicts == {"ok", "wrong", "kink", "skipped", "cannot tell"}
    texts = [str(report), str(report.leaves[0]), *map(str, report.gates), *map(str, check_gate(wrong, [1.0]))]
    texts += [
        str(find_nonfinite(node)) for node in (zero.log(), (zero * 1.0).sqrt() * h, Value(1e999, STEERING))
    ]
    for text in texts:
        assert all(line.isprintable() for line in text.split("\n")), ascii(text)
    assert len(str(report.leaves[0]).split("\n")) == 1
    assert report.leaves[0].name == STEERING  # for a program, the label as it is


def test_a_cancelled_derivative_raises_no_suspicion() -> None:
    report = gradcheck(lambda x: (exp(x) - 1) / x, [1e-10])
    assert not report.ok
    assert [row.verdict for row in report.leaves] == ["cannot tell"]
    assert str(report).startswith(
        "gradient check impossible: 0 of 1 leaves checked, 0 wrong; of 1 it cannot tell\n"
    )
    assert "and rounding alone may put them " in str(report)
    assert "guilty" not in str(report)


def test_what_can_be_told_is_told() -> None:
    x, y = Value(2.0, "x"), Value(3.0, "y")
    report = gradcheck((1e20 + x) - 1e20 + y * y)
    assert report.ok
    assert str(report).startswith(
        "gradient check passed: 1 of 2 leaves checked, 0 wrong; of 1 it cannot tell\n"
    )
    assert [row.name for row in report.unchecked] == ["x", "b"]  # the leaf, and the operand of add


def test_a_long_report_is_cut_with_the_wrong_ones_first() -> None:
    wrong = gate("wrong", forward=lambda m, x: x * x, backward=lambda m, upstream, out, x: (upstream * x,))
    kinks = [abs(Value(0.0, f"k{i}")) for i in range(40)]
    report = gradcheck(summation(*kinks, wrong(Value(3.0, "x"))))
    lines = str(report).split("\n")
    assert lines[0] == "gradient check FAILED: 41 of 41 leaves checked, 1 wrong"
    assert lines[1].startswith("leaf x: wrong: ")
    assert lines[11] == "... and 31 more"
    assert lines[12].startswith("guilty gate wrong of ")
    assert lines[22:] == ["... and 31 more"]


def test_its_repr_is_a_line_and_a_notebook_shows_all_of_it() -> None:
    class Printer:
        shown = ""

        def text(self, text: str) -> None:
            self.shown += text

    report, printer = gradcheck(exp(Value(1.0, "x")) * 2), Printer()
    assert (
        repr(report)
        == "<Report: gradient check passed: 1 of 1 leaves checked, 0 wrong; print() shows all of it>"
    )
    report._repr_pretty_(printer, False)
    assert printer.shown == str(report)
