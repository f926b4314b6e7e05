"""The page of a word as HTML: figures beside their meaning, aligned contexts, links; every text escaped."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest

from genomebook.book import Book
from genomebook.book.schema import AMBIGUITY, GLOSSES, NEIGHBOURS, TAGS
from genomebook.lexicon.context import Line, lines
from genomebook.lexicon.listing import listing
from genomebook.lexicon.occurrences import Occurrences
from genomebook.lexicon.statistics import letters_a_word
from genomebook.render.words import concordance, word_page
from genomebook.render.words import neighbours as near_words
from genomebook.render.words import word_list as lexicon_html
from tests.support.word_tables import EVIL, enriched

NONE: dict[str, Any] = {"gloss": None, "name": None, "phrase": None, "partner": None}


class Seen(HTMLParser):
    """Tags, links and attributes of a text; text outside tags by tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.feed(html)
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def book(chrm_book: Path) -> Book:
    return Book.open(chrm_book)


@pytest.fixture(scope="module")
def row(book: Book) -> dict[str, Any]:
    words = listing(book.lexicon)
    return dict(words.sort_values("count", ascending=False).iloc[0].to_dict())


def whole(html: str) -> str:
    """Text without tags."""
    return re.sub(r"<[^>]+>", "", html)


def test_every_text_of_a_hostile_book_is_escaped(chrm_book: Path, tmp_path: Path) -> None:
    book = Book.open(enriched(chrm_book, tmp_path / "evil.book", EVIL))
    words = listing(book.lexicon)
    row = words[words["gloss"].notna()].iloc[0].to_dict()
    lexicon, name = book.lexicon, EVIL
    found = lines(book, Occurrences.open(book).ordinals(int(row["id"]), 0, 20), 3)
    near = {EVIL: [(EVIL, EVIL, 0.5)]}
    made = [
        word_page.head({**row, "word": EVIL, "partner": EVIL}, {EVIL: EVIL}),
        word_page.figures(row, 1000, 1, [EVIL, EVIL], {"q": EVIL}),
        word_page.gloss(row, name, True),
        word_page.gloss({**row, **NONE}, name, False),
        word_page.grounded(lexicon.grounded[lexicon.grounded["id"] == row["id"]], row["phrase"], name, True),
        word_page.contexts(lexicon.ambiguity[lexicon.ambiguity["id"] == row["id"]], name, True),
        concordance.concordance(book, found, EVIL, lexicon.glosses),
        concordance.along(
            book, Occurrences.open(book).along(int(row["id"]), 60), np.array([row["count"]]), EVIL
        ),
        near_words.neighbours(near, {EVIL: {"length": 0.5}}, EVIL, {"q": EVIL}),
        lexicon_html.matches(words.head(3), 9, {"q": EVIL}),
        lexicon_html.no_word(EVIL, [EVIL], {"q": EVIL}),
        lexicon_html.no_gloss(EVIL, [(EVIL, EVIL)], EVIL, {"q": EVIL}),
        *(lexicon_html.missing(table, EVIL) for table in (GLOSSES, TAGS, AMBIGUITY, NEIGHBOURS)),
    ]
    for html in made:
        seen = Seen(html)
        assert not {"script", "img"} & set(seen.tags)
        assert not {name for name in seen.attributes if name.startswith("on")}
        assert all(link.startswith(("?", "read?")) for link in seen.links)
    assert "&lt;script&gt;" in made[2]


def test_the_head_names_gloss_annotation_and_the_other_strand(row: dict[str, Any]) -> None:
    known = {**row, "gloss": "river", "phrase": "62 % inside Alu", "tag": "Alu 62 %", "partner": "TTTA"}
    html = word_page.head(known, {"q": "x"})
    assert "Alu" not in word_page.head({**known, "tag": None}, {})
    for said in ("“river”", "62 % inside Alu", "On the other strand it reads"):
        assert said in html
    assert Seen(html).links == ["?q=x&word=TTTA"]
    own = word_page.head({**row, "partner": row["word"]}, {})
    assert "its own reverse complement" in own
    assert Seen(own).links == []
    assert "no word of this book" in word_page.head({**row, **NONE}, {})


