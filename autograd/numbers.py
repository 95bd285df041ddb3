"""What may go into a gate: real numbers of any kind; and what an error says of anything else."""

from __future__ import annotations

TYPE_CHECKING = False  # typing.TYPE_CHECKING, without the milliseconds that importing typing costs
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

OPERAND = "takes a Value or a real number"
NUMPY_REAL_KINDS = tuple("buif")  # bool, unsigned, integer, float: numpy.dtype.kind


def is_array(x: Any) -> bool:
    """Whether x is NumPy's to take element by element; a 0-dimensional array of numbers is a number."""
    return hasattr(x, "shape") and (x.shape != () or getattr(x.dtype, "kind", "") == "O")


def is_sequence(x: Any) -> bool:
    """Whether x holds several numbers: a list, a tuple, an array."""
    return is_array(x) if hasattr(x, "shape") else hasattr(x, "__len__") and not isinstance(x, (str, bytes))


def is_number(x: Any) -> bool:
    """Whether x is one number of any kind, NumPy scalars and 0-dimensional arrays among them."""
    if hasattr(x, "shape"):
        return x.shape == () and getattr(x.dtype, "kind", "") in (*NUMPY_REAL_KINDS, "c")
    return isinstance(x, complex) or hasattr(type(x), "__float__")


def as_number(x: Any, where: str, claim: str = "takes a real number") -> float:
    """x as a Python float, if it is one real number: int, float, bool, NumPy scalar.

    Raises TypeError otherwise, naming what came: str, complex, None, lists and arrays among them.
    """
    if type(x) is float:
        return x
    is_numpy_number = getattr(getattr(x, "dtype", None), "kind", "") in NUMPY_REAL_KINDS and x.shape == ()
    if is_numpy_number or isinstance(x, (int, float)):
        try:
            return float(x)
        except OverflowError:
            bits = x.bit_length()
            raise TypeError(f"{where}: an integer of {bits} bits is too large for a float") from None
    raise TypeError(f"{where} {claim}, got {what_came(x)}")


def what_came(x: Any) -> str:
    """What stands in an error for what was given: it, at most 60 characters, and its type."""
    shown = repr(x)
    return f"{shown if len(shown) <= 60 else shown[:57] + '...'} of type {type(x).__name__}"


def elements_of(x: Any) -> Iterator[Any]:
    """The elements of a list or an array, and of those in it, in order; what is neither is one itself."""
    if not is_sequence(x):
        yield x
        return
    for each in getattr(x, "flat", x):  # an array's elements; an array of no dimension has one
        yield from elements_of(each)
