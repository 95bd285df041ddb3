"""The arithmetic of nodes: what gates' rules run on to become a part of a program."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from types import SimpleNamespace
from typing import Any

from autograd.arithmetic import floats
from autograd.arithmetic.protocol import PRIMITIVES
from autograd.compiler.ir import Node

#: Those that have an operator's name, and those that are built from others.
OPERATORS = {"divide": "/", "power": "**"}
FUNCTIONS = set(PRIMITIVES) - {*OPERATORS, "choose", "sum", "max", "min", "norm", "logsum", "stop"}


def _primitive(name: str) -> Callable[..., Any]:
    of_floats, operation = getattr(floats, name), OPERATORS.get(name, name)

    def primitive(*operands: Any) -> Any:
        nodes = [each for each in operands if isinstance(each, Node)]
        return nodes[0].ir.elementwise(operation, *operands) if nodes else of_floats(*operands)

    return primitive


def stop(condition: Any, gradient: Any) -> Any:
    return primitives.where(condition, 0.0, gradient)


def _sum(terms: Iterable[Any]) -> Any:
    return reduce(lambda a, b: a + b, terms)


def _max(terms: Iterable[Any]) -> Any:
    return reduce(primitives.maximum, terms)


def _min(terms: Iterable[Any]) -> Any:
    return reduce(primitives.minimum, terms)


def _norm(terms: Iterable[Any]) -> Any:
    return reduce(lambda a, b: a.ir.elementwise("hypot", a, b), terms)


def _choose(index: Any, options: Any) -> Any:
    found: Any = float("nan")
    for place, option in enumerate(options):
        found = primitives.where(index == place, option, found)
    return found


def _logsum(terms: Iterable[Any]) -> Any:
    return primitives.log(_sum(terms))


#: Each operand a node of its own.
primitives: Any = SimpleNamespace(
    **{name: _primitive(name) for name in (*FUNCTIONS, *OPERATORS)},
    abs=abs, choose=_choose, stop=stop, sum=_sum, max=_max, min=_min, norm=_norm, logsum=_logsum,
)  # fmt: skip


def along(axis: int) -> Any:
    """All operands in one node, along this axis: what takes them together leaves it, of size 1."""

    def sum(terms: tuple[Node]) -> Node:
        return terms[0].ir.sum(terms[0], [axis], keep=True)

    def together(operation: str) -> Callable[[tuple[Node]], Node]:
        return lambda terms: terms[0].ir.along(operation, terms[0], axis)

    def logsum(terms: tuple[Node]) -> Any:
        """With the sum that the backward rule needs too; near 0 it is off by the rounding of 1."""
        return primitives.log(sum(terms))

    return SimpleNamespace(
        **{
            **vars(primitives),
            "sum": sum,
            "max": together("max"),
            "min": together("min"),
            "norm": together("norm"),
            "logsum": logsum,
        }
    )