@pytest.mark.parametrize(
    ("times", "low", "high", "said"),
    [
        (1.6, 1.5, 1.7, "1.60 times (1.50 to 1.70)</dd><dd"),
        (1.6, 1.5, 1.7, "more often than composition"),
        (0.5, 0.4, 0.6, "less often than composition"),
        (1.1, 0.9, 1.3, "The interval holds 1"),
        (np.inf, 3.2, np.inf, "never expected (above 3.20 times)"),
        (12.345, 1.5, 340.2, "12.3 times (1.50 to 340)"),
    ],
)
def test_the_count_stands_beside_the_shuffle(
    row: dict[str, Any], times: float, low: float, high: float, said: str
) -> None:
    html = word_page.figures({**row, "times": times, "low": low, "high": high}, 4000, 3, ["TA", "A"], {})
    assert said in html
    assert "number 3 by frequency" in html
    assert f"{row['count']:,}" in html
    assert Seen(html).links == ["?word=TA", "?word=A"]


def test_a_book_without_a_shuffle_says_nothing_of_it(row: dict[str, Any]) -> None:
    html = word_page.figures({**row, "expected": np.nan, "times": np.nan}, 4000, 3, [], {})
    assert "shuffle" not in html
    assert "nan" not in html


def test_the_figures_of_a_gloss_are_explained_and_what_is_not_measured_is_left_out(
    row: dict[str, Any],
) -> None:
    figures = {"gloss_score": 0.2, "gloss_margin": -0.02, "gloss_stability": 0.5, "gloss_rank": 0.996}
    html = word_page.gloss({**row, **figures, "gloss": "river"}, "b", True)
    for said in ("99 %", "stands out", "0.200", "−0.020", "50 %", "not a translation"):
        assert said in html
    below = word_page.gloss(
        {**row, **figures, "gloss": "river", "name": "river", "gloss_rank": 0.5}, "b", True
    )
    assert "does not stand out" in below
    bare = word_page.gloss({**row, **dict.fromkeys(figures, np.nan), "gloss": "river"}, "b", True)
    assert "nan" not in bare
    assert "Stability" not in bare
    assert "none left near it" in word_page.gloss({**row, **NONE}, "b", True)


def test_what_is_missing_is_said_with_the_command(row: dict[str, Any]) -> None:
    none = pd.DataFrame()
    assert "genomebook gloss</code>" in word_page.gloss({**row, **NONE}, "my.book", False)
    assert "genomebook ground my.book --track" in word_page.grounded(none, "", "my.book", False)
    assert "genomebook senses my.book</code>" in word_page.contexts(none, "my.book", False)
    for html in (word_page.grounded(none, "", "my.book", True), word_page.contexts(none, "my.book", True)):
        assert "too seldom" in html
        assert "<code>" not in html


def test_classes_are_sorted_by_how_sure_they_are_beside_their_control() -> None:
    rows = pd.DataFrame(
        {
            "class": ["exon", "Alu", "CpG island"],
            "count": [900, 62, 1200],
            "share": [0.9, 0.62, 0.005],
            "expected": [0.89, 0.31, 0.0004],
            "enrichment": [1.01, 2.0, 12.5],
            "low": [0.9, 1.8, 8.0],
            "high": [1.1, 2.2, 20.0],
            "p": [0.5, 1e-9, 1e-4],
            "q": [0.6, 1e-7, 0.01],
        }
    )
    html = word_page.grounded(rows, "in Alu", "b", True)
    assert re.findall(r'<th scope="row">([^<]+)', html) == ["Alu", "CpG island", "exon"]
    assert html.count('class="pale"') == 1
    assert "<td>62 %</td><td>31 %</td><td>2.00 times (1.80 to 2.20)</td><td>1e-07</td>" in html
    assert "<td>0.5 %</td><td>0.04 %</td>" in html
    assert "circular shifts" in html


def cells(html: str) -> list[list[str]]:
    """Text of the cells of each row of the table."""
    return [
        [whole(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line)]
        for line in re.findall(r"<tr>(.*?)</tr>", html)
    ]


def test_lines_are_aligned_around_the_word_and_lead_into_the_book(book: Book, row: dict[str, Any]) -> None:
    ordinals = Occurrences.open(book).ordinals(int(row["id"]), 0, 20)
    found = lines(book, ordinals, 4)
    html = concordance.concordance(book, found, "a word")
    head, *rows = cells(html)
    assert head == ["where", "−4", "−3", "−2", "−1", "word", "+1", "+2", "+3", "+4"]
    assert {len(one) for one in rows} == {10}
    assert {one[5].upper() for one in rows} == {row["word"]}
    for one, line, link in zip(rows, found, Seen(html).links, strict=True):
        assert "".join(one[1:]).encode() in book["chrM"].sequence()
        region = book.addresses.parse(parse_qs(urlsplit(link).query)["loc"][0])
        assert link.startswith("read?loc=")
        assert (region.volume, region.start, region.end) == (line.volume, line.start, line.end)
        assert book["chrM"].sequence(region.start, region.end).decode().upper() == row["word"]


