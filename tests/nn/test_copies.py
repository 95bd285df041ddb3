"""Copies of models and optimisers, and models in other processes."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import Value, data_of, gate, relu, tanh
from nn import (
    MLP,
    SGD,
    Adam,
    AdamW,
    Convolution,
    Layer,
    Module,
    Neuron,
    Perceptron,
    Residual,
    Sequential,
    Swish,
    fit,
    log_softmax,
    selu,
    softmax,
    squared_error,
)
from nn.optim import Optimizer
from nn.training.backend import BackendName
from nn.training.history import History
from tests.nn.training.common import numbers, train

COPIES: dict[str, Callable[[Any], Any]] = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda held: pickle.loads(pickle.dumps(held)),
}
every_way = pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES.keys())

cube = gate(
    "cube",
    forward=lambda m, x: x * x * x,
    backward=lambda m, upstream, out, x: (upstream * 3 * x * x,),
)
ROOT = Path(__file__).resolve().parents[2]
RNG = np.random.default_rng(0)


class Tied(Module):
    """Two layers that share their weights, which an attribute holds a third time."""

    def __init__(self) -> None:
        self.first, self.second = Layer(2, 2, tanh, np.random.default_rng(1)), Layer(2, 2)
        for ours, theirs in zip(self.second.neurons, self.first.neurons, strict=True):
            ours.w = theirs.w
        self.table = {"again": self.first.neurons[0].w[1]}

    def __call__(self, x: Any) -> Any:
        return self.second(self.first(x))


MODELS: dict[str, Callable[[], Any]] = {
    "neuron": lambda: Neuron(2, relu, RNG),
    "perceptron": lambda: Perceptron.of([1.0, 0.0], bias=-0.25),
    "layer": lambda: Layer(2, 3, cube, RNG, connections=[[True, False], [True, True], [False, True]]),
    "mlp": lambda: MLP(2, [4, 1], RNG, activation=tanh),
    "sequential": lambda: Sequential(Layer(2, 3, Swish(), RNG), selu, Layer(3, 2, None, RNG), softmax),
    "residual": lambda: Sequential(Residual(Layer(2, 2, cube, RNG)), log_softmax),
    "tied": Tied,
}
every_model = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS.keys())


def output(model: Any) -> list[float]:
    return np.ravel(data_of(model([0.5, -2.0]))).tolist()


@every_way
@every_model
def test_a_copy_of_a_model_computes_the_same_with_parameters_of_its_own(
    copied: Callable[[Any], Any], make: Callable[[], Any]
) -> None:
    model = make()
    before = output(model)
    twin = copied(model)
    assert output(twin) == before
    assert repr(twin) == repr(model)
    ours, theirs = model.named_parameters(), twin.named_parameters()
    assert [(name, each.label, each.data) for name, each in theirs] == [
        (name, each.label, each.data) for name, each in ours
    ]
    assert not {each for _, each in ours} & {each for _, each in theirs}
    for _, each in theirs:
        each.data += 1.0
    assert output(model) == before != output(twin)


@every_way
def test_tied_weights_stay_tied(copied: Callable[[Any], Any]) -> None:
    model = Tied()
    twin = copied(model)
    assert len(twin.parameters()) == len(model.parameters()) == 8
    assert twin.table["again"] is twin.second.neurons[0].w[1] is twin.first.neurons[0].w[1]


@every_way
def test_a_convolution(copied: Callable[[Any], Any]) -> None:
    model, image = Convolution(1, 2, 2, rng=RNG), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    twin = copied(model)
    np.testing.assert_array_equal(data_of(twin(image)), data_of(model(image)))
    assert type(twin.weight) is type(model.weight)
    twin.weight[0, 0, 0, 0].data = 100.0
    assert model.weight[0, 0, 0, 0].data != 100.0


@every_way
def test_a_model_with_its_loss_and_its_optimiser_stays_together(copied: Callable[[Any], Any]) -> None:
    model = MLP(2, [3, 1], np.random.default_rng(0), activation=tanh)
    optimizer = Adam(model.parameters(), lr=0.1)
    loss: Any = squared_error(model([1.0, 2.0]), 0.5)
    twin_model, twin_loss, twin_optimizer = copied((model, loss, optimizer))
    before = numbers(model)
    twin_loss.backward()
    assert all(parameter.grad for parameter in twin_model.parameters()[-4:])
    assert not any(parameter.grad for parameter in model.parameters())
    twin_optimizer.step()
    assert numbers(model) == before
    loss.backward()
    optimizer.step()
    assert numbers(twin_model) == numbers(model) != before


OPTIMIZERS: dict[str, Callable[[list[Value]], Optimizer]] = {
    "SGD": lambda w: SGD(w, lr=0.1),
    "momentum": lambda w: SGD(w, lr=0.1, momentum=0.9, nesterov=True),
    "Adam": lambda w: Adam(w, lr=0.1),
    "AdamW": lambda w: AdamW(w, lr=0.1),
}


def numbers_of(optimizer: Optimizer) -> list[float]:
    return [parameter.data for parameter in optimizer.parameters]


@every_way
@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_an_optimiser_goes_on_from_its_state(
    copied: Callable[[Any], Any], make: Callable[[list[Value]], Optimizer]
) -> None:
    w = [Value(1.0), Value(-2.0)]
    optimizer = make(w)
    gradients = np.array([0.5, 2.0])
    optimizer.apply(gradients)
    twin = copied(optimizer)
    twin.apply(gradients)
    twin.lr = 5.0
    assert [each.data for each in w] == numbers_of(optimizer) != numbers_of(twin)
    optimizer.apply(gradients)
    assert numbers_of(optimizer) == numbers_of(twin)
    assert optimizer.lr == 0.1


@every_way
def test_a_copy_trains_on_alone(copied: Callable[[Any], Any]) -> None:
    model = MLP(2, [3, 1], np.random.default_rng(0), activation=tanh)
    optimizer = Adam(model.parameters(), lr=0.05)
    history = train(model, optimizer=optimizer)
    before = numbers(model)
    twin, its_optimizer, its_history = copied((model, optimizer, history))
    assert its_history == history
    assert isinstance(its_history, History)
    train(twin, optimizer=its_optimizer)
    assert numbers(model) == before != numbers(twin)
    train(model, optimizer=optimizer)
    assert numbers(model) == numbers(twin)


def test_a_model_with_a_lambda_is_deepcopied_but_not_pickled() -> None:
    model = Sequential(Layer(2, 1), lambda x: x * 2)
    assert output(copy.deepcopy(model)) == output(model)
    with pytest.raises((AttributeError, pickle.PicklingError), match="lambda"):
        pickle.dumps(model)


# -- in other processes -------------------------------------------------------------------------


def test_pools_of_processes_call_and_train_a_model() -> None:
    """In a script: a process that runs JAX must not fork, and here other tests may have started it."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.nn.pools"], cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    assert (done.stdout.splitlines(), done.stderr) == (["fork agrees", "spawn agrees"], "")


