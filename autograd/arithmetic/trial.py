"""A trial run of a gate that a user defines, so that a slip shows at once and by name."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from autograd.arithmetic import floats, symbols
from autograd.arithmetic.stops import noting_stops
from autograd.rules import VARIADIC_CODE_FLAG

RESERVED = {"name", "number", "neg", "where"}  # operations of a Symbol that are no functions
TRIAL_OPERAND = 0.5  # inside the domain of every function here


def check_rules(name: str, forward: Any, backward: Any) -> None:
    """Raise TypeError unless forward and backward have the form that ``gate`` describes."""
    if not isinstance(name, str) or not name.isidentifier():
        raise TypeError(f"a gate's name must be an identifier such as 'cube', got {name!r}")
    if name in RESERVED:
        raise TypeError(f"a gate cannot be named {name!r}: formulas use that word")
    for which, rule in (("forward", forward), ("backward", backward)):
        if not isinstance(rule, FunctionType):
            raise TypeError(f"gate {name}: {which} must be a function, got {rule!r}")
    code = forward.__code__
    variadic = bool(code.co_flags & VARIADIC_CODE_FLAG)
    arity = code.co_argcount - 1 + 2 * variadic
    if arity < 1:
        raise TypeError(f"gate {name}: forward must take m and at least one operand, as in lambda m, x: ...")
    out, contributions = _run(name, forward, backward, arity)
    if out is None:
        raise TypeError(f"gate {name}: forward gave None; does it return its result?")
    if not isinstance(contributions, tuple) or len(contributions) != arity:
        raise TypeError(
            f"gate {name}: backward must return a tuple of {arity} contribution(s), one per operand"
            f"{', as in (upstream * x,)' if arity == 1 else ''}; got {contributions!r}"
        )


def _run(name: str, forward: Any, backward: Any, arity: int) -> tuple[Any, Any]:
    """What both rules give on symbols or, if they are written for floats only, on floats."""
    names = [symbols.Symbol.name(f"x{i}") for i in range(arity)]
    out = symbols.Symbol.name("out")
    try:
        upstream = symbols.Symbol.name("upstream")
        return forward(symbols, *names), backward(noting_stops(symbols), upstream, out, *names)
    except (TypeError, ValueError, AttributeError):
        operands = [TRIAL_OPERAND] * arity
    try:
        number = forward(floats, *operands)
        return number, backward(noting_stops(floats), 1.0, number, *operands)
    except (ValueError, ArithmeticError):  # outside its domain, as acosh would be: nothing to see here
        return TRIAL_OPERAND, tuple(operands)
    except (TypeError, AttributeError) as error:
        raise TypeError(
            f"gate {name}: a trial with every operand {TRIAL_OPERAND} failed: {error}. "
            "forward takes (m, *operands), backward takes (m, upstream, out, *operands)"
        ) from error
