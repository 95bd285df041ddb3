"""Layer diagrams: what is drawn, how weights look, and models that cannot be drawn as layers."""

from __future__ import annotations

import html
import math
import re
from typing import Any

import numpy as np
import pytest

from autograd import relu, sigmoid
from nn import MLP, Layer, Neuron
from nn.activations import Swish
from nn.containers import Residual, Sequential
from nn.convolution import Convolution
from nn.perceptron import XOR
from nn.pictures import THICKEST, THINNEST, Drawing, draw_model
from nn.plots import BLUE, ORANGE


def edges(picture: Drawing) -> dict[str, dict[str, str]]:
    """The weights drawn, by their id, with their attributes."""
    lines = re.findall(r'"neuron\S+ -> "neuron\S+ \[(.*id=.*)\]', picture.source)
    found = [dict(re.findall(r'(\w+)=("[^"]*"|\S+)', line)) for line in lines]
    return {each["id"].strip('"'): {k: v.strip('"') for k, v in each.items()} for each in found}


def circles(picture: Drawing) -> list[str]:
    return re.findall(r'id="(neuron[-\d]+)"', picture.source)


def test_every_neuron_is_a_circle_and_every_weight_an_edge() -> None:
    picture = draw_model(MLP(3, [4, 2]))
    assert len(circles(picture)) == 3 + 4 + 2
    drawn = edges(picture)
    assert len(drawn) == 3 * 4 + 4 * 2
    assert set(drawn) >= {"weight0-3-2", "weight1-1-3"}
    assert picture.text == "3 inputs -> 4 neurons, relu -> 2 neurons"


def test_an_edge_leads_from_its_input_to_its_neuron() -> None:
    assert re.search(r'"neuron0-1" -> "neuron1-2" \[.*id="weight0-2-1"', draw_model(Layer(2, 3)).source)


def test_a_weight_is_as_thick_as_it_is_large_and_its_sign_is_seen_without_colour() -> None:
    drawn = edges(draw_model(Neuron.of([2.0, -1.0, 0.0, 1.0])))
    widths = [float(drawn[f"weight0-0-{j}"]["penwidth"]) for j in range(4)]
    middle = (THINNEST + THICKEST) / 2
    assert widths == pytest.approx([THICKEST, middle, THINNEST, middle], abs=0.01)
    looks = [(drawn[f"weight0-0-{j}"]["style"], drawn[f"weight0-0-{j}"]["color"]) for j in range(4)]
    assert looks == [("solid", BLUE), ("dashed", ORANGE), ("solid", BLUE), ("solid", BLUE)]


def test_weights_that_are_no_numbers_are_drawn_and_leave_the_others_their_scale() -> None:
    drawn = edges(draw_model(Neuron.of([math.inf, -math.inf, math.nan, 1.0, 0.5])))
    looks = [drawn[f"weight0-0-{j}"]["style"] for j in range(5)]
    assert looks == ["solid", "dashed", "dotted", "solid", "solid"]
    assert float(drawn["weight0-0-4"]["penwidth"]) < float(drawn["weight0-0-3"]["penwidth"]) == THICKEST
    assert all(
        float(each["penwidth"]) == THINNEST for each in edges(draw_model(Neuron.of([0.0, 0.0]))).values()
    )


def test_a_large_layer_shows_its_first_and_last_and_how_many_more() -> None:
    picture = draw_model(MLP(2, [20, 1]))
    assert [c for c in circles(picture) if c.startswith("neuron1")] == [
        f"neuron1-{i}" for i in (0, 1, 2, 3, 16, 17, 18, 19)
    ]
    assert "... 12 more" in picture.source
    assert len(edges(picture)) == 2 * 8 + 8
    assert "20 neurons, relu" in picture.source


@pytest.mark.parametrize(("limit", "shown"), [(2, [0, 9]), (3, [0, 1, 9]), (9, [*range(5), *range(6, 10)])])
def test_the_limit_says_how_many_neurons_of_a_layer_are_drawn(limit: int, shown: list[int]) -> None:
    picture = draw_model(Layer(1, 10), limit=limit)
    assert [c for c in circles(picture) if c.startswith("neuron1")] == [f"neuron1-{i}" for i in shown]
    assert f"... {10 - limit} more" in picture.source


def test_a_layer_of_just_the_limit_is_whole() -> None:
    assert "more" not in draw_model(Layer(1, 10), limit=10).source


def test_biases_are_written_in_the_circles_where_there_are_any() -> None:
    assert "b -1.5" in draw_model(Neuron.of([1.0, 1.0], -1.5)).source
    assert "b " not in "".join(re.findall(r'"neuron1-0" \["?(.*)', draw_model(Neuron(2, bias=False)).source))


def test_a_missing_connection_has_no_edge() -> None:
    layer = Layer(3, 2, connections=[[True, False, True], [False, True, False]])
    assert set(edges(draw_model(layer))) == {"weight0-0-0", "weight0-0-2", "weight0-1-1"}


def test_a_sequence_names_the_activations_that_follow_each_layer() -> None:
    model = Sequential(Layer(2, 3), Swish(), Sequential(Layer(3, 4, sigmoid), Layer(4, 1)), relu)
    assert draw_model(model).text == "2 inputs -> 3 neurons, Swish -> 4 neurons, sigmoid -> 1 neuron, relu"


def test_graphviz_draws_it_in_order() -> None:
    """The y of the circles, from the SVG: neurons from top to bottom as they are counted."""
    picture = draw_model(MLP(2, [16, 3], rng=np.random.default_rng(0)))
    svg = html.unescape(picture.render_bytes("svg").decode())
    for layer, count in ((0, 2), (1, 8), (2, 3)):
        heights = [
            float(y) for y in re.findall(rf'id="neuron{layer}-\d+".*?<ellipse[^>]*cy="([-.\d]+)"', svg, re.S)
        ]
        assert len(heights) == count
        assert heights == sorted(heights)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Sequential(), r"draw_model takes a Neuron, a Layer, an MLP or a Sequential .* got Sequential"),
        (Residual(Layer(2, 2)), "draw_model takes a Neuron, a Layer, an MLP or a Sequential"),
        (
            Sequential(Layer(2, 2), Residual(Layer(2, 2))),
            "Sequential of layers and activations, got Residual",
        ),
        (Sequential(relu, Layer(2, 2)), "got <gate relu"),
        (Sequential(Layer(2, 3), Layer(4, 1)), "fit one another, got 3 neurons before 4 inputs"),
        (XOR, "draw_model takes a Neuron, a Layer, an MLP or a Sequential"),  # its output is beside its list
        (Convolution(1, 1, 2), "draw_model takes a Neuron, a Layer, an MLP or a Sequential"),
        (relu, "draw_model takes a Neuron"),
        (3, "got 3"),
    ],
)
def test_what_is_no_sequence_of_layers_is_refused(model: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        draw_model(model)


@pytest.mark.parametrize("limit", [1, 0, 2.5, "8"])
def test_a_limit_is_a_whole_number_of_at_least_2(limit: Any) -> None:
    with pytest.raises(ValueError, match=f"limit must be a whole number, at least 2, got {limit!r}"):
        draw_model(Layer(1, 3), limit=limit)
