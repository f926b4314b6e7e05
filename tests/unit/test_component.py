"""The browser side: its modules join to one that runs, and the tests of its functions pass."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from genomebook.render.component import FOLDER, script, style

TESTS = Path(__file__).resolve().parents[1] / "js"


def node(*arguments: str | Path) -> str:
    """Run node; without it the test is skipped."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed: it runs the tests of the browser side")
    done = subprocess.run(
        [program, *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_functions_without_a_document() -> None:
    said = node("--test", "--test-reporter=tap", *sorted(TESTS.glob("*.test.mjs")))
    assert int(re.findall(r"^# pass (\d+)$", said, re.MULTILINE)[0]) > 10
    assert "# fail 0" in said


@pytest.mark.parametrize("main", ["main.js", "go.js"])
def test_modules_join_to_one_that_exports_the_component(tmp_path: Path, main: str) -> None:
    joined = script(main)
    assert not re.search(r"^import ", joined, re.MULTILINE)
    assert re.findall(r"^export .*", joined, re.MULTILINE) == [
        next(line for line in joined.splitlines() if line.startswith("export default"))
    ]
    names = re.findall(r"^(?:const|let|class|function|async function) (\w+)", joined, re.MULTILINE)
    assert len(names) == len(set(names))  # modules have one scope when joined
    for module in FOLDER.glob("*.js"):
        first = module.read_text(encoding="utf-8").splitlines()[0]
        assert joined.count(first) <= 1
    path = tmp_path / "joined.mjs"
    path.write_text(joined, encoding="utf-8")
    check = f"import({str(path)!r}).then((m) => console.log(typeof m.default, Object.keys(m).length))"
    assert node("-e", check).split() == ["function", "1"]


def test_joining_puts_what_is_needed_first_and_each_once(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text(
        'import { b } from "./b.js";\nimport { c } from "./c.js";\nexport const a = b + c;\n'
    )
    (tmp_path / "b.js").write_text('import { c } from "./c.js";\nexport const b = c;\n')
    (tmp_path / "c.js").write_text("export const c = 1;\n")
    assert script("a.js", tmp_path) == "const c = 1;\nconst b = c;\nconst a = b + c;\n"


def test_nothing_of_a_page_becomes_markup() -> None:
    for module in FOLDER.glob("*.js"):
        text = module.read_text(encoding="utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text
        )
    # what Jinja2 has escaped: the track of the boundaries, and the details of a variant
    assert len(re.findall("createContextualFragment", script())) == 1
    made = re.findall(r"\bserved\(([\w.]+)\)", script())
    assert sorted(made) == ["answer.track", "reader.variantHtml"]


def test_every_module_is_used() -> None:
    joined = "".join(map(script, ("main.js", "go.js", "loader.js")))
    for module in FOLDER.glob("*.js"):
        assert module.read_text(encoding="utf-8").splitlines()[0] in joined


@pytest.mark.parametrize(("sheet", "scope"), [("reader.css", ".gb.gr"), ("box.css", ".gb")])
def test_styles_are_of_the_component_alone(sheet: str, scope: str) -> None:
    rules = re.sub(r"/\*.*?\*/", "", style(sheet), flags=re.DOTALL)
    for selector in re.findall(r"(?:^|[}{;])\s*([.#:\[][^{};@]*?)\s*{", rules):
        assert all(part.strip().startswith(scope) for part in re.split(r",(?![^(]*\))", selector)), selector


def test_every_word_to_python_is_said_from_the_page_it_is_of() -> None:
    """Said after Back, it would run the page that was left over the one that came."""
    lines = [
        line
        for module in FOLDER.parent.glob("*/*.js")
        for line in module.read_text(encoding="utf-8").splitlines()
        if re.search(r"set(?:Trigger|State)Value", line) and not line.startswith("export default function")
    ]
    assert len(lines) >= 4
    assert [line for line in lines if "fromPage(" not in line] == []