def test_joblib_calls_a_model_in_other_processes() -> None:
    joblib = pytest.importorskip("joblib", reason="joblib is not installed")
    model = MLP(2, [3, 1], np.random.default_rng(0), activation=tanh)
    inputs = [[1.0, 2.0], [0.5, -1.0], [-3.0, 0.0]]
    outputs = joblib.Parallel(n_jobs=2)(joblib.delayed(model)(x) for x in inputs)
    assert [each.data for each in outputs] == [model(x).data for x in inputs]


def test_threads_that_train_copies_disturb_nobody() -> None:
    X, y = np.random.default_rng(1).normal(size=(8, 2)), np.zeros(8)

    def trained(model: MLP, backend: BackendName) -> list[float]:
        optimizer = Adam(model.parameters(), lr=0.01)
        for _ in range(3):
            fit(
                model, X, y, loss=squared_error, optimizer=optimizer, epochs=2, batch_size=4,
                rng=np.random.default_rng(0), progress=False, backend=backend,
            )  # fmt: skip
        return [parameter.data for parameter in model.parameters()]

    model = MLP(2, [3, 1], np.random.default_rng(0))
    ways: list[BackendName] = ["eager", "numpy", "eager", "numpy"]
    alone = [trained(copy.deepcopy(model), backend) for backend in ways]
    copies = [copy.deepcopy(model) for _ in ways]
    with ThreadPoolExecutor(len(ways)) as pool:
        assert list(pool.map(trained, copies, ways)) == alone
