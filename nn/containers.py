"""Containers: modules made of others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from autograd import add
from nn.module import Module, nested, shown

if TYPE_CHECKING:
    from autograd.value_array import ValueOrArray


class Sequential(Module):
    """Its parts, one after the other: modules and functions, each given what the last one gave.

    The state names each part by its number, as PyTorch's Sequential does: "0.weight", "2.weight".

    >>> from autograd import relu
    >>> from nn import Layer
    >>> model = Sequential(Layer(2, 3), relu, Layer(3, 1))
    >>> model
    Sequential(
      (0): Layer(2, 3)
      (1): relu
      (2): Layer(3, 1)
    )
    >>> list(model.state_dict())
    ['0.weight', '0.bias', '2.weight', '2.bias']

    Raises TypeError for a part that is nothing to call.
    """

    def __init__(self, *parts: Callable[[Any], Any]) -> None:
        for i, part in enumerate(parts):
            _check_callable(part, f"part {i} of a Sequential")
        self.parts = list(parts)

    def __call__(self, x: Any) -> ValueOrArray:
        """What the last part gives; raises as the parts do."""
        for part in self.parts:
            x = part(x)
        last: ValueOrArray = x
        return last

    def state_parts(self) -> Iterable[tuple[str, Any]]:
        """Each part by its number."""
        return [(str(i), part) for i, part in enumerate(self.parts)]

    def __repr__(self) -> str:
        return nested("Sequential", self.state_parts())


class Residual(Module):
    """H(x) = F(x) + x: the block F learns what to change of x (He et al. 2015, arXiv:1512.03385).

    Since dH/dx = dF/dx + 1, the gradient reaches the layers below also where that of F is small.

    >>> from autograd import tanh
    >>> Residual(tanh)([0.0, 1.0])
    array([0.        , 1.76159416])

    Raises TypeError if the block is nothing to call.
    """

    def __init__(self, block: Callable[[Any], Any]) -> None:
        _check_callable(block, "the block of a Residual")
        self.block = block

    def __call__(self, x: Any) -> ValueOrArray:
        """F(x) + x, element by element.

        Raises ValueError if the block gives another shape than it takes, and as the block does.
        """
        change = self.block(x)
        taken, given = _shape(x), _shape(change)
        if taken != given and {taken, given} != {(), (1,)}:
            raise ValueError(
                "a Residual needs a block that gives the shape it takes, for F(x) + x: "
                f"it took {taken} and gave {given}"
            )
        result: ValueOrArray = add(change, x)
        return result

    def __repr__(self) -> str:
        return nested("Residual", [("block", self.block)])


def _shape(x: Any) -> tuple[int, ...]:
    import numpy as np

    return np.array(x, dtype=object).shape


def _check_callable(part: Any, what: str) -> None:
    advice = ""
    if isinstance(part, (list, tuple)):
        advice = "; the parts go in without a list: Sequential(Layer(2, 3), relu)"
    elif isinstance(part, type):
        advice = f"; a class is no module yet: write {part.__name__}(...)"
    if advice or not callable(part):
        raise TypeError(f"{what} must be a module or a function, got {shown(part)}{advice}")
