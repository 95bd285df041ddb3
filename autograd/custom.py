"""Custom gates: their definition, and a trial run of their rules, so that a slip shows by name."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

from autograd.arithmetic import floats, symbols
from autograd.arithmetic.protocol import PRIMITIVES
from autograd.arithmetic.stops import noting_stops
from autograd.numbers import as_number, what_came
from autograd.rules import IEEE, VARIADIC_CODE_FLAG, Gate
from autograd.syntax import suggestion

Backward = Callable[..., tuple[Any, ...]]

RESERVED = {"name", "number", "neg", "where"}  # operations of a Symbol that are no functions
TRIAL_OPERAND = 0.5  # inside the domain of every function here


def gate(
    name: str,
    *,
    forward: Callable[..., Any],
    backward: Callable[..., tuple[Any, ...]],
    about: str = "",
    symbol: str = "",
    role: str = "",
) -> Gate:
    """A custom gate, usable on Values at once.

    ``forward(m, *operands)`` computes the output through the namespace ``m``;
    ``backward(m, upstream, out, *operands)`` returns a tuple, one contribution per operand: None for an
    operand that never has a gradient, ``m.stop(condition, contribution)`` for one that has none where
    the condition holds.
    A rule that uses only ``m`` and the operators + - * also gets its formula, its drawing and its
    place in compiled programs from these same two functions. ``m`` has exp, expm1, log, log1p, sqrt, sin,
    cos, tanh, arctan2, sign, heaviside, floor, rint, maximum, minimum, finite and where, sum, max, min, norm
    and logsum of a tuple, choose of an index and a tuple, and divide and power: those in place of / and **,
    which raise in Python where IEEE 754 has inf or nan (autograd/arithmetic/protocol.py).

    >>> from autograd import Value, gate
    >>> cube = gate("cube",
    ...             forward=lambda m, x: x * x * x,
    ...             backward=lambda m, upstream, out, x: (upstream * 3 * x * x,))
    >>> x = Value(2.0, label="x")
    >>> y = cube(x)
    >>> y.backward()
    >>> y.data, x.grad
    (8.0, 12.0)

    Raises TypeError if a rule is not a Python function, or if backward does not return one contribution
    per operand, a real number each; for what a trial cannot see, when the gate is used.
    """
    _check_rules(name, forward, backward)
    return Gate(
        name, forward=forward, backward=_checked(name, backward), about=about, symbol=symbol, role=role
    )


def _check_rules(name: str, forward: Any, backward: Any) -> None:
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
    _check_count(name, contributions, arity)


def _checked(name: str, backward: Backward) -> Backward:
    """The rule, which on floats gives floats or None, one per operand, or else raises a TypeError.

    Anything else would be added up in silence: a complex number, a float32, a Value.
    """

    def rule(m: Any, upstream: Any, out: Any, *operands: Any) -> tuple[Any, ...]:
        if m is not floats:
            return backward(m, upstream, out, *operands)
        try:
            found = backward(m, upstream, out, *operands)
        except (ZeroDivisionError, OverflowError) as error:
            raise type(error)(f"gate {name}: backward of {operands}: {error}; {IEEE}") from error
        _check_count(name, found, len(operands))
        where, claim = f"gate {name}: backward", "must give a real number or None for each operand"
        return tuple([each if each is None else as_number(each, where, claim) for each in found])

    return rule


def _check_count(name: str, contributions: Any, operands: int) -> None:
    if not isinstance(contributions, tuple) or len(contributions) != operands:
        raise TypeError(
            f"gate {name}: backward must return a tuple of {operands} contribution(s), one per operand"
            f"{', as in (upstream * x,)' if operands == 1 else ''}; got {what_came(contributions)}"
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
        if isinstance(error, AttributeError) and isinstance(error.obj, (ModuleType, SimpleNamespace)):
            hint = suggestion(error.name or "", PRIMITIVES) or f"; it has {', '.join(PRIMITIVES)}"
            raise TypeError(f"gate {name}: m has no {error.name}{hint}") from error
        raise TypeError(
            f"gate {name}: a trial with every operand {TRIAL_OPERAND} failed: {error}. "
            "forward takes (m, *operands), backward takes (m, upstream, out, *operands)"
        ) from error
