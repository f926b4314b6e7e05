"""Symbolic links and files of others in a received book: none is followed, listed, or missed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from benchmarks.search.kmer_vectors import KmerVectors
from genomebook.book import Book
from genomebook.book.annex import NAMES
from genomebook.book.verify import problems
from genomebook.errors import BookError, OptionError
from genomebook.pipeline.book.build import Options, build
from genomebook.pipeline.evidence.book import measure_book
from genomebook.pipeline.lexicon.ground import ground
from genomebook.pipeline.search.index import search_index
from genomebook.search.query import Query
from genomebook.search.searcher import Searcher
from genomebook.search.stores import base as stores
from tests.support import books
from tests.support.kills import beside

ENCODER = KmerVectors(8)
ADDED: dict[str, Callable[[Path], object]] = {
    "ground": lambda book: ground(book, shifts=3),
    "evidence": lambda book: measure_book(book, shuffles=1),
    "search": lambda book: search_index(book, encoder=ENCODER, workers=1),
}
FOREIGN = (".DS_Store", "notes.txt", "book.json.tmp", "manifest.json.tmp", "pictures/one.png", "._x/y.z")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    (folder / "a.fa").write_bytes(
        books.fasta({"x": books.letters(900, 1) + b"NN" + books.letters(99, 2).lower()})
    )
    books.make(folder / "a.fa", folder / "a.book")
    return folder


@pytest.fixture
def book(source: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(source / "a.book", tmp_path / "place" / "a.book"))


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """What no command may touch."""
    (tmp_path / "outside").mkdir()
    for name in ("evidence.json", "plan.json", "lock", "words.u16"):
        (tmp_path / "outside" / name).write_text("mine")
    return tmp_path / "outside"


PLACES = [
    *(
        "",
        "lock",
        "book",
        "genome",
        "scratch",
        "old",
        "done.json.tmp",
        "scratch/words.json.tmp",
        "book/words.u16",
    ),
    *("search.part", "search.part/book", "search.part/scratch", "search.part/plan.json.tmp"),
    *(f"{name}{ending}" for name in NAMES for ending in ("", ".old")),
]


@pytest.mark.parametrize("place", PLACES)
def test_a_link_in_the_working_folder_is_refused(place: str, source: Path, book: Path, outside: Path) -> None:
    link = book.parent / "a.book.part" / place if place else book.parent / "a.book.part"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(outside / "lock" if "." in link.name[-5:] or link.name == "lock" else outside)
    before, kept = books.snapshot(outside), books.snapshot(book)
    again = Options(source / "a.fa", book, words="words-600", workers=1, replace=True)
    for command in (*ADDED.values(), lambda book: build(again)):
        with pytest.raises(
            BookError, match=f"{link}: is a symbolic link, so nothing is written there; remove it"
        ):
            command(book)
    assert books.snapshot(outside) == before
    assert books.snapshot(book) == kept


@pytest.mark.parametrize("name", ADDED)
def test_a_link_in_the_place_of_what_a_stage_adds_is_refused(name: str, book: Path, outside: Path) -> None:
    (book / name).symlink_to(outside)
    before = books.snapshot(outside)
    with pytest.raises(
        BookError, match=f"{book / name}: is a symbolic link, so it is not replaced; remove it"
    ):
        ADDED[name](book)
    assert books.snapshot(outside) == before
    assert (book / name).is_symlink()
    assert beside(book) == []


@pytest.mark.parametrize("name", ADDED)
def test_links_inside_of_what_a_stage_added_before_are_not_followed(
    name: str, book: Path, outside: Path
) -> None:
    ADDED[name](book)
    expected = books.snapshot(book)
    for number, file in enumerate(sorted((book / name).iterdir())):
        (book / name / f"{file.name}.tmp").symlink_to(outside / "lock")
        if number % 2:
            file.unlink()
            file.symlink_to(outside / "lock")
    (book / name / "all").symlink_to(outside)
    before = books.snapshot(outside)
    ADDED[name](book)
    assert books.snapshot(outside) == before
    assert books.snapshot(book) == expected


def test_a_link_to_a_book_is_followed_to_the_book(source: Path, book: Path) -> None:
    """The book that it leads to is replaced and added to, and its working folder lies beside it."""
    before = Book.open(book).digest
    elsewhere = book.parent.parent / "links"
    elsewhere.mkdir()
    link = elsewhere / "link.book"
    link.symlink_to(book)
    build(Options(source / "a.fa", link, words="words-600", title="new", workers=1, replace=True))
    for add in ADDED.values():
        add(link)
    assert link.is_symlink()
    assert Book.open(book).digest != before
    assert problems(Book.open(book)) == []
    assert {path.name for path in book.iterdir() if path.is_dir()} == set(ADDED)
    assert [path.name for path in elsewhere.iterdir()] == ["link.book"]
    assert beside(book) == []


def test_a_link_to_an_index_elsewhere_is_followed_to_the_index(book: Path, tmp_path: Path) -> None:
    search_index(book, tmp_path / "index", encoder=None, workers=1)
    link = tmp_path / "link"
    link.symlink_to("index")
    search_index(book, link, encoder=ENCODER, workers=1)
    assert link.is_symlink()
    assert (tmp_path / "index" / "sentences.faiss").is_file()


def put_foreign(folder: Path) -> dict[str, str]:
    for name in FOREIGN:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(f"mine: {name}")
    return {name: (folder / name).read_text() for name in FOREIGN}


def test_files_of_others_are_neither_listed_nor_lost_nor_missed(book: Path) -> None:
    for add in ADDED.values():
        add(book)
    expected = books.snapshot(book)
    in_book = put_foreign(book)
    for name in ADDED:
        put_foreign(book / name)
    assert problems(Book.open(book)) == []
    for name, add in ADDED.items():
        add(book)
        assert problems(Book.open(book)) == []
        kept = {file: (book / file).read_text() for file in FOREIGN}
        assert kept == in_book
        assert not (book / name / "notes.txt").exists()  # the folder is the stage's own: it was made anew
        others = list(ADDED)[list(ADDED).index(name) + 1 :]
        assert all((book / one / "notes.txt").exists() for one in others)
    for file in FOREIGN:
        (book / file).unlink()
    shutil.rmtree(book / "pictures")
    shutil.rmtree(book / "._x")
    assert problems(Book.open(book)) == []
    assert books.snapshot(book) == expected


@pytest.mark.parametrize("file", ["surprisal.u8", "switch.i8", "occurrences.u16", "checksums.u64"])
def test_damage_that_verify_finds_is_found_after_every_stage(book: Path, file: str) -> None:
    content = bytearray((book / file).read_bytes())
    content[len(content) // 2] ^= 4
    (book / file).write_bytes(content)
    found = problems(Book.open(book))
    assert any(str(book / file) in line for line in found)
    for add in ADDED.values():
        with suppress(BookError):  # a stage that reads the file refuses it
            add(book)
        assert problems(Book.open(book)) == found
        assert beside(book) == []


def test_a_book_whose_path_is_not_utf_8(tmp_path: Path) -> None:
    """Built, added to, searched by vectors of both kinds, and taken whole, as any other."""
    (tmp_path / "a.fa").write_bytes(books.fasta({"x": books.letters(6000, 1) + books.letters(99, 2).lower()}))
    (tmp_path / "genes.bed").write_text("x\t10\t400\tALPHA\n")
    book = tmp_path / os.fsdecode(b"b\xe9.book")
    options = {"words": "words-600", "genes": tmp_path / "genes.bed", "reader": "ngram-book", "workers": 1}
    for _ in range(2):
        build(Options(tmp_path / "a.fa", book, replace=True, **options))  # type: ignore[arg-type]
    for add in ADDED.values():
        add(book)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stores, "MIN_IVF_ROWS", 10)
        search_index(book, tmp_path / os.fsdecode(b"i\xe9"), encoder=ENCODER, workers=1)
    opened = Book.open(book)
    assert problems(opened) == []
    assert opened.addresses.parse("ALPHA").start == 10
    letters = opened["x"].sequence(100, 300)
    for folder in (None, tmp_path / os.fsdecode(b"i\xe9")):
        searcher = Searcher.open(opened, folder, ENCODER)
        assert searcher.search(Query("q", letters), ("embedding",))
        hit = searcher.search(Query("q", letters))[0]
        assert (hit.start, hit.end) == (100, 300)


@pytest.mark.parametrize("name", [".", "../a.book"])
def test_the_folder_that_one_is_in_is_added_to_and_not_replaced(
    name: str, source: Path, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(book)
    before = books.snapshot(book)
    with pytest.raises(OptionError, match="is the folder that you are in, so it is not replaced"):
        build(Options(source / "a.fa", Path(name), workers=1, replace=True))
    assert books.snapshot(book) == before
    ADDED["ground"](Path(name))
    assert problems(Book.open(book)) == []
    assert beside(book) == []
