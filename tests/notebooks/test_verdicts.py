"""Verdicts on any answer: short, in relation to the right numbers, right however it was computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Value, array, data_of, gate, topological_order
from notebooks.exercises import EXERCISES, check

NUMBERS = sorted(EXERCISES)

# -- no verdict longer than a screen ------------------------------------------------------------


class Loud(Exception):
    def __str__(self) -> str:
        return "nested " * 500_000


class Silent:
    def __repr__(self) -> str:
        raise RuntimeError


def nested(depth: int) -> Any:
    return [nested(depth - 1) for _ in range(4)] if depth else "leaf"


def raises(error: Exception) -> Callable[..., Any]:
    def work(*case: Any) -> Any:
        raise error

    return work


LongName: Any = type("Long" * 100_000, (Exception,), {})

HUGE = [
    "text " * 500_000, ["text"] * 500_000, dict.fromkeys(range(100_000), "text"), nested(7), Silent(),
    10**5000, np.zeros((100, 100)), np.full(10_000, "text"), [1.0] * 10_000, [[1.0]] * 1000 + [[1.0, 2.0]],
    "\n" * 100_000, b"bytes" * 100_000, [Value(1.0)] * 1000, np.zeros((1,) * 30), LongName(),
]  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS)
def test_no_verdict_is_longer_than_a_screen(number: int) -> None:
    for thing in HUGE:
        for work in (thing, lambda *case, _thing=thing: _thing):
            verdict = check(number, work)
            assert not verdict.right
            assert len(repr(verdict).splitlines()) <= 24
    for error in (Loud(), ValueError("line\n" * 100_000), KeyError("x" * 2_600_000), LongName()):
        verdict = check(number, raises(error))
        assert len(repr(verdict).splitlines()) <= 24
        assert "It raises" in verdict.text


def test_what_is_cut_says_how_long_it_was() -> None:
    assert "(2,600,002 characters)" in check(1, raises(KeyError("x" * 2_600_000))).text
    assert "the function itself, without calling it; got ['text', 'text'," in check(1, HUGE[1]).text


# -- comparing with the right numbers -----------------------------------------------------------


def right(number: int) -> Callable[..., Any]:
    return lambda *case: data_of(EXERCISES[number].right(*case))


@pytest.mark.parametrize(
    ("number", "answer", "says"),
    [
        (1, lambda upstream, a, b: a * b, "This is a * b, a value of the forward pass; wanted is"),
        (1, lambda upstream, a, b: (b, upstream * a), "the gradient of a lacks the factor upstream; the"),
        (1, lambda upstream, a, b: (upstream, upstream * a), "the gradient of a lacks the factor b; the"),
        (1, lambda upstream, a, b: (upstream * b + 1, upstream * a), "of a has a term 1 too many;"),
        (1, lambda upstream, a, b: (upstream * b * b, upstream * a), "of a has a factor b too many;"),
        (1, lambda upstream, a, b: (-b, upstream * a), "lacks the factor upstream, and the sign is wrong"),
        (2, lambda upstream, a, b: (upstream / b, upstream * -a), "of b has a factor b**2 too many"),
        (3, lambda upstream, x: max(0.0, x), "This is relu(x), a value of the forward pass"),
        (5, lambda w, x, c: w * x * (w * x + c), "This is L, a value of the forward pass"),
        (5, lambda w, x, c: 2 * w * x * x + c * x - 1, "lacks a term: 1 is missing"),
        (5, lambda w, x, c: abs((2 * w * x + c) * x), "right size, but not always the right sign"),
        (6, lambda: gate("odd", forward=lambda m, x: m.exp(-x * x),
                         backward=lambda m, up, out, x: (-2 * up * out,)), "gradient lacks the factor x."),
        (7, lambda f, x, h: f(x), "This is f(x), a value of the forward pass"),
        (7, lambda f, x, h: EXERCISES[7].right(f, x, h)[::-1], "stand in the reverse order"),
        (8, lambda w, x, b, t: 1 / (1 + np.exp(-(w @ x + b))), "This is y, a value of the forward pass"),
        (8, lambda w, x, b, t: right(8)(w, x, b, t) * w, "has a factor w too many"),
        (8, lambda w, x, b, t: right(8)(w, x, b, t).sum(), "This is the sum of the numbers that are wanted"),
        (12, lambda z, label: np.float32(right(12)(z, label)), "is right to some digits only"),
        (14, lambda x, weights: right(14)(x, weights) - x, "lacks a term: x is missing"),
        (15, lambda W, x, b: np.tanh(W @ x + b), "This is y, a value of the forward pass"),
        (15, lambda W, x, b: right(15)(W, x, b) + W, "has a term W too many"),
        (20, lambda *n: (right(20)(*n)[0], right(20)(*n)[1] * n[4]), "has a factor tied too many"),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_told_by_what_it_is_to_the_right_one(
    number: int, answer: Callable[..., Any], says: str
) -> None:
    verdict = check(number, answer)
    assert not verdict.right
    assert says in verdict.text


# -- right answers in other forms, and wrong ones that come close ---------------------------------


def engine() -> Callable[[Value], None]:
    """Kahn's algorithm, with no recursion and no order kept."""

    def backward(root: Value) -> None:
        uses: dict[Value, int] = {}
        stack, met = [root], {root}
        while stack:
            for each in stack.pop().inputs:
                if each is not None:
                    uses[each] = uses.get(each, 0) + 1
                    if each not in met:
                        met.add(each)
                        stack.append(each)
        root.grad, ready = 1.0, [root]
        while ready:
            node = ready.pop()
            for below, part in zip(node.inputs, node.local_backward(node.grad), strict=True):
                if below is not None:
                    below.grad, uses[below] = below.grad + part, uses[below] - 1
                    if not uses[below]:
                        ready.append(below)

    return backward


