"""Where a gate is to be found: as a function, it is pickled by its module and its name there."""

from __future__ import annotations

import sys
from importlib import import_module
from pickle import PicklingError, UnpicklingError
from typing import Any, TypeVar

T = TypeVar("T")


def place_of(gate: Any) -> tuple[str, str]:
    """The module that holds the gate, and its name there.

    Raises PicklingError if no module holds it.
    """
    own = gate.forward.__module__, gate.backward.__module__
    others = [module for module in list(sys.modules) if module not in ("__main__", "__mp_main__")]
    for module in (*own, *others, "__main__"):
        for name, held in list(getattr(sys.modules.get(module), "__dict__", {}).items()):
            if held is gate:
                return module, name
    raise PicklingError(
        f"{gate!r} cannot be pickled: no module holds it. As a function, a gate is pickled by its name: "
        f"assign it to a variable at the top level of a module, as in {gate.name} = gate({gate.name!r}, ...)"
    )


def find(kind: type[T], module: str, name: str) -> T:
    """The gate that a module holds by that name.

    Raises UnpicklingError if it holds none, ModuleNotFoundError if there is no such module.
    """
    found = getattr(import_module(module), name, None)
    if not isinstance(found, kind):
        raise UnpicklingError(
            f"the module {module} has no gate {name} here, which was pickled by its name: "
            "define it in a module of its own, which every process can import"
        )
    return found
