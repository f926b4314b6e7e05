"""The components of the app: how each is mounted, and what a browser fetches of it once.

Streamlit sends the script and the styles of a component with every answer. Under `pages._server` it sends a
line that imports the script from ``assets/``, and the styles are in the frame of every page.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
import streamlit as st

from genomebook.render import atlas, component, overview
from genomebook.render.component import script, style
from genomebook.render.teaching.html import terms_script
from genomebook.render.templating import render

FRAMED = "GENOMEBOOK_FRAMED"
"""Environment variable of a server whose frame has the stylesheets, and which serves the scripts."""
TERMS = "terms"
"""The script of the frame that explains the terms of the glossary."""
OVERVIEW_LABEL = "Overview of the book, from all sequences to single letters"


Said = TypeVar("Said")


class Component(NamedTuple):
    """Folder of a component, its first module, and its stylesheets."""

    folder: Path
    module: str
    sheets: tuple[str, ...]


COMPONENTS = {
    "reader": Component(component.FOLDER, "main.js", ("box.css", "reader.css", "variants.css")),
    "go": Component(component.FOLDER, "go.js", ("box.css",)),
    "overview": Component(overview.FOLDER, "overview.js", ("overview.css",)),
    "atlas": Component(atlas.FOLDER, "atlas.js", ("atlas.css",)),
    "atlas_points": Component(atlas.FOLDER, "atlas_points.js", ()),
}
FIRST = {"overview": ("overview.j2", OVERVIEW_LABEL), "atlas": ("atlas_map.j2", "Map")}
"""Components that are more than an empty element before their script runs: template and label."""


@lru_cache
def asset(name: str) -> tuple[str, str]:
    """File name of the script of a component, or of the terms, which names its digest, and the script."""
    text = terms_script() if name == TERMS else script(COMPONENTS[name].module, COMPONENTS[name].folder)
    return f"{name}.{hashlib.sha256(text.encode()).hexdigest()[:16]}.js", text


def sheets() -> str:
    """Stylesheets of all components, each once."""
    files = dict.fromkeys((each.folder, sheet) for each in COMPONENTS.values() for sheet in each.sheets)
    return "".join(style(sheet, folder=folder) for folder, sheet in files)


def said(key: str, name: str, kind: type[Said]) -> Said | None:
    """What the browser says of a component; None where it is not of that kind, or the page was left."""
    try:
        return msgspec.convert(st.session_state.get(key, {}).get(name), kind)
    except msgspec.ValidationError:
        return None


@st.cache_resource(show_spinner=False)
def mounted(name: str) -> Any:
    """The component, registered once: a function that draws it."""
    is_framed = FRAMED in os.environ
    file, text = asset(name)
    folder, _, own_sheets = COMPONENTS[name]
    first = FIRST.get(name)
    return st.components.v2.component(
        f"genomebook_{name}",
        html=str(render(first[0], label=first[1])) if first else None,
        css=None if is_framed else style(*own_sheets, folder=folder) or None,
        js=script("loader.js").replace("ADDRESS", f"assets/{file}") if is_framed else text,
        isolate_styles=False,
    )
