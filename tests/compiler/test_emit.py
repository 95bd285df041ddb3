"""Gates in the program: written out, called by name, or a user's own, whatever that is named and does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from autograd import Gate, Value, compile, exp, gate, summation, tanh, where
from autograd.compiler.emit import Forward
from autograd.compiler.fuse import fuse
from autograd.compiler.program import Program
from autograd.compiler.trace import trace
from tests.compiler.agreement import assert_agrees
from tests.compiler.layouts import body_of

#: Names that gate() takes and that a program cannot use as they are, or has a use for itself.
NAMES = [
    "own", "tanh", "add", "lambda", "None", "\u00b5", "\ufb01", "__debug__", "exp", "parameters", "gradient",
    "dloss", "loss", "outputs", "x", "x_backward", "np", "sum_rows", "p", "z1", "v1", "out",
]  # fmt: skip


def sine(name: str, times: float) -> Gate:
    return gate(
        name,
        forward=lambda m, x: m.sin(x) * times,
        backward=lambda m, upstream, out, x: (upstream * m.cos(x) * times,),
    )


def slow_sine(name: str, times: float) -> Gate:
    """The same by Python's math, which takes neither arrays nor symbols."""
    return gate(
        name,
        forward=lambda m, x: math.sin(x) * times,
        backward=lambda m, upstream, out, x: (upstream * math.cos(x) * times,),
    )


@pytest.mark.parametrize("make", [sine, slow_sine])
@pytest.mark.parametrize("name", NAMES)
def test_a_custom_gate_may_have_any_name(name: str, make: Any) -> None:
    """Those of the table are not confused with it, nor another of the same name."""
    one, other = make(name, 2.0), make(name, 3.0)
    p, q = Value(0.5), Value(-1.5)

    def loss(x: list[Value]) -> Value:
        return one(p * x[0]) + other(q * x[0]) + exp(tanh(p * x[1]))  # type: ignore[no-any-return]

    assert_agrees(loss, [[1.0, 2.0], [-0.5, 0.25]], [p, q])


OWN = {
    "constant": gate("constant", forward=lambda m, x: 1.0, backward=lambda m, upstream, out, x: (0.0,)),
    "whole number": gate(
        "whole", forward=lambda m, x: 3 if x > 0 else 2, backward=lambda m, upstream, out, x: (0,)
    ),
    "identity": gate("same", forward=lambda m, x: x, backward=lambda m, upstream, out, x: (upstream,)),
    "reversal": gate("reversal", forward=lambda m, x: x, backward=lambda m, upstream, out, x: (-upstream,)),
    "straight through": gate(
        "through", forward=lambda m, x: m.heaviside(x, 1.0), backward=lambda m, upstream, out, x: (upstream,)
    ),
    "clip": gate(
        "clip",
        forward=lambda m, x: m.minimum(m.maximum(x, -1.0), 1.0),
        backward=lambda m, upstream, out, x: (m.where((x > -1) & (x < 1), upstream, 0.0),),
    ),
    "default": gate(
        "times",
        forward=lambda m, x, k=2.0: x * k,
        backward=lambda m, upstream, out, x, k: (upstream * k, upstream * x),
    ),
}


@pytest.mark.parametrize("rule", OWN.values(), ids=OWN)
def test_custom_gates(rule: Gate) -> None:
    p, q = Value(0.5), Value(-1.5)

    def loss(x: list[Value]) -> Value:
        hidden = [rule(p * number + q) for number in x]
        total: Value = summation(*[h * q for h in hidden], rule(p), rule(x[0]) * p, p)
        return total

    assert_agrees(loss, [[1.0, 2.0, -3.0], [-0.5, 0.25, 0.0], [0.0, 0.0, 9.0]], [p, q])


def test_the_first_of_two_operands() -> None:
    first = gate("first", forward=lambda m, a, b: a, backward=lambda m, upstream, out, a, b: (upstream, 0.0))
    p, q = Value(0.5), Value(-1.5)

    def loss(x: list[Value]) -> Value:
        total: Value = summation(first(x[0] * p, q), first(p, x[0]), first(x[0], p), first(p, q), q)
        return total

    assert_agrees(loss, [[1.0], [-0.5]], [p, q])


def test_a_choice_between_the_same() -> None:
    """Its formula is shortened to p, which is one number, but there is one for each example."""
    p = Value(0.5)
    X = [[0.0], [1.0], [2.0]]
    assert_agrees(lambda x: where(x[0], p, p), X, [p])
    assert_agrees(lambda x: summation(where(x[0], p, p), p * x[0]), X, [p])
    assert_agrees(lambda x: tanh(where(x[0], p, p)) ** 0, X, [p])
    assert_agrees(lambda x: where(x[0], 0.25, 0.25) * p, X, [p])
    assert_agrees(lambda x: where(p, x[0], x[0]) + p, X, [p])


def test_a_name_that_means_a_gate_of_the_table_keeps_its_meaning() -> None:
    x, p = Value(1.0, label="x"), Value(0.5, label="p")
    own = sine("tanh", 2.0)
    source = compile(own(p * x) + tanh(p * x), inputs=[x], parameters=[p]).source
    assert "tanh2(" in source
    assert "tanh(" in source


def line_for(output: Value, x: list[Value], p: list[Value]) -> str:
    return body_of(compile(output, inputs=x, parameters=p), "outputs").splitlines()[-2].strip()


def test_arithmetic_is_written_out_and_functions_are_called() -> None:
    x, y, p = Value(2.0, label="x"), Value(3.0, label="y"), Value(0.5, label="p")
    assert line_for(x / y - p, [x, y], [p]).endswith(" = x / y - p")
    assert line_for(-(x**2), [x], []).endswith(" = -x**2")
    assert line_for((-x) ** 2, [x], []).endswith(" = (-x)**2")
    assert line_for(abs(x - y), [x, y], []).endswith(" = abs(x - y)")
    assert line_for(tanh(p * x), [x], [p]).endswith(" = tanh(p * x)")
    assert line_for(x - (y - p), [x, y], [p]).endswith(" = x - (y - p)")


def test_emitting_is_a_stage_of_its_own() -> None:
    w, x = Value(2.0, label="w"), Value(3.0, label="x")
    code = Forward(fuse(trace([tanh(w * x)], [x], [w]))).emit()
    assert code.inputs == ["x"]
    assert [str(line) for line in code.slices] == ["w = parameters[0:1, None]"]
    assert [str(line) for line in code.forward] == ["v1 = w * x", "v2 = tanh(v1)"]
    assert str(code.result) == "v2"


def test_the_source_is_the_program() -> None:
    """What is printed is what runs: executed once more by hand, it gives the same."""
    w, b, x = Value(2.0, label="w"), Value(-1.0, label="b"), Value(3.0, label="x")
    program: Program = compile((w * x + b) ** 2, inputs=[x], parameters=[w, b])
    names: dict[str, Any] = {
        "parameters": np.array([2.0, -1.0]),
        "gradient": np.zeros(2),
        "sum_batch": lambda a, out=None: np.sum(a, axis=1, keepdims=True, out=out),
        "matmul": np.matmul,
    }
    exec(program.source, names)
    X = np.array([[3.0], [0.5]])
    np.testing.assert_allclose(names["outputs"](X.T)[0], program(X))
    losses = names["loss_and_gradient"](X.T, np.full((1, 2), 0.5))
    loss, gradient = program.loss_and_grad(X)
    assert losses.mean() == pytest.approx(loss)
    np.testing.assert_allclose(names["gradient"], gradient)
