"""The backward pass: order, accumulation, steps, long chains, and memory."""

from __future__ import annotations

import gc
import math
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Gate, Value, draw, gates, jacobian, topological_order
from autograd.backward import Step
from autograd.node import NOT_YET


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


# -- against the definition, in a dict and by recursion -----------------------------------------

UNARY = (gates.tanh, gates.neg, gates.relu)
BINARY = (gates.add, gates.sub, gates.mul, gates.maximum)
OTHERS = (gates.where, gates.summation)  # of three inputs, and of any number
#: A gate, and which of the nodes and numbers before it are its inputs.
picks = st.lists(
    st.tuples(st.sampled_from(UNARY + BINARY + OTHERS), st.lists(st.integers(0, 40), min_size=3, max_size=6)),
    min_size=1,
    max_size=30,
)


def random_root(picks: list[tuple[Gate, list[int]]]) -> Value:
    pool: list[Value | float] = [0.75, 3.0, Value(-1.5), Value(0.7), Value(0.1)]
    root = Value(1.0)
    for rule, places in picks:
        chosen = [pool[place % len(pool)] for place in places[: rule.arity]]
        root = rule(root, *chosen[1:])
        pool.append(root)
        pool.append(rule(*chosen) if any(isinstance(each, Value) for each in chosen) else root)
    total: Value = gates.summation(*pool) + root
    return total


def order_by_recursion(root: Value) -> list[Value]:
    order: dict[Value, None] = {}

    def visit(node: Value) -> None:
        for below in node.inputs:
            if below is not None and below not in order:
                visit(below)
        order[node] = None

    visit(root)
    return list(order)


def gradients_in_a_dict(root: Value) -> dict[Value, float]:
    order = order_by_recursion(root)
    gradients = dict.fromkeys(order, 0.0)
    gradients[root] = 1.0
    for node in reversed(order):
        for below, contribution in zip(node.inputs, node.local_backward(gradients[node]), strict=True):
            if below is not None:
                gradients[below] += contribution
    return gradients


@given(picks)
def test_order_and_gradients_are_exactly_those_of_the_definition(picks: list[tuple[Gate, list[int]]]) -> None:
    root = random_root(picks)
    order = topological_order(root)
    assert order == order_by_recursion(root)
    gradients = gradients_in_a_dict(root)
    expected = [repr(gradients[node]) for node in order]  # to the last bit, and nan is nan
    root.backward()
    assert [repr(node.grad) for node in order] == expected
    root.zero_grad()
    steps = list(root.backward_steps())
    assert [repr(node.grad) for node in order] == expected
    assert [step.node for step in steps] == [node for node in reversed(order) if node.gate]


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


# -- walks that break off, or meet ---------------------------------------------------------------


def gate_that(act: Callable[[], object]) -> Gate:
    """The identity, whose backward rule does something first."""
    return Gate(
        "acts", forward=lambda m, x: x, backward=lambda m, upstream, out, x: (upstream + 0 * bool(act()),)
    )


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_a_backward_that_breaks_off_changes_nothing_and_the_next_is_right(error: type[BaseException]) -> None:
    leaves, below = tangle()
    failures = [error]

    def fail_once() -> None:
        if failures:
            raise failures.pop()

    root = gate_that(fail_once)(below * 3) + leaves[0]
    nodes = topological_order(root)
    with pytest.raises(error):
        root.backward()
    assert all(node.grad is NOT_YET for node in nodes)
    root.backward()
    assert {node: node.grad for node in nodes} == gradients_in_a_dict(root)


def test_steps_go_on_rightly_after_other_walks_over_the_same_nodes() -> None:
    leaves, shared = tangle()
    root, other = shared * leaves[0], shared.tanh() + leaves[1]
    expected, more = gradients_in_a_dict(root), gradients_in_a_dict(other)
    steps, again = root.backward_steps(), root.backward_steps()
    next(steps)
    next(again)
    other.backward()
    topological_order(root)
    for _ in steps:
        next(again, None)
    assert list(again) == []  # its leaves' turns
    nodes = topological_order(root)
    assert [node.grad for node in nodes] == pytest.approx(
        [2 * expected[node] + more.get(node, 0.0) for node in nodes], rel=1e-14
    )


def test_a_rule_may_go_backward_through_a_graph_of_its_own() -> None:
    def square_of(x: float) -> tuple[Value, Value]:
        leaf = Value(x)
        return leaf, leaf * leaf

    def backward(m: object, upstream: float, out: float, x: float) -> tuple[float]:
        leaf, root = square_of(x)
        root.backward()
        return (upstream * leaf.grad,)

    x = Value(3.0)
    root = x * Gate("inner", forward=lambda m, x: square_of(x)[1].data, backward=backward)(x)
    root.backward()
    assert x.grad == 27.0


@pytest.mark.parametrize(
    "walk",
    [topological_order, lambda node: jacobian(node, node), Value.zero_grad, lambda node: draw(node).source],
)
def test_a_rule_may_walk_over_a_leaf_that_had_its_turn(walk: Callable[[Value], object]) -> None:
    w, x = Value(5.0), Value(2.0)
    root = gate_that(lambda: walk(w * 4.0))(x) * w
    root.backward()
    assert (x.grad, w.grad) == (5.0, 2.0)


def test_no_gradient_is_minus_zero() -> None:
    """As 0.0 and the contribution would be."""
    x, y = Value(2.0), Value(0.0)
    root = -((x * 1.0) * y)
    root.backward()
    assert [math.copysign(1.0, number) for number in (x.grad, jacobian(root, x).item())] == [1.0, 1.0]


def test_a_rule_that_walks_over_the_graph_it_is_part_of_is_refused() -> None:
    x = Value(3.0, "x")
    y = x * 2
    root = gate_that(y.backward)(y) + y
    with pytest.raises(RuntimeError, match=r"a backward rule walked over Value\(6, .*graph it is part of"):
        root.backward()
    assert root.grad is NOT_YET


def test_threads_that_share_parameters_take_turns() -> None:
    w = Value(1.0)
    roots = []
    for _ in range(2):
        root = w
        for _ in range(300):
            root = (root + w) * 1.0
        roots.append(root)

    def repeat(root: Value) -> None:
        for _ in range(50):
            root.backward()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(repeat, roots))
    finally:
        sys.setswitchinterval(interval)
    assert w.grad == 2 * 50 * 301
    assert gc.isenabled(), "a pause by one thread does not outlast the other's"
