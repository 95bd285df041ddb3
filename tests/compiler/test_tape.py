"""The tape: any graph, gate by gate, is what the engine says of it, whichever way it runs."""

from __future__ import annotations

import copy
import math
import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

from autograd import GATES, Gate, Value, gate, gates
from autograd.arithmetic import floats
from autograd.collector import gc_paused
from autograd.compiler import tape as tape_module
from autograd.compiler.loops import ARRAYS, EXACT, RAW, Loop, is_written
from autograd.compiler.tape import Tape
from autograd.compiler.trace import trace
from benchmarks.graphs import GRAPHS
from tests.compiler.agreement import TOLERANCE, Eager, Floats, Loss, run_eagerly
from tests.compiler.graphs import Recipe, arctan, bend, mean
from tests.compiler.test_random_graphs import (
    STEEPEST,
    any_numbers,
    exact_recipes,
    loss_of,
    seeds,
    sizes,
    smooth_recipes,
    whole_numbers,
)
from tests.test_conventions import EXTREME, extreme_operands

WAYS = ("LOOP", "ARRAY", "GROUP")  # which of the costs is nothing


@pytest.fixture(params=[*WAYS, "cheapest"], ids=["by floats", "by arrays", "by levels", "cheapest"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each way to run a tape, and what it would choose."""
    if request.param != "cheapest":
        for name in ("LOOP", "ARRAY", "GROUP", "EXACT_LOOP", "EXACT_GROUP", "ON_ARRAY", "IN_GROUP"):
            monkeypatch.setattr(tape_module, name, 0.0 if name.endswith(request.param) else 1e6)
    return str(request.param)


any_way = pytest.mark.usefixtures("way")
settings.register_profile  # noqa: B018


def tape_of(loss: Loss, example: Sequence[float], parameters: Sequence[Value]) -> Tape:
    inputs = [Value(number) for number in example]
    return Tape(trace([loss(inputs)], inputs, parameters))


def assert_runs_as_eager(tape: Tape, loss: Loss, X: Floats, parameters: Sequence[Value], steepest: float = math.inf) -> None:
    """Losses, and gradients by parameters and inputs, each alone and added up, nan and infinities included."""
    eager = run_eagerly(lambda inputs: loss(inputs[: X.shape[1]]), X, parameters)
    by_inputs = run_eagerly_by_inputs(loss, X)
    assume((eager.scales < steepest).all())
    numbers = np.array([parameter.data for parameter in parameters])
    losses, by_parameters, found_by_inputs = tape.gradients(numbers, X)
    again, total = tape.loss_and_grad(numbers, X)
    (outputs,) = tape.outputs(numbers, X)
    scales = eager.scales
    for found in (losses, again, outputs):
        close(found, eager.losses, scales)
    close(by_parameters.T, eager.gradients, scales[:, None])
    close(found_by_inputs.T, by_inputs, scales[:, None])
    with np.errstate(all="ignore"):
        close(total, eager.gradients.sum(axis=0), scales.sum(initial=1.0))


def run_eagerly_by_inputs(loss: Loss, X: Floats) -> Floats:
    found = np.empty(X.shape)
    for row, numbers in zip(found, X.tolist(), strict=True):
        inputs = [Value(number) for number in numbers]
        loss(inputs).backward()
        row[:] = [each.grad for each in inputs]
    return found


def close(found: Any, expected: Any, scales: Any) -> None:
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found / scales, expected / scales, rtol=TOLERANCE, atol=TOLERANCE)


# -- random graphs --------------------------------------------------------------------------------

fast = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@any_way
@pytest.mark.parametrize("examples", [0, 1, 2, 33])
@fast
@given(recipe=exact_recipes, sizes=sizes, seed=seeds)
def test_graphs_of_whole_numbers_with_kinks_ties_and_poles(
    examples: int, recipe: Recipe, sizes: tuple[int, int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    parameters = [Value(number) for number in whole_numbers(rng, sizes[1])]
    loss, X = loss_of(recipe, parameters), whole_numbers(rng, examples, sizes[0])
    tape = tape_of(loss, whole_numbers(rng, sizes[0]).tolist(), parameters)
    assert_runs_as_eager(tape, loss, X, parameters, STEEPEST)


@any_way
@pytest.mark.parametrize("examples", [1, 7])
@fast
@given(recipe=smooth_recipes, sizes=sizes, seed=seeds)
def test_graphs_of_any_numbers(examples: int, recipe: Recipe, sizes: tuple[int, int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    parameters = [Value(number) for number in any_numbers(rng, sizes[1])]
    loss, X = loss_of(recipe, parameters), any_numbers(rng, examples, sizes[0])
    tape = tape_of(loss, any_numbers(rng, sizes[0]).tolist(), parameters)
    assert_runs_as_eager(tape, loss, X, parameters, STEEPEST)
