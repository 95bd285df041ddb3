"""A graph as a loop over its gates, one after the other, with a branch in it for each kind of gate.

A branch is the gate's own rule, run on texts, so that the loop calls no rule:

    for kind, i, j in zip(...):
        if kind < 1:
            append(v[i] * v[j])
        else:
            append(tanh(v[i]))

The numbers are Python's floats, for one example, or arrays, for several. A style says how things are
written and named for them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import cache, partial, reduce
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from autograd.arithmetic import arrays, floats
from autograd.compiler import library
from autograd.compiler.trace import CONSTANT, Trace
from autograd.gates import summation
from autograd.names import is_built_in
from autograd.rules import Gate

# -- rules run on texts -----------------------------------------------------------------------------


def _operator(sign: str) -> Any:
    return lambda self, other: Text(f"({self} {sign} {other})")


def _reflected(sign: str) -> Any:
    return lambda self, other: Text(f"({other} {sign} {self})")


class Text:
    """An expression of Python: what the operators make of it is written, not computed."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __neg__(self) -> Text:
        return Text(f"(-{self})")

    def __abs__(self) -> Text:
        return Text(f"abs({self})")

    def __bool__(self) -> bool:
        raise TypeError(f"a rule cannot branch on {self}")

    __add__, __sub__, __mul__, __and__ = map(_operator, "+-*&")
    __radd__, __rsub__, __rmul__, __rand__ = map(_reflected, "+-*&")
    __lt__, __le__, __gt__, __ge__ = map(_operator, ("<", "<=", ">", ">="))
    __eq__, __ne__ = map(_operator, ("==", "!="))
    __hash__ = None  # type: ignore[assignment]  # == makes a text, so no set could hold us


class Style:
    """An arithmetic on texts, and what the names in them mean.

    names    those of the functions; an operation that has no form is written as a call
    called   of a gate that is not written out, its two rules
    forms    how some operations are written, and "+=", that a contribution is added to what has arrived
    nothing  what has arrived where nothing has; None: and from there nothing goes on
    """

    def __init__(
        self,
        names: dict[str, Any],
        called: Callable[[Gate], tuple[Any, Any]],
        forms: dict[str, str],
        nothing: float | None = 0.0,
    ) -> None:
        self.names = names
        self.called = called
        self.forms = forms
        self.nothing = nothing

    def __getattr__(self, name: str) -> Callable[..., Text]:
        return partial(self.write, name)

    def write(self, name: str, *operands: Any) -> Text:
        form = self.forms.get(name)
        return Text(form.format(*operands) if form else f"{name}({', '.join(map(_written, operands))})")

    def max(self, terms: Sequence[Any]) -> Any:
        return reduce(self.maximum, terms)

    def min(self, terms: Sequence[Any]) -> Any:
        return reduce(self.minimum, terms)


def _written(operand: Any) -> str:
    return f"({', '.join(map(str, operand))},)" if isinstance(operand, (tuple, list)) else str(operand)


# -- floats -----------------------------------------------------------------------------------------


def both(a: float | None, b: float | None) -> float | None:
    """The sum of two contributions; None is none."""
    return b if a is None else a if b is None else a + b


