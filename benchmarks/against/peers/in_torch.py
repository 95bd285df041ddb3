"""PyTorch, float64: eagerly, or in mode "compile" with the loss, forward and backward, compiled."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional as F

from benchmarks.against import dag
from benchmarks.against.contestant import (
    L2,
    LEARNING_RATES,
    Array,
    Contestant,
    Data,
    flat,
    gmm_constant,
    lower_places,
)

Loss = Callable[[list[torch.Tensor], torch.Tensor, torch.Tensor], torch.Tensor]


def contestant(kind: str, data: Data, mode: str) -> Contestant:
    if "OMP_NUM_THREADS" in os.environ:
        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    loss_of: Any = irregular(data.y[0].tolist()) if kind == "dag" else LOSSES[kind]
    if mode == "compile":
        loss_of = torch.compile(loss_of)
    parameters = [torch.tensor(array, dtype=torch.float64, requires_grad=True) for array in data.start]
    batches = [(torch.tensor(X), torch.tensor(y)) for X, y in data.batches()]
    learning_rate = LEARNING_RATES.get(kind)

    def step() -> float:
        losses = []
        for X, y in batches:
            loss = loss_of(parameters, X, y)
            gradients = torch.autograd.grad(loss, parameters)
            if learning_rate is not None:
                with torch.no_grad():
                    for parameter, gradient in zip(parameters, gradients, strict=True):
                        parameter.sub_(gradient, alpha=learning_rate)
            losses.append(loss.detach())
        return float(losses[0] if len(losses) == 1 else torch.stack(losses).mean())

    def loss_and_grad() -> tuple[float, Array]:
        loss = loss_of(parameters, *batches[0])
        return float(loss.detach()), flat(torch.autograd.grad(loss, parameters))

    return Contestant(loss_and_grad, step)


def network(w: list[torch.Tensor], h: torch.Tensor) -> torch.Tensor:
    for W, b in zip(w[:-2:2], w[1:-2:2], strict=True):
        h = F.relu(F.linear(h, W, b))
    return F.linear(h, w[-2], w[-1])


def moons(w: list[torch.Tensor], X: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    hinge = F.relu(1 - y * network(w, X)[:, 0]).mean()
    penalty: Any = sum((p * p).sum() for p in w)
    total: torch.Tensor = hinge + L2 * penalty
    return total


def classes(w: list[torch.Tensor], X: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(network(w, X), y)


def convolution(w: list[torch.Tensor], X: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    kernel, bias, W, b = w
    h = F.relu(F.conv2d(X.view(-1, 1, 8, 8), kernel[:, None], bias))
    return F.cross_entropy(F.linear(h.permute(0, 2, 3, 1).flatten(1), W, b), y)


def gmm(w: list[torch.Tensor], X: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    alpha, mu, q, l = w  # noqa: E741
    (n, d), k = X.shape, len(alpha)
    rows, columns = map(torch.tensor, lower_places(d))
    diagonal = q.exp()
    Q = torch.diag_embed(diagonal).index_put((torch.arange(k)[:, None], rows, columns), l)
    u = X @ Q.reshape(k * d, d).T - (Q @ mu[:, :, None]).ravel()
    exponents = alpha + q.sum(1) - 0.5 * (u * u).view(n, k, d).sum(2)
    points = torch.logsumexp(exponents, 1).mean() - torch.logsumexp(alpha, 0)
    wishart = 0.5 * ((diagonal * diagonal).sum() + (l * l).sum()) / n
    return points + wishart + gmm_constant(n, d, k)


def irregular(rows: list[list[int]]) -> Loss:
    def loss(w: list[torch.Tensor], X: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = dag.run(torch, rows, [*X.unbind(1), *w[0].unbind()])
        return out.mean()

    return loss


LOSSES: dict[str, Loss] = {"moons": moons, "classes": classes, "convolution": convolution, "gmm": gmm}
