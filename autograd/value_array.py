# mypy: disable-error-code="assignment, override, overload-overlap"
# NumPy's own types promise more than ours: they know no array whose elements are Values.
"""ValueArray: NumPy's object array of Values, so that a slide's W @ x is written W @ x.

NumPy does the shapes, the broadcasting and the loops; each element is a scalar node of the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from autograd.numpy_dispatch import call_function, call_ufunc
from autograd.refusals import refuse_array_step
from autograd.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import EllipsisType
    from typing import Protocol, Self, TypeAlias, overload

    import numpy.typing as npt
    from typing_extensions import TypeVar

    from autograd.operand_types import Element, Number

    #: As many ints as there are dimensions; tuple[int, ...] where a type checker cannot know.
    Shape = TypeVar("Shape", bound=tuple[int, ...], default=tuple[int, ...], covariant=True)
    Array = TypeVar("Array", bound="ValueArray", covariant=True)
    Vector: TypeAlias = "ValueArray[tuple[int]]"
    Matrix: TypeAlias = "ValueArray[tuple[int, int]]"
    Scalar: TypeAlias = Value | Number
    Index: TypeAlias = int | slice | EllipsisType | Sequence[Any] | npt.NDArray[Any] | None

    class Elementwise(Protocol[Array]):
        """An operator of an array, by what stands on its other side."""

        @overload
        def __call__(self: Elementwise[ValueOrArray], other: Any, /) -> ValueOrArray: ...
        @overload
        def __call__(self, other: ValueOrArray, /) -> ValueOrArray: ...
        @overload
        def __call__(self, other: Scalar | Sequence[Scalar], /) -> Array: ...
        @overload
        def __call__(self: Elementwise[Vector], other: Vector, /) -> Vector: ...
        @overload
        def __call__(self: Elementwise[Vector], other: Matrix, /) -> Matrix: ...
        @overload
        def __call__(self: Elementwise[Matrix], other: Vector | Matrix, /) -> Matrix: ...
        @overload
        def __call__(self, other: npt.NDArray[Any] | Sequence[Any], /) -> ValueOrArray: ...

    class Reduction(Protocol[Array]):
        """A method that makes one of many: of all, or of those along an axis."""

        @overload
        def __call__(self: Reduction[ValueOrArray], axis: Any = None, **options: Any) -> ValueOrArray: ...
        @overload
        def __call__(self, axis: None = None) -> Value: ...
        @overload
        def __call__(self: Reduction[Vector], axis: int) -> Value: ...
        @overload
        def __call__(self: Reduction[Matrix], axis: int) -> Vector: ...
        @overload
        def __call__(
            self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False
        ) -> ValueOrArray: ...

    class Base(np.ndarray[Shape, np.dtype["ValueOrArray"]], Iterable["ValueOrArray"]):
        """NumPy's array, of Values."""

else:
    Base = {None: np.ndarray}  # so that Base[Shape] is NumPy's array
    Shape = None


def _of_a_value(name: str, instead: str) -> property:
    """What a Value has and an array of them has not: to ask for it says what to write instead."""

    def refuse(array: ValueArray) -> NoReturn:
        raise AttributeError(f"an array of Values has no {name}: {instead}")

    return property(refuse)


