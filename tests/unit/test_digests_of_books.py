"""The digests of books, indexes and score tables as they were before the code was put in its present order.

No neural reader is asked, so the digests hold on every machine. They change with the format of a book, with
what is shipped, or with pyarrow, and at no other time.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from genomebook.book import Book
from genomebook.models.reader import Scores
from genomebook.pipeline.lexicon.ground import ground
from genomebook.pipeline.scores import score
from genomebook.pipeline.search.index import search_index
from tests.support import books, equipped

EXPECTED = {
    "book": "f7030afa61c276c829665ba858cc4039fa7e3b2cb2b2f624a77ea81bbe931c95",
    "ground": "1cef11fb9d88f4e28ca84caeb6bc31204a5e43d0b62e3e937c74cb482a70441d",
    "search": "d79d2f4cfb0baa09fa9d92dcd293147a32998ae4e1c7a27a1c46d3a9b9b69d27",
    "scores": "301802c3fbf8302fd7c1647e3a3de2542455f4510e366f3cda9cbf65bef64ca4",
}


class Arithmetic:
    """A reader whose scores are quotients of ids, so that no processor rounds them otherwise."""

    name, digest, width, window = "arithmetic", "0" * 64, 2, 8
    gives = frozenset({"surprisal", "boundary", "hidden"})

    def __init__(self, words: str) -> None:
        self.words = words

    def score(
        self,
        run: NDArray[np.uint16],
        first: int = 0,
        last: int | None = None,
        *,
        hidden: bool = False,
        surprisal: bool = True,
    ) -> Scores:
        ids = run[first:last].astype(np.float32)
        two = np.stack([ids / 64 - 30, 20 - ids / 128], axis=1)
        return Scores(ids / 256 if surprisal else None, two, two / 8 if hidden else None)


@pytest.fixture(scope="module")
def digests(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("digests")
    records = {"chr1": equipped.LETTERS, "chr2": equipped.OTHER, "chrN": b"NNNN"}
    (folder / "a.fa").write_bytes(books.fasta(records))
    (folder / "genes.bed").write_text("chr1\t10\t2000\tALPHA\nchr2\t1\t600\tBETA\n")
    path = folder / "a.book"
    book = books.make(folder / "a.fa", path, genes=folder / "genes.bed", words="words-4096")
    ground(path, shifts=20)
    search_index(path, encoder=equipped.ENCODER, workers=2)
    opened = Book.open(path)
    scores = score(path, Arithmetic(opened.vocabulary.digest), folder / "scores", workers=2, hidden=True)
    annexes = {name: opened.annex(name) for name in ("ground", "search")}
    return {
        "book": book.digest,
        **{name: annex.digest for name, annex in annexes.items() if annex},
        "scores": folder_digest(scores),
    }


def folder_digest(folder: Path) -> str:
    """SHA-256 over the names and the digests of the files of a folder."""
    text = "".join(f"{name} {digest}\n" for name, digest in sorted(books.snapshot(folder).items()))
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("what", sorted(EXPECTED))
def test_the_bytes_are_those_of_before(digests: dict[str, str], what: str) -> None:
    assert digests[what] == EXPECTED[what]
