"""Stops of the tour about letters: Alu, CpG island, a shuffled page, the other strand, the English."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook import stats
from genomebook.book import Book, Volume
from genomebook.genome.stretches import prefix_sums
from genomebook.language.alphabet import BASES, FIRST_WORD, reverse_complement
from genomebook.language.encode import Encoder
from genomebook.language.shuffle import dinucleotide_shuffle
from genomebook.teaching.passages import (
    ClassPassage,
    LetterPiece,
    StrandPlace,
    alus,
    has_repeats,
    in_words,
    matched,
    random_place,
)
from genomebook.teaching.stops import TourStop, address, made_stop, missing_stop
from genomebook.teaching.texts import class_texts, stop_texts

PASSAGE = 240
"""Letters of a page that is compared with another."""

SHORT = 60
ISLAND_LETTERS, ISLAND_GC, ISLAND_RATIO = 200, 0.5, 0.6
"""A CpG island: its letters, its share of C and G, and CpG over what chance gives, at least.

Gardiner-Garden and Frommer 1987, CpG islands in vertebrate genomes, J. Mol. Biol. 196: 261-282.
"""

SEARCHED = 2_000_000
"""Letters at the start of each sequence that are searched for the richest window."""

MAX_VOLUMES = 100
SIBLINGS, COMPARED = 4, 100
"""Alus shown, and the first of the book among which those most like its first are taken."""

PAGES = 50
"""Pages over which the words of the genome and of its shuffle are counted."""


class RichWindow(NamedTuple):
    """A window of `ISLAND_LETTERS`: where, its CpG, these over what chance gives, its share of C and G."""

    volume: str
    start: int
    number: int
    ratio: float
    gc: float

    @property
    def is_island(self) -> bool:
        """Whether it counts as a CpG island."""
        return self.ratio >= ISLAND_RATIO and self.gc >= ISLAND_GC


def _too_short(name: str, letters: int) -> TourStop:
    return missing_stop(name, class_texts()["no_passage"].format(letters=letters))


def alu_siblings(book: Book) -> TourStop:
    """The first letters of some Alus, one below the other."""
    near = [(place.letters(book)[:SHORT], place) for place in alus(book)[:COMPARED]]
    if len(near) < 2:
        return missing_stop("alu")
    first = near[0][0]
    near = sorted(near, key=lambda pair: matched(first, pair[0]), reverse=True)
    texts = [text for text, _ in near[:SIBLINGS]]
    shared = [len(set(column)) == 1 for column in zip(*texts, strict=False)]
    named = [(f"Alu {n}", text, _address(book, place)) for n, (text, place) in enumerate(near[:SIBLINGS], 1)]
    same = [str(matched(texts[0], other)) for other in texts[1:]]
    return made_stop(
        "alu",
        tuple(ClassPassage(title, (LetterPiece(text),), to) for title, text, to in named),
        tuple(ClassPassage(title, _compared(text, shared), to) for title, text, to in named),
        letters=len(texts[0]), same=", ".join(same), compared=len(near),
        how=stop_texts()["alu"]["by_track" if has_repeats(book) else "by_head"],
    )  # fmt: skip


def _address(book: Book, place: StrandPlace) -> str:
    return address(book, place.region.volume, place.region.start, place.region.end)


def _compared(text: str, shared: list[bool]) -> tuple[LetterPiece, ...]:
    """Letters in runs, those that are the same in all lines marked."""
    pieces: list[LetterPiece] = []
    for letter, is_shared in zip(text, shared, strict=False):
        mark = "same" if is_shared else ""
        if pieces and pieces[-1].mark == mark:
            pieces[-1] = LetterPiece(pieces[-1].letters + letter, mark)
        else:
            pieces.append(LetterPiece(letter, mark))
    return tuple(pieces)


def cpg_island(book: Book) -> TourStop:
    """The window of the book with the most CpG against chance, and whether it is an island."""
    best = richest_window(book)
    if best is None:
        return _too_short("island", ISLAND_LETTERS)
    start, end = best.start, best.start + ISLAND_LETTERS
    letters = book[best.volume].sequence(start, end).decode("ascii").upper()
    expected = letters.count("C") * letters.count("G") / ISLAND_LETTERS
    pieces: list[LetterPiece] = []
    for n, part in enumerate(letters.split("CG")):
        pieces += [LetterPiece("CG", "same")] * (n > 0) + [LetterPiece(part)] * bool(part)
    shuffled = dinucleotide_shuffle(_searched(book[best.volume]), 0, best.volume)
    control = _richest(best.volume, shuffled)
    by_chance = control is not None and control.number >= best.number
    kind = ("chance_island" if by_chance else "is_island") if best.is_island else "no_island"
    title = f"The {ISLAND_LETTERS} letters with the most CG"
    passage = ClassPassage(title, tuple(pieces), address(book, best.volume, start, end))
    return made_stop(
        "island", (passage,), (), expected=f"{expected:.1f}", count=letters.count("CG"), ratio=ISLAND_RATIO,
        gc=f"{100 * best.gc:.0f}", control=control.number if control else 0, searched=SEARCHED // 1_000_000,
        said=stop_texts()["island"][kind],
    )  # fmt: skip


def richest_window(book: Book) -> RichWindow | None:
    """The island with the most CpG, or else the window with the most CpG over what chance gives.

    The first `SEARCHED` letters of the first `MAX_VOLUMES` sequences are searched; None where they have no
    window of A, C, G and T.
    """
    best = [
        window for volume in list(book)[:MAX_VOLUMES]
        if (window := _richest(volume.name, _searched(volume))) is not None
    ]  # fmt: skip
    return max(best, key=lambda window: (window.is_island, window.number), default=None)


def _searched(volume: Volume) -> bytes:
    return volume.sequence(0, min(volume.length, SEARCHED)).upper()


def _richest(volume: str, sequence: bytes) -> RichWindow | None:
    """The richest window of a sequence in upper case; None where it has none."""
    letters = np.frombuffer(sequence, np.uint8)
    if len(letters) < ISLAND_LETTERS:
        return None
    c, g = letters == ord("C"), letters == ord("G")
    whole = _in_windows(np.isin(letters, np.frombuffer(BASES.encode(), np.uint8))) == ISLAND_LETTERS
    number_c, number_g = _in_windows(c), _in_windows(g)
    number = _in_windows(np.append(c[:-1] & g[1:], False))  # one across the end of a window counts too
    ratio = number / np.maximum(number_c * number_g / ISLAND_LETTERS, 1.0)
    gc = (number_c + number_g) / ISLAND_LETTERS
    island = whole & (ratio >= ISLAND_RATIO) & (gc >= ISLAND_GC)
    at = int(np.where(island, number, -1).argmax() if island.any() else np.where(whole, ratio, -1).argmax())
    return RichWindow(volume, at, int(number[at]), float(ratio[at]), float(gc[at])) if whole[at] else None


def _in_windows(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Number of True in each window of `ISLAND_LETTERS` positions: int64[n - ISLAND_LETTERS + 1]."""
    sums: NDArray[np.int64] = prefix_sums(mask)
    return sums[ISLAND_LETTERS:] - sums[:-ISLAND_LETTERS]