class ValueArray(Base[Shape]):
    """A NumPy array whose elements are Values; made by ``array``.

    What NumPy does with an object array, it does with this one: ``W @ x``, ``W + 1``, ``np.exp(W)``,
    ``W.sum(axis=0)``, ``W.T``. A single element, or a sum over all, is the Value itself.
    ``np.maximum`` and ``W.max()`` record max gates. ``W += 1`` replaces the elements: they are
    then computed nodes, no longer the leaves. A function that has no gate raises a TypeError.

    In annotations, ``ValueArray[tuple[int]]`` is a vector, ``ValueArray[tuple[int, int]]`` a matrix.
    """

    if TYPE_CHECKING:  # what NumPy's own types cannot say: that the elements are Values
        __add__: Elementwise[Self]
        __radd__: Elementwise[Self]
        __sub__: Elementwise[Self]
        __rsub__: Elementwise[Self]
        __mul__: Elementwise[Self]
        __rmul__: Elementwise[Self]
        __truediv__: Elementwise[Self]
        __rtruediv__: Elementwise[Self]
        __pow__: Elementwise[Self]
        __rpow__: Elementwise[Self]
        sum: Reduction[Self]
        mean: Reduction[Self]
        max: Reduction[Self]
        min: Reduction[Self]
        prod: Reduction[Self]
        var: Reduction[Self]
        std: Reduction[Self]

        def __iadd__(self, other: Any) -> Self: ...  # type: ignore[misc]
        def __isub__(self, other: Any) -> Self: ...  # type: ignore[misc]
        def __imul__(self, other: Any) -> Self: ...  # type: ignore[misc]
        def __itruediv__(self, other: Any) -> Self: ...  # type: ignore[misc]
        def __ipow__(self, other: Any) -> Self: ...  # type: ignore[misc]
        def __neg__(self) -> Self: ...
        def __abs__(self) -> Self: ...
        def ravel(self) -> Vector: ...
        def flatten(self) -> Vector: ...

        @overload
        def reshape(self, size: int, /) -> Vector: ...
        @overload
        def reshape(self, rows: int, columns: int, /) -> Matrix: ...
        @overload
        def reshape(self, *shape: int | tuple[int, ...]) -> ValueArray: ...
        def reshape(self, *shape: Any) -> Any: ...

        @overload
        def __matmul__(self, other: ValueOrArray, /) -> ValueOrArray: ...
        @overload
        def __matmul__(self: Vector, other: Vector | Sequence[Scalar], /) -> Value: ...
        @overload
        def __matmul__(self: Vector, other: Matrix, /) -> Vector: ...
        @overload
        def __matmul__(self: Matrix, other: Vector | Sequence[Scalar], /) -> Vector: ...
        @overload
        def __matmul__(self: Matrix, other: Matrix, /) -> Matrix: ...
        @overload
        def __matmul__(self, other: npt.NDArray[Any] | Sequence[Any], /) -> ValueOrArray: ...
        def __matmul__(self, other: Any) -> Any: ...

        def __rmatmul__(self, other: npt.NDArray[Any] | Sequence[Any], /) -> ValueOrArray: ...

        @overload
        def __getitem__(self: Vector, key: int) -> Value: ...
        @overload
        def __getitem__(self: Matrix, key: int) -> Vector: ...
        @overload
        def __getitem__(self: Matrix, key: tuple[int, int]) -> Value: ...
        @overload
        def __getitem__(self, key: slice) -> Self: ...
        @overload
        def __getitem__(self, key: Index | tuple[Index, ...]) -> ValueOrArray: ...
        def __getitem__(self, key: Any) -> Any: ...

        def __setitem__(self, key: Index | tuple[Index, ...], value: Any) -> None: ...

        @overload
        def __iter__(self: Vector) -> Iterator[Value]: ...
        @overload
        def __iter__(self: Matrix) -> Iterator[Vector]: ...
        @overload
        def __iter__(self) -> Iterator[ValueOrArray]: ...
        def __iter__(self) -> Any: ...

        @property
        def flat(self) -> Flat[Self]: ...

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
        return apply_ufunc(ufunc, method, *operands, **options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        return apply_function(function, args, options)

    if not TYPE_CHECKING:  # which knows what they give, see above

        def __isub__(self, other):
            return super().__isub__(_no_step(self, other, "-="))

        def __iadd__(self, other):
            return super().__iadd__(_no_step(self, other, "+="))

        def __imul__(self, other):
            return super().__imul__(_no_step(self, other, "*="))

        def __itruediv__(self, other):
            return super().__itruediv__(_no_step(self, other, "/="))

        grad = _of_a_value("grad", "grad_of(W) gives the gradients")
        label = _of_a_value("label", "each element has its own, W[0, 0].label")
        backward = _of_a_value("backward", "it starts at one Value, as W.sum().backward()")
        zero_grad = _of_a_value("zero_grad", "write for w in W.flat: w.grad = None")

    def round(self, decimals: int = 0, out: None = None) -> Self:
        """To so many decimals, a half to the even one; no gradient goes through."""
        scale = 10.0 ** abs(decimals)
        rounded: Self = np.rint(self * scale) / scale if decimals >= 0 else np.rint(self / scale) * scale
        return rounded


if TYPE_CHECKING:

    class ValueOrArray(ValueArray[Any], Value, Element):  # type: ignore[misc]
        """What an array gives whose number of dimensions no type checker knows: it may be used as either."""

        data: float

        def __matmul__(self, other: Any) -> ValueOrArray: ...
        def __getitem__(self, key: Any) -> ValueOrArray: ...
        def __iter__(self) -> Iterator[ValueOrArray]: ...

    class Flat(np.flatiter[Array], Iterator[Value]):  # type: ignore[misc]
        """The elements, row after row."""

        def __iter__(self) -> Self: ...
        def __next__(self) -> Value: ...


def _no_step(leaves: ValueArray, other: Any, sign: str) -> Any:
    """The other side of an operator in place; refused where it is meant as a step of descent."""
    if np.asarray(other).dtype != object:
        for leaf in leaves.flat:
            if isinstance(leaf, Value) and leaf.gate is None and leaf.grad:
                refuse_array_step(leaf, sign)
    return other


def apply_ufunc(ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
    """NumPy's functions of elements, where a Value or a ValueArray is among the operands."""
    outs = options.pop("out", ())
    result = call_ufunc(ufunc, method, tuple(map(_hide, operands)), tuple(map(_hide, outs)), options)
    return outs[0] if outs else _as_value_arrays(result)


def apply_function(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """All other functions of NumPy's, likewise. A lone Value goes in as an array, which has all methods."""
    has_value = any(isinstance(each, Value) for each in (*args, *options.values()))
    args = tuple([_as_array(each) for each in args])
    result = call_function(function, args, {key: _as_array(each) for key, each in options.items()})
    return _as_value_arrays(result, has_value)


def _as_value_arrays(result: Any, has_value: bool = False) -> Any:
    """Every object array in the result as a ValueArray; of a lone Value's result the Value."""
    if isinstance(result, (list, tuple)):
        return type(result)([_as_value_arrays(each, has_value) for each in result])
    if not isinstance(result, np.ndarray) or result.dtype != object:
        return result
    return result[()] if has_value and result.ndim == 0 else result.view(ValueArray)


def _hide(operand: Any) -> Any:
    """The operand as NumPy's plain object array, which does not call us again."""
    if isinstance(operand, ValueArray):
        return operand.view(np.ndarray)
    return _as_array(operand).view(np.ndarray) if isinstance(operand, Value) else operand


def _as_array(x: Any) -> Any:
    """A Value as an array without dimensions; anything else as it is."""
    if not isinstance(x, Value):
        return x
    holder = np.empty((), dtype=object)
    holder[()] = x
    return holder.view(ValueArray)
