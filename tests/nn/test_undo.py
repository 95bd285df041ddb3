"""A model that was called to see what it does is as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any

import numpy as np

from autograd import Value, array
from nn import Layer, Module
from nn.undo import share_state, undone

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


def test_what_bound_methods_and_decorated_functions_hold_is_put_back() -> None:
    seen, count = [1.0], 0

    @contextmanager
    def counted() -> Iterator[None]:
        nonlocal count
        count += 1
        yield

    with undone(seen.append, counted):
        seen.append(2.0)
        with counted():
            pass
    assert (seen, count) == ([1.0], 0)


def test_a_cache_that_was_empty_is_emptied_and_no_other_is_touched() -> None:
    empty, filled = lru_cache(abs), lru_cache(abs)
    filled(-1)
    with undone(empty, filled):
        empty(-2)
        filled(-2)
    assert empty.cache_info().currsize == 0
    assert filled.cache_info().currsize == 2
    assert (filled(-1), filled(-2), filled.cache_info().hits) == (1, 2, 2)


def test_state_is_shared_by_what_both_can_change() -> None:
    model, other, log = Busy(), Busy(), [0]
    assert share_state(lambda epoch: model.calls, model)
    assert share_state(lambda epoch: log.append(epoch), lambda x: log[0])
    assert not share_state(lambda epoch: model.calls, other.layer)
    assert not share_state(lambda epoch: 0.9**epoch, model)
