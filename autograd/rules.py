"""What a gate is: a forward rule, a backward rule, and what to call it.

A gate knows numbers, not Values. Its math goes through the arithmetic ``m`` that it is handed (see
``autograd.arithmetic``), so the same two lines run on floats, on symbols and on arrays, and no
derivative is ever written twice.

``forward(m, *operands)`` gives the output. ``backward(m, upstream, out, *operands)`` gives one
contribution per operand: the upstream gradient, dL/d(out), times the local derivative,
d(out)/d(operand). It is pure: it adds to nobody's gradient. None is no contribution: no gradient
goes to a condition, or to what a max gate did not choose (``m.stop``).
"""

from __future__ import annotations

from autograd.arithmetic import floats
from autograd.numbers import as_number

TYPE_CHECKING = False  # typing.TYPE_CHECKING, without the milliseconds that importing typing costs
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from autograd.operand_types import Call

#: What a rule writes that Python's operators raise for.
IEEE = "m.divide(a, b), m.power(a, b) and the functions of m give inf or nan there"
VARIADIC_CODE_FLAG = 0x04  # inspect.CO_VARARGS: the rule takes *operands


class Gate:
    """One operation and its local derivative. Call it on numbers, Values, or arrays of them.

    >>> from autograd import exp, leaky_relu
    >>> exp(0.0), leaky_relu(-2.0)
    (1.0, -0.02)

    Floats give a float; a Value among the operands gives a Value that remembers this gate; arrays and
    lists are taken element by element, with NumPy's broadcasting. A call raises TypeError for the wrong
    number of operands, or for an operand that is no number.

    name, symbol      what it is called, and the sign that stands for it: "mul", "*"
    role              "distributor", "switcher" or "router", as lecture 001 has them, or ""
    about             what it does, in a sentence
    forward, backward its two rules
    operand_names     of a gate of any number of operands, the last one stands for one or more
    defaults          the numbers that its last operands have where a call leaves them out
    """

    if TYPE_CHECKING:  # what a call becomes takes Values and arrays, which are built on gates: see apply.py
        __call__: Call

    def __init__(
        self,
        name: str,
        *,
        forward: Callable[..., Any],
        backward: Callable[..., tuple[Any, ...]],
        about: str = "",
        symbol: str = "",
        role: str = "",
    ) -> None:
        code = forward.__code__
        self.name = name
        self.symbol = symbol or name
        self.role = role
        self.about = about
        self.forward = forward
        self.backward = backward
        self.variadic = bool(code.co_flags & VARIADIC_CODE_FLAG)
        self.operand_names: tuple[str, ...] = code.co_varnames[1 : code.co_argcount + self.variadic]
        self.arity = None if self.variadic else len(self.operand_names)  # None: any number
        self.defaults: tuple[float, ...] = forward.__defaults__ or ()
        self.__doc__ = f"{self.signature}\n\n{about or 'A custom gate.'}\n"

    @property
    def signature(self) -> str:
        """How it is called: where(condition, a, b), max(*terms), choose(index, *options)."""
        *first, last = self.operand_names
        return f"{self.name}({', '.join([*first, '*' * self.variadic + last])})"

    def operand_name(self, place: int) -> str:
        """What the operand at that place is called.

        >>> from autograd import choose
        >>> [choose.operand_name(place) for place in range(3)]
        ['index', 'options[0]', 'options[1]']
        """
        first = len(self.operand_names) - self.variadic  # names of one operand each
        return self.operand_names[place] if place < first else f"{self.operand_names[-1]}[{place - first}]"

    def completed(self, operands: tuple[Any, ...]) -> tuple[Any, ...]:
        """The operands, with the defaults where they are left out (leaky_relu's slope).

        Raises TypeError if they are not as many as the gate takes.
        """
        wanted, given = len(self.operand_names), len(operands)
        if given == wanted or (self.variadic and given > wanted):
            return operands
        if wanted > given >= wanted - len(self.defaults) and not self.variadic:
            return operands + self.defaults[given - wanted :]
        wants = f"at least {wanted}" if self.variadic else wanted
        raise TypeError(f"{self.signature} takes {wants} operand(s), got {given}")

    def compute(self, *operands: float) -> float:
        """The forward rule, run on floats.

        Raises TypeError if it gives no real number, and names the gate where it divides by zero or overflows.
        """
        try:
            number = self.forward(floats, *operands)
        except (ZeroDivisionError, OverflowError) as error:
            raise type(error)(f"{self.name} of {operands}: {error}; {IEEE}") from error
        return number if type(number) is float else as_number(number, self.name, "must give a real number")

    def contributions(self, upstream: float, out: float, *operands: float) -> tuple[float, ...]:
        """The backward rule, run on floats: what each operand gets, 0.0 where it gets nothing.

        >>> from autograd import relu
        >>> relu.contributions(5.0, 0.0, -2.0)
        (0.0,)
        """
        found = self.backward(floats, upstream, out, *operands)
        return tuple([0.0 if contribution is None else contribution for contribution in found])

    def __copy__(self) -> Gate:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Gate:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        from autograd.places import find, place_of

        return find, (Gate, *place_of(self))

    def __repr__(self) -> str:
        return f"<gate {self.signature}>"
