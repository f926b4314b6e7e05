"""Occurrences of words in a book of hundreds of megabases, through the index and by a search through all."""

from __future__ import annotations

import gc
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.book.build import build_apart
from benchmarks.book.read import TIMES, VOLUMES
from benchmarks.common.data import records, repeated, write_fasta
from benchmarks.common.table import table
from genomebook.book import Book
from genomebook.book.schema import LEXICON, OCCURRENCES
from genomebook.lexicon.context import lines as in_context
from genomebook.lexicon.occurrences import Occurrences
from genomebook.lexicon.statistics import letters_a_word

SCREEN = 20
"""Lines on a screen."""

WORDS = 20
"""Words of each kind."""

BINS = 100
"""Of the distribution along a volume."""


def run(quick: bool = False) -> dict[str, Any]:
    """Ask for frequent, middling and rare words in many ways, which must agree.

    Returns
    -------
    dict
        ``source``, ``letters``, ``words``, ``ids``; ``bytes`` of index, words, lexicon and book; ``build``:
        seconds in all and of the stages that the lexicon needs, copies shuffled; ``letters_a_word``: real and
        shuffled; ``seconds``: for each kind of word and way those of every word; ``counts`` of the words;
        ``open_lexicon``: seconds of a fresh book's lexicon, ``from disk`` and ``again``.
    """
    what, letters = records(quick)
    one = np.concatenate(letters)
    size = (1 if quick else TIMES) * len(one)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        volumes = {f"chr{n}": repeated(one, size, seed=100 * n) for n in range(1, VOLUMES + 1)}
        fasta = write_fasta(folder / "large.fa", volumes)
        built = build_apart(fasta, folder / "large.book")
        fasta.unlink()
        path = folder / "large.book"
        book = Book.open(path)
        sizes = {name: book.meta.files[name].bytes for name in (OCCURRENCES, LEXICON)}
        return {
            "source": what,
            "letters": built["letters"],
            "words": built["words"],
            "ids": len(book.vocabulary),
            "bytes": {**sizes, "words": 2 * built["words"], "book": built["book_bytes"]},
            "build": {
                "seconds": built["seconds"],
                **{stage: built["stages"][stage] for stage in ("shuffle", "lexicon")},
                "copies": book.lexicon.copies,
            },
            "letters_a_word": letters_a_word(book.lexicon.table),
            **_ask(path, 3 if quick else WORDS),
            "open_lexicon": _open_lexicon(path, 3 if quick else WORDS),
        }


def _forget(path: Path) -> None:
    """Let go of what the system keeps of a book's files in memory; nothing where it cannot be asked to."""
    for file in path.rglob("*"):
        if file.is_file() and hasattr(os, "posix_fadvise"):
            with file.open("rb") as opened:
                os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _plainly(book: Book, word: int) -> NDArray[np.int64]:
    """All occurrences of a word by a search through all words."""
    found = [
        first + np.flatnonzero(volume.ids[:] == word)
        for first, volume in zip(book.first_words.tolist(), book, strict=False)
    ]
    return np.concatenate(found)


def _ask(path: Path, each: int) -> dict[str, Any]:
    """Seconds of each way for words of each kind."""
    known = (
        Book.open(path).lexicon.table.query("count > 0").sort_values("count", ascending=False, kind="stable")
    )
    middle = (len(known) - each) // 2
    kinds = {"frequent": known[:each], "middling": known[middle : middle + each], "rare": known[-each:]}
    seconds: dict[str, dict[str, list[float]]] = {}
    for kind, rows in kinds.items():
        ways = seconds.setdefault(kind, {})
        for word, count in zip(rows["id"].tolist(), rows["count"].tolist(), strict=True):
            for way, spent in _one(path, word, count).items():
                ways.setdefault(way, []).append(spent)
    return {"counts": {kind: rows["count"].tolist() for kind, rows in kinds.items()}, "seconds": seconds}


