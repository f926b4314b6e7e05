"""The scripts of the Atlas join to one module; the bundle is the file that its page says, with licences."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from genomebook.files.digests import file_digest
from genomebook.render.atlas import FOLDER
from genomebook.render.component import script, style

BUNDLE = FOLDER / "regl_scatterplot.js"
OWN = [path for path in sorted(FOLDER.glob("*.js")) if path != BUNDLE]
SCRIPT = script("atlas.js", FOLDER)
BRINGER = script("atlas_points.js", FOLDER)


def test_the_modules_are_one_script(tmp_path: Path) -> None:
    (tmp_path / "all.mjs").write_text(SCRIPT, encoding="utf-8")
    if (program := shutil.which("node")) is None:
        pytest.skip("node is not installed: it reads the script")
    done = subprocess.run(
        [program, "--check", "all.mjs"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"^export ", SCRIPT, re.MULTILINE)) == 1
    assert not re.search(r"^import ", SCRIPT, re.MULTILINE)
    names = re.findall(r"^(?:const|let|class|function|async function) (\w+)", SCRIPT, re.MULTILINE)
    assert len(names) == len(set(names))  # modules have one scope when joined


def test_every_module_is_joined_and_writes_no_html() -> None:
    for path in OWN:
        text = path.read_text(encoding="utf-8")
        assert text.splitlines()[0] in SCRIPT + BRINGER, path.name
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text
        )
    css = style("atlas.css", folder=FOLDER)
    assert css.count("{") == css.count("}")


def test_the_bundle_is_the_one_described_and_all_its_licences_are_there() -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    digest = re.search(r"SHA-256 ([0-9a-f]{64})", page)
    assert digest
    assert file_digest(BUNDLE).removeprefix("sha256:") == digest[1]
    licences = (FOLDER / "LICENCES.txt").read_text(encoding="utf-8")
    for name in ("regl-scatterplot", "regl", "regl-line", "pub-sub-es", "gl-matrix", "earcut"):
        assert re.search(rf"^{name} [\d.]+, (MIT|ISC)$", licences, re.MULTILINE), name
    assert licences.count("Copyright") >= 9
