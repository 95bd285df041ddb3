"""What a gate is: a forward rule, a backward rule, and what to call it.

A gate knows numbers, not Values. Its math goes through the namespace ``m`` that it is handed
(see ``autograd.arithmetic``), so the same two lines run on floats, on symbols and on arrays, and
no derivative is ever written twice.

``forward(m, *operands)`` gives the output. ``backward(m, upstream, out, *operands)`` gives one
contribution per operand: the upstream gradient, dL/d(out), times the local derivative,
d(out)/d(operand). It is pure: it adds to nobody's gradient. None is no contribution: no gradient
goes to a condition, or to what a max gate did not choose (``m.stop``).
"""

from __future__ import annotations

from autograd.arithmetic import floats
from autograd.numbers import OPERAND, as_number, is_sequence

TYPE_CHECKING = False  # typing.TYPE_CHECKING, without the milliseconds that importing typing costs
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from autograd.arithmetic.symbols import Symbol

VARIADIC_CODE_FLAG = 0x04  # inspect.CO_VARARGS: the rule takes *operands


class Gate:
    """One operation and its local derivative. Call it on numbers, Values, or arrays of them.

    >>> from autograd import exp, leaky_relu
    >>> exp(0.0), leaky_relu(-2.0)
    (1.0, -0.02)
    """

    __slots__ = (
        "name", "symbol", "role", "about", "forward", "backward",
        "operand_names", "defaults", "variadic", "arity",
    )  # fmt: skip

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

    def __call__(self, *operands: Any) -> Any:
        """Run the gate on what it is given.

        Floats give a float; a Value among the operands gives a Value that remembers this gate;
        arrays and lists are taken element by element, with NumPy's broadcasting.

        Raises TypeError for the wrong number of operands, or for an operand that is no number.
        """
        if len(operands) != self.arity and not (self.variadic and operands):
            operands = self._complete(operands)
        for operand in operands:
            record = getattr(type(operand), "__record__", None)
            if record is not None:  # a Value, which knows how to remember the gate that made it
                return record(self, operands)
        if any(map(is_sequence, operands)):
            return apply_to_arrays(self, operands)
        return self.forward(floats, *[as_number(operand, self.name, OPERAND) for operand in operands])

    def contributions(self, upstream: float, out: float, *operands: float) -> tuple[float, ...]:
        """The backward rule, run on floats: what each operand gets, 0.0 where it gets nothing.

        >>> from autograd import relu
        >>> relu.contributions(5.0, 0.0, -2.0)
        (0.0,)
        """
        found = self.backward(floats, upstream, out, *operands)
        return tuple([0.0 if contribution is None else contribution for contribution in found])

    def formula(self, *operands: Symbol) -> Symbol:
        r"""What the gate computes: its forward rule, run on symbols; by default on a, b, x, ...

        >>> from autograd import div
        >>> div.formula().text, div.formula().latex
        ('a / b', '\\frac{a}{b}')
        """
        from autograd.arithmetic import symbols

        return symbols.Symbol.of(self.forward(symbols, *(operands or self._operand_symbols())))

    def local_derivatives(self, *operands: Symbol, out: Symbol | None = None) -> list[Symbol]:
        """d(out)/d(operand) for each operand: its backward rule, run on symbols.

        A rule that cannot run on symbols (a gate of one's own that uses Python's ``math``) gives
        the derivative's name instead, such as d(cube)/d(x).

        >>> from autograd import mul
        >>> [derivative.text for derivative in mul.local_derivatives()]
        ['b', 'a']
        """
        from autograd.arithmetic import symbols

        operands = operands or self._operand_symbols()
        out = symbols.Symbol.name("out") if out is None else out
        try:
            contributions = self.backward(symbols, symbols.Symbol.of(1.0), out, *operands)
        except (TypeError, ValueError, AttributeError):
            return [symbols.Symbol.name(f"d({self.name})/d({operand.text})") for operand in operands]
        return [symbols.Symbol.of(0.0 if each is None else each) for each in contributions]

    def _operand_symbols(self) -> tuple[Symbol, ...]:
        from autograd.arithmetic.symbols import Symbol

        names = ("a", "b", "c") if self.variadic else self.operand_names
        return tuple([Symbol.name(name) for name in names])

    def __copy__(self) -> Gate:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Gate:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        from autograd.copying import place_of

        return place_of(self)

    def __repr__(self) -> str:
        return f"<gate {self.name}({', '.join(self.operand_names)})>"

    def _complete(self, operands: tuple[Any, ...]) -> tuple[Any, ...]:
        """Too few operands with the defaults filled in (leaky_relu's slope), or a TypeError."""
        wanted, given = len(self.operand_names), len(operands)
        missing = wanted - given
        if 0 < missing <= len(self.defaults):
            return operands + self.defaults[-missing:]
        names = ", ".join(self.operand_names)
        wants = "at least 1" if self.variadic else wanted
        raise TypeError(f"{self.name}({names}) takes {wants} operand(s), got {given}")


def apply_to_arrays(gate: Gate, operands: tuple[Any, ...]) -> Any:
    """The gate, element by element; in a function of its own so that NumPy is imported when needed."""
    from autograd.arrays import apply_gate

    return apply_gate(gate, operands)


def array_ufunc(self: Any, ufunc: Any, method: str, *operands: Any, **options: Any) -> Any:
    """``__array_ufunc__`` of Values and their arrays: NumPy's functions of elements."""
    from autograd.numpy_functions import apply_ufunc

    return apply_ufunc(ufunc, method, *operands, **options)


def array_function(self: Any, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """``__array_function__`` of Values and their arrays: all other functions of NumPy's."""
    from autograd.numpy_functions import apply_function

    return apply_function(func, args, kwargs)


def gate(
    name: str,
    *,
    forward: Callable[..., Any],
    backward: Callable[..., tuple[Any, ...]],
    about: str = "",
    symbol: str = "",
    role: str = "",
) -> Gate:
    """A gate of your own, usable on Values at once.

    ``forward(m, *operands)`` computes the output through the namespace ``m``;
    ``backward(m, upstream, out, *operands)`` returns a tuple, one contribution per operand: None for an
    operand that never has a gradient, ``m.stop(condition, contribution)`` for one that has none where
    the condition holds.
    A rule that uses only ``m`` and the operators + - * also gets its formula, its drawing and its
    place in compiled programs from these same two functions.

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
    from autograd.arithmetic.trial import check_rules, checked

    check_rules(name, forward, backward)
    return Gate(
        name, forward=forward, backward=checked(name, backward), about=about, symbol=symbol, role=role
    )