def _one(path: Path, word: int, count: int) -> dict[str, float]:
    """Seconds of the first screen and what else a word's page needs; all ways must agree."""
    found: dict[str, float] = {}

    def timed(way: str, do: Callable[[], Any]) -> Any:
        gc.collect()
        began = time.perf_counter()
        got = do()
        found[way] = time.perf_counter() - began
        return got

    def fresh() -> Any:
        book = Book.open(path)
        occurrences = Occurrences.open(book)
        return occurrences.count(word), in_context(book, occurrences.ordinals(word, 0, SCREEN))

    gc.collect()
    _forget(path)
    screen = timed("from disk", fresh)
    again = timed("fresh", fresh)
    stay = Book.open(path)
    occurrences = Occurrences.open(stay)
    _ = occurrences.ordinals(word, 0, 1), stay.vocabulary
    ordinals = timed("warm", lambda: occurrences.ordinals(word, 0, SCREEN))
    context = timed("context", lambda: in_context(stay, ordinals))
    last = timed("last", lambda: occurrences.ordinals(word, max(0, count - SCREEN), SCREEN))
    plain = timed("plain", lambda: _plainly(stay, word))
    along = timed("along", lambda: occurrences.along(word, BINS))
    same = (screen == again == (count, context), (ordinals == plain[:SCREEN]).all())
    if not all(same) or (last != plain[-SCREEN:]).any() or len(plain) != count:
        raise RuntimeError(f"word {word}: the index and the words do not agree")
    if sum(int(bins.sum()) for bins in along.values()) != count:
        raise RuntimeError(f"word {word}: the volumes do not hold as many as the book")
    return found


def _open_lexicon(path: Path, times: int) -> dict[str, list[float]]:
    """Seconds to open a book and read its lexicon."""
    found: dict[str, list[float]] = {"from disk": [], "again": []}
    for _ in range(times):
        gc.collect()
        _forget(path)
        for seconds in found.values():
            began = time.perf_counter()
            len(Book.open(path).lexicon.table)
            seconds.append(time.perf_counter() - began)
    return found


WAYS = {
    "from disk": "book and index opened anew, nothing of its files in memory: count and 20 lines of context",
    "fresh": "the same, files in memory",
    "warm": "in an open book: the first 20",
    "context": "in an open book: context of 20",
    "last": "in an open book: the last 20",
    "plain": "the plain way, `np.flatnonzero` over all words",
    "along": f"counts in {BINS} bins of each volume",
}


def lines(result: dict[str, Any]) -> list[str]:
    """Put the result into tables."""
    kinds = list(result["seconds"])
    counts = [f"{kind} ({min(n):,} to {max(n):,} times)" for kind, n in result["counts"].items()]
    rows = []
    for way, text in WAYS.items():
        spent = [np.array(result["seconds"][kind][way]) * 1e3 for kind in kinds]
        rows.append([text, *(f"{np.median(one):.2f} / {one.max():.2f}" for one in spent)])
    opened = {how: np.array(seconds) * 1e3 for how, seconds in result["open_lexicon"].items()}
    size, build = result["bytes"], result["build"]
    real, shuffled = result["letters_a_word"]
    rest = build["seconds"] - build["shuffle"] - build["lexicon"]
    number = len(result["seconds"][kinds[0]]["warm"])
    return [
        f"{result['letters']:,} letters, {result['words']:,} words, volumes: {VOLUMES}, ids: "
        f"{result['ids']:,}. Milliseconds, median / longest of {number} words.",
        "",
        *table(["", *counts], rows),
        "",
        f"The index has {size[OCCURRENCES]:,} bytes: {size[OCCURRENCES] / size['words']:.1%} of the words, "
        f"{size[OCCURRENCES] / size['book']:.1%} of the book. Opening the book and its lexicon takes "
        f"{np.median(opened['from disk']):.0f} ms from disk ({opened['from disk'].max():.0f} at most), "
        f"{np.median(opened['again']):.0f} ms again ({opened['again'].max():.0f} at most).",
        "",
        f"Building the book took {build['seconds']:.0f} s, {result['letters'] / build['seconds'] / 1e6:.1f} "
        f"million letters a second; of this {build['shuffle']:.0f} s went into the shuffled copy and "
        f"{build['lexicon']:.1f} s into lexicon and index, without which it is "
        f"{result['letters'] / rest / 1e6:.1f}. Letters a word: {real:.2f}, in the shuffled copy "
        f"{shuffled:.2f} ({real / shuffled - 1:+.1%}).",
    ]
