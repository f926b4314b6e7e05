"""The channel wording: alignments of a query with the book, both strands, each with its significance."""

from __future__ import annotations

from math import exp
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.language.alphabet import CODE, reverse_complement
from genomebook.language.shuffle import dinucleotide_shuffle
from genomebook.search.align import Alignment, align, align_near
from genomebook.search.candidates import MARGIN, candidates
from genomebook.search.dust import low_complexity
from genomebook.search.seeds import Seeds
from genomebook.search.significance import Statistics, bits, evalue, gapped
from genomebook.search.text import Text

CANDIDATES = 40
"""Stretches that are scored by an alignment, at least; more when more hits are wanted."""

MOST_MASKED = 0.5
"""Share of a query that is passed over as of low complexity; of one that has more, nothing is."""

WHOLE = 1_000
"""Letters of a query that is always aligned whole; of a longer one, as far as it is alike."""


SHORT = 200
"""Letters up to which a piece of a query is aligned on some diagonals only; above, parasail is faster."""


EDGE = 40
"""Letters from the end of a piece within which an alignment may go on beyond it: more is aligned then."""


class Found(NamedTuple):
    """An alignment with the text: ``at`` is where ``alignment.text_start`` lies; ``strand`` of the query."""

    strand: str
    at: int
    end: int
    alignment: Alignment
    bits: float
    evalue: float


class _Place(NamedTuple):
    """Where a strand of a query is like the text: text [start, end), query [first, last)."""

    strand: str
    score: int
    start: int
    end: int
    first: int
    last: int


def pad(length: int) -> int:
    """Letters around a stretch that insertions may need."""
    return 16 + length // 8


def overlap(one: Found, other: Found) -> bool:
    """Say whether two hits share at least half of the shorter, on the same strand."""
    if one.strand != other.strand:
        return False
    shared = min(one.end, other.end) - max(one.at, other.at)
    return 2 * shared >= min(one.end - one.at, other.end - other.at)


def _within(place: _Place, found: Found) -> bool:
    """Say whether at least half of a place lies in a hit on the same strand."""
    shared = min(place.end, found.end) - max(place.start, found.at)
    return place.strand == found.strand and 2 * shared >= place.end - place.start


def _beside(hit: Found, count: int, score: int, lam: float) -> Found:
    """Give a hit the E-value that so many hits of at least a score, of the shuffled query, lead to expect."""
    return hit._replace(evalue=max(hit.evalue, count * exp(lam * min(0, score - hit.alignment.score))))


class Wording:
    """Searches the seeds of a book.

    Parameters
    ----------
    text, seeds
        The index.
    """

    def __init__(self, text: Text, seeds: Seeds) -> None:
        self.text, self.seeds = text, seeds

    def statistics(self, letters: bytes) -> Statistics:
        """Parameters of chance alignments of a query with this text, by the share of G and C of both."""
        gc, bases = sum(map(letters.count, b"GC")), sum(map(letters.count, b"ACGT"))
        return gapped(round(gc / max(bases, 1), 2), round(self.text.gc, 2))

    def search(self, letters: bytes, limit: int, most: float) -> list[Found]:
        """Find alignments of a query.

        Parameters
        ----------
        letters : bytes
            Upper case; 20 to 10,000 of them.
        limit : int
            Hits wanted.
        most : float
            E-value that no hit is above.

        Returns
        -------
        list of Found
            Best score first, equals in the order of the text; none overlaps a better one by half. Of a query
            that is mostly of low complexity no letter is passed over, but its E-values are no less than its
            own shuffle says: letters like these are common in genomes, so chance finds more of them.
        """
        masked = low_complexity(CODE[np.frombuffer(letters, np.uint8)])
        if masked.mean() <= MOST_MASKED:
            return self._found(letters, masked, limit, most)
        masked[:] = False
        mixed = dinucleotide_shuffle(letters, 1, "low complexity")
        control = self._found(mixed, masked, max(limit, CANDIDATES), np.inf)
        found = self._found(letters, masked, limit, most)
        if control:
            lam, known = self.statistics(letters).lam, control[-1].alignment.score
            found = [_beside(hit, len(control), known, lam) for hit in found]
        return [hit for hit in found if hit.evalue <= most]

    def _found(self, letters: bytes, masked: NDArray[np.bool_], limit: int, most: float) -> list[Found]:
        """Hits of a query, no seed of which is looked up where letters are masked."""
        places: list[_Place] = []
        strands = {"+": letters, "-": reverse_complement(letters)}
        for strand, query in strands.items():
            hidden = masked if strand == "+" else np.ascontiguousarray(masked[::-1])
            codes = CODE[np.frombuffer(query, np.uint8)]
            rows = candidates(codes, hidden, self.seeds, self.text, max(CANDIDATES, 2 * limit))
            places += [_Place(strand, *row) for row in rows.tolist()]
        places.sort(key=lambda place: (-place.score, place.start))
        stats = self.statistics(letters)
        found: list[Found] = []
        for place in places:
            if len(found) >= limit and place.score < found[limit - 1].alignment.score:
                break
            if evalue(place.score, len(letters), self.text.letters, stats) > most:
                break
            if any(_within(place, other) for other in found):
                continue
            one = self._at(place, strands[place.strand], letters)
            if one is not None and one.evalue <= most and not any(overlap(one, other) for other in found):
                found.append(one)
                found.sort(key=lambda hit: (-hit.alignment.score, hit.at))
        return found[:limit]

    def _at(self, place: _Place, query: bytes, letters: bytes) -> Found | None:
        """Align a strand of a query, or as much of a long one as is alike, with what lies around a place."""
        if len(query) <= WHOLE:
            return self._between(place, query, 0, len(query), letters)
        more = MARGIN
        low, high = max(0, place.first - more), min(len(query), place.last + more)
        while True:
            found = self._between(place, query, low, high, letters)
            if found is None:
                return None
            goes_back = low > 0 and found.alignment.query_start < low + EDGE
            goes_on = high < len(query) and found.alignment.query_end > high - EDGE
            if not goes_back and not goes_on:
                return found
            more *= 2
            low, high = max(0, low - more * goes_back), min(len(query), high + more * goes_on)

    def _between(self, place: _Place, query: bytes, low: int, high: int, letters: bytes) -> Found | None:
        """Align letters [low, high) of a strand of a query with what lies around a place."""
        around = pad(high - low)
        floor, ceiling = self.text.run_at(place.start)
        at = max(floor, place.start - (place.first - low) - around)
        text = self.text.read(at, min(ceiling, place.end + (high - place.last) + around))
        piece = query[low:high]
        if len(piece) > SHORT:
            return self.judged(align(piece, text), place.strand, low, at, letters)
        diagonals = (place.start - place.first, place.end - place.last)
        first, last = min(diagonals) + low - at - around, max(diagonals) + low - at + around
        made = align_near(piece, text, max(first, -len(piece)), min(last, len(text)))
        return self.judged(made, place.strand, low, at, letters)

    def judged(self, made: Alignment, strand: str, query_at: int, text_at: int, whole: bytes) -> Found | None:
        """Say what an alignment of a piece of a strand of a query is worth; None when nothing is alike."""
        if made.score <= 0:
            return None
        stats = self.statistics(whole)
        value = evalue(made.score, len(whole), self.text.letters, stats)
        moved = made._replace(query_start=made.query_start + query_at, query_end=made.query_end + query_at)
        return Found(
            strand, text_at + made.text_start, text_at + made.text_end, moved, bits(made.score, stats), value
        )