def _drawn(book: Book, name: str, length: int) -> tuple[StrandPlace, str, str] | None:
    """A place for a stop, always the same in a book; its letters and their shuffle."""
    place = random_place(book, length, stats.generator(0, f"{name} {book.digest}"))
    if place is None:
        return None
    letters = place.letters(book)
    return place, letters, dinucleotide_shuffle(letters.encode(), 0, name).decode("ascii")


def two_pages(book: Book, encoder: Encoder) -> TourStop:
    """A passage and its shuffle, each in words, in an order that the digest of the book gives."""
    drawn = _drawn(book, "shuffle", PASSAGE)
    if drawn is None:
        return _too_short("shuffle", PASSAGE)
    place, letters, mixed = drawn
    own, other = in_words(encoder, letters), in_words(encoder, mixed)
    more = [_drawn(book, f"shuffle {n}", PASSAGE) for n in range(PAGES)]
    counts = [[len(in_words(encoder, text)) for text in each[1:]] for each in more if each]
    genome = 1 + int(stats.generator(0, f"order {book.digest}").integers(2))
    pages = (own, other) if genome == 1 else (other, own)
    title = f"Page {genome}, from the genome"
    return made_stop(
        "shuffle",
        tuple(ClassPassage(f"Page {n}", pieces) for n, pieces in enumerate(pages, 1)),
        (ClassPassage(title, own, _address(book, place)),),
        genome=genome, words=len(own), others=len(other), pages=len(counts),
        all_words=f"{sum(c for c, _ in counts):,}", all_others=f"{sum(c for _, c in counts):,}",
    )  # fmt: skip


def other_strand(book: Book, encoder: Encoder) -> TourStop:
    """A passage and its reverse complement, in words."""
    drawn = _drawn(book, "strand", SHORT)
    if drawn is None:
        return _too_short("strand", SHORT)
    place, letters, _ = drawn
    back = in_words(encoder, reverse_complement(letters.encode()).decode("ascii"))
    words = in_words(encoder, letters)
    shared = sorted({piece.letters for piece in back} & {piece.letters for piece in words})
    return made_stop(
        "strand",
        (ClassPassage("One strand, in words", words, _address(book, place)),),
        (ClassPassage("The other strand, in words", back),),
        shared=", ".join(shared) or "none",
    )  # fmt: skip


def english(book: Book, encoder: Encoder) -> TourStop:
    """A passage and its shuffle with the gloss of each word."""
    glosses = book.lexicon.glosses
    if not len(book.lexicon.meaning):  # what the text says is true of glosses by meaning alone
        return missing_stop("english")
    drawn = _drawn(book, "english", SHORT)
    if drawn is None:
        return _too_short("english", SHORT)
    place, letters, mixed = drawn
    ids = {word: number for number, word in enumerate(encoder.vocabulary.words) if number >= FIRST_WORD}

    def glossed(text: str) -> tuple[LetterPiece, ...]:
        return tuple(LetterPiece(p.letters, p.mark, glosses[ids[p.letters]]) for p in in_words(encoder, text))

    return made_stop(
        "english",
        (ClassPassage("From the genome", glossed(letters), _address(book, place)),),
        (ClassPassage("Its shuffle", glossed(mixed)),),
    )  # fmt: skip
