"""NumPy's functions on Values and arrays of them: which gates they record.

NumPy runs its own loops over the elements (see numpy_dispatch.py), which is all that ``W @ x``, ``W + 1``
and ``np.sum`` need. What it would compute by comparing the elements, or by a method that Values do
not have, is in ``ELEMENTWISE``, made of gates; and a reduction by a gate of any number of operands is
one gate.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log, pi
from typing import Any

from autograd import gates
from autograd.rules import Gate
from autograd.value import Value

LN2 = log(2)


def _method(gate: Gate) -> Callable[[Any], Any]:
    """The gate on one element; by the Value's own method, which takes less time."""
    method = getattr(Value, gate.name)
    return lambda x: method(x) if type(x) is Value else gate(x)


def _sign(x: Any) -> Any:
    return gates.step(x) - gates.step(-x)


def _odd(positive: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function f with f(-x) = -f(x), from what it is where x >= 0."""
    return lambda x: gates.where(gates.step(x), positive(x), -positive(-x))


def _arcsin(x: Any) -> Any:
    return gates.arctan2(x, gates.sqrt(1 - x) * gates.sqrt(1 + x))


def _arccos(x: Any) -> Any:
    return gates.arctan2(gates.sqrt(1 - x) * gates.sqrt(1 + x), x)


def _arcsinh(x: Any) -> Any:
    """Where x >= 0: log(x + sqrt(x**2 + 1)), which log1p keeps exact near 0."""
    return gates.log1p(x + x * gates.div(x, 1 + gates.norm(x, 1.0)))


def _arccosh(x: Any) -> Any:
    return gates.log1p((x - 1) + gates.sqrt(x - 1) * gates.sqrt(x + 1))


#: What a NumPy function records for an element, by the function's name.
ELEMENTWISE: dict[str, Callable[..., Any]] = {
    **{rule.name: _method(rule) for rule in (
        gates.exp, gates.expm1, gates.log, gates.log1p, gates.sqrt, gates.sin, gates.cos, gates.tanh
    )},
    "maximum": gates.maximum,
    "minimum": gates.minimum,
    "clip": lambda x, low, high: gates.minimum(gates.maximum(x, low), high),
    "fabs": gates.absolute,
    "sign": _sign,
    "heaviside": lambda x, at_zero: gates.where(_sign(x), gates.step(x), at_zero),
    "floor": gates.floor,
    "ceil": lambda x: -gates.floor(-x),
    "trunc": _odd(gates.floor),
    "rint": gates.rint,
    "hypot": gates.norm,
    "logaddexp": gates.logsumexp,
    "logaddexp2": lambda a, b: gates.logsumexp(a * LN2, b * LN2) / LN2,
    "exp2": lambda x: gates.power(2.0, x),
    "log2": lambda x: gates.log(x) / LN2,
    "log10": lambda x: gates.log(x) / log(10),
    "float_power": gates.power,
    "cbrt": _odd(lambda x: gates.power(x, 1 / 3)),
    "deg2rad": lambda x: x * (pi / 180),
    "radians": lambda x: x * (pi / 180),
    "rad2deg": lambda x: x * (180 / pi),
    "degrees": lambda x: x * (180 / pi),
    "tan": lambda x: gates.div(gates.sin(x), gates.cos(x)),
    "sinh": lambda x: (gates.expm1(x) - gates.expm1(-x)) / 2,
    "cosh": lambda x: (gates.exp(x) + gates.exp(-x)) / 2,
    "arctan": lambda x: gates.arctan2(x, 1.0),
    "arctan2": gates.arctan2,
    "arcsin": _arcsin,
    "arccos": _arccos,
    "arcsinh": _odd(_arcsinh),
    "arccosh": _arccosh,
    "arctanh": lambda x: (gates.log1p(x) - gates.log1p(-x)) / 2,
}  # fmt: skip

#: What NumPy's own loop computes by operators, or refuses as Values do.
AS_THEY_ARE = {
    "add", "subtract", "multiply", "divide", "power", "negative", "positive", "absolute", "square",
    "reciprocal", "conjugate", "real", "matmul", "vecdot", "matvec", "vecmat", "less", "less_equal",
    "greater", "greater_equal", "equal", "not_equal", "logical_and", "logical_or", "logical_xor",
    "logical_not",
}  # fmt: skip

#: Questions about the numbers, which get plain answers.
QUESTIONS = {"isnan", "isinf", "isfinite", "signbit"}

#: Reduced by one gate over all elements, in which ties get equal shares.
REDUCED_BY = {
    "maximum": gates.maximum, "minimum": gates.minimum, "logaddexp": gates.logsumexp, "hypot": gates.norm,
}  # fmt: skip
