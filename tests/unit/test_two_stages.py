"""Two commands that write to one book at once: each is done or refused in one line, and the book is whole."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from benchmarks.search.kmer_vectors import KmerVectors
from genomebook.book import Book, annex
from genomebook.book.verify import problems
from genomebook.errors import BookError
from genomebook.files.locks import locked
from genomebook.models.registry import load_reader
from genomebook.pipeline.book.build import Options, build
from genomebook.pipeline.evidence.book import measure_book
from genomebook.pipeline.lexicon.ground import ground
from genomebook.pipeline.lexicon.senses_book import senses_of_book
from genomebook.pipeline.search.index import search_index
from tests.support import books
from tests.support.kills import beside

REFUSED = "another command is writing here; wait for it or stop it"
STAGES = ("build", "ground", "senses", "evidence", "search")
Tell = Callable[[], None]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book, and the FASTA to replace it from."""
    folder = tmp_path_factory.mktemp("made")
    text = books.letters(900, 1) + b"NNN" + books.letters(300, 2).lower()
    (folder / "a.fa").write_bytes(books.fasta({"x": text, "y": books.letters(200, 3)}))
    (folder / "b.fa").write_bytes(books.fasta({"z": books.letters(400, 4) + b"acgtacgtaa"}))
    build(Options(folder / "a.fa", folder / "a.book", workers=1))
    return folder


@pytest.fixture
def book(made: Path, tmp_path: Path) -> Path:
    shutil.copy(made / "b.fa", tmp_path)
    return Path(shutil.copytree(made / "a.book", tmp_path / "place" / "a.book"))


def run(name: str, book: Path, tell: Tell = lambda: None) -> None:
    """Run a stage; ``tell`` is called while it works."""

    def stage(what: str, total: int) -> Callable[[int], None]:
        tell()
        return lambda amount: None

    if name == "build":
        build(Options(book.parent.parent / "b.fa", book, workers=1, replace=True), stage)
    elif name == "ground":
        ground(book, shifts=3, progress=stage)
    elif name == "senses":
        senses_of_book(book, load_reader("bilingual-mini"), random=False, progress=stage)
    elif name == "evidence":
        measure_book(book, shuffles=1, report=lambda what: tell())
    else:
        search_index(book, encoder=KmerVectors(8), workers=1, progress=stage)


@pytest.mark.parametrize("first", STAGES)
def test_while_one_works_every_other_is_refused(first: str, book: Path) -> None:
    refused = []

    def others() -> None:
        if refused:
            return
        link = book.parent / "link.book"
        link.symlink_to(book.name)
        for place in (book, link):
            for second in STAGES:
                with pytest.raises(BookError) as raised:
                    run(second, place)
                refused.append(str(raised.value))
        link.unlink()

    run(first, book, others)
    assert set(refused) == {f"{book}.part: {REFUSED}"}
    opened = Book.open(book)
    assert problems(opened) == []
    assert list(opened.volumes) == (["z"] if first == "build" else ["x", "y"])
    assert {path.name for path in book.iterdir() if path.is_dir()} == {first} - {"build"}
    assert beside(book) == []


@pytest.mark.parametrize("name", STAGES[1:])
def test_a_stage_is_about_the_book_that_is_there_when_it_may_write(
    name: str, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build gives the place another book after the command was begun, before it has the lock."""

    def late(folder: Path) -> AbstractContextManager[None]:
        run("build", book)
        return locked(folder)

    monkeypatch.setattr(annex, "locked", late)
    run(name, book)
    opened = Book.open(book)
    assert list(opened.volumes) == ["z"]
    assert problems(opened) == []
    assert opened.annex(name) is not None


def test_two_processes_at_once(book: Path) -> None:
    """Whichever is first, both say how they ended, and what was added by those that say 0 is there."""
    folder = book.parent
    commands = {
        "ground": ["ground", "a.book", "--shifts", "3"],
        "search": ["index", "a.book", "--encoder", "none"],
        "build": ["build", "../b.fa", "-o", "a.book", "--replace"],
    }
    running = {
        name: subprocess.Popen(books.command(*line), cwd=folder, stderr=subprocess.PIPE, text=True)
        for name, line in commands.items()
    }
    said = {name: process.communicate(timeout=300)[1] for name, process in running.items()}
    ended = {name: (said[name], process.returncode) for name, process in running.items()}
    for text, code in ended.values():
        if code:
            assert code == 2
            assert [line for line in text.splitlines() if not line.endswith("...")] == [
                f"error: {book.resolve()}.part: {REFUSED}"
            ] or text.endswith(f"error: a.book.part: {REFUSED}\n")
    assert problems(Book.open(book)) == []
    assert 0 in [code for _, code in ended.values()]
    if ended["build"][1]:
        for name in ("ground", "search"):
            assert (book / name).is_dir() == (ended[name][1] == 0)
    assert beside(book) == []


def test_one_at_a_time_however_often(tmp_path: Path) -> None:
    """The lock's folder comes and goes with every holder; no one fails for that, and two never hold it."""
    folder, inside, held, wrong = tmp_path / "a.book.part", [0], [0] * 4, []

    def take(number: int) -> None:
        while held[number] < 100:
            try:
                with locked(folder):
                    inside[0] += 1
                    if inside[0] > 1:
                        wrong.append("two at once")
                    inside[0] -= 1
                held[number] += 1
            except BookError:
                pass
            except Exception as error:  # noqa: BLE001
                wrong.append(repr(error))
                return

    threads = [threading.Thread(target=take, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []
    assert sum(held) == 400
    assert not folder.exists()
