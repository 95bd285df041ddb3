"""The tape: any graph, gate by gate, is what the engine says of it, whichever way it runs."""

from __future__ import annotations

import math
import pickle
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

from autograd import GATES, Gate, Value, gate, gates
from autograd.collector import gc_paused
from autograd.compiler import tape as tape_module
from autograd.compiler.tape import Tape
from autograd.compiler.trace import trace
from benchmarks.graphs import GRAPHS
from tests.compiler.agreement import TOLERANCE, Floats, Loss, run_eagerly
from tests.compiler.graphs import OWN, Recipe, arctan
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
from tests.test_conventions import EXTREME

WAYS = ("LOOP", "ARRAY", "GROUP")  # how the costs that are nothing end


@pytest.fixture(params=[*WAYS, "cheapest"], ids=["by floats", "by arrays", "by levels", "cheapest"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each way to run a tape, and what it would choose."""
    if request.param != "cheapest":
        for name in ("LOOP", "ARRAY", "GROUP", "EXACT_LOOP", "EXACT_GROUP", "ON_ARRAY", "IN_GROUP"):
            monkeypatch.setattr(tape_module, name, 0.0 if name.endswith(request.param) else 1e6)
    return str(request.param)


any_way = pytest.mark.usefixtures("way")


def tape_of(loss: Loss, example: Sequence[float], parameters: Sequence[Value]) -> Tape:
    inputs = [Value(number) for number in example]
    return Tape(trace([loss(inputs)], inputs, parameters))


def assert_runs_as_eager(
    tape: Tape, loss: Loss, X: Floats, parameters: Sequence[Value], steepest: float = math.inf
) -> None:
    """Losses, and gradients by parameters and inputs, each alone and added up; nan and infinities too."""
    eager = run_eagerly(loss, X, parameters)
    by_inputs = run_eagerly_by_inputs(loss, X)
    if steepest < math.inf:
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


# -- single gates ---------------------------------------------------------------------------------


#: Each gate and how many operands; arctan's rule raises for large numbers, and so does the engine.
TAKEN = [
    (rule, operands)
    for rule in (*GATES.values(), *OWN)
    if rule is not arctan
    for operands in ((1, 2, 3, 5) if rule.arity is None else (rule.arity,))
    if operands >= len(rule.operand_names)
]


@any_way
@pytest.mark.parametrize(("rule", "operands"), TAKEN, ids=[f"{rule.name}-{count}" for rule, count in TAKEN])
def test_every_gate_at_the_edges_of_ieee_754(rule: Gate, operands: int) -> None:
    """Of inputs, of parameters and of constants, in any mixture; many side by side."""
    rng = np.random.default_rng(0)
    numbers = [-1.5, 2.0, *EXTREME]
    parameters = [Value(number) for number in rng.choice(numbers, 4).tolist()]
    constants = rng.choice(numbers, 4).tolist()
    places = rng.integers(0, 12, (6, operands)).tolist()

    def loss(inputs: list[Value]) -> Any:
        below = [*inputs, *parameters, *constants]
        # each chosen or not, so that one infinity does not hide the others
        made = [rule(*[below[place] for place in each]) for each in places]
        return gates.summation(*[gates.where(x, y, 0.0) for x, y in zip(inputs * 2, made, strict=False)])

    X = rng.choice(numbers, (20, 4))
    tape = tape_of(loss, X[0].tolist(), parameters)
    for batch in (X, X[:1]):
        np.testing.assert_equal(*rounded(tape, loss, batch, parameters))


def rounded(tape: Tape, loss: Loss, X: Floats, parameters: Sequence[Value]) -> tuple[Floats, Floats]:
    """Found and expected: loss, by parameters, by inputs; rounded to 9 digits."""
    numbers = np.array([parameter.data for parameter in parameters])
    losses, by_parameters, by_inputs = tape.gradients(numbers, X)
    eager = run_eagerly(loss, X, parameters)
    found = np.column_stack([losses, by_parameters.T, by_inputs.T])
    expected = np.column_stack([eager.losses, eager.gradients, run_eagerly_by_inputs(loss, X)])
    both = np.array([found, expected])
    found, expected = np.vectorize(lambda number: float(f"{number:.9g}"))(both)
    return found, expected


# -- paths not taken ------------------------------------------------------------------------------

only_above = gate(
    "only_above",
    forward=lambda m, x: math.fabs(x) if x > 0 else 0.0,
    backward=lambda m, upstream, out, x: (upstream if x > 0 else None,),
)
inverse = gate(
    "inverse",
    forward=lambda m, x: 1 / x,
    backward=lambda m, upstream, out, x: (-upstream * out * out,),
)


@any_way
@pytest.mark.parametrize("examples", [1, 2, 33, 1000])
def test_nothing_goes_on_to_a_pole_on_a_path_not_taken(examples: int) -> None:
    """One of the examples is at the pole, or half of them."""
    w = Value(0.5, label="w")

    def loss(inputs: list[Value]) -> Any:
        (x,) = inputs
        return gates.where(gates.step(x - 0.5), gates.sqrt(x * w), x + w) ** 2

    X = np.linspace(0.0, 2.0, examples)[:, None]
    assert_runs_as_eager(tape_of(loss, [1.0], [w]), loss, X, [w])
    numbers = np.array([w.data])
    assert np.isfinite(tape_of(loss, [1.0], [w]).gradients(numbers, X)[1]).all()


@any_way
@pytest.mark.parametrize("examples", [1, 3])
def test_nothing_goes_on_from_a_gate_that_is_not_written_out(examples: int) -> None:
    """What a maximum of three did not choose, and what a rule for floats only stops."""
    w = Value(0.0)

    def loss(inputs: list[Value]) -> Any:
        root = gates.sqrt(w)
        return gates.maximum(inputs[0], root, 0.5) + only_above(root) + w

    X = np.full((examples, 1), 2.0)
    tape = tape_of(loss, [2.0], [w])
    assert tape.gradients(np.array([0.0]), X)[1].tolist() == [[1.0] * examples]
    assert_runs_as_eager(tape, loss, X, [w])


@any_way
@pytest.mark.parametrize("examples", [1, 3])
def test_a_choice_that_a_constant_makes(examples: int) -> None:
    """The constant that is chosen goes into a rule for floats only."""
    w = Value(3.0)

    def loss(inputs: list[Value]) -> Any:
        return arctan(gates.where(Value(0.0), w, -1.0)) + inputs[0] * w

    X = np.full((examples, 1), 2.0)
    assert_runs_as_eager(tape_of(loss, [2.0], [w]), loss, X, [w])


@any_way
def test_what_is_nan_by_right_stays_nan() -> None:
    w = Value(0.0)

    def loss(inputs: list[Value]) -> Any:
        return gates.relu(inputs[0]) + gates.sqrt(w * w) * inputs[0]

    X = np.array([[1.0], [-1.0], [0.0]])
    tape = tape_of(loss, [1.0], [w])
    assert np.isnan(tape.gradients(np.array([0.0]), X)[1]).all()
    assert_runs_as_eager(tape, loss, X, [w])


@any_way
@pytest.mark.parametrize("examples", [1, 3])
def test_a_custom_rule_that_python_raises_for_is_inf_as_on_arrays(examples: int) -> None:
    x, w = Value(1.0), Value(1.0)
    tape = Tape(trace([gates.minimum(inverse(x), w)], [x], [w]))
    X = np.zeros((examples, 1))
    losses, by_parameters, by_inputs = tape.gradients(np.array([2.0]), X)
    assert losses.tolist() == [2.0] * examples
    assert by_parameters.tolist() == [[1.0] * examples]
    assert by_inputs.tolist() == [[0.0] * examples]


# -- shapes and ends ------------------------------------------------------------------------------


@any_way
def test_an_output_may_be_an_input_or_a_parameter_or_several() -> None:
    x, y, w = Value(1.0), Value(2.0), Value(3.0)
    numbers, X = np.array([3.0]), np.array([[1.0, 2.0], [4.0, 5.0]])
    assert Tape(trace([y, w, x * w, y], [x, y], [w])).outputs(numbers, X).tolist() == [
        [2, 5], [3, 3], [3, 12], [2, 5],
    ]  # fmt: skip
    losses, by_parameters, by_inputs = Tape(trace([y], [x, y], [w])).gradients(numbers, X)
    assert losses.tolist() == [2.0, 5.0]
    assert by_parameters.tolist() == [[0, 0]]
    assert by_inputs.tolist() == [[0, 0], [1, 1]]
    losses, total = Tape(trace([w], [x, y], [w])).loss_and_grad(numbers, X)
    assert (losses.tolist(), total.tolist()) == ([3.0, 3.0], [2.0])


@any_way
@pytest.mark.parametrize("examples", [0, 1, 2])
def test_of_parameters_alone(examples: int) -> None:
    w = Value(3.0)
    tape = Tape(trace([gates.tanh(w) * w**2], [], [w]))
    losses, total = tape.loss_and_grad(np.array([2.0]), np.empty((examples, 0)))
    assert losses == pytest.approx([4 * math.tanh(2)] * examples)
    assert total == pytest.approx([examples * (4 * math.tanh(2) + 4 * (1 - math.tanh(2) ** 2))])


@any_way
def test_a_thousand_examples_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tape_module, "BLOCK", 100)
    rng = np.random.default_rng(0)
    parameters = [Value(number) for number in rng.normal(size=3).tolist()]

    def loss(inputs: list[Value]) -> Any:
        terms = [gates.tanh(x * w) for x in inputs for w in parameters]
        return gates.summation(*terms) ** 2 + gates.logsumexp(*terms) + gates.maximum(*terms)

    X = rng.normal(size=(1000, 4))
    assert_runs_as_eager(tape_of(loss, X[0].tolist(), parameters), loss, X, parameters)


def test_its_numbers_are_its_arguments_alone() -> None:
    """Not what the Values hold, and nothing of an earlier call; the arguments stay as they are."""
    x, w = Value(1.0), Value(3.0)
    tape = Tape(trace([x * w], [x], [w]))
    numbers, X = np.array([5.0]), np.array([[2.0], [7.0]])
    for _ in range(2):
        losses, total = tape.loss_and_grad(numbers, X)
        assert (losses.tolist(), total.tolist()) == ([10.0, 35.0], [9.0])
    assert (numbers.tolist(), X.tolist()) == ([5.0], [[2.0], [7.0]])


def test_it_is_pickled_as_its_trace() -> None:
    x, w = Value(1.0), Value(3.0)
    tape = Tape(trace([gates.relu(x * w) + 2], [x], [w]))
    tape.loss_and_grad(np.array([3.0]), np.array([[1.0]]))
    again = pickle.loads(pickle.dumps(tape))
    assert again.outputs(np.array([3.0]), np.array([[4.0]])).tolist() == [[14.0]]


def test_it_prints_a_line_per_level() -> None:
    x, w = Value(1.0), Value(3.0)
    tape = Tape(trace([x * w + w * x + gates.tanh(x)], [x], [w]))
    assert str(tape).splitlines() == [
        "<tape of 5 gates in 4 groups, 3 levels>",
        "     1  mul 2, tanh 1",
        "     2  add 1",
        "     3  add 1",
    ]
    for _ in range(300):
        x = gates.sin(x)
    assert len(str(Tape(trace([x], [], [x])))) < 5000


# -- time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GRAPHS)
def test_a_deep_graph_is_ready_at_once_and_faster_than_eager(name: str) -> None:
    leaves: list[Value] = []

    def value(number: float) -> Value:
        leaves.append(Value(number))
        return leaves[-1]

    build = GRAPHS[name](100_000)
    with gc_paused():
        root = build(value)
        start = time.process_time()
        root.backward()
        eager = time.process_time() - start
        start = time.process_time()
        tape = Tape(trace([root], leaves[:1], leaves[1:]))
        numbers, X = np.array([leaf.data for leaf in leaves[1:]]), np.array([[leaves[0].data]])
        losses, by_parameters, by_inputs = tape.gradients(numbers, X)
        first = time.process_time() - start
        start = time.process_time()
        tape.gradients(numbers, X)
        again = time.process_time() - start
    assert losses.tolist() == [root.data]
    found = [*by_inputs[:, 0], *by_parameters[:, 0]]
    np.testing.assert_allclose(found, [leaf.grad for leaf in leaves], rtol=1e-12)
    assert first < 3, "with trace and table; measured 0.3"
    assert again < eager, "a backward pass alone; measured half of it"


def test_a_block_holds_no_more_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tape_module, "BLOCK", 200)
    x = Value(1.0)
    tape = Tape(trace([gates.tanh(x)], [x], []))
    assert tape._blocks(250) == [slice(0, 84), slice(84, 168), slice(168, 252)]
