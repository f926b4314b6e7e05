"""The log-odds track and the end marks: every gap between words, to scale, in words, and kept by links."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from streamlit.testing.v1 import AppTest

from genomebook.book import Book
from genomebook.book.page import Paragraph, open_page
from genomebook.book.schema import STRENGTH_UNIT
from genomebook.genome.regions import Region
from genomebook.render.numbers import signed
from genomebook.render.page import html
from genomebook.render.page.track import (
    BASES_PER_LINE,
    MAX_GAP,
    StrengthTrack,
    page_track,
    paragraph_odds,
    strength_track,
)
from genomebook.render.signals import look
from tests.support import reader
from tests.support.apptest import APP, drawn
from tests.support.seen import ATTRIBUTES, EVIL, TAGS, Seen

SLOT = re.compile(r'<i(?: class="(\w)")? style="([^"]*)" title="([^"]*)">(?:<b>(.)</b>)?</i>')


def track(odds: list[tuple[float, float]], size: int = 5, **more: object) -> StrengthTrack:
    starts = np.arange(len(odds), dtype=np.int64) * size
    plain = StrengthTrack(
        signal="switch",
        used="surprise",
        starts=starts,
        ends=starts + size,
        is_gap=np.zeros(len(odds), np.bool_),
        odds=np.array(odds, np.float64),
        sentence_ends=np.array([2 * size]),
        paragraph_ends=np.empty(0, np.int64),
        contig="chr7",
        origin=100,
    )
    return dataclasses.replace(plain, **more)  # type: ignore[arg-type]


def slots(text: str) -> list[tuple[str, dict[str, float], str, str]]:
    found = []
    for kind, style, title, mark in SLOT.findall(text):
        numbers = {name: float(value) for name, value in re.findall(r"--(\w):([-0-9.]+)", style)}
        found.append((kind, numbers, title, mark))
    return found


def test_a_bar_for_every_word_up_or_down_from_zero() -> None:
    text = strength_track(track([(2.0, -1.0), (-6.0, 0.0), (0.5, -6.0)]))
    zero = float(re.findall(r"--z:([0-9.]+)%", text)[0])
    assert zero == 25.0
    (_, up, said, _), (kind, down, marked, mark), (_, small, *_) = slots(text)
    assert (up["t"], up["h"], up["p"]) == (0.0, 25.0, 37.5)
    assert (down["t"], down["h"], down["p"]) == (25.0, 75.0, 25.0)
    assert small["t"] + small["h"] == pytest.approx(25.0, abs=0.1)
    assert said == "after chr7:105; sentence +2.0, paragraph −1.0"
    assert (kind, mark) == ("e", "•")
    assert "a sentence ends here" in marked
    for label in ("+2.0", "−6.0"):
        assert f">{label}</span>" in text


@given(
    hnp.arrays(np.float64, st.tuples(st.integers(1, 60), st.just(2)), elements=st.floats(-8, 8)),
    st.integers(1, 60),
)
def test_nothing_leaves_its_line(odds: np.ndarray, size: int) -> None:
    text = strength_track(track([tuple(pair) for pair in odds.tolist()], size))
    found = slots(text)
    assert len(found) == len(odds)
    for _, numbers, *_ in found:
        assert -0.11 <= numbers["t"] <= 100.11
        assert numbers["t"] + numbers["h"] <= 100.11
        assert -0.11 <= numbers["p"] <= 100.11
    lines = text.split('class="slots">')[1:]
    for line in lines[:-1]:
        letters = sum(float(n) for n in re.findall(r"--n:(\d+)", line))
        assert abs(letters - BASES_PER_LINE) < size
    assert len(lines) == -(-len(odds) * size // BASES_PER_LINE)


def test_a_gap_is_drawn_short_and_says_its_length() -> None:
    ends = np.array([5, 1_000_005, 1_000_010])
    gap = track([(1, 0), (0, 0), (1, 0)], starts=np.array([0, 5, 1_000_005]), ends=ends,
                is_gap=np.array([False, True, False]))  # fmt: skip
    text = strength_track(gap)
    (_, _, _, _), (kind, numbers, said, _), _ = slots(text)
    assert (kind, numbers["n"], said) == ("n", MAX_GAP, "gap: 1,000,000 letters of N")
    assert text.count('class="line"') == 1
    assert "at 1 gap between words" in text


def test_an_empty_track_is_nothing_and_a_name_no_tag() -> None:
    assert strength_track(dataclasses.replace(track([]), odds=np.empty((0, 2)))) == ""
    seen = Seen(strength_track(track([(1, 0), (2, 0)], signal=EVIL, used=EVIL, contig=EVIL)))
    assert seen.open == []
    assert seen.tags <= TAGS
    assert seen.attributes <= ATTRIBUTES


@pytest.fixture(scope="module")
def book(chrm_book: Path) -> Book:
    return Book.open(chrm_book)


def test_a_page_of_a_book_and_its_end_marks(book: Book) -> None:
    volume = book["chrM"]
    page = open_page(book, Region("chrM", 5903, 7445))
    words = volume.words(page.start, page.end)
    shown = page_track(page, words, book.signal, book.signal)
    assert np.array_equal(shown.odds, words.signals[book.signal] * STRENGTH_UNIT)
    text = strength_track(shown)
    assert len(slots(text)) == len(words)
    paragraphs = [block for block in page.blocks if isinstance(block, Paragraph)]
    sentences = [sentence for block in paragraphs for sentence in block.sentences]
    assert text.count("<b>¶</b>") == len(paragraphs)
    assert text.count("<b>•</b>") == len(sentences) - len(paragraphs)

    odds = paragraph_odds(shown)
    assert sorted(odds) == [block.end for block in paragraphs]
    none = pd.DataFrame({"start": [], "end": [], "name": [], "strand": []})
    view = html.View(book.signal, odds)
    drawn_page = html.book_page(book.addresses, page, none, [], track=text, view=view)
    assert drawn_page.index('class="odds"') < drawn_page.index('class="dna"')
    marks = re.findall(
        r'class="stop( last)?" role="img" tabindex="0" aria-label="([^"]*)" title="([^"]*)"', drawn_page
    )
    assert [bool(last) for last, *_ in marks] == [
        i == len(block.sentences) - 1 for block in paragraphs for i in range(len(block.sentences))
    ]
    for sentence, (last, label, title) in zip(sentences, marks, strict=True):
        assert label == title
        assert f"{signed(sentence.strength)} nats" in title
        assert title.endswith(f"({look(book.signal).label})")
        assert not last or f"paragraph {html.odds_in_words(odds[sentence.end])}" in title


def test_the_last_mark_of_a_volume_and_one_before_a_gap_claim_no_strength(book: Book) -> None:
    volume = book["chrM"]
    none = pd.DataFrame({"start": [], "end": [], "name": [], "strand": []})
    for place, said in ((volume.length - 1, "with the sequence"), (3105, "before a gap")):
        page = open_page(book, Region("chrM", place, place + 1), limit=1)
        titles = re.findall(
            r'class="stop last"[^>]* title="([^"]*)"', html.book_page(book.addresses, page, none, [])
        )
        assert titles[-1].endswith(said)
        assert "nats" not in titles[-1]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1.3, "+1.3 nats, about 4 to 1 for"),
        (-2.0, "−2.0 nats, about 7 to 1 against"),
        (0.04, "0.0 nats, about even"),
        (-7.9375, "−7.9 nats, about 2,800 to 1 against"),
    ],
)
def test_log_odds_in_words(value: float, said: str) -> None:
    assert html.odds_in_words(value) == said


@pytest.fixture
def read(chrm_book: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("GENOMEBOOK_BOOK", str(chrm_book))
    at = AppTest.from_file(str(APP), default_timeout=120).run()
    at.switch_page("pages/read.py")
    at.query_params["loc"] = "chrM:5904-7445"
    return at


def test_the_track_is_switched_on_and_kept_by_turns(book: Book, read: AppTest) -> None:
    at = read.run()
    assert reader.answer(at)["track"] == ""
    assert "track" not in at.query_params
    for signal in book.signals:
        at = reader.view(at, "chrM:5904-7445", track=signal)
        assert not at.exception
        assert f"signal <b>{signal}</b>" in reader.answer(at)["track"]
        assert at.query_params["track"] == signal
        assert reader.answer(at)["view"]["track"] == signal
    following = reader.answer(at)["page"]["around"]["next"]["address"]
    at = reader.view(at, following, track=signal, serial=2)
    assert f"signal <b>{signal}</b>" in reader.answer(at)["track"]
    assert len(reader.answer(at)["page"]["words"]["odds"]) == len(reader.answer(at)["page"]["words"]["id"])
    at = reader.view(at, following, serial=3)
    assert reader.answer(at)["track"] == ""
    assert "track" not in at.query_params


def test_an_unknown_signal_in_a_link_shows_that_of_the_book(book: Book, read: AppTest) -> None:
    read.query_params["track"] = "<b>nonsense"
    at = read.run()
    assert not at.exception
    assert f"signal <b>{book.signal}</b>" in reader.answer(at)["track"]
    assert "nonsense" not in drawn(at)
    assert "nonsense" not in str(reader.answer(at))
