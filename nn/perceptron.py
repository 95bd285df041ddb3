"""The perceptron, and Boolean gates by chosen weights (lectures 001 and 002).

>>> [XOR([a, b]).data for a, b in [(1, 1), (1, 0), (0, 1), (0, 0)]]
[0.0, 1.0, 1.0, 0.0]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self, overload

from autograd import Value, neg, step, sub
from nn.module import Module
from nn.neuron import Activation, Neuron

if TYPE_CHECKING:
    import numpy.typing as npt
    from numpy.random import Generator


@overload
def sign(x: Value) -> Value: ...
@overload
def sign(x: float) -> float: ...
@overload
def sign(x: Sequence[Any] | npt.NDArray[Any]) -> npt.NDArray[Any]: ...
def sign(x: Any) -> Any:
    """-1 below 0, 0 at 0 and 1 above; its gradient is 0 everywhere.

    >>> sign(-3.0), sign(0.0), sign(0.5)
    (-1.0, 0.0, 1.0)
    """
    return sub(step(x), step(neg(x)))


class Perceptron(Neuron):
    """sign(b + w.x): on which side of the line (the hyperplane) b + w.x = 0 the example x lies.

    >>> Perceptron.of([1.0, 1.0], bias=-1.5)([1.0, 1.0]).data
    1.0

    Raises as Neuron does.
    """

    def __init__(self, n_inputs: int, rng: Generator | None = None) -> None:
        super().__init__(n_inputs, sign, rng)

    @classmethod
    def of(
        cls,
        weights: Sequence[float],
        bias: float | None = 0.0,
        activation: Activation | None = sign,
        connections: list[int] | None = None,
    ) -> Self:
        """A perceptron of chosen weights; raises as Neuron.of does."""
        return super().of(weights, bias, activation, connections)


#: Neurons with the binary step on inputs of 0 (false) and 1 (true). Each line lies halfway between
#: the corners of the square that it parts.
AND = Neuron.of([1.0, 1.0], -1.5, step)
OR = Neuron.of([1.0, 1.0], -0.5, step)
NAND = Neuron.of([-1.0, -1.0], 1.5, step)
NOT = Neuron.of([-1.0], 0.5, step)


class _TwoLayers(Module):
    """Two hidden lines and the AND of their sides: what no single line can part."""

    def __init__(self, first: Neuron, second: Neuron, output: Neuron) -> None:
        self.hidden = [first, second]
        self.output = output

    def __call__(self, x: Any) -> Value:
        return self.output([neuron(x) for neuron in self.hidden])


#: AND(OR, NAND): true between the lines x[0] + x[1] = 0.5 and x[0] + x[1] = 1.5.
XOR = _TwoLayers(OR, NAND, AND)
