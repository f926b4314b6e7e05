"""The channel wording: alignments of a query with the book, both strands, each with its significance."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from math import ceil, exp, log
from threading import Event
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.language.alphabet import CODE, reverse_complement
from genomebook.language.shuffle import dinucleotide_shuffle
from genomebook.search.alignment.align import Alignment, align, align_near, scores
from genomebook.search.alignment.candidates import BAND, MARGIN, candidates
from genomebook.search.alignment.dust import low_complexity
from genomebook.search.alignment.seeds import Seeds
from genomebook.search.alignment.significance import Statistics, bits, evalue, gapped
from genomebook.search.hits import half
from genomebook.search.text import Text

CANDIDATES = 40
"""Stretches of each strand that are scored by an alignment, at least."""

MOST_CANDIDATES = 500
"""And at most, of those that score enough without gaps, unless more hits are wanted.

How many are scored follows from the query and the E-value asked for, so that the first ten of 500 hits are
those that are found when ten are asked for.
"""

MOST_MASKED = 0.5
"""Share of a query that is passed over as of low complexity; of one that has more, nothing is."""

WHOLE = 1_000
"""Letters of a query that is always aligned whole; of a longer one, as far as it is alike."""


SHORT = 200
"""Letters up to which a piece of a query is aligned on some diagonals only; above, parasail is faster."""


EDGE = 40
"""Letters from the end of a piece within which an alignment may go on beyond it: more is aligned then."""


SLACK = 100
"""What an alignment is thought to score at most above what it scored within a band: one that cannot be among
the hits wanted is not made."""


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
    """Say whether two hits on one strand share half of the shorter, of the text and of the query."""
    if one.strand != other.strand or one.end <= other.at or other.end <= one.at:
        return False
    return half((one.at, one.end), (other.at, other.end)) and half(_of_query(one), _of_query(other))


def _of_query(found: Found) -> tuple[int, int]:
    return found.alignment.query_start, found.alignment.query_end


def _within(place: _Place, found: Found) -> bool:
    """Say whether at least half of a place lies in a hit on the same strand, of the text and of the query."""
    if place.strand != found.strand or place.end <= found.at or found.end <= place.start:
        return False
    start, end = _of_query(found)
    of_text = min(place.end, found.end) - max(place.start, found.at)
    of_query = min(place.last, end) - max(place.first, start)
    return 2 * of_text >= place.end - place.start and 2 * of_query >= place.last - place.first


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

    def search(self, letters: bytes, limit: int, most: float, stopped: Event | None = None) -> list[Found]:
        """Find alignments of a query.

        Parameters
        ----------
        letters : bytes
            Upper case; 20 to 10,000 of them.
        limit : int
            Hits wanted.
        most : float
            E-value that no hit is above.
        stopped : Event, optional
            Looked at before each alignment: once it is set, what was found by then is given.

        Returns
        -------
        list of Found
            Best score first, equals in the order of the text; none overlaps a better one by half. Of a query
            that is mostly of low complexity no letter is passed over, but its E-values are no less than its
            own shuffle says: letters like these are common in genomes, so chance finds more of them.
        """
        stopped = stopped or Event()
        masked = low_complexity(letters)
        if masked.mean() <= MOST_MASKED:
            return self._found(letters, masked, limit, most, stopped)
        masked[:] = False
        mixed = dinucleotide_shuffle(letters, 1, "low complexity")
        control = self._found(mixed, masked, CANDIDATES, np.inf, stopped)
        found = self._found(letters, masked, limit, most, stopped)
        if control:
            lam, known = self.statistics(letters).lam, control[-1].alignment.score
            found = [_beside(hit, len(control), known, lam) for hit in found]
        return [hit for hit in found if hit.evalue <= most]

    def _places(
        self, strands: Mapping[str, bytes], masked: NDArray[np.bool_], limit: int, most: float
    ) -> list[_Place]:
        """Where either strand of a query is like the text, best score first."""
        letters = strands["+"]
        strong = sys.maxsize
        if 0 < most < np.inf:
            stats = self.statistics(letters)
            strong = ceil(log(2 * stats.k * len(letters) * self.text.letters / most) / stats.lam)
        places: list[_Place] = []
        for strand, query in strands.items():
            hidden = masked if strand == "+" else np.ascontiguousarray(masked[::-1])
            codes = CODE[np.frombuffer(query, np.uint8)]
            rows = candidates(
                codes, hidden, self.seeds, self.text, CANDIDATES, strong, max(MOST_CANDIDATES, limit)
            )
            places += [_Place(strand, *row) for row in rows.tolist()]
        return sorted(places, key=lambda place: (-place.score, place.start, place.strand, place.first))

    def _found(
        self, letters: bytes, masked: NDArray[np.bool_], limit: int, most: float, stopped: Event
    ) -> list[Found]:
        """Hits of a query, no seed of which is looked up where letters are masked."""
        strands = {"+": letters, "-": reverse_complement(letters)}
        stats = self.statistics(letters)
        found: list[Found] = []
        for place in self._places(strands, masked, limit, most):
            known = found[limit - 1].alignment.score if len(found) >= limit else 0
            if stopped.is_set() or place.score + SLACK < known:
                break
            if evalue(place.score, len(letters), self.text.letters, stats) > most:
                break
            if any(_within(place, other) for other in found):
                continue
            for one in self._alignments(place, strands[place.strand], letters, known):
                if one.evalue <= most:
                    _add(found, one)
            found.sort(key=lambda hit: (-hit.alignment.score, hit.at, hit.strand, hit.alignment.query_start))
        return found[:limit]

    def _alignments(self, place: _Place, query: bytes, letters: bytes, known: int) -> Iterator[Found]:
        """Align what lies around a place; when that is better elsewhere, on the place's own diagonals too.

        Nothing is aligned that scores less than is ``known`` of better ones.
        """
        if place.score < known and self._score(place, query) < known:
            return
        one = self._at(place, query, letters)
        if one is not None:
            yield one
        if place.score >= known and (one is None or not _within(place, one)):
            near = self._on_diagonals(place, query, letters)
            if near is not None:
                yield near

    def _score(self, place: _Place, query: bytes) -> int:
        """Score of the alignment of a strand of a query with what lies around a place."""
        low, high = _part(place, len(query), MARGIN)
        around = pad(high - low)
        return int(
            scores(query[low:high], [self.text.read(*self._stretch(place, low, high, around, around))])[0]
        )

    def _stretch(self, place: _Place, low: int, high: int, before: int, after: int) -> tuple[int, int]:
        """Stretch of the text, within its run, beside which letters [low, high) of a query lie, and more."""
        floor, ceiling = self.text.run_at(place.start)
        start = place.start - (place.first - low) - before
        return max(floor, start), min(ceiling, place.end + (high - place.last) + after)

    def _at(self, place: _Place, query: bytes, letters: bytes) -> Found | None:
        """Align a strand of a query, or as much of a long one as is alike, with what lies around a place.

        Where the alignment ends near an edge, and more letters could be alike, it is made again with more.
        """
        n, more = len(query), MARGIN
        low, high = _part(place, n, more)
        before = after = pad(high - low)
        floor, ceiling = self.text.run_at(place.start)
        while True:
            start, end = self._stretch(place, low, high, before, after)
            found = self._between(place, query[low:high], low, start, end, letters)
            if found is None:
                return None
            first, last = _of_query(found)
            goes_back, goes_on = low > 0 and first < low + EDGE, high < n and last > high - EDGE
            back = on = False
            if high - low > SHORT:  # else the diagonals are the limit, not the stretch
                back = floor < start and before < n and found.at - start < min(EDGE, first - low)
                on = end < ceiling and after < n and end - found.end < min(EDGE, high - last)
            if not (goes_back or goes_on or back or on):
                return found
            before, after = before << back, after << on
            if goes_back or goes_on:
                more *= 2
                low, high = max(0, low - more * goes_back), min(n, high + more * goes_on)
                before, after = max(before, pad(high - low)), max(after, pad(high - low))

    def _between(
        self, place: _Place, piece: bytes, low: int, start: int, end: int, letters: bytes
    ) -> Found | None:
        """Align a piece of a strand of a query, from ``low`` on, with letters [start, end) of the text."""
        text = self.text.read(start, end)
        if len(piece) > SHORT:
            made = align(piece, text)
        else:
            made = _near(place, piece, text, low - start, pad(len(piece)))
        return self.judged(made, place.strand, low, start, letters)

    def _on_diagonals(self, place: _Place, query: bytes, letters: bytes) -> Found | None:
        """Align a strand of a query with the text on the diagonals of a place, as it was scored."""
        low, high = max(0, place.first - MARGIN), min(len(query), place.last + MARGIN)
        start, end = self._stretch(place, low, high, BAND, BAND)
        made = _near(place, query[low:high], self.text.read(start, end), low - start, BAND)
        return self.judged(made, place.strand, low, start, letters)

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


def _add(found: list[Found], one: Found) -> None:
    """Add a hit in the place of worse ones that it overlaps by half, unless it so overlaps a better one."""
    beside = [other for other in found if overlap(one, other)]
    if all(other.alignment.score < one.alignment.score for other in beside):
        found[:] = [other for other in found if other not in beside] + [one]


def _part(place: _Place, length: int, more: int) -> tuple[int, int]:
    """Letters of a query that are aligned with a place: all, or of a long one those around it."""
    if length <= WHOLE:
        return 0, length
    return max(0, place.first - more), min(length, place.last + more)


def _near(place: _Place, piece: bytes, text: bytes, moved: int, around: int) -> Alignment:
    """Align on the diagonals of a place and some around; ``moved`` is what those of a piece lie further."""
    diagonals = (place.start - place.first, place.end - place.last)
    low, high = min(diagonals) + moved - around, max(diagonals) + moved + around
    return align_near(piece, text, max(low, -len(piece)), min(high, len(text)))
