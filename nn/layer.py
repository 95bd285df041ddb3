"""Layer: neurons that take the same inputs."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import Value, array
from nn.checks import as_size
from nn.init import Init, draw, uniform
from nn.inputs import as_inputs
from nn.module import Module
from nn.neuron import Activation, Neuron, check_activation, shown_options, weighted_sum
from nn.weights import ArrayAttribute, Row, tie

if TYPE_CHECKING:
    import numpy.typing as npt
    from numpy.random import Generator


class Layer(Module):
    """n_outputs neurons that all take the same n_inputs inputs; linear unless given an activation.

    activation, rng, init, bias  as Neuron's; the neurons share the activation
    connections                  which weights there are: truth values, a row per output (n_outputs,
                                 n_inputs), at least one in each; by default all

    ``weight`` is the matrix W (n_outputs, n_inputs) of the weights themselves, 0.0 for a missing one, and
    ``bias`` the vector b (n_outputs), or None. Set a number by ``layer.weight[0, 0].data = 5.0``. Set the
    whole to an array of Values, such as ``other.weight.T``, to tie the weights to those.

    Labels are those of the matrix and the vector: neuron i has the weights W[i,0], W[i,1], ...
    and the bias b[i]. The parameters are W, row after row, then b.

    >>> layer = Layer(2, 3, connections=[[True, True], [True, False], [False, True]])
    >>> [parameter.label for parameter in layer.parameters()]
    ['W[0,0]', 'W[0,1]', 'W[1,0]', 'W[2,1]', 'b[0]', 'b[1]', 'b[2]']
    >>> [parameter.label for parameter in layer.neurons[2].parameters()]
    ['W[2,1]', 'b[2]']

    Raises ValueError for connections of another shape, TypeError for ones that are no truth values;
    and as Neuron does. To set ``weight`` or ``bias`` raises ValueError for another shape, for a Value that
    was computed, or where there is no bias; TypeError for an element that is no Value, or an assignment
    to one element.
    """

    weight, bias = ArrayAttribute(), ArrayAttribute()

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
        present = None if connections is None else _connected(connections, n_inputs, n_outputs)
        weights = array([list(map(Value, row)) for row in draw(init, n_inputs, n_outputs, rng)])
        check_activation(activation)
        if present is not None:
            weights[~present] = 0.0
        self.weight = weights
        self.bias = array(shape=n_outputs) if bias else None
        self.activation = activation
        self.n_inputs = n_inputs
        self.connections = present
        self.label_parameters()

    @property
    def neurons(self) -> tuple[Neuron, ...]:
        """Each neuron by itself: a view of its row, so that what is set in one of the two shows in both.

        ``layer.neurons[1].w[0] = layer.neurons[0].w[0]`` ties two weights. The neurons share the layer's
        activation: to set that of one raises AttributeError.
        """
        return tuple(_Row(self, i) for i in range(len(vars(self)["weight"])))

    def label_parameters(self, number: int | str = "") -> None:
        """Label the parameters as entries of W and b; with a number, of W1 and b1, say."""
        for i, row in enumerate(self.weight.tolist()):
            for j, weight in enumerate(row):
                if isinstance(weight, Value):
                    weight.label = f"W{number}[{i},{j}]"
        for i, bias in enumerate([] if self.bias is None else self.bias.tolist()):
            bias.label = f"b{number}[{i}]"

    def __call__(self, x: Any) -> list[Value]:
        """The neurons' outputs, a list even of one, for one example; raises as Neuron does."""
        inputs = as_inputs(x, self.n_inputs, self)
        rows = vars(self)["weight"].tolist()
        examples: list[Iterable[Value | float]] = [inputs] * len(rows)
        if self.connections is not None:
            present = self.connections.tolist()
            rows = [compress(row, each) for row, each in zip(rows, present, strict=True)]
            examples = [compress(inputs, each) for each in present]
        bias = vars(self)["bias"]
        biases = [None] * len(rows) if bias is None else bias.tolist()
        sums = [weighted_sum(w, x, b) for w, x, b in zip(rows, examples, biases, strict=True)]
        return sums if self.activation is None else [self.activation(z) for z in sums]

    def __repr__(self) -> str:
        n_outputs, all_of_them = len(self.weight), self.weight.size
        present = all_of_them if self.connections is None else int(self.connections.sum())
        partly = "" if present == all_of_them else f", {present} of {all_of_them} connections"
        return f"Layer({self.n_inputs}, {n_outputs}{shown_options(self.activation, self.bias)}{partly})"


class _Row(Neuron):
    """Neuron i of a layer: its w and b are parts of the layer's arrays, with 0.0 for a missing weight."""

    def __init__(self, layer: Layer, i: int) -> None:
        weights, biases = vars(layer)["weight"], vars(layer)["bias"]
        vars(self).update(
            n_inputs=layer.n_inputs,
            connections=None if layer.connections is None else np.flatnonzero(layer.connections[i]).tolist(),
            w=weights[i],
            b=None if biases is None else biases[i : i + 1].reshape(()),
            activation=layer.activation,
        )

    @property
    def w(self) -> Row:
        row: Row = vars(self)["w"].view(Row)
        return row

    @property
    def b(self) -> Value | None:  # type: ignore[override]
        held = vars(self)["b"]
        return None if held is None else held[()]

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in ("w", "b"):
            raise AttributeError(f"the neurons of a layer share its {name}: set layer.{name}")
        if vars(self)[name] is None:
            raise ValueError(f"{self!r} has no {name} to set")
        tie(vars(self)[name], value, name)


_Row.__name__ = "Neuron"  # which it is for whoever reads a message


def _connected(connections: Any, n_inputs: int, n_outputs: int) -> npt.NDArray[np.bool_]:
    """The truth values as an array."""
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
    return mask.copy()
