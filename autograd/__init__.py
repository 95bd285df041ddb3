"""chalkgrad's engine: scalar reverse-mode automatic differentiation, to teach and learn from.

>>> from autograd import Value
>>> x = Value(2.0, label="x")
>>> y = x * x + 3 * x
>>> y.backward()
>>> y.data, x.grad
(10.0, 7.0)
"""

from autograd import apply as _apply  # noqa: F401  what calls of gates become
from autograd.backward import topological_order
from autograd.collector import gc_paused
from autograd.gates import (
    GATES,
    absolute,
    add,
    arctan2,
    choose,
    cos,
    detach,
    div,
    exp,
    expm1,
    floor,
    leaky_relu,
    log,
    log1p,
    logsumexp,
    maximum,
    minimum,
    mul,
    neg,
    norm,
    power,
    relu,
    rint,
    sigmoid,
    sin,
    softplus,
    sqrt,
    step,
    sub,
    summation,
    tanh,
    where,
)
from autograd.rules import Gate
from autograd.value import Value

TYPE_CHECKING = False  # see rules.py
if TYPE_CHECKING:
    from typing import Any

    from autograd.arithmetic.notation import as_latex, as_text
    from autograd.arrays import array, data_of, grad_of, jacobian, take
    from autograd.check import find_nonfinite, gradcheck
    from autograd.compiler.compiling import compile
    from autograd.custom import gate
    from autograd.expression import parse
    from autograd.formulas import formula, local_derivatives
    from autograd.probe import runs_on
    from autograd.value_array import ValueArray
    from autograd.views.chain_rule import explain
    from autograd.views.drawing import draw
    from autograd.views.stepper import step_through

#: The only place where it stands: pyproject.toml and the command read it.
__version__ = "0.2.0"

#: Where to find what needs more than Python itself: imported when first asked for.
_LAZY = {
    "ValueArray": "value_array",
    "array": "arrays",
    "as_latex": "arithmetic.notation",
    "as_text": "arithmetic.notation",
    "data_of": "arrays",
    "grad_of": "arrays",
    "jacobian": "arrays",
    "take": "arrays",
    "compile": "compiler.compiling",
    "gradcheck": "check",
    "find_nonfinite": "check",
    "parse": "expression",
    "draw": "views.drawing",
    "formula": "formulas",
    "gate": "custom",
    "local_derivatives": "formulas",
    "runs_on": "probe",
    "explain": "views.chain_rule",
    "step_through": "views.stepper",
}

__all__ = [
    "GATES",
    "Gate",
    "Value",
    "ValueArray",
    "absolute",
    "add",
    "arctan2",
    "array",
    "as_latex",
    "as_text",
    "choose",
    "compile",
    "cos",
    "data_of",
    "detach",
    "div",
    "draw",
    "exp",
    "expm1",
    "explain",
    "find_nonfinite",
    "floor",
    "formula",
    "gate",
    "gc_paused",
    "grad_of",
    "gradcheck",
    "jacobian",
    "leaky_relu",
    "local_derivatives",
    "log",
    "log1p",
    "logsumexp",
    "maximum",
    "minimum",
    "mul",
    "neg",
    "norm",
    "parse",
    "power",
    "relu",
    "rint",
    "runs_on",
    "sigmoid",
    "sin",
    "softplus",
    "sqrt",
    "step",
    "step_through",
    "sub",
    "summation",
    "take",
    "tanh",
    "topological_order",
    "where",
]


def __getattr__(name: str) -> "Any":
    if name not in _LAZY:
        raise AttributeError(f"module 'autograd' has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(f"autograd.{_LAZY[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
