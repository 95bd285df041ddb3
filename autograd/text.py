"""Text that somebody else wrote, such as a label or an argument, made safe and short enough to show."""

from __future__ import annotations

import re
from collections.abc import Collection
from unicodedata import bidirectional

JOINERS = "\u200c\u200d"  # invisible, but emoji and some scripts are spelled with them
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"

MOST_NAMES = 12  # in a list of them

#: The most letters of a word and of a whole message.
WORD_LENGTH, MESSAGE_LENGTH = 250, 1000
LONG_WORD = re.compile(rf"\S{{{WORD_LENGTH + 1},}}")


def legible(text: str) -> str:
    r"""The text on one line, without what is invisible, steers a terminal, or is forbidden in XML.

    >>> legible("w\n 1\x1b[2J\x00\u202e")
    'w 1[2J'
    """
    kept = [letter for letter in text if letter.isprintable() or letter.isspace() or letter in JOINERS]
    return " ".join("".join(kept).split())


def one_line(text: str) -> str:
    r"""The text, legible, where there must be something to see.

    >>> one_line("a\nb"), one_line("\x07")
    ('a b', '(blank)')
    """
    return legible(text) or "(blank)"


def isolated(name: str) -> str:
    r"""The name; one that runs from right to left must not turn the text around it.

    >>> isolated("w"), len(isolated("\u05d0"))
    ('w', 3)
    """
    if any(bidirectional(letter) in ("R", "AL", "AN") for letter in name):
        return FIRST_STRONG_ISOLATE + name + POP_ISOLATE
    return name


def shorten(text: str, length: int) -> str:
    """The text, cut to the length with an ellipsis."""
    return text if len(text) <= length else text[: length - 3] + "..."


def brief(message: str) -> str:
    r"""A message on one line, never long, whatever it quotes: the middle of long words is left out.

    >>> brief("no file a\x1b[2Jb"), len(brief("x" * 100_000))
    ('no file a[2Jb', 250)
    """
    words = LONG_WORD.sub(lambda word: _without_middle(word[0], WORD_LENGTH), one_line(message))
    return _without_middle(words, MESSAGE_LENGTH)


def _without_middle(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 103]}...{text[-100:]}"


def quoted(text: str) -> str:
    """What somebody wrote, in quotes, and brief."""
    return brief(repr(text))


def listed(names: Collection[str], most: int = MOST_NAMES, unnamed: int = 0) -> str:
    """The first names as a sentence lists them, and how many there are besides.

    >>> listed("abc", most=3), listed("abcde", most=2), listed("ab", most=3, unnamed=5)
    ('a, b and c', 'a, b and 3 more', 'a, b and 5 more')
    """
    shown = [*names][:most]
    if unnamed := unnamed + len(names) - len(shown):
        shown.append(f"{unnamed:,} more")
    *others, last = shown
    return f"{', '.join(others)} and {last}" if others else last
