"""A model and its loss as one compiled program: what ``fit`` trains with, and ``Module.compile`` gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Value, array, compile, gc_paused, topological_order
from nn.losses import Loss, cross_entropy, cross_entropy_of_one_hot
from nn.optim import Array


class CompiledLoss:
    """loss(model(x), target), traced for one example, computed for a batch of them.

    program     the compiled program; its inputs are the numbers of x, then those of the target
    parameters  the gradient's entries, in this order; 0 for one that the loss does not depend on

    A class index of cross_entropy becomes an input per class, of which that class's is 1.
    """

    def __init__(
        self, model: Any, loss: Loss, x: Any, target: Any, parameters: Sequence[Value] | None = None
    ) -> None:
        self.parameters = list(model.parameters() if parameters is None else parameters)
        with gc_paused():
            inputs = _inputs(x, "x")
            out: Any = model(inputs)
            self.classes = len(out) if loss is cross_entropy and _is_index(target) else 0
            targets = _inputs(np.eye(self.classes)[0] if self.classes else target, "y")
            value = cross_entropy_of_one_hot(out, targets) if self.classes else loss(out, targets)
            if not isinstance(value, Value):
                raise TypeError(f"the loss of an example must be a Value, got {value!r}")
            value.label = value.label or "loss"
            below = set(topological_order(value))
            self.used = np.array([parameter in below for parameter in self.parameters], dtype=bool)
            learned = [parameter for parameter in self.parameters if parameter in below]
            taken = [*np.ravel(inputs).tolist(), *np.ravel(targets).tolist()]
            self.program = compile(value, inputs=taken, parameters=learned)

    def __call__(self, X: Any, y: Any) -> tuple[float, Array]:
        """The mean loss over the examples, and its gradient by the parameters, flat.

        Raises ValueError for examples of another size than the one that was traced.
        """
        loss, gradient = self.program.loss_and_grad(self.columns(X, y))
        if self.used.all():
            return loss, gradient
        whole = np.zeros(len(self.parameters))
        whole[self.used] = gradient
        return loss, whole

    def mean(self, X: Any, y: Any) -> float:
        """The mean loss over the examples, without a gradient."""
        return float(self.program(self.columns(X, y)).mean())

    def place(self, numbers: Array) -> None:
        """Compute with these numbers as the parameters from now on; their Values stay as they are."""
        self.program.parameters = numbers[self.used]

    def columns(self, X: Any, y: Any) -> Array:
        """The program's inputs, a row per example: the numbers of x, then those of its target."""
        examples, targets = np.asarray(X, dtype=float), np.asarray(y)
        if self.classes:
            if targets.min() < 0 or targets.max() >= self.classes:
                wrong = targets[(targets < 0) | (targets >= self.classes)][0]
                raise ValueError(
                    f"cross_entropy: target must be a class from 0 to {self.classes - 1}, one per logit, "
                    f"got {wrong}"
                )
            targets = np.eye(self.classes)[targets]
        count = len(examples)
        return np.concatenate([examples.reshape(count, -1), targets.reshape(count, -1)], axis=1)


def _inputs(example: Any, label: str) -> Any:
    """An example's numbers as leaves, in its shape; of a single number one Value."""
    numbers = np.asarray(example, dtype=float)
    return array(numbers, label=label) if numbers.ndim else Value(float(numbers), label=label)


def _is_index(target: Any) -> bool:
    return hasattr(target, "__index__") and not isinstance(target, (bool, np.bool_)) and np.ndim(target) == 0
