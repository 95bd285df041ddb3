"""Plots: the side of the boundary that each point is on, and an activation's slope."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from autograd import Value, relu, sigmoid, tanh
from nn import Neuron
from nn.activations import Swish, selu
from nn.plots import COLOURS, HATCHES, MARKERS, plot_activation, plot_decision_boundary

if TYPE_CHECKING:
    from matplotlib.axes import Axes

X = [[0.0, 0.0], [1.0, 2.0], [2.0, 1.0], [2.0, 2.0]]


def axes() -> Axes:
    return Figure().subplots()


def legend(ax: Axes) -> list[str]:
    found = ax.get_legend()
    assert found is not None
    return [text.get_text() for text in found.get_texts()]


def boundary(ax: Axes) -> np.ndarray[Any, Any]:
    """The points of the black line."""
    lines = [each for each in ax.collections if np.size(each.get_facecolor()) == 0]
    return np.concatenate([path.vertices for line in lines for path in line.get_paths()])


@pytest.mark.parametrize(
    ("labels", "model"),
    [
        pytest.param([-1, -1, 1, 1], Neuron.of([1.0, 0.0], -1.5), id="a score, at 0"),
        pytest.param([0, 0, 1, 1], Neuron.of([1.0, 0.0], -1.5, sigmoid), id="a probability, at 1/2"),
        pytest.param(
            [0, 0, 1, 1], lambda x: [Value(0.0), Neuron.of([1.0, 0.0], -1.5)(x)], id="two scores, at a draw"
        ),
    ],
)
def test_the_boundary_is_where_the_model_changes_sides(labels: list[int], model: Any) -> None:
    ax = plot_decision_boundary(model, X, labels, axes())
    np.testing.assert_allclose(boundary(ax)[:, 0], 1.5, atol=1e-3)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x[0]", "x[1]")
    assert legend(ax) == [str(label) for label in sorted(set(labels))]


def test_the_examples_are_drawn_where_they_are_by_label() -> None:
    ax = plot_decision_boundary(Neuron.of([1.0, 0.0], -1.5), X, [-1, 1, -1, 1], axes())
    drawn = [
        np.asarray(each.get_offsets()).tolist() for each in ax.collections if each.get_label() in ("-1", "1")
    ]
    assert drawn == [[X[0], X[2]], [X[1], X[3]]]


def test_a_model_that_always_decides_the_same_has_no_boundary() -> None:
    ax = plot_decision_boundary(Neuron.of([0.0, 0.0], 1.0), X, [-1, -1, 1, 1], axes())
    with pytest.raises(ValueError, match="at least one array"):
        boundary(ax)


def test_three_outputs_decide_for_the_largest() -> None:
    def model(x: list[float]) -> list[Value]:
        return [Value(x[0]), Value(x[1]), Value(-1.0)]

    ax = plot_decision_boundary(model, X, [0, 1, 0, 1], axes())
    points = boundary(ax)
    np.testing.assert_allclose(points[:, 0], points[:, 1], atol=1e-9)
    assert legend(ax) == ["0", "1", "2"]


def test_labels_differ_by_more_than_colour() -> None:
    assert len(set(COLOURS)) == len(set(MARKERS)) == len(set(HATCHES)) == 6


@pytest.mark.parametrize(
    ("points", "labels", "message"),
    [
        ([[1.0, 2.0, 3.0]], [1], r"takes X of shape \(n, 2\) and y of n labels, got \(1, 3\) and \(1,\)"),
        (X, [1, -1], r"got \(4, 2\) and \(2,\)"),
        (np.empty((0, 2)), [], r"got \(0, 2\) and \(0,\)"),
        (X, [1, 1, 1, 1], r"takes two labels for one output, got \[1\]"),
        (X, [0, 1, 2, 2], r"takes two labels for one output, got \[0, 1, 2\]"),
    ],
)
def test_examples_that_do_not_fit_are_refused(points: Any, labels: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plot_decision_boundary(Neuron.of([1.0, 0.0]), points, labels, axes())


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ([0.0, 1.0], r"labels from 0 to 1, one per output, got \[-1, 1\]"),
        ([0.0] * 7, r"labels from 0 to 6, one per output, got \[-1, 1\]"),
        (float("nan"), "gives inf or nan"),
    ],
)
def test_outputs_that_do_not_fit_the_labels_are_refused(outputs: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plot_decision_boundary(lambda x: outputs, X, [-1, 1, 1, 1], axes())


def test_more_labels_than_colours_are_refused() -> None:
    with pytest.raises(ValueError, match="has colours for 6 labels, got 7"):
        plot_decision_boundary(lambda x: [0.0] * 7, X, [0, 1, 2, 6], axes())


def test_an_activation_and_its_slope() -> None:
    ax = plot_activation(tanh, axes())
    function, slope = ax.get_lines()
    x, y = map(np.asarray, function.get_data())
    assert (x[0], x[-1]) == (-5, 5)
    np.testing.assert_allclose(y, np.tanh(x), rtol=1e-12)
    np.testing.assert_allclose(np.asarray(slope.get_ydata()), 1 - np.tanh(x) ** 2, rtol=1e-9)
    assert function.get_linestyle() != slope.get_linestyle()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x", "tanh(x)")


@pytest.mark.parametrize(("function", "name"), [(relu, "relu"), (Swish(), "Swish"), (selu, "selu")])
def test_an_activation_is_named_by_gate_function_or_module(function: Any, name: str) -> None:
    assert plot_activation(function, axes()).get_ylabel() == f"{name}(x)"


def test_what_gives_no_value_is_refused() -> None:
    with pytest.raises(TypeError, match=r"takes a function from Value to Value, got -5\.0 from it"):
        plot_activation(lambda x: x.data, axes())  # type: ignore[arg-type, return-value]


def test_new_axes_are_made_where_none_are_given() -> None:
    program = "from nn.plots import *; from autograd import relu; print(plot_activation(relu).get_ylabel())"
    program = "import matplotlib; matplotlib.use('agg')\n" + program
    assert run(program) == "relu(x)\n"


def test_without_matplotlib_the_error_says_what_to_install() -> None:
    program = """
import sys
sys.modules["matplotlib"] = None
from autograd import relu
from nn.plots import plot_activation
try:
    plot_activation(relu)
except ModuleNotFoundError as error:
    print(error)
"""
    assert run(program) == 'plots need matplotlib: pip install "chalkgrad[plot]"\n'


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout
