"""Commands index and search: what a book then holds, the same bytes every time, bad input, interruption."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.search.kmer_vectors import KmerVectors
from genomebook.book import Book
from genomebook.book.annex import finish_annex
from genomebook.book.verify import problems
from genomebook.errors import BookError, ReaderError
from genomebook.files import atomic
from genomebook.files.locks import locked
from genomebook.pipeline.search import vector_shares
from genomebook.pipeline.search import vectors as search_vectors
from genomebook.pipeline.search.index import search_index
from genomebook.search.embedding.vectors import UnitVectors
from genomebook.search.query import MIN_LETTERS
from genomebook.search.text import PackedText
from tests.support import books

ENCODER = KmerVectors(32)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small book without an index."""
    folder = tmp_path_factory.mktemp("plain")
    one = books.letters(40_000, 1)
    records = {
        "one": one[:20_000] + b"N" * 30 + one[20_000:30_000] + b"r" + one[30_000:] + b"R",
        "chr21:101-5100": books.letters(5_000, 2),
    }
    (folder / "a.fa").write_bytes(books.fasta(records))
    books.make(folder / "a.fa", folder / "a.book")
    return folder / "a.book"


@pytest.fixture
def book(plain: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(plain, tmp_path / "a.book"))


@pytest.fixture(scope="module")
def indexed(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the shipped encoder's vectors; read only."""
    path = Path(shutil.copytree(plain, tmp_path_factory.mktemp("indexed") / "a.book"))
    search_index(path, workers=2)
    return path


@pytest.fixture(scope="module")
def query(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three queries: in the book, in the slice, nowhere."""
    opened = Book.open(plain)
    path = tmp_path_factory.mktemp("query") / "q.fa"
    here = opened["one"].sequence(1_000, 1_200), opened["chr21:101-5100"].sequence(50, 150)
    path.write_bytes(books.fasta({"first": here[0], "second": here[1], "none": b"ACGTTGCAACGGTCTAGGCA" * 2}))
    return path


def test_a_book_gets_an_index(book: Path, query: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = Book.open(book)
    said = books.program(capsys, "index", book)
    assert said.code == 0, said.err
    assert said.out.startswith(f"{book}/search: 45,001 letters, ")
    assert "by sentences-mini" in said.out
    after = Book.open(book)
    assert problems(after) == []
    index = after.annex("search")
    assert index is not None
    assert {"index.json", "text.u64", "sentences.faiss"} <= set(index.files or ())
    assert after.meta == before.meta
    assert sorted(path.name for path in book.parent.iterdir()) == ["a.book"]
    found = books.program(capsys, "search", book, query, "--channel", "both", "--format", "tsv")
    assert found.code == 0, found.err
    rows = [line.split("\t") for line in found.out.splitlines()]
    best = {row[0]: row for row in reversed(rows)}
    assert best["first"][4:8] == ["one", "1001", "1200", "+"]
    assert best["second"][4:8] == ["chr21", "151", "250", "+"]


def test_threads_shares_and_batches_change_nothing(
    plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for workers, share, batch in ((1, 16_384, 1_024), (3, 7, 3), (2, 50, 1)):
        monkeypatch.setattr(search_vectors, "SENTENCES_PER_SHARE", share)
        monkeypatch.setattr(vector_shares, "SENTENCES_PER_BATCH", batch)
        monkeypatch.setattr(search_vectors, "UNITS_PER_READ", 64 * share)
        monkeypatch.setattr(vector_shares, "UNITS_PER_READ", 64 * share)
        output = tmp_path / f"{workers}"
        search_index(plain, output, encoder=ENCODER, workers=workers)
        found.append(books.snapshot(output))
    assert found[0] == found[1] == found[2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "2", "3"]


def test_vectors_are_those_of_sentences_and_means_of_paragraphs(plain: Path, tmp_path: Path) -> None:
    about = search_index(plain, tmp_path / "index", encoder=ENCODER, workers=1)
    assert about.vectors is not None
    text = PackedText(tmp_path / "index", about)
    opened = Book.open(plain)
    wanted: list[list[bytes]] = []
    for volume in opened:
        table = volume.table("sentences").rows(0, volume.counts["sentences"])
        for _, rows in table.groupby("paragraph"):
            spans = zip(rows["start"], rows["end"], strict=True)
            wanted.append([volume.sequence(start, end).upper() for start, end in spans])
    flat = [letters for paragraph in wanted for letters in paragraph]
    sentences = UnitVectors.open(tmp_path / "index", "sentences", about.vectors)
    assert sentences is not None
    assert sentences.numbers.tolist() == [i for i, letters in enumerate(flat) if len(letters) >= MIN_LETTERS]
    assert len(text.sentences) == len(flat)
    vectors = ENCODER.embed([flat[number] for number in sentences.numbers])
    _, cosines = sentences.search(vectors, 1)
    assert np.allclose(cosines, 1, atol=1e-3)
    long = [[letters for letters in paragraph if len(letters) >= MIN_LETTERS] for paragraph in wanted]
    paragraphs = UnitVectors.open(tmp_path / "index", "paragraphs", about.vectors)
    assert paragraphs is not None
    assert paragraphs.numbers.tolist() == [i for i, some in enumerate(long) if len(some) > 1]
    for number in paragraphs.numbers.tolist():
        some = long[number]
        mean = (ENCODER.embed(some) * np.array([[len(letters)] for letters in some])).sum(axis=0)
        found, cosine = paragraphs.search((mean / np.linalg.norm(mean))[None].astype(np.float32), 1)
        assert (found[0, 0], cosine[0, 0]) == (number, pytest.approx(1, abs=1e-3))


@pytest.mark.parametrize("name", ["seeds", "vectors", "sentences", "paragraphs"])
def test_an_interrupted_index_goes_on(
    name: str, book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_vectors, "SENTENCES_PER_SHARE", 20)
    search_index(book, tmp_path / "whole", encoder=ENCODER, workers=1)
    before = books.snapshot(book)
    told: list[str] = []

    def progress(stage: str, total: int) -> Callable[[int], None]:
        def advance(done: int) -> None:
            told.append(stage)
            if told.count(name) == (2 if name in ("seeds", "vectors") else 1):
                os.kill(os.getpid(), signal.SIGINT)  # noted; the stage ends with this word

        return advance

    with pytest.raises(KeyboardInterrupt):
        search_index(book, encoder=ENCODER, workers=1, progress=progress)
    assert books.snapshot(book) == before
    assert Path(f"{book}.part/search.part").is_dir()
    embedded: list[int] = []

    class Counting(KmerVectors):
        def embed(self, letters):  # type: ignore[no-untyped-def]
            embedded.append(len(letters))
            return super().embed(letters)

    again = search_index(book, encoder=Counting(32), workers=1)
    assert books.snapshot(book / "search") == books.snapshot(tmp_path / "whole")
    assert not Path(f"{book}.part").exists()
    assert problems(Book.open(book)) == []
    assert again.vectors is not None
    assert again.vectors.sentences is not None
    rows = again.vectors.sentences.rows
    if name == "vectors":
        assert 0 < sum(embedded) < rows
    else:
        assert sum(embedded) == (rows if name == "seeds" else 0)
    assert told[-1] == name


def test_another_plan_does_not_mix_with_an_interrupted_one(book: Path, tmp_path: Path) -> None:
    def stop(stage: str, total: int) -> Callable[[int], None]:
        def advance(done: int) -> None:
            if stage == "sentences":
                raise KeyboardInterrupt

        return advance

    with pytest.raises(KeyboardInterrupt):
        search_index(book, encoder=ENCODER, workers=1, progress=stop)
    search_index(book, encoder=None, workers=1)
    search_index(book, tmp_path / "other", encoder=None, workers=2)
    assert books.snapshot(book / "search") == books.snapshot(tmp_path / "other")


def test_an_old_index_makes_way_only_for_a_whole_one(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    search_index(book, encoder=None, workers=1)
    before = books.snapshot(book)

    def stopped(source: Path, target: Path) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(atomic, "exchange", stopped)
        with pytest.raises(KeyboardInterrupt):
            search_index(book, encoder=ENCODER, workers=1)
    search_index(book, encoder=None, workers=1)
    assert books.snapshot(book) == before


def test_one_index_at_a_time(book: Path) -> None:
    with locked(Path(f"{book}.part")), pytest.raises(BookError, match="another command is writing"):
        search_index(book, encoder=None)
    search_index(book, encoder=None)


def test_an_index_elsewhere(
    book: Path, query: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = books.snapshot(book)
    output = tmp_path / "index"
    for _ in range(2):  # the second takes the place of the first
        assert books.program(capsys, "index", book, "-o", output, "--encoder", "none").code == 0
    assert books.snapshot(book) == before
    assert json.loads((output / "index.json").read_text())["vectors"] is None
    assert (
        "no index to search; make one: genomebook index" in books.program(capsys, "search", book, query).error
    )
    found = books.program(capsys, "search", book, query, "--index", output)
    assert found.code == 0
    assert "one:1,001-1,200" in found.out
    for name in ("embedding", "meaning"):  # the second as older scripts say
        error = books.program(capsys, "search", book, query, "--index", output, "--channel", name).error
        assert "channel embedding: this index has sequence" in error


def test_lancedb_elsewhere(
    book: Path, query: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("lancedb")
    output = tmp_path / "index"
    assert books.program(capsys, "index", book, "-o", output, "--store", "lance").code == 0
    found = books.program(
        capsys, "search", book, query, "--index", output, "--channel", "both", "--format", "bed"
    )
    assert found.code == 0
    assert "one\t1000\t1200\tfirst\t1000\t+" in found.out


def test_what_index_refuses(book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").mkdir()
    for arguments, said in (
        ([tmp_path / "none.book"], "none.book"),
        ([book, "--store", "lance"], "give it a folder: --output FOLDER"),
        ([book, "--store", "redis"], "choose one of faiss, lance"),
        ([book, "-o", book / "x"], "lies in the book"),
        ([book, "-o", tmp_path / "taken"], "is not an index of a book; choose another --output"),
        ([book, "-o", tmp_path / "no" / "folder"], "make it first"),
        ([book, "--encoder", tmp_path / "none"], "no such encoder"),
    ):
        assert said in books.program(capsys, "index", *arguments).error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.book", "taken"]
    assert not (book / "search").exists()


def test_what_search_refuses(
    indexed: Path, query: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    protein, many = tmp_path / "p.fa", tmp_path / "many.fa"
    protein.write_text(">p\nMKVLAAGIVGLLLAQWERTYPSSDFGHKLE\n")
    many.write_text(">x\nACGTACGTACGTACGTACGTACGT\n" * 10_000)
    huge = tmp_path / "huge.fa"
    with huge.open("wb") as file:
        file.truncate(100_000_000)
    for arguments, said in (
        ([indexed, protein], "this looks like protein"),
        ([indexed, many], "more than 1,000 records"),
        ([indexed, huge], "too long to search at once"),
        ([indexed, tmp_path / "none.fa"], "no such file"),
        ([indexed, query, "--format", "xml"], "choose one of table, tsv, bed, fasta, sam, alignments"),
        ([indexed, query, "--channel", "all"], "choose one of sequence, embedding, both"),
        ([tmp_path, query], "book"),
        ([indexed, query, "--index", tmp_path], "no index to search"),
    ):
        assert said in books.program(capsys, "search", *arguments).error


def test_an_index_of_another_book_or_encoder_is_refused(
    indexed: Path, plain: Path, query: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "b.fa").write_bytes(books.fasta({"b": books.letters(9_000, 5)}))
    books.make(tmp_path / "b.fa", tmp_path / "b.book")
    error = books.program(capsys, "search", tmp_path / "b.book", query, "--index", indexed / "search").error
    assert "the index of another book" in error
    shutil.copytree(indexed / "search", tmp_path / "changed")
    file = tmp_path / "changed" / "index.json"
    about = json.loads(file.read_text())
    about["vectors"]["digest"] = "0" * 64
    file.write_text(json.dumps(about))
    finish_annex(file.parent, "search", Book.open(plain).digest, {})
    error = books.program(capsys, "search", plain, query, "--index", tmp_path / "changed").error
    assert "vectors made by another encoder" in error


def test_damage_is_named(indexed: Path, plain: Path, query: Path, tmp_path: Path) -> None:
    from genomebook.cli.search import search

    for file in sorted((indexed / "search").iterdir()):
        for harm in ("missing", "cut"):
            folder = tmp_path / f"{file.name}.{harm}"
            shutil.copytree(indexed / "search", folder)
            content = file.read_bytes()
            (folder / file.name).unlink()
            if harm == "cut":
                (folder / file.name).write_bytes(content[: len(content) // 2])
            with pytest.raises((BookError, ReaderError)) as error:
                search(plain, str(query), channel="both", folder=folder, form="tsv", output=tmp_path / "out")
            assert len(str(error.value).splitlines()) == 1
            assert str(folder) in str(error.value)
            assert not (tmp_path / "out").exists()


def test_stdin_and_a_file(
    indexed: Path, query: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    direct = books.program(capsys, "search", indexed, query, "--format", "sam")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(query.read_bytes())))
    said = books.program(capsys, "search", indexed, "-", "--format", "sam", "-o", tmp_path / "x.sam")
    assert (said.code, said.out) == (0, "")
    assert said.err.splitlines()[-1] == f"{tmp_path}/x.sam: 3 queries searched"
    assert (tmp_path / "x.sam").read_text() == direct.out
    error = books.program(capsys, "search", indexed, query, "-o", tmp_path / "no" / "x.sam")
    assert error.code == 2
    assert str(tmp_path / "no") in error.err


def test_nobody_reads_on(indexed: Path, query: Path) -> None:
    command = books.command(
        "search", indexed, query, "--format", "alignments", "--limit", "1000", "--evalue", "1e9"
    )
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read().decode()
        assert process.wait(120) == 0
    assert said in ("", "search ...\n")


def test_ctrl_c_is_one_line(indexed: Path, tmp_path: Path) -> None:
    many, output = tmp_path / "many.fa", tmp_path / "out.tsv"
    many.write_bytes(books.fasta({f"q{i}": books.letters(4_900, i) for i in range(1_000)}))
    command = books.command("search", indexed, many, "-o", output, "--format", "tsv", "--threads", "1")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        until = time.monotonic() + 120
        while not output.with_name("out.tsv.tmp").exists() and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        code = process.wait(120)
    assert (code, first) == (130, "search ...\n")
    assert len(rest.splitlines()) == 1
    assert rest.startswith("stopped")
    assert [path.name for path in tmp_path.iterdir()] == ["many.fa"]
