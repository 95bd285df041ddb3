"""Files are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograd.files import write_whole


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
    with pytest.raises(OSError, match="is no ordinary file"):
        write_whole(pipe, "x")
    assert pipe.is_fifo()


def test_permissions_are_those_of_open(tmp_path: Path) -> None:
    (tmp_path / "by_open").write_text("x")
    write_whole(tmp_path / "whole", "x")
    assert (tmp_path / "whole").stat().st_mode == (tmp_path / "by_open").stat().st_mode


def test_a_long_name_is_no_obstacle(tmp_path: Path) -> None:
    assert write_whole(tmp_path / ("n" * 250), "x").read_text() == "x"


def test_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "inside").touch()
    with pytest.raises(OSError, match="is a directory"):
        write_whole(tmp_path, "x")
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]


def test_a_missing_folder_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"there is no directory .*missing$"):
        write_whole(tmp_path / "missing" / "graph.svg", "x")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_midway_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "graph.svg"
    target.write_text("old")

    def fail(*paths: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_whole(target, "new")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_content_that_cannot_be_encoded_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_whole(tmp_path / "graph.svg", "\ud800")
    assert list(tmp_path.iterdir()) == []
