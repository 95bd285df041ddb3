"""Odd and damaged checkpoints are refused, by file and entry, and have changed nothing."""

from __future__ import annotations

import io
import json
import os
import re
import tracemalloc
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from numpy.random import MT19937, PCG64, Generator, Philox

from nn.archive import ModelFileError
from nn.optim import SGD, Adam
from nn.training import checkpoint
from nn.training.checkpoint import load_run, save_run
from nn.training.history import History
from nn.vector import vector_of
from tests.nn.training.common import network


def good() -> dict[str, Any]:
    """The entries of a good checkpoint of Adam."""
    optimizer = Adam(network().parameters(), lr=0.1)
    optimizer.apply(np.ones(len(optimizer.parameters)))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "run.npz"
        save_run(path, optimizer, History([2.0, 1.0], [1.5], [3.0]), Generator(PCG64(3)))
        with np.load(path) as file:
            return dict(file)


def archive(entries: dict[str, Any]) -> bytes:
    content = io.BytesIO()
    np.savez(content, **entries)
    return content.getvalue()


def ordered(change: Any) -> dict[str, Any]:
    """The entry of the generator, changed."""
    order = json.loads(str(GOOD["rng"]))
    change(order)
    return {"rng": np.array(json.dumps(order))}


GOOD = good()
BYTES = archive(GOOD)
MEAN = GOOD["state.mean"]

ODD: dict[str, tuple[dict[str, Any], str]] = {
    "no generator": ({"rng": None}, "lacks 'rng'"),
    "no generator's state": (ordered(lambda order: order.pop("state")), "'rng' is no state of this run's"),
    "another generator": (
        ordered(lambda order: order.update(bit_generator="MT19937")),
        "'rng' is no .* wanted the state of a PCG64, got 'MT19937'",
    ),
    "half a generator": (ordered(lambda order: order["state"].pop("inc")), "'rng' is no state"),
    "a generator's fraction": (ordered(lambda order: order["state"].update(state=1.5)), "'rng' is no state"),
    "a generator's nan": (
        ordered(lambda order: order["state"].update(inc=float("nan"))),
        "'rng' is no state",
    ),
    "a generator below 0": (ordered(lambda order: order["state"].update(state=-1)), "'rng' is no state"),
    "a generator's flag": (ordered(lambda order: order.update(has_uint32=1 << 40)), "'rng' is no state"),
    "a generator's text": (ordered(lambda order: order.update(uinteger="3")), "'rng' is no state"),
    "a generator's more": (ordered(lambda order: order.update(more=1)), "'rng' .* odd numbers"),
    "a generator of brackets": ({"rng": np.array("[" * 20_000)}, "'rng' is no state"),
    "a generator that is a list": ({"rng": np.array("[]")}, "'rng' is no state"),
    "a generator of numbers": ({"rng": np.ones(3)}, "'rng' must be of text, got float64"),
    "a generator twice as text": ({"rng": np.array(["{}", "{}"])}, r"'rng' must have shape \(\), got"),
    "a generator of a megabyte": ({"rng": np.array("x" * 1_000_000)}, "'rng' is larger than"),
    "AdamW's": ({"optimizer": np.array("AdamW()")}, r"'optimizer' is AdamW\(\), but this run has Adam\("),
    "no optimiser": ({"optimizer": None}, "lacks 'optimizer'"),
    "an optimiser of control characters": ({"optimizer": np.array("\x1b[2J")}, r"is '\\x1b\[2J', but"),
    "steps of nan": ({"state.steps": np.array(np.nan)}, r"'state.steps' must be of whole numbers"),
    "steps in fractions": ({"state.steps": np.array(1.0)}, r"'state.steps' must be of whole numbers"),
    "steps below 0": ({"state.steps": np.array(-1)}, "'state': the steps taken.* at least 0"),
    "steps beyond an integer": ({"state.steps": np.array(2**63, "u8")}, "'state.steps' must be of whole"),
    "two steps": ({"state.steps": np.array([1, 2])}, r"'state.steps' must have shape \(\)"),
    "squares below 0": ({"state.square": -np.ones_like(MEAN)}, "'state': .* at least 0"),
    "another mean": ({"state.mean": np.ones(3)}, r"'state.mean' must have shape \(13,\), got shape \(3,\)"),
    "no mean": ({"state.mean": None}, "lacks 'state.mean'"),
    "a mean of text": ({"state.mean": MEAN.astype(str)}, "'state.mean' must be of real numbers"),
    "weights of text": ({"parameters": MEAN.astype(str)}, "'parameters' must be of real numbers, got <U"),
    "weights of objects": ({"parameters": MEAN.astype(object)}, "'parameters' must be of real .* got object"),
    "complex weights": ({"parameters": MEAN.astype(complex)}, "'parameters' must be of real numbers"),
    "too few weights": ({"parameters": MEAN[1:]}, r"'parameters' must have shape \(13,\)"),
    "a name more": ({"more": MEAN}, "holds what is not wanted: 'more'"),
    "no epoch": ({"history.losses": np.ones(0), "history.validation": np.ones(0)}, "'history.losses' must"),
    "more epochs than steps": ({"history.losses": np.ones(3)}, "'history.losses' must have from 1 to 2"),
    "no steps": ({"history.steps": np.ones(0)}, "'history.losses' must have from 1 to 0"),
    "more validation than epochs": ({"history.validation": np.ones(2)}, "'history.validation' must have at"),
    "a history of nan": ({"history.steps": np.array([1, np.nan])}, "'history.steps' must be of finite"),
    "a history of text": ({"history.steps": np.array(["1", "2"])}, "'history.steps' must be of real"),
    "a history of rows": ({"history.steps": np.ones((2, 2))}, "'history.steps' must be a row, got shape"),
    "a history's number": ({"history.steps": np.array(1.0)}, "'history.steps' must be a row"),
}
BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "no .npz file, or a damaged one"),
    "a start": (b"PK\x03\x04 and no more", "no .npz file, or a damaged one"),
    "text": (b"no archive", "no .npz file, or a damaged one"),
    "cut": (BYTES[:-30], "no .npz file, or a damaged one"),
    "a byte changed": (
        BYTES.replace(MEAN.tobytes(), bytes(MEAN.nbytes), 1),
        "'state.mean' is damaged: Bad CRC",
    ),
    **{
        what: (archive({name: entry for name, entry in {**GOOD, **odd}.items() if entry is not None}), says)
        for what, (odd, says) in ODD.items()
    },
}


