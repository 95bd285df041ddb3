"""Gates' rules run on texts: they give the expressions of Python that a loop over gates consists of.

>>> from autograd import gates
>>> u, out, x = map(Text, ("u", "out", "x"))
>>> [str(contribution) for contribution in gates.tanh.backward(RAW, u, out, x)]
['(u * (1 - (out * out)))']
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import cache, partial, reduce
from typing import Any

import numpy as np

from autograd.arithmetic import arrays, floats
from autograd.compiler import library
from autograd.names import is_built_in
from autograd.rules import Gate


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
