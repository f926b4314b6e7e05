"""Sentence ends that an allele moves: those of the whole changed volume, scored and decoded anew."""

from __future__ import annotations

import random

import numpy as np
import pytest

from genomebook.annotation.variants.alleles import VariantAllele
from genomebook.annotation.variants.sentences import SentenceReader
from genomebook.annotation.variants.wording import WordingReader
from genomebook.book import Book
from genomebook.segmentation.scorer import scorer_of
from tests.support import books

TEXT = (
    books.letters(12_000, 15) + b"AC" * 300 + books.letters(28_000, 16) + b"N" * 70 + books.letters(9_000, 17)
)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("sentences")
    (folder / "a.fa").write_bytes(books.fasta({"chr1": TEXT}))
    return books.make(folder / "a.fa", folder / "a.book", words="words-4096")


def test_moved_ends_are_those_of_the_whole_volume(book: Book) -> None:
    reader, scorer = SentenceReader(WordingReader(book)), scorer_of(book)
    old = set(book["chr1"].sentences()["end"].tolist())
    draw, moved, known = random.Random(4), 0, 0
    for _ in range(20):
        start = draw.choice(
            [draw.randrange(20), draw.randrange(len(TEXT) - 100), draw.randrange(40_000, 40_590)]
        )
        end = start + draw.choice([0, 1, 1, 7])
        letters = TEXT[start:end].decode()
        alt = "".join(draw.choices("ACGT", k=draw.choice([0, 1, 1, 25])))
        if "N" in letters or letters == alt:
            continue
        allele = VariantAllele("chr1", start, end, letters, alt, 1, "", "chr1", 1, letters, alt)
        change = reader.of(allele)
        if change is None:
            continue
        known += 1
        fresh = np.frombuffer(TEXT[:start] + alt.encode() + TEXT[end:], np.uint8)
        divided = scorer.divide(fresh)[book.meta.signals.used].sentences
        growth = len(alt) - (end - start)
        last = start + len(alt)
        ends = {at - growth if at >= last else end if at > start else at for at in divided.tolist()}
        inner = {at for at in old ^ ends if change.start < at < change.end}
        inner -= {at for at in inner if at in {len(TEXT), 40_600, 40_670}}  # beside gaps `divide` gives none
        assert inner == {*change.lost, *change.gained}
        moved += bool(inner)
    assert known > 10
    assert moved > 0


def test_a_book_that_a_neural_reader_divides_is_not_assessed(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book.meta.signals, "used", "transfer")
    allele = VariantAllele("chr1", 9, 10, TEXT[9:10].decode(), "", 1, "", "chr1", 1, "", "")
    assert SentenceReader(WordingReader(book)).of(allele) is None
