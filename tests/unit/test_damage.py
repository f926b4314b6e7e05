"""Damaged books: file and remedy are named, and no error is of another kind than the library's own."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from genomebook.annotation.genes import Genes
from genomebook.book import Book
from genomebook.book.meta import read_body
from genomebook.book.page import open_page
from genomebook.book.schema import VERSION
from genomebook.book.verify import problems
from genomebook.errors import BookFormatError, DamagedBookError, GenomebookError
from genomebook.files.checks import BLOCK_SIZE, CheckedFile, Flat, digest_blocks
from genomebook.files.digests import manifest_text, own_digest
from genomebook.genome.regions import Region
from genomebook.lexicon.context import lines
from genomebook.lexicon.occurrences import Occurrences
from tests.support import altered, books


@pytest.fixture(scope="module")
def volumes_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book with every kind of file: genes, a reader of its own, gaps, both cases, more than one volume."""
    folder = tmp_path_factory.mktemp("volumes")
    one = books.letters(20_000, 1) + b"N" * 500 + books.letters(5000, 2).lower() + b"N" * 40 + b"ACGT" * 600
    (folder / "a.fa").write_bytes(books.fasta({"chr1": one, "chr2": books.letters(4000, 3) + b"n"}))
    (folder / "genes.bed").write_text("chr1\t10\t9000\tALPHA\nchr2\t1\t900\tBETA\n")
    genes = folder / "genes.bed"
    return books.make(folder / "a.fa", folder / "a.book", genes=genes, reader="ngram-book").path


def files_of(book: Path) -> list[str]:
    return [name for name, digest in books.snapshot(book).items() if digest != "folder"]


