"""The history of a run, as it is shown."""

from __future__ import annotations

import pytest

from nn.training.history import History


@pytest.mark.parametrize(
    ("history", "shown"),
    [
        (History(), "<History of 0 epoch(s), 0 step(s)>"),
        (History([1.0], [1.0]), "<History of 1 epoch(s), 1 step(s); loss 1>"),
        (
            History([3.0, 2.0] * 5_000, [2.5, 1.0, 0.123456], [4.0, 0.5]),
            "<History of 3 epoch(s), 10,000 step(s); loss 2.5 -> 0.1235; validation 4 -> 0.5>",
        ),
        (
            History([1.0], stopped="interrupted after 1 step(s)"),
            "<History of 0 epoch(s), 1 step(s); stopped: interrupted after 1 step(s)>",
        ),
    ],
)
def test_it_is_shown_in_a_line(history: History, shown: str) -> None:
    assert repr(history) == shown


def test_equal_histories_are_equal() -> None:
    assert History([1.0], [1.0]) == History([1.0], [1.0]) != History([1.0], [2.0])
