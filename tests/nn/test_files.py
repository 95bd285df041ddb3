"""Saved models: read back to the bit, and every broken file refused with the model untouched."""

from __future__ import annotations

import io
import os
import re
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograd import Value
from nn import MLP, Module
from nn.archive import ModelFileError
from nn.files import load, save


def network(seed: int) -> MLP:
    return MLP(2, [3, 1], np.random.default_rng(seed))


def numbers(model: Module) -> list[float]:
    return [parameter.data for parameter in model.parameters()]


def state() -> dict[str, Any]:
    return dict(network(0).state_dict())


def archive(entries: dict[str, Any], **options: Any) -> bytes:
    """The entries as a .npz file; bytes go in as they are."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", **options) as file:
        for name, entry in entries.items():
            file.writestr(f"{name}.npy", entry if isinstance(entry, bytes) else npy(entry))
    return content.getvalue()


def npy(array: Any) -> bytes:
    content = io.BytesIO()
    np.save(content, array, allow_pickle=True)
    return content.getvalue()


def header(text: str) -> bytes:
    """The start of an entry whose header says what it likes."""
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def replaced(entry: Any) -> bytes:
    """A good file, but for its first entry."""
    return archive({**state(), FIRST: entry})


FIRST, *OTHERS = state()
GOOD = archive(state())
SHAPE = state()[FIRST].shape
CLAIM = "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }\n"

BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "no .npz file, or a damaged one"),
    "text": (b"w = 1.0\n", "no .npz file"),
    "a .npy file": (npy(np.ones(3)), "no .npz file"),
    "a pickle": (b"\x80\x04N.", "no .npz file"),
    "an empty archive": (archive({}), "lacks"),
    "half of it": (GOOD[: len(GOOD) // 2], "no .npz file, or a damaged one"),
    "all but the last byte": (GOOD[:-1], "no .npz file, or a damaged one"),
    "something before it": (b"#!/bin/sh\n" + GOOD, "no .npz file, or a damaged one: it does not start as"),
    "its start missing": (GOOD[100:], "damaged"),
    "a name missing": (
        archive({name: state()[name] for name in OTHERS}),
        f"lacks {re.escape(repr(FIRST))}$",
    ),
    "a name too many": (archive({**state(), "more": np.ones(1)}), "holds what is not wanted: 'more'"),
    "a directory inside": (archive({**state(), "../up": np.ones(1)}), "holds what is not wanted: '../up'"),
    "another shape": (replaced(np.ones((3, 3, 3))), r"must have shape .* got shape \(3, 3, 3\)"),
    "another dimension": (replaced(np.ones((1, *SHAPE))), "must have shape"),
    "complex": (replaced(np.ones(SHAPE, complex)), "must be of real numbers, got complex128"),
    "strings": (replaced(np.full(SHAPE, "x")), "must be of real numbers, got <U1"),
    "objects": (replaced(np.full(SHAPE, None)), "must be of real numbers, got object"),
    "records": (replaced(np.zeros(SHAPE, [("a", float)])), "must be of real numbers"),
    "dates": (replaced(np.zeros(SHAPE, "M8[s]")), "must be of real numbers, got datetime64"),
    "pairs": (
        replaced(header(CLAIM.replace("'<f8'", "('<f8', (2,))") % (SHAPE,)) + bytes(96)),
        "must be of real numbers",
    ),
    "float32, numbers missing": (
        replaced(npy(np.ones(SHAPE, np.float32))[:-4]),
        "must hold 24 bytes of float32",
    ),
    "float32, as many bytes as of float64": (
        replaced(npy(np.ones(SHAPE, np.float32)) + bytes(24)),
        "must hold 24 bytes",
    ),
    "an entry of text": (replaced(b"hello"), "damaged"),
    "an empty entry": (replaced(b""), "damaged"),
    "an entry of another version": (replaced(b"\x93NUMPY\x09\x00" + npy(np.ones(SHAPE))[8:]), "damaged"),
    "a header cut short": (replaced(npy(np.ones(SHAPE))[:40]), "damaged"),
    "a header of code": (replaced(header("__import__('os').abort()\n")), "damaged"),
    "a header of brackets": (replaced(header("(" * 3000 + "\n")), "damaged"),
    "a huge shape, no numbers": (replaced(header(CLAIM % "(10**15,)")), "damaged"),
    "a claim of a petabyte": (replaced(header(CLAIM % "(1000000000000000,)")), "must have shape"),
    "numbers missing": (replaced(npy(np.ones(SHAPE))[:-8]), "must hold .* bytes of float64"),
    "numbers too many": (replaced(npy(np.ones(SHAPE)) + bytes(8)), "must hold .* bytes of float64"),
    "a large entry": (replaced(np.ones(1_000)), "larger than"),
    "a large file": (GOOD + bytes(1_000_000), "is larger than the .* bytes"),
    "a zip bomb": (
        archive({**state(), FIRST: bytes(2_000_000)}, compression=zipfile.ZIP_DEFLATED),
        "is larger than what it must hold",
    ),
    "a number changed": (GOOD.replace(state()[FIRST].tobytes(), bytes(state()[FIRST].nbytes), 1), "CRC"),
}


def refuse(model: Module, path: Path, says: str) -> None:
    before = numbers(model)
    with pytest.raises(ModelFileError, match=says) as caught:
        load(model, path)
    assert str(path) in str(caught.value)
    assert numbers(model) == before


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_refused(kind: str, tmp_path: Path) -> None:
    raw, says = BROKEN[kind]
    path = tmp_path / "model.npz"
    path.write_bytes(raw)
    refuse(network(1), path, says)


def test_an_entry_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(GOOD)
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate name"):
        file.writestr(f"{FIRST}.npy", npy(state()[FIRST]))
    refuse(network(1), path, "holds more than once")


def test_an_encrypted_file_is_refused(tmp_path: Path) -> None:
    raw, entry = bytearray(GOOD), GOOD.index(b"PK\x01\x02")
    raw[entry + 8] |= 1
    path = tmp_path / "model.npz"
    path.write_bytes(raw)
    refuse(network(1), path, "damaged")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, says in (
        ("missing", "cannot be read: No such file"),
        (".", ": is a directory"),
        ("pipe", "not a regular file"),
    ):
        refuse(network(1), tmp_path / name, says)


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = save(network(0), tmp_path / "model.npz")
    path.chmod(0)
    if os.access(path, os.R_OK):  # as root everything may be read
        load(network(1), path)
    else:
        refuse(network(1), path, "Permission denied")


def test_another_models_file_is_refused(tmp_path: Path) -> None:
    for other in (MLP(2, [3]), MLP(2, [3, 3, 1]), MLP(3, [3, 1])):
        refuse(network(1), save(other, tmp_path / "other.npz"), "lacks|must have shape|larger|not wanted")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, len(GOOD) - 1), byte=st.integers(0, 255), cut=st.booleans())
def test_any_damage_is_refused_or_harmless(tmp_path: Path, place: int, byte: int, cut: bool) -> None:
    """One byte changed, or the file cut there: the saved numbers come back, or the model is untouched."""
    raw = GOOD[:place] if cut else GOOD[:place] + bytes([byte]) + GOOD[place + 1 :]
    path, model = tmp_path / "model.npz", network(1)
    path.write_bytes(raw)
    before = numbers(model)
    try:
        load(model, path)
    except ModelFileError:
        assert numbers(model) == before
    else:
        assert not cut
        assert numbers(model) == numbers(network(0))


def test_two_numbers_for_one_tied_weight_are_refused(tmp_path: Path) -> None:
    class Tied(Module):
        def __init__(self) -> None:
            self.other, self.encoder = Value(1.0), [Value(2.0)]
            self.decoder = self.encoder

    path = tmp_path / "model.npz"
    path.write_bytes(archive({"other": np.array(7.0), "encoder": np.ones(1), "decoder": np.zeros(1)}))
    refuse(Tied(), path, "encoder.*decoder|decoder.*encoder")


def test_saved_and_loaded_to_the_bit(tmp_path: Path) -> None:
    saved, model = network(0), network(1)
    saved.parameters()[0].data, saved.parameters()[1].data = -0.0, 5e-324
    saved.parameters()[2].data = float("inf")
    path = save(saved, tmp_path / "model.npz")
    load(model, path)
    assert list(map(float.hex, numbers(model))) == list(map(float.hex, numbers(saved)))
    assert save(model, tmp_path / "again.npz").read_bytes() == path.read_bytes()
    with zipfile.ZipFile(path) as file:
        assert {entry.date_time[0] for entry in file.infolist()} == {1980}, "no clock in the bytes"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["again.npz", "model.npz"]


def test_numpy_reads_and_writes_it(tmp_path: Path) -> None:
    path = save(network(0), str(tmp_path / "model.npz"))
    with np.load(path, allow_pickle=False) as file:
        assert file.files == list(state())
        for name, array in state().items():
            np.testing.assert_array_equal(file[name], array, strict=True)
    for write in (np.savez, np.savez_compressed):
        write(tmp_path / "by_numpy.npz", **state())
        model = network(1)
        load(model, tmp_path / "by_numpy.npz")
        assert numbers(model) == numbers(network(0))


@pytest.mark.parametrize(
    "dtype",
    ["f2", "f4", "f8", ">f4", ">f8", np.longdouble, "i1", "i4", "i8", ">i2", "u1", "u8", "?"],
    ids=lambda dtype: np.dtype(dtype).str,
)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_every_real_dtype_that_load_state_dict_takes(
    tmp_path: Path, dtype: Any, order: Any, write: Any
) -> None:
    written = {name: np.asarray(2 * array, dtype, order=order) for name, array in state().items()}
    model, by_state = network(1), network(2)
    write(tmp_path / "model.npz", **written)
    load(model, tmp_path / "model.npz")
    by_state.load_state_dict(written)
    assert numbers(model) == numbers(by_state)
    wanted = {name: array.astype(np.float64) for name, array in written.items()}
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, wanted[name], strict=True)


@pytest.mark.skipif(np.finfo(np.longdouble).max == np.finfo(float).max, reason="a long double is a float64")
def test_a_long_double_beyond_float64_is_inf(tmp_path: Path) -> None:
    large = np.full(SHAPE, np.finfo(np.longdouble).max)
    model = network(1)
    path = tmp_path / "model.npz"
    path.write_bytes(replaced(large))
    load(model, path)
    assert np.isinf(model.state_dict()[FIRST]).all()


def test_an_attribute_may_have_any_name(tmp_path: Path) -> None:
    """Such as file, which numpy.savez takes for its own."""

    class Holder(Module):
        def __init__(self, seed: int) -> None:
            self.file, self.args = network(seed), [network(seed)]

    model = Holder(1)
    load(model, save(Holder(0), tmp_path / "model.npz"))
    assert numbers(model) == numbers(Holder(0))


def test_a_longer_file_that_comes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, model, stat = tmp_path / "model.npz", network(1), os.stat
    save(network(2), path)
    longer = archive({name: array.astype(np.longdouble) for name, array in state().items()})

    def overtaken(*arguments: Any, **options: Any) -> os.stat_result:
        found = stat(*arguments, **options)
        (tmp_path / "new").write_bytes(longer)
        os.replace(tmp_path / "new", path)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", overtaken)
        load(model, path)
    assert numbers(model) == numbers(network(0))


@pytest.mark.parametrize("place", ["missing/model.npz", "."])
def test_what_cannot_be_written_is_an_error(tmp_path: Path, place: str) -> None:
    with pytest.raises(OSError, match="directory"):
        save(network(0), tmp_path / place)
    assert list(tmp_path.iterdir()) == []
