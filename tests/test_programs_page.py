"""docs/programs.md is current, and its programs are what a person would write."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from autograd.compiler.program import Program
from tests import programs_page

Make = Callable[[], Program]


def body(program: Program, name: str) -> str:
    """The lines of a function of the program."""
    (found,) = re.findall(rf"^def {name}\(.*?\):\n((?:    .*\n)+)", program.source, re.MULTILINE)
    return str(found)


def test_the_page_is_current() -> None:
    written = programs_page.PAGE.read_text(encoding="utf-8")
    assert written == programs_page.page(), "write it again: python -m tests.programs_page"


@pytest.mark.parametrize("make", [programs_page.moons, programs_page.wide])
def test_one_matrix_product_a_layer(make: Make) -> None:
    program = make()
    layers = len([name for name in ("W1", "W2", "W3") if f"{name} =" in program.source])
    assert body(program, "outputs").count(" @ ") == layers >= 2


@pytest.mark.parametrize(
    "make", [make for make in programs_page.NETWORKS if make is not programs_page.convolution]
)
def test_no_array_is_gathered_and_none_scattered(make: Make) -> None:
    source = make().source
    assert "scatter_add" not in source
    assert not re.search(r"\[i\d?\b|::", source)


def test_the_gpt_is_about_as_long_as_one_would_write_it() -> None:
    program = programs_page.gpt()
    backward = body(program, "loss_and_gradient")
    assert backward.count("\n") <= 60
    assert backward.count("einsum") == 6  # attention: two forward, four back
    assert backward.count("take(") == backward.count("segment_sum(") == 1
    assert [
        backward.count(f" {weight} @") + backward.count(f"({weight} @") for weight in ("wq", "wk", "wv")
    ] == [1] * 3


def test_what_does_not_depend_on_the_state_is_one_product_over_all_steps() -> None:
    forward = body(programs_page.rnn(), "outputs")
    assert [forward.count(f"{name} @") for name in ("Wx", "Wo", "Wh")] == [1, 1, 7]  # the state starts at 0


def test_a_row_that_is_taken_is_looked_up() -> None:
    for make, tables in ((programs_page.embedding, ["U", "V"]), (programs_page.makemore, ["E"])):
        source = make().source
        assert re.findall(r"take\((\w+)\.T", body(make(), "loss_and_gradient")) == tables
        assert source.count("segment_sum") == len(tables)


@pytest.mark.parametrize("make", [programs_page.layernorm, programs_page.batchnorm])
def test_what_is_normalised_stays_one_array(make: Make) -> None:
    forward = body(make(), "outputs")
    assert [forward.count(each) for each in ("sqrt(", "tanh(", "W @")] == [1] * 3
