"""What is quoted of a student's work, cut to what one reads: no verdict is longer than a screen."""

from __future__ import annotations

from reprlib import Repr

LONGEST = 300  # characters of a line of a verdict
MOST = 10  # lines of a verdict
PART = 120  # characters of one thing that is quoted

_repr = Repr()
_repr.maxlevel = 2
_repr.maxother = _repr.maxstring = _repr.maxlong = PART


def cut(text: str, length: int = PART) -> str:
    """The text in one line, cut where it is longer than that.

    >>> cut("a" * 2_600_000, 10)
    'aaaaaaaaaa ... (2,600,000 characters)'
    """
    line = " ".join(text[: 10 * length].split())
    if len(line) <= length and len(text) <= 10 * length:
        return line
    return f"{line[:length]} ... ({len(text):,} characters)"


def quoted(value: object) -> str:
    """Its repr, cut; a repr that fails is not quoted."""
    try:
        return cut(_repr.repr(value))
    except Exception:
        return "something that cannot be printed"


def to_a_screen(text: str) -> str:
    """The text with its first lines only, each of them cut."""
    lines = text.splitlines()
    more = [f"... ({len(lines) - MOST:,} more lines)"] if len(lines) > MOST else []
    return "\n".join(
        [*[line if len(line) <= LONGEST else cut(line, LONGEST) for line in lines[:MOST]], *more]
    )
