"""Ctrl-C at any moment of backward(): every gradient whole or untouched, the collector as it was."""

from __future__ import annotations

import gc
import random
import signal
import time

import pytest

from autograd import Value, topological_order

pytestmark = [
    pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timer"),
    pytest.mark.usefixtures("alarms_interrupt"),
]


def graph() -> Value:
    h = x = Value(1.0)
    for i in range(1000):
        h = h * 1.0001 + x if i % 2 else h.tanh()
    return h


@pytest.mark.parametrize("is_enabled", [True, False], ids=["collector on", "collector off"])
@pytest.mark.parametrize("before", [None, 5.0], ids=["first", "second"])
def test_backward(before: float | None, is_enabled: bool) -> None:
    root, draw = graph(), random.Random(0)
    nodes = topological_order(root)
    started = time.perf_counter()
    root.backward()
    took = time.perf_counter() - started
    added = [node.grad for node in nodes]
    untouched = [0.0 if before is None else before] * len(nodes)
    whole = [grad + more for grad, more in zip(untouched, added, strict=True)]
    interrupted = 0
    try:
        for _ in range(300):
            for node in nodes:
                node.grad = before
            gc.enable() if is_enabled else gc.disable()
            try:
                signal.setitimer(signal.ITIMER_REAL, draw.uniform(1e-6, 1.2 * took))
                root.backward()
                signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                interrupted += 1
            assert gc.isenabled() == is_enabled
            assert [node.grad for node in nodes] in (whole, untouched)
    finally:
        gc.enable()
    assert interrupted, "no signal came in time: nothing was tested"
