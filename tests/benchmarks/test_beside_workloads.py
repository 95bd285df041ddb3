"""The networks of the benchmark: compiled, and by hand in NumPy, they compute the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from benchmarks import beside_workloads as beside
from benchmarks.beside_workloads import Workload, both, check_agreement, compiled

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
