"""Graphviz's drawing as the page shows it: small, styled by a style sheet, gradients easy to replace."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy
from itertools import chain
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from autograd.arithmetic.notation import number_text
from autograd.rules import Gate
from autograd.text import legible
from autograd.value import Value
from autograd.views.drawing import draw
from autograd.views.rendering import Drawing
from autograd.views.stepper.scenes import BackwardScene, Passes, Scene, StartScene
from autograd.views.stepper.shares import Share
from autograd.views.tables import NOT_KNOWN

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
SVG = "{http://www.w3.org/2000/svg}"
#: A gradient that a scene makes known: its value's place, the number as text, whether it is complete.
Known = list[tuple[int, str, bool]]

MOST_VALUES = 600
MOST_GATES = 300
MOST_EDGES = 1500
MOST_PASSED = 1500

#: Numbers of 6 to 13 characters: they stand in for gradients while Graphviz makes room.
STAND_INS = (888888.0, 8.88888, 0.888888, 0.0888888, 0.00888888, -0.00888888, -0.000888888, -8.88888e-100)


def known_gradients(scene: Scene) -> Known:
    """The gradients that a scene makes known, as they are drawn.

    One that is not complete yet ends in "+ …", and is short enough to fit where the complete one will be.
    """
    if isinstance(scene, BackwardScene):
        last = {share.place: share for share in scene.shares}
        return [(place, _drawn_total(share), not share.awaited) for place, share in last.items()]
    return [(scene.place, "1", True)] if isinstance(scene, StartScene) else []


def _drawn_total(share: Share) -> str:
    return f"{number_text(share.total, 4)} + …" if share.awaited else number_text(share.total)


def places_near_root(nodes: list[Value]) -> set[int]:
    """The places of the values that a page shows: all, or those nearest the root."""
    limit = min(MOST_VALUES, len(nodes))
    while True:
        source = draw(nodes[-1], limit=limit).source
        places = _places(source)
        gates = sum(nodes[place].gate is not None for place in places)
        if limit == 1 or (gates <= MOST_GATES and source.count(" -> ") <= MOST_EDGES):
            return places
        limit = limit * 4 // 5


def drawing_limit(nodes: list[Value], shown: set[int]) -> int:
    """How many values draw() may draw, of those shown, for Graphviz to lay them out in a moment.

    Its time grows with the gates that edges pass by: a value used all along a chain of 300 gates
    would take it a minute.
    """
    depth: dict[Value, int] = {}
    for node in nodes:
        depth[node] = 1 + max([depth[below] for below in node.inputs if below is not None], default=-1)
    limit = len(shown)
    while limit > 1:
        drawn = {nodes[place] for place in _places(draw(nodes[-1], limit=limit).source)}
        lengths: dict[Value, list[int]] = {}
        for node in drawn:
            for below in drawn.intersection(node.inputs):
                lengths.setdefault(below, []).append(depth[node] - depth[below])
        passed = 0
        for below, ways in lengths.items():
            near = min(ways) if below.gate is None else 1  # a leaf is drawn close to its first gate
            passed += sum(ways) - near * len(ways)
        if passed <= MOST_PASSED:
            break
        limit //= 2
    return limit


def _places(source: str) -> set[int]:
    return {int(place) for place in re.findall(r"\bid=node(\d+)", source)}


def drawing_with_room(passes: Passes, known: Sequence[Known], limit: int) -> Drawing:
    """The graph as draw() has it, with room for every gradient that becomes known on the way."""
    longest: dict[int, int] = {}
    for place, text, _ in chain.from_iterable(known):
        longest[place] = max(longest.get(place, len(NOT_KNOWN)), len(text))
    copies = deepcopy(passes.nodes)
    for place, node in enumerate(copies):
        node.label = passes.names[place]
        node.grad = next(
            (x for x in STAND_INS if len(number_text(x)) >= longest.get(place, 0)), STAND_INS[-1]
        )
    return draw(copies[-1], limit=limit)


def picture(svg: bytes, passes: Passes, about: str, style: str = "") -> str:
    """The drawing's SVG, rewritten: classes instead of colours, the final gradients in place.

    about describes the picture to a screen reader; style is a style sheet for a separate picture.
    """
    drawn = ElementTree.fromstring(svg)
    graph = next(drawn.iter(f"{SVG}g"))
    _, _, width, height = drawn.attrib["viewBox"].split()
    page = Element(
        "svg",
        {"xmlns": SVG[1:-1], "viewBox": f"0 0 {short(width)} {short(height)}", "width": short(width),
         "height": short(height), "role": "img", "aria-label": about},
    )  # fmt: skip
    if style:
        SubElement(page, "style").text = style
    defs = SubElement(page, "defs")
    for name, tip in (("arrow", "0"), ("arrow-back", "7")):  # where in the head the edge ends
        size = {"viewBox": "0 0 7 5", "markerWidth": "7", "markerHeight": "5", "refX": tip, "refY": "2.5"}
        turn = {"markerUnits": "userSpaceOnUse", "orient": "auto-start-reverse"}
        head = SubElement(defs, "marker", {"id": name} | size | turn)
        SubElement(head, "path", {"class": "head", "d": "M0 0L7 2.5L0 5z"})
    group = SubElement(page, "g", {"transform": graph.attrib["transform"].rpartition(") ")[2]})
    for part in graph:
        rewrite(part, group, passes)
    return ElementTree.tostring(page, encoding="unicode")


def rewrite(part: Element, group: Element, passes: Passes) -> None:
    """Add one part of Graphviz's drawing to the group."""
    name, kind = part.get("id", ""), part.get("class", "")
    if part.tag == f"{SVG}text":
        group.append(text(part, part.get("x", "0")))
    elif kind == "edge":
        line = next(part.iter(f"{SVG}path")).get("d", "")
        SubElement(group, "path", {"id": name, "d": NUMBER.sub(lambda one: short(one[0]), line)})
    elif kind == "node":
        what, place = re.findall(r"[a-z]+|\d+", name)[:2]
        if what == "node":
            add_value(part, group, passes, int(place))
        else:
            gate = passes.nodes[int(place)].gate
            add_other(part, SubElement(group, "g", {"id": name, "class": what}), gate)


