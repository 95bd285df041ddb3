"""What a compiled program and NumPy by hand both compute: the same numbers, in two forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import autograd
from autograd import gc_paused
from benchmarks import by_hand, networks
from benchmarks.against import workloads
from benchmarks.against.contestant import Array, flat
from benchmarks.against.peers import in_numpy
from benchmarks.networks import Network

VOCABULARY = 27
SAME = 1e-8  # relative: losses, and gradients to the largest entry
SEED = 0


class Batch(NamedTuple):
    """Arrays with the examples first: as ours takes them, and as NumPy by hand does."""

    ours: list[Array]
    by_hand: list[Array]


@dataclass(frozen=True)
class Workload:
    """A network, its numbers, and the same by hand.

    start     the parameters at the start, in the order of the flat gradient
    network   from them and one example's arrays to its graph
    by_hand   (parameters, where their gradients go, the batch's arrays) -> the mean loss
    batch     so many examples
    sizes     of the batches that are timed, and at most how many times the time by hand ours should take
    threads   that the matrix products may use: it is timed with each
    """

    title: str
    start: list[Array]
    network: Callable[[Sequence[Array], Sequence[Array]], Network]
    by_hand: Callable[..., float]
    batch: Callable[[int], Batch]
    sizes: Mapping[int, float | None]
    threads: tuple[int, ...] = field(default=(1,))

    def graph(self) -> Network:
        """The graph of the first example."""
        with gc_paused():
            return self.network(self.start, [each[0] for each in self.batch(1).ours])


Call = Callable[[], tuple[float, Array]]  # the mean loss and the gradient, flat


def compiled(network: Network) -> Any:
    return autograd.compile(network.loss, inputs=network.inputs, parameters=network.parameters)


def both(workload: Workload, program: Any, examples: int) -> dict[str, Call]:
    """Ours and NumPy by hand on the same examples; all that comes before a call is done.

    Raises AssertionError unless the two agree.
    """
    batch = workload.batch(examples)
    parameters = flat(workload.start)
    gradient = np.empty_like(parameters)
    w, g = in_numpy.views(parameters, workload.start), in_numpy.views(gradient, workload.start)

    def numpy() -> tuple[float, Array]:
        return workload.by_hand(w, g, *batch.by_hand), gradient

    calls: dict[str, Call] = {"ours": lambda: program.loss_and_grad(*batch.ours), "numpy": numpy}
    check_agreement(f"{workload.title}, {examples} example(s)", calls["ours"](), numpy())
    return calls


def check_agreement(what: str, ours: tuple[float, Any], other: tuple[float, Any]) -> None:
    """Raise AssertionError unless loss and flat gradient are the same, up to rounding."""
    for name, *pair in zip(("loss", "gradient"), ours, other, strict=True):
        found, wanted = map(np.asarray, pair)
        # not (<=), so that a nan is a difference
        if found.shape != wanted.shape or not np.abs(found - wanted).max() <= SAME * np.abs(wanted).max():
            raise AssertionError(f"{what}: the {name} is {found}, by the other {wanted}")


def normal(*shapes: tuple[int, ...], scale: float = 0.3, seed: int = SEED) -> list[Array]:
    rng = np.random.default_rng(seed)
    return [rng.normal(0, scale, shape) for shape in shapes]


def real(*shapes: tuple[int, ...]) -> Callable[[int], Batch]:
    """Random numbers, in the same form for both."""

    def batch(examples: int) -> Batch:
        arrays = normal(*[(examples, *shape) for shape in shapes], scale=1.0, seed=1)
        return Batch(arrays, arrays)

    return batch


def gpt(length: int, width: int = 16, sizes: Mapping[int, float | None] | None = None) -> Workload:
    """Texts of a quarter to all of the length; what is missing is padded with 0, and counts nothing."""
    shapes = [(VOCABULARY, width), (length, width), (VOCABULARY, width)]
    shapes += [(3 * width, width), (width, width), (4 * width, width), (width, 4 * width)]

    def batch(documents: int) -> Batch:
        rng = np.random.default_rng(1)
        lengths = rng.integers(max(1, length // 4), length + 1, (documents, 1))
        is_text = np.arange(length) < lengths
        tokens, targets = is_text * rng.integers(VOCABULARY, size=(2, documents, length))
        counts, onehot = is_text / lengths, np.eye(VOCABULARY)
        return Batch([onehot[tokens], onehot[targets], counts], [tokens, targets, counts])

    start = normal(*shapes, scale=0.08)
    title = f"GPT, {length} positions"
    return Workload(title, start, networks.gpt, by_hand.gpt, batch, sizes or {1: 1.3, 32: 1.3, 256: 1.3})


def rnn(steps: int = 8, n: int = 6, hidden: int = 16) -> Workload:
    start = normal((hidden, n), (hidden, hidden), (hidden,), (n, hidden), (n,))
    batch = real((steps, n), (steps, n))
    return Workload(f"RNN, {steps} steps", start, networks.rnn, by_hand.rnn, batch, {1: 1.4, 32: 1.4})


def lstm(steps: int = 8, n: int = 6, hidden: int = 8) -> Workload:
    start = normal((4 * hidden, n + hidden), (4 * hidden,))
    batch = real((steps, n), (hidden,), (hidden,), (hidden,))
    return Workload(f"LSTM, {steps} steps", start, networks.lstm, by_hand.lstm, batch, {1: None, 32: None})


def makemore(width: int = 10, hidden: int = 100) -> Workload:
    start = normal((VOCABULARY, width), (hidden, 3 * width), (hidden,), (VOCABULARY, hidden), (VOCABULARY,))

    def batch(examples: int) -> Batch:
        rng, onehot = np.random.default_rng(1), np.eye(VOCABULARY)
        X, y = rng.integers(VOCABULARY, size=(examples, 3)), rng.integers(VOCABULARY, size=examples)
        return Batch([onehot[X], onehot[y]], [X, y])

    sizes = {1: 1.05, 32: 1.05, 1024: 1.05}
    return Workload("makemore's MLP", start, networks.makemore, by_hand.makemore, batch, sizes)


def moons(hidden: int = 16) -> Workload:
    start = workloads.network(np.random.default_rng(SEED), 2, hidden, hidden, 1)

    def batch(examples: int) -> Batch:
        data = workloads.moons(max(examples, 2))
        arrays = [data.X[0, :examples], data.y[0, :examples]]
        return Batch(arrays, arrays)

    return Workload(f"moons, 2-{hidden}-{hidden}-1", start, networks.moons, in_numpy.moons, batch, {100: 1.0})


def of_classes(*layers: int, at_most: float, threads: tuple[int, ...] = (1,)) -> Workload:
    """A relu network with cross-entropy on random numbers, which take as long as any others."""
    start = workloads.network(np.random.default_rng(SEED), *layers)

    def batch(examples: int) -> Batch:
        rng = np.random.default_rng(1)
        X, y = rng.normal(size=(examples, layers[0])), rng.integers(layers[-1], size=examples)
        return Batch([X, np.eye(layers[-1])[y]], [X, y])

    title = "-".join(map(str, layers))
    return Workload(title, start, networks.classes, in_numpy.classes, batch, {64: at_most}, threads)


def convolution(channels: int = 8) -> Workload:
    start = workloads.convolution(channels).start

    def batch(examples: int) -> Batch:
        data = workloads.digits(1)
        X, y = data.X[0, :examples], data.y[0, :examples]
        return Batch([X.reshape(-1, 8, 8), np.eye(10)[y]], [X, y])

    title = "convolution on digits"
    return Workload(title, start, networks.convolution, in_numpy.convolution, batch, {64: 0.75})


def gmm(d: int, k: int, at_most: float, points: int = 1_000) -> Workload:
    start = [*normal((k,), (k, d), scale=1.0), *normal((k, d))]
    title = f"GMM, d={d} k={k}"
    return Workload(title, start, networks.gmm, by_hand.gmm, real((d,)), {points: at_most})


def adbench(d: int, k: int, at_most: float, points: int = 1_000) -> Workload:
    """Its prior counts once for all points, so the number of these is a part of the network."""
    start = workloads.gmm(d, k, 1).start
    network = partial(networks.adbench, points=points)

    def batch(examples: int) -> Batch:
        return Batch(X := real((d,))(examples).ours, [*X, np.empty(0)])

    return Workload(f"ADBench's GMM, d={d} k={k}", start, network, in_numpy.gmm, batch, {points: at_most})


def batchnorm(examples: int = 32, n: int = 30, hidden: int = 100) -> Workload:
    """The batch is one graph, so that there is one example."""
    start = normal((hidden, n), (hidden,), (hidden,), (hidden,))
    title = f"batch normalisation, {examples} x {n}-{hidden}"
    batch = real((examples, n), (examples,))
    return Workload(title, start, networks.batchnorm, by_hand.batchnorm, batch, {1: None})


def layernorm(n: int = 16, hidden: int = 16) -> Workload:
    start = normal((hidden, n), (hidden,), (hidden,), (hidden,))
    title = f"layer normalisation, {n}-{hidden}"
    batch = real((n,), ())
    return Workload(title, start, networks.layernorm, by_hand.layernorm, batch, {1: None, 32: None})


#: The targets are those of the compiler's issue; those without one have none.
WORKLOADS: dict[str, Callable[[], Workload]] = {
    "gpt": partial(gpt, 16),
    "long gpt": partial(gpt, 64, sizes={1: 1.3, 32: 1.3}),
    "rnn": rnn,
    "lstm": lstm,
    "makemore": makemore,
    "moons": moons,
    "digits": partial(of_classes, 64, 32, 10, at_most=1.1),
    "wide": partial(of_classes, 784, 128, 10, at_most=1.05, threads=(1, 2)),
    "convolution": convolution,
    "gmm small": partial(gmm, 2, 5, 0.65),
    "gmm large": partial(gmm, 10, 25, 1.1),
    "adbench small": partial(adbench, 2, 5, 0.65),
    "adbench large": partial(adbench, 10, 25, 1.1),
    "batchnorm": batchnorm,
    "layernorm": layernorm,
}
