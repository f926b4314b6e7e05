"""The public face of the package: what it has, that it loads nothing, and that its examples run."""

from __future__ import annotations

import doctest
import gzip
import inspect
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

import genomebook as gb
from genomebook.errors import RegionError, SearchError
from genomebook.pipeline.book.options import Options
from genomebook.pipeline.search.index import search_index
from tests.support import books


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, chrm_fasta: Path) -> Path:
    """Folder in which the examples run: the book that `genomebook demo` makes, small, and a FASTA file."""
    path = tmp_path_factory.mktemp("public")
    (path / "books").mkdir()
    genes = chrm_fasta.with_name("NC_012920.1.genes.tsv")
    books.make(chrm_fasta, path / "books" / "chrM.book", genes=genes, assembly="GRCh38")
    search_index(path / "books" / "chrM.book")
    (path / "sequence.fa.gz").write_bytes(gzip.compress(chrm_fasta.read_bytes()))
    return path


@pytest.fixture
def book(folder: Path) -> gb.Book:
    return gb.open(folder / "books" / "chrM.book")


def test_the_examples_of_the_public_face_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    ran = doctest.testmod(gb, optionflags=doctest.ELLIPSIS)
    assert ran.failed == 0
    assert ran.attempted >= 12


def test_importing_the_package_loads_nothing() -> None:
    code = (
        "import sys; before = set(sys.modules); import genomebook; print(*sorted(set(sys.modules) - before))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {name.split(".")[0] for name in ran.stdout.split()} <= {"genomebook", "__future__"} | set(
        sys.stdlib_module_names
    )
    assert not [name for name in ran.stdout.split() if name.startswith("genomebook.")]


def test_every_public_name_is_there_and_documented() -> None:
    for name in gb.__all__:
        assert inspect.getdoc(getattr(gb, name)), name
    assert set(gb.__all__) <= set(dir(gb))
    with pytest.raises(AttributeError, match="'genomebook' has no attribute 'nothing'"):
        gb.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_the_package_is_typed() -> None:
    assert (resources.files("genomebook") / "py.typed").is_file()


def test_build_offers_every_option_of_the_pipeline_with_its_default() -> None:
    of_pipeline = inspect.signature(Options).parameters
    of_face = inspect.signature(gb.build).parameters
    known = {"book": "output", "shard": ""}  # the size of a share changes no byte: not public
    for name, parameter in of_pipeline.items():
        if known.get(name, name):
            assert of_face[known.get(name, name)].default == parameter.default, name
    assert set(of_face) - {"output", "progress"} <= set(of_pipeline)


def test_words_and_sentences_of_a_region(book: gb.Book) -> None:
    region = gb.Region("chrM", 3306, 4262)
    assert book.region("MT-ND1") == book.region(region) == region
    letters = book.read(region)
    assert letters == book.read("chrM:3307-4262") == book["chrM"].sequence(3306, 4262).decode()
    words = book.words("MT-ND1")
    assert list(words) == ["start", "end", "word", "id", "strength", "surprisal"]
    first, last = int(words["start"].iloc[0]), int(words["end"].iloc[-1])
    assert "".join(words["word"]) == book.read(gb.Region("chrM", first, last))
    assert first <= 3306 < 4262 <= last
    sentences = book.sentences("MT-ND1")
    assert [text.replace(" ", "") for text in sentences["text"]] == [
        book.read(gb.Region("chrM", start, end))
        for start, end in zip(sentences["start"], sentences["end"], strict=True)
    ]
    assert sentences["start"].iloc[0] <= 3306
    assert sentences["end"].iloc[-1] >= 4262


def test_a_place_that_is_not_there_is_an_error_of_the_package(book: gb.Book, tmp_path: Path) -> None:
    with pytest.raises(gb.GenomebookError):
        gb.open(tmp_path / "no.book")
    for call in (book.read, book.words, book.sentences):
        with pytest.raises(RegionError):
            call("chrM:3307-99999")


def test_letters_are_searched_as_they_are(book: gb.Book) -> None:
    searcher = gb.Searcher.open(book)
    letters = book.read("chrM:8001-8060")
    assert searcher.search(letters)[0].start == searcher.search(f">mine\n{letters}\n")[0].start == 8000
    with pytest.raises(SearchError, match="2 records"):
        searcher.search(f">a\n{letters}\n>b\n{letters}\n")


def test_progress_of_a_build_is_reported(folder: Path, tmp_path: Path) -> None:
    stages: dict[str, int] = {}

    def progress(name: str, total: int) -> object:
        stages[name] = 0

        def advance(amount: int) -> None:
            stages[name] += amount

        return advance

    book = gb.build(folder / "sequence.fa.gz", tmp_path / "a.book", words="words-600", progress=progress)  # type: ignore[arg-type]
    assert book.title == "sequence"
    assert stages["words"] == 16569
