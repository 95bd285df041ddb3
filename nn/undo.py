"""Calling a model to see what it does, without a trace in it: counters, caches and the like are put back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import _lru_cache_wrapper, partial
from types import CellType, FunctionType, ModuleType
from typing import Any, TypeAlias

import numpy as np

from autograd import Value
from autograd.compiler.functions.noticing import NotTraceable, is_users
from autograd.compiler.functions.reachable import contents, home_of, named_globals, reachable

MOST_COPIED = 1 << 20  # elements of an array; a larger one is data, which no model writes into

#: What can change, by its identity, or that and a name; and what makes it as it was.
Saved: TypeAlias = dict[int | tuple[int, str], Callable[[], None]]


@contextmanager
def undone(*held: Any) -> Iterator[None]:
    """Afterwards what these hold is again what it was: attributes, elements, parameters, closures, globals.

    What neither they nor what they hold can reach stays changed, as a file. Raises NotTraceable for an
    iterator, which does not go back.
    """
    saved = _changeable(*held)
    try:
        yield
    finally:
        for put_back in saved.values():
            put_back()


def share_state(one: Any, *others: Any) -> bool:
    """Whether what one of them changes could be what the others compute with."""
    return not _changeable(one).keys().isdisjoint(_changeable(*others))


def _changeable(*held: Any) -> Saved:
    """All that these reach and that can change, but for what belongs to installed libraries."""
    saved: Saved = {}
    for each in reachable(*held, is_entered=_is_own):
        _save(each, saved)
    return saved


def _save(held: Any, saved: Saved) -> None:
    """Add to saved what puts this back."""
    if isinstance(held, Value):
        if held.gate is None:
            saved[id(held)] = partial(_put_number, held, held._number)
    elif isinstance(held, dict):
        saved[id(held)] = partial(_put_items, held, dict(held))
    elif isinstance(held, (list, deque)):
        saved[id(held)] = partial(_put_elements, held, list(held))
    elif isinstance(held, set):
        saved[id(held)] = partial(_put_members, held, set(held))
    elif isinstance(held, np.ndarray):
        if held.size <= MOST_COPIED:
            saved[id(held)] = partial(_put_array, held, held.copy())
    elif isinstance(held, CellType):
        for each in contents(held):
            saved[id(held)] = partial(setattr, held, "cell_contents", each)
    elif isinstance(held, FunctionType):
        _save_globals(held, saved)
    elif isinstance(held, (type, ModuleType)):
        _save_counters(held, saved)
    elif isinstance(held, _lru_cache_wrapper):
        if not held.cache_info().currsize:
            saved[id(held)] = held.cache_clear
    else:
        _save_object(held, saved)


def _save_globals(function: FunctionType, saved: Saved) -> None:
    """The globals that the function names, if it is the user's."""
    if _is_own(function.__code__.co_filename):
        names = function.__globals__
        for name, each in named_globals(function).items():
            if not isinstance(each, (FunctionType, type, ModuleType)):
                saved[id(names), name] = partial(names.__setitem__, name, each)


def _save_counters(held: type | ModuleType, saved: Saved) -> None:
    """The numbers that a class or a module of the user's has."""
    if (home := home_of(held)) and _is_own(home):
        for name, each in vars(held).items():
            if isinstance(each, (int, float)) and not name.startswith("__"):
                saved[id(held), name] = partial(_put_attribute, held, name, each)


def _save_object(held: Any, saved: Saved) -> None:
    """What an object has beside its attributes, whose dict is found by itself."""
    if isinstance(held, Iterator) and not hasattr(held, "__dict__"):
        raise NotTraceable(
            f"the model or its loss holds an iterator, {held!r}, which a trial would move on; "
            "give what it yields as an input, or keep a list and an index into it"
        )
    if hasattr(held, "get_state") and hasattr(held, "set_state"):  # a generator of PyTorch's
        saved[id(held)] = partial(held.set_state, held.get_state())
    for kind in type(held).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if not name.startswith("__") and hasattr(held, name):
                saved[id(held), name] = partial(_put_attribute, held, name, getattr(held, name))


def _is_own(file: str) -> bool:
    """Whether a file is the user's, and no installed library."""
    return is_users(file) and "site-packages" not in file and "dist-packages" not in file


def _put_number(leaf: Value, number: float) -> None:
    if leaf._number is not number:
        leaf.data = number


def _put_attribute(holder: Any, name: str, before: Any) -> None:
    if getattr(holder, name, None) is not before:
        setattr(holder, name, before)


def _put_items(held: dict[Any, Any], before: dict[Any, Any]) -> None:
    if len(held) != len(before) or any(held.get(name, held) is not each for name, each in before.items()):
        held.clear()
        held.update(before)


def _put_elements(held: list[Any] | deque[Any], before: list[Any]) -> None:
    if len(held) != len(before) or any(a is not b for a, b in zip(held, before, strict=True)):
        held.clear()
        held.extend(before)


def _put_members(held: set[Any], before: set[Any]) -> None:
    held.clear()
    held.update(before)


def _put_array(held: Any, before: Any) -> None:
    if held.flags.writeable:
        held[...] = before
