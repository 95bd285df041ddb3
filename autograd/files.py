"""Files written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from functools import partial
from pathlib import Path

#: The ending of a file that is being written. A killed process may leave one; it is safe to delete.
UNFINISHED = ".unfinished"

MOST_SHOWN = 40  # letters of the file's name in the unfinished one's: short enough for any file system


def write_whole(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write content to path in one move: whoever reads it sees the old file or the new one.

    That holds at any moment, even if the process is killed, the disk is full or the power fails. The new
    file has the old one's mode, and its owner and group as far as permissions allow; without an old
    one it has what ``open`` gives it. A symbolic link stays a link: its target is written, or created.
    Another name of the same file (a hard link) keeps the old content.

    Raises OSError if that cannot be done, or if path is a directory, a device, or a read-only
    file (for root too); then nothing has changed.
    """
    raw = content.encode() if isinstance(content, str) else content
    target, old = find_target(path)
    mode = 0o666 if old is None else stat.S_IMODE(old.st_mode)  # open removes the umask's bits
    # The name is chosen before the file exists: an interrupt at any point below knows what to remove.
    unfinished = target.with_name(f".{target.name[:MOST_SHOWN]}.{os.urandom(8).hex()}{UNFINISHED}")
    try:
        with open(unfinished, "xb", opener=partial(os.open, mode=mode)) as file:
            if old is not None:
                _make_like(file.fileno(), old)
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())  # on the disk before it replaces the old one
        os.replace(unfinished, target)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(unfinished)
        if isinstance(error, OSError):  # name the file that was asked for
            raise OSError(error.errno, error.strerror or str(error), str(target)) from error
        raise
    return Path(path)


def find_target(path: str | os.PathLike[str]) -> tuple[Path, os.stat_result | None]:
    """The file that path leads to through symbolic links, and its status; None if it does not exist yet.

    Raises OSError if ``write_whole`` could not write it.
    """
    path = Path(path)
    target, old = Path(os.path.realpath(path)), None
    with suppress(FileNotFoundError, NotADirectoryError):
        old = os.stat(path)  # a loop of links is an OSError
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"there is no directory {path_text(target.parent)}")
    if old is not None and not stat.S_ISREG(old.st_mode):
        what = "a directory" if stat.S_ISDIR(old.st_mode) else "not a regular file"
        raise OSError(errno.EINVAL, f"{path_text(target)} is {what}")
    if old is not None and not (old.st_mode & 0o222 and _may_write(target)):
        raise PermissionError(errno.EACCES, f"{path_text(target)} is read-only")
    if not _may_write(target.parent):
        raise PermissionError(errno.EACCES, f"no file can be created in {path_text(target.parent)}")
    return target, old


def path_text(path: str | os.PathLike[str]) -> str:
    """The path for a message: as it is, or quoted if it contains what could steer a terminal."""
    text = os.fsdecode(path)
    return text if text.isprintable() else repr(text)


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _make_like(descriptor: int, old: os.stat_result) -> None:
    """Give a file the owner, group and mode of an old one, as far as permissions allow."""
    if not hasattr(os, "fchown"):  # on Windows
        return
    for owner, group in ((-1, old.st_gid), (old.st_uid, -1)):
        with suppress(OSError):
            os.fchown(descriptor, owner, group)
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))  # last: a change of owner clears the setuid bit
