"""Where a gate sends nothing: ``m.stop`` noted, instead of a 0 that cannot be told from another 0."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from autograd.rules import Gate


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


@cache
def can_stop(gate: Gate) -> bool:
    """Whether the gate may send nothing to an operand; a rule that no symbol can tell about may."""
    found = _on_symbols(gate)
    return found is None or any(each is None or isinstance(each, Stopped) for each in found)


@cache
def sends_nothing(gate: Gate) -> bool:
    """Whether no operand ever gets a gradient, as of step."""
    found = _on_symbols(gate)
    return found is not None and all(each is None for each in found)


def _on_symbols(gate: Gate) -> tuple[Any, ...] | None:
    """The contributions, if the rule runs on symbols."""
    from autograd.arithmetic import symbols

    upstream, out = symbols.Symbol.name("upstream"), symbols.Symbol.name("out")
    operands = [symbols.Symbol.name(f"x{place}") for place in range(max(len(gate.operand_names), 1))]
    try:
        return tuple(gate.backward(noting_stops(symbols), upstream, out, *operands))
    except (TypeError, ValueError, AttributeError):
        return None
