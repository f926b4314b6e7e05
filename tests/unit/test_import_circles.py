"""No module of the library needs itself: the graph of imports has no circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
Graph = dict[str, set[str]]


def _module(path: str) -> str:
    """Dotted name of a file given relative to the root."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _names(node: ast.AST) -> list[str]:
    """Dotted names that a statement imports, packages before what is in them."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        return [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def _imports(tree: ast.AST, in_functions: bool) -> Iterator[ast.AST]:
    """Statements of a module that import something; those for type checkers alone are left out."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            continue
        if isinstance(node, ast.FunctionDef | ast.Lambda | ast.AsyncFunctionDef) and not in_functions:
            continue
        yield node
        yield from _imports(node, in_functions)


def graph_of(sources: dict[str, str], in_functions: bool = False) -> Graph:
    """Modules that each module imports, from source texts by path.

    ``from package import name`` counts as an import of the module ``package.name`` where there is one, and of
    the package otherwise.
    """
    modules = {_module(path) for path in sources}
    graph: Graph = {}
    for path, text in sources.items():
        needed: set[str] = set()
        for node in _imports(ast.parse(text), in_functions):
            names = [name for name in _names(node) if name in modules]
            needed |= {name for name in names if not any(other.startswith(f"{name}.") for other in names)}
        graph[_module(path)] = needed - {_module(path)}
    return graph


def circle(graph: Graph) -> list[str]:
    """Modules of one circle, in turn; empty when there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def library() -> dict[str, str]:
    """Source texts of the library, by path."""
    paths = sorted((ROOT / "genomebook").rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def test_the_library_has_no_circle_of_imports() -> None:
    assert circle(graph_of(library())) == []


def test_search_has_none_inside_functions_either() -> None:
    sources = {path: text for path, text in library().items() if path.startswith("genomebook/search/")}
    assert len(sources) > 15
    assert circle(graph_of(sources, in_functions=True)) == []


@pytest.mark.parametrize(
    ("sources", "in_functions", "modules"),
    [
        ({"p/a.py": "from p.b import x", "p/b.py": "import p.a"}, False, {"p.a", "p.b"}),
        ({"p/a.py": "from p import b", "p/b.py": "from p.c import x", "p/c.py": "import p.a"}, False,
         {"p.a", "p.b", "p.c"}),
        ({"p/a.py": "def f():\n    from p import b", "p/b.py": "import p.a"}, True, {"p.a", "p.b"}),
        ({"p/a.py": "def f():\n    from p import b", "p/b.py": "import p.a"}, False, set()),
        ({"p/a.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import p.b",
          "p/b.py": "import p.a"}, False, set()),
        ({"p/__init__.py": "from p.a import x", "p/a.py": "from p import y"}, False, {"p", "p.a"}),
        ({"p/__init__.py": "from p.a import x", "p/a.py": "from p import b", "p/b.py": ""}, False, set()),
    ],
)  # fmt: skip
def test_a_circle_is_found(sources: dict[str, str], in_functions: bool, modules: set[str]) -> None:
    assert set(circle(graph_of(sources, in_functions))) == modules
