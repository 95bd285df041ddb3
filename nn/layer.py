"""Layer: neurons that take the same inputs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from autograd import Value
from nn.checks import as_size
from nn.init import Init, draw, uniform
from nn.inputs import as_inputs
from nn.module import Module
from nn.neuron import Activation, Neuron, shown_options

if TYPE_CHECKING:
    from numpy.random import Generator

    from nn.weights import Weights


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
        return f"Layer({self.n_inputs}, {len(self.neurons)}{shown_options(self.neurons[0])}{partly})"


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
