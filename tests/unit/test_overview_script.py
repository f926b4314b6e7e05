"""The scripts of the overview join to one module (their functions: tests/js)."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from genomebook.render.component import script, style
from genomebook.render.overview import FOLDER

SCRIPT = script("overview.js", FOLDER)
NODE = shutil.which("node")


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
