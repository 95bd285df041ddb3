"""Neuron and Layer: weighted sums and their activations, one scalar at a time."""

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

    from nn.weights import Weights

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

        connections  which inputs it takes, counted from 0; the others have no weight; by default all

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
        _check_activation(activation)
        self.n_inputs = len(weights)
        self.connections = connections
        present = range(len(weights)) if connections is None else connections
        self.w = [Value(weights[i], label=f"w[{i}]") for i in present]
        self.b = None if bias is None else Value(bias, label="b")
        self.activation = activation

    def __call__(self, x: Any) -> Value:
        """The neuron's output for one example: n_inputs numbers or Values, in a list or an array.

        Where n_inputs is 1, the number or Value itself will do.
        Raises ValueError for another number of inputs, TypeError for one that is no number.
        """
        return self.forward(as_inputs(x, self.n_inputs, self))

    def forward(self, inputs: list[Value | float]) -> Value:
        """The output for inputs that are checked already: a layer checks once for all its neurons."""
        if self.connections is not None:
            inputs = [inputs[i] for i in self.connections]
        products = map(mul, self.w, inputs)
        z: Value = summation(*products) if self.b is None else summation(*products, self.b)
        return z if self.activation is None else self.activation(z)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.n_inputs}{_options(self)})"


class Layer(Module):
    """n_outputs neurons that all take the same n_inputs inputs; linear unless given an activation.

    activation, rng, init, bias  as Neuron's; the neurons share the activation
    connections                  which weights there are: truth values, a row per output (n_outputs,
                                 n_inputs), at least one in each; by default all

    Labels are those of the matrix and the vector: neuron i has the weights W[i,0], W[i,1], ...
    and the bias b[i].

    >>> layer = Layer(2, 3, connections=[[True, True], [True, False], [False, True]])
    >>> [parameter.label for parameter in layer.neurons[2].parameters()]
    ['W[2,1]', 'b[2]']

    Raises ValueError for connections of another shape, TypeError for ones that are no truth values;
    and as Neuron does.
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        activation: Activation | None = None,
        rng: Generator | None = None,
        *,
        init: Init = uniform,
        bias: bool = True,
        connections: Any = None,
    ) -> None:
        n_inputs, n_outputs = as_size(n_inputs, "n_inputs"), as_size(n_outputs, "n_outputs")
        rows = [None] * n_outputs if connections is None else _connected(connections, n_inputs, n_outputs)
        self.neurons: list[Neuron] = []
        for weights, present in zip(draw(init, n_inputs, n_outputs, rng), rows, strict=True):
            self.neurons.append(Neuron.of(weights, 0.0 if bias else None, activation, present))
        self.n_inputs = n_inputs
        self.label_parameters()

    @property
    def activation(self) -> Activation | None:
        """The neurons' activation, None if they are linear."""
        return self.neurons[0].activation

    @property
    def weight(self) -> Weights:
        """The matrix W (n_outputs, n_inputs) of the weights themselves, 0.0 for a missing one.

        Set a number by ``layer.weight[0, 0].data = 5.0``. Set the whole to an array of Values, such as
        ``other.weight.T``, to tie the weights to those.
        Raises ValueError for another shape or a Value that was computed, TypeError for an element that
        is no Value, or an assignment to one element.
        """
        from nn.weights import as_weights

        return as_weights([self._spread(neuron) for neuron in self.neurons])

    @weight.setter
    def weight(self, values: Any) -> None:
        from nn.weights import as_leaf, shaped

        matrix = shaped(values, (len(self.neurons), self.n_inputs), "weight").tolist()
        rows = [
            [as_leaf(row[i], "weight") for i in neuron.connections or range(self.n_inputs)]
            for neuron, row in zip(self.neurons, matrix, strict=True)
        ]
        for neuron, weights in zip(self.neurons, rows, strict=True):
            neuron.w = weights

    @property
    def bias(self) -> Weights | None:
        """The vector b (n_outputs), None without biases; set and read as ``weight``."""
        from nn.weights import as_weights

        biases = [neuron.b for neuron in self.neurons]
        return None if None in biases else as_weights(biases)

    @bias.setter
    def bias(self, values: Any) -> None:
        from nn.weights import as_leaf, shaped

        biases = [as_leaf(each, "bias") for each in shaped(values, (len(self.neurons),), "bias").tolist()]
        if self.bias is None:
            raise ValueError(f"{self!r} has no bias to set")
        for neuron, bias in zip(self.neurons, biases, strict=True):
            neuron.b = bias

    @staticmethod
    def _spread(neuron: Neuron) -> list[Value | float]:
        """The neuron's weights, each at the index of its input."""
        if neuron.connections is None:
            return list(neuron.w)
        present = dict(zip(neuron.connections, neuron.w, strict=True))
        return [present.get(i, 0.0) for i in range(neuron.n_inputs)]

    def state_parts(self) -> Iterable[tuple[str, Any]]:
        """The matrix, the vector of biases if there is one, and what else there is."""
        others = [(name, part) for name, part in vars(self).items() if name != "neurons"]
        vector = [] if self.bias is None else [("bias", self.bias)]
        return [("weight", self.weight), *vector, ("activation", self.activation), *others]

    def label_parameters(self, number: int | str = "") -> None:
        """Label the parameters as entries of W and b; with a number, of W1 and b1, say."""
        for i, neuron in enumerate(self.neurons):
            if neuron.b is not None:
                neuron.b.label = f"b{number}[{i}]"
            for j, weight in zip(neuron.connections or range(self.n_inputs), neuron.w, strict=True):
                weight.label = f"W{number}[{i},{j}]"

    def __call__(self, x: Any) -> list[Value]:
        """The neurons' outputs, a list even of one, for one example; raises as Neuron does."""
        inputs = as_inputs(x, self.n_inputs, self)
        return [neuron.forward(inputs) for neuron in self.neurons]

    def __repr__(self) -> str:
        present, all_of_them = (
            sum(len(neuron.w) for neuron in self.neurons),
            len(self.neurons) * self.n_inputs,
        )
        partly = "" if present == all_of_them else f", {present} of {all_of_them} connections"
        return f"Layer({self.n_inputs}, {len(self.neurons)}{_options(self.neurons[0])}{partly})"


def _check_activation(activation: Any) -> None:
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


def _connected(connections: Any, n_inputs: int, n_outputs: int) -> list[list[int]]:
    """For each row of truth values, the indices of the true ones."""
    import numpy as np

    wanted = f"a row of {n_inputs} truth value(s) for each of {n_outputs} output(s)"
    try:
        mask = np.asarray(connections)
    except ValueError:
        raise ValueError(f"connections must be {wanted}, got rows of different lengths") from None
    if mask.shape != (n_outputs, n_inputs):
        raise ValueError(f"connections must be {wanted}, got shape {mask.shape}")
    if mask.dtype != np.bool_:
        raise TypeError(f"connections must be {wanted}, got elements of {mask.dtype}")
    if not mask.any(axis=1).all():
        raise ValueError(f"every output needs a connection, got none for {int(mask.any(axis=1).argmin())}")
    return [np.flatnonzero(row).tolist() for row in mask]


def _options(neuron: Neuron) -> str:
    activation = "" if neuron.activation is None else f", {shown(neuron.activation)}"
    return activation + without_bias(neuron)


def without_bias(neuron: Neuron) -> str:
    return ", bias=False" if neuron.b is None else ""
