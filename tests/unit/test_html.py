"""The page as HTML: lossless, escaped, drawn to scale, readable in light and dark."""

from __future__ import annotations

import copy
import dataclasses
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomebook.annotation.genes import Genes
from genomebook.book import Book, Volume
from genomebook.book.page import MAX_BASES, Gap, open_page
from genomebook.book.places import LEVELS, Unit, contents, page_from, random_position
from genomebook.errors import RegionError
from genomebook.export import page as onpage
from genomebook.genome.regions import Addresses, Contig, Region
from genomebook.render.page import html, picture
from genomebook.render.templating import stylesheet
from tests.support import books
from tests.support.seen import ATTRIBUTES, EVIL, TAGS, Seen, colours, luminance


@pytest.fixture(scope="module")
def book(chrm_book: Path) -> Book:
    return Book.open(chrm_book)


@pytest.fixture(scope="module")
def genes(book: Book) -> pd.DataFrame:
    return Genes.open(book.path / "genes.parquet").table


def units(volume: Volume, position: int) -> list[Unit]:
    return [unit for unit in contents(volume, position) if unit.is_open]


def draw(book: Book, start: int, end: int, genes: pd.DataFrame) -> str:
    volume = book["chrM"]
    page = open_page(book, Region("chrM", start, end))
    near = genes[(genes["start"] < page.end) & (genes["end"] > page.start)]
    strip = picture.strip(volume, genes, here=page.start)
    return html.book_page(book.addresses, page, near, units(volume, start), strip)


@pytest.mark.parametrize("start", [0, 3306, 5903, 16000])
def test_a_page_holds_its_letters_and_words_are_apart(book: Book, genes: pd.DataFrame, start: int) -> None:
    page = open_page(book, Region("chrM", start, start + 500))
    seen = Seen(draw(book, start, start + 500, genes))
    assert seen.open == []
    assert "".join("".join(seen.dna).split()).encode() == book["chrM"].sequence(page.start, page.end).replace(
        b"N", b""
    )
    words = [text for text in book["chrM"].words(page.start, page.end).texts() if text]
    assert "".join(seen.dna).split() == words


def test_nothing_of_a_name_becomes_a_tag(book: Book, genes: pd.DataFrame) -> None:
    volume = copy.copy(book["chrM"])
    volume.name = volume.contig = volume.description = EVIL
    hostile = genes.assign(name=EVIL, description=EVIL, strand=EVIL)
    addresses = Addresses([Contig(EVIL, volume.length, EVIL, 0)])
    page = dataclasses.replace(open_page(book, Region("chrM", 3306, 4262)), volume=volume)
    near = hostile[(hostile["start"] < page.end) & (hostile["end"] > page.start)]
    titled = [Unit(level, 1, EVIL, 0, 9, True) for level in LEVELS]
    pages = [
        html.book_page(addresses, page, near, titled, picture.strip(volume, hostile, here=5)),
        picture.shelf(addresses, [volume], {EVIL: hostile}, volume.length, "read"),
        picture.wall_and_words(book, picture.picture_region(book, genes), hostile),
    ]
    for text in pages:
        seen = Seen(text)
        assert seen.open == []
        assert seen.tags <= TAGS
        assert seen.attributes <= ATTRIBUTES
        assert all(re.fullmatch(r"(read)?\?loc=[A-Za-z0-9%:._-]+", link) for link in seen.links)


def test_links_open_what_they_name(book: Book, genes: pd.DataFrame) -> None:
    links = Seen(draw(book, 3306, 4262, genes)).links
    assert "?loc=chrM%3A3307-4262" in links


def test_bars_are_to_scale_and_stay_inside(book: Book, genes: pd.DataFrame) -> None:
    page = open_page(book, Region("chrM", 5903, 7445))
    bars = Seen(draw(book, 5903, 7445, genes)).bars
    assert all(0 <= top <= 100 and 0 < height <= 100.01 - top for top, height in bars)
    drawn = sum(
        max(0, min(end, block.end) - max(start, block.start)) / (block.end - block.start)
        for block in page.blocks
        for start, end in zip(genes["start"], genes["end"], strict=True)
    )
    assert sum(height for _, height in bars) == pytest.approx(100 * drawn, abs=0.01 * len(bars) + 0.01)


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(1, 50)), max_size=30))
def test_genes_of_one_lane_do_not_overlap(pairs: list[tuple[int, int]]) -> None:
    rows = sorted((start, start + length) for start, length in pairs)
    table = pd.DataFrame(rows, columns=["start", "end"], dtype="int64")
    found = table.assign(lane=html.lanes(table, max_lanes=1000))
    for _, lane in found.groupby("lane"):
        assert (lane["start"].to_numpy()[1:] >= lane["end"].to_numpy()[:-1]).all()
    depth = max((sum(a <= start < b for a, b in rows) for start, _ in rows), default=0)
    assert found["lane"].nunique() == depth
    assert max(html.lanes(table), default=0) < html.MAX_LANES