def seedless(root: Value) -> None:
    """Right, and the root's own gradient is never set: it hands on the 1 at once."""
    for place, node in enumerate(reversed(topological_order(root))):
        for below, part in zip(node.inputs, node.local_backward(node.grad if place else 1.0), strict=True):
            if below is not None:
                below.grad += part


def by_hand(w: Value, xs: list[float], ys: list[float], lr: float, steps: int) -> None:
    for _ in range(steps):
        w.data -= lr * sum(2 * (w.data * x - y) * x for x, y in zip(xs, ys, strict=True))


def he_uniform(n: int, m: int, rng: np.random.Generator) -> Any:
    return rng.uniform(-np.sqrt(6 / n), np.sqrt(6 / n), (m, n))


def he(n: int, m: int, rng: np.random.Generator) -> Any:
    return rng.normal(0, np.sqrt(2 / n), (m, n))


@pytest.mark.parametrize(
    ("number", "work"),
    [
        (1, lambda upstream, a, b: np.array([b, a]) * upstream),
        (1, lambda upstream, a, b: [Value(upstream * b), np.float64(upstream * a)]),
        (3, lambda upstream, x: upstream * np.heaviside(x, 0.0)),
        (3, lambda upstream, x: np.where(np.array(x) > 0, upstream, 0)),
        (4, lambda upstream, a, b: upstream * (np.sign([a - b, b - a]) + 1) / 2),
        (7, lambda f, x, h: [(f(x + e) - f(x - e)) / (2 * h) for e in h * np.eye(3)]),
        (8, lambda w, x, b, t: [(y := 1 / (1 + np.exp(-(w @ x) - b))) * (y - t) * (1 - y) * e for e in x]),
        (9, by_hand),
        (10, lambda w, v, g, lr, mu: np.array([w - lr * (mu * v + g), mu * v + g])),
        (10, lambda w, v, g, lr, mu: [w + mu * v - lr * g, mu * v - lr * g]),
        (11, np.logaddexp.reduce),
        (12, lambda z, label: (np.exp(z) / np.exp(z).sum()).__isub__(np.eye(len(z))[label])),
        (13, he_uniform),
        (13, lambda n, m, rng: he(n, m, rng).tolist()),
        (13, lambda n, m, rng: he(n, m, rng).astype(np.float32)),
        (13, lambda n, m, rng: array(he(n, m, rng))),
        (13, lambda n, m, rng: rng.choice([-1, 1], (m, n)) * np.sqrt(2 / n)),
        (14, lambda x, weights: EXERCISES[14].right(x, weights)),
        (15, lambda W, x, b: (1 - np.tanh(W @ x + b) ** 2)[..., None] * W),
        (16, lambda upstream, image: np.einsum(
            "ij,pqij->pq", upstream, np.lib.stride_tricks.sliding_window_view(image, upstream.shape))),
        (18, engine()),
        (18, seedless),
        (18, Value.backward),
        (19, Value),
    ],
)  # fmt: skip
def test_a_right_answer_in_another_form_is_right(number: int, work: Callable[..., Any]) -> None:
    verdict = check(number, work)
    assert verdict.right, verdict.text


@pytest.mark.parametrize(
    ("number", "work", "says"),
    [
        (4, lambda up, a, b: np.heaviside(np.array([a - b, b - a]) * (abs(a - b) > 1e-6), 0.5) * up, "wrong"),
        (7, lambda f, x, h: EXERCISES[7].right(f, x, 1e-5), "the derivative itself"),
        (13, lambda n, m, rng: abs(he(n, m, rng)), "The mean of the weights is"),
        (13, lambda n, m, rng: he(n, m, rng) + 0.3 * np.sqrt(2 / n), "The mean of the weights is"),
        (13, lambda n, m, rng: np.full((m, n), np.sqrt(2 / n)), "Another seed gives the same weights"),
        (13, lambda n, m, rng: np.tile(he(n, 1, rng), (m, 1)), "multiples of others"),
        (13, lambda n, m, rng: np.tile(he(m, 1, rng).T, (1, n)) * np.sqrt(m / n), "multiples of others"),
        (13, lambda n, m, rng: he(n, m, np.random.default_rng(0)), "Another seed gives the same weights"),
        (13, lambda n, m, rng: he(n, m + 3, rng), "It returns an array of shape (303, 400); wanted is"),
        (13, lambda n, m, rng: he(n, m, rng) * np.nan, "not all finite"),
        (14, lambda x, weights: EXERCISES[14].right(x, [abs(w) for w in weights]), "wrong"),
        (18, lambda root: setattr(root, "grad", 1.0), "The root has its gradient, but no leaf got any"),
        (18, lambda root: (root.backward(), root.zero_grad()), "The seed is missing when the walk starts"),
        (15, lambda W, x, b: (W @ x)[..., None] * W, "not right yet"),
        (3, lambda upstream, x: ..., "not done yet"),
    ],
)  # fmt: skip
def test_a_wrong_answer_that_comes_close_is_told(number: int, work: Callable[..., Any], says: str) -> None:
    verdict = check(number, work)
    assert not verdict.right
    assert says in verdict.text
