"""The alleles of an uploaded VCF, by place and by identifier: in memory only, bounded."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property
from itertools import accumulate

from genomebook.annotation.variants.alleles import VariantAllele
from genomebook.annotation.variants.letters import LetterCache
from genomebook.annotation.variants.reading import UPLOAD_RECORDS, VariantReader, VariantTally
from genomebook.book.read import Book


class VariantSet:
    """Alleles on the volumes of a book.

    Parameters
    ----------
    tally : VariantTally
        Of the file that they were read from.
    alleles : iterable of VariantAllele
        In any order.
    """

    def __init__(self, tally: VariantTally, alleles: Iterable[VariantAllele]) -> None:
        self.tally = tally
        self._on: dict[str, list[VariantAllele]] = {}
        for allele in alleles:
            self._on.setdefault(allele.volume, []).append(allele)
        for rows in self._on.values():
            rows.sort(key=lambda allele: (allele.start, allele.end))
        self._starts = {name: [allele.start for allele in rows] for name, rows in self._on.items()}
        self._reach = {
            name: list(accumulate((allele.end for allele in rows), max)) for name, rows in self._on.items()
        }

    def __len__(self) -> int:
        """Number of alleles."""
        return sum(map(len, self._on.values()))

    def overlapping(self, volume: str, start: int, end: int, limit: int = 10_000) -> list[VariantAllele]:
        """Alleles that change a letter of [start, end), local, or insert before one; the first ``limit``."""
        rows = self._on.get(volume, [])
        if not rows:
            return []
        first = bisect_left(self._reach[volume], start)
        last = bisect_left(self._starts[volume], end)
        here = (allele for allele in rows[first:last] if allele.end > start or allele.start >= start)
        return [allele for allele, _ in zip(here, range(limit), strict=False)]

    @cached_property
    def _called(self) -> dict[str, list[VariantAllele]]:
        called: dict[str, list[VariantAllele]] = {}
        for rows in self._on.values():
            for allele in rows:
                for name in filter(None, allele.identifier.split(";")):
                    called.setdefault(name.casefold(), []).append(allele)
        return called

    def identified(self, identifier: str) -> list[VariantAllele]:
        """Alleles of the records with an ID, such as ``rs63750264``; case is ignored."""
        return self._called.get(identifier.casefold(), [])


def read_upload(book: Book, name: str, content: bytes, letters: LetterCache | None = None) -> VariantSet:
    """Read an uploaded VCF or BCF.

    Parameters
    ----------
    book : Book
        Opened.
    name : str
        Of the file, for messages.
    content : bytes
        At most `genomebook.annotation.variants.reading.UPLOAD_BYTES`, and `UPLOAD_RECORDS` records.
    letters : LetterCache, optional
        Of the book, shared with others.

    Raises
    ------
    AnnotationError
        As `VariantReader.read`.
    """
    tally = VariantTally(name)
    reader = VariantReader(book, letters)
    return VariantSet(tally, list(reader.read(content, tally, max_records=UPLOAD_RECORDS)))
