"""A path that a gate did not take contributes nothing, whatever its local derivative is.

Everywhere alike: the engine, its steps, compiled programs, their per-example gradients, JAX.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import (
    Gate,
    Value,
    array,
    choose,
    compile,
    div,
    exp,
    gate,
    grad_of,
    leaky_relu,
    log,
    maximum,
    minimum,
    power,
    relu,
    sqrt,
    step,
    tanh,
    where,
)  # fmt: skip

Pole = Callable[[Value], Value]

reciprocal: Gate = gate(
    "reciprocal",
    forward=lambda m, x: m.divide(1.0, x),
    backward=lambda m, upstream, out, x: (-upstream * m.divide(out, x),),
)
root = gate(
    "root",
    forward=lambda m, x: math.sqrt(x) if x >= 0 else math.nan,
    backward=lambda m, upstream, out, x: (upstream / (2 * out) if out else upstream * math.inf,),
)
chosen = gate(  # the first operand if it is positive, else the second; decided on floats
    "chosen",
    forward=lambda m, a, b: a if a > 0 else b,
    backward=lambda m, upstream, out, a, b: (upstream, None) if a > 0 else (None, upstream),
)

#: Of w = 0: a local derivative that is infinite or nan, or a number that is.
POLES: dict[str, Pole] = {
    "sqrt(0)": lambda w: sqrt(w),
    "log(0)": lambda w: log(w),
    "1/0": lambda w: 1 / w,
    "0/0": lambda w: w / w,
    "exp(1000)": lambda w: exp(w + 1000),
    "0 ** -1": lambda w: w**-1,
    "0 ** 0.5": lambda w: w**0.5,
    "inf * 0": lambda w: exp(w + 1000) * w,
    "through a sum": lambda w: 2.0 + sqrt(w) * 3.0,
    "through a gate": lambda w: tanh(log(w)),
    "a custom gate": lambda w: reciprocal(w),
    "a custom gate, on floats": lambda w: root(w),
}

#: A finite number v = 3 and a pole p that is not taken; each gives a loss whose derivative by v is 1.
ROUTERS: dict[str, Callable[[Value, Value], Any]] = {
    "where": lambda v, p: where(1.0, v, p),
    "where, the other": lambda v, p: where(0.0, p, v),
    "choose": lambda v, p: choose(1.0, p, v, p),
    "an index": lambda v, p: choose(where(step(p - 1e9), 1.0, 1.0), 7.0, v),
    "a condition": lambda v, p: where(p, v, v),
    "max": lambda v, p: maximum(v, where(step(p - 1e9), -1.0, minimum(p, 0.0) - 1.0)),
    "relu": lambda v, p: relu(where(1.0, -1.0, p)) + v,
    "relu of less than nothing": lambda v, p: relu(-1.0 - p * p) + v,
    "step": lambda v, p: step(p) * 0.0 + v,
    "leaky_relu's slope": lambda v, p: leaky_relu(v, p),
    "x ** 0": lambda v, p: v * power(p, 0.0),
    "chosen": lambda v, p: chosen(v, p),
    "in an array": lambda v, p: where(np.array([1.0, 0.0]), array([v, p]), 0.0).sum(),
}
NEEDS_A_NUMBER = {
    "max",
    "relu of less than nothing",
    "step",
    "a condition",
    "an index",
}  # of nan they make nan


def graph(router: str, pole: str) -> tuple[Value, list[Value]]:
    w, v = Value(0.0, label="w"), Value(3.0, label="v")
    return ROUTERS[router](v, POLES[pole](w)), [w, v]


COMBINATIONS = [
    (router, pole)
    for router in ROUTERS
    for pole in POLES
    if not (router in NEEDS_A_NUMBER and math.isnan(POLES[pole](Value(0.0)).data))
    and not (router == "relu of less than nothing" and pole == "through a gate")
]
every_combination = pytest.mark.parametrize(("router", "pole"), COMBINATIONS)


@every_combination
def test_the_engine(router: str, pole: str) -> None:
    loss, (w, v) = graph(router, pole)
    assert loss.data == 3.0
    loss.backward()
    assert (w.grad, v.grad) == (0.0, 1.0)


@every_combination
def test_steps(router: str, pole: str) -> None:
    loss, (w, v) = graph(router, pole)
    for turn in loss.backward_steps():
        for below, contribution in zip(turn.node.inputs, turn.contributions, strict=True):
            assert below is None or math.isfinite(contribution)
    assert (w.grad, v.grad) == (0.0, 1.0)


@every_combination
def test_compiled(router: str, pole: str) -> None:
    loss, parameters = graph(router, pole)
    program = compile(loss, parameters=parameters)
    number, gradient = program.loss_and_grad()
    assert number == 3.0
    assert gradient.tolist() == [0.0, 1.0]
    program.write_back()
    assert grad_of(parameters).tolist() == [0.0, 1.0]
    losses, each = program.loss_and_grad(per_example=True)
    assert (losses.tolist(), each.tolist()) == ([3.0], [[0.0, 1.0]])


@pytest.mark.parametrize("router", ROUTERS)
def test_on_jax(router: str) -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    with jax.enable_x64(True):
        for pole in ("sqrt(0)", "exp(1000)"):
            loss, parameters = graph(router, pole)
            program = compile(loss, parameters=parameters)
            number, gradient = program.to("jax").loss_and_grad(program.parameters)
            assert (float(number), gradient.tolist()) == (3.0, [0.0, 1.0])


def losses_of_a_batch() -> tuple[Any, np.ndarray[Any, Any], list[list[float]]]:
    """sqrt(w * x) where x > 0 and else v * x, its batch, and each example's gradient by w and v."""
    w, v, x = Value(4.0, label="w"), Value(3.0, label="v"), Value(1.0, label="x")
    program = compile(where(relu(x), sqrt(w * x), v * x), inputs=[x], parameters=[w, v])
    batch = np.array([[1.0], [0.0], [-2.0], [4.0]])
    return program, batch, [[0.25, 0.0], [0.0, 0.0], [0.0, -2.0], [0.5, 0.0]]


