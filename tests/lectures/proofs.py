"""How an erratum in a formula is proved: by numbers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tests.lectures.errata import errata_of


class Proof(NamedTuple):
    """A quantity three ways: by the engine or by definition, by the right formula, by the printed one."""

    computed: Any
    right: Any
    printed: Any


def assert_proved(lecture: str, quantity: str, proof: Proof) -> None:
    """Assert that the right formula gives what is computed, and the printed one something else."""
    [erratum] = [erratum for erratum in errata_of(lecture) if erratum.quantity == quantity]
    computed, right, printed = [np.asarray(each, dtype=float) for each in proof]
    assert same(computed, right), f"{erratum.right} gives {right}, computed is {computed}"
    assert not same(computed, printed), f"{erratum.printed} gives the same: no erratum"


def same(a: Any, b: Any) -> bool:
    """Whether both have one shape and agree to rounding."""
    return np.shape(a) == np.shape(b) and bool(np.allclose(a, b, rtol=1e-9, atol=1e-9))


def assert_all_have_proofs(lecture: str, proofs: set[str]) -> None:
    """Assert that the lecture's errata are exactly those proved, each once."""
    assert sorted(erratum.quantity for erratum in errata_of(lecture)) == sorted(proofs)
