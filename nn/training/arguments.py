"""What ``fit`` was given, checked before anything changes."""

from __future__ import annotations

from typing import Any, get_args

from nn.inputs import as_examples
from nn.module import Module
from nn.optim import Optimizer
from nn.training.backend import BackendName, Task
from nn.training.schedules import Per


def as_task(model: Any, loss: Any, optimizer: Any, X: Any, y: Any, validation: Any) -> Task:
    """What is to be learned; raises TypeError for another kind of thing, ValueError for what does not fit."""
    if not isinstance(model, Module):
        raise TypeError(
            f"fit takes a model, a Module such as MLP(2, [3, 1]), and then X and y, got {model!r}"
        )
    if not callable(model):
        raise TypeError(
            f"{type(model).__name__} cannot be called: write what it computes as __call__(self, x)"
        )
    if not callable(loss):
        wanted = "a function of a prediction and a target, not called yet: loss=squared_error"
        raise TypeError(f"loss must be {wanted}; got {loss!r}")
    if not (validation is None or (isinstance(validation, (tuple, list)) and len(validation) == 2)):
        raise TypeError(f"validation must be a pair (X, y), got {type(validation).__name__}")
    X, y = _as_examples(X, y, "X and y")
    if validation is not None:
        validation = _as_examples(validation[0], validation[1], "validation")
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer must be one of nn.optim, such as SGD or Adam, got {optimizer!r}")
    if set(optimizer.parameters).isdisjoint(model.parameters()):
        raise ValueError("the optimizer has none of the model's parameters: was it made for another?")
    return Task(model, loss, optimizer, X, y, validation)


def check_choices(schedule: Any, schedule_per: Any, backend: Any, shuffle: Any) -> None:
    """Raise TypeError for a schedule or a truth value that is none, ValueError for no word of the choices."""
    if not isinstance(shuffle, bool):
        raise TypeError(f"shuffle must be True or False, got {shuffle!r}")
    if not (schedule is None or callable(schedule)):
        wanted = "a function from an epoch to a factor on the learning rate, such as step_decay(10)"
        raise TypeError(f"schedule must be {wanted}; got {schedule!r}")
    for name, given, words in (
        ("schedule_per", schedule_per, get_args(Per)),
        ("backend", backend, get_args(BackendName)),
    ):
        if given not in words:
            raise ValueError(f"{name} must be one of {', '.join(words)}, got {given!r}")


def _as_examples(X: Any, y: Any, what: str) -> tuple[Any, Any]:
    if not (hasattr(X, "__len__") and hasattr(y, "__len__")):
        raise TypeError(f"{what} must be lists or arrays, got {type(X).__name__} and {type(y).__name__}")
    if len(X) != len(y) or not len(X):
        raise ValueError(
            f"{what}: wanted a target for each example, at least one, "
            f"got {len(X)} example(s) and {len(y)} target(s)"
        )
    return as_examples(X), as_examples(y)
