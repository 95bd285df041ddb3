"""The comparison of two runs sees what differs, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.notebooks.outputs import differences

v4: Any = pytest.importorskip("nbformat.v4", reason="nbformat is not installed")


def notebook(*outputs: Any) -> Any:
    return v4.new_notebook(cells=[v4.new_code_cell("", id="cell-1", outputs=list(outputs))])


def printed(text: str, name: str = "stdout") -> Any:
    return v4.new_output("stream", name=name, text=text)


def result(**data: str) -> Any:
    kinds = {kind.replace("_", "/", 1): content for kind, content in data.items()}
    return v4.new_output("execute_result", data=kinds)


@pytest.mark.parametrize(("committed", "computed"), [
    (printed("loss 0.0361\n"), printed("loss 0.03610000001\n")),
    (printed("grad -0.342"), printed("grad -3.4200000001e-1")),
    (printed("off by 2.2e-16"), printed("off by -1e-17")),
    (printed("[-1.  0.5]"), printed("[-1.         0.50000001]")),
    (result(text_plain="<Digraph at 0x7f00aa>"), result(text_plain="<Digraph at 0x7f00bb>")),
    (result(text_plain="<Figure>", image_png="aaaa"), result(text_plain="<Figure>", image_png="bbbb")),
    (result(text_plain="page", text_html="<p>1</p>"), result(text_plain="page", text_html="<p>2</p>")),
])  # fmt: skip
def test_roundoff_addresses_and_pixels_may_differ(committed: Any, computed: Any) -> None:
    assert differences(notebook(committed), notebook(computed)) == []


@pytest.mark.parametrize(("committed", "computed", "said"), [
    (printed("loss 0.0361\n"), printed("loss 0.03611\n"), "0.03611"),
    (printed("grad -0.342"), printed("grad 0.342"), "-0.342"),
    (printed("12 nodes"), printed("21 nodes"), "21 nodes"),
    (printed("equal: True"), printed("equal: False"), "equal: False"),
    (printed("1 2"), printed("1 2 3"), "1 2 3"),
    (printed("loss 1"), printed("loss nan"), "loss nan"),
    (result(text_plain="0.81"), result(text_plain="0.82"), "text/plain"),
    (result(text_markdown="| 0.81 |"), result(text_markdown="| 0.82 |"), "text/markdown"),
    (result(text_latex="= 0.81"), result(text_latex="= 0.82"), "text/latex"),
    (result(text_plain="page", image_png="aaaa"), result(text_plain="page"), "committed image/png"),
    (printed("loss 1"), printed("loss 1", "stderr"), "computed stderr"),
])  # fmt: skip
def test_a_difference_is_seen_and_shown(committed: Any, computed: Any, said: str) -> None:
    found = differences(notebook(committed), notebook(computed))
    assert len(found) == 1
    assert found[0].startswith("cell cell-1")
    assert said in found[0]


def test_an_output_that_is_missing_is_seen() -> None:
    assert differences(notebook(printed("1")), notebook()) == [
        "cell cell-1: committed stdout, computed nothing"
    ]


def test_a_stream_in_two_parts_is_one() -> None:
    assert differences(notebook(printed("a\n"), printed("b\n")), notebook(printed("a\nb\n"))) == []
