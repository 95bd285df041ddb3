"""Every arithmetic against the protocol: each primitive, at the edges too, as it is on Python's floats."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from itertools import product
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest

from autograd.arithmetic import arrays, balls, floats, symbols
from autograd.arithmetic.protocol import PRIMITIVES, Arithmetic

inf, nan = math.inf, math.nan

#: That they have what the protocol lists is also the type checker's to say.
ON_FLOATS: Arithmetic[float] = floats
ON_ARRAYS: Arithmetic[Any] = arrays
ON_SYMBOLS: Arithmetic[Any] = symbols
ON_BALLS: Arithmetic[Any] = balls

NUMBERS = (
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, -8.0, 1 / 3, 1e-300, -1e-300, 1e200, -1e200,
    800.0, -800.0, 2.0**53, inf, -inf, nan,
)  # fmt: skip
ORDINARY = (1.0, 0.5, 2.0, 3.0, 1 / 3)
SHARES = (1.0, 0.0, 0.25, 1e-3, 1e-18)  # that logsum takes: from 0 to 1, the largest 1

OF_ONE = ("cos", "exp", "expm1", "finite", "floor", "log", "log1p", "rint", "sign", "sin", "sqrt", "tanh")
OF_TWO = ("arctan2", "divide", "heaviside", "maximum", "minimum", "power")
OF_MANY = ("max", "min", "norm", "sum")

#: Symbols say what a reader would write, exp(x) - 1 for expm1: the same at ordinary numbers.
AS_A_READER_WRITES_IT = {"expm1", "log1p", "logsum", "norm", "finite"}
#: JAX on a CPU has no denormal numbers: about as small, it may be 0.
TINY = 1e-290


class Kind(NamedTuple):
    """How a primitive is run on columns of operands, and given back as floats."""

    arithmetic: Any
    number: Callable[[Any], Any]  # of a column of floats: one operand
    floats: Callable[[Any], list[float]]  # of what came out
    one_by_one: bool  # each row of its own, rather than whole columns


def _jax() -> Kind:
    jax_arrays = pytest.importorskip("autograd.arithmetic.jax_arrays", reason="JAX is not installed")
    return Kind(jax_arrays, jax_arrays.jnp.array, lambda x: np.asarray(x).tolist(), False)


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    """JAX computes in float64, for the length of a test."""
    if find_spec("jax") is None:
        yield
    else:
        with import_module("jax").enable_x64(True):
            yield


KINDS: dict[str, Callable[[], Kind]] = {
    "arrays": lambda: Kind(arrays, np.array, lambda x: np.asarray(x).tolist(), False),
    "symbols": lambda: Kind(symbols, symbols.Symbol.of, lambda x: [_number_of(x)], True),
    "balls": lambda: Kind(balls, balls.Ball, lambda x: [balls.ball(x).value], True),
    "jax": _jax,
}
every_kind = pytest.mark.parametrize("kind", KINDS)


def _number_of(symbol: Any) -> float:
    assert symbol.number is not None, f"{symbol} of plain numbers is no number"
    return float(symbol.number)


def is_same(a: float, b: float, within: float = 1e-14) -> bool:
    return a == b or (a != a and b != b) or math.isclose(a, b, rel_tol=within, abs_tol=1e-322)


def cases(name: str, kind: str) -> list[tuple[float, ...]]:
    """Operands for a primitive, where this kind is to agree with floats."""
    numbers = ORDINARY if kind == "symbols" and name in AS_A_READER_WRITES_IT else NUMBERS
    if name == "logsum":
        rows = [row for row in product(SHARES, repeat=3) if max(row) == 1]
        return [row for row in rows if min(row) > 1e-9] if kind == "symbols" else rows
    if name == "heaviside":  # its second operand is a plain number
        return [(x, 1.0) for x in numbers]
    return list(product(numbers, repeat=1 if name in OF_ONE else 2 if name in OF_TWO else 3))


def on_floats(name: str, row: tuple[float, ...]) -> float:
    function = getattr(floats, name)
    found = function(*row) if name in (*OF_ONE, *OF_TWO) else function(row)
    assert type(found) is float
    return found


def on_kind(kind: Kind, name: str, rows: list[tuple[float, ...]]) -> list[float]:
    function = getattr(kind.arithmetic, name)

    def run(columns: list[Any]) -> list[float]:
        operands = [kind.number(column) for column in columns]
        if name == "heaviside":
            return kind.floats(function(operands[0], 1.0))
        return kind.floats(function(*operands) if name in (*OF_ONE, *OF_TWO) else function(operands))

    if kind.one_by_one:
        return [run(list(row))[0] for row in rows]
    with np.errstate(all="ignore"):
        return run([list(column) for column in zip(*rows, strict=True)])


def test_every_primitive_is_tested_here() -> None:
    assert {*OF_ONE, *OF_TWO, *OF_MANY, "logsum", "where", "choose", "stop"} == set(PRIMITIVES)


@every_kind
def test_it_has_every_primitive(kind: str) -> None:
    arithmetic = KINDS[kind]().arithmetic
    assert [name for name in PRIMITIVES if not callable(getattr(arithmetic, name, None))] == []


@pytest.mark.parametrize("name", [name for name in PRIMITIVES if name not in ("where", "choose", "stop")])
@every_kind
def test_a_primitive_is_what_it_is_on_floats(kind: str, name: str) -> None:
    rows = cases(name, kind)
    expected = [on_floats(name, row) for row in rows]
    for row, found, wanted in zip(rows, on_kind(KINDS[kind](), name, rows), expected, strict=True):
        is_tiny = kind == "jax" and 0 < abs(wanted) < TINY and abs(found) < TINY
        within = 1e-12 if kind == "symbols" and name in AS_A_READER_WRITES_IT else 1e-14
        assert is_same(found, wanted, within) or is_tiny, (
            f"{name}{row}: {found} on {kind}, {wanted} on floats"
        )


@every_kind
def test_where_and_stop(kind: str) -> None:
    made = KINDS[kind]()
    a, b = made.number(2.0), made.number(nan)
    for condition, chosen in ((True, 2.0), (False, nan)):
        asked: Any = condition if made.one_by_one else np.array(condition)
        found = made.arithmetic.where(asked, a, b)
        assert is_same(np.ravel(made.floats(found))[0], chosen)
    passed, stopped = [
        made.arithmetic.stop(each if made.one_by_one else np.array(each), a) for each in (False, True)
    ]
    assert np.ravel(made.floats(passed))[0] == 2.0
    assert stopped is None or np.ravel(made.floats(stopped))[0] == 0.0


@every_kind
def test_choose(kind: str) -> None:
    """Options that are numbers of this kind or plain, an index of none too."""
    made = KINDS[kind]()
    options = [made.number(3.0), 5.0, made.number(-inf)]
    for index in (0.0, -0.0, 1.0, 2.0, 3.0, -1.0, -3.0, 0.5, 1e-300, 1e300, inf, -inf, nan):
        found = made.arithmetic.choose(made.number(index), options)
        assert is_same(np.ravel(made.floats(found))[0], floats.choose(index, [3.0, 5.0, -inf])), index


@pytest.mark.parametrize("kind", ["arrays", "jax"])
def test_choose_by_an_array_of_indices(kind: str) -> None:
    made = KINDS[kind]()
    options = [made.number([[1.0], [2.0]]), made.number([[3.0, 4.0, 5.0]])]
    found = made.arithmetic.choose(made.number([[0.0, 1.0, 2.0]]), options)
    np.testing.assert_array_equal(found, [[1.0, 4.0, nan], [2.0, 4.0, nan]])


def test_a_module_that_lacks_one_is_seen() -> None:
    """The test of names above can fail."""
    lacking = ModuleType("lacking")
    assert [name for name in PRIMITIVES if not hasattr(lacking, name)] == list(PRIMITIVES)
