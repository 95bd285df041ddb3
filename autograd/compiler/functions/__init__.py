"""The graph of a function, traced for one example and valid for all; or an error that says why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FunctionType
from typing import Any

from autograd.compiler.functions.noticing import (
    WRITE_INSTEAD,
    NotTraceable,
    Watch,
    place,
    raised_at,
    watching,
)
from autograd.compiler.functions.randomness import Generators, drawing_line
from autograd.compiler.trace import nodes_below
from autograd.rules import Gate
from autograd.value import Value

#: It calls what is traced, with inputs that the watch makes.
Traceable = Callable[[Watch], Any]


def traced(
    function: Traceable, parameters: Sequence[Value], values: Callable[[Any], list[Value]]
) -> tuple[Any, Watch]:
    """The function's result and the watch on it, if a program can compute what the function does.

    It is called twice, and must build the same graph of new nodes each time. The generators of random
    numbers are left as they were.

    values  the Values to compute, from the function's result

    Raises NotTraceable where no program can, and as ``values`` does.
    """

    def call() -> tuple[Any, Watch]:
        return _call(function, parameters)

    generators = Generators(call)
    drawn: list[Any] = []
    try:
        (result, watch), (result_again, watch_again) = call(), call()
    finally:
        drawn = generators.drawn(call)
        generators.restore(drawn)
    if drawn:
        line = drawing_line(drawn[0], call)
        generators.restore(drawn)
        raise NotTraceable(
            f"{place(line) + ': ' if line else ''}random numbers are drawn, and a program would keep "
            "those of its first example for all; draw them before, and give them as an input"
        )
    _check_alike(values(result), values(result_again), watch, watch_again)
    return result, watch


def _call(function: Traceable, parameters: Sequence[Value]) -> tuple[Any, Watch]:
    marks = [parameter._walk for parameter in parameters]
    failed: Exception | None = None
    result: Any = None
    with watching(parameters) as watch:
        try:
            result = function(watch)
        except Exception as error:  # whatever the function does with a Value where it expects a number
            failed = error
    if watch.finding is not None:
        raise NotTraceable(watch.finding) from failed
    if failed is not None:
        says = f"{type(failed).__name__}: {failed}"
        raise NotTraceable(
            f"{raised_at(failed)}: it does not take a Value in place of a number: {says}; {WRITE_INSTEAD}",
            failed,
        ) from failed
    if any(leaf._walk is not None for leaf in watch.inputs) or any(
        parameter._walk is not mark for parameter, mark in zip(parameters, marks, strict=True)
    ):
        raise NotTraceable(
            "a walk over the graph, as backward() makes, gives numbers, which a program would keep for all "
            "examples; compute with Values alone"
        )
    return result, watch


def _check_alike(outputs: list[Value], again: list[Value], watch: Watch, watch_again: Watch) -> None:
    """Raise unless both calls built the same graph, and each computed all that depends on parameters."""
    different = NotTraceable(
        "called twice with the same numbers, the model built two different graphs: it draws random numbers "
        "or remembers its calls, and a program would repeat the first; give what changes as an input"
    )
    nodes, nodes_again = nodes_below(outputs), nodes_below(again)
    partner = {id(leaf): other for leaf, other in zip(watch.inputs, watch_again.inputs, strict=True)}
    if len(nodes) != len(nodes_again) or len(outputs) != len(again):
        raise different
    for node, other in zip(nodes, nodes_again, strict=True):
        if node is other and node.gate is not None and watch.depends_on_leaves(node):
            name = f"{node.label!r}, " if node.label else ""
            raise NotTraceable(
                f"the Value {name}made by the gate {node.gate.name}, was computed before and keeps its "
                "number when the parameters change, which a program would not; compute it inside the function"
            )
        if partner.setdefault(id(node), other) is not other or not _same_step(node, other, partner):
            raise different
    if any(partner[id(node)] is not other for node, other in zip(outputs, again, strict=True)):
        raise different


def _same_step(node: Value, other: Value, partner: dict[int, Value]) -> bool:
    """Whether both were made by the same gate from the same numbers and from partners."""
    if not (_same_number(node._number, other._number) and _same_gate(node.gate, other.gate)):
        return False
    for position, (below, below_other) in enumerate(zip(node.inputs, other.inputs, strict=True)):
        if below is not None:
            if partner[id(below)] is not below_other:
                return False
        elif below_other is not None or not _same_number(node.operands[position], other.operands[position]):
            return False
    return True


def _same_number(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)


def _same_gate(a: Gate | None, b: Gate | None) -> bool:
    """Whether they are the same, or were made in each call by the same lines from the same numbers."""
    if a is b:
        return True
    if a is None or b is None or a.name != b.name:
        return False
    with suppress(ValueError):  # arrays in a closure have no truth value
        return bool(_lines(a.forward) == _lines(b.forward) and _lines(a.backward) == _lines(b.backward))
    return False


def _lines(rule: Any) -> Any:
    """The code of a function and what it takes from outside; anything else as it is."""
    if not isinstance(rule, FunctionType):
        return rule
    return rule.__code__, rule.__defaults__, [_lines(cell.cell_contents) for cell in rule.__closure__ or ()]
