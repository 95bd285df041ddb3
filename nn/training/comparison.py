"""Whether a compiled program computes what the model does: both are run on a few examples."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np

from autograd.compiler.functions.noticing import NotTraceable
from nn.compiled import CompiledLoss, real_numbers
from nn.training.backend import Task
from nn.training.eager import loss_and_grad
from nn.training.examples import take
from nn.vector import sync_to_values, vector_of

TOLERANCE = 1e-9  # relative; a program and the engine differ by rounding alone


def check_agreement(compiled: CompiledLoss, task: Task, X: Any, y: Any) -> None:
    """Raise NotTraceable unless both give the same for a few examples, as where lists are added in Python.

    The parameters are others than while it was traced, so that a copy of one shows.
    """
    rows = np.array(sorted({0, len(X) // 2, len(X) - 1, *_extremes(X), *_extremes(y)}))
    parameters = task.optimizer.parameters
    batch, before = (take(X, rows), take(y, rows)), vector_of(parameters)
    try:
        sync_to_values(parameters, shifted := before * 1.001 + 0.001)
        compiled.set_parameters(shifted)
        engines_loss, engines = loss_and_grad(task.model, task.loss, parameters, *(given := deepcopy(batch)))
        loss, gradient = compiled.loss_and_grad(*batch)
    finally:
        sync_to_values(parameters, before)
        compiled.set_parameters(before)
    if not all(map(_same_numbers, batch, given)):
        raise NotTraceable("it changes its example in place, which a program does not; change a copy")
    scale = max(1.0, float(np.abs(engines).max(initial=0.0)))
    if not (
        np.isclose(loss, engines_loss, rtol=TOLERANCE, equal_nan=True)
        and np.allclose(gradient, engines, rtol=TOLERANCE, atol=TOLERANCE * scale, equal_nan=True)
    ):
        raise NotTraceable(
            f"for examples {', '.join(map(str, rows))} the program gives the mean loss {loss:.10g}, the "
            f"model {engines_loss:.10g}: it does something else with plain numbers than with Values (NumPy "
            "does, with float32 and small integers: then give X.astype(float)), or with copies of parameters"
        )


def _extremes(data: Any) -> list[int]:
    """The examples where NumPy's integers and truth values go wrong or overflow, if anywhere."""
    if not (isinstance(data, np.ndarray) and data.dtype.kind in "biu" and data.size):
        return []
    rows = data.reshape(len(data), -1)
    return [int(rows.max(1).argmax()), int(rows.min(1).argmin()), int(rows.sum(1).argmax())]


def _same_numbers(a: Any, b: Any) -> bool:
    try:
        return np.array_equal(real_numbers(a, "data"), real_numbers(b, "data"), equal_nan=True)
    except ValueError:  # parts of unequal length
        return False