def test_an_example_at_a_pole_leaves_the_others_of_its_batch_alone() -> None:
    program, batch, expected = losses_of_a_batch()
    assert program.loss_and_grad(batch, per_example=True)[1].tolist() == expected
    assert program.loss_and_grad(batch)[1].tolist() == np.mean(expected, axis=0).tolist()


def test_a_batch_on_jax() -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    program, batch, expected = losses_of_a_batch()
    on_jax = program.to("jax")
    with jax.enable_x64(True):
        assert on_jax.loss_and_grad(program.parameters, batch)[1].tolist() == np.mean(expected, 0).tolist()
        one = jax.grad(lambda parameters, x: on_jax.loss(parameters, x[None]))
        assert jax.vmap(one, (None, 0))(program.parameters, batch).tolist() == expected
        by_input = jax.grad(lambda X: on_jax.loss(program.parameters, X))(batch)
    # d(sqrt(w * x))/dx, and d(v * x)/dx where x is not positive
    assert by_input.ravel().tolist() == [0.25, 0.75, 0.75, 0.125]


def test_a_matrix_product_behind_an_infinity() -> None:
    """relu(W2 @ h + b) with an h that is inf, and not taken: W2 gets 0 from it, not 0 * inf."""
    W1, W2 = array([[800.0], [1.0]], label="W1"), array([[-1.0, 1.0], [1e-9, 1.0]], label="W2")
    x = array([1.0], label="x")
    v = relu(W2 @ exp(W1 @ x)).sum()
    loss, parameters = where(1.0, relu(W2[0] @ exp(W1 @ x)), v), [*W1.flat, *W2.flat]
    loss.backward()
    expected = grad_of(parameters)
    assert np.isfinite(expected).all()
    program = compile(loss, inputs=[*x], parameters=parameters)
    assert program.loss_and_grad([[1.0], [1.0]])[1].tolist() == expected.tolist()


def test_an_honest_zero_stays_what_ieee_makes_of_it() -> None:
    """sqrt(w)**2 has slope 1 at 0, and the chain rule's 0 * inf does not know: nan says so."""
    w = Value(0.0, label="w")
    loss = sqrt(w) ** 2
    loss.backward()
    assert math.isnan(w.grad)
    assert math.isnan(compile(loss, parameters=[w]).loss_and_grad()[1][0])


def test_what_nothing_reached_counts_as_0_and_not_as_not_yet() -> None:
    w = Value(0.0, label="w")
    where(1.0, Value(2.0), sqrt(w)).backward()
    assert repr(w) == "Value(0, grad=0, label='w')"
    from autograd.node import NOT_YET

    assert w.grad is not NOT_YET


@pytest.mark.parametrize("rule", [div, power], ids=["div", "pow"])
def test_gradients_add_up_past_a_pole(rule: Gate) -> None:
    """A node that is reached by one path, and by another not taken, gets the one's contribution."""
    w = Value(0.0, label="w")
    (where(1.0, w, rule(1.0, w) if rule is div else rule(w, -1.0)) + 2 * w).backward()
    assert w.grad == 3.0


def test_a_stop_is_a_whole_contribution() -> None:
    with pytest.raises(TypeError, match="compute inside it, not with it"):
        gate(
            "halved",
            forward=lambda m, x: m.maximum(x, 0.0),
            backward=lambda m, upstream, out, x: (0.5 * m.stop(x <= 0, upstream),),
        )
