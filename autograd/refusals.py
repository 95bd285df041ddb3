"""What a Value refuses because it would go wrong in silence, and what to write instead."""

from __future__ import annotations

from autograd.numbers import what_came

TYPE_CHECKING = False  # see rules.py
if TYPE_CHECKING:
    from typing import Any, NoReturn


def refuse_number(value: object, *arguments: Any) -> NoReturn:
    """For what Python, NumPy or a plot calls to make a plain number of a Value: float(v), math.exp(v).

    Who called cannot be known here, so one message has the words for all.
    """
    raise TypeError(
        "a Value does not become a plain number by itself, because that would leave the graph: "
        "write .data for the number, or a gate for a function, as v.exp() for math.exp(v); of many Values, "
        "data_of(values) has the numbers"
    )


def refuse_order(value: object, other: object = None) -> NoReturn:
    """For a < b, ``if a:`` and a == 1; between Values == is identity, as sets and dicts need it."""
    raise TypeError(
        "a Value has no order and no truth value, and equals only itself, because a branch on its number "
        "would leave the graph: write maximum, minimum, relu or where(step(a - b), x, y), or compare .data; "
        "of many Values, data_of(values) has the numbers"
    )


def refuse_setting(node: object, gate: str) -> NoReturn:
    """For ``node.data = ...`` where a gate computed the number."""
    raise AttributeError(
        f"the data of {node!r} is what its gate {gate} computed; set the data of a leaf and compute again"
    )


def refuse_step(leaf: object) -> NoReturn:
    """For ``p -= 0.1 * p.grad``, which would make a new Value and not change the model's parameter.

    Only -= a number, on a leaf that has a gradient, is taken for a step: ``loss += x`` adds up.
    """
    raise TypeError(
        f"-= would make a new Value and leave the leaf {leaf!r} as it was: "
        "to change it write p.data -= ..., for the new Value x = p - ..."
    )


def refuse_array_step(leaf: object, sign: str) -> NoReturn:
    """For ``W -= 0.1 * grad_of(W)``, after which the array would hold computed Values and no parameters."""
    raise TypeError(
        f"{sign} would put new Values into the array, in place of its leaves, as {leaf!r}: to change those "
        f"write for w in W.flat: w.data {sign} ..., for the new ones V = W {sign[0]} ..."
    )


def check_str(x: object, what: str) -> None:
    """Raise TypeError unless x, a label or a title, is a str."""
    if not isinstance(x, str):
        raise TypeError(f"{what} must be a str, got {x!r} of type {type(x).__name__}")


def refuse_root(function: str, wanted: str, given: object) -> NoReturn:
    """For what was to be shown and is no Value; what ``parse`` gives has one, a called model gives one."""
    hint = ": pass its root" if hasattr(getattr(given, "root", None), "backward") else ""
    if hasattr(given, "parameters"):
        hint = ": call it on an example; its layers are drawn by nn.draw_model"
    raise TypeError(f"{function} takes {wanted}, got {what_came(given)}{hint}")
