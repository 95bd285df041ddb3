"""A run that goes on from its checkpoint has the history and the weights of one that never stopped."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.random import MT19937, PCG64, PCG64DXSM, SFC64, Generator, Philox

from nn import MLP, fit, squared_error
from nn.archive import ModelFileError
from nn.optim import SGD, Adam, AdamW
from nn.training.checkpoint import load_run, save_run
from nn.training.history import History
from nn.vector import vector_of
from tests.nn.training.common import network, numbers, train


def run(epochs: int, path: Path | None, optimizer: Any = Adam, seed: int = 7) -> Any:
    model = network()
    history = train(
        model, optimizer=optimizer(model.parameters(), lr=0.01), epochs=epochs, batch_size=4, checkpoint=path,
        rng=np.random.default_rng(seed),
    )  # fmt: skip
    return history, numbers(model)


@pytest.mark.parametrize("optimizer", [Adam, AdamW, SGD, partial(SGD, momentum=0.9)])
def test_it_goes_on_to_the_bit(tmp_path: Path, optimizer: Any) -> None:
    path = tmp_path / "run.npz"
    first, _ = run(2, path, optimizer)
    assert len(first.losses) == 2
    # another seed, as the order goes on from the file
    assert run(5, path, optimizer, seed=8) == run(5, None, optimizer)
    assert run(5, path, optimizer) == run(5, None, optimizer), "nothing is left to do"


@pytest.mark.parametrize("kind", [PCG64, PCG64DXSM, MT19937, Philox, SFC64])
def test_every_generator_of_numpy_goes_on(tmp_path: Path, kind: Any) -> None:
    path, rng, optimizer = tmp_path / "run.npz", Generator(kind(1)), SGD(network().parameters())
    rng.integers(10, size=3, dtype=np.uint32)
    save_run(path, optimizer, History([1.0], [1.0]), rng)
    load_run(path, optimizer, again := Generator(kind(2)))
    assert again.integers(1 << 60, size=1000).tolist() == rng.integers(1 << 60, size=1000).tolist()


def test_the_same_state_gives_the_same_bytes_and_numpy_reads_them(tmp_path: Path) -> None:
    optimizer, rng = Adam(network().parameters()), np.random.default_rng(0)
    optimizer.apply(np.ones(len(optimizer.parameters)))
    history = History([2.0, 1.0], [1.5], [3.0])
    for name in ("run.npz", "again.npz"):
        save_run(tmp_path / name, optimizer, history, rng)
    assert (tmp_path / "run.npz").read_bytes() == (tmp_path / "again.npz").read_bytes()
    with np.load(tmp_path / "run.npz", allow_pickle=False) as file:
        assert file.files == [
            "optimizer", "labels", "rng", "parameters",
            "history.steps", "history.losses", "history.validation",
            "state.steps", "state.mean", "state.square",
        ]  # fmt: skip
        assert str(file["optimizer"]) == (
            "Adam(betas=(0.9, 0.999), eps=1e-08, weight_decay=0.0, decoupled=False)"
        )
        assert file["state.steps"] == 1
        assert file["history.losses"].tolist() == [1.5]


@pytest.mark.parametrize(
    ("wrote", "reads", "says"),
    [
        (AdamW, Adam, r"'optimizer' is AdamW\(.*\), but this run has Adam\(.*decoupled=False\)"),
        (Adam, AdamW, r"'optimizer' is Adam\(.*\), but this run has AdamW\("),
        (SGD, Adam, r"'optimizer' is SGD\(.*\), but this run has Adam\("),
        (Adam, SGD, r"'optimizer' is Adam\(.*\), but this run has SGD\("),
        (SGD, partial(SGD, momentum=0.9), r"is SGD\(momentum=0.0.* has SGD\(momentum=0.9"),
        (Adam, partial(Adam, betas=(0.8, 0.9)), r"betas=\(0.9, 0.999\).* has .*betas=\(0.8, 0.9\)"),
    ],
)
def test_another_optimiser_is_refused(tmp_path: Path, wrote: Any, reads: Any, says: str) -> None:
    path = tmp_path / "run.npz"
    run(1, path, wrote)
    with pytest.raises(ModelFileError, match=says):
        run(2, path, reads)


def test_a_state_that_no_file_can_hold_is_refused_and_writes_nothing(tmp_path: Path) -> None:
    optimizer = SGD(network().parameters())
    optimizer.state = {"velocity": optimizer.state}
    with pytest.raises(TypeError, match=r"must be of numbers, arrays and tuples; state is \{'velocity'"):
        save_run(tmp_path / "run.npz", optimizer, History([1.0], [1.0]), np.random.default_rng())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["save_to", "checkpoint"])
def test_a_file_that_could_not_be_written_is_told_before_training(tmp_path: Path, option: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "read_only").touch(0o444)
    for name, says in (
        ("nowhere/run.npz", "there is no directory"),
        ("loop", "Too many levels"),
        ("read_only", "is read-only"),
        (".", "is a directory"),
    ):
        model = network()
        before = numbers(model)
        with pytest.raises(OSError, match=says):
            train(model, **{option: tmp_path / name})
        assert numbers(model) == before


def test_a_link_to_a_checkpoint_that_is_not_there_yet_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("run.npz")
    assert run(2, tmp_path / "link", SGD) == run(2, tmp_path / "run.npz", SGD)
    assert (tmp_path / "link").is_symlink()


def test_another_model_of_as_many_parameters_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    X, y = np.ones((4, 2)), np.zeros(4)
    wrote = MLP(2, [3, 1], np.random.default_rng(0))
    fit(wrote, X, y, loss=squared_error, optimizer=SGD(wrote.parameters()), epochs=1, checkpoint=path)
    other = MLP(12, [1], np.random.default_rng(0))
    assert len(other.parameters()) == len(wrote.parameters())
    before = [parameter.data for parameter in other.parameters()]
    with pytest.raises(ModelFileError, match="another model's: its parameters are 13, "):
        fit(
            other, np.ones((4, 12)), y, loss=squared_error, optimizer=SGD(other.parameters()), epochs=2,
            checkpoint=path,
        )  # fmt: skip
    assert [parameter.data for parameter in other.parameters()] == before


def test_a_long_double_beyond_float64_is_read_as_inf_as_by_load(tmp_path: Path) -> None:
    path, optimizer = tmp_path / "run.npz", SGD(network().parameters())
    save_run(path, optimizer, History([1.0], [1.0]), np.random.default_rng(0))
    with np.load(path) as file:
        entries = dict(file)
    large = np.longdouble("1e400") if np.finfo(np.longdouble).max > np.finfo(float).max else np.inf
    entries["parameters"] = np.full(len(optimizer.parameters), large)
    np.savez(path, **entries)
    load_run(path, optimizer, np.random.default_rng(0))
    assert vector_of(optimizer.parameters).tolist() == [np.inf] * len(optimizer.parameters)
