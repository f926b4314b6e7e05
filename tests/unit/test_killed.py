"""Killed before or after any rename, twice: the book is whole, the same command ends as if nothing was."""

from __future__ import annotations

import random
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.search.kmer_vectors import KmerVectors
from genomebook.annotation.evidence import Evidence
from genomebook.book import Book
from genomebook.book.annex import NAMES
from genomebook.book.schema import AMBIGUITY, ATLAS, MEANING, NEIGHBOURS, SENSES, WORD_SCHEMAS
from genomebook.book.verify import problems
from genomebook.language.vocabulary import Vocabulary
from genomebook.lexicon.passages import PassageModel
from genomebook.pipeline.atlas import book as atlas_book
from genomebook.pipeline.evidence import book as evidence_book
from genomebook.pipeline.lexicon import meaning as gloss
from genomebook.pipeline.lexicon import senses_book
from genomebook.pipeline.lexicon.ground import ground
from genomebook.pipeline.overview import overview
from genomebook.pipeline.search.index import search_index
from tests.support import books
from tests.support.equipped import put_tracks, put_transcripts
from tests.support.kills import beside, killed_at, stop_in

SEQUENCE = {"x": b"ACGTNACGacgACG" * 60 + books.letters(400, 1), "y": b"N" * 9}
GENES = "volume\tname\tstart\tend\nx\tALPHA\t10\t200\n"
ENCODER = KmerVectors(8)
MAX_RENAMES = 90
"""More renames than any command does."""

Command = Callable[[Path], object]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    (folder / "a.fa").write_bytes(books.fasta(SEQUENCE))
    (folder / "b.fa").write_bytes(books.fasta({"old": books.letters(500, 2) + b"acgt"}))
    (folder / "genes.tsv").write_text(GENES)
    Vocabulary("few", (("A", "C"), ("AC", "G"))).write(folder / "few.json")
    return folder


@pytest.fixture(scope="module")
def commands(source: Path) -> dict[str, Command]:
    """Every stage, by its folder: all that it does with files is real."""

    def build(book: Path) -> None:
        books.make(source / "a.fa", book, genes=source / "genes.tsv", replace=True, **_plain(source))

    reader: object = None
    return {
        "build": build,
        "ground": lambda book: ground(book, shifts=3),
        "senses": lambda book: senses_book.senses_of_book(book, reader),  # type: ignore[arg-type]
        "atlas": lambda book: atlas_book.atlas_of_book(book, reader),  # type: ignore[arg-type]
        "evidence": lambda book: evidence_book.measure_book(book, shuffles=1),
        "search": lambda book: search_index(book, encoder=ENCODER, workers=1),
        "overview": overview,
        "transcripts": put_transcripts,
        "tracks": put_tracks,
        "meaning": gloss.gloss_book,
    }


def _plain(source: Path) -> dict[str, object]:
    return {"words": str(source / "few.json"), "workers": 1}


