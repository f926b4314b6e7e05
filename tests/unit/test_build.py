"""Building a book: the same bytes from any shares and threads, never half a book, stopped builds go on."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from genomebook.book import Book
from genomebook.book.meta import read_body
from genomebook.book.verify import problems
from genomebook.errors import AnnotationError, FastaError, OptionError
from genomebook.files.locks import locked
from genomebook.models.ngram import NgramReader
from genomebook.training.vocabularies.learn import learn
from tests.support import books
from tests.support.books import bgzip
from tests.support.kills import stop_in

GENOME = {
    "chr2": books.letters(40_000, 1) + b"N" * 7000 + books.letters(11_000, 2).lower() + b"ACGT" * 900,
    "chr1": b"n" * 300 + books.letters(25_000, 3) + b"RYK" + books.letters(9000, 4) * 2,
    "tiny": b"A",
    "empty": b"N" * 5000,
}
GENES = "volume\tname\tstart\tend\tstrand\nchr2\tALPHA\t100\t2000\t+\nchr1\tBETA\t400\t9000\t-\n"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    (folder / "genes.tsv").write_text(GENES)
    (folder / "a.fa").write_bytes(books.fasta(GENOME))
    return folder / "a.fa"


@pytest.fixture(scope="module")
def expected(source: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Digests of all files of the book, made without interruption."""
    book = books.make(
        source, tmp_path_factory.mktemp("expected") / "a.book", genes=source.with_name("genes.tsv")
    )
    assert problems(book) == []
    return books.snapshot(book.path)


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("shard", [1000, 7919, 4_000_000])
def test_shares_and_workers_change_no_byte(
    source: Path, expected: dict[str, str], tmp_path: Path, shard: int, workers: int
) -> None:
    genes = source.with_name("genes.tsv")
    book = books.make(source, tmp_path / "a.book", genes=genes, shard=shard, workers=workers)
    assert books.snapshot(book.path) == expected
    assert [path.name for path in tmp_path.iterdir()] == ["a.book"]