def refuse(path: Path, says: str) -> None:
    """The file at path is refused; nothing has changed."""
    optimizer, rng = Adam(network().parameters(), lr=0.1), np.random.default_rng(5)
    optimizer.apply(np.ones(len(optimizer.parameters)))
    numbers, state, order = vector_of(optimizer.parameters).tolist(), optimizer.state, rng.bit_generator.state
    with pytest.raises(ModelFileError, match=says) as caught:
        load_run(path, optimizer, rng)
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).isprintable()
    assert vector_of(optimizer.parameters).tolist() == numbers
    assert optimizer.state is state
    assert rng.bit_generator.state == order


@pytest.mark.parametrize("what", BROKEN)
def test_an_odd_checkpoint_is_refused_and_changes_nothing(tmp_path: Path, what: str) -> None:
    raw, says = BROKEN[what]
    path = tmp_path / "run.npz"
    path.write_bytes(raw)
    refuse(path, says)
    assert path.read_bytes() == raw


def test_the_good_one_among_them_is_read(tmp_path: Path) -> None:
    path, optimizer = tmp_path / "run.npz", Adam(network().parameters(), lr=7.0)
    path.write_bytes(BYTES)
    assert load_run(path, optimizer, np.random.default_rng()) == History([2.0, 1.0], [1.5], [3.0])
    assert vector_of(optimizer.parameters).tolist() == GOOD["parameters"].tolist()
    assert (optimizer.state.steps, type(optimizer.state.steps)) == (1, int)
    assert optimizer.lr == 7.0


def test_an_entry_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    path.write_bytes(BYTES)
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate name"):
        file.writestr("state.mean.npy", b"")
    refuse(path, "holds more than once 'state.mean'")


@pytest.mark.parametrize("name", ["parameters", "history.steps"])
def test_a_zip_bomb_is_refused_before_it_goes_off(tmp_path: Path, name: str) -> None:
    path = tmp_path / "run.npz"
    np.savez_compressed(path, **{**GOOD, name: np.zeros(20_000_000)})
    tracemalloc.start()
    try:
        refuse(path, f"'{name}' is larger than what it must hold")
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for name, says in (
        ("missing", "cannot be read: No such file"),
        (".", ": is a directory"),
        ("pipe", "not a regular file"),
        ("loop", "cannot be read: Too many levels"),
    ):
        refuse(tmp_path / name, says)


@pytest.mark.parametrize(
    ("kind", "key", "position"),
    [(MT19937, "pos", 625), (MT19937, "pos", -1), (Philox, "buffer_pos", 5), (Philox, "buffer_pos", -1)],
)
def test_a_generators_position_outside_of_its_numbers_is_refused(
    tmp_path: Path, kind: Any, key: str, position: int
) -> None:
    """NumPy before 2.5 takes it, and then reads from there; later ones refuse it in their own words."""
    path, rng, optimizer = tmp_path / "run.npz", Generator(kind(1)), SGD(network().parameters())
    save_run(path, optimizer, History([1.0], [1.0]), rng)
    with np.load(path) as file:
        entries = dict(file)
    entries["rng"] = np.array(re.sub(rf'"{key}": \d+', f'"{key}": {position}', str(entries["rng"])))
    np.savez(path, **entries)
    before = rng.bit_generator.state
    with pytest.raises(ModelFileError, match=f"(state )?(position|{key}) must be (from|between) "):
        load_run(path, optimizer, rng)
    np.testing.assert_equal(rng.bit_generator.state, before)


@pytest.mark.parametrize("count", [0, 6, 12])
def test_an_interrupt_while_it_is_applied_changes_nothing(
    tmp_path: Path, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.npz"
    path.write_bytes(BYTES)
    optimizer, rng = Adam(network().parameters()), np.random.default_rng(5)
    before = vector_of(optimizer.parameters).tolist(), optimizer.state, rng.bit_generator.state

    def interrupted(parameters: Any, numbers: Any) -> None:
        """The first time, after that many of the parameters."""
        monkeypatch.undo()
        for parameter in parameters[:count]:
            parameter.data = -1.0
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "sync_to_values", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load_run(path, optimizer, rng)
    assert (vector_of(optimizer.parameters).tolist(), optimizer.state, rng.bit_generator.state) == before
