"""The structure in which inputs and parameters were given: taken apart, and put together again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from math import prod
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from autograd.compiler.naming import base, common_base
from autograd.numbers import NUMPY_REAL_KINDS, elements_of, is_sequence
from autograd.text import listed
from autograd.value import Value

#: Scalars next to each other in a flat list, w0, w1, w2, ..., that are an array each: more are one array.
MOST_ALONE = 8


class Array(NamedTuple):
    """One array among the leaves: W1 of shape (3, 2), from place 4 on; a single Value has shape ()."""

    label: str
    shape: tuple[int, ...]
    start: int

    def view(self, vector: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Its numbers in a vector of those of all leaves, (..., leaves): a view, (..., *shape)."""
        own = vector[..., self.start : self.start + prod(self.shape)]
        return own.reshape((*vector.shape[:-1], *self.shape))  # no copy: it only splits an axis


#: The call's own lists, tuples and dicts, with an Array in the place of each array.
Template: TypeAlias = "Array | list[Template] | tuple[Template, ...] | dict[str, Template]"


@dataclass(frozen=True)
class Structure:
    """Values, arrays, lists and dicts of them as a flat list of leaves; and flat numbers in their structure.

    which     "inputs" or "parameters", as errors call them
    leaves    in order: arrays row after row (C order), lists and dicts in their own
    arrays    what the leaves belong to, in the same order; in a flat list their labels tell
    is_flat   whether it is a list of Values, or empty: it counts as one array of shape (leaves,)
    template  the structure itself

    >>> from autograd import array
    >>> parameters = Structure.of({"W": array([[1, 2], [3, 4]], label="W"), "b": array([0, 0])}, "parameters")
    >>> parameters.unflatten(np.arange(6.0))
    {'W': array([[0., 1.],
           [2., 3.]]), 'b': array([4., 5.])}
    """

    which: str
    leaves: list[Value]
    arrays: list[Array]
    is_flat: bool
    template: Template

    @classmethod
    def of(cls, x: Any, which: str) -> Structure:
        """The structure of a Value, an array of Values, or a list, a tuple or a dict of these, nested or not.

        Lists of only Values, nested in rows of equal length, count as an array; but the elements of the
        outermost list stay apart, unless each is a Value.

        Raises TypeError for anything but Values, and for a key that is no str; ValueError for a Value that a
        gate computed or that comes twice.
        """
        found: dict[Value, None] = {}
        arrays: list[Array] = []
        template, shape = _read(x, which, found, arrays), _shape(x)
        is_flat = shape is not None and len(shape) == 1
        if is_flat:
            template, arrays = Array("", (len(found),), 0), _by_labels([leaf.label for leaf in found])
        return cls(which, list(found), arrays, is_flat, template)

    @property
    def as_one(self) -> list[Array]:
        """All leaves as one array."""
        return [Array("", (len(self.leaves),), 0)]

    @cached_property
    def _plain(self) -> list[tuple[int, ...]]:
        """The shapes of the arguments, if each is one array; else none."""
        parts = [self.template] if isinstance(self.template, (Array, dict)) else self.template
        shapes = [each.shape for each in parts if isinstance(each, Array)]
        return shapes if len(shapes) == len(parts) else []

    def unflatten(self, vector: Any) -> Any:
        """The numbers of all leaves, (..., leaves), in the structure of the call: views, (..., *shape).

        What is set in a view is set in the vector. A single Value's number is an array of shape ().
        Raises TypeError for what is no array of real numbers, ValueError for another length.
        """
        return _filled(self.template, _reals(vector, "...", (len(self.leaves),), "unflatten"))

    def columns(self, args: tuple[Any, ...]) -> tuple[int, list[npt.NDArray[np.float64]]]:
        """How many examples a program was called with, and for each array their numbers, (examples, *shape).

        args  one argument for each element of a list or a tuple, unless that is flat; else one in all. Its
              arrays have an axis for the examples in front. Of a flat list, one matrix, or an argument for
              each array that its labels tell. Without leaves it may be left out: one example.

        float64 is not copied, other real numbers are converted. Raises TypeError for another number of
        arguments and for what is no array of real numbers, no dict, no list; ValueError for another shape,
        length or keys, and where the numbers of examples differ.
        """
        if args and len(args) == len(self._plain) and all(map(_is_plain, args, self._plain)):
            count = len(args[0])  # a quick way for the usual
            if all(len(each) == count for each in args):
                batches = [each.astype(np.float64, copy=False) for each in args]
                return count, [a.view(batches[0]) for a in self.arrays] if self.is_flat else batches
        if not self.leaves and len(args) <= 1 and all(each is None for each in args):
            return 1, [np.empty((1, *array.shape)) for array in self.arrays]
        if self.is_flat and len(args) == len(self.arrays) > 1:
            apart: list[Template] = list(self.arrays)
            return replace(self, template=apart, is_flat=False).columns(args)
        is_spread = not isinstance(self.template, (Array, dict))
        count = len(self.template) if is_spread else 1
        if len(args) != count:
            names = [each.label or str(each.shape) for each in self.arrays]
            told = f"{count} argument(s) for its {self.which}{f' ({listed(names)})' if names else ''}"
            raise TypeError(f"the program takes {told}, got {len(args)}")
        name = f"a program of {len(self.leaves)} input(s)" if self.is_flat else self.which
        found = dict(_batches(self.template, args if is_spread else args[0], name))
        sizes = {len(batch): name for name, batch in found.items()}
        if len(sizes) > 1:
            counts = listed([f"{size} of {name}" for size, name in sizes.items()])
            raise ValueError(f"the program takes as many examples of each input, got {counts}")
        batches = list(found.values())
        return next(iter(sizes), 1), [a.view(batches[0]) for a in self.arrays] if self.is_flat else batches


