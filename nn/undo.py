"""Calling a model to see what it does, without a trace in it: counters, caches and the like are put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from autograd import Value
from nn.module import Module

NUMBERS = (int, float, str, bytes, type(None))  # bool is an int

MOST_COPIED = 1 << 20  # elements of an array; a larger one is data, which no model writes into


@contextmanager
def undone(*held: Any) -> Iterator[None]:
    """Afterwards what these hold is again what it was: attributes, elements, parameters, closures, globals.

    What neither they nor what they hold can reach stays changed, as a file or an iterator.
    """
    saved: list[Callable[[], None]] = []
    path, seen = list(held), dict[int, Any]()
    while path:
        each = path.pop()
        if id(each) not in seen and not isinstance(each, NUMBERS):
            seen[id(each)] = each  # keeps it alive, so that its identity is not given out again
            path.extend(_save(each, saved))
    try:
        yield
    finally:
        for put_back in saved:
            put_back()


def _save(held: Any, saved: list[Callable[[], None]]) -> list[Any]:
    """Add to saved what puts this back; gives what it holds."""
    if isinstance(held, Value):
        if held.gate is None:
            saved.append(partial(_put_number, held, held._number))
        return []
    if isinstance(held, dict):
        saved.append(partial(_put_items, held, dict(held)))
        return list(held.values())
    if isinstance(held, list):
        saved.append(partial(_put_elements, held, list(held)))
        return held
    if isinstance(held, tuple):
        return list(held)
    if isinstance(held, set):
        saved.append(partial(_put_members, held, set(held)))
        return []
    if isinstance(held, np.ndarray) and held.size <= MOST_COPIED:
        saved.append(partial(_put_array, held, held.copy()))
        return held.ravel().tolist() if held.dtype == object else []
    if isinstance(held, MethodType):
        return [held.__self__, held.__func__]
    if isinstance(held, partial):
        return [held.func, held.args, held.keywords]
    if isinstance(held, FunctionType):
        return _save_function(held, saved)
    if isinstance(held, (type, ModuleType, BuiltinFunctionType)) or not hasattr(held, "__dict__"):
        return []
    for kind in type(held).__mro__[:-1]:
        if kind is not Module:
            _save_numbers(kind, vars(kind), saved)
    return [vars(held)]


def _save_function(function: FunctionType, saved: list[Callable[[], None]]) -> list[Any]:
    found: list[Any] = [function.__defaults__, function.__kwdefaults__]
    for cell in function.__closure__ or ():
        try:
            contents = cell.cell_contents
        except ValueError:  # empty so far
            continue
        saved.append(partial(setattr, cell, "cell_contents", contents))
        found.append(contents)
    used = {name: function.__globals__.get(name) for name in function.__code__.co_names}
    for name, each in used.items():
        if isinstance(each, (int, float)):
            saved.append(partial(function.__globals__.__setitem__, name, each))
        elif isinstance(each, (Module, list, dict)):
            found.append(each)
    return found


def _save_numbers(kind: type, attributes: Any, saved: list[Callable[[], None]]) -> None:
    """A class's own counters."""
    for name, each in attributes.items():
        if isinstance(each, (int, float)) and not name.startswith("__"):
            saved.append(partial(_put_attribute, kind, name, each))


def _put_number(leaf: Value, number: float) -> None:
    if leaf._number is not number:
        leaf.data = number


def _put_attribute(kind: type, name: str, number: Any) -> None:
    if vars(kind).get(name) is not number:
        setattr(kind, name, number)


def _put_items(held: dict[Any, Any], before: dict[Any, Any]) -> None:
    if len(held) != len(before) or any(held.get(name, held) is not each for name, each in before.items()):
        held.clear()
        held.update(before)


def _put_elements(held: list[Any], before: list[Any]) -> None:
    if len(held) != len(before) or any(a is not b for a, b in zip(held, before, strict=True)):
        held[:] = before


def _put_members(held: set[Any], before: set[Any]) -> None:
    held.clear()
    held.update(before)


def _put_array(held: Any, before: Any) -> None:
    if held.flags.writeable:
        held[...] = before
