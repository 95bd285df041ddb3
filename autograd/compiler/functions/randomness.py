"""Noticing that a function draws random numbers: a generator is in another state after the call."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Any

import numpy as np

from autograd.compiler.functions.noticing import is_users
from autograd.compiler.functions.reachable import reachable

CONFIRMED = 3  # times that a generator has to move with the call, and not without, before it is blamed
SHORTEST = 0.005  # seconds without a call: what Python gives a thread before it looks to the others


class Generators:
    """The generators of random numbers that a call may draw from, and the state they were found in.

    Those that can be reached from it, by closures, attributes, elements, defaults and the globals that its
    lines name; Python's ``random``, NumPy's ``np.random``, and PyTorch's, where it is imported. A function
    that makes its own, from a seed, draws the same each time.
    """

    def __init__(self, call: Callable[[], Any]) -> None:
        shared = [random.random.__self__, np.random.mtrand._rand]  # type: ignore[attr-defined]
        reached = [each for each in _reached(call) if all(each is not other for other in shared)]
        self._all: list[Any] = [*shared, *reached]
        if "torch" in sys.modules:
            self._all.append(sys.modules["torch"])
        self._before = [_state(each) for each in self._all]

    def drawn(self, call: Callable[[], Any]) -> list[Any]:
        """Those that have drawn since; where other threads may draw too, those that the call moves.

        Another thread's moves while nobody calls, too. It is let be: put back, it would repeat its numbers.
        """
        moved = [each for each, before in self._states() if not _same(_state(each), before)]
        # threading.active_count would take a lock, which Ctrl-C must not leave held
        has_others = len(sys._current_frames()) > 1
        for _ in range(CONFIRMED if has_others else 0):
            if not moved:
                break
            started = time.perf_counter()
            moved = _moved_by(moved, call)
            pause = max(time.perf_counter() - started, SHORTEST)
            others = _moved_by(moved, partial(time.sleep, pause))
            moved = [each for each in moved if not any(each is other for other in others)]
        return moved

    def restore(self, drawn: list[Any]) -> None:
        """Put these back into the state that they were found in."""
        for generator, before in self._states():
            if any(generator is each for each in drawn):
                _set_state(generator, before)

    def _states(self) -> Iterator[tuple[Any, Any]]:
        return zip(self._all, self._before, strict=True)


def undrawn(call: Callable[[], Any]) -> Any:
    """What the call gives; the generators are afterwards as they were."""
    generators = Generators(call)
    try:
        return call()
    finally:
        generators.restore(generators.drawn(call))


def drawing_line(generator: Any, call: Callable[[], Any]) -> tuple[str, int] | None:
    """The file and line of the user's at which the call makes this generator draw; None if there is none."""
    before = _state(generator)
    found: list[tuple[str, int]] = []
    last: list[tuple[FrameType, int]] = []

    def at_a_line(frame: FrameType, event: str, _: Any) -> Any:
        if not is_users(frame.f_code.co_filename) or found:
            return None
        if last and not _same(_state(generator), before):
            found.append((last[0][0].f_code.co_filename, last[0][1]))
            return None
        last[:] = [(frame, frame.f_lineno)]
        return at_a_line

    tracer = sys.gettrace()  # a debugger's, or that of a measurement of coverage
    sys.settrace(at_a_line)
    try:
        with suppress(Exception):  # it is called only to see where
            call()
    finally:
        sys.settrace(tracer)
    return found[0] if found else None


KINDS = (random.Random, np.random.BitGenerator, np.random.RandomState)


def _reached(call: Callable[[], Any]) -> list[Any]:
    """The generators that the call may reach."""
    found = [each for each in reachable(call, is_entered=is_users) if isinstance(each, KINDS)]
    return [each for each in found if not isinstance(each, random.SystemRandom)]


def _moved_by(generators: list[Any], call: Callable[[], Any]) -> list[Any]:
    """Those that are in another state after the call."""
    before = [_state(each) for each in generators]
    with suppress(Exception):
        call()
    return [each for each, state in zip(generators, before, strict=True) if not _same(_state(each), state)]


def _state(generator: Any) -> Any:
    if isinstance(generator, random.Random):
        return generator.getstate()
    if isinstance(generator, np.random.RandomState):
        return generator.get_state(legacy=False)
    if isinstance(generator, np.random.BitGenerator):
        return generator.state
    return generator.get_rng_state().numpy().copy()


def _set_state(generator: Any, state: Any) -> None:
    if isinstance(generator, random.Random):
        generator.setstate(state)
    elif isinstance(generator, np.random.RandomState):
        generator.set_state(state)
    elif isinstance(generator, np.random.BitGenerator):
        generator.state = state
    else:
        generator.set_rng_state(generator.from_numpy(state))


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return all(_same(a[name], b[name]) for name in a)
    return bool(np.array_equal(a, b)) if isinstance(a, np.ndarray) else bool(a == b)