def test_short_contexts_keep_the_word_in_its_column(book: Book) -> None:
    short = [
        Line("chrM", 0, 2, (), "GA", ((20, "TC"), (21, "T"))),
        Line("chrM", 9, 11, ((20, "TC"), (21, "T")), "ga", ()),
    ]
    html = concordance.concordance(book, short, "two", ["", *["g"] * 20, "<b>"])
    _, first, last = cells(html)
    assert first[1:] == ["", "", "GA", "TCg", "T&lt;b&gt;"]
    assert last[1:] == ["TCg", "T&lt;b&gt;", "ga", "", ""]
    plain = concordance.concordance(book, short, "two")
    assert cells(plain)[1][1:] == ["", "", "GA", "TC", "T"]


def test_bars_add_up_and_lead_to_the_occurrences(book: Book, row: dict[str, Any]) -> None:
    index = Occurrences.open(book)
    counts = index.along(int(row["id"]), concordance.BINS)
    html = concordance.along(book, counts, index.by_volume(int(row["id"])), row["word"])
    said = [int(n) for n in re.findall(r'title="(\d+) in chrM:', html)]
    assert said == counts["chrM"].tolist()
    assert sum(said) == row["count"]
    starts = [
        int(parse_qs(urlsplit(link.replace("&amp;", "&")).query)["from"][0])
        for link in re.findall(r'<a href="([^"]+)" tabindex', html)
    ]
    edges = np.cumsum([0, *said])[:-1] + 1
    assert starts == edges[np.array(said) > 0].tolist()
    assert "Counts along the sequences" in html
    assert f"{row['count']:,} in all" in html


@pytest.mark.parametrize(("length", "bars"), [(100, 60), (51, 30), (10, 6), (1, 1)])
def test_a_bar_stands_for_about_as_many_letters_in_every_volume(length: int, bars: int) -> None:
    assert concordance.bars_of(length, 100) == bars
    assert concordance.BINS % bars == 0


def test_neighbours_stand_beside_random_weights(book: Book) -> None:
    ours = {"length": 0.4, "length, any two": 0.2, "gc": 0.7, "gc, any two": 0.3, "reverse complement": 0.1}
    figures = {"words, input": ours, "words, input, random weights": {"length": 0.21, "gc": 0.31}}
    html = near_words.neighbours({"words, input": [("TATA", "river", 0.81)]}, figures, "a-reader", {})
    assert "<td>40 %</td><td>21 %</td><td>20 %</td>" in html
    assert "<td>10 %</td><td>–</td><td>–</td>" in html
    assert "?word=TATA" in html
    assert "0.81" in html
    assert "too seldom" in near_words.neighbours({}, figures, "a-reader", {})


def test_the_book_says_whether_its_words_are_words(book: Book) -> None:
    words = listing(book.lexicon)
    fact = lexicon_html.wordness(words)
    assert fact is not None
    assert (fact.letters, fact.shuffled) == letters_a_word(book.lexicon.table)
    html = lexicon_html.top(fact)
    assert f"{fact.letters:.2f} bases" in html
    assert f"{fact.more:,} occur clearly" in html
    assert "no longer (10.0\u00a0% shorter)" in lexicon_html.top(fact._replace(letters=4.5, shuffled=5))
    longer = lexicon_html.top(fact._replace(letters=5.5, shuffled=5))
    assert "10.0\u00a0% longer, and no more" in longer
    assert lexicon_html.wordness(words.assign(expected=np.nan)) is None
    assert "No shuffle" in lexicon_html.top(None)


def test_links_keep_what_was_looked_for() -> None:
    html = lexicon_html.no_word("TATAG", ["TATA", "G"], {"q": "TATAG", "how": "exact"})
    assert Seen(html).links == ["?q=TATAG&how=exact&word=TATA", "?q=TATAG&how=exact&word=G"]
    assert "On its own it is tokenized as" in html
    assert "depend on the letters around" in html
