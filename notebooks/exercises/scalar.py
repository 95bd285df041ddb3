"""The exercise of a custom class: a tiny engine."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import tanh
from typing import Any

from autograd import Value

from .engine import (
    NO_SEED,
    NOT_IN_ORDER,
    NOT_REVERSED,
    OVERWRITTEN,
    REPEATED,
    as_met,
    breadth_first,
    inputs_first,
    seeded,
    walk,
    with_repeats,
)
from .exercise import Exercise, Mistake


def mul_rule(upstream: float, a: float, b: float) -> tuple[float, ...]:
    return upstream * b, upstream * a


def tanh_rule(upstream: float, out: float, x: float) -> float:
    return upstream * (1 - out * out)


def tiny(
    mul: Callable[..., tuple[float, ...]] = mul_rule,
    tanh_: Callable[..., float] = tanh_rule,
    add: Callable[[float], tuple[float, ...]] = lambda upstream: (upstream, upstream),
    **options: Any,
) -> type:
    """An engine of three gates whose rules, and whose walk's options, may hold a slip."""

    class Scalar:
        def __init__(
            self,
            data: float,
            inputs: tuple[Scalar, ...] = (),
            local_backward: Callable[[float], tuple[float, ...]] = lambda upstream: (),
        ) -> None:
            self.data, self.grad = data, 0.0
            self.inputs, self.local_backward = inputs, local_backward

        def __add__(self, other: Scalar) -> Scalar:
            return Scalar(self.data + other.data, (self, other), add)

        def __mul__(self, other: Scalar) -> Scalar:
            rule = partial(mul, a=self.data, b=other.data)
            return Scalar(self.data * other.data, (self, other), rule)

        def tanh(self) -> Scalar:
            out = tanh(self.data)
            return Scalar(out, (self,), lambda upstream: (tanh_(upstream, out, self.data),))

        def backward(self) -> None:
            walk(self, **options)

    return Scalar


def run_scalar(scalar: Callable[[float], Any], expression: str, a: float, b: float) -> tuple[float, ...]:
    """The output of an expression of two leaves, and their gradients."""
    leaves = {"a": scalar(a), "b": scalar(b)}
    root = eval(expression, dict(leaves))  # only those written below
    root.backward()
    return root.data, *seeded(root, [leaf.grad for leaf in leaves.values()])


def _slip(**options: Any) -> Callable[..., tuple[float, ...]]:
    return partial(run_scalar, tiny(**options))


EXPRESSIONS = (
    "a + b", "a * b", "a.tanh() * b", "a * a + b", "(c := a + b) + c", "(c := a * b).tanh() * c + c",
    "(d := (c := a * b) + c) * c + d", "(c := a * b) + c.tanh()",
)  # fmt: skip

SCALAR = Exercise(
    "backward() on a class of your own",
    lambda expression, a, b: run_scalar(Value, expression, a, b),
    [
        Mistake(OVERWRITTEN, _slip(accumulate=False)),
        Mistake(
            "The factors of mul are swapped: each input's gradient is the upstream times the other input.",
            _slip(mul=lambda upstream, a, b: (upstream * a, upstream * b)),
        ),
        Mistake(
            "A factor of the chain is missing in mul: the upstream gradient, out.grad.",
            _slip(mul=lambda upstream, a, b: (b, a)),
        ),
        Mistake(
            "A factor of the chain is missing in tanh: the upstream gradient, out.grad.",
            _slip(tanh_=lambda upstream, out, x: 1 - out * out),
        ),
        Mistake(
            "A factor of the chain is missing in add: the upstream gradient, out.grad, not 1.",
            _slip(add=lambda upstream: (1.0, 1.0)),
        ),
        Mistake(
            "The slope of tanh is taken at the wrong place: it is 1 - out.data**2, of its output, not "
            "of its input.",
            _slip(tanh_=lambda upstream, out, x: upstream * (1 - x * x)),
        ),
        Mistake(NO_SEED, _slip(seed=0.0)),
        Mistake(NOT_REVERSED, _slip(order=inputs_first)),
        Mistake(NOT_IN_ORDER, _slip(order=as_met)),
        Mistake(NOT_IN_ORDER, _slip(order=breadth_first)),
        Mistake(REPEATED, _slip(order=with_repeats)),
    ],
    lambda rng: [
        (text, *(rng.uniform(0.5, 1.5, 2) * rng.choice([-1, 1], 2)).tolist()) for text in EXPRESSIONS
    ],
    run_scalar,
    ("the output", "the gradient of a", "the gradient of b"),
)
