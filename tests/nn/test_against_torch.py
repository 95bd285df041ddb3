"""Losses, gradients and fifty steps of every optimiser, against PyTorch in float64.

Ten random architectures, some that use a weight matrix twice, some with a residual block. One
function computes them, on arrays of Values and on tensors alike.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value, grad_of
from nn import MLP, losses, optim
from nn.training import schedules
from nn.vector import vector_of

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

functional: Any = torch.nn.functional

EXAMPLES = 3
STEPS = 50

#: Our loss, PyTorch's loss of one example, and how its targets are drawn for n outputs.
LOSSES: dict[str, tuple[losses.Loss, Callable[..., Any], Callable[..., Any]]] = {
    "squared_error": (
        losses.squared_error,
        lambda y, t: functional.mse_loss(y, t, reduction="sum"),
        lambda rng, n: rng.normal(size=n),
    ),
    "half_squared_error": (
        losses.half_squared_error,
        lambda y, t: functional.mse_loss(y, t, reduction="sum") / 2,
        lambda rng, n: rng.normal(size=n),
    ),
    "mean_squared_error": (
        losses.mean_squared_error,
        functional.mse_loss,
        lambda rng, n: rng.normal(size=n),
    ),
    "binary_cross_entropy": (
        losses.binary_cross_entropy_with_logits,
        functional.binary_cross_entropy_with_logits,
        lambda rng, n: rng.uniform(size=n),
    ),
    "cross_entropy of a class": (
        losses.cross_entropy,
        functional.cross_entropy,
        lambda rng, n: rng.integers(n),
    ),
    "cross_entropy of probabilities": (
        losses.cross_entropy,
        functional.cross_entropy,
        lambda rng, n: rng.dirichlet(np.ones(n)),
    ),
    "hinge": (
        losses.hinge,
        lambda y, t: torch.relu(1 - t * y).sum(),
        lambda rng, n: rng.choice([-1.0, 1.0], size=n),
    ),
}
ONE_OUTPUT = {"binary_cross_entropy", "hinge"}

OPTIMIZERS: dict[str, tuple[Callable[..., optim.Optimizer], Callable[..., Any]]] = {
    "SGD": (lambda p: optim.SGD(p, lr=0.05), lambda p: torch.optim.SGD(p, lr=0.05)),
    "momentum": (
        lambda p: optim.SGD(p, lr=0.02, momentum=0.9, weight_decay=0.01),
        lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, weight_decay=0.01),
    ),
    "Nesterov": (
        lambda p: optim.SGD(p, lr=0.02, momentum=0.8, nesterov=True, weight_decay=0.03),
        lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.8, nesterov=True, weight_decay=0.03),
    ),
    "Adam": (
        lambda p: optim.Adam(p, lr=0.03, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.02),
        lambda p: torch.optim.Adam(p, lr=0.03, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.02),
    ),
    "Adam by default": (optim.Adam, torch.optim.Adam),
    "AdamW by default": (optim.AdamW, torch.optim.AdamW),
}


def forward(weights: list[Any], biases: list[Any], x: Any, activation: Callable[..., Any], form: str) -> Any:
    """A network of layers activation(W @ x + b), the last one linear; the second one is square."""
    h = activation(weights[0] @ x + biases[0])
    for W, b in zip(weights[1:-1], biases[1:-1], strict=True):
        inner = activation(W @ h + b)
        h = {"plain": inner, "shared": activation(W @ inner + b), "residual": h + inner}[form]
    return weights[-1] @ h + biases[-1]


class Twins:
    """A random network of ours and its twin in PyTorch, with random examples and targets."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.form = ["plain", "shared", "residual"][seed % 3]
        name = list(LOSSES)[seed % len(LOSSES)]
        self.loss, self.torch_loss, draw = LOSSES[name]
        activation = ["tanh", "sigmoid", "relu"][seed // 3 % 3]
        self.activation: Callable[..., Any] = getattr(autograd, activation)
        self.torch_activation: Callable[..., Any] = getattr(torch, activation)
        n_inputs, width, n_outputs = (int(n) for n in rng.integers(2, 5, size=3))
        sizes = [n_inputs, *[width] * rng.integers(2, 4), 1 if name in ONE_OUTPUT else n_outputs]
        weights = [rng.normal(0, 0.7, (n_out, n_in)) for n_in, n_out in pairwise(sizes)]
        biases = [rng.normal(0, 0.3, n_out) for n_out in sizes[1:]]
        self.weights = [autograd.array(each) for each in weights]
        self.biases = [autograd.array(each) for each in biases]
        self.torch_weights = [torch.tensor(each, requires_grad=True) for each in weights]
        self.torch_biases = [torch.tensor(each, requires_grad=True) for each in biases]
        self.X = rng.normal(size=(EXAMPLES, n_inputs))
        self.y = [draw(rng, sizes[-1]) for _ in range(EXAMPLES)]

    def __call__(self, x: Any) -> Any:
        return forward(self.weights, self.biases, x, self.activation, self.form)

    def mean_loss(self) -> Value:
        return losses.batch_mean(self.loss, [self(x) for x in self.X], self.y)

    def torch_mean_loss(self) -> Any:
        total = 0.0
        for x, t in zip(self.X, self.y, strict=True):
            y = forward(
                self.torch_weights, self.torch_biases, torch.tensor(x), self.torch_activation, self.form
            )
            total += self.torch_loss(y, torch.tensor(t))
        return total / EXAMPLES

    def parameters(self) -> list[Value]:
        return [
            each
            for pair in zip(self.weights, self.biases, strict=True)
            for part in pair
            for each in part.flat
        ]

    @property
    def torch_parameters(self) -> list[Any]:
        return [part for pair in zip(self.torch_weights, self.torch_biases, strict=True) for part in pair]


def flat(tensors: list[Any]) -> Any:
    return np.concatenate([tensor.detach().numpy().ravel() for tensor in tensors])


@pytest.mark.parametrize("seed", range(10))
def test_losses_and_gradients(seed: int) -> None:
    twins = Twins(seed)
    loss, torch_loss = twins.mean_loss(), twins.torch_mean_loss()
    loss.backward()
    torch_loss.backward()
    assert loss.data == pytest.approx(torch_loss.item(), rel=1e-10)
    gradients = flat([tensor.grad for tensor in twins.torch_parameters])
    assert np.abs(gradients).max() > 1e-3, "nothing to compare"
    np.testing.assert_allclose(grad_of(twins.parameters()), gradients, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_fifty_steps(name: str, seed: int) -> None:
    twins = Twins(seed)
    ours, theirs = OPTIMIZERS[name]
    optimizer, torch_optimizer = ours(twins.parameters()), theirs(twins.torch_parameters)
    start = vector_of(optimizer.parameters)
    for _ in range(STEPS):
        optimizer.zero_grad()
        twins.mean_loss().backward()
        optimizer.step()
        torch_optimizer.zero_grad()
        twins.torch_mean_loss().backward()
        torch_optimizer.step()
        found = vector_of(optimizer.parameters)
        np.testing.assert_allclose(found, flat(twins.torch_parameters), rtol=1e-10, atol=1e-10)
    assert np.abs(found - start).max() > 1e-4, "nothing moved"


def test_an_mlp() -> None:
    model, rng = MLP(3, [4, 4, 2], np.random.default_rng(1)), np.random.default_rng(2)
    x, t = rng.normal(size=3), rng.normal(size=2)
    loss = losses.mean_squared_error(model(x), t)
    loss.backward()
    h, tensors = torch.tensor(x), []
    for layer in model.layers:
        W, b = (torch.tensor(layer.state_dict()[name]) for name in ("weight", "bias"))
        tensors += [W.requires_grad_(), b.requires_grad_()]
        h = W @ h + b
        h = h if layer is model.layers[-1] else torch.relu(h)
    functional.mse_loss(h, torch.tensor(t)).backward()
    gradients = flat([tensor.grad for tensor in tensors])
    np.testing.assert_allclose(grad_of(model.parameters()), gradients, rtol=1e-10, atol=1e-10)


SCHEDULES: dict[str, tuple[schedules.Schedule, Callable[..., Any]]] = {
    "step_decay": (
        schedules.step_decay(3, 0.5),
        lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, 3, 0.5),
    ),
    "cosine": (
        schedules.cosine(10),
        lambda optimizer: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10),
    ),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules(name: str) -> None:
    ours, theirs = SCHEDULES[name]
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=2.0)
    scheduler = theirs(optimizer)
    for epoch in range(11):
        assert 2.0 * ours(epoch) == pytest.approx(scheduler.get_last_lr()[0], rel=1e-12, abs=1e-15)
        optimizer.step()
        scheduler.step()
