"""Packed files and pipes: content whole, what follows it left out, a cut or damaged one refused."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import random
import shlex
import subprocess
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genomebook.book import Book
from genomebook.errors import GenomebookWarning
from genomebook.genome.packed import PackedError, Unpacked, is_pipe, name_of
from genomebook.search.query import read_query_file
from tests.support import books
from tests.support.books import bgzip

TEXT = books.fasta({"chr1": books.letters(5000, 1)})
PACK: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bgzip": lambda text: bgzip(text, 700),
    "members": lambda text: gzip.compress(text[:999]) + bytes(20) + gzip.compress(text[999:]),
    "bzip2": bz2.compress,
    "streams": lambda text: bz2.compress(text[:999]) + bz2.compress(text[999:]),
}
LONG_TAIL = random.Random(1).randbytes(300_000)
PACKED = sorted(PACK.keys() - {"plain"})


class Dribble(io.BytesIO):
    """A stream that cannot seek and gives a few bytes at a time, as a pipe may."""

    def seekable(self) -> bool:
        return False

    def seek(self, offset: int, whence: int = 0) -> int:
        raise io.UnsupportedOperation("seek")

    def read(self, size: int | None = -1) -> bytes:
        return super().read(random.Random(self.tell()).randint(1, 90) if size else size)


def content(packed: bytes, block: int = 1 << 20) -> bytes:
    stream, found = Unpacked(Dribble(packed), "x"), b""
    while piece := stream.read(block):
        assert len(piece) <= block
        found += piece
    assert stream.consumed == len(packed)
    assert stream.tell() == len(found)
    return found


@settings(max_examples=60)
@given(st.sampled_from(sorted(PACK)), st.binary(max_size=3000), st.integers(1, 5000))
def test_content_comes_back_from_a_pipe(kind: str, text: bytes, block: int) -> None:
    text = b">x\n" + text
    assert content(PACK[kind](text), block) == text


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize(
    "tail", [b"junk\n", b"\0\0\0garbage", bytes(5000), random.Random(1).randbytes(300_000)]
)
def test_what_follows_the_data_is_left_out(kind: str, tail: bytes) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", GenomebookWarning)
        assert content(PACK[kind](TEXT) + tail) == TEXT
    silent = not tail.strip(b"\0")  # as tapes and blocks of a disk end
    assert [str(one.message)[:12] for one in told] == ["x: what foll"] * (not silent)


@pytest.mark.parametrize("kind", PACKED)
def test_a_cut_anywhere_is_refused(kind: str) -> None:
    packed = PACK[kind](TEXT)
    whole = {len(gzip.compress(TEXT[:999])) + n for n in range(21)} if kind == "members" else set()
    whole |= {len(bz2.compress(TEXT[:999]))} if kind == "streams" else set()  # these end between two members
    for size in range(4, len(packed)):
        if size not in whole:
            with pytest.raises(PackedError, match="cut short"):
                content(packed[:size])


@pytest.mark.parametrize("kind", PACKED)
def test_no_flipped_bit_loses_letters(kind: str) -> None:
    packed = PACK[kind](TEXT)
    for place in random.Random(2).sample(range(4, len(packed)), 200):
        damaged = bytearray(packed)
        damaged[place] ^= 1 << place % 8
        try:
            found = content(bytes(damaged))
        except PackedError:
            continue
        assert found == TEXT


@pytest.mark.parametrize("kind", ["members", "streams", "bgzip"])
def test_a_damaged_header_between_members_is_no_end(kind: str) -> None:
    packed = bytearray(PACK[kind](TEXT))
    second = packed.index(b"BZh" if kind == "streams" else b"\x1f\x8b\x08", 10)
    packed[second] ^= 1
    with pytest.raises(PackedError, match="damaged"):
        content(bytes(packed))


@pytest.mark.parametrize("kind", sorted(PACK))
def test_lines_and_the_way_back_to_the_start(kind: str) -> None:
    lines = io.BufferedReader(Unpacked(io.BytesIO(PACK[kind](TEXT)), "x"))
    assert lines.readline() == TEXT.splitlines(keepends=True)[0]
    lines.seek(0)
    assert lines.read() == TEXT


@pytest.fixture(scope="module")
def digest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of the book of a plain file that is called as a pipe is."""
    folder = tmp_path_factory.mktemp("plain")
    (folder / "stdin").write_bytes(TEXT)
    return books.make(folder / "stdin", folder / "a.book").digest


WAYS = {
    "a named pipe": "cat a.fa.gz > pipe & genomebook build pipe",
    "standard input": "cat a.fa.gz | genomebook build -",
    "its file": "cat a.fa.gz | genomebook build /dev/stdin",
    "a redirected file": "genomebook build - < a.fa.gz",
    "process substitution": "genomebook build <(cat a.fa.gz)",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_book_is_built_from_a_pipe(tmp_path: Path, digest: str, way: str) -> None:
    (tmp_path / "a.fa.gz").write_bytes(gzip.compress(TEXT))
    os.mkfifo(tmp_path / "pipe")
    line = WAYS[way].replace("genomebook", shlex.join(books.command())) + " -o a.book --words words-600"
    ran = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert Book.open(tmp_path / "a.book").digest == digest
    assert not (tmp_path / "a.book.part").exists()


def test_genes_from_a_pipe_are_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.fa").write_bytes(TEXT)
    os.mkfifo(tmp_path / "pipe")
    for genes in (tmp_path / "pipe", "-"):
        said = books.program(capsys, "build", tmp_path / "a.fa", "-o", tmp_path / "a.book", "--genes", genes)
        assert said.error.startswith(f"{genes}: is a pipe")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.fa", "pipe"]


def test_the_note_reaches_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.fa.gz").write_bytes(gzip.compress(TEXT) + b"junk")
    said = books.program(capsys, "build", tmp_path / "a.fa.gz", "-o", tmp_path / "a.book")
    assert said.code == 0
    assert said.err.count(f"note: {tmp_path}/a.fa.gz: what follows the gzip data is left out") == 1
    (tmp_path / "q.fa.gz").write_bytes(gzip.compress(TEXT) + b"junk")
    assert [query.name for query in read_query_file(tmp_path / "q.fa.gz")] == ["chr1"]


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="no folder in memory here")
def test_a_file_in_memory_is_no_pipe() -> None:
    with tempfile.NamedTemporaryFile(dir="/dev/shm", suffix=".fa") as file:
        assert not is_pipe(Path(file.name))
        assert name_of(Path(file.name)) == Path(file.name).name
    assert is_pipe(Path("/dev/null"))
    with open(os.devnull) as null:
        assert is_pipe(Path(f"/dev/fd/{null.fileno()}"))
