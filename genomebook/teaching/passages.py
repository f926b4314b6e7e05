"""Passages of a book that a class looks at: letters cut into marked pieces, and places drawn by a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np

from genomebook.book import Book
from genomebook.genome.regions import Region
from genomebook.language.alphabet import BASES, reverse_complement
from genomebook.language.encode import Encoder
from genomebook.search.motifs import Motif, find_motif

ALU_HEAD = "GGCCGGGCGCGGTGGCTCA"
"""First letters of an Alu, by which one is known where a book has no track of repeats."""

ALU_MISMATCHES = 3
ALU_LETTERS = 240
"""Letters taken from a head on."""

MAX_ALUS = 400
_TRIES = 200


@dataclass(frozen=True)
class LetterPiece:
    """Letters of a passage: how they are marked (a CSS class, or none) and what stands under them."""

    letters: str
    mark: str = ""
    under: str = ""


@dataclass(frozen=True)
class ClassPassage:
    """A passage to look at: what it is, its pieces, and its address in the book, where it is in it."""

    title: str
    pieces: tuple[LetterPiece, ...]
    place: str = ""


@dataclass(frozen=True)
class StrandPlace:
    """A place of a book and the strand on which it is read."""

    region: Region
    strand: str = "+"

    def letters(self, book: Book) -> str:
        """Its letters in upper case, as its strand is read."""
        region = self.region
        letters = book[region.volume].sequence(region.start, region.end).upper()
        return (reverse_complement(letters) if self.strand == "-" else letters).decode("ascii")


def in_words(encoder: Encoder, letters: str) -> tuple[LetterPiece, ...]:
    """Cut a passage into the words of the book, as if it stood alone; every second one is marked.

    Parameters
    ----------
    encoder : Encoder
        Tokenizer of the book.
    letters : str
        A, C, G and T.
    """
    ids = encoder.encode(np.frombuffer(letters.encode("ascii"), np.uint8))
    words = encoder.vocabulary.words
    return tuple(LetterPiece(words[number], "even" if n % 2 else "odd") for n, number in enumerate(ids))


def random_place(book: Book, length: int, rng: np.random.Generator) -> StrandPlace | None:
    """Draw a place of A, C, G and T alone, each letter of the book alike; None where a book has none.

    Parameters
    ----------
    book : Book
        The book.
    length : int
        Letters of the place.
    rng : numpy.random.Generator
        Draws it.
    """
    ends = np.cumsum([max(0, volume.length - length + 1) for volume in book])
    if not ends[-1]:
        return None
    names = [volume.name for volume in book]
    for _ in range(_TRIES):
        at = int(rng.integers(ends[-1]))
        number = int(np.searchsorted(ends, at, "right"))
        start = at - (int(ends[number - 1]) if number else 0)
        place = StrandPlace(Region(names[number], start, start + length))
        if set(place.letters(book)) <= set(BASES):
            return place
    return None


@lru_cache(maxsize=4)
def alus(book: Book) -> tuple[StrandPlace, ...]:
    """The first Alus of a book, in its order, at most `MAX_ALUS`: those of its repeats, else by their head.

    A head is `ALU_HEAD` with at most `ALU_MISMATCHES` other letters, on either strand; the place is
    `ALU_LETTERS` from there.
    """
    places = _alus_of_tracks(book) if has_repeats(book) else _alu_heads(book)
    return tuple(islice(places, MAX_ALUS))


def has_repeats(book: Book) -> bool:
    """Whether the book has a track of repeats."""
    return bool(_repeats(book))


def _repeats(book: Book) -> set[str]:
    return {track.name for track in book.features.tracks if track.kind == "repeat"}


def _alus_of_tracks(book: Book) -> Iterator[StrandPlace]:
    for volume in book:
        for feature in book.features.overlapping(volume.name, 0, volume.length, _repeats(book)):
            if "Alu" in feature.group or feature.name.startswith("Alu"):
                yield StrandPlace(Region(volume.name, feature.start, feature.end), feature.strand)


def _alu_heads(book: Book) -> Iterator[StrandPlace]:
    names = [volume.name for volume in book]
    for places in find_motif(book, Motif.of(ALU_HEAD, ALU_MISMATCHES)):
        volume = names[places.volume]
        for start, strand in zip(places.starts.tolist(), places.strands.tolist(), strict=True):
            low = start + len(ALU_HEAD) - ALU_LETTERS if strand else start
            if low >= 0 and low + ALU_LETTERS <= book[volume].length:
                yield StrandPlace(Region(volume, low, low + ALU_LETTERS), "-" if strand else "+")


def matched(first: str, second: str) -> int:
    """Letters that are the same at the same place."""
    return sum(a == b for a, b in zip(first, second, strict=False))