_CONDITIONAL = {
    "maximum": "({0} if {0} > {1} or {0} != {0} else {1})",
    "minimum": "({0} if {0} < {1} or {0} != {0} else {1})",
    "where": "({1} if {0} else {2})",
}
#: As the engine has it: from what no contribution has reached, nothing goes on.
EXACT = Style(
    {**vars(floats), "both": both},
    lambda gate: (gate.compute, partial(gate.backward, floats)),
    {**_CONDITIONAL, "stop": "(None if {0} else {1})", "+=": "{0} = both({0}, {1})"},
    nothing=None,
)
#: The same, and much faster, where it neither raises nor gives nan. Python's division and math raise
#: where IEEE 754 has inf or nan, and a path not taken gives a 0, which an infinite slope makes nan.
RAW = Style(
    {
        **vars(floats),
        **{name: getattr(math, name) for name in ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos")},
        "power": math.pow,
    },
    lambda gate: (gate.compute, gate.contributions),
    {**_CONDITIONAL, "divide": "({0} / {1})", "stop": "(0.0 if {0} else {1})", "+=": "{0} += {1}"},
)

# -- arrays -----------------------------------------------------------------------------------------


def _power(a: Any, b: Any) -> Any:
    """a to the power b; NumPy's own takes many times as long for the powers that people write."""
    if type(b) is float:
        if b == 2:
            return a * a
        if b == 1:
            return a
        if b == 0.5:
            return _root(a)
        if b == -0.5:
            return 1 / _root(a)
        if b == -1:
            return 1 / a
    return np.power(a, b)


def _root(a: Any) -> Any:
    """a to the power 0.5, which is 0.0 for -0.0, and inf for -inf."""
    root = np.sqrt(a) + 0.0
    return library.half_power(a) if np.isnan(np.vdot(root, root)) else root


def _where(condition: Any, a: Any, b: Any) -> Any:
    """NumPy's, done at once where the condition is one for all examples; an array in any case."""
    if type(condition) is bool:
        chosen = a if condition else b
        return np.array([chosen]) if type(chosen) is float else chosen
    return np.where(condition, a, b)


#: A path not taken gives a 0 here too. An array may stand at several nodes: it is never changed in place.
ARRAYS = Style(
    {**vars(arrays), "power": _power, "where": _where},
    lambda gate: (library.forward_on_arrays(gate, arrays), library.backward_on_arrays(gate, arrays)),
    {"stop": "where({0}, 0.0, {1})", "+=": "{0} = {0} + {1}"},
)


@cache
def is_written(gate: Gate, count: int) -> bool:
    """Whether the rules of a gate of so many operands are short enough to be written out.

    A custom gate's are not: whatever they do, it is done on numbers.
    """
    if not is_built_in(gate) or (gate.variadic and count > 2):
        return False
    x, u, out = [Text("x")] * count, Text("u"), Text("out")
    texts = [gate.forward(RAW, *x), *gate.backward(RAW, u, out, *x)]
    calls = [re.findall(r"\w+\(", str(text)) for text in texts]
    return all(len(each) == len(set(each)) for each in calls)  # nothing costly is computed twice


# -- the table, and the loop over it ----------------------------------------------------------------

SKIPPED, FIRST, MORE = range(3)  # a contribution: wanted by nobody; the first to its node; a further one


class Kind(NamedTuple):
    """What has a branch of its own; forward nobody asks for the contributions, and there are none."""

    gate: Gate
    operands: int
    is_written: bool
    contributions: tuple[int, ...] = ()


class Loop:
    """The gates of a trace in a table of columns, and the loops over it.

    Leaves come first, inputs, parameters and constants, then the gates that need no gradient, then those
    that do. So a gate's number is appended to those before it, and its gradient taken from the end.

    wanted  of each row of the trace, whether its gradient is wanted
    """

    def __init__(self, trace: Trace, wanted: Sequence[bool]) -> None:
        gate, operands = trace.gate, trace.operands
        constants = [row for row, kind in enumerate(trace.kind) if kind == CONSTANT]
        leaves = [*trace.inputs, *trace.parameters, *constants]
        made = sorted([row for row, each in enumerate(gate) if each is not None], key=wanted.__getitem__)
        slot_of = [0] * len(trace)
        for slot, row in enumerate(chain(leaves, made)):
            slot_of[row] = slot
        self.constants = [trace.number[row] for row in constants]
        self.outputs = [slot_of[row] for row in trace.outputs]
        self.leaves = len(trace.inputs) + len(trace.parameters)
        #: the operands of gates that are not written out, or have more than two
        self.many: list[tuple[int, ...]] = []
        kinds: dict[tuple[Gate, int], Kind] = {}
        numbers: dict[Kind, int] = {}
        column, lefts, rights, kind_of = [], [], [], []
        for row in made:
            taken = operands[row]
            key = gate[row], len(taken)
            kind = kinds.get(key)  # type: ignore[arg-type]  # what was made has a gate
            if kind is None:
                kind = kinds[key] = Kind(*key, is_written(*key))  # type: ignore[index, arg-type]
                numbers[kind] = len(numbers)
            kind_of.append(kind)
            column.append(numbers[kind])
            if len(taken) > 2 or not kind.is_written:
                lefts.append(len(self.many))
                rights.append(0)
                self.many.append(tuple([slot_of[each] for each in taken]))
            else:
                lefts.append(slot_of[taken[0]])
                rights.append(slot_of[taken[-1]])
        # The ints of a list made by NumPy lie one after the other in memory, which the loop feels.
        lefts, rights = np.array(lefts, int).tolist(), np.array(rights, int).tolist()
        self.kinds = list(numbers)
        self.columns = column, lefts, rights
        self.loops: dict[tuple[Style, bool], Any] = {}

        first = len(made) - sum(map(wanted.__getitem__, made))
        self.back_kinds, back = _kinds_backward(trace, made[first:], kind_of[first:], wanted)
        stop = first - 1 if first else None
        self.back_columns = back, lefts[:stop:-1], rights[:stop:-1]

    def numbers(self, style: Style, leaves: Sequence[Any]) -> list[Any]:
        """All numbers, from those of the inputs and the parameters."""
        v = [*leaves, *self.constants]
        self._loop(style, False)(*self.columns, self.many, v)
        return v

    def gradients(self, style: Style, numbers: list[Any], upstream: Any) -> list[Any]:
        """By the inputs and the parameters, from the numbers and the gradient of the one output."""
        g: list[Any] = [style.nothing] * len(numbers)
        g[self.outputs[0]] = upstream
        self._loop(style, True)(*self.back_columns, self.many, numbers, g)
        return g[: self.leaves]

    def _loop(self, style: Style, is_backward: bool) -> Any:
        if (style, is_backward) not in self.loops:
            head = [*(BACKWARD if is_backward else FORWARD)]
            kinds = self.back_kinds if is_backward else self.kinds
            names = dict(style.names)
            write = _backward if is_backward else _forward
            branches = [write(style, kind, f"rule{place}", names) for place, kind in enumerate(kinds)]
            if is_backward and style.nothing is None:
                head += ["        if u is None:", "            continue"]
            exec("\n".join([*head, *_tree(branches, 0, len(branches), "        ")]), names)
            self.loops[style, is_backward] = names["loop"]
        return self.loops[style, is_backward]


FORWARD = (
    "def loop(kinds, lefts, rights, many, v):",
    "    append = v.append",
    "    for kind, i, j in zip(kinds, lefts, rights):",
)
BACKWARD = (
    "def loop(kinds, lefts, rights, many, v, g):",
    "    pop = g.pop",
    "    for kind, i, j, out in zip(kinds, lefts, rights, reversed(v)):",
    "        u = pop()",
)


def _kinds_backward(
    trace: Trace, made: list[int], kind_of: list[Kind], wanted: Sequence[bool]
) -> tuple[list[Kind], list[int]]:
    """Kinds of gates by what becomes of their contributions; and which kind each gate is, the last first."""
    has_arrived = bytearray(len(trace))
    for row in trace.outputs:
        has_arrived[row] = True
    numbers: dict[tuple[Kind, tuple[int, ...]], int] = {}
    column = []
    for row, kind in zip(reversed(made), reversed(kind_of), strict=True):
        contributions = []
        for operand in trace.operands[row]:
            contributions.append((MORE if has_arrived[operand] else FIRST) if wanted[operand] else SKIPPED)
            has_arrived[operand] = True
        key = kind, tuple(contributions) if kind.is_written else ()
        number = numbers.get(key)
        if number is None:
            number = numbers[key] = len(numbers)
        column.append(number)
    return [kind._replace(contributions=each) for kind, each in numbers], column


def _operands(kind: Kind) -> tuple[list[str], list[Text]]:
    """Lines that find a gate's operands, and the operands' numbers."""
    if kind.operands > 2:
        names = [f"i{place}" for place in range(kind.operands)]
        return [f"{', '.join(names)} = many[i]"], [Text(f"v[{name}]") for name in names]
    return [], [Text("v[i]"), Text("v[j]")][: kind.operands]


def _forward(style: Style, kind: Kind, rule: str, names: dict[str, Any]) -> list[str]:
    """The lines that append the number of a gate."""
    if not kind.is_written:
        names[rule], _ = style.called(kind.gate)
        return [f"append({rule}(*[v[each] for each in many[i]]))"]
    lines, operands = _operands(kind)
    return [*lines, f"append({kind.gate.forward(style, *operands)})"]


def _backward(style: Style, kind: Kind, rule: str, names: dict[str, Any]) -> list[str]:
    """The lines that hand its gradient on."""
    if kind.gate is summation and not kind.is_written:
        return ["for each in many[i]:", f" {style.write('+=', 'g[each]', 'u')}"]
    if not kind.is_written:
        _, names[rule] = style.called(kind.gate)
        return [
            f"for each, found in zip(many[i], {rule}(u, out, *[v[each] for each in many[i]])):",
            f" {style.write('+=', 'g[each]', 'found')}",
        ]
    lines, operands = _operands(kind)
    found = kind.gate.backward(style, Text("u"), Text("out"), *operands)
    for operand, contribution, becomes in zip(operands, found, kind.contributions, strict=True):
        target = operand.text.replace("v", "g", 1)
        written = style.nothing if contribution is None else contribution
        if becomes == FIRST:
            lines.append(f"{target} = {written}")
        elif becomes == MORE:
            lines.append(str(style.write("+=", target, written)))
    return lines or ["pass"]


def _tree(branches: list[list[str]], first: int, last: int, indent: str) -> list[str]:
    """Lines that choose one of the branches by halves."""
    if last - first <= 1:
        lines = branches[first] if branches else ["pass"]
        return [indent + line for line in lines]
    middle = (first + last) // 2
    return [
        f"{indent}if kind < {middle}:",
        *_tree(branches, first, middle, indent + " "),
        f"{indent}else:",
        *_tree(branches, middle, last, indent + " "),
    ]
