"""The notebook of the page Class: twelve cells, run in order as a reader would run them."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "class.ipynb"
CELLS = 12


def cells() -> list[str]:
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    return ["".join(cell["source"]) for cell in code]


def shown(source: str, names: dict[str, Any]) -> Any:
    """Run a cell; the value of its last line, as a notebook shows it."""
    tree = ast.parse(source)
    last = tree.body[-1]
    if isinstance(last, ast.Expr):
        name = ast.copy_location(ast.Name("_", ast.Store()), last)
        tree.body[-1] = ast.copy_location(ast.Assign([name], last.value), last)
    exec(compile(tree, "cell", "exec"), names)
    return names.get("_")


def test_the_notebook_runs(class_book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(class_book, tmp_path / "books" / "chrM.book")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    values = [shown(source, names) for source in cells()]
    assert len(values) == CELLS
    title, letters, _, has_gene, protein, places, stops, _, kept, _, score, said = values
    assert title == ("The human mitochondrial chromosome", 16_569)
    assert letters.startswith("ATACCC")
    assert has_gene
    assert protein.startswith("MPMANLLLL")
    assert places
    assert [row[0] for row in stops] == list(range(1, 9))
    assert kept == (True, False)  # the same pairs, another text
    assert score.played == 20
    assert said.startswith(f"{score.right} of 20, 95 % interval")
