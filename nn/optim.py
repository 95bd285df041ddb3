"""Optimisers: how the parameters change by their gradients.

An update rule is pure, plain arithmetic on flat float64 arrays, NumPy's or JAX's: ``start`` gives its
first state, and ``update`` gives new parameters and a new state, changing neither. ``step()`` runs it
on Values. Definitions and defaults are PyTorch's (https://docs.pytorch.org/docs/stable/optim.html).

>>> from autograd import Value
>>> w = Value(1.0)
>>> optimizer = SGD([w], lr=0.1)
>>> for _ in range(3):
...     optimizer.zero_grad()
...     (w * w).backward()
...     optimizer.step()
>>> round(w.data, 6)
0.512
"""

from __future__ import annotations

from collections.abc import Iterable
from inspect import signature
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from autograd import Value
from autograd.node import NOT_YET
from autograd.numbers import as_number
from nn.vector import Array, sync_to_values, vector_of


class Optimizer:
    """The base of every optimiser: it holds the parameters, the learning rate lr and the rule's state.

    lr may be set between steps. A step sets the ``data`` of the parameters given here: Values that were
    made from them, as by ``p = p - 0.1 * p.grad``, are others, which no optimiser knows of.

    Raises TypeError for a parameter that is no Value and for a number
    that is none; ValueError if there is no parameter, one comes twice or was computed by a gate, or
    a number is out of its range.
    """

    def __init__(self, parameters: Iterable[Value], lr: float) -> None:
        self.parameters = _as_parameters(parameters)
        self.lr = _in_range(lr, "lr")
        self.state: Any = self.start(vector_of(self.parameters))

    def start(self, parameters: Array) -> Any:
        """The rule's state before the first step."""
        raise NotImplementedError(f"{type(self).__name__} has no start()")

    def update(self, parameters: Array, gradients: Array, state: Any, lr: float) -> tuple[Array, Any]:
        """The parameters and the state after a step; nothing is changed in place."""
        raise NotImplementedError(f"{type(self).__name__} has no update()")

    def check_state(self, state: Any) -> None:
        """Raise ValueError for a state, of the right shapes, to which no steps lead."""

    def step(self) -> None:
        """Change every parameter by its ``grad``; one that backward() has not reached counts as 0.

        Raises RuntimeError if backward() has reached none of them.
        """
        if all(parameter.grad is NOT_YET for parameter in self.parameters):
            raise RuntimeError("step: the parameters have no gradients yet; call backward() on a loss first")
        self.apply(np.array([parameter.grad for parameter in self.parameters]))

    def apply(self, gradients: Array) -> None:
        """Change every parameter by its entry in gradients, a flat array in the parameters' order.

        Raises ValueError for another shape, and for an lr that was set to what is none, as nan.
        """
        if np.shape(gradients) != (len(self.parameters),):
            wanted = f"a flat array of {len(self.parameters)} gradients, one per parameter"
            raise ValueError(f"apply takes {wanted}, got shape {np.shape(gradients)}")
        lr = _in_range(self.lr, "lr")
        parameters, state = updated(self, vector_of(self.parameters), gradients, self.state, lr)
        sync_to_values(self.parameters, parameters)
        self.state = state

    def zero_grad(self) -> None:
        """Clear the gradient of every parameter; the next backward() then starts from zero."""
        for parameter in self.parameters:
            parameter.grad = None

    def __repr__(self) -> str:
        """The number of parameters, lr, and the options that are not as by default."""
        shown = [f"{len(self.parameters):,} parameter{'' if len(self.parameters) == 1 else 's'}"]
        defaults = signature(type(self)).parameters
        for name, number in options_of(self).items():
            if name == "lr" or number != defaults[name].default:
                shown.append(f"{name}={number!r}")
        return f"{type(self).__name__}({', '.join(shown)})"