def test_a_gap_is_marked_and_says_its_length(book: Book, genes: pd.DataFrame) -> None:
    page = open_page(book, Region("chrM", 0, 100))
    for gap, said in ((Gap(0, 10_000), "10,000 letters"), (Gap(3106, 3107), "1 letter")):
        text = html.book_page(book.addresses, dataclasses.replace(page, blocks=[gap]), genes[:0], [])
        assert f"gap: {said} of N" in text


@pytest.mark.parametrize("scheme", [0, 1])
@pytest.mark.parametrize("name", ["ink", "soft", "link", "line", "here"])
def test_text_contrast_is_aa_in_light_and_dark(scheme: int, name: str) -> None:
    found = {key: pair[scheme] for key, pair in colours(stylesheet()).items()}
    grounds = [found["paper"], found["word"]] if name == "ink" else [found["paper"]]
    for ground in grounds:
        light, dark = sorted([luminance(found[name]), luminance(ground, found["paper"])], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_contents_hold_the_place_and_only_what_is_open(chrm_fasta: Path, tmp_path: Path) -> None:
    book = books.make(chrm_fasta, tmp_path / "a.book", signal="surprise")  # more sections than by default
    volume = book["chrM"]
    for position in (0, 8000, volume.length - 1):
        rows = contents(volume, position)
        here = [unit for unit in rows if unit.is_open]
        assert [unit.level for unit in here] == list(LEVELS)
        assert all(unit.start <= position < unit.end for unit in here)
        place = volume.locate(position)
        assert [unit.number for unit in here] == [place.part, place.chapter, place.section]
    few = contents(volume, 8000, around=0)
    assert [unit.is_open for unit in few if not unit.stands_for] == [True, True, True]
    assert len(few) < len(contents(volume, 8000))
    for level in LEVELS:  # every unit of the open one above is listed or counted
        counted = sum(unit.stands_for or 1 for unit in few if unit.level == level)
        assert counted == len([unit for unit in contents(volume, 8000) if unit.level == level])


def test_a_turned_page_is_the_same_when_opened_again(book: Book) -> None:
    region = page_from(book, "chrM", 5000, 2000)
    page = open_page(book, region, limit=2000)
    assert (page.start, page.end) == (region.start, region.end)


def test_random_positions_reach_every_letter_outside_gaps(book: Book) -> None:
    class Draws:
        """A generator that deals every number once."""

        def __init__(self) -> None:
            self.next = 0

        def integers(self, end: int) -> int:
            self.next += 1
            return self.next - 1

    volume = book["chrM"]
    draws = Draws()
    count = volume.length - volume.counts["gap_letters"]
    found = [random_position(book, draws)[1] for _ in range(count)]  # type: ignore[arg-type]
    sequence = np.frombuffer(volume.sequence().upper(), np.uint8)
    assert np.array_equal(found, np.flatnonzero(sequence != ord("N")))


def test_fasta_is_exactly_the_region(book: Book) -> None:
    text = onpage.fasta(book, Region("chrM", 3306, 4262))
    head, *lines = text.splitlines()
    assert head == ">chrM:3307-4262"
    assert "".join(lines).encode() == book["chrM"].sequence(3306, 4262)
    back = onpage.fasta(book, Region("chrM", 3306, 4262), reverse_complement=True).splitlines()
    pairs = bytes.maketrans(b"ACGTacgt", b"TGCAtgca")
    assert "".join(back[1:]).encode().translate(pairs)[::-1] == book["chrM"].sequence(3306, 4262)
    with pytest.raises(RegionError, match="ask for a shorter one, or take it in Python"):
        onpage.fasta(book, Region("chrM", 0, MAX_BASES + 1))


@pytest.mark.parametrize("level", onpage.LEVELS)
def test_bed_rows_are_what_is_on_the_page(book: Book, level: str) -> None:
    page = open_page(book, Region("chrM", 3306, 4262))
    rows = [
        row.split("\t")
        for row in onpage.bed(page, level, Genes.open(book.path / "genes.parquet")).splitlines()
    ]
    assert rows
    assert all(len(row) == 6 and row[0] == "chrM" for row in rows)
    if level == "gene":
        assert ["chrM", "3306", "4262", "MT-ND1", "0", "+"] in rows
    if level == "word":
        for _, start, end, name, *_ in rows:
            assert book["chrM"].sequence(int(start), int(end)).decode() == name


def test_text_of_a_page_joins_to_its_letters(book: Book) -> None:
    page = open_page(book, Region("chrM", 3306, 4262))
    blocks = onpage.text(book, page).strip().split("\n\n")[1:]
    letters = "".join("".join(block.split("\n")[1:]) for block in blocks)
    assert re.sub(r"[ .]", "", letters).encode() == book["chrM"].sequence(page.start, page.end).replace(
        b"N", b""
    )


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("chrM:3307-4262", "chrM_3307-4262.fa"),
        ("../../etc/passwd", "etc_passwd.fa"),
        ("<b>:1-2", "b_1-2.fa"),
        ("", "page.fa"),
        ("x" * 400, "x" * 100 + ".fa"),
    ],
)
def test_file_names_are_safe(address: str, name: str) -> None:
    assert onpage.file_name(address, "fa") == name
