"""The plots of evidence as SVG files for print: black on white, nothing that needs a screen or a network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from genomebook.render.evidence.plots import BESIDE, Plan, Spot, look
from genomebook.render.evidence.text import number, spoken_unit

WIDTH = 640
LEFT, RIGHT, TOP = 90, 24, 34
SHAPE_PATHS = {
    "circle": "M-4.5,0a4.5,4.5 0 1,0 9,0a4.5,4.5 0 1,0 -9,0z",
    "square": "M-4,-4h8v8h-8z",
    "diamond": "M0,-5.5L5.5,0L0,5.5L-5.5,0z",
    "triangle-up": "M0,-5.5L5,4H-5z",
    "cross": "M-1.7,-5h3.4v3.3h3.3v3.4h-3.3v3.3h-3.4v-3.3h-3.3v-3.4h3.3z",
}


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers from `low` to `high`, at most `most` + 1 of them."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(n * step, 12) for n in range(first, last + 1)]


def svg(layout: Plan, signals: Sequence[str], title: str) -> str:
    """Draw one plot as an SVG document.

    Parameters
    ----------
    layout : Plan
        From `genomebook.render.evidence.plots.plan`.
    signals : sequence of str
        All signals of the measurement: their order gives shape and colour.
    title : str
        Written over the plot.
    """
    scale = (WIDTH - LEFT - RIGHT) / (layout.high - layout.low)
    bottom = TOP + layout.height
    parts = [f'<text x="8" y="20" font-weight="bold">{escape(title)}</text>']
    for tick in ticks(layout.low, layout.high):
        x = LEFT + (tick - layout.low) * scale
        parts.append(f'<path d="M{x:.1f},{TOP}V{bottom:.1f}" stroke="#ddd"/>')
        parts.append(
            f'<text x="{x:.1f}" y="{bottom + 15:.1f}" text-anchor="middle">{number(tick, layout.unit)}</text>'
        )
    if layout.unit == "times":
        x = LEFT + (1 - layout.low) * scale
        parts.append(f'<path d="M{x:.1f},{TOP}V{bottom:.1f}" stroke="#000" stroke-dasharray="2 3"/>')
    parts.append(f'<path d="M{LEFT},{bottom:.1f}H{WIDTH - RIGHT}" stroke="#000"/>')
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.1f}" y="{bottom + 33:.1f}" text-anchor="middle">'
        f"{escape(spoken_unit(layout.unit))}</text>"
    )
    key = f"Filled: figure; hollow: {layout.control or 'its control'}; bars: 95 % intervals"
    parts.append(f'<text x="8" y="{bottom + 53:.1f}">{escape(key)}</text>')
    halo = 'paint-order="stroke" stroke="#fff" stroke-width="4"'
    for text, y in layout.headings:
        parts.append(f'<text x="8" y="{TOP + y + 4:.1f}" {halo}>{escape(text)}</text>')
    for spot in layout.spots:
        parts += _spot(spot, layout, scale, *look(signals, spot.row.signal))
    height = bottom + 64
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" '
        f'height="{height:.0f}" font-family="Helvetica, Arial, sans-serif" font-size="12" role="img">'
        f'<title>{escape(title)}</title><rect width="100%" height="100%" fill="#fff"/>'
        f"{''.join(parts)}</svg>\n"
    )


def _spot(spot: Spot, layout: Plan, scale: float, shape: str, colour: str) -> list[str]:
    """The signal's name, its figure, and the control's under it."""
    row = spot.row
    found = [
        f'<text x="{LEFT - 12}" y="{TOP + spot.y + BESIDE / 2 + 4:.1f}" text-anchor="end" fill="{colour}">'
        f"{escape(row.signal)}</text>"
    ]
    sides = (
        (row.value, row.low, row.high, spot.y, colour),
        (row.control_value, row.control_low, row.control_high, spot.y + BESIDE, "#fff"),
    )
    for value, low, high, down, fill in sides:
        if value is None:
            continue
        y = TOP + down
        if low is not None and high is not None:
            a, b = (LEFT + (end - layout.low) * scale for end in (low, high))
            found.append(
                f'<path d="M{a:.1f},{y - 3:.1f}v6m0,-3H{b:.1f}m0,-3v6" stroke="{colour}" fill="none"/>'
            )
        x = LEFT + (value - layout.low) * scale
        found.append(
            f'<path transform="translate({x:.1f},{y:.1f}) scale(.9)" d="{SHAPE_PATHS[shape]}" fill="{fill}" '
            f'stroke="{colour}" stroke-width="1.5"/>'
        )
    return found
