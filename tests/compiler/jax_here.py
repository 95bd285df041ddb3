"""JAX for the tests: they skip without it, and run with its float64 switched on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

jax: Any = pytest.importorskip("jax", reason="JAX is not installed (extra jax)")


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    """Float64, for the length of a test."""
    with jax.enable_x64(True):
        yield
