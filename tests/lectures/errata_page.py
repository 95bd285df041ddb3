"""docs/errata.md, made from the errata: ``python -m tests.lectures.errata_page`` writes it anew."""

from __future__ import annotations

from pathlib import Path

from autograd.files import write_whole
from tests.lectures.errata import ERRATA, Erratum

PAGE = Path(__file__).parents[2] / "docs" / "errata.md"
COMMAND = "python -m tests.lectures.errata_page"

HEAD = """\
# Errata of the five lectures

Where a slide prints a number or a formula that is wrong, here is the right one. Each row has a test in
`tests/lectures` that computes the right one with Values and shows that the printed one differs; every other
number printed on the slides is reproduced there to its last digit. chalkgrad descends: an update subtracts
eta times the gradient.

Written by `{command}`; edit `tests/lectures/errata.py` instead.

| lecture | slide | quantity | printed | exact | verdict |
| --- | --- | --- | --- | --- | --- |
"""


def page() -> str:
    """The whole page, as Markdown."""
    return HEAD.format(command=COMMAND) + "".join(f"{row(erratum)}\n" for erratum in ERRATA)


def row(erratum: Erratum) -> str:
    """One erratum as a row of the table."""
    cells = [
        erratum.lecture,
        as_text(erratum.slide),
        as_text(erratum.quantity),
        as_code(erratum.printed),
        as_code(erratum.right),
        as_text(erratum.verdict),
    ]
    return f"| {' | '.join(cells)} |"


def as_text(text: str) -> str:
    """Text in which no sign is taken for markup."""
    for sign in "*_^":
        text = text.replace(sign, "\\" + sign)
    return cell(text)


def as_code(text: str) -> str:
    """A number or a formula as code; words stay words."""
    return f"`{cell(text)}`" if any(sign in text for sign in "0123456789/^_=(") else cell(text)


def cell(text: str) -> str:
    """Text that cannot end a table's cell."""
    return text.replace("|", r"\|")


if __name__ == "__main__":
    print(write_whole(PAGE, page()))
