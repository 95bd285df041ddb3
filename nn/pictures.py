"""Pictures of networks: the layers of a model; and, from nn.plots, what it decides and how it activates."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite, isnan
from typing import Any, NamedTuple

from autograd import Value
from autograd.arithmetic.notation import number_text
from autograd.views.labels import inert, tooltip
from autograd.views.rendering import Drawing
from nn.checks import as_size
from nn.layer import Layer
from nn.module import Module
from nn.neuron import Neuron
from nn.plots import BLUE, ORANGE, name_of, plot_activation, plot_decision_boundary

__all__ = ["Drawing", "draw_model", "plot_activation", "plot_decision_boundary"]

FONT = "Helvetica,Arial,sans-serif"
GRAPH = {
    "rankdir": "LR",
    "splines": "line",
    "ranksep": "1.4",
    "nodesep": "0.12",
    "fontname": FONT,
    "fontsize": "11",
    "label": "edge: a weight, the thicker the larger; solid > 0, dashed < 0",
}
CIRCLE = {
    "shape": "circle",
    "style": "filled",
    "fillcolor": "#e6f1fa",
    "fontname": FONT,
    "fontsize": "10",
    "width": "0.6",
    "fixedsize": "true",
}
INPUT = {"fillcolor": "#fdf1d8"}
PLAIN = {
    "shape": "plaintext",
    "style": "",
    "width": "0",
    "height": "0",
    "margin": "0.02",
    "fixedsize": "false",
}

THINNEST, THICKEST = 0.3, 4.0


class Column(NamedTuple):
    """A layer as it is drawn: its neurons, and the names of what is applied to their outputs."""

    neurons: Sequence[Neuron]
    activations: list[str]


def draw_model(model: Module, *, limit: int = 8) -> Drawing:
    """The layers of a Neuron, a Layer, an MLP or a sequence of them, from left to right.

    A neuron is a circle with its bias; an edge is a weight: the thicker, the larger; solid if it is
    positive, dashed if it is negative.

    limit  how many neurons of a layer to draw; a larger layer shows its first and last

    >>> from nn import MLP
    >>> draw_model(MLP(2, [16, 1])).text
    '2 inputs -> 16 neurons, relu -> 1 neuron'

    Raises TypeError for a model that is no such sequence, ValueError for a limit below 2.
    """
    limit = as_size(limit, "limit", least=2)
    columns = _columns(model)
    n_inputs = columns[0].neurons[0].n_inputs
    picture = Drawing("model", graph_attr=GRAPH, node_attr=CIRCLE, edge_attr={"arrowhead": "none"})
    titles = [_count(n_inputs, "input"), *[_title(column) for column in columns]]
    faces = [[f"x[{j}]" for j in range(n_inputs)]]
    faces += [[_face(neuron) for neuron in column.neurons] for column in columns]
    for number, (title, texts) in enumerate(zip(titles, faces, strict=True)):
        _draw_column(picture, number, title, texts, limit)
    largest = _largest_weight(columns)
    for number, column in enumerate(columns):
        sources = _shown(len(faces[number]), limit)
        for i in _shown(len(column.neurons), limit):
            neuron = column.neurons[i]
            for j, weight in enumerate(neuron.w):
                if j in sources and isinstance(weight, Value):
                    _draw_weight(picture, number, weight, i, j, largest)
    picture.text = " -> ".join(titles)
    return picture


def _columns(model: Any) -> list[Column]:
    """The layers of a model, in order, each with the activations that follow it."""
    if isinstance(model, (Neuron, Layer)):
        neurons = [model] if isinstance(model, Neuron) else model.neurons
        activation = neurons[0].activation
        return [Column(neurons, [] if activation is None else [name_of(activation)])]
    parts = list(vars(model).values()) if isinstance(model, Module) else []
    sequences = [part for part in parts if isinstance(part, (list, tuple)) and all(map(callable, part))]
    if len(sequences) != 1 or not sequences[0] or not _holds_all(sequences[0], model):
        wanted = "a Neuron, a Layer, an MLP or a Sequential of layers and activations"
        advice = "; its graph is drawn by autograd's draw" if isinstance(model, Value) else ""
        raise TypeError(f"draw_model takes {wanted}, got {model!r}{advice}")
    columns: list[Column] = []
    for part in sequences[0]:
        if columns and _is_activation(part):
            columns[-1].activations.append(name_of(part))
        else:
            columns += _columns(part)
    for before, after in pairwise(columns):
        if len(before.neurons) != after.neurons[0].n_inputs:
            sizes = f"{len(before.neurons)} neurons before {after.neurons[0].n_inputs} inputs"
            raise TypeError(f"draw_model takes layers that fit one another, got {sizes} in {model!r}")
    return columns


def _holds_all(parts: Sequence[Any], model: Module) -> bool:
    """Whether the model's parameters are all in these parts, and none beside them."""
    held = {parameter for part in parts if isinstance(part, Module) for parameter in part.parameters()}
    return held >= set(model.parameters())


def _is_activation(part: Any) -> bool:
    """Whether it takes one number to one number: a function, or a module of nothing but Values, as Swish."""
    if isinstance(part, Module):
        return all(isinstance(held, Value) for held in vars(part).values())
    return callable(part)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _title(column: Column) -> str:
    return ", ".join([_count(len(column.neurons), "neuron"), *column.activations])


def _face(neuron: Neuron) -> str:
    return "" if neuron.b is None else f"b {number_text(neuron.b.data, 2)}"


def _largest_weight(columns: list[Column]) -> float:
    """The largest size of a weight, which the thickest edge stands for; 1 if all are 0."""
    weights = [weight for column in columns for neuron in column.neurons for weight in neuron.w]
    sizes = [abs(weight.data) for weight in weights if isinstance(weight, Value)]
    return max([size for size in sizes if isfinite(size)], default=0.0) or 1.0


def _shown(size: int, limit: int) -> list[int]:
    """The first and last of a layer, so many as the limit allows."""
    if size <= limit:
        return list(range(size))
    last = limit // 2
    return [*range(limit - last), *range(size - last, size)]


def _draw_column(picture: Drawing, number: int, title: str, faces: list[str], limit: int) -> None:
    """A layer's circles, its title above; edges that are not seen keep them in order."""
    shown = _shown(len(faces), limit)
    names = [f"title{number}"]
    with picture.subgraph(graph_attr={"rank": "same"}) as column:
        column.node(names[0], inert(title), **PLAIN)
        for before, i in zip([-1, *shown], shown, strict=False):
            if i > before + 1:
                names.append(f"more{number}")
                column.node(names[-1], f"... {i - before - 1:,} more", **PLAIN)
            names.append(f"neuron{number}-{i}")
            column.node(names[-1], inert(faces[i]), id=names[-1], **(INPUT if number == 0 else {}))
        for above, below in pairwise(names):
            column.edge(above, below, style="invis")


def _draw_weight(picture: Drawing, number: int, weight: Value, i: int, j: int, largest: float) -> None:
    share = min(abs(weight.data) / largest, 1.0) if isfinite(weight.data) else 1.0
    look = {"style": "solid", "color": BLUE} if weight.data >= 0 else {"style": "dashed", "color": ORANGE}
    if isnan(weight.data):
        look = {"style": "dotted", "color": "black"}
    picture.edge(
        f"neuron{number}-{j}",
        f"neuron{number + 1}-{i}",
        id=f"weight{number}-{i}-{j}",
        penwidth=f"{THINNEST + share * (THICKEST - THINNEST):.2f}",
        edgetooltip=tooltip(f"{weight.label or 'weight'} = {weight.data!r}"),
        **look,
    )
