"""Graphs of any size: no recursion, no reference cycles, and the collector left as it was."""

from __future__ import annotations

import gc
import sys

import pytest

from autograd import Gate, Value, gates, gc_paused, topological_order
from tests.test_backward import tangle


def test_a_chain_of_a_million_gates() -> None:
    """Forward, backward and freed, without recursion."""
    limit = sys.getrecursionlimit()
    assert limit < 100_000
    x = Value(1.0)
    y = x
    with gc_paused():
        for _ in range(1_000_000):
            y = -y
    y.backward()
    assert (y.data, x.grad) == (1.0, 1.0)
    del y
    assert sys.getrecursionlimit() == limit


def test_a_sum_of_a_hundred_thousand_terms() -> None:
    terms = [Value(0.5) for _ in range(100_000)]
    for total in (gates.summation(*terms), sum(terms)):
        assert isinstance(total, Value)
        total.backward()
        assert total.data == 50_000.0
    assert {term.grad for term in terms} == {2.0}


# -- memory -------------------------------------------------------------------------------------


def live_values() -> int:
    return sum(type(thing) is Value for thing in gc.get_objects())


def test_graphs_hold_no_reference_cycles() -> None:
    """Dropping a graph frees it at once: the collector, run afterwards, finds nothing."""
    gc.collect()
    before = live_values()
    gc.disable()
    try:
        leaves, root = tangle()
        root.backward()
        steps = root.backward_steps()
        next(steps)
        for step in root.backward_steps():
            step.node.local_backward(1.0)
        root.zero_grad()
        closures = [node._backward for node in topological_order(root)]
        assert live_values() > before
        del leaves, root, steps, step, closures
        left = live_values()
        found = gc.collect()
    finally:
        gc.enable()
    assert left == before
    assert found == 0


def test_gc_paused_restores_after_an_exception() -> None:
    assert gc.isenabled()

    class Broken(Exception):
        pass

    def fail() -> None:
        with gc_paused():
            assert not gc.isenabled()
            raise Broken

    with pytest.raises(Broken):
        fail()
    assert gc.isenabled()


def test_gc_paused_nests() -> None:
    with gc_paused():
        with gc_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
        Value(1.0).backward()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_gc_paused_leaves_a_disabled_collector_disabled() -> None:
    gc.disable()
    try:
        with gc_paused():
            pass
        Value(1.0).backward()
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_backward_pauses_the_collector_and_restores_it_after_an_error() -> None:
    collecting = []

    def fails(m: object, upstream: float, out: float, x: float) -> tuple[float]:
        collecting.append(gc.isenabled())
        raise ZeroDivisionError

    broken = Gate("broken", forward=lambda m, x: x, backward=fails)
    with pytest.raises(ZeroDivisionError):
        broken(Value(1.0)).backward()
    assert collecting == [False]
    assert gc.isenabled()
