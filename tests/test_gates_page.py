"""The committed page of gates is made from the table of gates, and each row keeps its cells."""

from __future__ import annotations

import re

import pytest

from autograd import GATES, Gate, gate
from autograd.arithmetic.notation import as_text
from autograd.formulas import local_derivatives
from tests.gates_page import COMMAND, EDGES, LONGEST, PAGE, page, row

every_gate = pytest.mark.parametrize("gate", GATES.values(), ids=GATES.keys())


def test_the_committed_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        f"docs/gates.md is out of date: renew it with `{COMMAND}`"
    )


@every_gate
def test_a_row_has_six_cells_and_starts_with_the_gate(gate: Gate) -> None:
    cells = row(gate).split("|")[1:-1]
    assert len(cells) == 6
    assert f"**{gate.name}**" in cells[0]
    assert cells[1].strip() == gate.about


@every_gate
def test_a_formula_can_be_read_in_a_cell(gate: Gate) -> None:
    assert max(map(len, re.findall(r"`[^`]+`", row(gate)))) < 2 * LONGEST  # LaTeX takes more room


def test_rows_show_formulas_derivatives_and_edges() -> None:
    assert row(GATES["tanh"]).count(r"1 - \text{out}^{2}`$<br>`1 - out**2`") == 1
    assert row(GATES["max"]).endswith("max(1, 1, 1) = 1, slopes 0.333333, 0.333333, 0.333333 |")
    assert row(GATES["sqrt"]).endswith("| sqrt(0) = 0, slope inf |")


def test_a_custom_gate_makes_a_row_from_its_rules() -> None:
    cube = gate(
        "cube",
        forward=lambda m, x: x * x * x,
        backward=lambda m, upstream, out, x: (upstream * (3 * (x * x)),),
        about="The third power.",
    )
    assert r"\partial\,\text{out} / \partial x = 3 \cdot x^{2}`$<br>`3 * x**2`" in row(cube)


@every_gate
def test_a_derivative_that_depends_on_a_side_has_its_edge_shown(gate: Gate) -> None:
    formulas = [as_text(derivative) for derivative in local_derivatives(gate)]
    assert gate.name in EDGES or not re.search(r"\bif\b|sign", " ".join(formulas))


def test_no_edge_is_left_over() -> None:
    assert set(EDGES) <= set(GATES)
