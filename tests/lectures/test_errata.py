"""The list of errata: well-formed, each once, and the committed page made from it."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.lectures.errata import ERRATA, Erratum
from tests.lectures.errata_page import COMMAND, PAGE, as_code, as_text, page, row


def test_the_committed_page_is_current() -> None:
    assert PAGE.read_text() == page(), f"docs/errata.md is out of date: renew it with `{COMMAND}`"


def test_no_erratum_comes_twice() -> None:
    counts = Counter((erratum.lecture, erratum.slide, erratum.quantity) for erratum in ERRATA)
    assert counts.most_common(1)[0][1] == 1


def test_every_lecture_has_errata_in_order() -> None:
    lectures = [erratum.lecture for erratum in ERRATA]
    assert lectures == sorted(lectures)
    assert set(lectures) == {"000", "001", "002", "003", "004"}


@pytest.mark.parametrize("erratum", ERRATA, ids=lambda e: f"{e.lecture}: {e.quantity}")
def test_an_erratum_is_whole(erratum: Erratum) -> None:
    assert all(text and text == text.strip() for text in erratum)
    assert erratum.printed != erratum.right
    if erratum.is_number:
        assert float(erratum.printed) != float(erratum.right)


def test_a_row_keeps_its_six_cells_whatever_they_hold() -> None:
    erratum = Erratum("001", "a | b", "|x|", "1", "2", "a * b | c_d")
    assert row(erratum).replace(r"\|", "").count("|") == 7
    assert row(erratum).endswith(r"| a \* b \| c\_d |")


def test_formulas_are_code_and_words_are_words() -> None:
    assert (as_code("dh/dz"), as_code("-50"), as_code("nowhere")) == ("`dh/dz`", "`-50`", "nowhere")
    assert as_text("2 q_i^2") == r"2 q\_i\^2"
