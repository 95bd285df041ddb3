"""What a workload is made of, and what a peer makes of it: all that every process knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import lgamma, log, pi
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

#: The workloads that train take a step of gradient descent after each batch; the others only
#: compute a loss and its gradient.
LEARNING_RATES = {"moons": 0.1, "classes": 0.01, "convolution": 0.01}
L2 = 1e-4  # moons: times the sum of all squared parameters, added to the mean hinge loss
LOSSES = 3  # how many steps' losses are compared before anything is timed
DAG_LEAVES = 32  # of each kind: inputs, and parameters


class Data(NamedTuple):
    """A workload's numbers, the same for every peer.

    X      examples in batches: (batches, examples, inputs)
    y      their targets (batches, examples): a label of -1 or 1, or a class; an irregular graph's
           operations instead, a row each (see ``dag``)
    start  the parameters at the start, in the order in which gradients are compared
    """

    X: Array
    y: Array
    start: list[Array]

    def save(self, path: Path) -> None:
        np.savez(path, self.X, self.y, *self.start)

    @classmethod
    def load(cls, path: Path) -> Data:
        with np.load(path) as file:
            X, y, *start = [file[f"arr_{i}"] for i in range(len(file.files))]
        return cls(X, y, start)

    def batches(self) -> Iterator[tuple[Array, Array]]:
        return zip(self.X, self.y, strict=True)


@dataclass(frozen=True)
class Contestant:
    """A workload, ready to run on a peer.

    loss_and_grad  the loss of the first batch at the start, and its gradient, flat, in start's order
    step           what is timed: every batch in turn, with its update where the workload trains; gives
                   the mean of the batches' losses
    share          how much of that step does, where it does less because the peer is slow
    """

    loss_and_grad: Callable[[], tuple[float, Array]]
    step: Callable[[], float]
    share: float = 1.0


def flat(arrays: Any) -> Array:
    """Arrays of any shapes, end to end in one float64 vector."""
    return np.concatenate([np.asarray(array, dtype=np.float64).ravel() for array in arrays])


def lower_places(d: int) -> tuple[Array, Array]:
    """Rows and columns of a d x d matrix's entries below the diagonal, column by column."""
    columns, rows = np.triu_indices(d, 1)
    return rows, columns


def gmm_constant(n: int, d: int, k: int) -> float:
    """What no parameter changes in the mean over n points of ADBench's GMM objective (gamma = 1, m = 0).

    That objective, from github.com/microsoft/ADBench (MIT), with means mu, Q a lower triangle whose
    diagonal is exp(q) and whose entries below it are l:

        sum over points x of logsumexp_k(alpha_k + sum(q_k) - |Q_k (x - mu_k)|^2 / 2)
        - n logsumexp(alpha) + sum_k |exp(q_k)|^2 / 2 + |l_k|^2 / 2 + its constants
    """
    log_gamma = 0.25 * d * (d - 1) * log(pi) + sum(lgamma(0.5 * (d + 1) - 0.5 * j) for j in range(d))
    wishart = k * ((d + 1) * d * log(1 / 2**0.5) - log_gamma)
    return -0.5 * d * log(2 * pi) - wishart / n
