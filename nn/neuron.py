"""Neuron: a weighted sum and its activation, one scalar at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import mul
from typing import TYPE_CHECKING, Any, Self

from autograd import Value, summation
from nn.checks import as_size
from nn.init import Init, draw, uniform
from nn.inputs import as_inputs
from nn.module import Module, shown

if TYPE_CHECKING:
    from numpy.random import Generator

Activation = Callable[[Value], Value]


class Neuron(Module):
    """activation(w[0]*x[0] + w[1]*x[1] + ... + b), a scalar function of n_inputs scalars.

    activation  a gate such as ``relu``, a function or a Module; by default none: a linear neuron
    rng         draws the weights: the same seed gives the same; by default a fresh one
    init        how they are drawn (see ``nn.init``); by default uniform in (-1, 1)
    bias        whether there is a b, which starts at 0

    >>> neuron = Neuron.of([3.0, -1.0], bias=0.5)
    >>> neuron([2.0, 4.0]).data
    2.5

    Raises ValueError if n_inputs is no whole number of at least 1, TypeError if rng is no
    numpy.random.Generator or activation nothing to call; and as ``init`` does.
    """

    def __init__(
        self,
        n_inputs: int,
        activation: Activation | None = None,
        rng: Generator | None = None,
        *,
        init: Init = uniform,
        bias: bool = True,
    ) -> None:
        n_inputs = as_size(n_inputs, "n_inputs")
        self._hold(draw(init, n_inputs, 1, rng)[0], 0.0 if bias else None, activation)

    @classmethod
    def of(
        cls,
        weights: Sequence[float],
        bias: float | None = 0.0,
        activation: Activation | None = None,
        connections: list[int] | None = None,
    ) -> Self:
        """A neuron of chosen weights; without a bias if that is None.

        connections  which inputs it takes, counted from 0; the others have no weight, and 0.0 in its
                     place; by default all

        Raises ValueError if there is no weight, TypeError for one that is no number.
        """
        as_size(len(weights), "the number of weights")
        neuron = cls.__new__(cls)
        neuron._hold(weights, bias, activation, connections)
        return neuron

    def _hold(
        self,
        weights: Sequence[float],
        bias: float | None,
        activation: Activation | None,
        connections: list[int] | None = None,
    ) -> None:
        check_activation(activation)
        self.n_inputs = len(weights)
        self.connections = connections
        present = range(len(weights)) if connections is None else connections
        self.w: Any = [0.0] * len(weights)  # a list of Values; of a layer's neuron a row of its array
        for i in present:
            self.w[i] = Value(weights[i], label=f"w[{i}]")
        self.b = None if bias is None else Value(bias, label="b")
        self.activation = activation

    def __call__(self, x: Any) -> Value:
        """The neuron's output for one example: n_inputs numbers or Values, in a list or an array.

        Where n_inputs is 1, the number or Value itself will do.
        Raises ValueError for another number of inputs, TypeError for one that is no number.
        """
        return self.forward(as_inputs(x, self.n_inputs, self))

    def forward(self, inputs: list[Value | float]) -> Value:
        """The output for inputs that are checked already."""
        weights = self.w
        if self.connections is not None:
            weights, inputs = ([each[i] for i in self.connections] for each in (weights, inputs))
        z = weighted_sum(weights, inputs, self.b)
        return z if self.activation is None else self.activation(z)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.n_inputs}{shown_options(self.activation, self.b)})"


def weighted_sum(w: Iterable[Value], x: Iterable[Value | float], b: Value | None) -> Value:
    """w[0]*x[0] + w[1]*x[1] + ... + b, products and one sum of them; without a b if that is None."""
    products = map(mul, w, x)
    z: Value = summation(*products) if b is None else summation(*products, b)
    return z


def check_activation(activation: Any) -> None:
    """Raise TypeError unless it is None or something to call."""
    if activation is None or (callable(activation) and not isinstance(activation, type)):
        return
    advice = ""
    if isinstance(activation, str):
        advice = f"; it is imported, from autograd or nn, and written without quotes: activation={activation}"
    elif isinstance(activation, type):
        advice = f"; a class is not called yet: write {activation.__name__}()"
    elif isinstance(activation, (Value, float)):
        advice = "; the gate itself goes here, not what it gives"
    raise TypeError(f"activation must be a gate such as relu, or None, got {activation!r}{advice}")


def shown_options(activation: Activation | None, bias: Any) -> str:
    """The activation and the bias as a representation shows them, where they are not as by default."""
    return ("" if activation is None else f", {shown(activation)}") + without(bias)


def without(bias: Any) -> str:
    return ", bias=False" if bias is None else ""
