"""The loss of a model, for one example."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import Value
from nn.losses import Loss


def loss_of(model: Callable[[Any], Any], loss: Loss, x: Any, target: Any) -> Value:
    """The loss of one example of a model; raises TypeError for a loss that gives no Value."""
    return as_loss(loss(model(x), target))


def as_loss(found: Any) -> Value:
    """What a loss gave; raises TypeError unless it is a Value."""
    if not isinstance(found, Value):
        raise TypeError(f"the loss of an example must be a Value, got {found!r}")
    return found
