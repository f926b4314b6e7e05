"""Of equals the first stays first: an unstable sort leaves it to the processor, which may sort by vectors."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def unstable(source: str) -> list[int]:
    """Lines of calls that order rows, or choose among them, and say nothing of equals."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        kinds = {ast.unparse(one.value) for one in node.keywords if one.arg == "kind"}
        is_sort = node.func.attr == "argsort" or (
            node.func.attr == "sort_values" and node.args and isinstance(node.args[0], ast.Constant)
        )  # by several columns pandas is stable
        if node.func.attr == "argpartition" or (is_sort and not {"'stable'", "'mergesort'"} & kinds):
            found.append(node.lineno)
    return found


def test_what_is_unstable_is_seen() -> None:
    assert unstable("a.sort_values('x')\nnp.argsort(a, axis=1)\nnp.argpartition(a, 3)") == [1, 2, 3]
    assert unstable("a.sort_values('x', kind='stable')\nnp.argsort(a, kind='mergesort')\nnp.sort(a)") == []


def test_equals_keep_their_order() -> None:
    folders = ("genomebook", "pages", "benchmarks")
    sources = [path for name in folders for path in sorted((ROOT / name).rglob("*.py"))]
    assert len(sources) > 200
    places = [f"{path.relative_to(ROOT)}:{line}" for path in sources for line in unstable(path.read_text())]
    assert places == []