def _is_plain(given: Any, shape: tuple[int, ...]) -> bool:
    """Whether it is an array of real numbers, (examples, *shape)."""
    is_array = type(given) is np.ndarray and given.dtype.kind in NUMPY_REAL_KINDS
    return is_array and given.ndim == 1 + len(shape) and given.shape[1:] == shape


def _read(x: Any, path: str, leaves: dict[Value, None], arrays: list[Array]) -> Template:
    """The template of x; its leaves and arrays are added to those found before."""
    shape = x.shape if isinstance(x, np.ndarray) else _shape(x)
    is_apart = shape is None or ("[" not in path and not isinstance(x, np.ndarray) and len(shape) > 1)
    if is_sequence(x) and is_apart:
        parts = {key: _read(part, f"{path}[{key!r}]", leaves, arrays) for key, part in _items(x)}
        if not isinstance(x, Mapping):
            return tuple(parts.values()) if isinstance(x, tuple) else list(parts.values())
        if not all(isinstance(key, str) for key in parts):
            raise TypeError(f"compile: the keys of {path} must be str, got {listed([*map(repr, parts)])}")
        return parts
    elements = x.ravel().tolist() if isinstance(x, np.ndarray) else list(elements_of(x))
    start = len(leaves)
    for place, leaf in enumerate(elements):
        if not isinstance(leaf, Value) or leaf.gate is not None or leaf in leaves:
            raise _refusal(leaf, path + "".join([f"[{i}]" for i in np.unravel_index(place, shape or ())]))
        leaves[leaf] = None
    arrays.append(Array(common_base([leaf.label for leaf in elements] or [""]), shape or (), start))
    return arrays[-1]


def _refusal(x: Any, path: str) -> Exception:
    """Why x is no leaf; it may be one that was there before."""
    if not isinstance(x, Value):
        which, bracket, place = path.partition("[")
        where = f" at {f'place {place[:-1]}' if place[:-1].isdigit() else bracket + place}" if place else ""
        return TypeError(f"compile: {which} must be Values, got {x!r}{where}")
    if x.gate is not None:
        return ValueError(f"{path} must be a leaf, got {x!r}, computed by a gate")
    return ValueError(f"{path}, {x!r}, appears twice")


