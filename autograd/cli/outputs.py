"""The files that the command writes: pictures, and the page that steps through both passes."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from autograd.cli.options import FILES, InputError
from autograd.files import find_target
from autograd.text import quoted
from autograd.value import Value


def targets(arguments: argparse.Namespace) -> dict[Path, str]:
    """The format of each file to write; it looks at the files before anything is computed."""
    found: dict[Path, str] = {}
    for format in FILES:
        name = getattr(arguments, format)
        if name is None:
            continue
        try:
            target, _ = find_target(name)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise InputError(f"--{format} {quoted(name)} could not be written: {reason}") from None
        if target in found:
            raise InputError(f"--{found[target]} and --{format} are to write the same file, {quoted(name)}")
        found[target] = format
    return found


def contents(root: Value, files: Mapping[Path, str]) -> tuple[dict[Path, str | bytes], str]:
    """What to write to each file, and what to tell the user if there are pictures that cannot be drawn."""
    if not files:
        return {}, ""
    from autograd.views.drawing import draw
    from autograd.views.rendering import INSTALL_ADVICE, DrawingError, graphviz_command

    written: dict[Path, str | bytes] = {}
    trouble = ""
    for file, format in files.items():
        if format == "html":  # as text where it cannot be drawn
            from autograd.views.stepper import step_through

            written[file] = step_through(root).html
        elif format == "dot":
            written[file] = draw(root, derivatives=True).source
        elif trouble:  # the same graph would fail again
            continue
        elif graphviz_command(format) is None:
            trouble = INSTALL_ADVICE
        else:
            try:
                written[file] = draw(root, derivatives=True).render_bytes(format)
            except DrawingError as error:
                trouble = f"no picture was drawn: {error}"
    return written, trouble
