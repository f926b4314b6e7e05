"""Reading a book: nothing is lost, units tile, every place is found, pages pass over nothing."""

from __future__ import annotations

import gc
import hashlib
import random
import weakref
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genomebook.annotation.variants.consequences import ConsequenceCaller
from genomebook.book import Book, Volume
from genomebook.book.page import Gap, Page, open_page
from genomebook.book.verify import verify
from genomebook.errors import OptionError, RegionError
from genomebook.genome.digests import refget
from genomebook.genome.regions import Region
from genomebook.language.alphabet import FIRST_WORD, GAP
from genomebook.render.page.make import PageMaker, PageOptions
from tests.support import books
from tests.support.book_tables import COLUMNS, check_tables


@pytest.fixture(scope="module")
def chrm(chrm_book: Path) -> Volume:
    return Book.open(chrm_book)["chrM"]


@pytest.fixture(scope="module")
def gaps_book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """A book with gaps at both ends and inside, a volume of nothing but N, and one of one letter."""
    folder = tmp_path_factory.mktemp("gaps")
    ends = b"N" * 900 + books.letters(5000, 1) + b"nN" * 9000 + b"R" + books.letters(3000, 2).lower() + b"N"
    content = {"ends": ends, "empty": b"N" * 7000, "one": b"g", "two": books.letters(9000, 3)}
    (folder / "a.fa").write_bytes(books.fasta(content))
    return books.make(folder / "a.fa", folder / "a.book")


def check_words(volume: Volume, sequence: bytes, start: int, end: int) -> None:
    """Words that overlap [start, end) are whole, side by side, and spelled as the reference."""
    words = volume.words(start, end)
    assert (words.ids.dtype, words.starts.dtype) == (np.uint16, np.int64)
    assert len(words.strength) == len(words.surprisal) == len(words.ends) == len(words)
    if start == end:
        assert len(words) == 0
        return
    assert words.starts[0] <= start < words.ends[0]
    assert words.starts[-1] < end <= words.ends[-1]
    assert (words.ends[:-1] == words.starts[1:]).all()
    for word, a, b, text in zip(words.ids, words.starts, words.ends, words.texts(), strict=True):
        here = sequence[a:b]
        if word == GAP:
            assert set(here) <= set(b"Nn")
            assert text == ""
            assert sequence[a - 1 : a] not in (b"N", b"n")
            assert sequence[b : b + 1] not in (b"N", b"n")
        else:
            assert text.encode() == here
            assert (word < FIRST_WORD) == (here.upper() not in (b"A", b"C", b"G", b"T") and len(here) == 1)


def pages(book: Book, name: str, limit: int) -> list[Page]:
    """Page after page from the first letter to the last."""
    volume, at, found = book[name], 0, []
    while at is not None:
        page = open_page(book, Region(name, at, volume.length), limit)
        assert page.start == at
        found.append(page)
        at = page.following_page
    return found


def check_pages(book: Book, name: str, sequence: bytes, limit: int) -> None:
    """Pages, forward and backward, and single steps pass every block once, and give the letters back."""
    volume = book[name]
    found = pages(book, name, limit)
    blocks = [block for page in found for block in page.blocks]
    assert [0, *(block.end for block in blocks)] == [*(block.start for block in blocks), volume.length]
    text = b""
    for block in blocks:
        if isinstance(block, Gap):
            text += sequence[block.start : block.end]
            assert set(sequence[block.start : block.end]) <= set(b"Nn")
        else:
            words = [word for sentence in block.sentences for word in sentence.words]
            text += "".join(word.text for word in words).encode()
            assert [block.start, *(word.end for word in words)] == [*(w.start for w in words), block.end]
    assert text == sequence
    longest = max(block.end - block.start for block in blocks)
    for page in found:
        assert sum(b.end - b.start for b in page.blocks if not isinstance(b, Gap)) < limit + longest
        assert page.more == (page.end < volume.length)
    starts = [block.start for block in blocks]
    at: int | None = 0
    forward = []
    while at is not None:
        page = open_page(book, Region(name, at, at + 1), limit)
        assert len(page.blocks) == 1
        assert page.previous_start == (forward[-1] if forward else None)
        forward.append(at)
        at = page.next_start
    assert forward == starts
    page = found[-1]
    while page.preceding_page is not None:
        assert page.preceding_page in starts
        assert page.preceding_page < page.start
        before = open_page(book, Region(name, page.preceding_page, page.start), volume.length)
        assert (before.start, before.end) == (page.preceding_page, page.start)
        letters = sum(b.end - b.start for b in before.blocks if not isinstance(b, Gap))
        assert letters >= limit or before.start == 0
        assert letters < limit + longest
        page = open_page(book, Region(name, before.start, before.start + 1), limit)
    assert page.start == 0


