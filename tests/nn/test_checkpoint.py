"""A run that goes on from its checkpoint has the history and the weights of one that never stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn.files import ModelFileError
from nn.optim import SGD, Adam
from tests.nn.training import network, numbers, train


def run(epochs: int, path: Path | None, optimizer: Any = Adam, seed: int = 7) -> Any:
    model = network()
    history = train(
        model, optimizer=optimizer(model.parameters(), lr=0.01), epochs=epochs, batch_size=4, checkpoint=path,
        rng=np.random.default_rng(seed),
    )  # fmt: skip
    return history, numbers(model)


@pytest.mark.parametrize("optimizer", [Adam, SGD])
def test_it_goes_on_to_the_bit(tmp_path: Path, optimizer: Any) -> None:
    path = tmp_path / "run.npz"
    first, _ = run(2, path, optimizer)
    assert len(first.losses) == 2
    # another seed, as the order goes on from the file
    assert run(5, path, optimizer, seed=8) == run(5, None, optimizer)
    assert run(5, path, optimizer) == run(5, None, optimizer), "nothing is left to do"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"no archive"])
def test_a_damaged_file_is_an_error_and_changes_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.npz"
    path.write_bytes(content)
    model = network()
    before = numbers(model)
    with pytest.raises(ModelFileError, match=r"run\.npz: no state of a training run, or a damaged one"):
        train(model, checkpoint=path)
    assert numbers(model) == before
    assert path.read_bytes() == content


def test_a_file_of_what_is_no_number_is_an_error_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    run(1, path, SGD)
    with np.load(path) as file:
        first, *others = [file[name] for name in file.files]
    np.savez(path, first.astype(str), *others)
    model = network()
    before = numbers(model)
    with pytest.raises(ModelFileError, match="it holds what is no real number"):
        train(model, checkpoint=path)
    assert numbers(model) == before


def test_the_state_of_another_run_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    run(1, path, SGD)
    with pytest.raises(ModelFileError, match="the state of another run"):
        run(2, path, Adam)


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="checkpoint: there is no directory"):
        run(1, tmp_path / "nowhere" / "run.npz")