def add_value(part: Element, group: Element, passes: Passes, place: int) -> None:
    """A value's box, its name, its data and its final gradient: the last text."""
    node = passes.nodes[place]
    kind, corners = ("leaf", {}) if node.gate is None else ("result", {"rx": "10"})
    value = SubElement(group, "g", {"id": f"node{place}", "class": f"value {kind}"})
    SubElement(value, "title").text = f"{legible(passes.names[place])}: data {node.data!r}"
    middle = 0.0
    for shape in part.iter():
        if path := shape.get("points") or shape.get("d"):
            left, top, right, bottom = box(path)
            middle = (left + right) / 2
            sides = {"x": left, "y": top, "width": right - left, "height": bottom - top}
            SubElement(value, "rect", {side: short(size) for side, size in sides.items()} | corners)
    name, *rows = part.iter(f"{SVG}text")
    value.append(text(name, middle, "name"))
    for what, number in zip(rows[::2], rows[1::2], strict=True):
        edge = what.get("x", "0")
        value.append(text(what, edge))
        value.append(text(number, 2 * middle - float(edge), "number"))
    value[-1].text = number_text(node.grad)
    value[-1].set("class", "grad number")


def add_other(part: Element, group: Element, gate: Gate | None) -> None:
    """A gate, a plain number, or what stands for the values left out."""
    for ellipse in part.iter(f"{SVG}ellipse"):
        SubElement(group, "title").text = legible(f"{gate.name} gate") if gate else ""
        SubElement(
            group, "ellipse", {side: short(ellipse.get(side, "0")) for side in ("cx", "cy", "rx", "ry")}
        )
    for words in part.iter(f"{SVG}text"):
        group.append(text(words, words.get("x", "0")))


def text(drawn: Element, x: float | str, kind: str = "") -> Element:
    """A text where Graphviz put it; by its kind the style sheet decides which end of it is at x."""
    element = Element(
        "text", {"x": short(x), "y": short(drawn.get("y", "0"))} | ({"class": kind} if kind else {})
    )
    element.text = (drawn.text or "").strip()
    return element


def box(path: str) -> tuple[float, float, float, float]:
    """The smallest box around a path: left, top, right, bottom."""
    numbers = [float(number) for number in NUMBER.findall(path)]
    return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])


def short(number: float | str) -> str:
    """A coordinate to a tenth of a point: finer than anyone sees, and a third of the bytes."""
    return f"{round(float(number), 1) + 0.0:g}"
