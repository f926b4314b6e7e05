"""Hover text of the points of a plot, in the few tags that plotly reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from genomebook.render.templating import render


class HoverText(NamedTuple):
    """Hover text of one point: a title in bold, what follows it on its line, further lines."""

    title: str
    lines: Sequence[str]
    after: str = ""


def hover_texts(hovers: Iterable[HoverText]) -> list[str]:
    """Write hover texts, one line each; everything is escaped."""
    return str(render("hovers.j2", hovers=list(hovers))).split("\n")
