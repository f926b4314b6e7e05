"""The scripts of the overview join to one module (their functions: tests/js)."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from genomebook.render.overview.assets import FOLDER, MODULES, script, style

NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="node is not installed: it reads the script")
def test_the_modules_are_one_script(tmp_path: Path) -> None:
    (tmp_path / "all.mjs").write_text(script(), encoding="utf-8")
    done = subprocess.run(
        [str(NODE), "--check", "all.mjs"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert script().count("export ") == 1
    assert not re.search(r"^import ", script(), re.M)


def test_every_module_is_joined_and_writes_no_html() -> None:
    assert sorted(MODULES) == sorted(path.name for path in FOLDER.glob("*.js"))
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script())
    assert style().count("{") == style().count("}")
