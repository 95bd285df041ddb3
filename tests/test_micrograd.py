"""The same expressions here and in micrograd: values and gradients are equal, not merely close."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from graphviz import Digraph
from hypothesis import assume, given
from hypothesis import strategies as st

from autograd import Value

Build = Callable[[type[Any]], tuple[list[Any], Any]]


def micrograd_value() -> type[Any]:
    engine = pytest.importorskip("micrograd.engine", reason="micrograd is not installed")
    found: type[Any] = engine.Value
    return found


def one_leaf(value: type[Any]) -> tuple[list[Any], Any]:
    """t = 4x + 3 = -5 and r = relu(-t) + t x = 15 at x = -2, so r' = -4 + (t + 4x) = -17."""
    x = value(-2.0)
    t = 3 * x + 3 + x
    r = (-t).relu() + t * x
    return [x], (r * r).relu() + 2 * r * x - t


def every_operator(value: type[Any]) -> tuple[list[Any], Any]:
    """Both ways round, dividing by powers of two: micrograd's a * b**-1 is then exactly a / b."""
    a, b = value(-3.0), value(2.0)
    c = a - b + b**3
    d = c * a + (5 - b)
    d += (b + a).relu() + 1
    e = 2 * d - (-a).relu() * 3
    f = e**2 / 4 + c / 2.0 - 7
    f += 8 / b
    return [a, b], f - e


EXPRESSIONS = [
    # 225 - 60 + 5, and 2 r r' + 2 (r' x + r) - 4 = -510 + 98 - 4
    pytest.param(one_leaf, 170.0, [-416.0], id="one leaf"),
    # c = 3, d = -5, e = -19, f = 88.75; de/da = 3, df/da = -28; de/db = -68, df/db = 649.5
    pytest.param(every_operator, 107.75, [-31.0, 717.5], id="every operator"),
]


def data_and_gradients(build: Build, value: type[Any]) -> tuple[float, list[float]]:
    leaves, root = build(value)
    root.backward()
    return root.data, [leaf.grad for leaf in leaves]


@pytest.mark.parametrize(("build", "value", "gradients"), EXPRESSIONS)
def test_by_hand(build: Build, value: float, gradients: list[float]) -> None:
    assert data_and_gradients(build, Value) == (value, gradients)


@pytest.mark.parametrize(("build", "value", "gradients"), EXPRESSIONS)
def test_equal_to_micrograd(build: Build, value: float, gradients: list[float]) -> None:
    assert data_and_gradients(build, Value) == data_and_gradients(build, micrograd_value())


Steps = list[tuple[str, int, int]]


def random_expression(leaves: list[int], steps: Steps) -> Build:
    """Each step takes two of the nodes made so far; the root adds all of them, so all have gradients."""

    def build(value: type[Any]) -> tuple[list[Any], Any]:
        nodes = [value(float(number)) for number in leaves]
        for operation, i, j in steps:
            a, b = nodes[i % len(nodes)], nodes[j % len(nodes)]
            nodes.append(OPERATIONS[operation](a, b, j % 3))
        return nodes[: len(leaves)], sum(nodes)

    return build


OPERATIONS: dict[str, Callable[[Any, Any, int], Any]] = {
    "add": lambda a, b, k: a + b,
    "sub": lambda a, b, k: a - b,
    "mul": lambda a, b, k: a * b,
    "neg": lambda a, b, k: -a,
    "square": lambda a, b, k: a**2,
    "relu": lambda a, b, k: a.relu(),
    "number on the right": lambda a, b, k: a * k - k,
    "number on the left": lambda a, b, k: k - k * a,
}


@given(
    leaves=st.lists(st.integers(-2, 2), min_size=1, max_size=3),
    steps=st.lists(
        st.tuples(st.sampled_from(sorted(OPERATIONS)), st.integers(0, 9), st.integers(0, 9)), max_size=6
    ),
)
def test_random_graphs_on_whole_numbers_are_equal_to_micrograds(leaves: list[int], steps: Steps) -> None:
    """Whole numbers, since they leave nothing to rounding: micrograd adds gradients in any order."""
    build = random_expression(leaves, steps)
    mine, micrograds = data_and_gradients(build, Value), data_and_gradients(build, micrograd_value())
    assume(
        max(map(abs, (mine[0], *mine[1]))) < 2**40
    )  # squares of squares may pass what floats count exactly
    assert mine == micrograds


# -- the lecture's code, with another import ------------------------------------------------------


def trained(nn: Any, steps: int) -> list[float]:
    """The lecture's loop on its four examples, with rate 0.05: the losses, and the last outputs."""
    random.seed(1337)
    xs, ys = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]], [1.0, -1.0, -1.0, 1.0]
    n = nn.MLP(3, [4, 4, 1])
    losses = []
    for _ in range(steps):
        ypred = [n(x) for x in xs]
        loss = sum((yout - ygt) ** 2 for ygt, yout in zip(ys, ypred, strict=True))
        for p in n.parameters():
            p.grad = 0.0
        loss.backward()
        for p in n.parameters():
            p.data += -0.05 * p.grad
        losses.append(loss.data)
    return [*losses, *[n(x).data for x in xs]]


def test_micrograds_own_networks_train_on_our_values(monkeypatch: pytest.MonkeyPatch) -> None:
    nn = pytest.importorskip("micrograd.nn", reason="micrograd is not installed")
    micrograds = trained(nn, 20)
    monkeypatch.setattr(nn, "Value", Value)
    assert trained(nn, 20) == pytest.approx(micrograds, rel=1e-9)
    assert micrograds[19] < 0.5 * micrograds[0]
    model = nn.MLP(2, [2, 1])
    model([1.0, -1.0]).backward()
    model.zero_grad()
    assert {p.grad for p in model.parameters()} == {0.0}


def trace(root: Any) -> tuple[set[Any], set[tuple[Any, Any]]]:
    """As in micrograd's notebook."""
    nodes, edges = set(), set()

    def build(v: Any) -> None:
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    return nodes, edges


def draw_dot(root: Any) -> Any:
    """As in micrograd's notebook."""
    dot = Digraph(format="svg", graph_attr={"rankdir": "LR"})
    nodes, edges = trace(root)
    for n in nodes:
        label = "{ %s | data %.4f | grad %.4f }" % (n.label, n.data, n.grad)  # noqa: UP031  as it is there
        dot.node(name=str(id(n)), label=label, shape="record")
        if n._op:
            dot.node(name=str(id(n)) + n._op, label=n._op)
            dot.edge(str(id(n)) + n._op, str(id(n)))
    for n1, n2 in edges:
        dot.edge(str(id(n1)), str(id(n2)) + n2._op)
    return dot


def test_draw_dot_of_micrograds_notebook_draws_our_graphs() -> None:
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    d = a * b + a
    d.label = "d"
    d.backward()
    a.grad = None
    source = draw_dot(d).source
    assert "{ a | data 2.0000 | grad 0.0000 }" in source
    assert "{ d | data -4.0000 | grad 1.0000 }" in source
    assert source.count("->") == 6  # a and b to *, that to v, v and a to +, that to d
    assert (source.count('label="*"'), source.count('label="+"')) == (1, 1)