@pytest.mark.parametrize("reader", ["ngram", "ngram-book"])
def test_shares_change_no_byte_for_either_reader(source: Path, tmp_path: Path, reader: str) -> None:
    made = [
        books.snapshot(
            books.make(source, tmp_path / f"{n}.book", reader=reader, shard=n, workers=n // 1000).path
        )
        for n in (1000, 3000)
    ]
    assert made[0] == made[1]
    assert ("reader.safetensors" in made[0]) == (reader == "ngram-book")


def test_packing_and_line_ends_change_no_byte(source: Path, tmp_path: Path) -> None:
    text = source.read_bytes()
    forms = {
        "plain": text,
        "gzip": gzip.compress(text),
        "bgzip": bgzip(text, 30_000),
        "crlf": books.fasta(GENOME, 70, b"\r\n"),
        "one line": books.fasta(GENOME, 10**9),
    }
    made = {}
    for form, content in forms.items():
        folder = tmp_path / form
        folder.mkdir()
        (folder / "a.fa").write_bytes(content)
        made[form] = books.snapshot(books.make(folder / "a.fa", folder / "a.book").path)
    assert all(snapshot == made["plain"] for snapshot in made.values())
    (tmp_path / "a.fa.gz").write_bytes(forms["gzip"])
    other = books.make(tmp_path / "a.fa.gz", tmp_path / "a.book")
    meta = msgspec.to_builtins(Book.open(tmp_path / "plain" / "a.book").meta)
    changed = {key for key in meta if meta[key] != msgspec.to_builtins(other.meta)[key]}
    assert changed == {"source", "digest"}


def test_no_time_place_or_machine_in_a_book(source: Path, expected: dict[str, str], tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(source.parent, elsewhere)
    os.utime(elsewhere / "a.fa", (0, 0))
    book = books.make(elsewhere / "a.fa", tmp_path / "other.book", genes=elsewhere / "genes.tsv")
    assert books.snapshot(book.path) == expected
    text = (book.path / "book.json").read_text()
    for secret in (str(tmp_path), str(source.parent), socket.gethostname() + ".", str(os.getpid()) + "-"):
        assert secret not in text
    assert text.isascii()
    assert json.loads(text)["digest"] == book.digest


class Crash(BaseException):
    """What ends a build at a chosen rename; not an Exception, as KeyboardInterrupt is not."""


def crash_at(monkeypatch: pytest.MonkeyPatch, number: int, after: bool) -> None:
    """Let every rename pass but this one, which is not done, or after which all ends."""
    counter = iter(range(10**6))

    def crashing(do: Callable[..., None]) -> Callable[..., None]:
        def rename(old: Path, new: Path) -> None:
            now = next(counter) == number
            if now and not after:
                raise Crash
            do(old, new)
            if now:
                raise Crash

        return rename

    monkeypatch.setattr(os, "replace", crashing(os.replace))
    monkeypatch.setattr(os, "rename", crashing(os.rename))


def test_killed_at_any_moment_the_same_command_goes_on(
    source: Path, expected: dict[str, str], tmp_path: Path
) -> None:
    arguments = ["build", source, "-o", "a.book", "--genes", source.with_name("genes.tsv")]
    arguments += ["--words", "words-600", "--workers", "2", "--shard", "1000"]
    moments = random.Random(7)
    for stage in ("words", "chapters", "verify"):
        code, _ = stop_in(stage, arguments, tmp_path, signal.SIGKILL, moments.uniform(0, 0.03))
        if code == 0 or (tmp_path / "a.book").exists():
            break  # it was faster than the signal
        assert code == -signal.SIGKILL
    done = books.run(arguments, tmp_path)
    if "exists already" not in done.stderr:
        assert done.returncode == 0, done.stderr
    made = books.snapshot(tmp_path / "a.book")
    assert {name: digest for name, digest in made.items() if not name.startswith("overview")} == expected
    assert [path.name for path in tmp_path.iterdir()] == ["a.book"]


def test_ctrl_c_is_one_line_and_leaves_nothing_half_made(
    source: Path, expected: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "a.fa").write_bytes(books.fasta(dict(GENOME, long=books.letters(400_000, 9))))
    arguments: list[str | Path] = ["build", "a.fa", "-o", "a.book", "--words", "words-600", "--shard", "1000"]
    code, said = stop_in("words", arguments, tmp_path, signal.SIGINT, 0.01)
    assert code == 130, said
    lines = [line for line in said.splitlines() if not line.endswith(" ...")]
    assert lines == ["stopped; nothing is lost: the same command goes on from where it was"], said
    assert not (tmp_path / "a.book").exists()
    assert not list((tmp_path / "a.book.part").rglob("*.tmp"))
    assert books.run(arguments, tmp_path).returncode == 0
    whole = books.make(tmp_path / "a.fa", tmp_path / "b.book")
    assert Book.open(tmp_path / "a.book").digest == whole.digest


@pytest.fixture
def left_over(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Place of a book of which an interrupted build has left its working folder."""
    with monkeypatch.context() as patch:
        crash_at(patch, 9, after=False)
        with pytest.raises(Crash):
            books.make(source, tmp_path / "a.book")
    assert [path.name for path in tmp_path.iterdir()] == ["a.book.part"]
    return tmp_path / "a.book"


@pytest.mark.parametrize(
    "other", [{"words": "words-4096"}, {"title": "Another"}, {"assembly": "x"}, {"reader": "ngram-book"}]
)
def test_other_parameters_do_not_mix(source: Path, left_over: Path, other: dict[str, str]) -> None:
    before = books.snapshot(left_over.parent)
    with pytest.raises(
        OptionError, match=rf"a\.book\.part: begun with another .*{next(iter(other))}.*--restart"
    ):
        books.make(source, left_over, **other)
    assert books.snapshot(left_over.parent) == before
    book = books.make(source, left_over, restart=True, **other)
    assert problems(book) == []
    assert [path.name for path in left_over.parent.iterdir()] == ["a.book"]


def test_another_sequence_does_not_mix(left_over: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other") / "a.fa"
    other.write_bytes(books.fasta({"x": b"ACGT"}))
    with pytest.raises(OptionError, match="begun with another source_bytes"):
        books.make(other, left_over)


def test_a_working_folder_of_another_version_is_refused(source: Path, left_over: Path) -> None:
    plan = left_over.with_name("a.book.part") / "plan.json"
    plan.write_text(plan.read_text().replace('"program":"', '"program":"0.0.'))
    with pytest.raises(OptionError, match="begun with another program"):
        books.make(source, left_over)
    plan.write_text("{")
    with pytest.raises(OptionError, match="--restart"):
        books.make(source, left_over)


@pytest.mark.parametrize(
    ("content", "genes", "error"),
    [
        (b">x\nACGTEACGT\n", None, FastaError),
        (b">x\nACGT\n>x\nACGT\n", None, FastaError),
        (b">x\nACGT\n", "volume\tname\tstart\tend\nx\tA\t3\t900\n", AnnotationError),
    ],
)
def test_a_build_that_fails_keeps_the_old_book_and_leaves_nothing(
    source: Path, tmp_path: Path, content: bytes, genes: str | None, error: type[Exception]
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    books.make(source, place / "a.book")
    before = books.snapshot(place)
    (tmp_path / "bad.fa").write_bytes(content)
    options = {"replace": True}
    if genes:
        (tmp_path / "genes.tsv").write_text(genes)
        options["genes"] = tmp_path / "genes.tsv"
    with pytest.raises(error):
        books.make(tmp_path / "bad.fa", place / "a.book", **options)
    assert books.snapshot(place) == before
    with pytest.raises(OptionError, match=r"a\.book: exists already; choose another -o, or give --replace"):
        books.make(source, place / "a.book")
    assert books.snapshot(place) == before
    (tmp_path / "good.fa").write_bytes(b">new\nACGT\n")
    assert list(books.make(tmp_path / "good.fa", place / "a.book", replace=True).volumes) == ["new"]
    assert [path.name for path in place.iterdir()] == ["a.book"]


@pytest.mark.parametrize("restart", [False, True])
def test_only_a_book_is_replaced(source: Path, tmp_path: Path, restart: bool) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    before = books.snapshot(tmp_path)
    with pytest.raises(OptionError, match="thesis: is not a book, so it is not replaced"):
        books.make(source, tmp_path / "thesis", replace=True, restart=restart)
    assert books.snapshot(tmp_path) == before


def test_a_second_build_of_the_same_book_waits_outside(source: Path, tmp_path: Path) -> None:
    arguments = ["build", source, "-o", "a.book", "--words", "words-600"]
    with locked(tmp_path / "a.book.part"):
        second = books.run([*arguments, "--restart"], tmp_path)
        line = "error: a.book.part: another command is writing here; wait for it or stop it\n"
        assert (second.returncode, second.stderr) == (2, line)
    assert not list(tmp_path.iterdir())


def test_words_learnt_here_come_with_counts_and_the_build_uses_them(source: Path, tmp_path: Path) -> None:
    vocabulary, counts = learn([source], 30, tmp_path / "mine.json", [])
    book = books.make(source, tmp_path / "mine.book", words=str(tmp_path / "mine.json"))
    assert book.meta.reader.name == "ngram-mine"
    assert book.meta.reader.digest == NgramReader.open(counts, vocabulary).digest
    counts.unlink()
    again = books.make(source, tmp_path / "again.book", words=str(tmp_path / "mine.json"))
    assert read_body(again.path)[0]["reader"]["kind"] == "ngram-book"