def updated(
    optimizer: Optimizer, parameters: Array, gradients: Array, state: Any, lr: float
) -> tuple[Array, Any]:
    """What the optimiser's rule gives, where what overflows is inf or nan, as everywhere.

    Raises ValueError for anything but as many parameters and a state.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        found: Any = optimizer.update(parameters, gradients, state, lr)
    if not (isinstance(found, tuple) and len(found) == 2 and np.shape(found[0]) == np.shape(parameters)):
        wanted = f"(parameters, state), the parameters an array of {len(parameters)}, as they came"
        raise ValueError(f"{type(optimizer).__name__}.update must return {wanted}; got {_shapes(found)}")
    return found


def _shapes(found: Any) -> str:
    if isinstance(found, tuple):
        return f"a tuple of {len(found)}, the first of shape {np.shape(found[0])}" if found else "()"
    return f"one {type(found).__name__} of shape {np.shape(found)}"


def options_of(optimizer: Optimizer) -> dict[str, Any]:
    """What the optimiser was made with beside its parameters, by the names its class gives it."""
    names = [name for name in signature(type(optimizer)).parameters if name != "parameters"]
    return {name: getattr(optimizer, name) for name in names if hasattr(optimizer, name)}


class SGD(Optimizer):
    """Gradient descent, with momentum if wanted: w -= lr * v, where v = momentum * v + gradient.

    nesterov      look ahead: w -= lr * (gradient + momentum * v)
    weight_decay  adds weight_decay * w to the gradient

    >>> SGD([Value(1.0)], lr=0.1, momentum=0.9)
    SGD(1 parameter, lr=0.1, momentum=0.9)

    Raises as Optimizer does, and ValueError for nesterov without momentum.
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 1e-3,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        self.momentum = _in_range(momentum, "momentum")
        self.nesterov = nesterov
        self.weight_decay = _in_range(weight_decay, "weight_decay")
        if nesterov and not momentum:
            raise ValueError("nesterov needs a momentum above 0, got 0")
        super().__init__(parameters, lr)

    def start(self, parameters: Array) -> Array:
        """The velocity: at rest."""
        return np.zeros_like(parameters)

    def update(self, parameters: Array, gradients: Array, state: Array, lr: float) -> tuple[Array, Array]:
        gradients = gradients + self.weight_decay * parameters
        velocity = self.momentum * state + gradients
        direction = gradients + self.momentum * velocity if self.nesterov else velocity
        return parameters - lr * direction, velocity


class AdamState(NamedTuple):
    """Steps taken, and the running means of the gradients and of their squares."""

    steps: int
    mean: Array
    square: Array


class Adam(Optimizer):
    """Adam (Kingma and Ba, arXiv:1412.6980): a step of about lr, whatever the gradients' scale.

    betas         how much of the running means of the gradients and their squares a step keeps
    weight_decay  adds weight_decay * w to the gradient
    decoupled     subtracts lr * weight_decay * w from w instead, as AdamW

    Raises as Optimizer does.
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled: bool = False,
    ) -> None:
        if not isinstance(betas, (tuple, list)) or len(betas) != 2:
            raise ValueError(f"betas must be two numbers from 0 to below 1, got {betas!r}")
        self.betas = _in_range(betas[0], "betas[0]", below=1.0), _in_range(betas[1], "betas[1]", below=1.0)
        self.eps = _in_range(eps, "eps")
        self.weight_decay = _in_range(weight_decay, "weight_decay")
        self.decoupled = decoupled
        super().__init__(parameters, lr)

    def start(self, parameters: Array) -> AdamState:
        """No steps taken, and means of 0."""
        return AdamState(0, np.zeros_like(parameters), np.zeros_like(parameters))

    def check_state(self, state: AdamState) -> None:
        if state.steps < 0 or (state.square < 0).any():
            raise ValueError("the steps taken, and the means of squares, must be at least 0")

    def update(
        self, parameters: Array, gradients: Array, state: AdamState, lr: float
    ) -> tuple[Array, AdamState]:
        if self.decoupled:
            parameters = parameters - lr * self.weight_decay * parameters
        else:
            gradients = gradients + self.weight_decay * parameters
        beta1, beta2 = self.betas
        steps = state.steps + 1
        mean = beta1 * state.mean + (1 - beta1) * gradients
        square = beta2 * state.square + (1 - beta2) * gradients * gradients
        # The means started at 0 and lean towards it; dividing by 1 - beta**steps undoes that.
        unbiased_mean, unbiased_square = mean / (1 - beta1**steps), square / (1 - beta2**steps)
        moved = parameters - lr * unbiased_mean / (unbiased_square**0.5 + self.eps)
        return moved, AdamState(steps, mean, square)


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, arXiv:1711.05101), by default 0.01."""

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay, decoupled=True)


def _as_parameters(parameters: Iterable[Value]) -> list[Value]:
    if not isinstance(parameters, Iterable):
        raise TypeError(f"an optimiser takes a list of Values, as model.parameters(), got {parameters!r}")
    found = list(parameters)
    for i, parameter in enumerate(found):
        if not isinstance(parameter, Value):
            raise TypeError(f"parameters[{i}] must be a Value, got {parameter!r}")
        if parameter.gate is not None:
            raise ValueError(f"parameters[{i}] must be a leaf, got {parameter!r}, computed by a gate")
    if not found:
        raise ValueError("an optimiser takes at least one parameter, got none")
    if len(set(found)) < len(found):
        raise ValueError("a parameter comes twice: each step would change it twice")
    return found


def _in_range(number: float, what: str, below: float | None = None) -> float:
    number = as_number(number, what, "must be a number")
    if not (isfinite(number) and number >= 0 and (below is None or number < below)):
        limit = "finite" if below is None else f"below {below:g}"
        raise ValueError(f"{what} must be at least 0 and {limit}, got {number:g}")
    return number
