"""What a gate's rules can run on, found by trying, once for each gate.

On Python's floats they must. Symbols give the formula; NumPy's arrays, a stack of all operands in one of
them, and JAX's arrays give speed. A rule that cannot run on one of those may be as it is meant, as where
it calls Python's ``math``: it is then told by name, and goes through arrays number by number, slow and
right. Or it has a slip. So what it raised is kept, and ``runs_on`` shows it.

Here alone an exception of a rule is caught. Elsewhere this is asked first, and what a rule raises then
comes to its author.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from math import inf, nan
from typing import TYPE_CHECKING, Any

from autograd.arithmetic import floats, symbols
from autograd.arithmetic.stops import Stopped, noting_stops
from autograd.arithmetic.symbols import Symbol, parts_of
from autograd.gates import GATES
from autograd.numbers import what_came
from autograd.rules import Gate

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]


class Answer:
    """Yes, or why not: true or false where it is asked for its truth."""

    def __init__(self, why_not: str = "") -> None:
        self.why_not = why_not

    def __bool__(self) -> bool:
        return not self.why_not

    def __repr__(self) -> str:
        return f"no: {self.why_not}" if self.why_not else "yes"


YES = Answer()


def runs_on(gate: Gate) -> dict[str, Answer]:
    """What the gate's rules run on, and if not, why: by "formula", "derivatives", "arrays", "stack", "jax".

    formula      the forward rule on symbols
    derivatives  the backward rule on symbols
    arrays       both on NumPy's arrays, where they give what they give number by number
    stack        both on one array that stands for any number of operands
    jax          both on JAX's arrays, if JAX is installed

    >>> import math
    >>> from autograd import gate
    >>> cosh = gate("cosh",
    ...             forward=lambda m, x: math.cosh(x),
    ...             backward=lambda m, upstream, out, x: (upstream * (m.exp(x) - m.exp(-x)) * 0.5,))
    >>> runs_on(cosh)["formula"], runs_on(cosh)["derivatives"]
    (no: TypeError: must be real number, not Symbol, yes)
    """
    check_gate(gate, "runs_on")
    answers = {
        "formula": forward_on_symbols(gate),
        "derivatives": backward_on_symbols(gate),
        "arrays": on_arrays(gate),
        "stack": on_stack(gate, 3),
    }
    return answers | {"jax": on_jax(gate)} if find_spec("jax") else answers


def check_gate(gate: Any, function: str) -> None:
    """Raise TypeError unless the function was given a gate."""
    if not isinstance(gate, Gate):
        raise TypeError(f"{function} takes a gate, such as tanh, got {what_came(gate)}")


def _answer(attempt: Callable[[], object]) -> Answer:
    try:
        attempt()
    except Exception as error:  # a rule may raise anything where it was not meant to run
        return Answer(f"{type(error).__name__}: {error}".splitlines()[0])
    return YES


# -- symbols ------------------------------------------------------------------------------------


@cache
def forward_on_symbols(gate: Gate) -> Answer:
    return _answer(lambda: Symbol.of(gate.forward(symbols, *_names(gate))))


@cache
def backward_on_symbols(gate: Gate) -> Answer:
    return _answer(lambda: _contributions(gate))


@cache
def can_stop(gate: Gate) -> bool:
    """Whether the gate may send nothing to an operand; a rule that no symbol can tell about may."""
    if not backward_on_symbols(gate):
        return True
    return any(each is None or isinstance(each, Stopped) or _chooses(each) for each in _contributions(gate))


def _chooses(contribution: Any) -> bool:
    """Whether it has an m.where, whose other branch may be a pole."""
    parts = parts_of(Symbol.of(contribution))
    return any(part.operation == "where" for part in parts)


@cache
def sends_nothing(gate: Gate) -> bool:
    """Whether no operand ever gets a gradient, as of step."""
    return bool(backward_on_symbols(gate)) and all(each is None for each in _contributions(gate))


def _contributions(gate: Gate) -> tuple[Any, ...]:
    upstream, out = Symbol.name("upstream"), Symbol.name("out")
    return tuple(gate.backward(noting_stops(symbols), upstream, out, *_names(gate)))


def _names(gate: Gate) -> list[Symbol]:
    return [Symbol.name(f"x{place}") for place in range(len(gate.operand_names) + 2 * gate.variadic)]


# -- arrays -------------------------------------------------------------------------------------

#: Ordinary numbers and those where rules differ: zeros, ties, what overflows, infinities, nan.
NUMBERS = (-2.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 2.0, 3.0, 1e-300, -1e200, 1e200, inf, -inf, nan)
TRIES = 80  # combinations of them, for a gate of several operands
UPSTREAM = 0.75
AGREEMENT = 1e-9  # relative: NumPy's functions may round in another way than Python's


@cache
def on_arrays(gate: Gate) -> Answer:
    """Whether both rules give on arrays, of any shapes that fit together, what they give on floats.

    One that takes arrays but means something else by them, as one that catches a ZeroDivisionError does,
    does not. Where a rule raises on floats, as 1 / x at 0, nothing is asked of it: on arrays that is
    IEEE's inf.
    """
    if GATES.get(gate.name) is gate:
        return YES
    import numpy as np

    least = len(gate.operand_names)
    counts = (least + 1, least + 2) if gate.variadic else (least,)
    with np.errstate(all="ignore"):
        return _answer(lambda: _check_arrays(gate, [each for count in counts for each in _tries(count)]))


def _tries(count: int) -> Iterator[list[Array]]:
    """Operands as arrays: all of one shape; one of them a single number; rows against columns."""
    import numpy as np

    rng = np.random.default_rng(0)
    if count == 1:
        yield [np.array([NUMBERS])]
        return
    mixed = rng.choice(NUMBERS, (count, TRIES))
    mixed[:, : len(NUMBERS)] = NUMBERS  # ties
    yield list(mixed[:, None, :])
    for place in range(count):
        for number in (2.0, 0.0, -0.5):
            single = list(mixed[:, None, : len(NUMBERS) + 5])
            single[place] = np.array([[number]])
            yield single
        crossed = list(rng.choice(NUMBERS[:9], (count, 1, 5)))
        crossed[place] = np.array([[2.0], [-1.0], [0.0]])
        yield crossed


def _check_arrays(gate: Gate, tries: list[list[Array]]) -> None:
    for operands in tries:
        _check(gate, operands)


def _check(gate: Gate, operands: list[Array]) -> None:
    """Raise unless the rules on these arrays give what they give number by number."""
    import numpy as np

    from autograd.arithmetic import arrays

    shape = np.broadcast_shapes(*[operand.shape for operand in operands])
    expected = np.full((1 + len(operands), *shape), np.nan)
    is_known = np.zeros(shape, dtype=bool)
    for place in np.ndindex(shape):
        numbers = [float(np.broadcast_to(operand, shape)[place]) for operand in operands]
        try:
            out = float(gate.forward(floats, *numbers))
            expected[(0, *place)] = out
            expected[(slice(1, None), *place)] = gate.contributions(UPSTREAM, out, *numbers)
            is_known[place] = True
        except (ArithmeticError, ValueError):  # outside its domain
            continue
    out = gate.forward(arrays, *operands)
    _check_same("forward", out, expected[0], is_known)
    found = gate.backward(arrays, np.full(shape, UPSTREAM), out, *operands)
    for each, right in zip(found, expected[1:], strict=True):
        _check_same("backward", each, right, is_known)


def _check_same(rule: str, found: Any, expected: Array, is_known: npt.NDArray[np.bool_]) -> None:
    import numpy as np

    numbers = np.zeros(expected.shape) if found is None else np.asarray(found)
    if numbers.dtype != np.float64 or numbers.shape != expected.shape:
        raise TypeError(
            f"{rule} gives {numbers.dtype} of shape {numbers.shape}, wanted float64 of {expected.shape}"
        )
    is_same = np.isclose(numbers, expected, rtol=AGREEMENT, atol=1e-300, equal_nan=True) | ~is_known
    if not is_same.all():
        place = tuple(np.argwhere(~is_same)[0])
        raise ValueError(f"{rule} gives {numbers[place]:g} on arrays, {expected[place]:g} on floats")


@cache
def on_stack(gate: Gate, operands: int) -> Answer:
    """Whether the rules of a gate of any number of operands give the same on a stack of so many.

    A router of two is left as it is: to put the 0 of max(x, 0) on a stack costs more than the gate.
    """
    if not gate.variadic:
        return Answer("it takes its operands one by one")
    if len(gate.operand_names) > 1:
        return Answer(f"its {gate.operand_names[0]} is not as its other operands")
    if operands == 2 and gate.role == "router":
        return Answer("of two operands it is faster without")
    return on_arrays(gate) and _answer(lambda: _check_stack(gate))


def _check_stack(gate: Gate) -> None:
    import numpy as np

    from autograd.arithmetic import arrays

    stack = np.random.default_rng(0).normal(size=(3, 8))
    out = gate.forward(arrays, *stack)
    contributions = np.array(gate.backward(arrays, np.ones(8), out, *stack))
    out_stacked = gate.forward(arrays.stacked, stack)[0]
    (contribution,) = gate.backward(arrays.stacked, np.ones(8), out, stack)
    if not np.allclose(out_stacked, out, equal_nan=True):
        raise ValueError("forward gives something else on a stack")
    if np.shape(contribution) != stack.shape or not np.allclose(contribution, contributions, equal_nan=True):
        raise ValueError("backward gives something else on a stack")


@cache
def on_jax(gate: Gate) -> Answer:
    """Whether both rules run on JAX's arrays, as those that run on NumPy's mostly do."""
    from autograd.arithmetic import jax_arrays
    from autograd.arithmetic.jax_arrays import jax, jnp

    def both(*x: Any) -> Any:
        return gate.forward(jax_arrays, *x), gate.backward(jax_arrays, x[0], x[0], *x)

    shape = jax.ShapeDtypeStruct((2, 1), jnp.result_type(float))
    return on_arrays(gate) and _answer(lambda: jax.eval_shape(both, *[shape] * len(gate.operand_names)))
