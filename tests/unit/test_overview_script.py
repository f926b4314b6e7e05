"""The scripts of the overview: their pure functions by Node, and that they join to one module."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from genomebook.render.component import script, style
from genomebook.render.overview import FOLDER

SCRIPT = script("overview.js", FOLDER)
ROOT = Path(__file__).resolve().parents[2]
NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="node is not installed: it runs the tests of the scripts")
@pytest.mark.parametrize("path", sorted((ROOT / "tests" / "js").glob("overview*.mjs")), ids=lambda p: p.name)
def test_pure_functions(path: Path) -> None:
    done = subprocess.run(
        [str(NODE), "--test", "--test-reporter=tap", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"^# pass [1-9]", done.stdout, re.M), done.stdout


@pytest.mark.skipif(NODE is None, reason="node is not installed: it reads the script")
def test_the_modules_are_one_script(tmp_path: Path) -> None:
    (tmp_path / "all.mjs").write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [str(NODE), "--check", "all.mjs"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert SCRIPT.count("export ") == 1
    assert not re.search(r"^import ", SCRIPT, re.M)


def test_every_module_is_joined_and_writes_no_html() -> None:
    for path in FOLDER.glob("*.js"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first in SCRIPT, path.name
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", SCRIPT)
    css = style("overview.css", folder=FOLDER)
    assert css.count("{") == css.count("}")
