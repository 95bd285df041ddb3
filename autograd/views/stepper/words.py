"""What the steps say: formulas with their numbers, roles, reasons and sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from autograd import names as node_names
from autograd.arithmetic.mathml import legible
from autograd.arithmetic.notation import number_text
from autograd.arithmetic.symbols import Symbol
from autograd.value import Value
from autograd.views.labels import shorten

if TYPE_CHECKING:
    from autograd.views.stepper.steps import Share

#: A gate of more inputs is told by its first and last ones, a longer list of names by its first.
MOST_INPUTS = 12
MOST_NAMES = 4
NAME_LENGTH = 32

VERBS = {
    "distributor": "distributes the gradient",
    "switcher": "switches the gradient",
    "router": "routes the gradient",
}
NOT_TAKEN = "nothing: this path is not taken"
#: Between their operands; a negative number there is easily misread without brackets.
INFIX = {"add", "sum", "sub", "neg", "mul", "div", "pow"}


def gate_name(node: Value) -> str:
    assert node.gate is not None
    return shorten(legible(node.gate.name), NAME_LENGTH)


def formula(node: Value, names: dict[Value, str]) -> Symbol:
    """What the gate computes, in names: tanh(v1)."""
    if len(node.inputs) > MOST_INPUTS:
        texts = [
            number_text(number) if below is None else names[below]
            for below, number in zip(node.inputs, node.operands, strict=True)
        ]
        return _abridged(node, texts)
    return node_names.formula(node, names)


def formula_in_numbers(node: Value) -> str:
    """What the gate computes, in numbers: tanh(0.7).

    >>> formula_in_numbers(Value(2.0) * Value(-3.0)), formula_in_numbers(Value(-3.0).tanh())
    ('2 * (-3)', 'tanh(-3)')
    """
    assert node.gate is not None
    texts = [number_text(number) for number in node.operands]
    if node.gate.name in INFIX:
        kept = 0 if node.gate.name in ("neg", "pow") else 1
        texts = [f"({text})" if text[0] == "-" and k >= kept else text for k, text in enumerate(texts)]
    if len(texts) > MOST_INPUTS:
        return _abridged(node, texts).text
    operands = [Symbol.name(text) for text in texts]  # as names, for Symbol would compute with numbers
    return node_names.gate_formula(node.gate, operands).text


def _abridged(node: Value, texts: Sequence[str]) -> Symbol:
    return Symbol.name(f"{gate_name(node)}({', '.join(texts[:3])}, ..., {texts[-1]})")


def local_derivatives(node: Value, names: dict[Value, str]) -> list[Symbol]:
    """d(node)/d(input) for each input, in names; those of a gate of many inputs as numbers."""
    if len(node.inputs) > MOST_INPUTS:
        return [Symbol.of(number) for number in node.local_backward(1.0)]
    return node_names.local_derivatives(node, names)


def role(node: Value) -> str:
    """What the gate's kind does to a gradient.

    >>> role(Value(2.0) + Value(3.0))
    'add gate: distributes the gradient. Adds; hands the upstream gradient on to both inputs unchanged.'
    """
    assert node.gate is not None
    verb = VERBS.get(node.gate.role)
    about = re.sub(r"\*(\w+)\*", r"\1", legible(node.gate.about))  # the mark of emphasis is for code
    gate = f"{gate_name(node)} gate"
    return f"{gate}: {verb}. {about}" if verb else f"{gate}. {about}".strip()


def reason(node: Value, users: Iterable[Value], names: dict[Value, str]) -> str:
    """Why it is this gate's turn.

    >>> b = Value(1.0) + 2.0; c = b + b
    >>> reason(b, [c, c], {b: "b", c: "c"})
    'b is used by c (add), whose turn is over: the gradient of b is complete.'
    """
    users = dict.fromkeys(users)
    name = names[node]
    if not users:
        return f"{name} is the root: the backward pass starts here."
    gates = [f"{names[user]} ({gate_name(user)})" for user in islice(users, MOST_NAMES)]
    over = "whose turn is over" if len(users) == 1 else "whose turns are over"
    used_by = f"{name} is used by {listed(gates, len(users) - len(gates))}"
    return f"{used_by}, {over}: the gradient of {name} is complete."


def receives(share: Share) -> str:
    """What an input gets, in numbers: x receives 0.5 × (-3) = -1.5 (total -1.5, complete)."""
    sent = f"{product(share)} = {number_text(share.contribution)}" if share.taken else NOT_TAKEN
    return f"{share.name} receives {sent} (total {progress(share)})"


def product(share: Share) -> str:
    """Upstream gradient times local derivative, in numbers: 0.5 × (-3)."""
    local = number_text(share.local)
    return f"{number_text(share.upstream)} × {f'({local})' if local[0] == '-' else local}"


def progress(share: Share) -> str:
    """How far the input's gradient has got: its total, and whose contributions are still to come."""
    total = number_text(share.total)
    if not share.awaited:
        return f"{total}, complete"
    return f"{total} so far, more to come from {listed(share.awaited, share.unnamed)}"


def listed(names: Sequence[str], unnamed: int) -> str:
    """Names as a sentence lists them, and how many there are besides.

    >>> listed(["a"], 0), listed(["a", "b", "c"], 0), listed(["a", "b"], 5)
    ('a', 'a, b and c', 'a, b and 5 more')
    """
    *others, last = [*names, f"{unnamed:,} more"] if unnamed else names
    return f"{', '.join(others)} and {last}" if others else last
