"""Convolution: the same few weights at every place of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import Value, ValueArray, array
from nn.checks import as_size
from nn.init import Init, draw, uniform
from nn.inputs import ONE_AT_A_TIME, as_numbers
from nn.module import Module
from nn.neuron import weighted_sum
from nn.weights import ArrayAttribute

if TYPE_CHECKING:
    from numpy.random import Generator


class Convolution(Module):
    """One bank of filters over a small image; as PyTorch's Conv2d, it does not flip the filters.

    out[o, i, j] = bias[o] + the sum over c, p, q of weight[o, c, p, q] * image[c, i*stride + p, j*stride + q]

    kernel_size      of a filter: a number, or (height, width)
    stride           how far the filter moves from place to place
    padding          rows and columns of zeros on each side of the image
    bias, init, rng  as Layer's; a filter's inputs are the numbers of a window, and its outputs, for
                     Xavier's rule, the places of a window times out_channels, as PyTorch counts them

    >>> edges = Convolution(1, 1, (1, 2), bias=False)
    >>> edges.load_state_dict({"weight": [[[[-1, 1]]]]})
    >>> edges([[0, 0, 5, 5]]).tolist()
    [[[Value(0, grad=0), Value(5, grad=0), Value(0, grad=0)]]]

    Raises ValueError for a size that is no whole number of at least 1, or a padding below 0; and as
    Layer does.
    """

    weight, bias = ArrayAttribute(), ArrayAttribute()

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int = 1,
        padding: int = 0,
        *,
        bias: bool = True,
        init: Init = uniform,
        rng: Generator | None = None,
    ) -> None:
        self.in_channels = as_size(in_channels, "in_channels")
        out_channels = as_size(out_channels, "out_channels")
        self.kernel_size = _as_kernel_size(kernel_size)
        self.stride = as_size(stride, "stride")
        self.padding = as_size(padding, "padding", least=0)
        height, width = self.kernel_size
        places = height * width
        # the init asks for as many rows as a filter has outputs; there are out_channels filters
        rows = draw(init, self.in_channels * places, out_channels * places, rng)[:out_channels]
        weights = np.reshape(rows, (out_channels, self.in_channels, height, width))
        self.weight = array(weights, label="W")
        self.bias = array(shape=out_channels, label="b") if bias else None

    def __call__(self, image: Any) -> ValueArray:
        """The filtered image (out_channels, height, width), from one of (in_channels, height, width).

        Where in_channels is 1, an image of two dimensions will do.
        Raises ValueError for another shape, or an image smaller than the filter; TypeError for an
        element that is no number.
        """
        x = self._as_image(image)
        (kernel_height, kernel_width), stride = self.kernel_size, self.stride
        height = (x.shape[1] - kernel_height) // stride + 1
        width = (x.shape[2] - kernel_width) // stride + 1
        if height < 1 or width < 1:
            raise ValueError(
                f"{self!r} takes an image of at least {kernel_height} x {kernel_width}, padding included, "
                f"got {x.shape[1]} x {x.shape[2]}"
            )
        filters = self.weight.reshape(len(self.weight), -1).tolist()
        biases = [None] * len(filters) if self.bias is None else self.bias.tolist()
        out = ValueArray((len(filters), height, width), object)
        for i, j in np.ndindex(height, width):
            top, left = i * stride, j * stride
            window = x[:, top : top + kernel_height, left : left + kernel_width].ravel().tolist()
            for o, (weights, bias) in enumerate(zip(filters, biases, strict=True)):
                out[o, i, j] = weighted_sum(weights, window, bias)
        return out

    def _as_image(self, image: Any) -> np.ndarray[Any, np.dtype[np.object_]]:
        """The image with its channels and its padding, of Values and floats."""
        wanted = f"{self!r} takes an image of shape ({self.in_channels}, height, width)"
        try:
            x = np.array(image, dtype=object)
        except ValueError:
            raise ValueError(f"{wanted}, got rows of different lengths") from None
        if x.ndim == 2 and self.in_channels == 1:
            x = x[np.newaxis]
        if any(isinstance(element, (list, tuple)) for element in x.flat):
            raise ValueError(f"{wanted}, got rows of different lengths")
        if x.ndim != 3 or len(x) != self.in_channels:
            batch = f". {ONE_AT_A_TIME}" if x.ndim == 4 or (x.ndim == 3 and self.in_channels == 1) else ""
            raise ValueError(f"{wanted}, got shape {x.shape}{batch}")
        elements: list[Value | float] = as_numbers(x.ravel(), "Convolution")
        checked = np.empty(x.size, dtype=object)
        checked[:] = elements
        around = (self.padding, self.padding)
        return np.pad(checked.reshape(x.shape), [(0, 0), around, around], constant_values=0.0)

    def __repr__(self) -> str:
        height, width = self.kernel_size
        size = height if height == width else (height, width)
        options = "" if self.stride == 1 else f", stride={self.stride}"
        options += f", padding={self.padding}" if self.padding else ""
        options += ", bias=False" if self.bias is None else ""
        return f"Convolution({self.in_channels}, {len(self.weight)}, {size}{options})"


def _as_kernel_size(size: Any) -> tuple[int, int]:
    height, width = size if isinstance(size, (tuple, list)) and len(size) == 2 else (size, size)
    return as_size(height, "kernel_size"), as_size(width, "kernel_size")
