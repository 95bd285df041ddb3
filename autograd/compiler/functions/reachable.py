"""What code can reach: the walk over attributes, elements, closures, defaults and globals.

Two look at what it finds: ``randomness`` for generators of random numbers, ``nn.undo`` for what a call
may have changed.
"""

from __future__ import annotations

import gc
import sys
from collections import deque
from collections.abc import Callable, Iterator
from functools import _lru_cache_wrapper, partial
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FrameType,
    FunctionType,
    MappingProxyType,
    MethodType,
    ModuleType,
)
from typing import Any

import numpy as np

from autograd.value import Value

PLAIN = (int, float, complex, str, bytes, type(None))  # a bool is an int
#: Found, but not entered: they lead to all of a program or a graph.
END = (ModuleType, CodeType, FrameType, Value)


def reachable(*roots: Any, is_entered: Callable[[str], bool]) -> Iterator[Any]:
    """Everything that the roots lead to, plain numbers and texts aside, each once.

    A function leads to its closure, its defaults and its attributes; if ``is_entered`` says so of the file
    that it is written in, also to the globals that its lines name. A class of such a file leads to its bases
    and to what it defines. Any other object leads to its class, its attributes and its elements.
    """
    path, seen = list(roots), dict[int, Any]()
    while path:
        held = path.pop()
        if id(held) in seen or isinstance(held, PLAIN):
            continue
        seen[id(held)] = held  # keeps it alive, so that its identity is not given out again
        yield held
        if not isinstance(held, END):
            path += _parts(held, is_entered)


def _parts(held: Any, is_entered: Callable[[str], bool]) -> list[Any]:
    if isinstance(held, (dict, MappingProxyType)):
        return list(held.values())
    if isinstance(held, (list, tuple, set, frozenset, deque)):
        return list(held)
    if isinstance(held, np.ndarray):
        return held.ravel().tolist() if held.dtype == object else []
    if isinstance(held, CellType):
        return contents(held)
    if isinstance(held, MethodType):
        return [held.__self__, held.__func__]
    if isinstance(held, BuiltinFunctionType):
        return [held.__self__]
    if isinstance(held, partial):
        return [held.func, held.args, held.keywords]
    if isinstance(held, FunctionType):
        globals_ = named_globals(held).values() if is_entered(held.__code__.co_filename) else ()
        return [*(held.__closure__ or ()), held.__defaults__, held.__kwdefaults__, held.__dict__, *globals_]
    if isinstance(held, type):
        home = home_of(held)
        return [*held.__bases__, *vars(held).values()] if home and is_entered(home) else []
    if isinstance(held, _lru_cache_wrapper):  # what it keeps, it keeps in an order that only it knows
        return [held.__dict__]  # with the function that it wraps
    return [type(held), getattr(held, "__dict__", None), *gc.get_referents(held)]


def contents(cell: CellType) -> list[Any]:
    """What a variable of a closure holds, in a list; an empty list if nothing so far."""
    try:
        return [cell.cell_contents]
    except ValueError:
        return []


def named_globals(function: FunctionType) -> dict[str, Any]:
    """The globals that a function's lines name, and those of functions within it."""
    found = function.__globals__
    return {name: found[name] for name in _names(function.__code__) if name in found}


def home_of(held: type | ModuleType) -> str:
    """The file of a module, or of that in which a class is defined; ``__main__`` stands for itself."""
    name = held.__module__ if isinstance(held, type) else held.__name__
    return "__main__" if name == "__main__" else getattr(sys.modules.get(name), "__file__", None) or ""


def _names(code: CodeType) -> set[str]:
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return set(code.co_names).union(*map(_names, inner))
