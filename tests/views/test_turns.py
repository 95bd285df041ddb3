"""A path not taken, in every view: its local derivatives may be infinite, what it adds is nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import (
    Value,
    draw,
    exp,
    explain,
    gate,
    log,
    maximum,
    minimum,
    relu,
    sqrt,
    step,
    step_through,
    topological_order,
    where,
)
from autograd.backward import walk
from autograd.views.stepper.copies import copy_of_graph
from autograd.views.stepper.scenes import BackwardScene, both_passes
from autograd.views.tables import backward_rows
from autograd.views.turns import is_product, number_of, turns

POLES: dict[str, Callable[[Value], Value]] = {
    "sqrt": sqrt,
    "log": log,
    "quotient": lambda x: 1 / x,
    "power": lambda x: x**-1,
    "quotient by 0": lambda x: (x + 1) / Value(0.0),
    "quotients by 0": lambda x: (x + 1) / 0.0 / 0.0,
    "product with inf": lambda x: math.inf * (x + 1),
    "overflow": lambda x: exp(1000 + x),
    "sqrt of a product": lambda x: 3 * sqrt(2 * x),
}
ROUTERS: dict[str, Callable[[Value, Value], Value]] = {
    "where": lambda x, pole: where(Value(1.0, label="c"), x, pole),
    "maximum": lambda x, pole: maximum(x, minimum(pole, -1.0)),
    "minimum": lambda x, pole: minimum(x, maximum(pole, 9.0)),
    "relu": lambda x, pole: x + relu(minimum(pole, -1.0)),
    "step": lambda x, pole: x * step(pole + 5),
    "condition": lambda x, pole: where(pole + 5, x, x),
}


def labelled(value: Value, label: str) -> Value:
    value.label = label
    return value


def number_after_the_last(sign: str, text: str) -> str:
    return text.rpartition(sign)[2].split("\n")[0].strip()


@pytest.mark.parametrize("router", ROUTERS)
@pytest.mark.parametrize("pole", POLES)
@pytest.mark.parametrize("bears_label", [True, False])
def test_what_lies_behind_a_router_adds_nothing(router: str, pole: str, bears_label: bool) -> None:
    y, x = Value(0.0, label="y"), Value(2.0, label="x")
    behind = POLES[pole](y)
    if bears_label:
        behind.label = "behind"
    root = labelled(ROUTERS[router](x, behind) + y, "L")
    told = explain(root, y)
    assert told.text.startswith("The gradient of L with respect to y, by the chain rule: 1")
    assert told.recursive is not None
    for text in (told.text, told.recursive.text):
        assert "nan" not in text
        assert number_after_the_last("=", text.partition("\nwhere")[0]) == "1"
        assert not re.search(r"\b0 × (inf|-inf)|inf × 0", text)
    page = step_through(root).text
    assert re.search(r"y receives [^;]*\(total 1, complete\)", page)
    assert "nan" not in page
    assert "0 × inf" not in page
    assert all(row.contribution == row.contribution for row in backward_rows(root))
    for _ in range(2):  # a second backward leaves a 0 that is no longer the walk's own
        root.backward()
        assert "= nan" not in draw(root, derivatives=True).source


def test_a_path_not_taken_is_told_as_such() -> None:
    y, x = Value(0.0, label="y"), Value(2.0, label="x")
    root = labelled(where(1.0, x, labelled(sqrt(y), "s")) + y, "L")
    told = explain(root, y)
    assert "path 1 = d(L)/d(s) · d(s)/d(y)\n       = 0 · (1 / (2 * s))\n       = 0 (not taken)\n" in told.text
    assert told.recursive is not None
    assert "          = 0 (not taken) + 1\n          = 0 + 1\n          = 1" in told.recursive.text
    assert "y receives nothing: this path is not taken (total 1, complete)" in step_through(root).text
    assert step_through(root).html.count("nothing: this path is not taken") == 1
    assert "; nothing has reached it" in explain(root).text
    root.backward()
    assert draw(root, derivatives=True).source.count("back nothing: not taken") == 1


def test_a_large_page_tells_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the chain rules are told in short, from the gates that use the value."""
    monkeypatch.setattr("autograd.views.stepper.explanations.MOST_LOOKS", 0)
    y = Value(0.0, label="y")
    html = step_through(labelled(where(1.0, Value(2.0), labelled(sqrt(y), "s")), "L")).html
    assert html.count("<li>from s: nothing: this path is not taken</li>") == 1


