"""A compiled program beside the eager engine: the same graph, built anew for each example."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from autograd import Value, compile, topological_order
from autograd.compiler.program import Program

Floats = npt.NDArray[np.float64]
Loss = Callable[[list[Value]], Value]  # of one example's inputs; parameters it knows itself

TOLERANCE = 1e-10


class Eager(NamedTuple):
    """What the eager engine says of a batch.

    losses, gradients  of each example: (examples,) and (examples, parameters)
    scales             of each example, the largest finite number or gradient of any node, at least 1:
                       what rounding is relative to, (examples,)
    """

    losses: Floats
    gradients: Floats
    scales: Floats


def run_eagerly(loss: Loss, X: Floats, parameters: Sequence[Value]) -> Eager:
    """The loss of every row and its gradient, by a graph and a backward pass for each."""
    losses, gradients = np.empty(len(X)), np.empty((len(X), len(parameters)))
    scales = np.ones(len(X))
    for i, row in enumerate(X.tolist()):
        for parameter in parameters:
            parameter.grad = 0.0
        out = loss([Value(number) for number in row])
        out.backward()
        losses[i], gradients[i] = out.data, [parameter.grad for parameter in parameters]
        nodes = topological_order(out)
        seen = np.abs([[node.data for node in nodes], [node.grad for node in nodes]])
        scales[i] = seen[np.isfinite(seen)].max(initial=1.0)
    return Eager(losses, gradients, scales)


def compiled(loss: Loss, example: Any, parameters: Sequence[Value]) -> Program:
    """The program of the loss, traced at one example."""
    inputs = [Value(number, label=f"x[{i}]") for i, number in enumerate(example)]
    return compile(loss(inputs), inputs=inputs, parameters=parameters)


def assert_agrees(loss: Loss, X: Any, parameters: Sequence[Value]) -> Program:
    """Losses, mean, gradient and gradients per example are eager's to 1e-10; gives the program."""
    X = np.asarray(X, dtype=float)
    program = compiled(loss, X[0], parameters)
    assert_runs_as_eager(program, run_eagerly(loss, X, parameters), X)
    return program


def assert_runs_as_eager(program: Program, eager: Eager, X: Floats) -> None:
    """The program on the batch gives what the eager engine gave; nan and infinities included.

    On arrays too where so few examples would run gate by gate.
    """
    _assert_gives(program, eager, X)
    if program.fused is not None and program._runs_tape(len(X)):
        gates = program._gates
        _assert_gives(on_arrays(program), eager, X)
        program._gates = gates


def on_arrays(program: Program) -> Program:
    """The program, which from now on runs on arrays, however few examples there are."""
    assert program.fused is not None, "it does not fold into arrays"
    program._gates = 1 << 40
    return program


def _assert_gives(program: Program, eager: Eager, X: Floats) -> None:
    assert_close(program(X), eager.losses, eager.scales)
    losses, gradients = program.loss_and_grad(X, per_example=True)
    assert_close(losses, eager.losses, eager.scales)
    assert_close(gradients, eager.gradients, eager.scales[:, None])
    if len(X):
        loss, gradient = program.loss_and_grad(X)
        with np.errstate(all="ignore"):
            assert_close(loss, eager.losses.mean(), eager.scales.max())
            assert_close(gradient, eager.gradients.mean(axis=0), eager.scales.max())


def assert_close(found: Any, expected: Any, scales: Any) -> None:
    """Equal to 1e-10, relative to the number or to its scale."""
    np.testing.assert_allclose(found / scales, expected / scales, rtol=TOLERANCE, atol=TOLERANCE)
