"""Which module may import which, and what no module may do: read from the syntax trees, nothing is run.

Imports point one way: pages and recipes draw on the library, and inside it each layer on those below it.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = ("genomebook", "precompute", "pages", "app.py")
MAX_LINES = 400
MAX_RECIPE_LINES = 120

LAYERS = (
    ("errors", "options", "compiled", "files", "stats"),
    ("genome", "language"),
    ("book",),
    ("models",),
    ("segmentation", "annotation", "lexicon", "search", "tasks"),
    ("teaching",),
    ("render",),
    ("export",),
    ("training", "pipeline"),
    ("cli",),
)
"""Modules and folders of the library from the ground up: none imports one that stands above it."""
NEURAL = ("torch", "transformers")
PICKLERS = ("pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal")
APP = ("app", "pages")
TOPS = tuple(tuple(f"genomebook.{name}" for name in layer) for layer in LAYERS)

# (these modules, must not import these, but for these modules)
DIRECTIONS: tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...] = (
    *((TOPS[i], tuple(name for layer in TOPS[i + 1 :] for name in layer), ()) for i in range(len(TOPS))),
    (("genomebook",), ("streamlit", *APP), ()),
    (("genomebook.training",), ("genomebook.pipeline",), ()),
    (("genomebook", "precompute", "benchmarks", *APP), ("precompute",), ()),
    (APP, ("genomebook.cli", "genomebook.pipeline", "genomebook.training"), ()),
    (
        ("genomebook", *APP),
        NEURAL,
        (
            "genomebook.models",
            "genomebook.training",
        ),
    ),
    (APP, ("umap",), ()),
    (("genomebook", *APP), PICKLERS, ()),
)


def within(module: str, packages: tuple[str, ...]) -> bool:
    """Say whether a dotted name is one of the packages or lies inside one."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def module_name(path: str) -> str:
    """Dotted name of a file given relative to the root: genomebook/book/__init__.py is genomebook.book."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def dotted(node: ast.expr) -> str:
    """Spell a name or attribute chain (`a.b.c`); empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def imported(node: ast.AST, path: str) -> list[str]:
    """Absolute names that one statement or call imports, at the top or inside a function alike."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            package = path.split("/")[:-1]
            base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [base])])
        return [base, *(f"{base}.{alias.name}" for alias in node.names)]
    if isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] in {"import_module", "__import__"}:
        return [
            arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
        ]
    return []


def unsafe(node: ast.AST) -> str | None:
    """Name what a node does that no module here may do, if it does."""
    if isinstance(node, ast.ExceptHandler):
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        broad = {"Exception", "BaseException", "builtins.Exception", "builtins.BaseException"}
        if any(kind is None or dotted(kind) in broad for kind in caught):
            return "bare or broad except"
    if isinstance(node, ast.Call):
        called = dotted(node.func)
        options = {option.arg: option.value for option in node.keywords}
        if called in {"eval", "exec", "builtins.eval", "builtins.exec"}:
            return f"{called}()"
        for option in ("trust_remote_code", "allow_pickle"):
            value = options.get(option)
            handed_on = isinstance(value, ast.Name) and value.id == option  # the user's own flag
            if value is not None and not (
                handed_on or (isinstance(value, ast.Constant) and value.value is False)
            ):
                return option
        if called == "torch.load" and "weights_only" not in options:
            return "torch.load without weights_only"
    return None


def problems(source: str, path: str) -> Iterator[str]:
    """Yield one line for each broken rule in a source text; `path` is relative to the root."""
    module = module_name(path)
    is_recipe = within(module, ("precompute",))
    limit = MAX_RECIPE_LINES if is_recipe else MAX_LINES
    if len(source.splitlines()) > limit:
        yield f"{path}: more than {limit} lines"
    for node in ast.walk(ast.parse(source, path)):
        place = f"{path}:{getattr(node, 'lineno', 0)}"
        if what := unsafe(node):
            yield f"{place}: {what}"
        for name in imported(node, path):
            top = name.split(".")[0]
            if is_recipe and top != "genomebook" and top not in sys.stdlib_module_names:
                yield f"{place}: a recipe imports {name}"
            for importers, banned, spared in DIRECTIONS:
                if within(module, importers) and within(name, banned) and not within(module, spared):
                    yield f"{place}: {module} imports {name}"


def sources(*tops: str) -> list[Path]:
    """All Python files under some folders or files of the root."""
    found: list[Path] = []
    for top in tops:
        path = ROOT / top
        found += [path] if path.suffix == ".py" else sorted(path.rglob("*.py"))
    return found


def test_every_module_keeps_the_rules() -> None:
    paths = sources(*CODE)
    assert {path.relative_to(ROOT).parts[0] for path in paths} == set(CODE)
    broken = [
        line
        for path in paths
        for line in problems(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix())
    ]
    assert not broken, "\n".join(broken)


def test_no_file_is_too_long() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in sources(*CODE, "tests", "benchmarks")
    }
    assert not {name: lines for name, lines in lengths.items() if lines > MAX_LINES}


def test_command_line_loads_neither_torch_nor_streamlit() -> None:
    heavy = {"torch", "transformers", "streamlit"}
    code = f"import genomebook.cli, sys; print(*sorted({heavy} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == []


def test_architecture_says_the_same_layers() -> None:
    """The table and the picture of docs/architecture.md name every folder, in its layer."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| `genomebook/(\w+)` \|", text, re.MULTILINE)
    layers = [[name for number, name in rows if int(number) == layer] for layer in range(1, len(LAYERS) + 1)]
    assert [sorted(layer) for layer in layers] == [sorted(layer) for layer in LAYERS]
    assert len(rows) == sum(map(len, LAYERS))
    there = {path.name.removesuffix(".py") for path in (ROOT / "genomebook").iterdir()}
    there -= {"__init__", "__main__", "__pycache__", "py.typed", "data"}
    assert there <= {name for layer in LAYERS for name in layer}
    picture = (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8").split("How a book is made")[0]
    boxes = {name: int(y) for y, name in re.findall(r'y="(\d+)">(\w+)</text>', picture)}
    heights = [{boxes[name] for name in layer} for layer in LAYERS]
    assert all(len(layer) == 1 for layer in heights)
    assert [min(layer) for layer in heights] == sorted((min(layer) for layer in heights), reverse=True)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("genomebook/language/words.py", "from genomebook.models import load"),
        ("genomebook/language/words.py", "from genomebook import models"),
        ("genomebook/language/words.py", "from ..search import index"),
        ("genomebook/book/__init__.py", "from .. import annotation"),
        ("genomebook/book/__init__.py", "import genomebook.export.bed as bed"),
        ("genomebook/genome/fasta.py", "def f():\n    import genomebook.segmentation"),
        ("genomebook/genome/fasta.py", "import importlib\nimportlib.import_module('genomebook.lexicon')"),
        ("genomebook/cli/__init__.py", "import streamlit.web.cli"),
        ("genomebook/pipeline/book/build.py", "import streamlit"),
        ("genomebook/pipeline/book/build.py", "from pages import read"),
        ("genomebook/export/bed.py", "import precompute"),
        ("genomebook/search/searcher.py", "from genomebook.pipeline.search import index"),
        ("genomebook/pipeline/book/build.py", "from genomebook.cli import console"),
        ("genomebook/training/vocabularies/select_words.py", "from genomebook.pipeline.book import build"),
        ("genomebook/render/page/html.py", "from genomebook.export import plain"),
        ("pages/read.py", "from genomebook.pipeline.book.build import build"),
        ("pages/read.py", "from precompute.stages import build"),
        ("app.py", "import precompute"),
        ("benchmarks/index.py", "from precompute import one_machine"),
        ("precompute/score.py", "from precompute.one_machine import main"),
        ("precompute/score.py", "import numpy as np"),
        ("precompute/score.py", "from benchmarks import sources"),
        ("precompute/score.py", "import os\n" * (MAX_RECIPE_LINES + 1)),
        ("pages/read.py", "from transformers import AutoModel"),
        ("genomebook/search/embed.py", "import torch.nn"),
        ("genomebook/cli/__init__.py", "def f():\n    import torch"),
        ("pages/atlas.py", "import umap"),
        ("genomebook/search/embed.py", "import pickle"),
        ("genomebook/search/embed.py", "import numpy as np\nnp.load('x', allow_pickle=True)"),
        ("genomebook/models/load.py", "import torch\ntorch.load('x')"),
        ("genomebook/models/load.py", "load('x', trust_remote_code=True)"),
        ("genomebook/models/load.py", "eval('1')"),
        ("genomebook/models/load.py", "exec('1')"),
        ("app.py", "try:\n    f()\nexcept:\n    g()"),
        ("app.py", "try:\n    f()\nexcept Exception as error:\n    g()"),
        ("app.py", "try:\n    f()\nexcept (ValueError, BaseException):\n    g()"),
        ("app.py", "x = 1\n" * (MAX_LINES + 1)),
    ],
)
def test_checker_sees_a_broken_rule(path: str, source: str) -> None:
    assert list(problems(source, path))


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("genomebook/cli/__init__.py", "def f():\n    from genomebook.pipeline.book import build"),
        ("genomebook/models/load.py", "import torch\ntorch.load('x', weights_only=True)\nmodel.eval()"),
        ("genomebook/training/train.py", "import torch\nfrom genomebook.segmentation import decode"),
        ("genomebook/segmentation/decode.py", "from ..models import ngram\nfrom genomebook.book import Book"),
        ("genomebook/book/read.py", "from genomebook.genome import regions\nfrom . import schema"),
        ("pages/read.py", "import streamlit as st\nfrom genomebook.book import Book"),
        (
            "precompute/score.py",
            "import argparse\nfrom genomebook.pipeline import scores",
        ),
        ("app.py", "try:\n    f()\nexcept (ValueError, OSError):\n    g()"),
        ("app.py", "x = 1\n" * MAX_LINES),
    ],
)
def test_checker_lets_good_code_pass(path: str, source: str) -> None:
    assert list(problems(source, path)) == []


def test_each_class_has_a_name_of_its_own() -> None:
    homes: dict[str, list[str]] = {}
    for path in sources("genomebook", "precompute", "pages"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, []).append(path.relative_to(ROOT).as_posix())
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}


def test_no_test_imports_from_another() -> None:
    folders = ("unit", "app", "browser", "data")
    imports = [
        (path.relative_to(ROOT).as_posix(), name)
        for path in sources("tests")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in imported(node, path.relative_to(ROOT).as_posix())
        if name.startswith(tuple(f"tests.{folder}" for folder in folders))
    ]
    assert imports == []
