"""One command from nothing, against a local server of a small made-up genome."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from genomebook.book import Book
from genomebook.book.annex import NAMES as ANNEXES
from genomebook.pipeline.make.options import MakeOptions
from genomebook.pipeline.make.run import make
from tests.support import mirror
from tests.support.web import FileServer, serving

QUICK = ("senses", "evidence", "atlas")
"""Steps that take more than a second."""


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving() as running:
        yield running


@pytest.fixture
def options(server: FileServer, tmp_path: Path) -> MakeOptions:
    table = mirror.mirror(server, tmp_path)
    return MakeOptions(
        "hg38", tmp_path / "x.book", ("21", "chr22"),
        tracks=("repeats", "cpg"), words="words-600", skip=QUICK,
        addresses=table, workers=1,
    )  # fmt: skip


def test_a_whole_book_is_made_and_the_same_call_has_nothing_to_do(
    server: FileServer, options: MakeOptions
) -> None:
    made = make(options)
    assert made.ran == ["download", "build", "annotate", "overview", "index", "ground"]
    assert made.failures == []
    book = Book.open(options.book)
    assert [volume.name for volume in book] == ["chr21", "chr22"]
    assert book["chr22"].sequence() == mirror.sequence("chr22")
    assert {track.name for track in book.features.tracks} == {"GENCODE genes", "repeats", "CpG islands"}
    assert {name for name in ANNEXES if (options.book / name).is_dir()} == {
        "tracks", "transcripts", "overview", "search", "ground",
    }  # fmt: skip
    server.paths.clear()
    assert make(options).ran == []
    assert server.paths == []
    assert Book.open(options.book).digest == book.digest
