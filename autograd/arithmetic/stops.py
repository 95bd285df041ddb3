"""Where a gate sends nothing: ``m.stop`` noted, instead of a 0 that cannot be told from another 0."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NoReturn


class Stopped:
    """What ``m.stop(condition, gradient)`` gives here: a whole contribution, and no number."""

    __slots__ = ("condition", "gradient")

    def __init__(self, condition: Any, gradient: Any) -> None:
        self.condition = condition
        self.gradient = gradient

    def _refuse(self, *_: Any) -> NoReturn:
        raise TypeError("m.stop(condition, gradient) is a whole contribution: compute inside it, not with it")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __neg__ = (
        _refuse
    )


def noting_stops(arithmetic: Any) -> SimpleNamespace:
    """The same arithmetic, but that its ``stop`` is noted."""
    return SimpleNamespace(**{**vars(arithmetic), "stop": Stopped})


def split(contribution: Any) -> tuple[Any, Any]:
    """A contribution as a number or an array, and where there is none."""
    if contribution is None:
        return 0.0, True
    if isinstance(contribution, Stopped):
        return contribution.gradient, contribution.condition
    return contribution, False
