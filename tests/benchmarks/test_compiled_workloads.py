"""The networks of the benchmark: compiled, and by hand in NumPy, they compute the same."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from benchmarks import compiled_workloads as beside
from benchmarks.compiled_workloads import Workload, both, check_agreement, compiled

#: Small, but with what the large ones have: several positions, heads, classes, components.
SMALL: dict[str, Callable[[], Workload]] = {
    "gpt": partial(beside.gpt, 3, 8),
    "long gpt": partial(beside.gpt, 5, 4),
    "rnn": partial(beside.rnn, 3, 2, 4),
    "lstm": partial(beside.lstm, 3, 2, 3),
    "makemore": partial(beside.makemore, 2, 5),
    "moons": partial(beside.moons, 4),
    "digits": partial(beside.of_classes, 5, 4, 3, at_most=1.0),
    "wide": partial(beside.of_classes, 7, 4, at_most=1.0),
    "convolution": partial(beside.convolution, 2),
    "gmm small": partial(beside.gmm, 1, 2, 1.0),
    "gmm large": partial(beside.gmm, 3, 4, 1.0),
    "adbench small": partial(beside.adbench, 1, 2, 1.0, 4),
    "adbench large": partial(beside.adbench, 3, 4, 1.0, 4),
    "batchnorm": partial(beside.batchnorm, 4, 3, 5),
    "layernorm": partial(beside.layernorm, 3, 4),
}


def examples_of(name: str) -> tuple[int, ...]:
    if name == "batchnorm":  # a batch is one example
        return (1,)
    return (4,) if name.startswith("adbench") else (1, 4)  # its prior counts once for all points


@pytest.mark.parametrize("name", beside.WORKLOADS)
def test_both_sides_compute_the_same(name: str) -> None:
    workload = SMALL[name]()
    program = compiled(workload.graph())
    for examples in examples_of(name):
        calls = both(workload, program, examples)
        calls["numpy"]()
        check_agreement("a second call", calls["ours"](), calls["numpy"]())  # nothing is left from the first


def test_a_difference_is_found() -> None:
    right = (2.0, np.array([1.0, -3.0]))
    check_agreement("all", right, (2.0 + 1e-10, right[1]))
    wrong = {
        "loss": [(2.0 + 1e-6, right[1]), (math.nan, right[1])],
        "gradient": [(2.0, np.array(numbers)) for numbers in ([1.0, -3.0001], [1.0, math.nan], [1.0])],
    }
    for name, cases in wrong.items():
        for other in cases:
            with pytest.raises(AssertionError, match=f"all: the {name} is "):
                check_agreement("all", right, other)


def test_a_mistake_by_hand_is_found_before_anything_is_timed() -> None:
    workload = SMALL["rnn"]()

    def wrong(w: list[Any], g: list[Any], *arrays: Any) -> float:
        loss = workload.by_hand(w, g, *arrays)
        g[2][0] *= 1.0001
        return loss

    with pytest.raises(AssertionError, match="RNN, 3 steps, 4 example"):
        both(replace(workload, by_hand=wrong), compiled(workload.graph()), 4)


def test_padding_counts_nothing_and_each_text_counts_once() -> None:
    batch = beside.gpt(8).batch(20)
    onehot, (tokens, targets, counts) = batch.ours[0], batch.by_hand
    assert counts.sum(axis=1) == pytest.approx(np.ones(20))
    assert not tokens[counts == 0].any()
    assert not targets[counts == 0].any()
    assert np.array_equal(onehot.argmax(axis=2), tokens)
    lengths = (counts > 0).sum(axis=1)
    assert lengths.min() >= 2
    assert lengths.max() <= 8
    assert len(set(lengths)) > 2
