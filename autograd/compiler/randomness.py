"""Noticing that a function draws random numbers: a generator is in another state after the call."""

from __future__ import annotations

import gc
import random
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import FrameType
from typing import Any

import numpy as np

from autograd.compiler.noticing import is_users


class Generators:
    """Every generator of random numbers that is alive, and the state it was found in.

    Python's ``random`` and NumPy's ``np.random`` are among them, each a generator that is always alive,
    and PyTorch's, where it is imported. A function that makes its own, from a seed, draws the same each time.
    """

    def __init__(self) -> None:
        kinds = {*_with_subclasses(random.Random), *_with_subclasses(np.random.BitGenerator)}
        kinds -= _with_subclasses(random.SystemRandom)
        kinds |= _with_subclasses(np.random.RandomState)
        self._all: list[Any] = [each for each in gc.get_objects() if type(each) in kinds]
        if "torch" in sys.modules:
            self._all.append(sys.modules["torch"])
        self._before = [_state(each) for each in self._all]

    def drawn(self, call: Callable[[], Any]) -> list[Any]:
        """Those that have drawn since; where other threads may draw too, those that the call moves."""
        moved = [each for each, before in self._states() if not _same(_state(each), before)]
        if moved and threading.active_count() > 1:
            before = [_state(each) for each in moved]
            with suppress(Exception):
                call()
            moved = [
                each for each, state in zip(moved, before, strict=True) if not _same(_state(each), state)
            ]
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
    generators = Generators()
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


def _with_subclasses(kind: type) -> set[type]:
    return {kind}.union(*map(_with_subclasses, kind.__subclasses__()))


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
