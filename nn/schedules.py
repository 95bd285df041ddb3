"""Schedules: how the learning rate changes while training.

A schedule is any function from an epoch, counted from 0, to a factor on the learning rate, such as
``lambda epoch: 1 - 0.9 * epoch / 100``; ``fit`` takes one. These two are PyTorch's StepLR and
CosineAnnealingLR (https://docs.pytorch.org/docs/stable/optim.html).
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi

Schedule = Callable[[int], float]


def step_decay(every: int, factor: float = 0.1) -> Schedule:
    """Times factor after every so many epochs.

    >>> [step_decay(2, 0.5)(epoch) for epoch in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]

    Raises ValueError unless every is a whole number of at least 1.
    """
    if not isinstance(every, int) or every < 1:
        raise ValueError(f"every must be a whole number of epochs, at least 1, got {every!r}")
    return lambda epoch: float(factor ** (epoch // every))


def cosine(epochs: int) -> Schedule:
    """From 1 down to 0 in that many epochs, as half a cosine wave; 0 from then on.

    >>> [round(cosine(4)(epoch), 3) for epoch in range(5)]
    [1.0, 0.854, 0.5, 0.146, 0.0]

    Raises ValueError unless epochs is a whole number of at least 1.
    """
    if not isinstance(epochs, int) or epochs < 1:
        raise ValueError(f"epochs must be a whole number, at least 1, got {epochs!r}")
    return lambda epoch: (1 + cos(pi * min(epoch, epochs) / epochs)) / 2
