"""The tracks of a book by position give what a plain scan of the rows gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomebook.book import feature_writer, zoom
from genomebook.book.feature_files import TrackRows
from genomebook.book.feature_schema import FINEST, ROWS_PER_BLOCK, TrackEntry
from genomebook.book.feature_writer import GatheredRows
from genomebook.book.session_features import held_rows

LETTERS = 3_000
DIGEST = "0" * 64


def entry(kind: str = "other") -> TrackEntry:
    return TrackEntry("t", kind, "t", "t.bed", DIGEST, 0, 0, 0, [0], {})  # type: ignore[arg-type]


def table(spans: list[tuple[int, int]], scores: list[float] | None = None) -> pd.DataFrame:
    names = [f"n{number}" for number in range(len(spans))]
    return pd.DataFrame(spans, columns=["start", "end"], dtype="int64").assign(
        strand="+", name=names, group="g", note="", score=scores or float("nan")
    )


def track(rows: pd.DataFrame, kind: str = "other", letters: int = LETTERS) -> TrackRows:
    gathered = GatheredRows(kind == "signal")
    for first in range(0, len(rows), 7):
        gathered.add(rows.iloc[first : first + 7])
    return held_rows(gathered, entry(kind), letters)


@st.composite
def spans(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Short intervals and a few long ones, more than a block of them."""
    seed, count = draw(st.integers(0, 10_000)), draw(st.integers(0, 3 * ROWS_PER_BLOCK))
    random = np.random.Generator(np.random.PCG64(seed))
    starts = random.integers(0, LETTERS, count)
    sizes = np.where(random.random(count) < 0.02, random.integers(0, LETTERS, count), random.integers(0, 9))
    return list(zip(starts.tolist(), np.minimum(starts + sizes, LETTERS).tolist(), strict=True))


@given(spans(), st.integers(0, LETTERS - 1), st.integers(1, 200))
def test_the_rows_of_a_place_are_those_that_share_a_letter_with_it(
    rows: list[tuple[int, int]], low: int, size: int
) -> None:
    high = min(low + size, LETTERS)
    hits = track(table(rows)).overlapping(low, high, 10_000)
    expected = sorted(
        (start, end, number)
        for number, (start, end) in enumerate(rows)
        if start < high and (end > low or (start == end and start >= low))
    )
    assert [(start, end, f"n{number}") for start, end, number in expected] == [
        (start, end, name) for start, end, _, _, name, _, _ in hits
    ]


def test_at_most_the_limit_is_given_the_first_by_position() -> None:
    rows = track(table([(n, n + 2) for n in range(1_000, 0, -1)]))
    assert [hit[0] for hit in rows.overlapping(0, LETTERS, 3)] == [1, 2, 3]


@given(spans(), st.integers(0, LETTERS - 1), st.integers(1, LETTERS), st.integers(1, 40))
def test_the_values_of_a_track_are_the_share_of_letters_that_it_covers(
    rows: list[tuple[int, int]], low: int, size: int, bins: int
) -> None:
    high = min(low + size, LETTERS)
    if (high - low) % bins:
        bins = 1
    covered = np.zeros(LETTERS)
    for start, end in rows:
        covered[start:end] = 1
    expected = covered[low:high].reshape(bins, -1).mean(axis=1)
    width = (high - low) // bins
    cut = 0 if width < zoom.SMOOTH * FINEST else 2 * FINEST / 4 / width  # edges inside bins of a zoom level
    assert np.allclose(zoom.values_of(track(table(rows)), low, high, bins), expected, rtol=0, atol=1e-5 + cut)


def test_zoom_levels_agree_with_the_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.Generator(np.random.PCG64(3))
    letters = 1_000_000
    edges = np.sort(random.choice(letters, 60_000, replace=False))
    spans, scores = list(zip(edges[:-1:2].tolist(), edges[1::2].tolist(), strict=True)), random.random(30_000)
    monkeypatch.setattr(zoom, "CHUNK", 1_000)
    signal = track(table(spans, scores.tolist()), "signal", letters)
    assert list(signal.entry.zooms(letters)) == [64, 1024, 16384, 262144]
    values, known = np.zeros(letters), np.zeros(letters)
    for (start, end), score in zip(spans, scores, strict=True):
        values[start:end], known[start:end] = score, 1
    for bins in (1, 10, 100, 1_000, 10_000):
        sums = [np.add.reduceat(column, np.arange(0, letters, letters // bins)) for column in (values, known)]
        found = zoom.values_of(signal, 0, letters, bins)
        expected = sums[0] / np.where(sums[1], sums[1], np.nan)
        assert np.allclose(found, expected, rtol=0, atol=0.2 if bins > 100 else 0.02, equal_nan=True)


def test_a_signal_has_no_value_where_the_file_has_none() -> None:
    signal = track(table([(10, 20), (15, 30), (20, 20)], [1.0, 3.0, 9.0]), "signal")
    assert signal.entry.rows == 2
    assert signal.entry.left_out == {"overlapping": 2}
    found = zoom.values_of(signal, 0, 40, 4)
    assert np.isnan(found[[0, 3]]).all()
    assert found[1:3].tolist() == [1.0, 3.0]


def test_texts_are_written_once(tmp_path: Path) -> None:
    rows = table([(n, n + 1) for n in range(100)]).assign(name="same", group="", note="été <b>")
    written = track(rows)
    assert (written.entry.texts, written.entry.bytes) == (3, len("sameété <b>".encode()))
    assert written.overlapping(5, 6, 10)[0][4:] == ("same", "", "été <b>")


def test_only_so_many_texts_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feature_writer, "KNOWN_TEXTS", 10)
    rows = pd.concat([table([(n, n + 1) for n in range(100)]) for _ in range(2)])
    many = track(rows)
    assert many.entry.texts == 2 + 100 + 92  # "", "g", every name, and again those that were not remembered
    assert [hit[4] for hit in many.overlapping(50, 52, 9)] == ["n50", "n50", "n51", "n51"]
