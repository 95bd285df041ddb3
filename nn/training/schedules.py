"""Schedules: how the learning rate changes while training.

A schedule is any function from a count, from 0, to a factor on the learning rate. ``fit`` counts epochs, or
steps if it is told ``schedule_per="step"``: ``lambda step: min(1, (step + 1) / 100)`` then warms up over the
first hundred. The two here are PyTorch's StepLR and CosineAnnealingLR
(https://docs.pytorch.org/docs/stable/optim.html).
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi
from typing import Literal

from nn.checks import as_size

Schedule = Callable[[int], float]
Per = Literal["epoch", "step"]


def step_decay(every: int, factor: float = 0.1) -> Schedule:
    """Times factor after every so many epochs (or steps).

    >>> [step_decay(2, 0.5)(epoch) for epoch in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]

    Raises ValueError unless every is a whole number of at least 1.
    """
    every = as_size(every, "every")
    return lambda count: float(factor ** (count // every))


def cosine(total: int) -> Schedule:
    """From 1 down to 0 in that many epochs (or steps), as half a cosine wave; 0 from then on.

    >>> [round(cosine(4)(epoch), 3) for epoch in range(5)]
    [1.0, 0.854, 0.5, 0.146, 0.0]

    Raises ValueError unless total is a whole number of at least 1.
    """
    total = as_size(total, "total")
    return lambda count: (1 + cos(pi * min(count, total) / total)) / 2
