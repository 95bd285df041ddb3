"""MLP: a multilayer perceptron."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from autograd import Value, relu
from nn.checks import as_size
from nn.init import Init, uniform
from nn.layer import Layer
from nn.module import Module, shown
from nn.neuron import Activation, without

if TYPE_CHECKING:
    from numpy.random import Generator

    Item = TypeVar("Item")

    class Output(Value, list[Item]):  # type: ignore[misc]
        """What a model gives whose sizes no type checker knows: it may be used as either of the two."""

else:
    Output = Value | list[Value]


class MLP(Module):
    """A multilayer perceptron: layers of the given sizes, by default of relu, the last one linear.

    activation             of every layer but the last
    rng, init, bias        as Neuron's, for every layer

    The parameters of its first layer are labelled W1[i,j] and b1[i], and so on. Its state has the
    names of PyTorch's Sequential(Linear, ReLU, Linear, ...): "0.weight", "0.bias", "2.weight", ...

    >>> model = MLP(2, [4, 1])
    >>> model.named_parameters()[-1][0], model.parameters()[-1].label
    ('layers[1].bias[0]', 'b2[0]')

    Raises ValueError if there is no size, TypeError if sizes is no list; otherwise as Neuron does.
    """

    def __init__(
        self,
        n_inputs: int,
        sizes: Sequence[int],
        rng: Generator | None = None,
        *,
        activation: Activation | None = relu,
        init: Init = uniform,
        bias: bool = True,
    ) -> None:
        if hasattr(sizes, "__index__"):
            later = [rng] if hasattr(rng, "__index__") else []
            example = f"MLP({n_inputs}, {[sizes, *later]})"
            raise TypeError(f"sizes must be a list, a size for each layer, as in {example}; got {sizes!r}")
        if callable(rng):
            raise TypeError(f"an activation is given by its name: activation={shown(rng)}; here goes the rng")
        sizes = [as_size(size, "every size") for size in sizes]
        if not sizes:
            raise ValueError("sizes must name at least one layer, got none")
        self.layers: list[Layer] = []
        for number, n_outputs in enumerate(sizes, 1):
            hidden = activation if number < len(sizes) else None
            layer = Layer(n_inputs, n_outputs, hidden, rng, init=init, bias=bias)
            layer.label_parameters(number)
            self.layers.append(layer)
            n_inputs = n_outputs

    def __call__(self, x: Any) -> Output[Value]:
        """The last layer's outputs for one example: a list, but of one neuron its Value.

        Raises as Neuron does.
        """
        outputs = x
        for layer in self.layers:
            outputs = layer(outputs)
        last: Output[Value] = outputs[0] if len(outputs) == 1 else outputs
        return last

    def state_parts(self) -> Iterable[tuple[str, Any]]:
        """Each layer at an even place and its activation after it, as PyTorch's Sequential counts them."""
        for i, layer in enumerate(self.layers):
            for name, part in layer.state_parts():
                yield (f"{2 * i + 1}", part) if name == "activation" else (f"{2 * i}.{name}", part)
        yield from [(name, part) for name, part in vars(self).items() if name != "layers"]

    def __repr__(self) -> str:
        sizes = [len(layer.weight) for layer in self.layers]
        activation = self.layers[0].activation
        usual = activation is relu or len(sizes) == 1
        options = ("" if usual else f", activation={shown(activation)}") + without(self.layers[0].bias)
        return f"MLP({self.layers[0].n_inputs}, {sizes}{options})"
