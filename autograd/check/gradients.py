"""Gradients against finite differences: which leaf is off, and which gate is to blame.

A leaf's gradient is compared with difference quotients of the whole graph, a gate's local
derivative with those of the gate alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

from autograd.arithmetic import floats
from autograd.backward import topological_order, walk
from autograd.check.comparison import Comparison, check_operand, compare
from autograd.check.slopes import Function
from autograd.names import name_nodes
from autograd.value import Value


@dataclass(frozen=True, slots=True)
class Report:
    """What gradcheck found. As a bool, it is ``ok``; as a string, it can be read.

    leaves  a Comparison per leaf, in topological order; per input, of a function
    gates   a Comparison per operand of a gate, where that operand is a Value
    names   of the nodes: the label, else v1, v2, ... in topological order
    """

    leaves: list[Comparison]
    gates: list[Comparison]
    names: dict[Value, str]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong, and at least one leaf could be checked."""
        return bool(self.checked) and not any(row.verdict == "wrong" for row in self.leaves + self.gates)

    @property
    def checked(self) -> list[Comparison]:
        """The leaves that could be checked."""
        return [row for row in self.leaves if row.verdict != "skipped"]

    @property
    def skipped(self) -> list[Comparison]:
        """What could not be checked, leaves and gates: their notes say why."""
        return [row for row in self.leaves + self.gates if row.verdict == "skipped"]

    @property
    def worst(self) -> Comparison | None:
        """The leaf that is furthest off; None if none could be checked."""

        def badness(row: Comparison) -> tuple[bool, float]:
            relative = row.error / max(1.0, abs(row.analytic), abs(row.numeric))
            return row.verdict == "wrong", 0.0 if row.verdict == "kink" else relative

        return max(self.checked, key=badness, default=None)

    @property
    def guilty(self) -> Comparison | None:
        """The first gate, in topological order, whose local derivative is wrong, with the operand."""
        return next((row for row in self.gates if row.verdict == "wrong"), None)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        wrong = [row for row in self.checked if row.verdict == "wrong"]
        counts = f"{len(self.checked)} of {len(self.leaves)} leaves checked, {len(wrong)} wrong"
        verdict = "passed" if self.ok else "FAILED" if self.checked or self.guilty else "impossible"
        lines = [f"gradient check {verdict}: {counts}"]
        if self.worst and self.worst.verdict == "ok":
            lines.append(f"furthest off: leaf {self.worst}")
        lines += [f"leaf {row}" for row in self.leaves if row.verdict != "ok"]
        lines += [self._gate_line(row) for row in self.gates if row.verdict != "ok"]
        if wrong and not self.guilty:
            lines.append(f"no gate is guilty: {self._explanation()}")
        return "\n".join(lines)

    def _gate_line(self, row: Comparison) -> str:
        assert row.node is not None
        assert row.gate is not None
        guilty = "guilty " if row.verdict == "wrong" else ""
        return f"{guilty}gate {row.gate.name} of {self.names[row.node]}, operand {row}"

    def _explanation(self) -> str:
        if any(row.verdict == "kink" for row in self.gates):
            return "at a kink each keeps its convention, but the chain rule need not hold"
        return "each is right at its own operands; does the function go around the graph, as .data does?"


def gradcheck(
    target: Value | Callable[..., Value],
    inputs: Iterable[Value | float] | None = None,
    *,
    tolerance: float = 1e-7,
) -> Report:
    """Compare the gradients of a graph, or of a function of Values at inputs, with finite differences.

    A graph, given by its root, is computed again from its gates' forward rules, at the numbers it
    was recorded with; a function is called again. Each gate is also checked by itself, so that the
    report can name the guilty one. A comparison allows for a relative error of tolerance and for
    what rounding does to the differences. Nothing is changed, no ``grad`` either.

    >>> x = Value(3.0, label="x")
    >>> report = gradcheck(x * x)
    >>> report.ok, report.leaves[0].analytic
    (True, 6.0)
    >>> print(gradcheck(lambda x: 2 * x, [1.0]))
    gradient check passed: 1 of 1 leaves checked, 0 wrong
    furthest off: leaf inputs[0]: ok: backward gives 2, the differences give 2

    At a kink (relu at 0, a tie of max) there is no derivative: a gradient passes that lies between
    the slopes on the two sides, and the report says so. Numbers that are not finite cannot be
    checked and are listed in ``skipped``; a report that could check no leaf is not ok.

    Raises TypeError for another target, for inputs that do not go with it, and for a function that
    does not return a Value.
    """
    if isinstance(target, Value) and inputs is None:
        order = topological_order(target)
        leaves = [node for node in order if node.gate is None]
        along = [_replay(order, leaf) for leaf in leaves]
    elif callable(target) and inputs is not None:
        leaves = [_fresh_leaf(x, place) for place, x in enumerate(inputs)]
        order = topological_order(_call(target, leaves))
        along = [_call_again(target, leaves, leaf) for leaf in leaves]
    else:
        wanted = "gradcheck takes a Value alone, or a function and its inputs"
        raise TypeError(f"{wanted}, got {target!r} with{'out' if inputs is None else ''} inputs")
    gradients = {node: upstream for node, upstream, _ in walk(order[-1])}
    # Each gate may round its output, and what it rounds goes on to the root.
    rounded = [abs(upstream * node.data) for node, upstream in gradients.items()]
    noise = sys.float_info.epsilon * sum([each for each in rounded if isfinite(each)])
    names = name_nodes(order)
    return Report(
        [
            Comparison(
                names.get(leaf, leaf.label),
                *compare(gradients.get(leaf, 0.0), function, x, tolerance, noise),
                node=leaf,
            )
            for leaf, (function, x) in zip(leaves, along, strict=True)
        ],
        [
            check_operand(node.gate, node.operands, index, tolerance, node)
            for node in order
            if node.gate is not None
            for index, below in enumerate(node.inputs)
            if below is not None
        ],
        names,
    )


def _replay(order: Sequence[Value], leaf: Value) -> tuple[Function, float]:
    """The root as a function of the leaf, by running the gates between them; and where the leaf was."""
    reached, between = {leaf}, []
    for node in order:
        if not reached.isdisjoint(node.inputs):
            reached.add(node)
            between.append(node)
    # as it was recorded: the leaf may have been set since
    uses = [
        x for node in between for below, x in zip(node.inputs, node.operands, strict=True) if below is leaf
    ]
    start = uses[0] if uses else leaf.data

    def function(x: float) -> float:
        numbers: dict[Value | None, float] = {}
        for node in between:
            assert node.gate is not None
            operands = [
                number + (x - start) if below is leaf else numbers.get(below, number)
                for below, number in zip(node.inputs, node.operands, strict=True)
            ]
            numbers[node] = float(node.gate.forward(floats, *operands))
        return numbers[order[-1]] if between else x

    return function, start


def _fresh_leaf(x: Value | float, place: int) -> Value:
    label = x.label if isinstance(x, Value) else ""
    return Value(x.data if isinstance(x, Value) else x, label or f"inputs[{place}]")


def _call(function: Callable[..., Value], leaves: Sequence[Value]) -> Value:
    root = function(*leaves)
    if not isinstance(root, Value):
        raise TypeError(f"gradcheck: the function must return a Value, got {root!r}")
    return root


def _call_again(target: Callable[..., Value], leaves: Sequence[Value], leaf: Value) -> tuple[Function, float]:
    """What the function returns, as a function of one of its leaves; and where that leaf is."""

    def function(x: float) -> float:
        return _call(target, [Value(x if each is leaf else each.data, each.label) for each in leaves]).data

    return function, leaf.data
