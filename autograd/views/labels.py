"""Text for Graphviz. A label is text, never markup, whoever wrote it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

TOOLTIP_LENGTH = 1000
UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # control characters
    "\u200e\u200f\u2028-\u202e\u2066-\u2069"  # line separators, and what turns the writing direction
    "\ud800-\udfff\ufffe\uffff]"  # no characters at all: XML forbids them
)


def shorten(text: str, length: int) -> str:
    """The text, cut to the length with an ellipsis."""
    return text if len(text) <= length else text[: length - 3] + "..."


def inert(text: str, length: int = TOOLTIP_LENGTH) -> str:
    r"""Any text as Graphviz will show it letter by letter: no markup, no escapes, one line.

    >>> print(inert("<b>\n" + chr(92) + "N", 20))
    &lt;b&gt; \\N
    """
    line = UNSEEN.sub("", " ".join(text.split()))
    return html.escape(shorten(line, length) or "(blank)").replace("\\", "\\\\")


def tooltip(text: str) -> str:
    """Any text as a tooltip shows it, bounded."""
    return inert(text).replace("\\", "\\\\")  # Graphviz reads the escapes in a tooltip twice


def as_lines(lines: Iterable[str]) -> str:
    """An HTML-like label of these lines, padded, which keeps an edge's label off the edge."""
    padding = '<TR><TD HEIGHT="4"></TD></TR>'
    rows = "".join(f'<TR><TD ALIGN="LEFT">{inert(line)}</TD></TR>' for line in lines)
    return f'<<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="0">{padding}{rows}{padding}</TABLE>>'
