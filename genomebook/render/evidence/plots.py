"""Plots of evidence: the figure of each signal with its 95 % interval, above that of its control."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, NamedTuple

import plotly.graph_objects as go

from genomebook.annotation.evidence import EvidenceRow
from genomebook.render.evidence.text import interval, number, spoken_unit
from genomebook.render.hover import HoverText, hover_texts
from genomebook.render.numbers import shortened
from genomebook.render.signals import look, named

STEP, HEAD, BESIDE = 24.0, 26.0, 9.0
"""Height in pixels of a signal, of the heading over its group, and of the way down to the control."""
MAX_HEADING = 58
FLOOR = -0.5
"""Left end of an axis of shares: a figure farther left is drawn at it as a triangle that points there."""
BEYOND = "triangle-left"


class IntervalMark(NamedTuple):
    """A figure, its interval (None where missing) and its distance in pixels from the top of the plot."""

    value: float | None
    low: float | None
    high: float | None
    y: float


@dataclass(frozen=True)
class Spot:
    """A row and the distance in pixels from the top of the plot to its figure."""

    row: EvidenceRow
    y: float

    @property
    def marks(self) -> tuple[IntervalMark, IntervalMark]:
        """The figure and its control."""
        row = self.row
        return (
            IntervalMark(row.value, row.low, row.high, self.y),
            IntervalMark(row.control_value, row.control_low, row.control_high, self.y + BESIDE),
        )


@dataclass(frozen=True)
class PlotLayout:
    """Layout of one plot.

    Attributes
    ----------
    spots : tuple of Spot
        Rows that have a figure or a control's.
    headings : tuple of (str, float)
        Texts above the groups and their distances from the top.
    height : float
        Height of the plot in pixels, without axis and legend.
    low, high : float
        Ends of the axis of figures.
    unit : str
        Unit of all rows.
    control : str
        The control if all rows share it; else the headings name it.
    is_cut : bool
        Whether figures lie farther left than the axis.
    """

    spots: tuple[Spot, ...]
    headings: tuple[tuple[str, float], ...]
    height: float
    low: float
    high: float
    unit: str
    control: str
    is_cut: bool = False

    def shown(self, mark: IntervalMark) -> IntervalMark:
        """The part of a figure and of its interval that the axis holds."""
        cut = [None if value is None else max(value, self.low) for value in mark[:3]]
        return IntervalMark(cut[0], cut[1], cut[2], mark.y)


def plan(rows: Sequence[EvidenceRow]) -> list[PlotLayout]:
    """Lay out the rows of one control, one plot for each unit; rows without any number are left out.

    Parameters
    ----------
    rows : sequence of EvidenceRow
        Rows of one control; rows of the same label form a group.
    """
    drawn = [row for row in rows if row.value is not None or row.control_value is not None]
    return [
        _plan([row for row in drawn if row.unit == unit], unit)
        for unit in dict.fromkeys(r.unit for r in drawn)
    ]


def _plan(rows: list[EvidenceRow], unit: str) -> PlotLayout:
    kinds = {row.control_label for row in rows}
    shared = kinds.pop() if len(kinds) == 1 else ""
    spots: list[Spot] = []
    headings: list[tuple[str, float]] = []
    y = 0.0
    for group in dict.fromkeys((row.label, row.control_label) for row in rows):
        label, control = group
        heading = label if shared else f"{label} (control: {control})"
        headings.append((shortened(heading, MAX_HEADING), y + HEAD / 2))
        y += HEAD
        for row in rows:
            if (row.label, row.control_label) == group:
                spots.append(Spot(row, y + STEP / 2 - BESIDE / 2))
                y += STEP
    low, high = _range(spots, unit)
    is_cut = unit == "share" and low < FLOOR < high
    low = FLOOR if is_cut else low
    return PlotLayout(tuple(spots), tuple(headings), y + 6, low, high, unit, shared, is_cut)


def _range(spots: Sequence[Spot], unit: str) -> tuple[float, float]:
    """Ends of the axis: from 0, unless all figures lie in the upper half of what that would show."""
    values = [value for spot in spots for mark in spot.marks for value in mark[:3] if value is not None]
    if unit == "times":
        values.append(1.0)
    low, high = min(values), max(values)
    if 0 <= low <= 0.5 * high or low == high == 0:
        low = 0.0
    room = 0.06 * max(high - low, 0.01 * abs(high), 1e-6)
    return (0.0 if low == 0 else low - room), high + room


def figure(layout: PlotLayout, signals: Sequence[str]) -> go.Figure:
    """Draw one plot: a filled mark for the figure, a hollow one under it for its control.

    Parameters
    ----------
    layout : PlotLayout
        From `plan`.
    signals : sequence of str
        All signals of the measurement: their order gives shape and colour.

    Returns
    -------
    plotly.graph_objects.Figure
        Colours of ground and text are left to the theme.
    """
    drawn = go.Figure()
    for signal in dict.fromkeys(spot.row.signal for spot in layout.spots):
        label, _, shape, colour = look(signal, signals)
        spots = [spot for spot in layout.spots if spot.row.signal == signal]
        filled: dict[str, Any] = {"symbol": shape, "color": colour, "size": 9}
        hollow = {"symbol": f"{shape}-open", "color": colour, "size": 8, "line": {"width": 1.5}}
        drawn.add_trace(_trace(layout, spots, 0, name=escape(label), marker=filled))
        drawn.add_trace(_trace(layout, spots, 1, showlegend=False, marker=hollow))
    _dress(drawn, layout)
    return drawn


def _trace(layout: PlotLayout, spots: Sequence[Spot], which: int, **more: Any) -> go.Scatter:
    """The figures (0) or controls (1) of one signal, with their intervals where there are any."""
    true = [spot.marks[which] for spot in spots]
    marks = [layout.shown(mark) for mark in true]
    if layout.is_cut:
        shape = more["marker"]["symbol"]
        beyond = BEYOND + "-open" * shape.endswith("-open")
        cut = [mark.value is not None and mark.value < layout.low for mark in true]
        more["marker"] = {**more["marker"], "symbol": [beyond if is_beyond else shape for is_beyond in cut]}
    plus = [0 if v is None or high is None else max(0.0, high - v) for v, _, high, _ in marks]
    minus = [0 if v is None or low is None else max(0.0, v - low) for v, low, _, _ in marks]
    bars = {"type": "data", "array": plus, "arrayminus": minus, "thickness": 1.5, "width": 4}
    return go.Scatter(
        x=[mark.value for mark in marks], y=[mark.y for mark in marks], mode="markers",
        error_x={**bars, "color": more["marker"]["color"]}, legendgroup=escape(spots[0].row.signal),
        text=hover_texts([_hover(spot, which) for spot in spots]),
        hovertemplate="%{text}<extra></extra>", **more,
    )  # fmt: skip


def _hover(spot: Spot, which: int) -> HoverText:
    row, (value, low, high, _) = spot.row, spot.marks[which]
    figure = f"{interval(value, low, high, row.unit)} {row.unit}"
    after = f", control: {row.control_label}" if which else ""
    return HoverText(named(row.signal), [row.label, figure, f"n = {row.n:,}"], after)


def _dress(drawn: go.Figure, layout: PlotLayout) -> None:
    """Add headings, axes, the line of chance and the legend."""
    hollow = {"symbol": "circle-open", "color": "#767676", "size": 8}
    legend = escape(f"hollow: {layout.control or 'its control'}")
    drawn.add_trace(go.Scatter(x=[None], y=[None], mode="markers", name=legend, marker=hollow))
    for text, y in layout.headings:
        drawn.add_annotation(
            x=0, xref="paper", xanchor="left", y=y, yanchor="middle", text=escape(text), showarrow=False,
            font_size=13,
        )  # fmt: skip
    if layout.unit == "times":
        drawn.add_vline(x=1, line_width=1, line_dash="dot", line_color="#767676")
    drawn.update_layout(
        height=layout.height + 96, margin={"l": 6, "r": 14, "t": 4, "b": 90}, hovermode="closest",
        legend={"orientation": "h", "x": 0, "y": -52 / layout.height, "yanchor": "top", "itemclick": False},
        dragmode=False,
    )  # fmt: skip
    share = {"tickformat": ".1%" if layout.high - layout.low < 0.05 else ".0%"}
    drawn.update_xaxes(
        range=[layout.low, layout.high], title_text=escape(spoken_unit(layout.unit)), fixedrange=True,
        nticks=6, **(share if layout.unit == "share" else {}),
    )  # fmt: skip
    drawn.update_yaxes(range=[layout.height, 0], visible=False, fixedrange=True, zeroline=False)


def spoken(layout: PlotLayout, heading: str) -> str:
    """Describe a plot in a sentence, for people who cannot see it."""
    signals = ", ".join(dict.fromkeys(named(spot.row.signal) for spot in layout.spots))
    return (
        f"{heading}: {len(layout.spots)} figures of {signals}, each beside its control, from "
        f"{number(layout.low, layout.unit)} to {number(layout.high, layout.unit)} on the axis; "
        "the table below has the same numbers"
    )
