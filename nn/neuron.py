"""Neuron, Layer and MLP: a multilayer perceptron, one scalar at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index, mul
from typing import TYPE_CHECKING, Any

from autograd import Value, relu, summation
from autograd.rules import OPERAND, as_number
from nn.module import Module

if TYPE_CHECKING:
    from numpy.random import Generator

Activation = Callable[[Value], Value]


class Neuron(Module):
    """activation(w[0]*x[0] + w[1]*x[1] + ... + b), a scalar function of n_inputs scalars.

    The weights start uniform in (-1, 1), drawn from rng (by default a fresh one); the bias starts
    at 0. The activation is a gate such as ``relu``, or None for a linear neuron.

    >>> neuron = Neuron(2, activation=None)
    >>> neuron.w[0].data, neuron.w[1].data, neuron.b.data = 3.0, -1.0, 0.5
    >>> neuron([2.0, 4.0]).data
    2.5

    Raises ValueError if n_inputs is no whole number of at least 1, TypeError if rng is no
    numpy.random.Generator or activation nothing to call.
    """

    def __init__(
        self, n_inputs: int, activation: Activation | None = relu, rng: Generator | None = None
    ) -> None:
        n_inputs = _as_size(n_inputs, "n_inputs")
        if activation is not None and not callable(activation):
            raise TypeError(f"activation must be a gate such as relu, or None, got {activation!r}")
        weights = _as_generator(rng).uniform(-1, 1, n_inputs).tolist()
        self.w = [Value(weight, label=f"w[{i}]") for i, weight in enumerate(weights)]
        self.b = Value(0.0, label="b")
        self.activation = activation

    def __call__(self, x: Any) -> Value:
        """The neuron's output for one example: n_inputs numbers or Values, in a list or an array.

        Where n_inputs is 1, the number or Value itself will do.
        Raises ValueError for another number of inputs, TypeError for one that is no number.
        """
        return self.forward(as_inputs(x, len(self.w), self))

    def forward(self, inputs: list[Value | float]) -> Value:
        """The output for inputs that are checked already: a layer checks once for all its neurons."""
        a: Value = summation(*map(mul, self.w, inputs), self.b)
        return a if self.activation is None else self.activation(a)

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)}, {getattr(self.activation, 'name', self.activation)})"


class Layer(Module):
    """n_outputs neurons that all take the same n_inputs inputs.

    Labels are those of the matrix and the vector: neuron i has the weights W[i,0], W[i,1], ...
    and the bias b[i].

    >>> layer = Layer(2, 3)
    >>> [parameter.label for parameter in layer.neurons[2].parameters()]
    ['W[2,0]', 'W[2,1]', 'b[2]']

    Raises as Neuron does.
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        activation: Activation | None = relu,
        rng: Generator | None = None,
    ) -> None:
        n_outputs = _as_size(n_outputs, "n_outputs")
        rng = _as_generator(rng)
        self.neurons = [Neuron(n_inputs, activation, rng) for _ in range(n_outputs)]
        self.label_parameters()

    def label_parameters(self, number: int | str = "") -> None:
        """Label the parameters as entries of W and b; with a number, of W1 and b1, say."""
        for i, neuron in enumerate(self.neurons):
            neuron.b.label = f"b{number}[{i}]"
            for j, weight in enumerate(neuron.w):
                weight.label = f"W{number}[{i},{j}]"

    def __call__(self, x: Any) -> list[Value]:
        """The neurons' outputs, a list even of one, for one example; raises as Neuron does."""
        inputs = as_inputs(x, len(self.neurons[0].w), self)
        return [neuron.forward(inputs) for neuron in self.neurons]

    def __repr__(self) -> str:
        return f"Layer of {len(self.neurons)} x {self.neurons[0]!r}"


class MLP(Module):
    """A multilayer perceptron: relu layers of the given sizes, the last of them linear.

    The parameters of its first layer are labelled W1[i,j] and b1[i], and so on.

    >>> model = MLP(2, [4, 1])
    >>> model.named_parameters()[-1][0], model.parameters()[-1].label
    ('layers[1].neurons[0].b', 'b2[0]')

    Raises ValueError if there is no size, otherwise as Neuron does.
    """

    def __init__(self, n_inputs: int, sizes: Sequence[int], rng: Generator | None = None) -> None:
        sizes = [_as_size(size, "every size") for size in sizes]
        if not sizes:
            raise ValueError("sizes must name at least one layer, got none")
        rng = _as_generator(rng)
        self.layers = []
        for number, n_outputs in enumerate(sizes, 1):
            layer = Layer(n_inputs, n_outputs, relu if number < len(sizes) else None, rng)
            layer.label_parameters(number)
            self.layers.append(layer)
            n_inputs = n_outputs

    def __call__(self, x: Any) -> Value | list[Value]:
        """The last layer's outputs for one example: a list, but of one neuron its Value.

        Raises as Neuron does.
        """
        outputs: list[Value] = x
        for layer in self.layers:
            outputs = layer(outputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        sizes = [len(layer.neurons) for layer in self.layers]
        return f"MLP({len(self.layers[0].neurons[0].w)}, {sizes})"


def as_inputs(x: Any, wanted: int, taker: Module) -> list[Value | float]:
    """One example as a list of Values and floats: x, or its elements if it is a list or an array.

    Raises ValueError if there are not as many as wanted, TypeError for an element that is no number.
    """
    if hasattr(x, "tolist"):  # NumPy's: one call makes Python numbers of all of them
        x = x.tolist()
    elements = x if isinstance(x, Sequence) else [x]
    known, name = (Value, float), type(taker).__name__
    inputs = [each if isinstance(each, known) else as_number(each, name, OPERAND) for each in elements]
    if len(inputs) != wanted:
        raise ValueError(f"{taker!r} takes {wanted} input(s), got {len(inputs)}")
    return inputs


def _as_size(size: int, what: str) -> int:
    if not hasattr(size, "__index__") or size < 1:
        raise ValueError(f"{what} must be a whole number, at least 1, got {size!r}")
    return index(size)


def _as_generator(rng: Generator | None) -> Generator:
    from numpy.random import Generator, default_rng

    if rng is None:
        return default_rng()
    if not isinstance(rng, Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, as default_rng(0) makes, got {rng!r}")
    return rng
