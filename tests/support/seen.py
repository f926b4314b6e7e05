"""HTML as a browser sees it: tags, attributes, letters of the text; colours of a stylesheet."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np

EVIL = """"'><script>alert(1)</script><img src=x onerror=alert(1)>&"""


TAGS = {
    "div",
    "article",
    "header",
    "ol",
    "ul",
    "li",
    "span",
    "p",
    "b",
    "i",
    "a",
    "section",
    "wbr",
    "figure",
    "h3",
}


TAGS |= {"figcaption"}


ATTRIBUTES = {"class", "lang", "style", "title", "href", "role", "aria-label", "aria-hidden", "tabindex"}


class Seen(HTMLParser):
    """Collects tags, attributes, and the letters inside DNA paragraphs."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.dna: list[str] = []
        self.open: list[str] = []
        self.bars: list[tuple[float, float]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.add(tag)
        self.attributes |= set(values)
        self.links += [str(values["href"])] if "href" in values else []
        if str(values.get("class", "")).startswith("bar"):
            top, height = re.findall(r"(?:top|height):([0-9.]+)%", str(values["style"]))
            self.bars.append((float(top), float(height)))
        if tag != "wbr":
            self.open.append("dna" if values.get("class") == "dna" else tag)

    def handle_endtag(self, tag: str) -> None:
        closed = self.open.pop()
        assert closed in {tag, "dna"}
        if closed == "dna":
            self.dna.append("\n")

    def handle_data(self, data: str) -> None:
        if "dna" in self.open:
            self.dna.append(data)


def colours(css: str) -> dict[str, tuple[str, str]]:
    return {
        name: (light, dark) for name, light, dark in re.findall(r"--(\w+): light-dark\((#\w+), (#\w+)\)", css)
    }


def luminance(colour: str, under: str | None = None) -> float:
    """Relative luminance (WCAG 2.2) of #rrggbb, or of #rrggbbaa laid over `under`."""
    levels = [int(colour[i : i + 2], 16) / 255 for i in range(1, len(colour), 2)]
    if len(levels) == 4 and under:
        below = [int(under[i : i + 2], 16) / 255 for i in range(1, 7, 2)]
        levels = [levels[3] * a + (1 - levels[3]) * b for a, b in zip(levels, below, strict=False)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in levels[:3]]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))
