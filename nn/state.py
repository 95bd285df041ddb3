"""The state of a module: which parameters stand under which name, and the check of one to be loaded.

Of a module it asks only for ``state_parts`` and ``named_parameters``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from autograd import Value
from autograd.numbers import NUMPY_REAL_KINDS
from autograd.text import listed
from nn.tree import Parts, walk

#: Values and plain numbers, in the shape that the state gives them.
Elements: TypeAlias = npt.NDArray[Any]

MOST_SHOWN = 3  # names in a message


def _entries_of(module: Any) -> dict[str, Elements]:
    """The module's state by name, with the Values themselves.

    Raises RuntimeError if a parameter is under no name.
    """
    entries = _named(module)
    named = {element for elements in entries.values() for element in elements.flat if _is_leaf(element)}
    for path, parameter in module.named_parameters():
        if parameter not in named:
            raise RuntimeError(f"{type(module).__name__}: no name for the parameter {path} in state_parts()")
    return entries


def _named(module: Any) -> dict[str, Elements]:
    return {name[1:]: np.array(held, dtype=object) for name, held in walk(module, _parts_of)}


def in_arrays(module: Any, parameters: Sequence[Value]) -> dict[str, Elements] | list[Value]:
    """The parameters as arrays by their names in the module's state; as they are if in another order there.

    Of an array with other elements too (a connection that is missing, a parameter that stands under an
    earlier name, or is not among these) it has those alone, as a vector.
    """
    wanted = dict.fromkeys(parameters)
    found: dict[str, Elements] = {}
    left = set(wanted)
    for name, elements in _named(module).items() if hasattr(module, "state_parts") else ():
        own = [element for element in elements.flat if _is_leaf(element) and element in left]
        left.difference_update(own)
        if own:
            found[name] = elements if len(own) == elements.size else np.array(own, dtype=object)
    in_order = [element for elements in found.values() for element in elements.flat]
    return found if in_order == list(wanted) else list(parameters)


def numbers_of(module: Any) -> dict[str, npt.NDArray[np.float64]]:
    """The module's state by name; raises as _entries_of does."""
    return {
        name: np.array([_number_of(element) for element in elements.flat], float).reshape(elements.shape)
        for name, elements in _entries_of(module).items()
    }


def numbers_for(module: Any, state: Mapping[str, Any]) -> dict[Value, float]:
    """The number that the state has for each parameter; raises as Module.load_state_dict does."""
    if not isinstance(state, Mapping):
        raise TypeError(f"a state is a dict of arrays by name, got {state!r} of type {type(state).__name__}")
    entries = _entries_of(module)
    what = f"the state for {type(module).__name__}"
    _check_names([name for name in entries if name not in state], f"{what} lacks")
    _check_names([name for name in state if name not in entries], f"{what} has unknown names:")
    numbers: dict[Value, float] = {}
    first: dict[Value, str] = {}
    for name, elements in entries.items():
        given = _as_numbers(state[name], elements.shape, name)
        for (index, element), number in zip(np.ndenumerate(elements), given.flat, strict=True):
            where = f"{name}[{','.join(map(str, index))}]" if index else name
            if not _is_leaf(element):
                if not _same(number, _number_of(element)):
                    fixed = f"is no parameter and stays {_number_of(element):g}"
                    raise ValueError(f"{where} {fixed}, but the state has {number:g}")
            elif not _same(number, numbers.setdefault(element, float(number))):
                tied = f"{where} and {first[element]} are one parameter"
                raise ValueError(f"{tied}, but the state has {number:g} and {numbers[element]:g}")
            else:
                first.setdefault(element, where)
    return numbers


def _parts_of(held: Any) -> Parts:
    """What the state names: a module's parts, the elements of what is no array of numbers and Values."""
    if hasattr(type(held), "state_parts"):
        return [(f".{name}", part) for name, part in held.state_parts()]
    if isinstance(held, dict):
        return [(f".{name}", part) for name, part in held.items()]
    if isinstance(held, np.ndarray) and held.dtype != object:
        return ()
    if isinstance(held, np.ndarray) or _shape(held) is not None:
        elements = np.array(held, dtype=object)
        is_numbers = all(isinstance(element, (Value, float, int)) for element in elements.flat)
        if is_numbers and any(map(_is_leaf, elements.flat)):
            return None
        return _numbered(elements.tolist()) if elements.shape else ()
    return _numbered(held) if isinstance(held, (list, tuple)) else ()


def _numbered(elements: Any) -> Parts:
    return [(f".{i}", element) for i, element in enumerate(elements)]


def _shape(held: Any) -> tuple[int, ...] | None:
    """The shape of a Value, or of lists of equal length of them; None for anything else."""
    if isinstance(held, Value):
        return ()
    if not isinstance(held, (list, tuple)):
        return None
    shapes = {_shape(part) for part in held}
    inner = shapes.pop() if len(shapes) == 1 else None
    return None if inner is None else (len(held), *inner)


def _number_of(element: Value | float) -> float:
    return element.data if isinstance(element, Value) else element


def _is_leaf(element: Any) -> bool:
    return isinstance(element, Value) and element.gate is None


def _as_numbers(given: Any, shape: tuple[int, ...], name: str) -> npt.NDArray[np.float64]:
    try:
        numbers = np.asarray(given)
    except ValueError:  # NumPy's words for rows of different lengths do not name the entry
        raise ValueError(f"{name} must have shape {shape}, got rows of different lengths") from None
    except (RuntimeError, TypeError) as error:  # a PyTorch tensor that NumPy cannot read
        raise TypeError(f"{name} cannot be read as an array of numbers: {error}") from error
    if numbers.dtype.kind not in NUMPY_REAL_KINDS:
        raise TypeError(f"{name} must be an array of real numbers, got one of {numbers.dtype}")
    if numbers.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {numbers.shape}")
    with np.errstate(over="ignore"):  # a long double beyond float64 is inf, as everywhere
        return numbers.astype(np.float64)


def _same(a: float, b: float) -> bool:
    return bool(a == b or (a != a and b != b))


def _check_names(names: list[Any], problem: str) -> None:
    if names:
        raise ValueError(f"{problem} {listed([repr(name) for name in names], MOST_SHOWN)}")
