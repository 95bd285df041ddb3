"""docs/programs.md is current, and its programs are what a person would write."""

from __future__ import annotations

import pytest

from tests import programs_page


def test_the_page_is_current() -> None:
    written = programs_page.PAGE.read_text(encoding="utf-8")
    assert written == programs_page.page(), "write it again: python -m tests.programs_page"


@pytest.mark.parametrize("make", [programs_page.moons, programs_page.wide])
def test_no_gather_and_one_matrix_product_a_layer(make: object) -> None:
    program, _ = make()  # type: ignore[operator]
    forward = program.source.split("def outputs")[1].split("def ")[0]
    layers = len([name for name in ("W1", "W2", "W3") if f"{name} =" in program.source])
    assert forward.count(" @ ") == layers >= 2
    assert not any(word in program.source for word in ("assemble", "segment_sum", "[i", "at,"))
