"""docs/gates.md, made from the table of gates: ``python -m tests.gates_page`` writes it anew."""

from __future__ import annotations

from pathlib import Path

from autograd import GATES, Gate
from autograd.arithmetic import floats
from autograd.arithmetic.notation import as_latex, as_text, number_text
from autograd.arithmetic.symbols import Symbol
from autograd.files import write_whole
from autograd.formulas import formula, local_derivatives, operand_names

PAGE = Path(__file__).parents[1] / "docs" / "gates.md"
COMMAND = "python -m tests.gates_page"

LONGEST = 100  # characters of a formula that can still be read in a cell

HEAD = """\
# The gates

Every operation of chalkgrad is a gate, defined in one place, `autograd/gates.py`. This table is made from
those definitions: each formula is the gate's own rule run on symbols, each number that rule run on floats.

- **Local derivatives**: that of the gate's output, *out*, by each of its inputs. In the backward pass, the
  upstream gradient times the local derivative is what the gate contributes to the gradient of that input.
  Below a formula stands the same as Python writes it, where that differs.
- **Role**, in lecture 004's words: an add gate is a gradient *distributor*, a mul gate a *switcher*, a max
  gate a *router*.
- **At the edge**: at a kink, a jump, a tie or a pole the slope is a convention, or not finite. These are the
  numbers that the gate gives there.

Written by `{command}`; edit `autograd/gates.py` instead.

| gate | what it does | formula | local derivatives | role | at the edge |
| --- | --- | --- | --- | --- | --- |
"""

#: Where each gate has a kink, a jump, a tie or a pole; the others have none.
EDGES: dict[str, list[tuple[float, ...]]] = {
    "div": [(1.0, 0.0), (0.0, 0.0)],
    "pow": [(0.0, 0.0), (-8.0, 0.5)],
    "log": [(0.0,)],
    "log1p": [(-1.0,)],
    "sqrt": [(0.0,)],
    "relu": [(0.0,)],
    "leaky_relu": [(0.0, 0.01)],
    "abs": [(0.0,)],
    "step": [(0.0,)],
    "arctan2": [(0.0, -1.0)],
    "norm": [(0.0, 0.0)],
    "floor": [(1.0,)],
    "round": [(0.5,), (1.5,)],
    "max": [(1.0, 1.0), (1.0, 1.0, 1.0)],
    "min": [(1.0, 1.0), (1.0, 1.0, 1.0)],
    "where": [(0.0, 3.0, 5.0)],
    "choose": [(1.0, 3.0, 5.0), (2.0, 3.0, 5.0)],
}


def page() -> str:
    """The whole page, as Markdown."""
    return HEAD.format(command=COMMAND) + "".join(f"{row(gate)}\n" for gate in GATES.values())


def row(gate: Gate) -> str:
    """A gate as a row of the table."""
    name = f"**{gate.name}**" if gate.symbol == gate.name else f"**{gate.name}** `{gate.symbol}`"
    # of a router the formulas for two, which are short; its edges show three
    names = operand_names(gate, "ab" if gate.role == "router" else "abc")
    shown = [Symbol.name(name) for name in names]
    derivatives = [
        written(derivative, rf"\partial\,\text{{out}} / \partial {as_latex(Symbol.name(operand))} = ")
        for operand, derivative in zip(names, local_derivatives(gate, *shown), strict=True)
    ]
    edges = [at_edge(gate, operands) for operands in EDGES.get(gate.name, [])]
    cells = [
        name,
        gate.about,
        written(formula(gate, *shown)),
        "<br>".join(derivatives),
        gate.role,
        "<br>".join(edges),
    ]
    return f"| {' | '.join(cells)} |"


def written(symbol: Symbol, before: str = "") -> str:
    """A formula in LaTeX and, where it is written otherwise, in Python; a long one by where it stands."""
    if len(as_text(symbol)) > LONGEST:
        return "long, to stay finite: see `autograd/gates.py`"
    # A bar would end the cell, and GitHub knows no operatorname. Within $`...`$ it takes nothing for markup,
    # not even the double backslash between cases.
    latex = as_latex(symbol).replace("|", r"\vert ").replace(r"\operatorname", r"\mathrm")
    written = f"$`{before}{latex}`$"
    return written if latex == as_text(symbol) else f"{written}<br>`{as_text(symbol)}`"


def at_edge(gate: Gate, operands: tuple[float, ...]) -> str:
    """What the gate and its local derivatives are there, from its rules."""
    out = gate.forward(floats, *operands)
    slopes = gate.contributions(1.0, out, *operands)
    slope = "slope" if len(slopes) == 1 else "slopes"
    return f"{gate.name}({listed(operands)}) = {number_text(out)}, {slope} {listed(slopes)}"


def listed(numbers: tuple[float, ...]) -> str:
    """Numbers with commas between."""
    return ", ".join(map(number_text, numbers))


if __name__ == "__main__":
    print(write_whole(PAGE, page()))