def _shape(x: Any) -> tuple[int, ...] | None:
    """The shape of nested lists of only Values, () of a Value; None of anything else, NumPy's arrays too."""
    if isinstance(x, Value):
        return ()
    if isinstance(x, (np.ndarray, Mapping)) or not is_sequence(x):
        return None
    row, *others = {_shape(each) for each in x} or {()}
    return None if others or row is None else (len(x), *row)


def _by_labels(labels: list[str]) -> list[Array]:
    """The arrays of a flat list: neighbours whose labels have the same base; many with none are one."""
    arrays, start = list[Array](), 0
    for name, group in groupby(labels, base):
        own = list(group)
        arrays.append(Array(name, _grid(own) if name else (len(own),), start))
        start += len(own)
    found = list[Array]()
    for is_alone, neighbours in groupby(arrays, lambda array: array.shape == ()):
        each = list(neighbours)
        found += [Array("", (len(each),), each[0].start)] if is_alone and len(each) > MOST_ALONE else each
    return found


def _grid(labels: list[str]) -> tuple[int, ...]:
    """(3, 2) of the labels W[0,0], W[0,1], ..., W[2,1]; () of a name alone; else how many there are."""
    name, _, indices = labels[-1].partition("[")
    shape = tuple([int(index) + 1 for index in re.findall("[0-9]{1,9}", indices)])
    places = np.ndindex(shape) if prod(shape) == len(labels) else ()
    grid = [f"{name}[{','.join(map(str, place))}]" if place else name for place in places]
    return shape if labels == grid else (len(labels),)


def _filled(template: Template, vector: npt.NDArray[Any]) -> Any:
    if isinstance(template, Array):
        return template.view(vector)
    filled = {key: _filled(part, vector) for key, part in _items(template)}
    return filled if isinstance(template, dict) else type(template)(filled.values())


def _items(x: Any) -> Iterable[tuple[Any, Any]]:
    return x.items() if isinstance(x, Mapping) else enumerate(x)


def _batches(template: Template, given: Any, name: str) -> Iterator[tuple[str, npt.NDArray[np.float64]]]:
    """Each array's name and its batch, (examples, *shape), in what was given for the template."""
    if isinstance(template, Array):
        name += f" ({template.label!r})" if template.label else ""
        yield name, _reals(given, "examples", template.shape, name).astype(np.float64, copy=False)
        return
    kind, kinds = ("dict", Mapping) if isinstance(template, dict) else ("list", (list, tuple))
    if not isinstance(given, kinds):
        raise TypeError(f"{name} takes a {kind}, got {type(given).__name__}")
    parts, others = dict(_items(template)), dict(_items(given))
    wrong = [f"without {name}[{key!r}]" for key in parts if key not in others]
    wrong += [f"with {name}[{key!r}]" for key in others if key not in parts]
    if wrong:
        raise ValueError(f"{name} takes a {kind} of {len(parts)}, got one {listed(wrong)}")
    for key, part in parts.items():
        yield from _batches(part, others[key], f"{name}[{key!r}]")


def _reals(given: Any, lead: str, shape: tuple[int, ...], name: str) -> npt.NDArray[Any]:
    """An array of real numbers of shape (lead, *shape), "..." for any axes or "examples" for one."""
    wanted = f"{name} takes an array of real numbers of shape " + str((lead, *shape)).replace("'", "")
    try:
        numbers = np.asarray(given)
    except ValueError:
        raise ValueError(f"{wanted}, got rows of different lengths") from None
    if numbers.dtype.kind not in NUMPY_REAL_KINDS:
        raise TypeError(f"{wanted}, got {type(given).__name__} of {numbers.dtype}")
    axes = numbers.ndim - len(shape)
    if numbers.shape[axes:] != shape or (axes != 1 and lead != "..."):
        raise ValueError(f"{wanted}, got shape {numbers.shape}")
    return numbers
