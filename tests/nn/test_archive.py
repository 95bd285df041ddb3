"""Archives: names that none can have, and an interrupt while one is read."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from autograd import Value
from nn import MLP, Module
from nn.files import load, save
from tests.nn.training.common import numbers
from tests.work import at_call, calls


def network(seed: int) -> MLP:
    return MLP(2, [3, 1], np.random.default_rng(seed))


# Within a finalizer, Python tells of an interrupt and goes on.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_at_any_call_leaves_all_numbers_or_none_changed(tmp_path: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    path, model = save(network(0), tmp_path / "model.npz"), network(1)
    load(loaded := network(1), path)
    in_all = calls(load, model, path)
    seen = []
    for call in range(1, in_all, 7):
        model = network(1)
        at_call(call, interrupt)
        try:
            load(model, path)
        except KeyboardInterrupt:
            pass
        finally:
            sys.setprofile(None)
        seen.append(numbers(model))
    assert all(found in (numbers(network(1)), numbers(loaded)) for found in seen)
    assert numbers(network(1)) in seen


def test_a_name_that_no_archive_can_have_is_told_before_anything_is_written(tmp_path: Path) -> None:
    class Named(Module):
        def __init__(self) -> None:
            self.part = {"a\0b": Value(1.0)}

    with pytest.raises(ValueError, match=r"'part.a\\x00b' can be no name in a .npz file"):
        save(Named(), tmp_path / "model.npz")
    assert list(tmp_path.iterdir()) == []