@settings(max_examples=40)
@given(data=st.data(), content=books.records())
def test_any_genome_comes_back_letter_for_letter(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, content: dict[str, bytes]
) -> None:
    folder = tmp_path_factory.mktemp("round")
    (folder / "in.fa").write_bytes(data.draw(books.files(content)))
    shard = data.draw(st.sampled_from([1000, 2500, 4_000_000]))
    book = books.make(folder / "in.fa", folder / "a.book", shard=shard)
    assert set(book.volumes) == set(content)
    for name, sequence in content.items():
        volume = book[name]
        assert volume.sequence() == sequence
        assert volume.length == len(sequence)
        assert volume.md5 == hashlib.md5(sequence.upper()).hexdigest()
        assert volume.refget == refget(sequence)
        assert volume.counts["lower_case_letters"] == sum(map(sequence.count, b"acgtunryswkmbdhv"))
        assert volume.counts["gap_letters"] == sequence.upper().count(b"N")
        for _ in range(8):
            start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(sequence))] * 2)))
            assert volume.sequence(start, end) == sequence[start:end]
            check_words(volume, sequence, start, end)
        check_tables(volume)
        check_pages(book, name, sequence, data.draw(st.sampled_from([1, 200, 4000])))
    assert verify(book)


def test_the_mitochondrial_chromosome(chrm: Volume, chrm_fasta: Path) -> None:
    sequence = b"".join(chrm_fasta.read_bytes().split(b"\n")[1:])
    assert chrm.sequence() == sequence
    assert (chrm.length, chrm.md5) == (16569, "c68f52674c9fb33aef52dcf399755519")
    check_tables(chrm)
    draw = random.Random(4)
    for _ in range(200):
        start = draw.randrange(chrm.length)
        end = draw.randrange(start, chrm.length + 1)
        assert chrm.sequence(start, end) == sequence[start:end]
        check_words(chrm, sequence, start, min(end, start + 500))


@pytest.mark.parametrize("limit", [1, 700, 4000, 10**6])
def test_pages_of_the_mitochondrial_chromosome(chrm_book: Path, chrm_fasta: Path, limit: int) -> None:
    sequence = b"".join(chrm_fasta.read_bytes().split(b"\n")[1:])
    check_pages(Book.open(chrm_book), "chrM", sequence, limit)


def test_gaps_at_both_ends_and_volumes_of_one_kind(gaps_book: Book) -> None:
    assert gaps_book["ends"].gaps().tolist() == [[0, 900], [5900, 23900], [26901, 26902]]
    assert gaps_book["ends"].gaps(900, 5901).tolist() == [[5900, 23900]]
    assert gaps_book["empty"].counts["paragraphs"] == 0
    for volume in gaps_book:
        check_tables(volume)
        for limit in (1, 1000, 4000):
            check_pages(gaps_book, volume.name, volume.sequence(), limit)
    letter = next(w for w in _words_of(gaps_book, "ends", 23900) if w.text == "R")
    assert (letter.kind, letter.start) == ("letter", 23900)


def _words_of(book: Book, name: str, at: int) -> list:  # type: ignore[type-arg]
    page = open_page(book, Region(name, at, at + 1))
    return [w for b in page.blocks if not isinstance(b, Gap) for s in b.sentences for w in s.words]


def test_locate_agrees_with_the_tables(gaps_book: Book, chrm: Volume) -> None:
    draw = random.Random(5)
    for volume in (*gaps_book, chrm):
        tables = {level: getattr(volume, level)() for level in COLUMNS}
        for at in [0, volume.length - 1, *(draw.randrange(volume.length) for _ in range(30))]:
            place = volume.locate(at)
            for level, table in tables.items():
                holds = table.index[(table["start"] <= at) & (at < table["end"])].tolist()
                assert [getattr(place, level[:-1])] == (holds or [-1])


