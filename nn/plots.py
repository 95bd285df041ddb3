"""Plots by matplotlib: the boundary that a model decides by, an activation and its slope.

Needs matplotlib: ``pip install "chalkgrad[plot]"``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from autograd import Value, gc_paused
from nn.vector import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's colours, which people who see colours differently can tell apart; in print, the
# markers and hatches do.
BLUE, ORANGE = "#0072B2", "#D55E00"
COLOURS = (ORANGE, BLUE, "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "^", "D", "v", "P")
HATCHES = ("//", "", "..", "\\\\", "xx", "++")

GRID = 60  # points along each side of the plane
MARGIN = 0.1  # around the data, as a share of its width


def plot_decision_boundary(model: Callable[[Any], Any], X: Any, y: Any, ax: Axes | None = None) -> Axes:
    """What a model of two inputs decides over the plane, and the examples X with their labels y.

    X is n x 2, y n labels. A model of one output decides between two labels by which is nearer: at 0
    for -1 and 1, at 1/2 for 0 and 1 (so that a logit wants -1 and 1). A model of several outputs
    decides for the largest; the labels are then their indices 0, 1, ...

    Raises ValueError for other shapes, for labels that do not fit the model's outputs, or for more
    labels than there are colours; ModuleNotFoundError without matplotlib.
    """
    points, labels = np.asarray(X, dtype=float), np.asarray(y)
    if points.ndim != 2 or points.shape[1] != 2 or labels.shape != (len(points),) or not len(points):
        wanted = "X of shape (n, 2) and y of n labels"
        raise ValueError(f"plot_decision_boundary takes {wanted}, got {points.shape} and {labels.shape}")
    sides = [_span(column) for column in points.T]
    across, up = np.meshgrid(*sides)
    with gc_paused():
        outputs = [_numbers(model([a, b])) for a, b in zip(across.flat, up.flat, strict=True)]
    margins = _margins(np.array(outputs), np.unique(labels))
    if ax is None:
        ax = new_axes()
    for i, margin in enumerate(margins.values()):
        plane = margin.reshape(across.shape)
        if plane.max() > 0:
            levels = [0, plane.max()]
            region = ax.contourf(*sides, plane, levels, colors=[COLOURS[i]], alpha=0.3, hatches=[HATCHES[i]])
            region.set_edgecolor((0, 0, 0, 0.15))
            region.set_linewidth(0)
        if plane.min() < 0 < plane.max():
            ax.contour(*sides, plane, [0], colors="black", linewidths=1)
    for i, label in enumerate(margins):
        chosen = points[labels == label]
        ax.scatter(
            chosen[:, 0],
            chosen[:, 1],
            color=COLOURS[i],
            marker=MARKERS[i],
            edgecolors="black",
            label=f"{label}",
        )
    ax.set(xlabel="x[0]", ylabel="x[1]")
    ax.legend(title="label")
    return ax


def plot_activation(function: Callable[[Value], Value], ax: Axes | None = None) -> Axes:
    """An activation from -5 to 5, and its slope by backward().

    Raises TypeError for a function that does not give a Value, ModuleNotFoundError without matplotlib.
    """
    xs = np.linspace(-5, 5, 501)
    outputs, slopes = [], []
    for number in xs:
        x = Value(number)
        out = function(x)
        if not isinstance(out, Value):
            raise TypeError(f"plot_activation takes a function from Value to Value, got {out!r} from it")
        out.backward()
        outputs.append(out.data)
        slopes.append(x.grad)
    if ax is None:
        ax = new_axes()
    name = name_of(function)
    ax.plot(xs, outputs, color=BLUE, label=f"{name}(x)")
    ax.plot(xs, slopes, color=ORANGE, linestyle="--", label="its slope")
    ax.set(xlabel="x", ylabel=f"{name}(x)")
    ax.grid(alpha=0.3)
    ax.legend()
    return ax


def name_of(activation: Any) -> str:
    """What an activation is called: a gate, a function or a module."""
    return str(getattr(activation, "name", getattr(activation, "__name__", type(activation).__name__)))


def _span(column: Array) -> Array:
    low, high = column.min(), column.max()
    around = MARGIN * (high - low) or 1.0
    return np.linspace(low - around, high + around, GRID)


def _numbers(output: Any) -> list[float]:
    outputs = output if isinstance(output, (list, tuple, np.ndarray)) else [output]
    return [each.data if isinstance(each, Value) else float(each) for each in outputs]


def _margins(outputs: Array, present: npt.NDArray[Any]) -> dict[Any, Array]:
    """By label: how far each output is on that label's side of the boundary."""
    several = outputs.shape[1] > 1
    labels = list(range(outputs.shape[1])) if several else present.tolist()
    wanted = f"labels from 0 to {len(labels) - 1}, one per output" if several else "two labels for one output"
    if not set(present.tolist()) <= set(labels) or (not several and len(labels) != 2):
        raise ValueError(f"plot_decision_boundary takes {wanted}, got {present.tolist()}")
    if len(labels) > len(COLOURS):
        raise ValueError(f"plot_decision_boundary has colours for {len(COLOURS)} labels, got {len(labels)}")
    if not np.isfinite(outputs).all():
        raise ValueError("plot_decision_boundary: the model gives inf or nan on the plane around X")
    if not several:
        above = outputs[:, 0] - np.mean(present)
        return dict(zip(labels, (-above, above), strict=True))
    others = [np.delete(outputs, label, axis=1).max(axis=1) for label in labels]
    return {label: outputs[:, label] - other for label, other in zip(labels, others, strict=True)}


def new_axes() -> Axes:
    """Matplotlib's axes in a figure of their own; ModuleNotFoundError says what to install."""
    try:
        from matplotlib import pyplot
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "matplotlib":
            raise
        wanted = 'plots need matplotlib: pip install "chalkgrad[plot]"'
        raise ModuleNotFoundError(wanted, name="matplotlib") from None
    return pyplot.subplots()[1]
