"""NumPy archives (.npz) of arrays by name, without pickle: models and checkpoints on disk.

Whoever reads one runs no code from it, and takes no more memory than what is wanted of it may need.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.files import path_text, write_whole
from autograd.numbers import NUMPY_REAL_KINDS
from autograd.text import listed

SUFFIX = ".npy"
STARTS = b"PK\x03\x04", b"PK\x05\x06"  # of an archive, of one without entries
FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the zip format's first day: the same numbers give the same bytes
MOST_BYTES = 16  # of one number: a long double; we write 8
MOST_HEADER = 4096  # bytes that an entry may take beside its numbers; NumPy's header takes 128
MOST_TEXT = 1 << 18  # bytes of a text
MOST_ROWS = 1 << 30  # bytes of all the rows of any length: a hundred million numbers
MOST_SHOWN = 3  # names in a message


class ModelFileError(ValueError):
    """A file is not this model's, or this run's: damaged, of another kind, or of another model."""


@dataclass(frozen=True)
class Wanted:
    """What an entry must hold: numbers of a shape, or (None) a row of them of any length."""

    shape: tuple[int, ...] | None
    what: str = "real numbers"
    kinds: tuple[str, ...] = NUMPY_REAL_KINDS
    bytes_each: int = MOST_BYTES

    def most_bytes(self, file: int) -> int:
        """How many bytes the entry may take in a file of so many: a row, no more than are there."""
        return file if self.shape is None else prod(self.shape) * self.bytes_each + MOST_HEADER


TEXT = Wanted((), "text", ("U",), MOST_TEXT)
ROW = Wanted(None)


def write_archive(path: str | os.PathLike[str], entries: Mapping[str, npt.NDArray[Any]]) -> Path:
    """Write the arrays to path, whole or not at all; raises OSError as ``write_whole`` does.

    Raises ValueError for a name that an archive cannot have, with a zero character in it.
    """
    named: list[tuple[zipfile.ZipInfo, bytes]] = []
    for name, numbers in entries.items():
        information = zipfile.ZipInfo(name + SUFFIX, FIRST_DAY)
        if information.filename != name + SUFFIX:
            raise ValueError(f"{path_text(path)}: {name!r} can be no name in a .npz file")
        entry = BytesIO()
        np.lib.format.write_array(entry, numbers, allow_pickle=False)
        named.append((information, entry.getvalue()))
    content = BytesIO()
    try:
        with zipfile.ZipFile(content, "w") as archive:
            for information, raw in named:
                archive.writestr(information, raw)
    except ValueError as error:  # Ctrl-C within an entry, of which zipfile only says that it is not closed
        raise error.__context__ or error from None
    return write_whole(path, content.getvalue())


class Archive:
    """An archive that is being read, entry by entry; whatever is wrong with it is a ModelFileError."""

    def __init__(self, path: str, file: zipfile.ZipFile, size: int, wanted: Mapping[str, Wanted]) -> None:
        self.path = path
        self.file = file
        self.size = size
        self.wanted = wanted
        self.present = Counter(entry.filename.removesuffix(SUFFIX) for entry in file.infolist())

    def check_names(self) -> None:
        """Refuse an archive that has not each wanted name once, and no other."""
        for what, names in (
            ("lacks", [name for name in self.wanted if name not in self.present]),
            ("holds what is not wanted:", [name for name in self.present if name not in self.wanted]),
            ("holds more than once", [name for name, count in self.present.items() if count > 1]),
        ):
            if names:
                shown = listed([repr(name) for name in names], MOST_SHOWN)
                raise ModelFileError(f"{self.path}: {what} {shown}")

    def read(self, name: str) -> npt.NDArray[Any]:
        """The array of that name, read no further than the wanted one could reach."""
        wanted = self.wanted[name]
        if name not in self.present:
            raise ModelFileError(f"{self.path}: lacks {name!r}")
        most = wanted.most_bytes(self.size)
        try:
            with self.file.open(name + SUFFIX) as entry:
                raw = BytesIO(entry.read(most + 1))
            if raw.getbuffer().nbytes > most:
                raise ModelFileError(f"{self.path}: {name!r} is larger than what it must hold, {most} bytes")
            shape, dtype = _header(raw)
            if dtype.kind not in wanted.kinds:
                raise ModelFileError(f"{self.path}: {name!r} must be of {wanted.what}, got {dtype}")
            if shape != wanted.shape and not (wanted.shape is None and len(shape) == 1):
                shaped = "be a row" if wanted.shape is None else f"have shape {wanted.shape}"
                raise ModelFileError(f"{self.path}: {name!r} must {shaped}, got shape {shape}")
            size = prod(shape) * dtype.itemsize
            if raw.getbuffer().nbytes - raw.tell() != size:
                raise ModelFileError(f"{self.path}: {name!r} must hold {size} bytes of {dtype}")
            raw.seek(0)
            numbers: npt.NDArray[Any] = np.lib.format.read_array(raw, allow_pickle=False)
        except ModelFileError:
            raise
        except Exception as error:  # the parsers of damaged bytes raise a dozen kinds
            raise ModelFileError(f"{self.path}: {name!r} is damaged: {error}") from error
        return numbers

    def read_numbers(self, name: str) -> npt.NDArray[np.float64]:
        """The numbers of that name in float64; a long double beyond it is inf, as everywhere."""
        with np.errstate(over="ignore"):
            return self.read(name).astype(np.float64)


@contextmanager
def reading(path: str | os.PathLike[str], wanted: Mapping[str, Wanted]) -> Iterator[Archive]:
    """The archive at path, of which those entries are wanted; raises ModelFileError if it is none."""
    where = path_text(path)
    rows = MOST_ROWS if any(entry.shape is None for entry in wanted.values()) else 0
    room = sum(entry.most_bytes(0) + 2 * len(name.encode()) for name, entry in wanted.items())
    try:
        raw = _read(path, room + rows + MOST_HEADER)
        if not raw.startswith(STARTS):
            raise ValueError("it does not start as one")  # zipfile would look for one further on
        file = zipfile.ZipFile(BytesIO(raw))
    except ModelFileError:
        raise
    except OSError as error:
        raise ModelFileError(f"{where}: cannot be read: {error.strerror or error}") from error
    except Exception as error:
        raise ModelFileError(f"{where}: no .npz file, or a damaged one: {error}") from error
    with file:
        yield Archive(where, file, len(raw), wanted)


def _read(path: str | os.PathLike[str], most: int) -> bytes:
    """The file's bytes, if it is a file of at most that many."""
    found = os.stat(path)
    if not stat.S_ISREG(found.st_mode):  # a pipe would keep us waiting
        what = "a directory" if stat.S_ISDIR(found.st_mode) else "not a regular file"
        raise ModelFileError(f"{path_text(path)}: is {what}")
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size  # of this one: another may have taken its place just now
        if size > most:
            raise ModelFileError(f"{path_text(path)}: is larger than the {most} bytes that it could take")
        return file.read(size)


def _header(raw: BytesIO) -> tuple[Any, Any]:
    """The shape and the dtype that an entry claims; the stream is then at its numbers."""
    version = np.lib.format.read_magic(raw)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(raw)
    else:
        shape, _, dtype = np.lib.format.read_array_header_2_0(raw)
    return shape, dtype
