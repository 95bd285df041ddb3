"""A model and its loss as one compiled program: what ``fit`` trains with, and ``Module.compile`` gives.

Of the model it knows that it can be called, and what its parameters are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import Value, compile, gc_paused, topological_order
from autograd.compiler.functions import traced
from autograd.compiler.functions.noticing import NotTraceable, Rule, Watch
from autograd.compiler.functions.randomness import undrawn
from autograd.numbers import NUMPY_REAL_KINDS, as_number
from nn.inputs import as_examples, as_index
from nn.losses import Loss, cross_entropy
from nn.model_loss import as_loss, loss_of
from nn.state import in_arrays
from nn.undo import undone
from nn.vector import Array

EXACT = 2**53  # up to here a float holds every whole number

CHUNK = 4096  # examples that are checked at once: their numbers are copied


def compile_loss(
    model: Callable[[Any], Any], loss: Loss, parameters: Sequence[Value], data: Sequence[tuple[Any, Any]]
) -> CompiledLoss:
    """The loss of the first example of the data (X, y), compiled, where the program takes all of the data.

    The model and the loss are called to see what they do, and are afterwards as they were.

    Raises NotTraceable where there is no such program; and what the model and the loss raise, when they are
    given numbers.
    """
    x, target = data[0][0][0], data[0][1][0]
    with undone(model, loss):
        try:
            compiled = CompiledLoss(model, loss, x, target, parameters)
            for X, y in data:
                try:
                    compiled.check(X, y)
                except Exception:
                    for x, target in zip(X, y, strict=True):  # to stop at the one that it does not take
                        compiled.check([x], [target])
                    raise
        except Exception as error:
            undrawn(lambda: loss_of(model, loss, x, target))  # if that raises too, it is the user's own error
            raise error if isinstance(error, NotTraceable) else NotTraceable(str(error)) from error
    return compiled


class CompiledLoss:
    """loss(model(x), target), traced for one example, computed for a batch of them.

    program     the compiled program; its inputs are the numbers of x, then those of the target
    parameters  the gradient's entries, in this order; 0 for one that the loss does not depend on

    Where every parameter of a module counts, ``program.unflatten(gradient)`` has the names and shapes of
    its state, as ``state_dict`` gives them.
    """

    def __init__(
        self,
        model: Callable[[Any], Any],
        loss: Loss,
        x: Any,
        target: Any,
        parameters: Sequence[Value],
    ) -> None:
        self.parameters = list(parameters)
        self.shapes = real_numbers(x, "x").shape, real_numbers(target, "the target").shape
        self.takes_index = loss is cross_entropy and self.shapes[1] == ()

        def loss_of_inputs(watch: Watch) -> Any:
            return loss(model(watch.new_inputs(x, "x")), watch.new_inputs(target, "y"))

        with gc_paused():
            value, watch = traced(loss_of_inputs, self.parameters, lambda found: [as_loss(found)])
            value.label = value.label or "loss"
            below = set(topological_order(value))
            self.used = np.array([parameter in below for parameter in self.parameters], dtype=bool)
            learned = [parameter for parameter in self.parameters if parameter in below]
            self.program = compile(value, inputs=watch.inputs, parameters=in_arrays(model, learned))
        self.rules = [_OnColumns(*each, watch.inputs) for each in watch.rules]

    def __call__(self, X: Any, y: Any) -> tuple[float, Array]:
        """The mean loss over the examples, and its gradient by the parameters, flat.

        Raises ValueError for examples of another shape than the one that was traced, and for a target
        that the loss refuses; TypeError for what are no numbers.
        """
        self.check(X, y)
        return self.loss_and_grad(X, y)

    def check(self, X: Any, y: Any) -> None:
        """Raise unless these are examples for the program, with targets that the loss takes."""
        X, y = as_examples(X), as_examples(y)
        if len(X) != len(y) or not len(X):
            raise ValueError(f"wanted a target for each example, at least one, got {len(X)} and {len(y)}")
        for data, what in ((X, "X"), (y, "y")):
            _check_whole(np.asarray(data), what)
        for start in range(0, len(X), CHUNK):
            columns = self.columns(X[start : start + CHUNK], y[start : start + CHUNK])
            for rule in self.rules:
                rule.check(columns)
        if self.takes_index and not (isinstance(y, np.ndarray) and y.dtype.kind in "iu"):
            for target in y:  # in the program's numbers, which are floats, 1.0 is a class
                as_index(target)

    def loss_and_grad(self, X: Any, y: Any) -> tuple[float, Array]:
        """As a call gives, of examples that are checked already."""
        loss, gradient = self.program.loss_and_grad(self.columns(X, y))
        if self.used.all():
            return loss, gradient
        all_of_it = np.zeros(len(self.parameters))
        all_of_it[self.used] = gradient
        return loss, all_of_it

    def mean(self, X: Any, y: Any) -> float:
        """The mean loss over the examples, without a gradient."""
        return float(self.program(self.columns(X, y)).mean())

    def set_parameters(self, numbers: Array) -> None:
        """Compute with this parameter vector from now on; the Values stay as they are."""
        self.program.parameters = numbers[self.used]

    def columns(self, X: Any, y: Any) -> Array:
        """The program's inputs, a row per example: the numbers of x, then those of its target."""
        shape, target_shape = self.shapes
        examples = _of_shape(real_numbers(X, "X"), shape, "X")
        targets = _of_shape(real_numbers(y, "y"), target_shape, "y")
        return np.concatenate([examples, targets], axis=1)


class _OnColumns:
    """A rule of the loss for its targets, asked of what a program computes from every example's inputs."""

    def __init__(self, rule: Rule, numbers: tuple[Any, ...], inputs: list[Value]) -> None:
        self.rule = rule
        self.program = compile([each if isinstance(each, Value) else Value(each) for each in numbers], inputs)

    def check(self, columns: Array) -> None:
        for numbers in self.program(columns).tolist():
            self.rule(*numbers)


def real_numbers(data: Any, what: str) -> Array:
    """The data as float64; raises ValueError for parts of unequal length, TypeError for no numbers."""
    try:
        found = np.asarray(data)
    except ValueError:
        raise ValueError(f"{what} has examples or parts of unequal length") from None
    if found.dtype == object:
        return np.array([as_number(each, what) for each in found.flat], dtype=float).reshape(found.shape)
    if found.dtype.kind not in NUMPY_REAL_KINDS:
        raise TypeError(f"{what} must be real numbers, got an array of {found.dtype}")
    return found.astype(float, copy=False)


def _check_whole(numbers: Any, what: str) -> None:
    """Raise ValueError for integers with which Python computes what no float can hold."""
    if numbers.dtype.kind in "iu" and numbers.size and max(-int(numbers.min()), int(numbers.max())) > EXACT:
        raise ValueError(f"{what} has whole numbers beyond 2**53, which a program, in floats, would round")


def _of_shape(numbers: Array, shape: tuple[int, ...], what: str) -> Array:
    if numbers.shape[1:] != shape:
        raise ValueError(
            f"{what} must have examples of shape {shape}, as the one that was traced, "
            f"got shape {numbers.shape[1:]}"
        )
    return numbers.reshape(len(numbers), -1)