def test_a_zero_that_did_arrive_times_infinity_is_nan_everywhere() -> None:
    """A product with 0 is a path that was taken: the views must not be kinder than backward."""
    y = Value(0.0, label="y")
    root = labelled(0.0 * labelled(sqrt(y), "s"), "L")
    root.backward()
    assert math.isnan(y.grad)
    assert explain(root, y).text.endswith("= nan")
    assert "y receives 0 × inf = nan" in step_through(root).text
    assert "back 0 × inf = nan" in draw(root, derivatives=True).source


def test_a_drawing_below_the_root_of_backward() -> None:
    """The part that is drawn was not reached by a backward pass that began above it."""
    y = Value(0.0, label="y")
    part = labelled(sqrt(y), "s")
    where(1.0, Value(2.0), part).backward()
    assert "back nothing: not taken" in draw(part, derivatives=True).source


MAKERS: list[Callable[[Value, Value], Value]] = [
    lambda a, b: sqrt(a),
    lambda a, b: log(a),
    lambda a, b: 1 / a,
    lambda a, b: a**-1,
    lambda a, b: where(step(a), a, b),
    lambda a, b: where(b, b, a),
    lambda a, b: maximum(a, b),
    lambda a, b: minimum(a, b),
    lambda a, b: relu(a),
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: a - 2 * b,
]
STEPS = st.lists(
    st.tuples(st.sampled_from(MAKERS), st.integers(0, 20), st.integers(0, 20), st.booleans()),
    min_size=1,
    max_size=12,
)


def random_graph(steps: list[tuple[Callable[[Value, Value], Value], int, int, bool]]) -> tuple[Value, Value]:
    """A graph of routers and poles; its root and a leaf."""
    leaf = Value(0.0, label="x")
    nodes = [leaf, Value(1.0), Value(-2.0, label="z")]
    for make, i, j, bears_label in steps:
        made = make(nodes[-1 - i % len(nodes)], nodes[-1 - j % len(nodes)])
        nodes.append(labelled(made, f"n{len(nodes)}") if bears_label else made)
    return nodes[-1], leaf


@given(STEPS)
def test_every_view_agrees_with_the_walk(
    steps: list[tuple[Callable[[Value, Value], Value], int, int, bool]],
) -> None:
    root, leaf = random_graph(steps)
    order = topological_order(root)
    engine = {node: upstream for node, upstream, _ in walk(root)}
    received = dict.fromkeys(order, 0.0) | {root: 1.0}
    for node, upstream, sent in turns(root):
        assert same(upstream, engine[node])
        for below, contribution in zip(node.inputs, sent, strict=True):
            if below is not None:
                received[below] += number_of(contribution)
    assert all(same(received[node], engine[node]) for node in order)

    totals = {len(order) - 1: 1.0}
    for turn in both_passes(copy_of_graph(root), range(len(order))).scenes:
        if isinstance(turn, BackwardScene):
            for share in turn.shares:
                assert share.taken or share.contribution == 0
                totals[share.place] = share.total
    assert all(same(totals[place], engine[node]) for place, node in enumerate(order))

    told = explain(root, leaf)
    if told.recursive is not None and all(map(math.isfinite, engine.values())):
        equations = told.recursive.text.partition("\nwhere")[0]
        assert not re.search(r"^ +=.*\bnan\b", equations, re.MULTILINE), equations


def same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


def test_nothing_is_no_product() -> None:
    assert is_product(math.nan, 0.0, math.inf)
    assert not is_product(None, math.inf, 0.0)
    assert is_product(None, 0.0, 3.0)


def test_the_check_of_the_paths_sees_past_a_path_not_taken() -> None:
    odd = gate("odd", forward=lambda m, x: x, backward=lambda m, upstream, out, x: (upstream * upstream,))
    x = Value(0.0, label="x")
    y = labelled(odd(x), "y")
    dead = labelled(where(0.0, labelled(sqrt(x), "s"), y), "w")
    with pytest.raises(AssertionError, match="not linear"):
        explain(labelled(2 * y, "a") + labelled(3 * y, "b") + dead, x)
