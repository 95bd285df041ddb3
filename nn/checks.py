"""The checks of arguments that every part of nn makes: sizes, and generators of random numbers."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.random import Generator


def as_size(size: Any, what: str, least: int = 1) -> int:
    """The size as an int; raises ValueError unless it is a whole number of at least that."""
    if isinstance(size, bool) or not hasattr(size, "__index__") or size < least:
        raise ValueError(f"{what} must be a whole number, at least {least}, got {size!r}")
    return index(size)


def as_generator(rng: Any, seed: int | None = None) -> Generator:
    """The Generator itself; for None a new one of that seed, or of one that nobody knows.

    Raises TypeError for anything else.
    """
    import numpy as np

    if rng is None:
        return np.random.default_rng(seed)
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, as default_rng(0) makes, got {rng!r}")
    return rng
