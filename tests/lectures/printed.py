"""Numbers as slides print them: rounded to the digits that one sees."""

from __future__ import annotations

from collections.abc import Sequence


def as_printed(number: float, like: str) -> str:
    """The number with as many decimals as ``like`` shows.

    >>> as_printed(0.81 + 1e-16, "0.81"), as_printed(-0.34200001, "-0.342"), as_printed(-0.0, "0")
    ('0.81', '-0.342', '0')
    """
    decimals = len(like.partition(".")[2])
    return f"{round(float(number), decimals) + 0.0:.{decimals}f}"


def assert_printed(number: float, printed: str) -> None:
    """Assert that the number rounds to the one printed, to the last digit printed."""
    assert as_printed(number, printed) == printed, f"{number!r} does not round to the printed {printed}"


def assert_all_printed(numbers: Sequence[float], printed: str) -> None:
    """The same for a vector, printed as '0 0.9'."""
    for number, text in zip(numbers, printed.split(), strict=True):
        assert_printed(number, text)


def assert_not_printed(number: float, printed: str) -> None:
    """Assert that the number does not round to the one printed: the slide is wrong."""
    assert as_printed(number, printed) != printed, f"{number!r} does round to the printed {printed}"
