"""Activation functions: on a Value, a list or an array of them, element by element, and on numbers.

Those that are gates are the gates of ``autograd``; the others are built from them, so that no
derivative is written twice. softmax and log_softmax take a vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from autograd import (
    Value,
    detach,
    div,
    exp,
    expm1,
    leaky_relu,
    logsumexp,
    maximum,
    mul,
    neg,
    relu,
    sigmoid,
    step,
    sub,
    summation,
    tanh,
    where,
)
from nn.inputs import as_numbers
from nn.module import Module

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from autograd import ValueArray

    Floats = Sequence[float] | npt.NDArray[np.floating | np.integer]

T = TypeVar("T")

__all__ = [
    "Swish", "identity", "leaky_relu", "log_softmax", "relu", "selu", "sigmoid", "softmax", "step", "tanh",
]  # fmt: skip

# Klambauer et al. 2017, arXiv:1706.02515, equation 14: with these two, and weights of mean 0 and
# variance 1/n, activations of mean 0 and variance 1 stay so from layer to layer.
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_LAMBDA = 1.0507009873554804934193349852946


def identity(x: T) -> T:
    """x itself. A network of such layers alone is one linear layer."""
    return x


@overload
def selu(x: Value) -> Value: ...
@overload
def selu(x: float) -> float: ...
@overload
def selu(x: Sequence[Any] | npt.NDArray[Any]) -> npt.NDArray[Any]: ...
def selu(x: Any) -> Any:
    """lambda * x above zero and lambda * alpha * (exp(x) - 1) below (Klambauer et al. 2017).

    Its slope at 0 is that below, lambda * alpha, as PyTorch's.

    >>> selu(1.0), selu(0.0), selu(Value(-800.0)).data == -SELU_LAMBDA * SELU_ALPHA
    (1.0507009873554805, 0.0, True)
    """
    below = where(step(neg(x)), x, 0.0)
    return SELU_LAMBDA * (relu(x) + SELU_ALPHA * expm1(below))


class Swish(Module):
    """x * sigmoid(beta * x), with a trainable beta (Ramachandran et al. 2017, arXiv:1710.05941).

    beta = 1 is SiLU, beta = 0 is x / 2, and a large beta comes close to relu.

    >>> swish = Swish()
    >>> swish(Value(2.0)).backward()
    >>> swish.parameters()
    [Value(1, grad=0.419974, label='beta')]

    Raises TypeError if beta is no real number.
    """

    def __init__(self, beta: float = 1.0) -> None:
        self.beta = Value(beta, label="beta")

    @overload
    def __call__(self, x: Value | float) -> Value: ...
    @overload
    def __call__(self, x: Sequence[Any] | npt.NDArray[Any]) -> ValueArray: ...
    def __call__(self, x: Any) -> Any:
        """The activation of x; raises TypeError for what is no number."""
        share = sigmoid(mul(self.beta, x))
        return where(share, mul(x, share), 0.0)  # at -inf 0, its limit

    def __repr__(self) -> str:
        return f"Swish(beta={self.beta.data:g})"


@overload
def softmax(z: Floats) -> list[float]: ...  # type: ignore[overload-overlap]  # of floats alone
@overload
def softmax(z: Sequence[Value | float] | ValueArray) -> list[Value]: ...
def softmax(z: Any) -> Any:
    """exp(z[i]) / (exp(z[0]) + exp(z[1]) + ...) for each i: probabilities, which add up to 1.

    The largest is subtracted from each first, which leaves the result and its gradient as they are
    and keeps exp from overflowing. A logit of -inf has probability 0.

    >>> [p.data for p in softmax([Value(1000.0), Value(1000.0)])]
    [0.5, 0.5]

    Raises ValueError for none, TypeError for what is no list or array of numbers.
    """
    powers = [exp(each) for each in _shifted(z, "softmax")]
    total = summation(*powers)
    return [div(each, total) for each in powers]


@overload
def log_softmax(z: Floats) -> list[float]: ...  # type: ignore[overload-overlap]  # of floats alone
@overload
def log_softmax(z: Sequence[Value | float] | ValueArray) -> list[Value]: ...
def log_softmax(z: Any) -> Any:
    """log(softmax(z)[i]) for each i, finite also where the probability is too small for a float.

    >>> log_softmax([0.0, 1000.0])
    [-1000.0, 0.0]

    Raises as softmax does.
    """
    shifted = _shifted(z, "log_softmax")
    log_total = logsumexp(*shifted)
    return [sub(each, log_total) for each in shifted]


def _shifted(z: Any, where: str) -> list[Any]:
    if not hasattr(z, "__len__"):
        raise TypeError(f"{where} takes a list or an array, got {z!r} of type {type(z).__name__}")
    elements = as_numbers(z, where)
    if not elements:
        raise ValueError(f"{where} takes at least one number, got none")
    largest = detach(maximum(*elements))
    return [sub(each, largest) for each in elements]
