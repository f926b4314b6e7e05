"""Plots of evidence: every number where it belongs, a missing one as words, nothing of a file as a tag."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomebook.annotation.evidence import CONTROLS, EvidenceRow
from genomebook.render.evidence import plots, text
from genomebook.render.evidence.svg import SHAPE_PATHS, svg, ticks
from genomebook.render.signals import COLOURS, SHAPES, look
from genomebook.render.templating import stylesheet
from tests.support.figures import EVIL, NO_EDGES, made_up
from tests.support.seen import Seen, colours, luminance

SIGNALS = ("surprise", "switch", "shift")


def of(control: str, level: str = "sentence") -> list[EvidenceRow]:
    return [row for row in made_up().all_rows() if row.control == control and row.level == level]


def test_each_figure_stands_over_its_control() -> None:
    rows = of("enrichment")
    (layout,) = plots.plan(rows)
    drawn = plots.figure(layout, SIGNALS)
    marks = [trace for trace in drawn.data if trace.text]
    assert len(marks) == 2 * len(SIGNALS)
    for signal, figure, control in zip(SIGNALS, marks[::2], marks[1::2], strict=True):
        own = [row for row in rows if row.signal == signal and row.value is not None]
        assert list(figure.x) == [row.value for row in own]
        assert list(control.x) == [row.control_value for row in own]
        for trace, low, high in ((figure, "low", "high"), (control, "control_low", "control_high")):
            ends = zip(trace.x, trace.error_x.arrayminus, trace.error_x.array, strict=True)
            for row, (x, minus, plus) in zip(own, ends, strict=True):
                assert (x - minus, x + plus) == pytest.approx((getattr(row, low), getattr(row, high)))
        assert [b - a for a, b in zip(figure.y, control.y, strict=True)] == [plots.BESIDE] * len(own)
        assert control.marker.symbol == f"{figure.marker.symbol}-open"
        assert control.marker.color == figure.marker.color


def test_the_control_is_named_once_where_it_is_the_same() -> None:
    rows = of("density")
    other = [
        dataclasses.replace(row, control_label="shuffled") if row.label == "far" else row for row in rows
    ]
    for chosen, named, headings in (
        (rows, "hollow: moved", ["near", "far"]),
        (other, "hollow: its control", ["near (control: moved)", "far (control: shuffled)"]),
    ):
        (layout,) = plots.plan(chosen)
        drawn = plots.figure(layout, SIGNALS)
        assert drawn.data[-1].name == named
        assert [note.text for note in drawn.layout.annotations] == headings


def test_a_signal_keeps_its_shape_and_colour_in_every_selection() -> None:
    looks = [look(name) for name in SIGNALS]
    assert len({shown.shape for shown in looks}) == len({shown.colour for shown in looks}) == len(SIGNALS)
    (layout,) = plots.plan([row for row in of("density") if row.signal == "shift"])
    marker = plots.figure(layout, SIGNALS).data[0].marker
    assert (marker.symbol, marker.color) == (looks[2].shape, looks[2].colour)
    assert {*SHAPES, plots.BEYOND} == set(SHAPE_PATHS)


def test_a_missing_number_is_words_and_never_zero() -> None:
    rows = of("enrichment")
    (layout,) = plots.plan(rows)
    assert 0 not in [x for trace in plots.figure(layout, SIGNALS).data for x in trace.x]
    assert text.missing(rows) == [f"genes: {NO_EDGES} (unexpected words, repeat edges, change of context)"]
    assert NO_EDGES in text.table(rows, "edges")
    lonely = [row for row in rows if row.value is None]
    assert plots.plan(lonely) == []
    assert "0" not in re.findall(r"<td[^>]*>([^<]*)</td>", text.table(lonely, "edges"))[1:4]


def test_a_missing_control_leaves_the_figure() -> None:
    row = dataclasses.replace(of("density")[0], control_value=None, control_low=None, control_high=None)
    (layout,) = plots.plan([row])
    figure, control, *_ = plots.figure(layout, SIGNALS).data
    assert list(figure.x) == [row.value]
    assert list(control.x) == [None]
    assert svg(layout, SIGNALS, "x").count("<path transform") == 1


def test_a_share_far_below_nothing_is_drawn_at_the_edge_and_said_to_be_beyond() -> None:
    first = dataclasses.replace(of("window")[0], value=-3.3, low=-3.8, high=-2.8, control_value=0.1)
    rows = [first, dataclasses.replace(first, value=0.5, low=0.4, high=0.6)]
    (layout,) = plots.plan([dataclasses.replace(row, control_low=None, control_high=None) for row in rows])
    assert layout.is_cut
    assert layout.low == plots.FLOOR
    figure = plots.figure(layout, SIGNALS).data[0]
    assert list(figure.x) == [plots.FLOOR, 0.5]
    assert figure.marker.symbol[0] == plots.BEYOND != figure.marker.symbol[1]
    assert "-330 %" in figure.text[0]
    assert "farther left" in svg(layout, SIGNALS, "x")


def test_units_are_not_mixed_in_a_plot() -> None:
    rows = of("density") + of("window")
    assert [layout.unit for layout in plots.plan(rows)] == ["per kb", "share"]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8), st.sampled_from(["share", "times", "F1"]))
def test_every_number_is_within_the_axis(values: list[float], unit: str) -> None:
    row = dataclasses.replace(of("density")[0], low=None, high=None, control_low=None, control_high=None)
    rows = [dataclasses.replace(row, value=v, control_value=v / 2, unit=unit) for v in values]
    (layout,) = plots.plan(rows)
    shown = [*values, *(v / 2 for v in values), *([1.0] if unit == "times" else [])]
    assert layout.low <= min(shown) or (layout.is_cut and layout.low == plots.FLOOR)
    assert max(shown) < layout.high
    marks = ticks(layout.low, layout.high)
    assert len(marks) <= 7
    assert all(layout.low - 1e-6 <= tick <= layout.high + 1e-6 for tick in marks)


def test_nothing_of_a_file_becomes_a_tag() -> None:
    hostile = [
        dataclasses.replace(row, signal=EVIL, label=EVIL, control_label=EVIL, unit=EVIL, why=EVIL)
        for row in of("density")
    ]
    (layout,) = plots.plan(hostile)
    said = json.dumps(plots.figure(layout, [EVIL]).to_plotly_json(), default=list)
    assert not re.findall(r"<(?!br>|/?b>|extra>|/extra>)", said)
    seen = Seen(text.table(hostile, EVIL))
    assert seen.open == []
    assert seen.tags <= {"div", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    kinds = {element.tag.split("}")[1] for element in ET.fromstring(svg(layout, [EVIL], EVIL)).iter()}
    assert kinds <= {"svg", "title", "rect", "text", "path"}


def test_the_svg_holds_what_the_plot_holds() -> None:
    rows = of("enrichment")
    (layout,) = plots.plan(rows)
    drawn = svg(layout, SIGNALS, "Edges")
    said = [element.text for element in ET.fromstring(drawn).iter() if element.text]
    assert {"Edges", "near", "far", *(look(name).label for name in SIGNALS)} <= set(said)
    figures = [row for row in rows if row.value is not None]
    assert drawn.count("<path transform") == 2 * len(figures)


def test_tsv_has_every_row_and_an_empty_cell_for_no_number() -> None:
    rows = made_up().all_rows()
    head, *lines = csv.reader(io.StringIO(text.tsv(rows)), delimiter="\t")
    assert head[:4] == ["signal", "control", "level", "label"]
    assert len(lines) == len(rows)
    for row, line in zip(rows, lines, strict=True):
        value = line[head.index("value")]
        assert (float(value) if value else None) == row.value
        assert line[head.index("why")] == (row.why or "")


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.99853, "share", "99.85 %"),
        (4.0, "times", "4"),
        (12345.6, "per kb", "12,346"),
        (0.0123, "F1", "0.0123"),
    ],
)
def test_numbers_are_written_for_people(value: float, unit: str, said: str) -> None:
    assert text.number(value, unit) == said


def test_every_control_is_explained_in_two_sentences() -> None:
    assert set(text.CONTROLS) == set(CONTROLS)
    for control in text.CONTROLS.values():
        assert len(re.findall(r"[.]( |$)", control.text)) == 2
    assert [name for name, _ in text.controls(made_up().all_rows())] == list(text.CONTROLS)


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("scheme", [0, 1])
def test_marks_are_seen_on_light_and_dark(colour: str, scheme: int) -> None:
    ground = colours(stylesheet())["paper"][scheme]
    light, dark = sorted([luminance(colour), luminance(ground)], reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3
