"""Figures for print: a drawing as SVG or PDF, its fonts embedded, its labels as text.

Sizes are points (1/72 inch). The fonts are DejaVu Sans and DejaVu Sans Mono, cut to the letters that a figure
needs; a character that they lack is drawn as a question mark.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from fontTools import subset  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from fpdf import FPDF

from genomebook.render.templating import render

FONTS = Path(__file__).resolve().parents[1] / "data" / "fonts"
SANS, MONO = "DejaVuSans", "DejaVuSansMono"

PAPERS = {"A4": (595.28, 841.89), "Letter": (612.0, 792.0)}
"""Width and height of a sheet in points."""

MARGIN = 42.0
"""Points left free on each side of a sheet."""

INK, SOFT, RULE = "#1c1b19", "#5a5750", "#c9c4b8"
PLUS, MINUS, WORD, HERE = "#0072b2", "#b34e00", "#56b4e9", "#a83e79"

_MADE = datetime(2000, 1, 1, tzinfo=UTC)
"""Written into every PDF, so that the same figure is the same bytes."""


@dataclass(frozen=True)
class Box:
    """A rectangle: left, top, width, height; colour, opacity, colour of its outline or none."""

    x: float
    y: float
    width: float
    height: float
    fill: str = ""
    opacity: float = 1.0
    stroke: str = ""

    kind = "box"


@dataclass(frozen=True)
class Label:
    """Text on a baseline; `anchor` is start, middle or end."""

    x: float
    y: float
    text: str
    size: float = 8.0
    font: str = SANS
    colour: str = INK
    anchor: str = "start"

    kind = "label"


@dataclass(frozen=True)
class Stroke:
    """A line through points."""

    points: tuple[tuple[float, float], ...]
    colour: str = INK
    width: float = 0.8

    kind = "stroke"

    @property
    def path(self) -> str:
        """As an SVG path."""
        return "M" + "L".join(f"{x:.2f},{y:.2f}" for x, y in self.points)


@dataclass
class Sheet:
    """A sheet of a figure: its size, and what is on it, in order of drawing."""

    width: float
    height: float
    items: list[Box | Label | Stroke] = field(default_factory=list)


@dataclass(frozen=True)
class Drawing:
    """A figure: title, which is also the text alternative, and sheets."""

    title: str
    sheets: Sequence[Sheet]


@cache
def _advances(font: str) -> tuple[dict[int, float], float]:
    """Widths of the characters that a font has, in em; that of the question mark."""
    opened = TTFont(FONTS / f"{font}.ttf")
    em, widths = opened["head"].unitsPerEm, opened["hmtx"].metrics
    known = {code: widths[name][0] / em for code, name in opened.getBestCmap().items()}
    return known, known[ord("?")]


def printable(text: str, font: str = SANS) -> str:
    """The text with a question mark for what the font lacks, on one line."""
    known, _ = _advances(font)
    return "".join(letter if ord(letter) in known else "?" for letter in " ".join(text.split()))


def text_width(text: str, size: float, font: str = SANS) -> float:
    """Width in points."""
    known, other = _advances(font)
    return size * sum(known.get(ord(letter), other) for letter in text)


def fitted(text: str, size: float, width: float, font: str = SANS) -> str:
    """The text, cut with an ellipsis where it is wider than `width` points."""
    text = printable(text, font)
    if text_width(text, size, font) <= width:
        return text
    while text and text_width(f"{text}…", size, font) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def svg(drawing: Drawing) -> str:
    """A drawing as one SVG document, its sheets below each other.

    Returns
    -------
    str
        XML; the fonts are in it as WOFF, cut to the characters used. Labels are text elements.
    """
    used: dict[str, set[str]] = {}
    for sheet in drawing.sheets:
        for item in sheet.items:
            if isinstance(item, Label):
                used.setdefault(item.font, set()).update(item.text)
    tops = [sum(sheet.height for sheet in drawing.sheets[:n]) for n in range(len(drawing.sheets))]
    made = render(
        "figure_svg.j2",
        title=drawing.title,
        width=max(sheet.width for sheet in drawing.sheets),
        height=sum(sheet.height for sheet in drawing.sheets),
        fonts={font: _cut(font, "".join(sorted(letters))) for font, letters in sorted(used.items())},
        sheets=list(zip(tops, drawing.sheets, strict=True)),
    )
    return str.__str__(made)  # no Markup: it is a document, not a part of one


def _cut(font: str, letters: str) -> str:
    """A font with these characters alone, as WOFF in base64."""
    options = subset.Options(layout_features=[], name_IDs=[0, 1, 2, 13], hinting=False, notdef_outline=True)
    opened = TTFont(FONTS / f"{font}.ttf", recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(text=letters)
    cutter.subset(opened)
    opened.flavor = "woff"
    made = io.BytesIO()
    opened.save(made)
    return base64.b64encode(made.getvalue()).decode("ascii")


def pdf(drawing: Drawing) -> bytes:
    """A drawing as PDF, a page for each sheet; fonts are embedded, text can be searched and copied."""
    file = FPDF(unit="pt")
    file.set_creation_date(_MADE)
    file.set_title(drawing.title)
    file.set_auto_page_break(False)
    file.set_margin(0)
    for font in (SANS, MONO):
        file.add_font(font, fname=str(FONTS / f"{font}.ttf"))
    for sheet in drawing.sheets:
        file.add_page(format=(sheet.width, sheet.height))
        for item in sheet.items:
            if isinstance(item, Box):
                _draw_box(file, item)
            elif isinstance(item, Label):
                file.set_font(item.font, size=item.size)
                file.set_text_color(item.colour)
                back = {"start": 0.0, "middle": 0.5, "end": 1.0}[item.anchor]
                file.text(item.x - back * file.get_string_width(item.text), item.y, item.text)
            else:
                file.set_draw_color(item.colour)
                file.set_line_width(item.width)
                file.polyline(list(item.points))
    return bytes(file.output())


def _draw_box(file: FPDF, box: Box) -> None:
    if box.fill:
        file.set_fill_color(box.fill)
    if box.stroke:
        file.set_draw_color(box.stroke)
        file.set_line_width(0.6)
    style = ("F" if box.fill else "") + ("D" if box.stroke else "")
    with file.local_context(fill_opacity=box.opacity):
        file.rect(box.x, box.y, box.width, box.height, style=style)
