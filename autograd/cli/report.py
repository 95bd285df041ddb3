"""What the command prints: tables for people, LaTeX for slides, JSON for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autograd.value import Value
from autograd.views import tables, terminal
from autograd.views.chain_rule import explain

if TYPE_CHECKING:
    from rich.console import RenderableType

    from autograd.cli.checking import Check

NARROWEST = 80  # columns; a narrower terminal breaks the lines itself, and no number is cut
CHECKED = ("name", "analytic", "numeric", "verdict", "note")


def as_text(
    root: Value,
    asked: Mapping[str, Value],
    explained: Mapping[str, Value],
    check: Check,
    *,
    passes: bool,
    picture: bool,
) -> str:
    """The results for people; with the tables of both passes and the graph as text, if wanted."""
    from rich.console import Console
    from rich.text import Text

    forward, backward = tables.forward_rows(root), tables.backward_rows(root)
    parts: list[RenderableType] = []
    if passes:
        parts.append(terminal.forward_table(forward))
    if passes and backward:
        parts.append(terminal.backward_table(backward))
    parts.append(terminal.gradients_table(asked, forward[-1].node))
    parts.append(Text.assemble(("Check against finite differences", "bold"), "\n", check.text))
    console = Console()
    console.width = max(console.width, NARROWEST)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
            console.print()
    printed = "\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n"))
    texts = [explain(root, node).text for node in explained.values()]
    if picture:
        texts.append(f"Graph\n{terminal.text_picture(root)}")
    return "\n\n".join([printed, *texts])


def as_latex(root: Value, explained: Mapping[str, Value]) -> str:
    """The chain rule of each node, for slides."""
    return "\n\n".join(explain(root, node).latex for node in explained.values())


def as_json(root: Value, asked: Mapping[str, Value], explained: Mapping[str, Value], check: Check) -> str:
    """All results for programs."""
    forward = [row._asdict() for row in tables.forward_rows(root)]
    results = {
        "root": forward[-1]["node"],
        "value": root.data,
        "forward": forward,
        "backward": [row._asdict() for row in tables.backward_rows(root)],
        "gradients": {name: node.grad for name, node in asked.items()},
        "check": {
            "ok": check.report.ok,
            "report": check.text,
            "leaves": [{key: getattr(row, key) for key in CHECKED} for row in check.report.leaves],
        },
    }
    if explained:
        explanations = {name: explain(root, node) for name, node in explained.items()}
        results["explanations"] = {
            name: {"text": each.text, "latex": each.latex} for name, each in explanations.items()
        }
    return json.dumps(in_json(results), indent=2, allow_nan=False)


def in_json(x: Any) -> Any:
    """The same, with strings for the numbers that JSON lacks: inf, -inf, nan."""
    if isinstance(x, dict):
        return {key: in_json(item) for key, item in x.items()}
    if isinstance(x, list):
        return [in_json(item) for item in x]
    return str(x) if isinstance(x, float) and not math.isfinite(x) else x
