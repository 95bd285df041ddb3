"""Random networks with a structure: layers whose weights lie anyhow in the parameters."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from autograd import Value, gates, summation, topological_order
from tests.compiler.agreement import Loss

ACTIVATIONS = (gates.tanh, gates.sigmoid, gates.sin, gates.softplus, lambda x: x)


class Network(NamedTuple):
    """A loss of so many inputs, and its parameters."""

    loss: Loss
    inputs: int
    parameters: list[Value]


def random_network(rng: np.random.Generator) -> Network:
    """Mixed activations, partial connections, tied and transposed weights; parameters in any order.

    The weights of a layer are a part of a larger array at times, their columns or rows apart; what lies
    between them is added to the loss, or is no parameter.
    """
    widths = [int(each) for each in rng.integers(1, 5, rng.integers(2, 5))]
    weights: list[Any] = []
    arrays: list[Any] = []
    for m, r in pairwise(widths):
        fitting = [each for each in weights if each.shape == (r, m)]
        turned = [each.T for each in weights if each.shape == (m, r)]
        if (fitting or turned) and rng.random() < 0.3:  # tied, transposed if it must be
            weights.append([*fitting, *turned][0])
            continue
        row_step, column_step = rng.choice([1, 1, 2, 3], 2)
        height, width = row_step * (r - 1) + 1, column_step * (m - 1) + 1  # from the first to the last
        if rng.random() < 0.5:
            height, width = r * row_step, m * column_step
        numbers = rng.normal(size=(height, width)).tolist()
        larger = np.array([[Value(number) for number in row] for row in numbers], dtype=object)
        arrays.append(larger.T if rng.random() < 0.3 else larger)
        weights.append(larger[::row_step, ::column_step])
    biases = [
        [Value(number) for number in rng.normal(size=r)] if rng.random() < 0.7 else None for r in widths[1:]
    ]
    kinds = [rng.integers(0, len(ACTIVATIONS), r) if rng.random() < 0.6 else [0] * r for r in widths[1:]]
    present = [rng.random(each.shape) < (1.0 if rng.random() < 0.6 else 0.7) for each in weights]

    def output(x: list[Value]) -> Value:
        h: list[Any] = list(x)
        for W, b, chosen, there in zip(weights, biases, kinds, present, strict=True):
            z = []
            for i, row in enumerate(W):
                terms = [w * each for w, each, is_there in zip(row, h, there[i], strict=True) if is_there]
                terms += [b[i]] if b is not None else []
                z.append(summation(*terms) if terms else Value(0.5))
            h = [ACTIVATIONS[kind](each) for kind, each in zip(chosen, z, strict=True)]
        return summation(*[each * each for each in h])  # type: ignore[no-any-return]

    parameters = [each for each_array in arrays for each in each_array.flat]
    parameters += [each for b in biases if b is not None for each in b]
    order, lies_between = rng.random(), rng.random() < 0.7
    if order < 0.15:
        parameters = parameters[::-1]
    elif order < 0.3:
        parameters = [parameters[place] for place in rng.permutation(len(parameters))]
    elif order < 0.5:  # some stay constants
        parameters = [each for each in parameters if rng.random() < 0.8]
    used = set(topological_order(output([Value(0.1)] * widths[0])))
    parameters = [each for each in parameters if each in used or lies_between]
    between = [each for each in parameters if each not in used]

    def loss(x: list[Value]) -> Value:
        return summation(output(x), x[0], *between)  # type: ignore[no-any-return]

    return Network(loss, widths[0], parameters)
