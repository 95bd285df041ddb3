"""Schedules: by hand, per epoch and per step, on every back end and from a checkpoint on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn.optim import SGD, Adam
from nn.training.schedules import cosine, step_decay
from tests.nn.training.common import BACKENDS, Line, network, numbers, train


def test_by_hand() -> None:
    assert [step_decay(2)(epoch) for epoch in range(4)] == pytest.approx([1, 1, 0.1, 0.1])
    assert [cosine(2)(epoch) for epoch in range(4)] == pytest.approx([1, 0.5, 0, 0])


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: step_decay(0), "every must be a whole number, at least 1, got 0"),
        (lambda: cosine(2.5), "total must be a whole number, at least 1, got 2.5"),  # type: ignore[arg-type]
    ],
)
def test_refuses(wrong: Callable[[], Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        wrong()


def descend(factors: list[float], lr: float) -> float:
    """w after steps on w * 1 + 0 against 1, whose gradient by w is 2 (w + b - 1), as that by b."""
    w = b = 0.0
    for factor in factors:
        w, b = w - lr * factor * 2 * (w + b - 1), b - lr * factor * 2 * (w + b - 1)
    return w


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("per", "factors"),
    [
        ("epoch", [1, 1, 1 / 2, 1 / 2, 1 / 3, 1 / 3]),
        ("step", [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 1 / 6]),
    ],
)
def test_it_scales_the_learning_rate(backend: str, per: str, factors: list[float]) -> None:
    line = Line()
    optimizer = SGD(line.parameters(), lr=0.03)
    train(
        line, X=[1.0] * 4, y=[1.0] * 4, batch_size=2, epochs=3, optimizer=optimizer, backend=backend,
        schedule=lambda count: 1 / (count + 1), schedule_per=per,
    )  # fmt: skip
    assert line.w.data == pytest.approx(descend(factors, 0.03), rel=1e-12)
    assert optimizer.lr == 0.03


@pytest.mark.parametrize(("per", "counts"), [("epoch", [0, 1, 2]), ("step", [*range(9)])])
@pytest.mark.parametrize("backend", BACKENDS)
def test_it_is_called_once_for_each_count(backend: str, per: str, counts: list[int]) -> None:
    seen: list[int] = []

    def schedule(count: int) -> float:
        seen.append(count)
        return 1.0

    train(network(), batch_size=4, schedule=schedule, schedule_per=per, backend=backend)
    assert seen == counts


def warm_up(step: int) -> float:
    return min(1.0, (step + 1) / 20)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("shuffle", [True, False])
def test_a_run_goes_on_from_its_checkpoint_to_the_bit(tmp_path: Path, backend: str, shuffle: bool) -> None:
    def run(epochs: int, path: Path | None, seed: int = 7) -> Any:
        model = network()
        history = train(
            model, optimizer=Adam(model.parameters(), lr=0.01), epochs=epochs, batch_size=4, checkpoint=path,
            rng=np.random.default_rng(seed), schedule=warm_up, schedule_per="step", shuffle=shuffle,
            backend=backend,
        )  # fmt: skip
        return history, numbers(model)

    path = tmp_path / "run.npz"
    run(2, path)
    assert run(5, path, seed=8) == run(5, None)


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_interrupt_leaves_whole_steps_of_the_schedule(backend: str) -> None:
    """Ctrl-C while the schedule is asked for the third epoch: the weights of two epochs, and their rates."""

    def interrupted(step: int) -> float:
        if step == 6:
            raise KeyboardInterrupt
        return warm_up(step)

    model, reference = network(), network()
    options: dict[str, Any] = {"batch_size": 4, "shuffle": False, "schedule_per": "step", "backend": backend}
    history = train(model, epochs=9, schedule=interrupted, **options)
    undisturbed = train(reference, epochs=2, schedule=warm_up, **options)
    assert (history.steps, history.losses) == (undisturbed.steps, undisturbed.losses)
    assert history.stopped == "interrupted after 6 step(s)"
    assert numbers(model) == numbers(reference)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_rate_that_is_none_stops_before_its_epoch(backend: str) -> None:
    model, reference = network(), network()
    options: dict[str, Any] = {"batch_size": 4, "shuffle": False, "backend": backend}
    with pytest.warns(RuntimeWarning, match="step 8: the schedule gives nan, which makes the lr nan"):
        history = train(
            model,
            epochs=9,
            schedule=lambda step: np.nan if step == 7 else 1.0,
            schedule_per="step",
            **options,
        )
    assert history.steps == train(reference, epochs=2, **options).steps
    assert numbers(model) == numbers(reference)


@pytest.mark.parametrize(
    ("options", "kind", "says"),
    [
        ({"schedule": 0.5}, TypeError, "schedule must be a function from an epoch to a factor.* got 0.5"),
        ({"schedule_per": "batch"}, ValueError, "schedule_per must be one of epoch, step, got 'batch'"),
        ({"schedule": lambda epoch: "1"}, TypeError, "schedule must give a number, got '1'"),
    ],
)
def test_fit_refuses_before_anything_changed(
    options: dict[str, Any], kind: type[Exception], says: str
) -> None:
    model = network()
    before = numbers(model)
    with pytest.raises(kind, match=says):
        train(model, **options)
    assert numbers(model) == before


@pytest.mark.parametrize("per", ["epoch", "step"])
def test_an_error_of_the_schedule_itself_is_raised_and_leaves_whole_epochs(per: str) -> None:
    def schedule(count: int) -> float:
        return [1.0, 1.0, 1.0][count]

    model, reference = network(), network()
    with pytest.raises(IndexError):
        train(model, epochs=9, schedule=schedule, schedule_per=per)
    train(reference, epochs=3)
    assert numbers(model) == numbers(reference)

    def wrong(count: int) -> float:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        train(model, schedule=wrong, schedule_per=per)
