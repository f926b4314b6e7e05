"""The plots of evidence as SVG files for print."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from genomebook.render.evidence.plots import BESIDE, BEYOND, PlotLayout
from genomebook.render.evidence.text import number, spoken_unit
from genomebook.render.signals import look
from genomebook.render.templating import render

WIDTH = 640
LEFT, RIGHT, TOP = 140, 24, 34
SHAPE_PATHS = {
    "circle": "M-4.5,0a4.5,4.5 0 1,0 9,0a4.5,4.5 0 1,0 -9,0z",
    "square": "M-4,-4h8v8h-8z",
    "diamond": "M0,-5.5L5.5,0L0,5.5L-5.5,0z",
    "triangle-up": "M0,-5.5L5,4H-5z",
    BEYOND: "M-5.5,0L4,-5V5z",
    "cross": "M-1.7,-5h3.4v3.3h3.3v3.4h-3.3v3.3h-3.4v-3.3h-3.3v-3.4h3.3z",
}


class DrawnSpot(NamedTuple):
    """A signal's name with its baseline, and its marks: x, y, ends of the interval or None, fill, path."""

    signal: str
    y: float
    colour: str
    marks: list[tuple[float, float, float | None, float | None, str, str]]


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers from `low` to `high`, at most `most` + 1 of them."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(n * step, 12) for n in range(first, last + 1)]


def svg(layout: PlotLayout, signals: Sequence[str], title: str) -> str:
    """Draw one plot as an SVG document.

    Parameters
    ----------
    layout : PlotLayout
        From `genomebook.render.evidence.plots.plan`.
    signals : sequence of str
        All signals of the measurement: their order gives shape and colour.
    title : str
        Written over the plot.
    """
    scale = (WIDTH - LEFT - RIGHT) / (layout.high - layout.low)

    def across(value: float) -> float:
        return LEFT + (value - layout.low) * scale

    spots = []
    for spot in layout.spots:
        label, _, shape, colour = look(spot.row.signal, signals)
        marks = []
        for true, fill in zip(spot.marks, (colour, "#fff"), strict=True):
            mark = layout.shown(true)
            if true.value is not None and mark.value is not None:
                path = SHAPE_PATHS[BEYOND if true.value < layout.low else shape]
                ends = (
                    None if mark.low is None or mark.high is None else (across(mark.low), across(mark.high))
                )
                marks.append((across(mark.value), TOP + mark.y, *(ends or (None, None)), fill, path))
        y = TOP + spot.y + BESIDE / 2 + 4
        spots.append(DrawnSpot(label, y, colour, marks))
    bottom = TOP + layout.height
    drawn = render(
        "evidence_svg.j2", title=title, width=WIDTH, height=bottom + 64, top=TOP, bottom=bottom, left=LEFT,
        right=WIDTH - RIGHT, chance=across(1) if layout.unit == "times" else None, spots=spots,
        ticks=[(across(tick), number(tick, layout.unit)) for tick in ticks(layout.low, layout.high)],
        unit=spoken_unit(layout.unit), control=layout.control or "its control", headings=layout.headings,
        is_cut=layout.is_cut,
    )  # fmt: skip
    return f"{drawn}\n"
