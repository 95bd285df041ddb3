"""Module: something that holds parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd import Value
from autograd.value import NOT_YET


class Module:
    """The base of every part of a network. Its parameters are the leaf Values in its attributes.

    Attributes may hold them directly, in lists, tuples, dicts and object arrays, or in other
    modules. Values that a gate computed are no parameters.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.intercept = Value(2.0), Value(1.0)
    ...     def __call__(self, x):
    ...         return self.slope * x + self.intercept
    >>> line = Line()
    >>> line(3.0).backward()
    >>> line.parameters()
    [Value(2, grad=3), Value(1, grad=1)]
    """

    def named_parameters(self) -> list[tuple[str, Value]]:
        """Every parameter as (name, parameter), in the order the attributes were set.

        The name is how to reach it from this module, as in ``layers[0].neurons[1].w[0]``. A
        parameter that can be reached in several ways comes once, by the first.
        """
        found: list[tuple[str, Value]] = []
        _gather(self, "", found, {})
        return found

    def parameters(self) -> list[Value]:
        """Every parameter once, in a stable order."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Clear the gradient of every parameter; the next backward() then starts from zero."""
        for parameter in self.parameters():
            parameter.grad = NOT_YET

    def __repr__(self) -> str:
        return f"{type(self).__name__} of {len(self.parameters())} parameters"


def _gather(held: Any, path: str, found: list[tuple[str, Value]], seen: dict[int, Any]) -> None:
    """Add the leaf Values in what is held at path to found, but for those seen before.

    ``seen`` goes by identity and keeps what it saw alive, so that no identity is given out twice.
    """
    if id(held) in seen:
        return
    if isinstance(held, Value):
        seen[id(held)] = held
        if held.gate is None:
            found.append((path, held))
        return
    parts: Iterable[tuple[str, Any]]
    if isinstance(held, Module):
        dot = "." if path else ""
        parts = [(f"{path}{dot}{name}", part) for name, part in vars(held).items()]
    elif isinstance(held, (list, tuple)):
        parts = [(f"{path}[{i}]", part) for i, part in enumerate(held)]
    elif isinstance(held, dict):
        parts = [(f"{path}[{key!r}]", part) for key, part in held.items()]
    elif hasattr(held, "dtype") and held.dtype.kind == "O":
        parts = [(path, held.tolist())]
    else:
        return
    seen[id(held)] = held
    for name, part in parts:
        _gather(part, name, found, seen)
