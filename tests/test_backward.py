"""The backward pass: order, accumulation, steps, long chains, and memory."""

from __future__ import annotations

import gc

from autograd import Value, gates, topological_order
from autograd.backward import Step
from autograd.value import NOT_YET


def tangle() -> tuple[list[Value], Value]:
    """Some leaves and a root, with shared nodes, plain numbers and n-ary gates between."""
    a, b = Value(-1.5, "a"), Value(0.7, "b")
    c = a * b + b**3
    d = (c * 2 - a).tanh()
    e = gates.summation(c, d, d, 3.0, a)
    f = gates.maximum(e, d) / (1 + c * c)
    return [a, b], f * d + e.sigmoid() * f - a


# -- order --------------------------------------------------------------------------------------


def test_every_node_comes_once_and_after_its_inputs() -> None:
    _, root = tangle()
    order = topological_order(root)
    assert order[-1] is root
    assert len(set(order)) == len(order)
    place = {node: i for i, node in enumerate(order)}
    for node in order:
        for below in node.inputs:
            assert below is None or place[below] < place[node]


def test_order_of_a_leaf_is_the_leaf() -> None:
    x = Value(1.0)
    assert topological_order(x) == [x]


# -- gradients ----------------------------------------------------------------------------------


def test_a_diamond_adds_up_both_paths() -> None:
    x = Value(3.0)
    left, right = x * 2, x * x
    root = left * right  # 2 x^3
    root.backward()
    assert (x.grad, left.grad, right.grad, root.grad) == (54.0, 9.0, 6.0, 1.0)


def plain_depth_first(node: Value) -> None:
    """Wrong on purpose: hands a gradient on at once, before all of it has arrived."""
    for below, contribution in zip(node.inputs, node.local_backward(node.grad), strict=True):
        if below is not None:
            below.grad += contribution
            plain_depth_first(below)


def test_b_is_a_plus_a_and_c_is_b_plus_b() -> None:
    """Depth-first pre-order passes b's half gradient on to a, then its whole one: 6 in place of 4."""
    a = Value(1.0)
    b = a + a
    c = b + b
    c.backward()
    assert (a.grad, b.grad, c.grad) == (4.0, 2.0, 1.0)
    c.zero_grad()
    c.grad = 1.0
    plain_depth_first(c)
    assert (a.grad, b.grad) == (6.0, 2.0)


def test_a_second_backward_doubles_exactly() -> None:
    leaves, root = tangle()
    nodes = topological_order(root)
    root.backward()
    once = [node.grad for node in nodes]
    root.backward()
    assert [node.grad for node in nodes] == [2 * grad for grad in once]
    root.zero_grad()
    root.backward()
    assert [node.grad for node in nodes] == once
    assert all(leaf.grad != 0.0 for leaf in leaves)


def test_gradients_of_two_roots_accumulate() -> None:
    x = Value(3.0)
    (x * x).backward()
    (x * 5).backward()
    assert x.grad == 11.0


def test_zero_grad_clears_the_whole_graph_and_nothing_else() -> None:
    leaves, root = tangle()
    beside = leaves[0] * 2
    for node in (*topological_order(root), beside):
        node.grad = 7.0
    root.zero_grad()
    assert all(node.grad is NOT_YET for node in topological_order(root))
    assert beside.grad == 7.0


def test_backward_of_a_leaf_is_one() -> None:
    x = Value(3.0)
    x.backward()
    assert x.grad == 1.0
    assert list(x.backward_steps()) == []
    assert x.grad == 2.0
    assert x.local_backward(5.0) == ()


# -- steps --------------------------------------------------------------------------------------


def test_steps_contributions_sum_exactly_to_grad() -> None:
    _, root = tangle()
    arrived: dict[Value | None, float] = {root: 1.0}
    for step in root.backward_steps():
        assert step.upstream == step.node.grad == arrived[step.node], "complete when its turn comes"
        assert step.contributions == step.node.local_backward(step.upstream)
        for below, contribution in zip(step.node.inputs, step.contributions, strict=True):
            arrived[below] = arrived.get(below, 0.0) + contribution
        assert step.totals == tuple(arrived[below] for below in step.node.inputs)
    del arrived[None]
    assert arrived == {node: node.grad for node in topological_order(root)}


def test_steps_and_backward_give_the_same_gradients() -> None:
    _, root = tangle()
    nodes = topological_order(root)
    root.backward()
    by_backward = [node.grad for node in nodes]
    root.zero_grad()
    steps = list(root.backward_steps())
    assert [node.grad for node in nodes] == by_backward
    assert [step.node for step in steps] == [node for node in reversed(nodes) if node.gate is not None]


def test_steps_abandoned_midway_leave_the_rest_untouched() -> None:
    leaves, root = tangle()
    nodes = topological_order(root)
    root.backward()
    complete = {node: node.grad for node in nodes}
    root.zero_grad()
    steps = root.backward_steps()
    done = {next(steps).node for _ in range(3)}
    del steps
    assert gc.isenabled()
    for node in nodes:
        assert (node.grad is NOT_YET) is (node not in done)
    assert {node: node.grad for node in done} == {node: complete[node] for node in done}
    root.zero_grad()
    root.backward()
    assert {node: node.grad for node in nodes} == complete
    assert all(leaf.grad != 0.0 for leaf in leaves)


def test_the_walk_is_not_disturbed_by_what_the_reader_does_to_grad() -> None:
    x = Value(2.0)
    root = (x * 3) * (x * 5)
    for step in root.backward_steps():
        step.node.grad = 1e9
    assert x.grad == 60.0


def test_step_repr() -> None:
    x = Value(3.0)
    step = next((x * 2).backward_steps())
    assert isinstance(step, Step)
    assert repr(step) == "Step(Value(6, grad=1), upstream=1, contributions=(2.0, 3.0))"
