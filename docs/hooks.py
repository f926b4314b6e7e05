"""Hooks of mkdocs: the model cards, which are part of the package, become pages of the site."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

DATA = Path(__file__).resolve().parents[1] / "genomebook" / "data"
CARD = re.compile(r"\.\./genomebook/data/([a-z-]+)/card\.md")


def on_files(files: Files, *, config: Any) -> Files:
    """Add a page for each card, with its figures."""
    for card in sorted(DATA.glob("*/card.md")):
        for path in (card, *card.parent.glob("*.svg")):
            uri = f"cards/{path.relative_to(DATA).as_posix()}"
            files.append(File.generated(config, uri, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Lead links to the cards in the repository to their pages."""
    return CARD.sub(r"cards/\1/card.md", markdown)
