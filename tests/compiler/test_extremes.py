"""Two gates, one after the other, at numbers where what is the same but for rounding is not the same at all.

(a / b) / b is a / (b * b) until b * b overflows, log(exp(x)) is x until exp(x) does. Compilers know such
shortcuts: XLA takes each that is here, if it may. Eager's floats say what is right.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import inf, nan
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from autograd import (
    Value,
    compile,
    exp,
    gates,
    log,
    relu,
    sigmoid,
    softplus,
    sqrt,
    tanh,
    topological_order,
)
from autograd.arithmetic import floats
from tests.compiler.agreement import on_arrays

Floats = npt.NDArray[np.float64]
Composition = Callable[..., Any]

#: No denormal ones, which XLA takes for 0 on a CPU; twice the largest is finite still, for it makes x + x of
#: two x from two sides.
NUMBERS = [0.0, 1e-300, 1e-160, 1e-8, 0.5, 1.0, 3.0, 700.0, 1e8, 1e160, 1e200, 8e307, inf, nan]
NUMBERS += [-number for number in NUMBERS[:-1]]
SMALLEST = 2.3e-308  # of the numbers that are not denormal, rounded up

OF_ONE: dict[str, Composition] = {
    "tanh(1e-160 / x)": lambda x: tanh(1e-160 / x),
    "1 / (1 / x)": lambda x: 1 / (1 / x),
    "log(exp(x))": lambda x: log(exp(x)),
    "exp(log(x))": lambda x: exp(log(x)),
    "exp(x) ** 2": lambda x: exp(x) ** 2,
    "sqrt(x) * sqrt(x)": lambda x: sqrt(x) * sqrt(x),
    "sqrt(x * x)": lambda x: sqrt(x * x),
    "log(sqrt(x))": lambda x: log(sqrt(x)),
    "log(x**2)": lambda x: log(x**2),
    "log(x**0.5)": lambda x: log(x**0.5),
    "(x**2) ** 0.5": lambda x: (x**2) ** 0.5,
    "(x**0.5) ** 2": lambda x: (x**0.5) ** 2,
    "x * 1e200 * 1e-200": lambda x: x * 1e200 * 1e-200,
    "x * 1e-160 / 1e-160": lambda x: x * 1e-160 / 1e-160,
    "x * 3 / 3": lambda x: x * 3 / 3,
    "x / 1e-160 * 1e-160": lambda x: x / 1e-160 * 1e-160,
    "x / 1.79e308": lambda x: x / 1.79e308,
    "1e200 - (1e200 + x)": lambda x: 1e200 - (1e200 + x),
    "sigmoid(log(x))": lambda x: sigmoid(log(x)),
    "softplus(log(x))": lambda x: softplus(log(x)),
    "0.0 ** relu(x)": lambda x: 0.0 ** relu(x),
    "1 / relu(x)": lambda x: 1 / relu(x),
    "1 / x**0.5": lambda x: 1 / x**0.5,
    "x**1.5": lambda x: x**1.5,
}
OF_TWO: dict[str, Composition] = {
    "x / y / y": lambda x, y: x / y / y,
    "x / y / x": lambda x, y: x / y / x,
    "x / (x / y)": lambda x, y: x / (x / y),
    "y / (x / y)": lambda x, y: y / (x / y),
    "(x / y) / (y / x)": lambda x, y: (x / y) / (y / x),
    "(x / y) * y": lambda x, y: (x / y) * y,
    "x * y * y": lambda x, y: x * y * y,
    "x / 3 / y": lambda x, y: x / 3 / y,
    "1e200 / x / y": lambda x, y: 1e200 / x / y,
    "log(x / y)": lambda x, y: log(x / y),
    "sqrt(x / y)": lambda x, y: sqrt(x / y),
    "abs(x / y)": lambda x, y: abs(x / y),
    "exp(x) / exp(y)": lambda x, y: exp(x) / exp(y),
    "x / exp(y)": lambda x, y: x / exp(y),
    "exp(x) * exp(y)": lambda x, y: exp(x) * exp(y),
    "exp(x) / (exp(x) + exp(y))": lambda x, y: exp(x) / (exp(x) + exp(y)),
    "log(exp(x) * exp(y))": lambda x, y: log(exp(x) * exp(y)),
    "sqrt(x) * sqrt(y)": lambda x, y: sqrt(x) * sqrt(y),
    "x / sqrt(y)": lambda x, y: x / sqrt(y),
    "x / y**2": lambda x, y: x / y**2,
    "tanh(x / y)": lambda x, y: tanh(x / y),
}
ALL = [*OF_ONE.items(), *OF_TWO.items()]


class Eager(NamedTuple):
    """What the engine says at each point: (points, 1 + numbers in a point) and (points,).

    expected    the number, and its slopes
    has_denormal  whether there is a denormal number in the graph, in a gradient or on the way to one
    """

    expected: Floats
    has_denormal: npt.NDArray[np.bool_]


def points(count: int) -> Floats:
    """Every combination of numbers."""
    return np.array(list(product(NUMBERS, repeat=count)))


def eager(composition: Composition, X: Floats) -> Eager:
    expected, has_denormal = [], []
    for numbers in X.tolist():
        leaves = [Value(number) for number in numbers]
        out = composition(*leaves)
        out.backward()
        expected.append([out.data, *[leaf.grad for leaf in leaves]])
        order = topological_order(out)
        seen = [number for node in order for number in (node.data, node.grad)]
        seen += [floats.divide(node.data, node.operands[1]) for node in order if node.gate is gates.div]
        has_denormal.append(any(0 < abs(number) < SMALLEST for number in seen))
    return Eager(np.array(expected), np.array(has_denormal))


@pytest.mark.parametrize(("name", "composition"), ALL, ids=[name for name, _ in ALL])
def test_on_numpy(name: str, composition: Composition) -> None:
    """Arrays of any length: NumPy has other loops for the last few numbers."""
    X = points(1 if name in OF_ONE else 2)
    shifts, inputs = [Value(-0.0) for _ in X[0]], [Value(1.0 + i) for i in range(len(X[0]))]
    taken = [x + shift for x, shift in zip(inputs, shifts, strict=True)]  # -0.0 stays -0.0
    program = compile(composition(*taken), inputs=inputs, parameters=shifts)
    expected = eager(composition, X).expected
    on_arrays(program)
    for length in (len(X), 1, 7):
        for first in range(0, len(X), length * (1 if name in OF_ONE else 11)):
            part = slice(first, first + length)
            losses, gradients = program.loss_and_grad(X[part], per_example=True)
            found = np.column_stack([losses, gradients])
            np.testing.assert_allclose(found, expected[part], rtol=1e-12, atol=5e-324)


@pytest.mark.parametrize("share", range(2))
@pytest.mark.parametrize("table", [OF_ONE, OF_TWO], ids=["one", "two"])
def test_on_jax(table: dict[str, Composition], share: int) -> None:
    """Under jit, half a table in one program, each composition of parameters of its own."""
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    names, count = list(table)[share::2], 1 if table is OF_ONE else 2
    parameters = [[Value(0.5) for _ in range(count)] for _ in names]
    outputs = [table[name](*own) for name, own in zip(names, parameters, strict=True)]
    program = compile(outputs, inputs=[], parameters=[each for own in parameters for each in own]).to("jax")
    assert not program.is_tape

    def both(numbers: Any) -> Any:
        found, pull = jax.vjp(lambda w: program.outputs(w)[0], numbers)
        return found, *pull(jax.numpy.ones_like(found))

    X = points(count)
    with jax.enable_x64(True):
        found, slopes = map(np.asarray, jax.jit(jax.vmap(both))(np.tile(X, len(names))))
    for i, name in enumerate(names):
        mine = np.column_stack([found[:, i], slopes[:, count * i : count * (i + 1)]])
        expected, has_denormal = eager(table[name], X)
        kept = ~has_denormal
        np.testing.assert_allclose(mine[kept], expected[kept], rtol=1e-11, atol=SMALLEST, err_msg=name)
