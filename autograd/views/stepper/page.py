"""The page that steps through both passes: one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autograd.arithmetic.notation import number_text
from autograd.files import write_whole
from autograd.refusals import check_str, refuse_root
from autograd.text import legible, shorten
from autograd.value import Value
from autograd.views.rendering import INSTALL_ADVICE, DrawingError
from autograd.views.stepper import words
from autograd.views.stepper.copies import copy_of_graph
from autograd.views.stepper.explanations import explanations
from autograd.views.stepper.picture import (
    drawing_limit,
    drawing_with_room,
    known_gradients,
    picture,
    places_near_root,
)
from autograd.views.stepper.scenes import BackwardScene, StartScene, both_passes
from autograd.views.stepper.templates import fill, markup, source, source_hash
from autograd.views.terminal import text_picture

MILLISECONDS_PER_STEP = 2000
TITLE_LENGTH = 120
MOST_NAMED_GRADIENTS = 12
MOST_LINES = 80
ENDINGS = (".html", ".htm")


def step_through(root: Value, *, title: str = "") -> SteppingPage:
    """One HTML page that steps through the forward and the backward pass, gate by gate.

    The page needs no network and no server; without scripts it still shows the graph and every
    step. The gradients it shows are those of one backward pass; no ``grad`` changes.
    A graph of more than 300 gates, or 600 values, is shown in part: the values nearest the root.

    >>> from autograd import Value
    >>> x = Value(3.0, label="x")
    >>> step_through(x * x)
    <SteppingPage of v1: 1 gate, 3 steps>

    Raises TypeError if root is not a Value or title is not a str.
    """
    if not isinstance(root, Value):
        refuse_root("step_through", "a Value", root)
    check_str(title, "title")
    return SteppingPage(root, title)


class SteppingPage:
    """Both passes of a graph as an HTML page; a notebook shows it by itself.

    html    the page
    text    the graph and the steps in plain text
    """

    def __init__(self, root: Value, title: str) -> None:
        nodes = copy_of_graph(root)
        shown = places_near_root(nodes)
        self._passes = passes = both_passes(nodes, shown)
        self._known = [known_gradients(scene) for scene in passes.scenes]
        self._text_picture = text_picture(passes.root)
        self.title = shorten(legible(title), TITLE_LENGTH) or (
            f"Forward and backward through {passes.root_name}"
        )
        self._notes: list[str] = []
        if left_out := len(nodes) - len(shown):
            self._notes.append(
                f"This graph has {len(nodes):,} values. Shown are the {len(shown):,} nearest the root "
                f"and the steps of their gates; {left_out:,} values are left out."
            )
        limit = drawing_limit(nodes, shown)
        if limit < len(shown):
            self._notes.append(
                f"The drawing shows {limit:,} values only, those nearest the root: more would be too tangled."
            )
        try:
            self._svg = drawing_with_room(passes, self._known, limit).render_bytes("svg")
        except DrawingError as error:
            self._svg = b""
            advice = "" if INSTALL_ADVICE in str(error) else f" {INSTALL_ADVICE}"
            self._notes.append(f"{error}{advice}")
        self.html = self._page(sorted(shown))

    def _page(self, shown: list[int]) -> str:
        passes = self._passes
        style, script = source("picture.css") + source("style.css"), source("script.js")
        places: dict[Value | None, int] = {passes.nodes[place]: place for place in shown}
        data = {
            "interval": MILLISECONDS_PER_STEP,
            "backwardAt": next(i for i, scene in enumerate(passes.scenes) if isinstance(scene, StartScene)),
            "scenes": [
                {
                    "phase": scene.phase,
                    "place": scene.place,
                    "inputs": [places[below] for below in scene.node.inputs if below in places],
                    "gradients": known,
                }
                for scene, known in zip(passes.scenes, self._known, strict=True)
            ],
        }
        chain_rules, in_full = explanations(passes, shown)
        return fill(
            "page.html.j2",
            title=self.title,
            notes=self._notes,
            svg=markup(picture(self._svg, passes, self._about)) if self._svg else "",
            text_picture=self._text_picture,
            passes=passes,
            most_inputs=words.MOST_INPUTS,
            explanations=chain_rules,
            in_full=in_full,
            data=data,
            style=markup(style),
            script=markup(script),
            style_hash=source_hash(style),
            script_hash=source_hash(script),
        )

    @property
    def _about(self) -> str:
        """The picture in words."""
        passes = self._passes
        leaves = [place for place, node in enumerate(passes.nodes) if node.gate is None]
        root = passes.root_name
        gradients = [
            f"d({root})/d({passes.names[place]}) = {number_text(passes.nodes[place].grad)}"
            for place in leaves[:MOST_NAMED_GRADIENTS]
        ]
        if len(leaves) > len(gradients):
            gradients.append(f"and {len(leaves) - len(gradients):,} more")
        value = number_text(passes.root.data)
        graph = f"The computational graph of {root} = {value}, {len(passes.nodes):,} values"
        return f"{graph}. Final gradients: {', '.join(gradients)}."

    @property
    def text(self) -> str:
        sentences = [scene.sentence for scene in self._passes.scenes]
        if (left_out := len(sentences) - MOST_LINES) > 0:
            sentences[MOST_LINES:] = [f"... {left_out:,} more steps"]
        return "\n".join([self.title, *self._notes, "", self._text_picture, "", *sentences])

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file that ends in .html or .htm, whole or not at all; returns its path.

        Raises ValueError for another ending, OSError if the file cannot be written.
        """
        if Path(path).suffix.lower() not in ENDINGS:
            wanted = f"a stepping page's file name must end in {' or '.join(ENDINGS)}"
            raise ValueError(f"{wanted}; got {str(path)!r} (a picture: draw(root).save)")
        return write_whole(path, self.html)

    def __repr__(self) -> str:
        scenes = self._passes.scenes
        gates = sum(isinstance(scene, BackwardScene) for scene in scenes)
        plural = "" if gates == 1 else "s"
        return f"<SteppingPage of {self._passes.root_name}: {gates} gate{plural}, {len(scenes)} steps>"

    def __str__(self) -> str:
        return self.text

    # -- in a notebook --------------------------------------------------------------------------

    def _repr_html_(self) -> str:
        """The page in a frame; below it, folded up, all of it as text, for where frames are removed."""
        image = ""
        if self._svg:
            alone = picture(self._svg, self._passes, self._about, source("picture.css"))
            image = base64.b64encode(alone.encode()).decode()
        return fill(
            "display.html.j2",
            title=self.title,
            page=self.html,
            image=image,
            about=self._about,
            text_picture=self._text_picture,
            notes=self._notes,
            scenes=self._passes.scenes,
        )

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None, **_: Any
    ) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self._repr_html_()}
