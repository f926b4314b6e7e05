"""What the command search says: of records that cannot be searched, and to a terminal."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest

from genomebook.export.hits import FORMATS
from genomebook.pipeline.search.index import search_index
from tests.support import books

LETTERS = books.letters(6_000, 1)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("said")
    (folder / "a.fa").write_bytes(books.fasta({"one": LETTERS}))
    path = books.make(folder / "a.fa", folder / "a.book").path
    search_index(path, encoder=None, workers=1)
    return path


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("query") / "q.fa"
    path.write_bytes(books.fasta({"first": LETTERS[1_000:1_200], "second": LETTERS[50:150]}))
    return path


def test_a_record_that_cannot_be_searched_is_left_out(
    book: Path, query: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    good = query.read_bytes()
    bad = b">short\nACGTACGTACGTACGTAC\n>protein\nMKVLAAGIVGLLLAQWERTYPSSDFGHKLE\n"
    file = tmp_path / "q.fa"
    plain = books.program(capsys, "search", book, query, "--format", "tsv")
    for text in (bad + good, good + bad):
        file.write_bytes(text)
        said = books.program(capsys, "search", book, file, "--format", "tsv")
        assert (said.code, said.out) == (0, plain.out)
        warned = [line for line in said.err.splitlines() if line.startswith("warning: ")]
        assert len(warned) == 2
        assert re.search(r"record 'short': length 18 is too short", warned[0])
        assert re.search(r"record 'protein': .*looks like protein", warned[1])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(bad + good)))
    assert books.program(capsys, "search", book, "-", "--format", "tsv").out == plain.out
    file.write_bytes(bad)
    assert "record 'short': length 18" in books.program(capsys, "search", book, file).error
    file.write_bytes(good + b">x\nACGT\n" * 30)
    warned = books.program(capsys, "search", book, file).err.splitlines()
    assert len([line for line in warned if line.startswith("warning: ")]) == 11
    assert "warning: not searched: and 20 more" in warned


def test_no_name_steers_a_terminal(
    book: Path, query: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """No contig of a book that is built here has such a name; of a received book one may."""
    for form in FORMATS:
        monkeypatch.setitem(FORMATS, form, lambda results, book: iter(["a\x1b[31m\tb\u202e\x9b\n"]))
    exact, visible = "a\x1b[31m\tb\u202e\x9b\n", "a\\x1b[31m\tb\\u202e\\x9b\n"
    for form in FORMATS:
        said = books.program(capsys, "search", book, query, "--format", form)
        assert said.out == (visible if form in ("table", "alignments") else exact)
        with monkeypatch.context() as patch:
            patch.setattr(sys.stdout, "isatty", lambda: True)
            assert books.program(capsys, "search", book, query, "--format", form).out == visible
            assert books.program(capsys, "search", book, query, "--format", form, "-o", tmp_path / form)
        assert (tmp_path / form).read_text() == (visible if form in ("table", "alignments") else exact)
