"""Text for Graphviz. A label is text, never markup, whoever wrote it."""

from __future__ import annotations

import html
from collections.abc import Iterable

from autograd.text import one_line, shorten

TOOLTIP_LENGTH = 1000


def inert(text: str, length: int = TOOLTIP_LENGTH) -> str:
    r"""Any text as Graphviz will show it letter by letter: no markup, no escapes, one line.

    >>> print(inert("<b>\n" + chr(92) + "N", 20))
    &lt;b&gt; \\N
    """
    return html.escape(shorten(one_line(text), length)).replace("\\", "\\\\")


def tooltip(text: str) -> str:
    """Any text as a tooltip shows it, bounded."""
    return inert(text).replace("\\", "\\\\")  # Graphviz reads the escapes in a tooltip twice


def as_lines(lines: Iterable[str]) -> str:
    """An HTML-like label of these lines, padded, which keeps an edge's label off the edge."""
    padding = '<TR><TD HEIGHT="4"></TD></TR>'
    rows = "".join(f'<TR><TD ALIGN="LEFT">{inert(line)}</TD></TR>' for line in lines)
    return f'<<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="0">{padding}{rows}{padding}</TABLE>>'