def test_verify_names_every_file_that_is_damaged(
    volumes_book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = tmp_path / "a.book"
    shutil.copytree(volumes_book, book)
    assert books.program(capsys, "verify", book).code == 0
    names = files_of(book)
    assert len(names) == 21
    draw = random.Random(8)
    for name in names:
        content = (book / name).read_bytes()
        damaged: list[bytes | None] = [None]
        if content:
            at = draw.randrange(len(content))
            flipped = bytes([content[at] ^ 1 << draw.randrange(8)])
            damaged += [content[:at] + flipped + content[at + 1 :], content[:-1], content + b"\0"]
        for bad in damaged:
            if bad is None:
                (book / name).unlink()
            else:
                (book / name).write_bytes(bad)
            before = books.snapshot(book)
            error = books.program(capsys, "verify", book).error
            assert error.startswith(str(book if bad is None and name == "book.json" else book / name) + ": ")
            assert any(word in error for word in ("restore", "rebuild", "make one", "update"))
            assert books.snapshot(book) == before
            (book / name).write_bytes(content)
    assert books.program(capsys, "verify", book).code == 0


def read_everything(path: Path) -> list[str]:
    """Ask a book all that the app and the command line ask; the errors of the library's own kind."""
    found = []
    for ask in (_read_genes, _read_volumes, _read_lexicon, problems):
        try:
            ask(Book.open(path))
        except GenomebookError as error:
            found.append(str(error))
    return found


def _read_genes(book: Book) -> None:
    book.addresses.parse("ALPHA")
    genes = Genes.open(book.path / "genes.parquet")
    genes.overlapping("chr1", 0, 9)


def _read_lexicon(book: Book) -> None:
    assert len(book.lexicon.table) == len(book.lexicon.glosses) - 5  # ids 0 and 12 to 15 have no spelling
    found = Occurrences.open(book)
    for word in (0, 16, 100, 619):
        assert len(lines(book, found.ordinals(word, 0, 5))) == min(5, found.count(word))
        found.along(word, 3)


def _read_volumes(book: Book) -> None:
    for volume in book:
        for start in (0, 777, 20_010, volume.length - 1):
            at = min(start, volume.length - 1)
            page = open_page(book, Region(volume.name, at, volume.length))
            assert page.blocks
            volume.locate(at)
            volume.words(at, at + 9).texts()
            volume.gaps(at, at + 999)
            assert len(volume.sequence(at, min(at + 700, volume.length))) == min(700, volume.length - at)
        volume.sequence()


def test_reading_a_damaged_book_fails_only_by_name(volumes_book: Path, tmp_path: Path) -> None:
    book = tmp_path / "a.book"
    shutil.copytree(volumes_book, book)
    draw = random.Random(9)
    for name in files_of(book):
        content = (book / name).read_bytes()
        for _ in range(min(len(content), 6)):
            at = draw.randrange(len(content))
            flipped = bytes([content[at] ^ 1 << draw.randrange(8)])
            (book / name).write_bytes(content[:at] + flipped + content[at + 1 :])
            for error in read_everything(book):
                assert str(book) in error
                assert "\n" not in error
        (book / name).write_bytes(content)


@pytest.mark.parametrize("how", ["missing", "cut short"])
def test_reading_a_book_whose_file_is_gone_names_the_file(
    volumes_book: Path, tmp_path: Path, how: str
) -> None:
    book = tmp_path / "a.book"
    shutil.copytree(volumes_book, book)
    for name in (
        *("words.u16", "index.i64", "gaps.i64", "lower.i64", "switch.i8", "checksums.u64"),
        *(f"{file}.parquet" for file in ("paragraphs", "sentences", "volumes")),
        "vocabulary.json",
    ):
        content = (book / name).read_bytes()
        if how == "missing":
            (book / name).unlink()
        else:
            (book / name).write_bytes(content[: len(content) // 2])
        with pytest.raises(DamagedBookError, match=rf"^{book / name}: ") as raised:
            open_page(Book.open(book), Region("chr1", 0, 27_000), 30_000)
        assert "restore" in str(raised.value)
        (book / name).write_bytes(content)


@pytest.mark.parametrize("command", ["verify", "info", "read", "serve"])
@pytest.mark.parametrize(("version", "remedy"), [(VERSION + 1, "update genomebook"), (0, "rebuild the book")])
def test_a_book_of_another_format(
    volumes_book: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    version: int,
    remedy: str,
) -> None:
    book = tmp_path / "a.book"
    shutil.copytree(volumes_book, book)
    meta = {**read_body(book)[0], "version": version}
    meta["digest"] = own_digest(meta)
    (book / "book.json").write_text(manifest_text(meta))
    before = books.snapshot(book)
    with pytest.raises(BookFormatError):
        Book.open(book)
    error = books.program(capsys, command, book, *(["chr1"] if command == "read" else [])).error
    assert error.startswith(
        f"{book / 'book.json'}: book format {version}, this program reads {VERSION}; {remedy}"
    )
    assert books.snapshot(book) == before


@pytest.mark.parametrize("content", ["", "[]", "{}", "\0", "[" * 100_000, '{"format": "genomebook-book"}'])
def test_a_book_json_that_is_none(volumes_book: Path, tmp_path: Path, content: str) -> None:
    book = tmp_path / "a.book"
    shutil.copytree(volumes_book, book)
    (book / "book.json").write_text(content)
    with pytest.raises(DamagedBookError, match=r"book\.json: .*restore the file or rebuild the book"):
        Book.open(book)


@pytest.mark.parametrize(
    "signals",
    [
        None,
        [],
        {},
        {"used": "switch"},
        {"used": "switch", "names": "switch"},
        {"used": "shift", "names": ["surprise", "switch"]},
        {"used": None, "names": ["switch"]},
        {"used": ["switch"], "names": ["switch"]},
        {"used": "switch", "names": []},
        {"used": "switch", "names": ["switch", 7]},
        {"used": "", "names": [""]},
        {"used": "switch", "names": ["switch", "../switch"]},
        {"used": "switch", "names": ["switch", "/etc/passwd"]},
        {"used": "switch", "names": ["switch", "Switch"]},
        {"used": "switch\n", "names": ["switch\n"]},
    ],
)
def test_signals_that_are_no_names_of_files_are_refused(
    volumes_book: Path, tmp_path: Path, signals: object
) -> None:
    """With the right digest of itself: who wrote it knew how."""
    book = tmp_path / "a.book"
    shutil.copytree(volumes_book, book)
    meta, _ = read_body(book)
    assert meta["signals"]["names"] == ["surprise", "switch", "combined"]
    meta["signals"] = signals
    meta["digest"] = own_digest(meta)
    (book / "book.json").write_text(manifest_text(meta))
    with pytest.raises(DamagedBookError) as raised:
        Book.open(book)
    assert str(raised.value).startswith(f"{book / 'book.json'}: ")
    assert "signal" in str(raised.value)


@pytest.mark.parametrize(
    "name", ["", "..", "../secret.txt", "/etc/passwd", "a/b.txt", "words.u16\n", ".hidden", "words"]
)
def test_files_elsewhere_are_refused_before_they_are_opened(
    volumes_book: Path, tmp_path: Path, name: str
) -> None:
    book = tmp_path / "a.book"
    shutil.copytree(volumes_book, book)
    meta, _ = read_body(book)
    meta["files"][name] = meta["files"]["words.u16"]
    meta["digest"] = own_digest(meta)
    (book / "book.json").write_text(manifest_text(meta))
    with pytest.raises(DamagedBookError, match=r"book\.json: .*restore the file or rebuild the book"):
        Book.open(book)


def test_a_word_changed_with_all_digests_is_still_found(volumes_book: Path, tmp_path: Path) -> None:
    """Digests of files say that they are as written; the digest of the sequence, that they are right."""
    book = tmp_path / "a.book"
    shutil.copytree(volumes_book, book)
    words = book / "words.u16"
    ids = bytearray(words.read_bytes())
    lexicon = Book.open(book).vocabulary
    at = next(
        n for n in range(0, len(ids), 2) if lexicon.lengths[int.from_bytes(ids[n : n + 2], "little")] == 6
    )
    here = int.from_bytes(ids[at : at + 2], "little")
    other = next(n for n, size in enumerate(lexicon.lengths) if size == 6 and n != here)
    ids[at : at + 2] = other.to_bytes(2, "little")
    words.write_bytes(ids)
    (found,) = problems(altered.resigned(book))
    assert found.startswith(f"{words}: the words, joined, are not the letters of chr1")


@pytest.mark.parametrize(
    ("at", "whole"), [(BLOCK_SIZE - 1, BLOCK_SIZE // 768 + 1), (BLOCK_SIZE, BLOCK_SIZE // 768 - 1)]
)
def test_a_row_that_lies_in_two_blocks_is_checked_in_both(tmp_path: Path, at: int, whole: int) -> None:
    path, size = tmp_path / "rows", 768 * 200
    path.write_bytes(bytes(size))
    _, sums = digest_blocks(path)
    path.write_bytes(bytes(at) + b"x" + bytes(size - at - 1))
    rows = Flat(CheckedFile(path, size, sums), "V768", 0, 200)
    assert len(rows.take(np.array([whole]))) == 1
    with pytest.raises(DamagedBookError, match="a checksum differs"):
        rows.take(np.array([BLOCK_SIZE // 768]))
