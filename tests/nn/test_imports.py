"""The arrows between the modules of nn go one way, those inside functions and for types included."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import nn

FOLDER = Path(nn.__file__).parent


def name_of(path: Path) -> str:
    parts = ("nn", *path.relative_to(FOLDER).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in FOLDER.rglob("*.py")}


def imports_of(tree: ast.AST) -> set[str]:
    """The modules of nn that are imported anywhere in the source."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            within = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (within & MODULES.keys()) or {str(node.module)}
    return found & MODULES.keys()


def order_of(graph: dict[str, set[str]]) -> list[str]:
    """The modules, each after those that it imports; raises CycleError where there is no such order."""
    return list(TopologicalSorter(graph).static_order())


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = {name: imports_of(ast.parse(path.read_text("utf-8"))) for name, path in MODULES.items()}
    assert "nn.module" in graph["nn.neuron"]
    assert "nn.compiled" in graph["nn.module"], "an import within a function counts"
    order = order_of(graph)
    assert order.index("nn.compiled") < order.index("nn.module") < order.index("nn.training.loop")


def test_a_circle_would_be_found() -> None:
    a = ast.parse("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from nn.module import Module\n")
    b = ast.parse("def f():\n    from nn.compiled import CompiledLoss\n")
    with pytest.raises(CycleError):
        order_of({"nn.compiled": imports_of(a), "nn.module": imports_of(b)})
