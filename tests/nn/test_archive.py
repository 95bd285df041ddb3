"""Archives: names that none can have, and an interrupt while one is put into a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn.state
from autograd import Value
from nn import MLP, Module
from nn.files import load, save
from tests.nn.training import numbers


def network(seed: int) -> MLP:
    return MLP(2, [3, 1], np.random.default_rng(seed))


def test_an_interrupt_while_it_is_applied_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(dict[Value, float]):
        def items(self) -> Any:
            yield from list(super().items())[:5]
            raise KeyboardInterrupt

    path, model = save(network(0), tmp_path / "model.npz"), network(1)
    before, numbers_for = numbers(model), nn.state.numbers_for
    monkeypatch.setattr(nn.state, "numbers_for", lambda *arguments: Interrupted(numbers_for(*arguments)))
    with pytest.raises(KeyboardInterrupt):
        load(model, path)
    assert numbers(model) == before


def test_a_name_that_no_archive_can_have_is_told_before_anything_is_written(tmp_path: Path) -> None:
    class Named(Module):
        def __init__(self) -> None:
            self.part = {"a\0b": Value(1.0)}

    with pytest.raises(ValueError, match=r"'part.a\\x00b' can be no name in a .npz file"):
        save(Named(), tmp_path / "model.npz")
    assert list(tmp_path.iterdir()) == []
