"""Every gate on JAX: its numbers and its gradients are the table's, at kinks, ties and edges too."""

from __future__ import annotations

from itertools import product
from math import inf, isfinite, nan
from typing import Any

import numpy as np
import pytest

from autograd import GATES, Gate, array, compile, gate, gates, maximum, step
from autograd.arithmetic import floats
from tests.compiler.graphs import arctan, bend, cube
from tests.compiler.jax_here import float64, jax

__all__ = ["float64"]

EDGES = [
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, 3.0, -2.0, 1e-3, 30.0, -800.0, 800.0, 1e200, -1e200, 1e-200,
    inf, -inf, nan,
]  # fmt: skip
FURTHER = [
    1e-300,
    -1e-300,
    1e-160,
    1e-8,
    -1e-8,
    1e8,
    1e160,
    -1e160,
    1e300,
    1.79e308,
]  # of at most two operands
UPSTREAM = [1.0, -2.5, 0.0, inf]


def operands_of(gate: Gate, edges: list[float]) -> Any:
    """Every combination of edges, (operands, combinations)."""
    count = 3 if gate.variadic else len(gate.operand_names)
    combined = list(product(EDGES if count > 2 else edges, repeat=count))
    if gate.name == "leaky_relu":  # a slope that is not finite is multiplied by 0 on JAX
        combined = [(x, slope) for x, slope in combined if isfinite(slope)]
    return np.array(combined).T


STACKED = [gates.logsumexp, gates.maximum, gates.minimum, gates.norm]
EACH = [*[(gate, False) for gate in [*GATES.values(), cube]], *[(gate, True) for gate in STACKED]]


@pytest.mark.parametrize(("gate", "is_stacked"), EACH, ids=lambda given: getattr(given, "name", given))
@pytest.mark.parametrize("upstream", UPSTREAM)
def test_numbers_and_contributions_are_those_of_the_table(
    gate: Gate, is_stacked: bool, upstream: float
) -> None:
    """Under jit: XLA may not make of a rule what is the same only but for rounding."""
    from autograd.compiler.on_jax.derivatives import on_jax, on_jax_stacked

    operands = operands_of(gate, EDGES + FURTHER * isfinite(upstream))
    run = on_jax(gate)
    if is_stacked:

        def run(*terms: Any) -> Any:
            return on_jax_stacked(gate)(jax.numpy.stack(terms))

    def both(upstream: Any, *operands: Any) -> Any:
        out, transposed = jax.vjp(run, *operands)
        return out, *transposed(upstream)

    found = np.array(jax.jit(both)(np.full(operands.shape[1], upstream), *operands))
    for column, combination in zip(found.T, operands.T.tolist(), strict=True):
        number = gate.forward(floats, *combination)
        expected = [number, *gate.contributions(upstream, number, *combination)]
        np.testing.assert_allclose(column, expected, rtol=1e-12, atol=1e-300, err_msg=str(combination))


@pytest.mark.parametrize("gate", [arctan, bend], ids=lambda gate: gate.name)
def test_a_rule_for_pythons_floats_is_called_back(gate: Gate) -> None:
    from autograd.compiler.on_jax.derivatives import on_jax

    operands = np.array(list(product([0.0, 1.0, -2.0, 0.5], repeat=len(gate.operand_names)))).T
    out, transposed = jax.jit(lambda *x: (on_jax(gate)(*x), jax.vjp(on_jax(gate), *x)[1](2 * x[0])))(
        *operands
    )
    for column, combination in zip(np.array([out, *transposed]).T, operands.T.tolist(), strict=True):
        number = gate.forward(floats, *combination)
        expected = [number, *gate.contributions(2 * combination[0], number, *combination)]
        np.testing.assert_allclose(column, expected, rtol=1e-14)
    mapped = jax.vmap(on_jax(gate))(*operands[:, :, None])
    np.testing.assert_array_equal(mapped[:, 0], out)


def test_an_exponent_that_is_a_number_has_no_derivative_that_could_be_nan() -> None:
    """x ** 2 for negative x: by the exponent it would be out * log(x)."""
    from autograd.compiler.on_jax.derivatives import on_jax

    power = on_jax(GATES["pow"])
    number, slope = jax.jvp(lambda x: power(x, 2), (-3.0,), (1.0,))
    assert (number, slope) == (9.0, -6.0)


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_numbers_in_a_rule_leave_a_program_in_its_own_floats(kind: str, float64: None) -> None:
    either = gate(
        "either",
        forward=lambda m, x: m.where(x > 0, 1.0, 2.0) * x,
        backward=lambda m, upstream, out, x: (upstream * m.where(x > 0, 1.0, 2.0),),
    )
    x, w = array([0.5, 0.25, 0.25]), array([1.0, 2.0, 2.0])
    loss = maximum(*(w * x)) + either(w[0]) + step(w[1] * x[1]) * w[2]
    program = compile(loss, inputs=[*x], parameters=[*w])
    on_jax = program.to("jax", dtype=kind)
    X, parameters = np.array([[0.5, 0.25, 0.25]], kind), program.parameters.astype(kind)
    number, gradient = on_jax.loss_and_grad(parameters, X)
    assert number.dtype == gradient.dtype == on_jax.outputs(parameters, X).dtype == kind
    assert np.allclose(gradient, program.loss_and_grad(X)[1], rtol=1e-6)
