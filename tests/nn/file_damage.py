"""Damage to .npz files, drawn at random."""

from __future__ import annotations

import io
import random
import struct
import warnings
import zipfile
from typing import Any

import numpy as np

Entries = list[tuple[str, bytes]]


def npy(array: Any) -> bytes:
    content = io.BytesIO()
    np.save(content, array, allow_pickle=True)
    return content.getvalue()


def entries_of(raw: bytes) -> Entries:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return [(entry.filename, archive.read(entry)) for entry in archive.infolist()]


def archive_of(entries: Entries, compression: int = zipfile.ZIP_STORED) -> bytes:
    content = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(content, "w", compression) as archive:
        warnings.simplefilter("ignore")  # of a name that comes twice
        for name, entry in entries:
            archive.writestr(zipfile.ZipInfo(name), entry, compression)
    return content.getvalue()


def damaged_bytes(raw: bytes, rng: random.Random) -> bytes:
    """A file with bytes changed, cut, lost, doubled or put in: its CRCs are as they were."""
    changed, place, other = bytearray(raw), rng.randrange(len(raw)), rng.randrange(len(raw) + 1)
    start, end = min(place, other), max(place, other)
    how = rng.randrange(7)
    if how == 0:
        for _ in range(rng.randint(1, 8)):
            changed[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    elif how == 1:
        del changed[place:]
    elif how == 2:
        del changed[start:end]
    elif how == 3:
        changed[place:place] = rng.randbytes(rng.randint(1, 64))
    elif how == 4:
        changed[place:place] = raw[start:end]
    elif how == 5:  # in the archive's own fields: sizes, offsets, flags, methods
        fields = [at for at in range(len(raw)) if raw[at : at + 2] == b"PK"] or [0]
        at = rng.choice(fields) + rng.randrange(4, 46)
        changed[at : at + 4] = struct.pack("<I", rng.choice([0, 1, 8, 0xFFFF, 0xFFFFFFFF, 1 << 30]))
    else:
        changed[start : start + 8] = rng.randbytes(8)
    return bytes(changed)


HEADERS = [
    "{'descr': '<f8', 'fortran_order': False, 'shape': (%d,), }",
    "{'descr': '<f8', 'fortran_order': True, 'shape': (%d, 1), }",
    "{'descr': '|O', 'fortran_order': False, 'shape': (%d,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-%d,), }",
    "{'descr': '<U%d', 'fortran_order': False, 'shape': (), }",
    "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (%d,), }",
    "{'descr': '<f8', 'shape': (%d,), }",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (%dL,), }",
    "[%d] * 10",
    "__import__('os').abort(%d)",
    "(" * 500 + "%d",
    "-" * 3000 + "%d",
    "'\\x00%d",
]


def odd_entry(entry: bytes, rng: random.Random) -> bytes:
    """Another entry in the place of this one."""
    array = np.load(io.BytesIO(entry), allow_pickle=False)
    how = rng.randrange(9)
    if how == 0:
        dtype = rng.choice(["f4", ">f8", "i8", "u8", "?", "c16", "U3", "S8", "O", "M8[s]", "g", "V8"])
        try:
            return npy(array.astype(dtype))
        except (ValueError, TypeError):
            return npy(np.zeros(array.shape, dtype))
    if how == 1:
        return npy(np.zeros(rng.choice([(), (0,), (1,), (3, 3), (2, 3), (1000,), (1, 1, 1)])))
    if how == 2:
        return npy(np.asfortranarray(array))
    if how == 3:
        header = rng.choice(HEADERS) % rng.choice([0, 1, 3, 6, 13, 10**6, 10**15, 10**30])
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + bytes(8 * array.size)
    if how == 4:  # a header's length that is not so
        version, length = rng.choice([(b"\x01\x00", "<H"), (b"\x02\x00", "<I"), (b"\x03\x00", "<I")])
        claim = rng.choice([0, 1, 60_000, 0xFFFF] + ([1 << 31, 0xFFFFFFFF] if length == "<I" else []))
        return b"\x93NUMPY" + version + struct.pack(length, claim) + entry[10:]
    if how == 5:
        return rng.choice([b"", entry[:-1], entry + bytes(8), entry[:20], b"hello", npy(None)])
    if how == 6:
        return npy(rng.choice([np.full(array.shape, np.nan), np.full(array.shape, -1.5), np.array("text")]))
    if how == 7:
        return npy(
            np.array(rng.choice(["", "{}", "[" * 9000, '{"bit_generator": "PCG64"}', "NaN", "1" * 5000]))
        )
    return damaged_bytes(entry, rng)


def damaged_entries(raw: bytes, rng: random.Random) -> bytes:
    """A sound archive (each CRC is right) of what is not quite wanted."""
    entries = entries_of(raw)
    place = rng.randrange(len(entries))
    name, entry = entries[place]
    how, compression = rng.randrange(8), zipfile.ZIP_STORED
    if how < 3:
        entries[place] = name, odd_entry(entry, rng)
    elif how == 3:
        other = rng.randrange(len(entries))
        entries[place], entries[other] = (name, entries[other][1]), (entries[other][0], entry)
    elif how == 4:
        entries.insert(place, (name, odd_entry(entry, rng)))
    elif how == 5:
        names = [
            f"/{name}",
            f"../{name}",
            "/etc/passwd",
            f"{name}/",
            "",
            name.removesuffix(".npy"),
            "x" * 9000,
        ]
        entries[place] = rng.choice(names), entry
    elif how == 6:
        del entries[place]
    else:
        compression = zipfile.ZIP_DEFLATED
        entries[place] = name, rng.choice([entry, npy(np.zeros(10**6)), bytes(10**6), entry + bytes(10**6)])
    return archive_of(entries, compression)