@pytest.fixture(scope="module", autouse=True)
def measured() -> Iterator[None]:
    """Empty tables in the place of what takes long to measure."""
    names = (AMBIGUITY, SENSES, ATLAS, NEIGHBOURS)
    empty = {name: WORD_SCHEMAS[name].empty_table().to_pandas() for name in names}
    figures = Evidence("x", 9, None, (), 1, {}, None, (), ())
    model = PassageModel(("intron",), *(np.ones(shape, np.float32) for shape in ((1, 9), (1, 1), 1, 1)))
    glossed = gloss.GlossedBook(WORD_SCHEMAS[MEANING].empty_table().to_pandas(), model, {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(senses_book, "_measured", lambda *of: (empty[AMBIGUITY], empty[SENSES]))
        patch.setattr(
            atlas_book, "_drawn", lambda *of: (empty[ATLAS], {"reader": {}, "maps": {}}, empty[NEIGHBOURS])
        )
        patch.setattr(atlas_book, "require_umap", lambda: None)
        patch.setattr(evidence_book, "_measured", lambda *of: figures)
        patch.setattr(gloss, "_glossed", lambda *of: glossed)
        yield


@pytest.fixture(scope="module")
def plain(source: Path) -> Path:
    """Another book, without anything added."""
    return books.make(source / "b.fa", source / "plain.book", **_plain(source)).path


@pytest.fixture(scope="module")
def equipped(plain: Path, commands: dict[str, Command], source: Path) -> Path:
    """The same with everything added."""
    book = Path(shutil.copytree(plain, source / "equipped.book"))
    for name in NAMES:
        commands[name](book)
    return book


def check(book: Path, before: dict[str, str], after: dict[str, str]) -> None:
    """The book is the old one or the new one, and whole; a new one may not be there yet."""
    if not before and not book.exists():
        return
    assert problems(Book.open(book)) == []
    assert books.snapshot(book) in (before, after)


CASES = [("build", "none"), ("build", "equipped")]
CASES += [(name, start) for name in NAMES for start in ("plain", "equipped")]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("name", "start"), CASES)
def test_killed_at_any_rename_twice(
    name: str, start: str, after: bool, plain: Path, equipped: Path, commands: dict[str, Command],
    tmp_path: Path,
) -> None:  # fmt: skip
    command, good = commands[name], tmp_path / "good.book"
    first = {"plain": plain, "equipped": equipped}.get(start)
    if first:
        shutil.copytree(first, good)
    before = books.snapshot(good)
    command(good)
    expected = books.snapshot(good)
    place = tmp_path / "place" / "a.book"
    for number in range(MAX_RENAMES):
        place.parent.mkdir()
        if first:
            shutil.copytree(first, place)
        with killed_at(number, after) as kills:
            command(place)
        if kills.dead:
            check(place, before, expected)
            with killed_at(number // 2, after):
                command(place)
            check(place, before, expected)
            command(place)
        assert books.snapshot(place) == expected
        assert beside(place) == []
        shutil.rmtree(place.parent)
        if not kills.dead:
            break
    assert 2 < number < MAX_RENAMES - 1


@pytest.mark.parametrize("name", ["build", "ground", "search"])
def test_where_two_folders_cannot_change_names_at_once_any_stage_puts_the_old_one_back(
    name: str, equipped: Path, commands: dict[str, Command], tmp_path: Path
) -> None:
    """Killed between the two renames there is no folder in the place; the next writer mends that."""
    expected, moments = books.snapshot(equipped), 0
    for number in range(MAX_RENAMES):
        place = tmp_path / str(number) / "a.book"
        shutil.copytree(equipped, place)
        with killed_at(number, after=True, exchanges=False) as kills:
            commands[name](place)
        if not kills.dead:
            break
        if name == "build" and "book.json" in books.snapshot(place) and books.snapshot(place) != expected:
            continue  # the new book came to its place
        moments += books.snapshot(place) != expected
        commands["evidence"](place)
        assert books.snapshot(place) == expected
        if name == "ground":
            assert beside(place) == []
    assert moments == 1


def test_what_a_stage_left_does_not_come_into_another_book(
    plain: Path, equipped: Path, commands: dict[str, Command], tmp_path: Path
) -> None:
    for number in range(MAX_RENAMES):
        place = tmp_path / str(number) / "a.book"
        shutil.copytree(equipped, place)
        with killed_at(number, after=True, exchanges=number % 2 == 0) as kills:
            commands["ground"](place)
        if not kills.dead:
            break
        commands["build"](place)
        assert problems(Book.open(place)) == []
        assert not any((place / name).exists() for name in NAMES)
        assert beside(place) == []


@pytest.mark.parametrize(
    ("stage", "name", "line"), [("seeds", "search", "index"), ("shifts", "ground", "ground")]
)
def test_a_real_kill_leaves_a_whole_book_and_the_same_command_ends(
    stage: str, name: str, line: str, plain: Path, tmp_path: Path
) -> None:
    (tmp_path / "place").mkdir()
    book, good = (Path(shutil.copytree(plain, tmp_path / place / "a.book")) for place in ("place", "good"))
    arguments: list[str | Path] = [line, "a.book", *(["--shifts", "400"] if line == "ground" else [])]
    assert books.run(arguments, good.parent).returncode == 0
    code, said = stop_in(stage, arguments, book.parent, signal.SIGKILL, random.Random(3).uniform(0, 0.02))
    assert code in (0, -signal.SIGKILL), said
    assert problems(Book.open(book)) == []
    assert books.run(arguments, book.parent).returncode == 0
    assert books.snapshot(book) == books.snapshot(good)
    assert (book / name).is_dir()
    assert beside(book) == []
