"""Models on disk: a NumPy archive (.npz) of a model's numbers by their names, without pickle.

Numbers only: whoever loads a file runs no code from it. Files are written whole or not at all, and
checked whole before anything in the model changes.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.files import write_whole
from autograd.rules import NUMPY_REAL_KINDS
from nn.module import Module

SUFFIX = ".npy"
STARTS_AS = (1980, 1, 1, 0, 0, 0)  # the zip format's first day: the same model gives the same bytes
MOST_BYTES = 16  # of one number: a long double; save writes 8
MOST_HEADER = 4096  # bytes that an entry may take beside its numbers; NumPy's header takes 128
MOST_SHOWN = 3  # names in a message


class ModelFileError(ValueError):
    """A file is not this model's: damaged, of another kind, or of another model."""


def save(model: Module, path: str | os.PathLike[str]) -> Path:
    """Write the model's numbers to path, a .npz file that ``load`` and ``numpy.load`` read.

    Whoever reads path sees the old file or the new one, at any moment.

    >>> from tempfile import TemporaryDirectory
    >>> from nn import MLP
    >>> with TemporaryDirectory() as folder:
    ...     path = save(trained := MLP(2, [3, 1]), f"{folder}/model.npz")
    ...     load(fresh := MLP(2, [3, 1]), path)
    >>> fresh([1.0, 2.0]).data == trained([1.0, 2.0]).data
    True

    Raises TypeError for a model that is no Module; OSError if it cannot be done: nothing has changed then.
    """
    _check_model(model, "save")
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, numbers in model.state_dict().items():
            entry = BytesIO()
            np.lib.format.write_array(entry, numbers, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(name + SUFFIX, STARTS_AS), entry.getvalue())
    return write_whole(path, content.getvalue())


def load(model: Module, path: str | os.PathLike[str]) -> None:
    """Set the model's numbers to those that ``save`` wrote to path, for a model of the same build.

    ``numpy.savez`` may have written them too, in any real dtype: float32, say.

    Raises ModelFileError, and leaves the model untouched, if there is no such file, it cannot be
    read, or it does not hold exactly the model's names, each an array of real numbers of its shape;
    TypeError for a model that is no Module.
    """
    _check_model(model, "load")
    wanted = model.state_dict()
    room = sum(_most_bytes(numbers) + 2 * len(name.encode()) for name, numbers in wanted.items())
    try:
        with zipfile.ZipFile(BytesIO(_read(path, room + MOST_HEADER))) as archive:
            _check_names([entry.filename for entry in archive.infolist()], wanted, path)
            state = {name: _read_entry(archive, name, numbers, path) for name, numbers in wanted.items()}
    except ModelFileError:
        raise
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read: {error.strerror or error}") from error
    except Exception as error:  # the parsers of damaged bytes raise a dozen kinds
        raise ModelFileError(f"{path}: no .npz file, or a damaged one: {error}") from error
    try:
        model.load_state_dict(state)
    except ValueError as error:  # two numbers for one tied weight, say: nothing has changed
        raise ModelFileError(f"{path}: {error}") from error


def _check_model(model: Any, what: str) -> None:
    if not isinstance(model, Module):
        raise TypeError(f"{what} takes a model and then a path, {what}(model, path), got {model!r} first")


def _read(path: str | os.PathLike[str], most: int) -> bytes:
    """The file's bytes, if it is a file of at most that many."""
    if not stat.S_ISREG(os.stat(path).st_mode):  # a pipe would keep us waiting
        raise ModelFileError(f"{path}: is {'a directory' if os.path.isdir(path) else 'no ordinary file'}")
    with open(path, "rb") as file:
        raw = file.read(most + 1)
    if len(raw) > most:
        raise ModelFileError(f"{path}: is larger than the {most} bytes that this model could take")
    return raw


def _check_names(
    entries: list[str], wanted: dict[str, npt.NDArray[np.float64]], path: str | os.PathLike[str]
) -> None:
    present = Counter(entry.removesuffix(SUFFIX) for entry in entries)
    for what, names in (
        ("lacks", [name for name in wanted if name not in present]),
        ("holds what this model lacks:", [name for name in present if name not in wanted]),
        ("holds more than once", [name for name, count in present.items() if count > 1]),
    ):
        if names:
            shown = ", ".join(repr(name) for name in names[:MOST_SHOWN])
            more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
            raise ModelFileError(f"{path}: {what} {shown}{more}")


def _read_entry(
    archive: zipfile.ZipFile, name: str, wanted: npt.NDArray[np.float64], path: str | os.PathLike[str]
) -> npt.NDArray[Any]:
    """The array of that name, read no further than the wanted one could reach."""
    most = _most_bytes(wanted)
    with archive.open(name + SUFFIX) as entry:
        raw = BytesIO(entry.read(most + 1))
    if len(raw.getvalue()) > most:
        raise ModelFileError(f"{path}: {name!r} is larger than its {wanted.size} number(s)")
    shape, dtype = _header(raw)
    if dtype.kind not in NUMPY_REAL_KINDS:
        raise ModelFileError(f"{path}: {name!r} must be of real numbers, got {dtype}")
    if shape != wanted.shape:
        raise ModelFileError(f"{path}: {name!r} must have shape {wanted.shape}, got {shape}")
    if len(raw.getvalue()) - raw.tell() != wanted.size * dtype.itemsize:
        size = wanted.size * dtype.itemsize
        raise ModelFileError(f"{path}: {name!r} must hold {size} bytes of numbers of {dtype}")
    raw.seek(0)
    numbers: npt.NDArray[Any] = np.lib.format.read_array(raw, allow_pickle=False)
    return numbers


def _most_bytes(numbers: npt.NDArray[np.float64]) -> int:
    """How many bytes an entry of so many numbers may take."""
    return numbers.size * MOST_BYTES + MOST_HEADER


def _header(raw: BytesIO) -> tuple[Any, Any]:
    """The shape and the dtype that an entry claims; the stream is then at its numbers."""
    version = np.lib.format.read_magic(raw)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(raw)
    else:
        shape, _, dtype = np.lib.format.read_array_header_2_0(raw)
    return shape, dtype
