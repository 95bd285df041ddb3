"""The computational graph as a picture: Values, the gates between them, and what flows along the edges.

The names in the DOT are also the ``id`` attributes in the SVG, so that a page can find its parts.
With i a Value's place in the topological order of the whole graph, and k an input's place at its gate:

    node{i}      the Value; the last <text> in it is its gradient
    gate{i}      the gate that computed it
    out{i}       the edge from that gate to it
    edge{i}-{k}  the edge from its k-th input to its gate
    const{i}-{k} that input, where it is a plain number
    more{i}      what stands for the inputs left out; more{i}-edge is its edge
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autograd.arithmetic.notation import as_text, number_text
from autograd.backward import topological_order, upstream_gradients
from autograd.gates import summation
from autograd.names import local_derivatives, name_nodes
from autograd.node import NOT_YET, NOTHING
from autograd.refusals import check_str, refuse_root
from autograd.rules import Gate
from autograd.text import shorten
from autograd.value import Value
from autograd.views.labels import as_lines, inert, tooltip
from autograd.views.rendering import Drawing, DrawingError
from autograd.views.tables import gradient_text
from autograd.views.terminal import text_picture
from autograd.views.turns import is_product, number_of, sent_by

__all__ = ["Drawing", "DrawingError", "draw"]

FONT = "Helvetica,Arial,sans-serif"
# A leaf has square corners and a thick frame, a result round corners and a thin one, a root a double
# frame: that says it in print too, and to those who see colours differently.
LEAF = {"fillcolor": "#fdf1d8", "penwidth": "2"}
RESULT = {"fillcolor": "#e6f1fa", "style": "rounded,filled"}
ROOT = {"peripheries": "2"}
CONSTANT = {"shape": "plaintext", "style": "", "width": "0", "height": "0", "margin": "0.04"}
# Without a bound, dot can spend many minutes on a chain of a few hundred gates that share one leaf.
IN_TIME = {"nslimit": "2", "nslimit1": "2"}

MOST_TOLD = 100_000  # values; the text of a larger graph takes longer than its picture
NAME_LENGTH = 32
FORMULA_LENGTH = 60


def draw(
    root: Value | Iterable[Value], *, derivatives: bool = False, limit: int = 300, title: str = ""
) -> Drawing:
    """The graph of a Value, or of several, from left to right.

    derivatives  write its local derivative on each edge into a gate and, after backward, what flows
                 back along it: upstream gradient times local derivative
    limit        how many Values to draw: those nearest the root; the picture says how many it leaves out
    title        a heading

    >>> from autograd import Value
    >>> x = Value(3.0, label="x")
    >>> print(draw(x * x).source.count("node0 -> gate1"))
    2

    Raises TypeError for a root that is not a Value or a title that is not a str, ValueError for an
    empty list or a limit below 1.
    """
    roots = _as_roots(root)
    if not isinstance(limit, int) or limit < 1:
        raise ValueError(f"limit must be a whole number of at least 1, got {limit!r}")
    check_str(title, "title")
    top = summation(*roots)  # one gate above them all: a single walk
    order = topological_order(top)[:-1]
    shown = set(order) if len(order) <= limit else _nearest(roots, limit)
    part = [(place, node) for place, node in enumerate(order) if node in shown]
    names = name_nodes(order)  # of all, so that a node has the same name in every view

    picture = Drawing(
        "computational_graph",
        graph_attr={"rankdir": "LR", "ordering": "in", "fontname": FONT, "labelloc": "t", **IN_TIME},
        node_attr={
            "shape": "box",
            "style": "filled",
            "fillcolor": "white",
            "fontname": FONT,
            "fontsize": "12",
        },
        edge_attr={"fontname": FONT, "fontsize": "10", "arrowsize": "0.7"},
    )
    heading = [title] if title else []
    if left_out := len(order) - len(shown):
        heading.append(f"... {left_out:,} more values")
    if heading:
        picture.attr(label=as_lines(heading))
    places = {node: place for place, node in part}
    topmost = set(roots)
    reached = (
        {node for node, upstream in upstream_gradients(top) if upstream is not NOTHING} if derivatives else ()
    )
    for place, node in part:
        _draw_value(picture, place, node, names[node], node in topmost)
        if node.gate is not None:
            _draw_gate(picture, place, node.gate)
            edges = _edge_texts(node, names, node in reached) if derivatives else {}
            _draw_inputs(picture, place, node, places, limit, edges)
    if len(order) <= MOST_TOLD:
        picture.text = "\n\n".join(text_picture(one) for one in roots)
    else:
        picture.text = f"A graph of {len(order):,} values, {len(shown):,} of them drawn."
    return picture


def _as_roots(root: object) -> list[Value]:
    if isinstance(root, Value):
        return [root]
    wanted = "draw takes a Value or a list of Values"
    if not isinstance(root, Iterable):
        refuse_root("draw", "a Value or a list of Values", root)
    roots = list(root)
    for one in roots:
        if not isinstance(one, Value):
            raise TypeError(f"{wanted}, got one with {one!r} of type {type(one).__name__}")
    if not roots:
        raise ValueError(f"{wanted}, got an empty {type(root).__name__}")
    return list(dict.fromkeys(roots))


def _nearest(roots: Sequence[Value], limit: int) -> set[Value]:
    """Up to limit Values, those the fewest gates away from a root."""
    near = list(roots[:limit])
    shown = set(near)
    for node in near:  # it grows on the way: breadth first
        for below in node.inputs[:limit]:
            if len(near) == limit:
                return shown
            if below is not None and below not in shown:
                shown.add(below)
                near.append(below)
    return shown


def _draw_value(picture: Drawing, place: int, node: Value, name: str, is_root: bool) -> None:
    grad = gradient_text(node)
    rows = "".join(
        f'<TR><TD ALIGN="LEFT">{what}&#160;</TD><TD ALIGN="RIGHT">{number}</TD></TR>'
        for what, number in (("data", number_text(node.data)), ("grad", grad))
    )
    table = f"""<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="1">\
