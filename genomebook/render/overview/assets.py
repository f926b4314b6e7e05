"""The script and stylesheet of the overview, as text to mount."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent

MODULES = ("view.js", "draw.js", "overview.js")
"""Modules of the component, each importing only from those before it."""


@cache
def script() -> str:
    """The modules as one: imports between them are dropped, and all exports but the default one."""
    texts = [(FOLDER / name).read_text(encoding="utf-8") for name in MODULES]
    joined = "\n".join(re.sub(r'^import [^;]*? from "\./[\w.]+";\n', "", text, flags=re.M) for text in texts)
    return re.sub(r"^export (?!default)", "", joined, flags=re.M)


@cache
def style() -> str:
    """The stylesheet."""
    return (FOLDER / "overview.css").read_text(encoding="utf-8")
