"""The walk over what code can reach: each thing once, by every way that Python has."""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Callable
from contextlib import contextmanager
from functools import lru_cache, partial
from types import MappingProxyType, ModuleType
from typing import Any, ClassVar

import numpy as np
import pytest

from autograd import Value
from autograd.compiler.functions.reachable import home_of, reachable


class Mark:
    """What is looked for."""


GLOBAL = Mark()


class Slotted:
    __slots__ = ("part",)

    def __init__(self, part: Any) -> None:
        self.part = part

    def method(self) -> Any:
        return self.part


class WithTable:
    table: ClassVar[list[Any]] = [GLOBAL]

    @property
    def mark(self) -> Any:
        return GLOBAL

    def method(self) -> Any:
        return GLOBAL


def names_it() -> Any:
    return GLOBAL


def within() -> Any:
    return lambda: GLOBAL


def closure(mark: Mark) -> Callable[[], Any]:
    return lambda: mark


def default(mark: Mark) -> Callable[..., Any]:
    def function(a: Any = mark) -> Any:
        return a

    return function


def keyword(mark: Mark) -> Callable[..., Any]:
    def function(*, a: Any = mark) -> Any:
        return a

    return function


@contextmanager
def managed() -> Any:
    yield GLOBAL


@lru_cache
def cached() -> Any:
    return GLOBAL


def found(root: Any, mark: Any = GLOBAL, is_entered: Callable[[str], bool] = lambda file: True) -> bool:
    return any(each is mark for each in reachable(root, is_entered=is_entered))


HOLDERS: dict[str, Callable[[Mark], Any]] = {
    "list": lambda mark: [[mark]],
    "tuple": lambda mark: (mark,),
    "dict": lambda mark: {"a": mark},
    "proxy": lambda mark: MappingProxyType({"a": mark}),
    "set": lambda mark: {mark},
    "deque": lambda mark: deque([mark]),
    "array": lambda mark: np.array([[mark, 1.0]], dtype=object),
    "attribute": lambda mark: partial(setattr, Slotted(mark)),
    "closure": closure,
    "default": default,
    "keyword": keyword,
    "partial": lambda mark: partial(print, a=mark),
    "bound method": lambda mark: Slotted(mark).method,
    "bound method of C": lambda mark: [mark].append,
    "map": lambda mark: map(operator.not_, [mark]),
}


@pytest.mark.parametrize("how", HOLDERS)
def test_what_holds_it_leads_to_it(how: str) -> None:
    assert found(HOLDERS[how](mark := Mark()), mark)
    assert not found(HOLDERS[how](Mark()), mark)


@pytest.mark.parametrize("root", [names_it, within, managed, cached, WithTable(), WithTable().method])
def test_code_leads_to_what_its_lines_name_if_its_file_is_entered(root: Any) -> None:
    assert found(root)
    assert not found(root, is_entered=lambda file: False)


def test_each_thing_comes_once_also_in_a_circle() -> None:
    circle: list[Any] = [mark := Mark(), mark]
    circle.append(circle)
    things = [id(each) for each in reachable(circle, circle, is_entered=lambda file: False)]
    assert len(things) == len(set(things))
    assert {id(circle), id(mark)} <= set(things)


def test_graphs_and_modules_are_found_and_not_entered() -> None:
    w = Value(2.0)
    module = ModuleType("theirs")
    module.mark = GLOBAL  # type: ignore[attr-defined]
    things = list(reachable([w * w, module, 1, "text", None], is_entered=lambda file: True))
    assert not any(each is w or each is GLOBAL for each in things)
    assert any(each is module for each in things)


def test_what_a_cache_keeps_is_its_own() -> None:
    @lru_cache
    def of(mark: Mark) -> Mark:
        return mark

    of(mark := Mark())
    assert not found(of, mark)


def test_the_home_of_a_class_is_the_file_of_its_module() -> None:
    assert home_of(Mark) == __file__
    assert home_of(int) == ""
