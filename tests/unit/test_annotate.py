"""``genomebook annotate``: tracks are added, replaced and removed; a book is never half annotated."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from genomebook.book import Book
from genomebook.book.verify import problems
from genomebook.errors import AnnotationError, DamagedBookError, GenomebookError, OptionError
from genomebook.pipeline.annotate import TrackInput, annotate
from tests.support.books import program
from tests.support.track_files import written

BED = "chrM\t100\t200\tone\t7\t-\nchrM\t50\t60\ttwo\t0\t+\n"


@pytest.fixture
def book(chrm_book: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(chrm_book, tmp_path / "m.book"))


def names(path: Path) -> list[str]:
    return [track.name for track in Book.open(path).features.tracks]


def test_a_book_without_tracks_has_none(book: Path) -> None:
    features = Book.open(book).features
    assert features.tracks == ()
    assert features.overlapping("chrM", 0, 100) == []
    assert not features.covered("chrM", "a")


def test_tracks_are_added_replaced_and_removed(book: Path, tmp_path: Path) -> None:
    digest = Book.open(book).digest
    a = written(tmp_path, "a.bed", BED)
    b = written(tmp_path, "b.bedGraph", "MT\t0\t100\t2\nMT\t100\t200\t4\n")
    annotate(book, [TrackInput(a), TrackInput(b, "signal b"), TrackInput(a, "again")])
    features = Book.open(book).features
    assert [(t.name, t.kind, t.label, t.count) for t in features.tracks] == [
        ("a", "other", "a", 2), ("signal b", "signal", "signal b", 2), ("again", "other", "again", 2),
    ]  # fmt: skip
    hits = features.overlapping("chrM", 55, 101, ["a"])
    assert [(f.start, f.end, f.strand, f.name, f.score) for f in hits] == [
        (50, 60, "+", "two", 0.0),
        (100, 200, "-", "one", 7.0),
    ]
    assert features.values("signal b", "chrM", 0, 200, 2).tolist() == [2, 4]
    assert features.values("a", "chrM", 0, 200, 2).tolist() == pytest.approx([0.1, 1])
    annotate(book, [TrackInput(written(tmp_path, "a.bed", "chrM\t1\t2\tnew\n"))])
    features = Book.open(book).features
    assert names(book) == ["a", "signal b", "again"]
    assert [f.name for f in features.overlapping("chrM", 0, 200)] == ["new", "two", "one"]
    assert np.array_equal(features.values("signal b", "chrM", 0, 200, 2), [2, 4])
    annotate(book, remove=["signal b"])
    assert names(book) == ["a", "again"]
    assert problems(Book.open(book)) == []
    assert Book.open(book).digest == digest


def test_a_refused_file_changes_nothing(book: Path, tmp_path: Path) -> None:
    a = written(tmp_path, "a.bed", BED)
    annotate(book, [TrackInput(a)])
    before = (book / "tracks" / "manifest.json").read_bytes()
    bad = written(tmp_path, "b.bed", "chrM\t100\t20000\n")
    with pytest.raises(AnnotationError, match="beyond the end"):
        annotate(book, [TrackInput(bad)], remove=["a"])
    with pytest.raises(OptionError, match=r"has no track c; it has a"):
        annotate(book, remove=["c"])
    with pytest.raises(OptionError, match="would be named a as"):
        annotate(book, [TrackInput(a), TrackInput(a)])
    assert (book / "tracks" / "manifest.json").read_bytes() == before
    assert not book.with_name("m.book.part").exists()


def test_the_same_files_give_the_same_bytes(book: Path, tmp_path: Path) -> None:
    inputs = [TrackInput(written(tmp_path, "a.bed", BED)), TrackInput(written(tmp_path, "b.bed", BED * 300))]
    annotate(book, inputs)
    first = {path.name: path.read_bytes() for path in (book / "tracks").iterdir()}
    annotate(book, [inputs[1]])
    assert {path.name: path.read_bytes() for path in (book / "tracks").iterdir()} == first


@pytest.mark.parametrize(
    "name", ["starts.i64", "ends.i64", "names.u32", "texts.i64", "texts.utf8", "blocks.i64"]
)
def test_damage_is_said_and_mended_by_adding_anew(book: Path, tmp_path: Path, name: str) -> None:
    a = written(tmp_path, "a.bed", BED)
    annotate(book, [TrackInput(a)])
    file = book / "tracks" / name
    content = bytearray(file.read_bytes())
    content[-1] ^= 0x55
    file.write_bytes(content)
    assert any(f"tracks/{name}: altered" in line for line in problems(Book.open(book)))
    with pytest.raises(DamagedBookError, match=rf"{name}: damaged .*genomebook annotate --anew"):
        Book.open(book).features.overlapping("chrM", 0, 500)
    with pytest.raises(GenomebookError, match="annotate --anew"):
        annotate(book, [TrackInput(a, "b")])
    annotate(book, [TrackInput(a)], anew=True)
    assert problems(Book.open(book)) == []


def test_the_command_lists_and_notes(book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = written(tmp_path, "a.bed", BED + "chr1\t5\t9\nchrM\t9\t5\n")
    said = program(capsys, "annotate", book, "--track", f"mine={a}")
    assert said.code == 0, said.err
    assert "mine: 2 intervals, other, mine, from a.bed" in said.out
    assert "1 of 4 rows are on sequences that the book does not have" in said.err
    assert "first line 4, chrM:10-5" in said.err
    assert "mine: 2 intervals" in program(capsys, "annotate", book, "--list").out
    assert program(capsys, "annotate", book).code == 2
    assert program(capsys, "annotate", book, "--remove", "mine").code == 0
    assert names(book) == []
