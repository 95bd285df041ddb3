"""Ours: the graph of one example, one scalar at a time; compiled, or in mode "eager" looped over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

import autograd
from autograd import Value, array, exp, gc_paused, logsumexp, relu, summation
from benchmarks.against import dag
from benchmarks.against.contestant import (
    DAG_LEAVES,
    L2,
    LEARNING_RATES,
    Array,
    Contestant,
    Data,
    gmm_constant,
    lower_places,
)
from nn import MLP, Convolution, Layer, Module, Sequential, hinge, l2_penalty

EAGER_EXAMPLES = 4  # of an irregular graph's batch, that a step goes through: 64 take half a minute


class Scalars(NamedTuple):
    """A workload, one scalar at a time.

    loss        of one example's inputs, its targets among them; of numbers or Values
    parameters  as a module gives them
    order       the place of each in the workload's flat start
    rows        the examples: (batches, examples, inputs)
    """

    loss: Callable[[Sequence[Any]], Value]
    parameters: list[Value]
    order: Array
    rows: Array

    def one_example(self) -> tuple[Value, list[Value]]:
        """The graph of the first example, and its inputs."""
        inputs = [Value(number, label=f"x[{i}]") for i, number in enumerate(self.rows[0, 0].tolist())]
        with gc_paused():
            return self.loss(inputs), inputs


def contestant(kind: str, data: Data, mode: str) -> Contestant:
    scalars, learning_rate = SCALARS[kind](data), LEARNING_RATES.get(kind)
    if mode == "eager":
        return eager(scalars, learning_rate, EAGER_EXAMPLES if kind == "dag" else None)
    return compiled(scalars, learning_rate)


def compiled(scalars: Scalars, learning_rate: float | None) -> Contestant:
    loss, inputs = scalars.one_example()
    program = autograd.compile(loss, inputs=inputs, parameters=scalars.parameters)

    def step() -> float:
        losses = []
        for X in scalars.rows:
            batch_loss, gradient = program.loss_and_grad(X)
            if learning_rate is not None:
                gradient *= learning_rate
                program.parameters -= gradient
            losses.append(batch_loss)
        return float(sum(losses) / len(losses))

    def loss_and_grad() -> tuple[float, Array]:
        batch_loss, gradient = program.loss_and_grad(scalars.rows[0])
        return float(batch_loss), in_order(scalars, gradient)

    return Contestant(loss_and_grad, step)


def eager(scalars: Scalars, learning_rate: float | None, at_most: int | None) -> Contestant:
    rows = scalars.rows[:, :at_most]

    def backward(X: Array) -> float:
        for parameter in scalars.parameters:
            parameter.grad = 0.0
        total = 0.0
        for x in X.tolist():
            loss = scalars.loss(x) / len(X)
            loss.backward()
            total += loss.data
        return total

    def step() -> float:
        losses = []
        for X in rows:
            losses.append(backward(X))
            if learning_rate is not None:
                for parameter in scalars.parameters:
                    parameter.data -= learning_rate * parameter.grad
        return sum(losses) / len(losses)

    def loss_and_grad() -> tuple[float, Array]:
        loss = backward(scalars.rows[0])
        return loss, in_order(scalars, np.array([parameter.grad for parameter in scalars.parameters]))

    return Contestant(loss_and_grad, step, rows.shape[1] / scalars.rows.shape[1])


def in_order(scalars: Scalars, gradient: Array) -> Array:
    """The gradient in the order of the workload's start, rather than the parameters'."""
    ordered = np.empty_like(gradient)
    ordered[scalars.order] = gradient
    return ordered


def of_model(
    model: Module, loss: Callable[[Sequence[Any]], Value], rows: Array, start: list[Array]
) -> Scalars:
    """A model that starts from these arrays, in the order of its state."""

    def load(arrays: list[Array]) -> None:
        model.load_state_dict(dict(zip(model.state_dict(), arrays, strict=True)))

    ends = np.cumsum([array.size for array in start])
    places = np.split(np.arange(ends[-1]), ends[:-1])
    load([place.reshape(array.shape) for place, array in zip(places, start, strict=True)])
    order = np.array([parameter.data for parameter in model.parameters()], dtype=int)
    load(start)
    return Scalars(loss, model.parameters(), order, rows)


def moons(data: Data) -> Scalars:
    model = MLP(2, [16, 16, 1])
    parameters = model.parameters()

    def loss(example: Sequence[Any]) -> Value:
        *x, label = example
        return hinge(model(x), label) + l2_penalty(parameters, L2)

    return of_model(model, loss, np.concatenate([data.X, data.y[..., None]], axis=2), data.start)


def of_classes(model: Module, data: Data) -> Scalars:
    """Softmax cross-entropy; the class comes as one-hot inputs."""
    n, n_classes = data.X.shape[2], data.start[-1].size

    def loss(example: Sequence[Any]) -> Value:
        logits: Any = model(example[:n])
        chosen = [t * z for t, z in zip(example[n:], logits, strict=True)]
        out: Value = logsumexp(*logits) - summation(*chosen)
        return out

    return of_model(model, loss, np.concatenate([data.X, np.eye(n_classes)[data.y]], axis=2), data.start)


def classes(data: Data) -> Scalars:
    return of_classes(MLP(data.X.shape[2], [b.size for b in data.start[1::2]]), data)


def convolution(data: Data) -> Scalars:
    filters, _, _, biases = data.start

    def image(x: Any) -> Any:
        return np.array(x, dtype=object).reshape(8, 8)

    def by_place(h: Any) -> Any:
        return relu(h).transpose(1, 2, 0).ravel()

    model = Sequential(
        image, Convolution(1, len(filters), 3), by_place, Layer(36 * len(filters), biases.size)
    )
    start = [filters[:, None], *data.start[1:]]
    return of_classes(model, data._replace(start=start))


def gmm(data: Data) -> Scalars:
    """ADBench's objective for one point, with the terms that have no point in them; see gmm_constant."""
    (_, n, d), k = data.X.shape, data.start[0].size
    alpha, mu, q, l = (  # noqa: E741
        array(numbers, label=label).tolist()
        for numbers, label in zip(data.start, ("alpha", "mu", "q", "l"), strict=True)
    )
    places = list(zip(*(indices.tolist() for indices in lower_places(d)), strict=True))

    def exponent(x: Sequence[Any], c: int) -> Value:
        """Of component c: alpha + sum(q) - |Q (x - mu)|^2 / 2."""
        centred = [x_i - mu_i for x_i, mu_i in zip(x, mu[c], strict=True)]
        squares = []
        for row in range(d):
            terms = [exp(q[c][row]) * centred[row]]
            terms += [entry * centred[j] for entry, (i, j) in zip(l[c], places, strict=True) if i == row]
            u = summation(*terms)
            squares.append(u * u)
        out: Value = summation(alpha[c], *q[c]) - 0.5 * summation(*squares)
        return out

    def loss(x: Sequence[Any]) -> Value:
        diagonals = [exp(q_i) ** 2 for component in q for q_i in component]
        entries = [entry * entry for component in l for entry in component]
        wishart = 0.5 / n * summation(*diagonals, *entries)
        point = logsumexp(*[exponent(x, c) for c in range(k)])
        out: Value = point - logsumexp(*alpha) + wishart + gmm_constant(n, d, k)
        return out

    parameters = [*alpha, *(value for part in (mu, q, l) for component in part for value in component)]
    return Scalars(loss, parameters, np.arange(len(parameters)), data.X)


def irregular(data: Data) -> Scalars:
    rows = data.y[0].tolist()
    parameters: list[Value] = array(data.start[0], label="p").tolist()

    def loss(x: Sequence[Any]) -> Value:
        out: Value = dag.run(autograd, rows, [*x, *parameters])
        return out

    return Scalars(loss, parameters, np.arange(DAG_LEAVES), data.X)


SCALARS: dict[str, Callable[[Data], Scalars]] = {
    "moons": moons,
    "classes": classes,
    "convolution": convolution,
    "gmm": gmm,
    "dag": irregular,
}
