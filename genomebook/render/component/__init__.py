"""The browser side of the app: plain ES modules and stylesheets, joined into one of each.

Streamlit takes a component's script as one module. The modules import each other by ``import { a, b } from
"./name.js"`` alone (or ``"../folder/name.js"``), so that joining them is leaving these lines and the word
``export`` out.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent
_IMPORT = re.compile(r'^import \{[^}]*\} from "(?P<name>(?:\./|\.\./[a-z]+/)[a-z_]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=const |function |class |async function )", re.MULTILINE)


@lru_cache
def script(name: str = "main.js", folder: Path = FOLDER) -> str:
    """Join a module with all that it imports into one, each once and before what needs it.

    Parameters
    ----------
    name : str
        File name of the module.
    folder : Path
        Where the modules are.
    """
    joined: dict[Path, str] = {}

    def add(module: Path) -> None:
        if module in joined:
            return
        joined[module] = ""  # a module that imports itself, over others, stands once
        text = module.read_text(encoding="utf-8")
        for match in _IMPORT.finditer(text):
            add((module.parent / match["name"]).resolve())
        del joined[module]
        joined[module] = _EXPORT.sub("", _IMPORT.sub("", text))

    add((folder / name).resolve())
    return "".join(joined.values())


@lru_cache
def style(*names: str, folder: Path = FOLDER) -> str:
    """Join stylesheets."""
    return "".join((folder / name).read_text(encoding="utf-8") for name in names)