<TR><TD COLSPAN="2"><B>{inert(name, NAME_LENGTH)}</B></TD></TR>{rows}</TABLE>"""
    look = (LEAF if node.gate is None else RESULT) | (ROOT if is_root else {})
    hover = tooltip(f"{name}: data {node.data!r}, grad {grad if node.grad is NOT_YET else repr(node.grad)}")
    picture.node(f"node{place}", f"<{table}>", id=f"node{place}", tooltip=hover, margin="0.08,0.04", **look)


def _draw_gate(picture: Drawing, place: int, gate: Gate) -> None:
    picture.node(
        f"gate{place}",
        inert(gate.symbol, NAME_LENGTH),
        id=f"gate{place}",
        shape="ellipse",  # a circle where the symbol is short
        width="0.4",
        height="0.4",
        margin="0.04",
        tooltip=tooltip(f"{gate.name}: {gate.about}" if gate.about else gate.name),
    )
    picture.edge(f"gate{place}", f"node{place}", id=f"out{place}")


def _draw_inputs(
    picture: Drawing,
    place: int,
    node: Value,
    places: dict[Value, int],
    limit: int,
    texts: dict[int, list[str]],
) -> None:
    gate, left_out = f"gate{place}", max(len(node.inputs) - limit, 0)
    for k, below in enumerate(node.inputs[:limit]):
        label = {"label": as_lines(texts[k])} if k in texts else {}
        if below is None:
            constant = f"const{place}-{k}"
            picture.node(constant, number_text(node.operands[k]), id=constant, **CONSTANT)
            picture.edge(constant, gate, id=f"edge{place}-{k}")
        elif below in places:
            picture.edge(f"node{places[below]}", gate, id=f"edge{place}-{k}", **label)
        else:
            left_out += 1
    if left_out:
        picture.node(f"more{place}", f"... {left_out:,} more", id=f"more{place}", **CONSTANT)
        picture.edge(f"more{place}", gate, id=f"more{place}-edge", style="dashed")


def _edge_texts(node: Value, names: dict[Value, str], is_reached: bool) -> dict[int, list[str]]:
    """For each input its local derivative, as a formula and a number, and what backward sent it."""
    local_numbers = node.local_backward(1.0)
    # a 0 that no contribution made goes no further: from any root, the walk marks it as NOTHING
    passes_on = node.grad != 0 or (is_reached and node.grad is not NOTHING)
    sent = sent_by(node, node.grad if passes_on else None)
    texts = {}
    for k, formula in enumerate(local_derivatives(node, names)):
        if node.inputs[k] is None:
            continue
        written, number = as_text(formula), number_text(local_numbers[k])
        written = shorten(f"({written})" if " if " in written else written, FORMULA_LENGTH)
        texts[k] = [f"local {number}" if written == number else f"local {written} = {number}"]
        if node.grad is not NOT_YET:
            product = f"{number_text(node.grad)} × {number} = {number_text(number_of(sent[k]))}"
            is_sent = is_product(sent[k], node.grad, local_numbers[k])
            texts[k].append(f"back {product if is_sent else 'nothing: not taken'}")
    return texts
