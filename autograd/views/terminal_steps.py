"""Step through both passes in a terminal: the step's sentence above the table of all nodes."""

from __future__ import annotations

import os
import sys

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from autograd.arithmetic.notation import as_text, number_text
from autograd.text import legible
from autograd.value import Value
from autograd.views import keyboard
from autograd.views.stepper.copies import copy_of_graph
from autograd.views.stepper.picture import known_gradients
from autograd.views.stepper.scenes import BackwardScene, ForwardScene, Passes, Scene, both_passes
from autograd.views.stepper.words import MOST_INPUTS
from autograd.views.tables import NOT_KNOWN, derivative_text, formula_text

NAME_WIDTH, VALUE_WIDTH, GRADIENT_WIDTH = 20, 13, 16  # columns; no number is wider
BOLD, REVERSED, NORMAL = "\x1b[1m", "\x1b[7m", "\x1b[0m"

FORWARD = {"right", " ", "enter", "n"}
BACK = {"left", "backspace", "p"}
FIRST, LAST = {"home", "g"}, {"end", "G"}
QUIT = {"escape", "q"}
KEYS = "right: next   left: back   Home/End: first/last   q: quit   ?: help"
HELP = [
    "right, space, enter, n   the next step",
    "left, backspace, p       the step before",
    "Home, g                  the first step",
    "End, G                   the last step",
    "q, Esc                   quit",
    "?                        this help; any key leaves it",
    "",
    "In the table, > marks the gate whose turn it is and + the inputs that",
    'receive from it. A gradient that ends in "+ …" is not complete yet.',
]


def show_steps(root: Value) -> None:
    """Step through both passes by key; where there is no terminal for that, print all steps.

    The gradients shown are those of one backward pass; no ``grad`` changes.
    """
    nodes = copy_of_graph(root)
    passes = both_passes(nodes, range(len(nodes)))
    if not keyboard.has_terminal():
        print("\n".join([*all_steps(passes), ""]))
        return
    at, helping, shown = 0, False, None
    with keyboard.full_screen():
        while True:
            size = os.get_terminal_size(sys.stdout.fileno())
            width, height = size.columns or 80, size.lines or 24
            if shown != (shown := (at, helping, width, height)):
                keyboard.show(_help(height) if helping else screen(passes, at, width, height))
            try:
                key = keyboard.read_key()
            except (EOFError, OSError):  # the terminal is gone
                return
            if helping:
                helping = not key
            elif key in QUIT:
                return
            else:
                helping = key == "?"
                at = moved(at, key, len(passes.scenes) - 1)


def moved(at: int, key: str, last: int) -> int:
    """The step that a key leads to."""
    if key in FIRST:
        return 0
    if key in LAST:
        return last
    return min(max(at + (key in FORWARD) - (key in BACK), 0), last)


def all_steps(passes: Passes) -> list[str]:
    """Every step as lines of text."""
    return [line for scene in passes.scenes for line in [legible(scene.sentence), *_derivatives(scene)]]


def _derivatives(scene: Scene) -> list[str]:
    if not isinstance(scene, BackwardScene):
        return []
    lines = [
        f"d({scene.name})/d({share.name}) = {derivative_text(as_text(share.formula), share.local)}"
        for share in scene.shares[:MOST_INPUTS]
    ]
    return [f"  {legible(line)}" for line in lines]


def screen(passes: Passes, at: int, width: int, height: int) -> list[str]:
    """The screen for a step: as many lines as the terminal is high, none of them wider."""
    scene = passes.scenes[at]
    root = legible(passes.root_name)
    title = f"Step {at + 1:,} of {len(passes.scenes):,}: forward and backward through {root}"
    lines = _told(scene, width, max((height - 4) // 2, 1))
    lines = [BOLD + _cut(title, width) + NORMAL, *lines, ""]
    lines += _table(passes, at, width, max(height - len(lines) - 1, 2))
    lines += [""] * (height - 1 - len(lines))
    return [*lines[: height - 1], _cut(KEYS, width)][-height:]


def _told(scene: Scene, width: int, most: int) -> list[str]:
    """The scene's sentence and numbers: the lines that fit, and how many more there are."""
    paragraphs = [
        legible(scene.sentence),
        *_derivatives(scene),
        *([legible(scene.role)] if isinstance(scene, BackwardScene) else []),
    ]
    console = Console(width=width)
    lines = [line.plain.rstrip() for text in paragraphs for line in Text(text).wrap(console, width)]
    if len(lines) > most:
        hidden = len(lines) - most + 1
        lines[most - 1 :] = [_cut(f"... {hidden:,} more lines: a taller window shows them", width)]
    return lines


def _table(passes: Passes, at: int, width: int, height: int) -> list[str]:
    """The nodes around the scene's, what is known of them by then, and how many are hidden."""
    scene = passes.scenes[at]
    count, room = len(passes.nodes), height - 1
    if count > room:
        room -= 1
    first = min(max(scene.place - room // 2, 0), max(count - room, 0))
    places = range(first, min(first + room, count))

    names = dict(zip(passes.nodes, map(legible, passes.names), strict=True))
    name_width = min(max(map(cell_len, ["node", *names.values()])), NAME_WIDTH)
    formula_width = max(width - name_width - VALUE_WIDTH - GRADIENT_WIDTH - 8, 0)
    computed = {each.place for each in passes.scenes[: at + 1] if isinstance(each, ForwardScene)}
    gradients = {place: text for each in passes.scenes[: at + 1] for place, text, _ in known_gradients(each)}
    receiving = {share.place for share in scene.shares} if isinstance(scene, BackwardScene) else set()

    def row(mark: str, name: str, formula: str, value: str, gradient: str) -> str:
        cells = [
            f"{mark} {set_cell_size(_cut(name, name_width), name_width)}",
            set_cell_size(_cut(formula, formula_width), formula_width),
            f"{value:>{VALUE_WIDTH}}",
            f"{gradient:>{GRADIENT_WIDTH}}",
        ]
        return _cut("  ".join(cells), width)

    lines = [row(" ", "node", "formula", "value", "gradient")]
    for place in places:
        node = passes.nodes[place]
        value = number_text(node.data) if node.gate is None or place in computed else NOT_KNOWN
        mark = ">" if place == scene.place else "+" if place in receiving else " "
        line = row(mark, names[node], formula_text(node, names), value, gradients.get(place, NOT_KNOWN))
        lines.append(REVERSED + line + NORMAL if place == scene.place else line)
    if count > len(places):
        after = count - places.stop
        lines.append(_cut(f"  {first:,} rows hidden above, {after:,} below", width))
    return lines


def _help(height: int) -> list[str]:
    return ["Keys", "", *HELP][:height]


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, max(width - 1, 0)) + "…"
