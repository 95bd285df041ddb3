"""Imports run one way: no module of the package needs one that needs it."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parent.parent


def imports(package: Path) -> dict[str, set[str]]:
    """What each module imports of its own package, anywhere in it: in functions and for types too.

    ``from autograd import X`` counts only where X is a module: otherwise the package hands on what
    other modules define, and ``autograd/__init__.py`` imports those.
    """
    files = {_name(package, path): path for path in package.rglob("*.py")}
    found: dict[str, set[str]] = {}
    for name, path in files.items():
        wanted: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                wanted.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{name}: a relative import, which this test does not follow"
                assert node.module is not None
                modules = [f"{node.module}.{alias.name}" for alias in node.names]
                defines = {node.module} - {package.name}
                wanted.update(*[{module} if module in files else defines for module in modules])
        found[name] = (wanted & files.keys()) - {name}
    return found


def _name(package: Path, path: Path) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def circle(graph: dict[str, set[str]]) -> list[str]:
    """One circle of imports, each module importing the next; empty if there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def test_no_circle_of_imports() -> None:
    graph = imports(ROOT / "autograd")
    assert not circle(graph), " imports ".join(circle(graph))


def test_a_circle_is_found_wherever_its_imports_stand(tmp_path: Path) -> None:
    package = tmp_path / "some"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("from some.a import x\n")
    (package / "a.py").write_text("def f():\n    from some import inner\n")
    (package / "inner" / "__init__.py").write_text("from some.inner.b import y\n")
    (package / "inner" / "b.py").write_text("if TYPE_CHECKING:\n    import some.a\n")
    graph = imports(package)
    assert graph["some"] == {"some.a"}
    found = circle(graph)
    assert set(found) == {"some.a", "some.inner", "some.inner.b"}
    assert all(later in graph[module] for module, later in pairwise(found))
    (package / "inner" / "b.py").write_text("from some import x\n")
    assert circle(imports(package)) == []
