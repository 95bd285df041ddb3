# mypy: disable-error-code="overload-overlap"
# A class may be a number and a node, for all a type checker knows: then the first overload counts.
"""What type checkers know of the operands of gates, and of what comes out; nothing here runs.

A gate's call cannot name Value and ValueArray, which are built on gates: what they are is told by
what they have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Protocol, TypeAlias, overload

    import numpy as np
    import numpy.typing as npt
    from typing_extensions import TypeVar

    class Recorded(Protocol):
        """A node, which remembers its gate: a Value."""

        gate: Any

    class Element(np.generic):
        """What NumPy's types take the elements of an array of Values for."""

    Node = TypeVar("Node", bound=Recorded)
    Objects = TypeVar("Objects", bound=npt.NDArray[Element | np.object_], default=npt.NDArray[np.object_])
    Number: TypeAlias = float | np.number[Any] | np.bool
    Numbers: TypeAlias = npt.NDArray[np.number[Any] | np.bool]

    class Call(Protocol):
        """A gate's call: numbers give a float, a node among them a node, an array among them an array."""

        @overload
        def __call__(self, *operands: Number) -> float: ...
        @overload
        def __call__(self, *operands: Node | Number) -> Node: ...
        @overload
        def __call__(
            self, *operands: Number | Numbers | Sequence[Number] | Sequence[Sequence[Number]]
        ) -> npt.NDArray[np.float64]: ...
        @overload
        def __call__(self, *operands: Objects | Recorded | Number | Numbers | Sequence[Any]) -> Objects: ...

    class Operator(Protocol[Node]):
        """An operator of a node, by what stands on its other side."""

        @overload
        def __call__(self, other: Objects, /) -> Objects: ...
        @overload
        def __call__(self, other: Node | Number, /) -> Node: ...
        @overload
        def __call__(self, other: npt.NDArray[Any], /) -> npt.NDArray[np.object_]: ...
