"""docs/coming-from.md: its code runs, prints what it says, and what it measured is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import Gate, Value, relu, tanh
from nn import MLP, SGD

PAGE = (Path(__file__).parent.parent / "docs" / "coming-from.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
XS = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
YS = [1.0, -1.0, -1.0, 1.0]


def test_the_blocks_run_one_after_another(capsys: pytest.CaptureFixture[str]) -> None:
    *blocks, with_torch = BLOCKS
    assert len(blocks) == 3
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    assert capsys.readouterr().out == "True\n" * 3
    pytest.importorskip("torch", reason="PyTorch is not installed (extra frameworks)")
    exec(with_torch, names)
    assert capsys.readouterr().out == "True\n"


def loss_after(steps: int, seed: int, activation: Gate, *, bounded: bool) -> float:
    """The lecture's loop; bounded has tanh on the output, too."""
    model: Any = MLP(3, [4, 4, 1], np.random.default_rng(seed), activation=activation)
    optimizer = SGD(model.parameters(), lr=0.1)
    loss = Value(0.0)
    for _ in range(steps):
        outputs = [tanh(model(x)) if bounded else model(x) for x in XS]
        loss = sum(((out - y) ** 2 for out, y in zip(outputs, YS, strict=True)), start=Value(0.0))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.data


def test_relu_freezes_and_tanh_learns() -> None:
    """On the first ten of the page's hundred seeds."""
    frozen = [loss_after(100, seed, relu, bounded=False) > 3.9 for seed in range(10)]
    learned = [loss_after(20, seed, tanh, bounded=True) < 0.1 for seed in range(10)]
    assert sum(frozen) >= 5
    assert all(learned)


def test_an_update_of_the_name_alone_changes_no_parameter() -> None:
    model = MLP(3, [4, 1], np.random.default_rng(0))
    before = [p.data for p in model.parameters()]
    for p in model.parameters():
        p -= 0.1
    assert [p.data for p in model.parameters()] == before
    output: Any = model([1.0, 2.0, 3.0])
    output.backward()
    (*_, p) = model.parameters()
    with pytest.raises(TypeError, match=r"p\.data -="):
        p -= 0.1 * p.grad
