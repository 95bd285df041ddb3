"""A program in a notebook: the scalar graph of one example beside the matrix program it became.

The only link between the compiler and the views: it draws with them, and they do not know it.
"""

from __future__ import annotations

from base64 import b64encode
from html import escape

from autograd.compiler.trace import Trace

MOST_DRAWN = 60  # nodes, the nearest to the outputs
MOST_REBUILT = 5_000  # nodes of a graph that is built again to be drawn


def side_by_side(trace: Trace, source: str) -> str:
    """HTML without scripts or style sheets, which notebooks would remove."""
    return (
        '<table><tr><th style="text-align:left">one example, scalar by scalar</th>'
        '<th style="text-align:left">a batch, as whole arrays</th></tr><tr>'
        f'<td style="vertical-align:top; width:45%">{_picture(trace)}<p>{escape(repr(trace))}</p></td>'
        f'<td style="vertical-align:top; text-align:left"><pre>{escape(source)}</pre></td></tr></table>'
    )


def _picture(trace: Trace) -> str:
    if len(trace) > MOST_REBUILT:
        return "<p>too many nodes to draw</p>"
    from autograd.views.drawing import draw

    drawn = draw(trace.rebuilt(), limit=MOST_DRAWN)
    svg = drawn._repr_svg_()
    if svg is None:
        return f"<pre>{escape(drawn.text)}</pre>"
    image = b64encode(svg.encode()).decode()
    return f'<img style="max-width:100%" alt="the graph" src="data:image/svg+xml;base64,{image}">'
