"""Plots of evidence: each signal's figure with its 95 % interval, and the same of its control beneath it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import plotly.graph_objects as go

from genomebook.annotation.evidence_shown import Row
from genomebook.render.evidence.text import interval, number, spoken_unit

SHAPES = ("circle", "square", "diamond", "triangle-up", "cross")
COLOURS = ("#0072b2", "#d55e00", "#a9609a", "#8f6d14", "#767676")
"""Told apart by shape too; each has a contrast of 3 or more to the app's light and dark grounds."""
STEP, HEAD, BESIDE = 24.0, 26.0, 9.0
"""Height in pixels of a signal, of the heading over its group, and of the way down to the control."""
MOST_LABEL = 58


@dataclass(frozen=True)
class Spot:
    """A row and its height: pixels from the top of the plot to its figure; the control is `BESIDE` lower."""

    row: Row
    y: float


@dataclass(frozen=True)
class Plan:
    """Where everything of one plot goes.

    Attributes
    ----------
    spots : tuple of Spot
        Rows that have a figure or a control's.
    headings : tuple of (str, float)
        Texts over the groups and their heights.
    height : float
        Of the plot, in pixels, axis and legend apart.
    low, high : float
        Ends of the axis of figures.
    unit : str
        Of all rows.
    control : str
        What the control is, where it is the same for all rows; else the headings say it.
    """

    spots: tuple[Spot, ...]
    headings: tuple[tuple[str, float], ...]
    height: float
    low: float
    high: float
    unit: str
    control: str


def look(signals: Sequence[str], signal: str) -> tuple[str, str]:
    """Shape and colour of a signal: by its place among all signals, so the same in every plot."""
    place = list(signals).index(signal)
    return SHAPES[place % len(SHAPES)], COLOURS[place % len(COLOURS)]


def plan(rows: Sequence[Row]) -> list[Plan]:
    """Lay out the rows of one control, one plot for each unit; rows without any number are left out.

    Parameters
    ----------
    rows : sequence of Row
        Of one control; rows of the same label form a group.
    """
    drawn = [row for row in rows if row.value is not None or row.control_value is not None]
    return [
        _plan([row for row in drawn if row.unit == unit], unit)
        for unit in dict.fromkeys(r.unit for r in drawn)
    ]


def _plan(rows: list[Row], unit: str) -> Plan:
    kinds = {row.control_label for row in rows}
    shared = kinds.pop() if len(kinds) == 1 else ""
    spots: list[Spot] = []
    headings: list[tuple[str, float]] = []
    y = 0.0
    for group in dict.fromkeys((row.label, row.control_label) for row in rows):
        label, control = group
        headings.append((_short(label if shared else f"{label} (control: {control})"), y + HEAD / 2))
        y += HEAD
        for row in rows:
            if (row.label, row.control_label) == group:
                spots.append(Spot(row, y + STEP / 2 - BESIDE / 2))
                y += STEP
    low, high = _range(rows, unit)
    return Plan(tuple(spots), tuple(headings), y + 6, low, high, unit, shared)


def _short(text: str) -> str:
    return text if len(text) <= MOST_LABEL else text[: MOST_LABEL - 1] + "…"


def _range(rows: Sequence[Row], unit: str) -> tuple[float, float]:
    """Ends of the axis: from 0, unless all figures lie in the upper half of what that would show."""
    found = [
        value
        for row in rows
        for value in (row.value, row.low, row.high, row.control_value, row.control_low, row.control_high)
        if value is not None
    ]
    if unit == "times":
        found.append(1.0)
    low, high = min(found), max(found)
    if 0 <= low <= 0.5 * high or low == high == 0:
        low = 0.0
    room = 0.06 * max(high - low, 0.01 * abs(high), 1e-6)
    return (0.0 if low == 0 else low - room), high + room


