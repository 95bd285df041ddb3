"""A program in a notebook: the scalar graph beside the matrix program."""

from __future__ import annotations

import re
from html import unescape

import numpy as np
import pytest

from autograd import Value, compile, gates
from autograd.compiler.trace import trace
from nn import MLP, squared_error
from tests.compiler.agreement import compiled


def test_graph_and_source_are_side_by_side() -> None:
    w, x = Value(2.0, label="w"), Value(3.0, label="x")
    program = compile((w * x) ** 2, inputs=[x], parameters=[w])
    html = program._repr_html_()
    assert '<img style="max-width:100%" alt="the graph" src="data:image/svg+xml;base64,' in html
    (source,) = re.findall(r"<pre>(.*?)</pre>", html, re.DOTALL)
    assert unescape(source) == program.source


def test_the_source_is_escaped() -> None:
    """relu's backward line has a <= in it."""
    model = MLP(2, [3, 1], np.random.default_rng(0))
    program = compiled(lambda x: squared_error(model(x), 1.0), [1.0, 2.0], model.parameters())
    html = program._repr_html_()
    assert "<=" in program.source
    assert "<=" not in html


def test_a_large_graph_is_not_drawn() -> None:
    node = x = Value(1.0)
    for _ in range(6000):
        node = gates.sin(node)
    assert "too many nodes to draw" in compile(node, inputs=[x])._repr_html_()


@pytest.mark.parametrize("numbers", [(2.0, 3.0), (-1.0, 0.5)])
def test_a_trace_is_built_again_as_the_graph_it_was(numbers: tuple[float, float]) -> None:
    w, x = (Value(number, label=label) for number, label in zip(numbers, "wx", strict=True))
    loss = gates.tanh(w * x) + w * 4
    loss.label = "loss"
    (rebuilt,) = trace([loss], [x], [w]).rebuilt()
    assert (rebuilt.data, rebuilt.label) == (loss.data, "loss")
    assert rebuilt is not loss
