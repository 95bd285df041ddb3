"""Files are written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autograd import files
from autograd.files import UNFINISHED, find_target, path_text, write_whole

NOBODY = 65534  # a user and a group that own nothing
as_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can")


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def nobodys_folder() -> Iterator[Path]:
    """As somebody else than root, in a folder that all may reach, of root's."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        os.seteuid(NOBODY)
        try:
            yield Path(name)
        finally:
            os.seteuid(0)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    ("content", "raw"), [("σ(x)\n", "σ(x)\n".encode()), (b"\x00\xff", b"\x00\xff"), ("", b"")]
)
def test_writes_text_as_utf_8_and_bytes_as_they_are(tmp_path: Path, content: str | bytes, raw: bytes) -> None:
    target = tmp_path / "graph.svg"
    assert write_whole(target, content) == target
    assert write_whole(str(target), content) == target
    assert target.read_bytes() == raw
    assert list(tmp_path.iterdir()) == [target], "nothing left beside it"


def test_replaces_the_old_file_and_not_what_else_links_to_it(tmp_path: Path) -> None:
    """A reader that has the old file open goes on to read the old content: nothing is written into it."""
    target, other_name = tmp_path / "graph.svg", tmp_path / "link"
    target.write_text("old")
    os.link(target, other_name)
    with target.open() as reader:
        write_whole(target, "new")
        assert reader.read() == "old"
    assert (target.read_text(), other_name.read_text()) == ("new", "old")


def test_a_link_stays_and_what_it_points_to_is_written(tmp_path: Path) -> None:
    target, link = tmp_path / "graph.svg", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    write_whole(link, "new")
    assert (target.read_text(), link.is_symlink()) == ("new", True)


def test_a_device_is_refused_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="is not a regular file"):
        write_whole(pipe, "x")
    assert pipe.is_fifo()


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o000])
def test_a_new_file_has_the_mode_that_open_gives(
    tmp_path: Path, mask: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with umask(mask):
        (tmp_path / "by_open").write_text("x")
        with monkeypatch.context() as patch:
            patch.delattr(os, "umask")  # another thread's files would have no mask meanwhile
            write_whole(tmp_path / "whole", "x")
    assert mode_of(tmp_path / "whole") == mode_of(tmp_path / "by_open") == 0o666 & ~mask


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o755, 0o200, 0o4775])
def test_a_replaced_file_keeps_its_mode_and_never_shows_more(
    tmp_path: Path, mode: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, unfinished = tmp_path / "graph.svg", []
    target.write_text("old")
    target.chmod(mode)
    opened, synced = files._make_like, os.fsync

    def look(*arguments: Any) -> None:
        (beside,) = (path for path in tmp_path.iterdir() if path != target)
        unfinished.append((mode_of(beside), beside.read_text(), beside.name))
        (opened if len(arguments) > 1 else synced)(*arguments)

    monkeypatch.setattr(files, "_make_like", look)
    monkeypatch.setattr(os, "fsync", look)
    write_whole(target, "new")
    assert (mode_of(target), target.read_text()) == (mode, "new")
    (first, empty, name), (second, full, _) = unfinished
    assert (empty, full) == ("", "new")
    assert first | mode == mode, "somebody could have opened it, and read on"
    assert second == mode
    assert name.startswith(".graph.svg.")
    assert name.endswith(UNFINISHED)


@as_root
def test_root_replaces_a_file_and_leaves_it_to_its_owner(tmp_path: Path) -> None:
    target = tmp_path / "graph.svg"
    target.write_text("old")
    os.chown(target, NOBODY, NOBODY)
    target.chmod(0o4750)
    write_whole(target, "new")
    found = target.stat()
    assert (found.st_uid, found.st_gid, mode_of(target)) == (NOBODY, NOBODY, 0o4750)


def test_a_read_only_file_is_refused_for_root_too(tmp_path: Path) -> None:
    target, link = tmp_path / "graph.svg", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o444)
    link.symlink_to(target)
    for path in (target, link):
        with pytest.raises(PermissionError, match=r"graph\.svg is read-only"):
            write_whole(path, "new")
    assert (target.read_text(), mode_of(target)) == ("old", 0o444)
    assert sorted(tmp_path.iterdir()) == [target, link]


@as_root
def test_a_file_that_open_would_not_write_is_refused_in_a_folder_of_our_own() -> None:
    """There it could be replaced: it would be ours then, and no longer its owner's."""
    with nobodys_folder() as folder:
        os.seteuid(0)
        (folder / "roots").write_text("old")
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
        with pytest.raises(PermissionError, match="is read-only"):
            write_whole(folder / "roots", "new")
        assert (folder / "roots").read_text() == "old"
        assert write_whole(folder / "ours", "new").read_text() == "new"


@as_root
def test_a_folder_in_which_no_file_can_be_made() -> None:
    with nobodys_folder() as folder:
        with pytest.raises(PermissionError, match=f"no file can be created in {folder}"):
            write_whole(folder / "graph.svg", "new")
        assert list(folder.iterdir()) == []


@pytest.mark.parametrize("to", ["there", "not_yet", "folder/../there", "second"])
def test_links_are_written_through(tmp_path: Path, to: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "there").write_text("old")
    (tmp_path / "second").symlink_to("there")
    (tmp_path / "link").symlink_to(to)
    assert write_whole("link", "new") == Path("link")
    assert (tmp_path / to).resolve().read_text() == "new"
    assert Path("link").is_symlink()
    assert Path("second").is_symlink()


@pytest.mark.parametrize(
    ("to", "says"),
    [
        ("link", "Too many levels of symbolic links"),
        ("second", "Too many levels of symbolic links"),
        ("folder", "folder is a directory"),
        ("missing/graph.svg", "there is no directory .*missing"),
        ("file/graph.svg", "there is no directory .*file"),
        ("pipe", "not a regular file"),
    ],
)
def test_links_that_lead_nowhere_are_refused(tmp_path: Path, to: str, says: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "second").symlink_to("link")
    (tmp_path / "link").symlink_to(to)
    before = sorted(tmp_path.iterdir())
    for refused in (lambda: write_whole(tmp_path / "link", "new"), lambda: find_target(tmp_path / "link")):
        with pytest.raises(OSError, match=says):
            refused()
    assert sorted(tmp_path.iterdir()) == before
    assert os.readlink(tmp_path / "link") == to


@pytest.mark.parametrize("name", ["n" * 255, "σ" * 127, "a\nb", "-rf", ".hidden", "\x1b[31m", " "])
def test_a_name_is_no_obstacle(tmp_path: Path, name: str) -> None:
    for content in ("old", "new"):
        assert write_whole(tmp_path / name, content).read_text() == content
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_name_that_is_too_long_or_odd_is_told_safely(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="too long"):
        write_whole(tmp_path / ("n" * 256), "x")
    (tmp_path / "\x1b[31m\n").mkdir()
    with pytest.raises(OSError, match="is a directory") as caught:
        write_whole(tmp_path / "\x1b[31m\n", "x")
    assert str(caught.value).isprintable()
    assert (path_text("graph σ.svg"), path_text("a\nb")) == ("graph σ.svg", repr("a\nb"))


def test_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "inside").touch()
    with pytest.raises(OSError, match="is a directory"):
        write_whole(tmp_path, "x")
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]


def test_a_missing_folder_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"there is no directory .*missing$"):
        write_whole(tmp_path / "missing" / "graph.svg", "x")
    assert list(tmp_path.iterdir()) == []


def test_content_that_cannot_be_encoded_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_whole(tmp_path / "graph.svg", "\ud800")
    assert list(tmp_path.iterdir()) == []
