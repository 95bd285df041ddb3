"""Every function and module of nn, compiled at one example and run at extreme others, is eager's."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from math import inf, nan
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value, summation
from nn import losses
from nn.activations import __all__ as ACTIVATIONS
from tests.compiler.agreement import assert_agrees

EXTREME = [0.0, 1.0, -1.5, 40.0, -40.0, 800.0, -800.0, 1e-300, -1e-300, 1e300, -1e300, inf, -inf, nan]
FEWER = [0.0, 1.0, -40.0, 800.0, 1e300, -inf, inf, nan]

OF_VECTORS = ("softmax", "log_softmax")
every_element = {name: getattr(nn, name) for name in ACTIVATIONS if name not in OF_VECTORS}
every_element["Swish"] = nn.Swish(1.5)


def moved(x: list[Value], p: list[Value]) -> list[Value]:
    """The inputs, each plus a parameter of 0 that so has the input's gradient."""
    return [a + b for a, b in zip(x, p, strict=True)]


def zeros(count: int) -> list[Value]:
    return [Value(0.0, label=f"p{i}") for i in range(count)]


@pytest.mark.parametrize("function", every_element.values(), ids=every_element)
def test_activations(function: Callable[[Any], Any]) -> None:
    p = zeros(1)
    own: list[Value] = function.parameters() if isinstance(function, nn.Module) else []
    assert_agrees(lambda x: function(moved(x, p)[0]), [[0.3], *[[x] for x in EXTREME]], [*p, *own])


@pytest.mark.parametrize("function", [nn.softmax, nn.log_softmax])
@pytest.mark.parametrize("place", [0, 2])
def test_softmax(function: Callable[[Any], Any], place: int) -> None:
    p = zeros(3)
    X = [[0.3, 0.2, 0.1], *product(FEWER, repeat=3)]
    assert_agrees(lambda x: function(moved(x, p))[place], X, p)


Loss = Callable[[list[Value], list[Value]], Value]  # of logits and a target
LOSSES: dict[str, tuple[int, list[list[float]], Loss]] = {  # how many logits, and targets
    "squared_error": (2, [[0.0, 1e300]], losses.squared_error),
    "half_squared_error": (2, [[0.0, 1.0]], losses.half_squared_error),
    "mean_squared_error": (2, [[0.0, 1.0]], losses.mean_squared_error),
    "binary_cross_entropy_with_logits": (1, [[0.0], [1.0], [0.3]], losses.binary_cross_entropy_with_logits),
    "cross_entropy": (3, [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.5, 0.5, 0.0]], losses.cross_entropy),
    "hinge": (1, [[1.0], [-1.0]], losses.hinge),
    "l2_penalty": (2, [[0.0]], lambda z, t: losses.l2_penalty(z, 0.5) + t[0]),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name: str) -> None:
    count, targets, loss = LOSSES[name]
    p = zeros(count)
    X = [[*z, *t] for z in product(FEWER, repeat=count) for t in targets]
    X.insert(0, [*[0.3, 0.2, 0.1][:count], *targets[-1]])
    assert_agrees(lambda x: loss(moved(x[:count], p), x[count:]), X, p)


def test_every_loss_is_tried() -> None:
    module = losses.__name__
    functions = {name for name, each in vars(losses).items() if getattr(each, "__module__", "") == module}
    public = {name for name in functions if not name.startswith("_")}
    assert public - LOSSES.keys() == {"batch_mean"}  # of others


class Logits(nn.Module):
    """Its inputs, each plus a bias."""

    def __init__(self, count: int) -> None:
        self.b = zeros(count)

    def __call__(self, x: list[Value]) -> list[Value]:
        return moved(x, self.b)


def test_cross_entropy_of_a_class_as_fit_compiles_it() -> None:
    model = Logits(3)
    compiled = model.compile(nn.cross_entropy, [0.3, 0.2, 0.1], 1)
    for z in product(FEWER, repeat=3):
        model.zero_grad()
        eager = nn.cross_entropy(model([Value(number) for number in z]), 2)
        eager.backward()
        loss, gradient = compiled([z], [2])
        np.testing.assert_allclose(loss, eager.data, rtol=1e-12, err_msg=str(z))
        np.testing.assert_allclose(gradient, [b.grad for b in model.b], rtol=1e-12, err_msg=str(z))


MODULES: dict[str, tuple[int, Callable[..., Any]]] = {
    **{
        f"Layer, {name}": (2, partial(nn.Layer, 2, 2, activation))
        for name, activation in every_element.items()
    },
    "MLP": (2, lambda *, rng: nn.MLP(2, [3, 2], rng=rng)),
    "Perceptron": (2, lambda *, rng: nn.Perceptron(2, rng)),
    "Residual": (2, lambda *, rng: nn.Residual(nn.Layer(2, 2, nn.tanh, rng=rng))),
    "Convolution": (
        4,
        lambda *, rng: nn.Sequential(
            lambda x: np.reshape(x, (1, 2, 2)), nn.Convolution(1, 1, 2, rng=rng), np.ravel
        ),
    ),
    "MLP, softmax": (2, lambda *, rng: nn.Sequential(nn.MLP(2, [3, 2], rng=rng), nn.softmax)),
}


@pytest.mark.parametrize("name", MODULES)
def test_modules(name: str) -> None:
    count, make = MODULES[name]
    model = make(rng=np.random.default_rng(0))

    def loss(x: list[Value]) -> Value:
        out = model(x)
        return summation(*np.ravel(np.array(out, dtype=object)))  # type: ignore[no-any-return]

    numbers = FEWER if count < 4 else FEWER[::3]
    X = [[0.3, 0.2, 0.1, 0.0][:count], *product(numbers, repeat=count)]
    assert_agrees(loss, X, model.parameters())


@pytest.mark.parametrize("name", [*every_element, "softmax", "log_softmax", *LOSSES])
def test_no_forward_pass_reads_data(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Python reads while it builds the graph is not in the graph."""

    def read(self: Value) -> float:
        raise AssertionError("a forward pass read .data")

    x = [Value(0.3), Value(0.7)]
    t = [Value(1.0), Value(0.0)]
    monkeypatch.setattr(Value, "data", property(read))
    if name in LOSSES:
        count = min(LOSSES[name][0], 2)
        LOSSES[name][2](x[:count], t[:count])
    else:
        (every_element | {"softmax": nn.softmax, "log_softmax": nn.log_softmax})[name](x)
