"""The stage and the command that ground a book: what it then holds, bad input, the same bytes every time."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks.common.report import RESULTS, docs_of, markdown
from genomebook.annotation.tracks import track_digest
from genomebook.book import Book
from genomebook.book.verify import problems
from genomebook.errors import DamagedBookError
from genomebook.pipeline.lexicon.ground import ground
from tests.support import altered, books

ALU = (
    b"GGCCGGGCGCGGTGGCTCACGCCTGTAATCCCAGCACTTTGGGAGGCCGAGGCGGGCGGATCACGAGGTCAGGAGATCGAGACCATCCCGGCT"
    b"AAAAAAAAAAAA"
)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two volumes of random letters with a gap, and copies of one repeat in lower case in the first."""
    folder = tmp_path_factory.mktemp("planted")
    first = bytearray(books.letters(120_000, 1))
    slots = np.random.default_rng(3).choice(500, 70, replace=False)  # even distances would survive a shift
    starts = [2_000 + 200 * int(slot) for slot in sorted(slots) if not 289 <= slot <= 293]
    for at in starts:
        first[at : at + len(ALU)] = ALU.lower()
    first[60_000:60_500] = b"N" * 500
    records = {"chrA": bytes(first), "chrB": books.letters(30_000, 2)}
    (folder / "a.fa").write_bytes(books.fasta(records))
    books.make(folder / "a.fa", folder / "a.book")
    text = "".join(f"chrA\t{at}\t{at + len(ALU)}\tAluX\t0\t+\tSINE/Alu\tSINE\n" for at in starts)
    (folder / "repeats.bed").write_text(text)
    (folder / "cpgIslands.bed").write_text("chrA\t1\t900\nchrB\t500\t4000\n")
    return folder


@pytest.fixture
def book(planted: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(planted / "a.book", tmp_path / "a.book"))


def test_a_book_learns_what_its_words_are(
    planted: Path, book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = Book.open(book)
    assert before.annotation is None
    repeats = planted / "repeats.bed"
    said = books.program(
        capsys, "ground", book, "--track", repeats, "--track", planted / "cpgIslands.bed", "--shifts", "200"
    )
    assert said.code == 0, said.err
    after = Book.open(book)
    assert problems(after) == []
    assert after.meta == before.meta
    annex = after.annex("ground")
    assert annex is not None
    assert set(annex.files or ()) == {"annotation.i64", "grounded.parquet", "tags.parquet"}
    assert after.annotation
    start, end = map(int, repeats.read_text().split()[1:3])
    assert after.annotation.shares("chrA", start - 10, end)["Alu"] == pytest.approx(
        (end - start) / (end - start + 10)
    )
    assert after.annotation.shares("chrA", 0, 1000) == {"CpG island": 0.899}
    assert after.annotation.known("chrB") == ("CpG island",)
    table, tags = after.lexicon.grounded, after.lexicon.tags
    assert tags["id"].tolist() == after.lexicon.table["id"].tolist()
    assert tags["phrase"].str.contains("inside Alu").sum() > 5
    assert tags["phrase"].str.contains("poly-A tail word").any()
    assert not tags["phrase"].str.contains("inside CpG").any()
    sure = tags[tags["tag"].notna()]
    assert f"{len(sure)} of {len(tags)} words" in said.out
    found = annex.about
    assert found["sources"][0] == {
        "name": "repeats.bed",
        "digest": track_digest(repeats),
        "classes": ["Alu", "repeat"],
    }
    assert found["shifts"] == 200
    assert found["tests"] == len(table)
    assert after.lexicon.short_tags[int(sure["id"].iloc[0])] == sure["tag"].iloc[0]


def test_counts_are_those_of_the_words(planted: Path, book: Path) -> None:
    table = ground(book, [planted / "repeats.bed"], shifts=20).table
    volume = Book.open(book)["chrA"]
    words = volume.words()
    middles = words.starts + (words.ends - words.starts) // 2
    inside = np.zeros(volume.length, bool)
    for line in (planted / "repeats.bed").read_text().splitlines():
        start, end = map(int, line.split("\t")[1:3])
        inside[start:end] = True
    letters = volume.length - 500
    one = table[table["class"] == "Alu"]
    assert len(one) > 50
    for row in one.itertuples():
        at = words.ids == row.id
        assert row.count == inside[middles[at]].sum()
        assert row.share == pytest.approx(row.count / at.sum())
        assert row.expected == pytest.approx(inside.sum() / letters)


def test_the_soft_mask_is_enough(book: Path) -> None:
    found = ground(book, shifts=50)
    assert found.classes == ("soft-masked repeat",)
    assert found.tagged > 0


def test_genes_of_the_book_are_enough(chrm_book: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(chrm_book, tmp_path / "m.book"))
    found = ground(copy, shifts=100)
    assert "gene, + strand" in found.classes
    tags = Book.open(copy).lexicon.tags
    assert tags["phrase"].str.startswith("too rare to say").any()


def test_the_same_bytes_for_any_number_of_threads(planted: Path, book: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(book, tmp_path / "b.book"))
    tracks = [planted / "repeats.bed", planted / "cpgIslands.bed"]
    ground(book, tracks, shifts=120, threads=1)
    ground(other, tracks, shifts=120, threads=3)
    assert books.snapshot(book) == books.snapshot(other)
    ground(book, tracks, shifts=120)
    assert books.snapshot(book) == books.snapshot(other)
    ground(book, tracks, shifts=120, seed=2)
    assert books.snapshot(book) != books.snapshot(other)


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("x.bed", "chr7\t1\t5\n", "is for other contigs than this book"),
        ("x.bed", "chrA\t1\t500000\n", "lie beyond the end"),
        ("x.bed", "chrA\tone\t5\n", "has no number as its start"),
        ("x.txt", "", "holds no lines"),
        ("x.docx", "PK", "not a known format"),
        (None, "", "no such file"),
    ],
)
def test_bad_tracks_are_refused_and_the_book_stays(
    book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str | None, text: str, why: str
) -> None:
    before = books.snapshot(book)
    track = tmp_path / (name or "none.bed")
    if name:
        track.write_text(text)
    said = books.program(capsys, "ground", book, "--track", track)
    assert why in said.error
    assert str(track) in said.error
    assert books.snapshot(book) == before


def test_a_book_with_nothing_to_ground_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "b.fa").write_bytes(books.fasta({"s": books.letters(900, 1)}))
    books.make(tmp_path / "b.fa", tmp_path / "b.book")
    said = books.program(capsys, "ground", tmp_path / "b.book")
    assert said.error.startswith(
        f"{tmp_path / 'b.book'}: no annotation: the book has no genes and no soft mask"
    )
    assert "--track" in said.error
    missing = books.program(capsys, "ground", tmp_path / "c.book")
    assert "no book here" in missing.error


def test_damaged_words_are_refused(book: Path) -> None:
    words = Book.open(book)["chrA"].files.words
    data = np.fromfile(words, "<u2")
    for wrong in (60_000, 0):
        data[7] = wrong
        data.tofile(words)
        with pytest.raises(DamagedBookError, match="words"):
            ground(altered.resigned(book).path, shifts=5)


def test_the_page_shows_the_figures() -> None:
    assert markdown("grounding", RESULTS) in docs_of("grounding").read_text()
