"""What the cells of a notebook show, and where two runs of it differ."""

from __future__ import annotations

import re
from math import isclose
from typing import Any

#: With the spaces before it: NumPy and tables pad numbers to a width that their last digit decides.
NUMBER = re.compile(r" *([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)")
ADDRESS = re.compile(r"0x[0-9a-f]{6,}")

#: What a notebook promises: on every processor the numbers that it shows, to six digits or as printed.
#: They are no wider to let a number pass that training has made of roundoff: the order in which a BLAS
#: kernel adds decides that one. A notebook says of it what is so whatever the order ("below 0.1: True").
RELATIVE = 1e-6
ABSOLUTE = 1e-15  # what is smaller is roundoff, which differs from machine to machine


def differences(committed: Any, computed: Any) -> list[str]:
    """Where the outputs of two runs of a notebook differ, each with its cell's id.

    Text is compared to the letter, but for its numbers, which may differ by RELATIVE; pictures and HTML
    by their kind only.
    """
    found = []
    for before, after in zip(committed.cells, computed.cells, strict=True):
        was, now = shown(before), shown(after)
        if [kind for kind, _ in was] != [kind for kind, _ in now]:
            kinds = [", ".join(kind for kind, _ in outputs) or "nothing" for outputs in (was, now)]
            found.append(f"cell {before.id}: committed {kinds[0]}, computed {kinds[1]}")
            continue
        found += [
            f"cell {before.id}, {kind}:\n--- committed\n{old}\n--- computed\n{new}"
            for (kind, old), (_, new) in zip(was, now, strict=True)
            if not alike(old, new)
        ]
    return found


def shown(cell: Any) -> list[tuple[str, str]]:
    """The outputs of a cell as (kind, text); a picture and HTML have no text."""
    found: list[tuple[str, str]] = []
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            found.append(("error", output.ename))
        elif output.output_type != "stream":
            found += [(kind, text_of(kind, content)) for kind, content in sorted(output.data.items())]
        elif found and found[-1][0] == output.name:  # how often a stream is flushed is chance
            found[-1] = (output.name, found[-1][1] + output.text)
        else:
            found.append((output.name, output.text))
    return found


def text_of(kind: str, content: Any) -> str:
    """Its text, if the kind of output is one to read, without what changes from run to run."""
    is_text = kind.startswith("text/") and kind != "text/html"
    return ADDRESS.sub("an address", content) if is_text else ""


def alike(old: str, new: str) -> bool:
    """Whether two texts are the same, with numbers that are close."""
    if NUMBER.sub("#", old) != NUMBER.sub("#", new):
        return False
    pairs = zip(NUMBER.findall(old), NUMBER.findall(new), strict=True)
    return all(isclose(float(a), float(b), rel_tol=RELATIVE, abs_tol=ABSOLUTE) for a, b in pairs)
