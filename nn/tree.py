"""The walk of a module's tree: its attributes, the modules in these, their attributes, and so on.

It names the parameters (``Module.named_parameters``) and the entries of a state (``nn.state``), which
differ only in what they take for a part and how they name it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

#: What something holds, each part with how its name goes on; None for a leaf, which the walk is after.
Parts = Iterable[tuple[str, Any]] | None


def walk(root: Any, parts_of: Callable[[Any], Parts], *, once: bool = False) -> Iterator[tuple[str, Any]]:
    """(name, leaf) for every leaf below the root, depth first.

    once  whether what is held in two places comes only under the first name, or under both

    What holds itself is not entered a second time. It goes by identity, and keeps what it has seen alive, so
    that no identity is given out twice.
    """
    seen: dict[int, Any] = {}
    open_parts: list[tuple[int, Iterator[tuple[str, Any]]]] = [(0, iter([("", root)]))]
    while open_parts:
        holder, parts = open_parts[-1]
        name, held = next(parts, (None, None))
        if name is None:
            open_parts.pop()
            if not once:
                seen.pop(holder, None)
        elif id(held) not in seen:
            below = parts_of(held)
            if below is None:
                yield name, held
            if below is not None or once:
                seen[id(held)] = held
            if below is not None:
                open_parts.append((id(held), iter([(name + more, part) for more, part in below])))