def test_overlapping_rows_are_those_that_overlap(gaps_book: Book, chrm: Volume) -> None:
    draw = random.Random(6)
    for volume in (gaps_book["ends"], chrm):
        for level in COLUMNS:
            table = getattr(volume, level)()
            for _ in range(20):
                start, end = sorted(draw.sample(range(volume.length + 1), 2))
                rows = getattr(volume, level)(start, end)
                expected = table[(table["start"] < end) & (table["end"] > start)]
                assert rows.index.tolist() == expected.index.tolist()
                assert rows.equals(expected)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("chrM:3307-4262", 3306, 4262),
        ("chrM:3,307-4,262", 3306, 4262),
        ("MT:3307-4262", 3306, 4262),
        ("NC_012920.1:3307-4262", 3306, 4262),
        ("chrM", 0, 16569),
        ("M", 0, 16569),
        ("MT-ND1", 3306, 4262),
        ("mt-nd1", 3306, 4262),
        ("chrM:3307", 3306, 3307),
        ("chrM:16569", 16568, 16569),
        ("chrM 3306 4262", 3306, 4262),
    ],
)
def test_region_strings(chrm_book: Path, text: str, start: int, end: int) -> None:
    book = Book.open(chrm_book)
    region = book.addresses.parse(text)
    assert region == Region("chrM", start, end)
    assert book.addresses.parse(book.addresses.format(region)) == region


def test_a_book_answers_to_the_names_of_its_volumes(chrm_book: Path) -> None:
    book = Book.open(chrm_book)
    assert book["chrM"] is book["MT"] is book["NC_012920.1"] is book["M"]
    assert [volume.name for volume in book] == list(book.volumes) == ["chrM"]
    assert len(book) == 1
    assert book.has_genes
    assert (book.title, book.assembly) == ("The human mitochondrial chromosome", "GRCh38")
    with pytest.raises(RegionError, match="no sequence or gene 'chr9'"):
        book["chr9"]
    with pytest.raises(RegionError, match="16,569 letters"):
        book["chrM"].sequence(0, 16570)
    with pytest.raises(OptionError, match="level 'verses': choose one of parts, chapters, sections"):
        book["chrM"].table("verses")


def test_volumes_stand_in_karyotype_order(tmp_path: Path) -> None:
    names = ["chrM", "chr10", "chrX", "scaffold_2", "2", "chr1"]
    (tmp_path / "a.fa").write_bytes(books.fasta(dict.fromkeys(names, b"ACGTACGT")))
    book = books.make(tmp_path / "a.fa", tmp_path / "a.book")
    assert list(book.volumes) == ["chr1", "2", "chr10", "chrX", "chrM", "scaffold_2"]


def test_a_page_of_a_region_ends_where_the_region_ends(chrm_book: Path) -> None:
    book = Book.open(chrm_book)
    region = book.addresses.parse("MT-ND1")
    page = open_page(book, region)
    assert page.start <= region.start
    assert page.blocks[-1].start < region.end <= page.end
    assert not page.more
    whole = open_page(book, book.addresses.parse("chrM"))
    assert whole.more
    assert whole.start == 0


def test_a_slice_is_addressed_by_the_genome(tmp_path: Path) -> None:
    sequence = books.letters(2000, 8)
    (tmp_path / "a.fa").write_bytes(books.fasta({"chr21:5001-7000": sequence}))
    book = books.make(tmp_path / "a.fa", tmp_path / "a.book")
    volume = book["chr21:5001-7000"]
    assert (volume.contig, volume.origin) == ("chr21", 5000)
    region = book.addresses.parse("chr21:5101-5200")
    assert (region.start, region.end) == (100, 200)
    assert volume.sequence(region.start, region.end) == sequence[100:200]


@pytest.mark.parametrize("limit", [1, 2, 3])
@pytest.mark.parametrize("letters", [b"TNATN", b"NNAN", b"ANNNT", b"ANTNCNG"])
def test_the_page_before_reaches_this_one_over_gaps(tmp_path: Path, letters: bytes, limit: int) -> None:
    (tmp_path / "in.fa").write_bytes(b">x\n" + letters + b"\n")
    check_pages(books.make(tmp_path / "in.fa", tmp_path / "a.book"), "x", letters, limit)


def test_a_book_that_is_no_longer_read_is_closed_at_once(chrm_book: Path) -> None:
    book = Book.open(chrm_book)
    maker = PageMaker(book)
    maker.land(*maker.ask("MT-ND1"), PageOptions(("gloss",)))
    ConsequenceCaller(book).spliced(book.transcripts.overlapping("chrM", 0, 5000)[0])
    known = weakref.ref(book), weakref.ref(book.contents), weakref.ref(book.transcripts)
    gc.disable()
    try:
        del book, maker
        assert [one() for one in known] == [None] * 3
    finally:
        gc.enable()
