"""The workloads: their data, who runs them, and how fast ours should be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from benchmarks.against import dag
from benchmarks.against.contestant import DAG_LEAVES, Array, Data
from nn import data as real

SEED = 0
POINTS = 1_000  # ADBench's


@dataclass(frozen=True)
class Workload:
    """Something that every peer computes.

    kind       what each peer's module knows it by
    peers      who runs it beside ours; the first is what the ratio is to
    at_most    our target: this many times the first peer's time
    times_micrograd  our target: micrograd's time is at least so many times ours
    faster_than      peers that ours should be faster than
    """

    title: str
    kind: str
    make: Callable[[], Data]
    peers: tuple[str, ...]
    at_most: float
    faster_than: tuple[str, ...] = field(default=())
    times_micrograd: float | None = None


def network(rng: np.random.Generator, *sizes: int) -> list[Array]:
    """Weights and biases, layer by layer, of a relu network with these sizes."""
    arrays = []
    for n, m in pairwise(sizes):
        arrays += [rng.normal(0, (2 / n) ** 0.5, (m, n)), rng.normal(0, 0.1, m)]
    return arrays


def moons(examples: int = 100) -> Data:
    """Micrograd's demonstration: two moons, 2-16-16-1, the whole set in one batch."""
    rng = np.random.default_rng(SEED)
    X, y = real.moons(examples, rng=rng)
    return Data(X[None], y[None], network(rng, 2, 16, 16, 1))


def digits(batches: int = 21, start: list[Array] | None = None) -> Data:
    """Digits in batches of 64; 1344 of the 1347 training examples make 21."""
    rng = np.random.default_rng(SEED)
    X, y, *_ = real.digits(rng=rng)
    n = 64 * batches
    return Data(X[:n].reshape(batches, 64, 64), y[:n].reshape(batches, 64), start or network(rng, 64, 32, 10))


def wide() -> Data:
    """A batch of 128 random examples for 784-128-10."""
    rng = np.random.default_rng(SEED)
    return Data(rng.normal(size=(1, 128, 784)), rng.integers(10, size=(1, 128)), network(rng, 784, 128, 10))


def convolution(channels: int = 8) -> Data:
    """One batch of digits: 3 x 3 filters, relu, then a layer that takes (row, column, channel) in order."""
    rng = np.random.default_rng(SEED)
    kernel = rng.normal(0, (2 / 9) ** 0.5, (channels, 3, 3))
    return digits(1, [kernel, rng.normal(0, 0.1, channels), *network(rng, 6 * 6 * channels, 10)])


def gmm(d: int, k: int, n: int = POINTS) -> Data:
    """Random points and a random mixture, spread so that the components overlap."""
    rng = np.random.default_rng(SEED)
    alpha, mu = rng.normal(size=k), rng.normal(size=(k, d))
    q, l = 0.3 * rng.normal(size=(k, d)), 0.3 * rng.normal(size=(k, d * (d - 1) // 2))  # noqa: E741
    return Data(rng.normal(size=(1, n, d)), np.empty((1, 0)), [alpha, mu, q, l])


def irregular(operations: int, examples: int = 64) -> Data:
    """A random graph with 32 inputs and 32 parameters."""
    rng = np.random.default_rng(SEED)
    X = rng.uniform(-1, 1, (1, examples, DAG_LEAVES))
    return Data(X, dag.operations(operations)[None], [rng.uniform(-1, 1, DAG_LEAVES)])


FRAMEWORKS = ("HIPS autograd", "torch", "torch.compile", "jax.jit", "tinygrad")

WORKLOADS = {
    "moons": Workload(
        "moons, a step", "moons", moons, ("numpy", *FRAMEWORKS, "eager", "micrograd"),
        1.2, ("HIPS autograd", "torch", "torch.compile"), 1_000,
    ),
    "digits": Workload(
        "digits 64-32-10, an epoch", "classes", digits, ("numpy", *FRAMEWORKS, "jax.lax.scan", "micrograd"),
        1.15, (), 1_000,
    ),
    "wide": Workload("784-128-10, a step", "classes", wide, ("numpy", *FRAMEWORKS), 1.1),
    "convolution": Workload(
        "convolution on digits, a step", "convolution", convolution, ("numpy", *FRAMEWORKS), 1.5
    ),
    "gmm small": Workload(
        "GMM gradient, d=2 k=5", "gmm", lambda: gmm(2, 5), ("numpy", "numpy, tuned", *FRAMEWORKS), 0.7
    ),
    "gmm large": Workload(
        "GMM gradient, d=10 k=25", "gmm", lambda: gmm(10, 25), ("numpy", "numpy, tuned", *FRAMEWORKS), 1.5
    ),
    "dag": Workload(
        "random graph of 1,000", "dag", lambda: irregular(1_000), ("eager", "HIPS autograd", "torch"), 1.0
    ),
    "large dag": Workload("random graph of 100,000", "dag", lambda: irregular(100_000), ("eager",), 1.0),
}  # fmt: skip
