"""Calling a model to see what it does, without a trace in it: counters, caches and the like are put back."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, TypeAlias

import numpy as np

from autograd import Value
from autograd.compiler.noticing import NotTraceable, is_users

NUMBERS = (int, float, str, bytes, type(None))  # bool is an int

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
    """All that these reach and that can change."""
    saved: Saved = {}
    path, seen = list(held), dict[int, Any]()
    while path:
        each = path.pop()
        if isinstance(each, Value):  # most are; those that a gate computed do not change
            if each.gate is None:
                saved[id(each)] = partial(_put_number, each, each._number)
        elif id(each) not in seen and not isinstance(each, NUMBERS):
            seen[id(each)] = each  # keeps it alive, so that its identity is not given out again
            path.extend(_save(each, saved))
    return saved


def _save(held: Any, saved: Saved) -> list[Any]:
    """Add to saved what puts this back; gives what it holds."""
    key = id(held)
    if isinstance(held, dict):
        saved[key] = partial(_put_items, held, dict(held))
        return list(held.values())
    if isinstance(held, (list, deque)):
        saved[key] = partial(_put_elements, held, list(held))
        return list(held)
    if isinstance(held, tuple):
        return list(held)
    if isinstance(held, set):
        saved[key] = partial(_put_members, held, set(held))
        return []
    if isinstance(held, np.ndarray) and held.size <= MOST_COPIED:
        saved[key] = partial(_put_array, held, held.copy())
        return held.ravel().tolist() if held.dtype == object else []
    if isinstance(held, MethodType):
        return [held.__self__, held.__func__]
    if isinstance(held, partial):
        return [held.func, held.args, held.keywords]
    if isinstance(held, FunctionType):
        return _save_function(held, saved) if _is_own(held.__code__.co_filename) else []
    if isinstance(held, (type, ModuleType)):
        return _save_names(held, saved)
    return [] if isinstance(held, BuiltinFunctionType) else _save_object(held, saved)


def _save_function(function: FunctionType, saved: Saved) -> list[Any]:
    found: list[Any] = [function.__defaults__, function.__kwdefaults__, function.__dict__]
    for cell in function.__closure__ or ():
        try:
            contents = cell.cell_contents
        except ValueError:  # empty so far
            continue
        saved[id(cell)] = partial(setattr, cell, "cell_contents", contents)
        found.append(contents)
    names = function.__globals__
    for name in _names(function.__code__).intersection(names):
        if not isinstance(names[name], (FunctionType, type, ModuleType)):
            saved[id(names), name] = partial(names.__setitem__, name, names[name])
        found.append(names[name])
    return found


def _names(code: CodeType) -> set[str]:
    """The names that a function, and what is written inside of it, looks up."""
    return set(code.co_names).union(*(_names(each) for each in code.co_consts if isinstance(each, CodeType)))


def _save_names(held: Any, saved: Saved) -> list[Any]:
    """A class's or a module's own counters; and what else a class has: its methods, its tables."""
    home = held.__module__ if isinstance(held, type) else held.__name__
    file = getattr(sys.modules.get(home), "__file__", None) or ""
    if not (home == "__main__" or (file and _is_own(file))):
        return []
    for name, each in vars(held).items():
        if isinstance(each, (int, float)) and not name.startswith("__"):
            saved[id(held), name] = partial(_put_attribute, held, name, each)
    if not isinstance(held, type):
        return []
    return [*held.__bases__, *(getattr(each, "fget", each) for each in vars(held).values())]


def _save_object(held: Any, saved: Saved) -> list[Any]:
    attributes = getattr(held, "__dict__", None)
    if attributes is None and isinstance(held, Iterator):
        raise NotTraceable(
            f"the model or its loss holds an iterator, {held!r}, which a trial would move on; "
            "give what it yields as an input, or keep a list and a place in it"
        )
    if getattr(held, "cache_info", None) and not held.cache_info().currsize:
        saved[id(held)] = held.cache_clear
    if hasattr(held, "get_state") and hasattr(held, "set_state"):  # a generator of PyTorch's
        saved[id(held)] = partial(held.set_state, held.get_state())
    parts = [type(held), attributes, getattr(held, "__func__", None)]  # that of a classmethod
    for kind in type(held).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if not name.startswith("__") and hasattr(held, name):
                part = getattr(held, name)
                saved[id(held), name] = partial(_put_attribute, held, name, part)
                parts.append(part)
    return parts


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
