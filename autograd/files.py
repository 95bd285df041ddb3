"""Files written whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path


def write_whole(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write content to path in one move: whoever reads it sees the old file or the new one.

    A symbolic link stays one; what it points to is written.
    Raises OSError if that cannot be done, or if path is a directory or a device; then nothing has changed.
    """
    target = Path(path).resolve()
    raw = content.encode() if isinstance(content, str) else content
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"there is no directory {target.parent}")
    if target.exists() and not target.is_file():
        what = "a directory" if target.is_dir() else "no ordinary file"
        raise OSError(errno.EINVAL, f"{target} is {what}")
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)  # as open() would have made it; mkstemp's is private
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
    return Path(path)