def _scatter(
    x: list[float | None], low: list[float | None], high: list[float | None], **more: Any
) -> go.Scatter:
    """Points with their intervals; a point without one has no bar."""
    plus = [0 if v is None or h is None else max(0.0, h - v) for v, h in zip(x, high, strict=True)]
    minus = [0 if v is None or a is None else max(0.0, v - a) for v, a in zip(x, low, strict=True)]
    colour = more["marker"]["color"]
    error = {
        "type": "data",
        "array": plus,
        "arrayminus": minus,
        "color": colour,
        "thickness": 1.5,
        "width": 4,
    }
    return go.Scatter(x=x, mode="markers", error_x=error, hovertemplate="%{text}<extra></extra>", **more)


def _hover(row: Row, what: str, said: str) -> str:
    lines = (f"<b>{escape(row.signal)}</b>{escape(what)}", escape(row.label), escape(f"{said} {row.unit}"))
    return "<br>".join((*lines, f"n = {row.n:,}"))


def figure(layout: Plan, signals: Sequence[str]) -> go.Figure:
    """Draw one plot: a filled mark for the figure, a hollow one under it for its control.

    Parameters
    ----------
    layout : Plan
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
        shape, colour = look(signals, signal)
        spots = [spot for spot in layout.spots if spot.row.signal == signal]
        rows = [spot.row for spot in spots]
        drawn.add_trace(
            _scatter(
                [row.value for row in rows],
                [row.low for row in rows],
                [row.high for row in rows],
                y=[spot.y for spot in spots],
                name=escape(signal),
                legendgroup=escape(signal),
                marker={"symbol": shape, "color": colour, "size": 9},
                text=[_hover(row, "", interval(row.value, row.low, row.high, row.unit)) for row in rows],
            )
        )
        drawn.add_trace(
            _scatter(
                [row.control_value for row in rows],
                [row.control_low for row in rows],
                [row.control_high for row in rows],
                y=[spot.y + BESIDE for spot in spots],
                legendgroup=escape(signal),
                showlegend=False,
                marker={"symbol": f"{shape}-open", "color": colour, "size": 8, "line": {"width": 1.5}},
                text=[
                    _hover(
                        row,
                        f", control: {row.control_label}",
                        interval(row.control_value, row.control_low, row.control_high, row.unit),
                    )
                    for row in rows
                ],
            )
        )
    _dress(drawn, layout)
    return drawn


def _dress(drawn: go.Figure, layout: Plan) -> None:
    """Headings, axes, the line of chance and the legend."""
    hollow = {"symbol": "circle-open", "color": "#767676", "size": 8}
    drawn.add_trace(
        go.Scatter(
            x=[None],
            y=[None],
            mode="markers",
            name=escape(f"hollow: {layout.control or 'its control'}"),
            marker=hollow,
        )
    )
    for text, y in layout.headings:
        drawn.add_annotation(
            x=0,
            xref="paper",
            xanchor="left",
            y=y,
            yanchor="middle",
            text=escape(text),
            showarrow=False,
            font_size=13,
        )
    if layout.unit == "times":
        drawn.add_vline(x=1, line_width=1, line_dash="dot", line_color="#767676")
    drawn.update_layout(
        height=layout.height + 96,
        margin={"l": 6, "r": 14, "t": 4, "b": 90},
        legend={"orientation": "h", "x": 0, "y": -52 / layout.height, "yanchor": "top", "itemclick": False},
        hovermode="closest",
        dragmode=False,
    )
    share = (
        {"tickformat": ".1%" if layout.high - layout.low < 0.05 else ".0%"} if layout.unit == "share" else {}
    )
    drawn.update_xaxes(
        range=[layout.low, layout.high],
        title_text=escape(spoken_unit(layout.unit)),
        fixedrange=True,
        nticks=6,
        **share,
    )
    drawn.update_yaxes(range=[layout.height, 0], visible=False, fixedrange=True, zeroline=False)


def spoken(layout: Plan, heading: str) -> str:
    """Describe a plot in a sentence for those who do not see it; the numbers are in the table."""
    signals = ", ".join(dict.fromkeys(spot.row.signal for spot in layout.spots))
    return (
        f"{heading}: {len(layout.spots)} figures of {signals}, each beside its control, from "
        f"{number(layout.low, layout.unit)} to {number(layout.high, layout.unit)} on the axis; "
        "the table below has the same numbers"
    )
