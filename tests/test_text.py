"""Text that somebody else wrote, as it is shown."""

from __future__ import annotations

import pytest

from autograd.text import MESSAGE_LENGTH, brief, isolated, legible, listed, one_line, quoted, shorten


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\nlines\tand\x00\x1b[2J", "two lines and[2J"),
        ("\x9b1m\u202eturned\u2069", "1mturned"),
        ("lone\ud800 surrogate \ufffe\uffff!", "lone surrogate !"),
        ("\x00 a  \x07 b\u2028", "a b"),
        ("\u200b\ufeff\x07", ""),
        ("می\u200cخواهم 👩\u200d🏫", "می\u200cخواهم 👩\u200d🏫"),
        ("重み σ é", "重み σ é"),
    ],
)
def test_legible(text: str, shown: str) -> None:
    assert legible(text) == shown
    assert legible(shown) == shown
    assert one_line(text) == (shown or "(blank)")


@pytest.mark.parametrize("name", ["אבג", "x ١", "سلام"])
def test_what_runs_from_right_to_left_is_isolated(name: str) -> None:
    assert isolated(name) == f"\u2068{name}\u2069"
    assert isolated("重み σ_1") == "重み σ_1"


def test_long_text_is_cut() -> None:
    assert (shorten("abcdef", 6), shorten("abcdefg", 6)) == ("abcdef", "abc...")
    assert brief("short " + "x" * 1000 + " end") == "short " + "x" * 147 + "..." + "x" * 100 + " end"
    assert len(brief("many words " * 1000)) == MESSAGE_LENGTH
    assert quoted("a\x1b'b") == '"a\\x1b\'b"'


def test_a_list_names_the_first() -> None:
    assert listed(["a"]) == "a"
    assert listed([f"x{i}" for i in range(1000)], 2) == "x0, x1 and 998 more"
    assert listed(["a"], most=1, unnamed=1000) == "a and 1,000 more"
