"""A model that was called to see what it does is as it was."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from autograd import Value, array
from nn import Layer, Module
from nn.undo import undone

CALLS = 0


class Busy(Module):
    class_calls = 0

    def __init__(self) -> None:
        self.calls, self.last = 0, None
        self.seen: list[Any] = [[1.0]]
        self.table: dict[str, Any] = {"a": {1}}
        self.running, self.values = np.ones(2), array([1.0, 2.0])
        self.layer = Layer(1, 1, rng=np.random.default_rng(0))

    def __call__(self, x: Any, default: list[int] = []) -> Any:  # noqa: B006  the trap that is tested
        global CALLS
        CALLS += 1
        Busy.class_calls += 1
        self.calls += 1
        self.last = x
        self.seen[0].append(x)
        self.table["b"] = 2
        self.table["a"].add(2)
        self.running *= 0.5
        self.values[0] = Value(9.0)
        self.layer.parameters()[0].data = 7.0
        default.append(1)


def state(model: Busy) -> Any:
    return (
        CALLS, Busy.class_calls, model.calls, model.last, repr(model.seen), repr(model.table),
        model.running.tolist(), [id(each) for each in model.values],
        [each.data for each in model.parameters()], Busy.__call__.__defaults__,
    )  # fmt: skip


def test_what_a_model_holds_is_put_back() -> None:
    model = Busy()
    before = repr(state(model))
    with undone(model, model.__call__):
        model(1.0)
        assert repr(state(model)) != before
    assert repr(state(model)) == before


def test_what_a_function_holds_is_put_back_also_after_an_error() -> None:
    count, model = 0, Busy()

    def loss(scale: float) -> None:
        nonlocal count
        count += 1
        model.calls += 1
        raise KeyError

    try:
        with undone(partial(loss, 2.0)):
            loss(1.0)
    except KeyError:
        pass
    assert (count, model.calls) == (0, 0)


def test_what_holds_itself_is_looked_at_once() -> None:
    model = Busy()
    model.seen.append(model.seen)
    model.table["model"] = model
    with undone(model):
        model.seen.append(1)
    assert len(model.seen) == 2
