"""Work counted in calls, not in seconds: the same number on every machine, however busy."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def calls(function: Callable[..., Any], *arguments: Any) -> int:
    """How many functions, of Python and of C, are called while function(*arguments) runs."""
    count = 0

    def counting(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counting)
    try:
        function(*arguments)
    finally:
        sys.setprofile(None)
    return count


def at_call(number: int, action: Callable[[], Any]) -> None:
    """From here on, run the action once, as the call of that number begins.

    What it raises comes out of that call, as a signal's exception would. sys.setprofile(None) calls it off.
    Where the call is that of a lock's __exit__, it is the next call instead: there Python looks for no
    signal, and the lock would be held for ever.
    """
    count = 0

    def counting(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        is_call = event in ("call", "c_call")
        count += is_call
        if is_call and count >= number and not (event == "c_call" and argument.__name__ == "__exit__"):
            sys.setprofile(None)
            action()

    sys.setprofile(counting)
