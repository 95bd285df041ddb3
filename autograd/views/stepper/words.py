"""What the scenes say: formulas with their numbers, roles and reasons."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from autograd import names as node_names
from autograd.arithmetic.notation import as_text, number_text
from autograd.arithmetic.symbols import Symbol
from autograd.text import legible, listed, shorten
from autograd.value import Value
from autograd.views.stepper.shares import MOST_NAMES

#: A gate with more inputs is shown by its first and last ones.
MOST_INPUTS = 12
NAME_LENGTH = 32

VERBS = {
    "distributor": "distributes the gradient",
    "switcher": "switches the gradient",
    "router": "routes the gradient",
}
#: Written between their operands, where a negative number is easily misread without brackets.
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
        return as_text(_abridged(node, texts))
    operands = [Symbol.name(text) for text in texts]  # as names: Symbol would compute with numbers
    return as_text(node_names.gate_formula(node.gate, operands))


def _abridged(node: Value, texts: Sequence[str]) -> Symbol:
    return Symbol.name(f"{gate_name(node)}({', '.join(texts[:3])}, ..., {texts[-1]})")


def local_derivatives(node: Value, names: dict[Value, str]) -> list[Symbol]:
    """d(node)/d(input) for each input, in names; as numbers if there are many."""
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
    about = re.sub(r"\*(\w+)\*", r"\1", legible(node.gate.about))  # without *emphasis*
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
    gates = [f"{names[user]} ({gate_name(user)})" for user in users]
    over = "whose turn is over" if len(users) == 1 else "whose turns are over"
    used_by = f"{name} is used by {listed(gates, MOST_NAMES)}"
    return f"{used_by}, {over}: the gradient of {name} is complete."
