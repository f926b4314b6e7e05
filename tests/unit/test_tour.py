"""The tour: what each stop shows is in the book, and what a book lacks is said."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from genomebook.book import Book
from genomebook.language.alphabet import reverse_complement
from genomebook.language.encode import Encoder
from genomebook.teaching.passages import ALU_HEAD, ClassPassage, alus
from genomebook.teaching.stops import TourStop
from genomebook.teaching.stops_of_letters import ISLAND_LETTERS, richest_window
from genomebook.teaching.texts import stop_texts
from genomebook.teaching.tour import STOPS, Tour
from tests.support import books

ALU = (  # made up: the first letters of an Alu and others
    ALU_HEAD.encode() + books.letters(221, 40)
)


def stops_of(path: Path) -> dict[str, TourStop]:
    book = Book.open(path)
    return dict(zip(stop_texts(), Tour(book, Encoder(book.vocabulary)).stops(), strict=True))


@pytest.fixture(scope="module")
def stops(class_book: Path) -> dict[str, TourStop]:
    return stops_of(class_book)


def made(sequences: dict[str, bytes], folder: Path) -> Path:
    """A book of these sequences, without genes."""
    (folder / "a.fa").write_bytes(books.fasta(sequences))
    return books.make(folder / "a.fa", folder / "a.book", workers=1).path


def letters_of(passage: ClassPassage) -> str:
    return "".join(piece.letters for piece in passage.pieces)


def at_place(path: Path, passage: ClassPassage) -> str:
    return Book.open(path).read(passage.place).upper()


def test_the_demo_shows_all_stops_but_the_alu(stops: dict[str, TourStop]) -> None:
    assert len(stops) == STOPS
    assert [name for name, stop in stops.items() if stop.missing] == ["alu"]
    assert [stop.number for stop in stops.values()] == list(range(1, STOPS + 1))
    for stop in stops.values():
        assert stop.missing or (stop.question and stop.answer and stop.before and stop.facts)


def test_the_gene_starts_where_the_table_says(stops: dict[str, TourStop], class_book: Path) -> None:
    stop = stops["start"]
    before, *codons = stop.after[0].pieces
    assert codons[0].mark == "start"
    assert codons[0].under == "Met"
    assert "".join(codon.letters for codon in codons) == at_place(class_book, stop.after[0])
    assert letters_of(stop.before[0]) == letters_of(stop.after[0])
    assert stop.after[0].place.startswith("chrM:3307-")  # MT-ND1, the first gene of a protein
    assert before.letters == Book.open(class_book).read("chrM:3277-3306")


def test_trna_stands_between_long_genes(stops: dict[str, TourStop]) -> None:
    pieces = stops["trna"].before[0].pieces
    assert [piece.under.split()[0] for piece in pieces] == ["MT-ND1", "MT-TI", "MT-TQ", "MT-TM", "MT-ND2"]
    assert [piece.mark for piece in pieces] == ["codon", "start", "start", "start", "codon"]
    assert "Of the 15 long genes here, 14" in stops["trna"].facts[0]


def test_one_letter_makes_the_stop(stops: dict[str, TourStop]) -> None:
    stop = stops["broken"]
    whole = next(piece for piece in stop.before[0].pieces if piece.mark == "start").letters
    broken = next(piece for piece in stop.after[0].pieces if piece.mark == "stop").letters
    assert sum(a != b for a, b in zip(whole, broken, strict=True)) == 1
    assert broken in ("TAA", "TAG", "AGA", "AGG")  # the stops of the mitochondrion
    assert len(letters_of(stop.before[0])) == len(letters_of(stop.after[0]))


def test_both_pages_have_the_same_pairs(stops: dict[str, TourStop], class_book: Path) -> None:
    stop = stops["shuffle"]
    pages = [letters_of(page) for page in stop.before]
    pairs = [sorted(a + b for a, b in pairwise(page)) for page in pages]
    assert pages[0] != pages[1]
    assert pairs[0] == pairs[1]
    genome = int(stop.answer.removeprefix("Page ")[0])
    assert pages[genome - 1] == at_place(class_book, stop.after[0])


def test_the_other_strand_is_the_reverse_complement(stops: dict[str, TourStop], class_book: Path) -> None:
    stop = stops["strand"]
    assert letters_of(stop.before[0]) == at_place(class_book, stop.before[0])
    assert letters_of(stop.after[0]).encode() == reverse_complement(letters_of(stop.before[0]).encode())


def test_the_island_is_counted_beside_a_shuffle(stops: dict[str, TourStop], class_book: Path) -> None:
    stop = stops["island"]
    letters = at_place(class_book, stop.before[0])
    assert letters_of(stop.before[0]) == letters
    assert f"there are {letters.count('CG')}." in stop.answer
    assert "chance alone can make it" in stop.answer  # a shuffle of the mitochondrion has one as rich


def test_an_island_is_found_where_it_was_put(tmp_path: Path) -> None:
    rich = b"CG" * (ISLAND_LETTERS // 2)
    sequence = b"AT" * 2000 + rich + b"N" * 300 + b"AT" * 300
    path = made({"one": b"A" * 50, "two": sequence}, tmp_path)
    window = richest_window(Book.open(path))
    assert window is not None
    assert (window.volume, window.is_island) == ("two", True)
    assert abs(window.start - 4000) <= 1


def test_a_word_has_its_gloss(stops: dict[str, TourStop], class_book: Path) -> None:
    table = Book.open(class_book).lexicon.table
    glosses = dict(zip(table["word"], table["gloss"].fillna(""), strict=True))
    for passage in (*stops["english"].before, *stops["english"].after):
        assert all(piece.under == glosses[piece.letters] for piece in passage.pieces)


def test_alus_are_found_by_their_head_on_both_strands(tmp_path: Path) -> None:
    around = [books.letters(700, seed) for seed in range(4)]
    minus = reverse_complement(ALU)
    path = made({"one": around[0] + ALU + around[1] + minus + around[2]}, tmp_path)
    places = alus(Book.open(path))
    assert [place.strand for place in places] == ["+", "-"]
    assert [place.letters(Book.open(path)).encode() for place in places] == [ALU, ALU]
    stop = stops_of(path)["alu"]
    assert not stop.missing
    assert [letters_of(line).encode() for line in stop.before] == [ALU[:60], ALU[:60]]
    assert [piece.mark for piece in stop.after[0].pieces] == ["same"]


def test_a_book_without_genes_or_length_says_so(tmp_path: Path) -> None:
    stops = stops_of(made({"tiny": b"ACGTNACGT"}, tmp_path))
    assert len(stops) == STOPS
    for name, stop in stops.items():
        assert stop.missing, name
        assert "\n" not in stop.missing
    assert "annotate BOOK" in stops["start"].missing
    assert "60 letters" in stops["strand"].missing


def test_a_damaged_book_lacks_only_what_is_damaged(class_book: Path, tmp_path: Path) -> None:
    path = tmp_path / "hurt.book"
    shutil.copytree(class_book, path)
    (path / "transcripts" / "manifest.json").write_text("{}")
    stops = stops_of(path)
    assert "transcripts" in stops["start"].missing
    assert not stops["shuffle"].missing


def test_stops_that_are_missing_are_skipped(class_book: Path, tmp_path: Path) -> None:
    book = Book.open(class_book)
    tour = Tour(book, Encoder(book.vocabulary))
    assert [tour.beside(number, 1) for number in (1, 2, 4, STOPS)] == [2, 4, 5, None]
    assert [tour.beside(number, -1) for number in (1, 2, 4, STOPS)] == [None, 1, 2, STOPS - 1]
    tiny = Book.open(made({"tiny": b"ACGTNACGT"}, tmp_path))
    bare = Tour(tiny, Encoder(tiny.vocabulary))  # has no stop: the one beside says so
    assert [bare.beside(3, 1), bare.beside(3, -1), bare.beside(STOPS, 1)] == [4, 2, None]


def test_a_stop_is_made_when_it_is_asked_for_and_once(
    class_book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def counted(name: str, make: Callable[[], TourStop]) -> TourStop:
        asked.append(name)
        return make()

    monkeypatch.setattr("genomebook.teaching.tour._made", counted)
    book = Book.open(class_book)
    tour = Tour(book, Encoder(book.vocabulary))
    with ThreadPoolExecutor(8) as pool:
        stops = list(pool.map(tour.stop, [2] * 30))
    assert asked == ["trna"]
    assert stops == [tour.stop(2)] * 30


def test_chromosome_21_has_what_the_mitochondrion_lacks(shared: Path, tmp_path: Path) -> None:
    with gzip.open(shared / "data" / "genome" / "GRCh38_regions.fa.gz", "rt") as file:
        records = file.read().split(">")
    record = next(record for record in records if record.startswith("chr21:24985581"))
    letters = record.partition("\n")[2].replace("\n", "").encode()[400_000:800_000]
    stops = stops_of(made({"chr21": letters}, tmp_path))
    assert not stops["alu"].missing
    own = [np.array(list(letters_of(line))) for line in stops["alu"].before]
    assert all((own[0] == other).mean() > 0.5 for other in own[1:])  # a quarter by chance
    assert "by this rule the place is a CpG island." in stops["island"].answer
    assert "chance alone" not in stops["island"].answer
    assert stops["trna"].missing
