"""Sequence search: alignments of a query with the book on both strands, each with its significance."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from math import ceil, exp, log
from threading import Event
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.genome.stretches import merged
from genomebook.language.alphabet import CODE, reverse_complement
from genomebook.language.shuffle import dinucleotide_shuffle
from genomebook.search.alignment.align import Alignment, align, align_near, scores
from genomebook.search.alignment.candidates import BAND, MARGIN, candidates
from genomebook.search.alignment.dust import low_complexity
from genomebook.search.alignment.seeds import Seeds
from genomebook.search.alignment.significance import Statistics, bits, evalue, gapped
from genomebook.search.alignment.similar import similar_places
from genomebook.search.hits import overlaps_by_half
from genomebook.search.text import PackedText

CANDIDATES = 40
"""Regions of each strand that are scored by an alignment, at least."""

MAX_CANDIDATES = 500
"""And at most, of those that score enough without gaps, unless more hits are wanted.

How many are scored follows from the query and the highest E-value, so that a higher limit leaves the first
hits as they are.
"""

MAX_MASKED = 0.5
"""Largest share of a query that is masked as of low complexity; above it nothing is masked."""

MAX_WHOLE = 1_000
"""Letters up to which a query is always aligned whole; a longer one only where it is similar."""

MAX_ON_DIAGONALS = 200
"""Letters up to which a piece of a query is aligned on some diagonals only; above, parasail is faster."""

EDGE = 40
"""An alignment that ends this close to the end of its piece, in letters, may go on beyond it."""

SLACK = 100
"""Points that a full alignment may score above the banded one; what then cannot be a hit is not aligned."""


class RawHit(NamedTuple):
    """An alignment with letters [at, end) of the text; ``strand`` is that of the query."""

    strand: str
    at: int
    end: int
    alignment: Alignment
    bits: float
    evalue: float


class _Region(NamedTuple):
    """Where a strand of a query is similar to the text: text [start, end), query [first, last)."""

    strand: str
    score: int
    start: int
    end: int
    first: int
    last: int


def flank(length: int) -> int:
    """Letters on either side of a region that insertions may need."""
    return 16 + length // 8


def overlap(one: RawHit, other: RawHit) -> bool:
    """Whether two hits on one strand share half of the shorter one, in the text and in the query."""
    if one.strand != other.strand or one.end <= other.at or other.end <= one.at:
        return False
    return overlaps_by_half((one.at, one.end), (other.at, other.end)) and overlaps_by_half(
        _query_interval(one), _query_interval(other)
    )


def _query_interval(found: RawHit) -> tuple[int, int]:
    return found.alignment.query_start, found.alignment.query_end


def _is_covered(region: _Region, found: RawHit) -> bool:
    """Whether at least half of a region, of its text and of its query, lies in a hit on the same strand."""
    if region.strand != found.strand or region.end <= found.at or found.end <= region.start:
        return False
    start, end = _query_interval(found)
    of_text = min(region.end, found.end) - max(region.start, found.at)
    of_query = min(region.last, end) - max(region.first, start)
    return 2 * of_text >= region.end - region.start and 2 * of_query >= region.last - region.first


def _with_control(hit: RawHit, count: int, score: int, lam: float) -> RawHit:
    """Raise the E-value of a hit to what the shuffled query's ``count`` hits of at least ``score`` imply."""
    return hit._replace(evalue=max(hit.evalue, count * exp(lam * min(0, score - hit.alignment.score))))


class SequenceSearch:
    """Search by the seeds of a book.

    Parameters
    ----------
    text, seeds
        The index.
    """

    def __init__(self, text: PackedText, seeds: Seeds) -> None:
        self.text, self.seeds = text, seeds

    def statistics(self, letters: bytes) -> Statistics:
        """Karlin-Altschul parameters for a query and this text, from the GC content of both."""
        gc, bases = sum(map(letters.count, b"GC")), sum(map(letters.count, b"ACGT"))
        return gapped(round(gc / max(bases, 1), 2), round(self.text.gc, 2))

    def search(
        self, letters: bytes, limit: int, max_evalue: float, stopped: Event | None = None
    ) -> list[RawHit]:
        """Find alignments of a query.

        Parameters
        ----------
        letters : bytes
            Upper case; 20 to 10,000 of them.
        limit : int
            Hits wanted.
        max_evalue : float
            Highest E-value of a hit.
        stopped : Event, optional
            Checked before each alignment: once it is set, the hits so far are returned.

        Returns
        -------
        list of RawHit
            Best score first, equals in the order of the text; none overlaps a better one by half. A query
            that is mostly of low complexity is not masked, but its E-values are at least those that its own
            shuffle implies: such letters are common in genomes, so chance finds more of them.
        """
        stopped = stopped or Event()
        masked = low_complexity(letters)
        if masked.mean() <= MAX_MASKED:
            return self._hits(letters, masked, limit, max_evalue, stopped)
        masked[:] = False
        shuffled = dinucleotide_shuffle(letters, 1, "low complexity")
        control = self._hits(shuffled, masked, CANDIDATES, np.inf, stopped)
        hits = self._hits(letters, masked, limit, max_evalue, stopped)
        if control:
            lam, known = self.statistics(letters).lam, control[-1].alignment.score
            hits = [_with_control(hit, len(control), known, lam) for hit in hits]
        return [hit for hit in hits if hit.evalue <= max_evalue]

    def _candidates(
        self, strands: Mapping[str, bytes], masked: NDArray[np.bool_], limit: int, max_evalue: float
    ) -> list[_Region]:
        """Regions where either strand of a query is similar to the text, best score first."""
        strong = sys.maxsize if not 0 < max_evalue < np.inf else self._least_score(strands["+"], max_evalue)
        regions: list[_Region] = []
        for strand, query in strands.items():
            hidden = masked if strand == "+" else np.ascontiguousarray(masked[::-1])
            codes = CODE[np.frombuffer(query, np.uint8)]
            rows = candidates(
                codes, hidden, self.seeds, self.text, CANDIDATES, strong, max(MAX_CANDIDATES, limit)
            )
            regions += [_Region(strand, *row) for row in rows.tolist()]
        return sorted(regions, key=lambda region: (-region.score, region.start, region.strand, region.first))

    def _least_score(self, letters: bytes, max_evalue: float) -> int:
        """Lowest score whose E-value is at most ``max_evalue``, above 0."""
        stats = self.statistics(letters)
        return ceil(log(2 * stats.k * len(letters) * self.text.letters / max_evalue) / stats.lam)

    def places_like(
        self, letters: bytes, max_evalue: float, share: float
    ) -> tuple[NDArray[np.int64], bool] | None:
        """Places on either strand that are like a part of a query, found without alignment.

        Parameters
        ----------
        letters : bytes
            Upper case; 20 to 10,000 of them.
        max_evalue : float
            Highest E-value of a place, by the scores of its segments without gaps.
        share : float
            Smallest share of the query.

        Returns
        -------
        (int64[k, 2], bool) or None
            Text [start, end), ascending, no two of which overlap; and whether these are all, or some seeds
            are too frequent to look all of their places up. None for a query of low complexity.
        """
        masked = low_complexity(letters)
        if masked.mean() > MAX_MASKED:
            return None
        least = self._least_score(letters, max_evalue)
        spans, are_all = [], True
        for query, hidden in ((letters, masked), (reverse_complement(letters), masked[::-1])):
            codes = CODE[np.frombuffer(query, np.uint8)]
            rows, is_whole = similar_places(codes, np.ascontiguousarray(hidden), self.seeds, self.text)
            are_all &= is_whole
            spans.append(rows[(rows[:, 0] >= least) & (rows[:, 4] - rows[:, 3] >= share * len(letters)), 1:3])
        return merged(np.concatenate(spans)), are_all

    def _hits(
        self, letters: bytes, masked: NDArray[np.bool_], limit: int, max_evalue: float, stopped: Event
    ) -> list[RawHit]:
        """Hits of a query; no seed is looked up at masked letters."""
        strands = {"+": letters, "-": reverse_complement(letters)}
        stats = self.statistics(letters)
        hits: list[RawHit] = []
        for region in self._candidates(strands, masked, limit, max_evalue):
            known = hits[limit - 1].alignment.score if len(hits) >= limit else 0
            if stopped.is_set() or region.score + SLACK < known:
                break
            if evalue(region.score, len(letters), self.text.letters, stats) > max_evalue:
                break
            if any(_is_covered(region, other) for other in hits):
                continue
            for hit in self._alignments(region, strands[region.strand], letters, known):
                if hit.evalue <= max_evalue:
                    _add(hits, hit)
            hits.sort(key=lambda hit: (-hit.alignment.score, hit.at, hit.strand, hit.alignment.query_start))
        return hits[:limit]

    def _alignments(self, region: _Region, query: bytes, letters: bytes, known: int) -> Iterator[RawHit]:
        """Align a region with its surroundings and, when that leads elsewhere, on its own diagonals too.

        A region that scores less than ``known``, the score of the last hit wanted, is left out.
        """
        if region.score < known and self._score(region, query) < known:
            return
        hit = self._align(region, query, letters)
        if hit is not None:
            yield hit
        if region.score >= known and (hit is None or not _is_covered(region, hit)):
            near = self._align_on_diagonals(region, query, letters)
            if near is not None:
                yield near

    def _score(self, region: _Region, query: bytes) -> int:
        """Score of the alignment of a strand of a query with the surroundings of a region."""
        low, high = _part(region, len(query), MARGIN)
        around = flank(high - low)
        return int(
            scores(query[low:high], [self.text.read(*self._window(region, low, high, around, around))])[0]
        )

    def _window(self, region: _Region, low: int, high: int, before: int, after: int) -> tuple[int, int]:
        """Text [start, end), within its run, beside letters [low, high) of a query, with a margin."""
        floor, ceiling = self.text.run_at(region.start)
        start = region.start - (region.first - low) - before
        return max(floor, start), min(ceiling, region.end + (high - region.last) + after)

    def _align(self, region: _Region, query: bytes, letters: bytes) -> RawHit | None:
        """Align a strand of a query, or of a long one the similar part, with the surroundings of a region.

        An alignment that ends near an edge is repeated with more letters.
        """
        n, more = len(query), MARGIN
        low, high = _part(region, n, more)
        before = after = flank(high - low)
        floor, ceiling = self.text.run_at(region.start)
        while True:
            start, end = self._window(region, low, high, before, after)
            hit = self._align_piece(region, query[low:high], low, start, end, letters)
            if hit is None:
                return None
            first, last = _query_interval(hit)
            goes_back, goes_on = low > 0 and first < low + EDGE, high < n and last > high - EDGE
            back = on = False
            if high - low > MAX_ON_DIAGONALS:  # else the diagonals are the limit, not the stretch
                back = floor < start and before < n and hit.at - start < min(EDGE, first - low)
                on = end < ceiling and after < n and end - hit.end < min(EDGE, high - last)
            if not (goes_back or goes_on or back or on):
                return hit
            before, after = before << back, after << on
            if goes_back or goes_on:
                more *= 2
                low, high = max(0, low - more * goes_back), min(n, high + more * goes_on)
                before, after = max(before, flank(high - low)), max(after, flank(high - low))

    def _align_piece(
        self, region: _Region, piece: bytes, low: int, start: int, end: int, letters: bytes
    ) -> RawHit | None:
        """Align a piece of a strand of a query, from ``low`` on, with letters [start, end) of the text."""
        text = self.text.read(start, end)
        if len(piece) > MAX_ON_DIAGONALS:
            made = align(piece, text)
        else:
            made = _near(region, piece, text, low - start, flank(len(piece)))
        return self.scored(made, region.strand, low, start, letters)

    def _align_on_diagonals(self, region: _Region, query: bytes, letters: bytes) -> RawHit | None:
        """Align a strand of a query on the diagonals of a region, as it was scored."""
        low, high = max(0, region.first - MARGIN), min(len(query), region.last + MARGIN)
        start, end = self._window(region, low, high, BAND, BAND)
        made = _near(region, query[low:high], self.text.read(start, end), low - start, BAND)
        return self.scored(made, region.strand, low, start, letters)

    def scored(
        self, made: Alignment, strand: str, query_at: int, text_at: int, whole: bytes
    ) -> RawHit | None:
        """Bit score and E-value of an alignment of a piece of a query; None when no letter matches."""
        if made.score <= 0:
            return None
        stats = self.statistics(whole)
        value = evalue(made.score, len(whole), self.text.letters, stats)
        moved = made._replace(query_start=made.query_start + query_at, query_end=made.query_end + query_at)
        return RawHit(
            strand, text_at + made.text_start, text_at + made.text_end, moved, bits(made.score, stats), value
        )


def _add(hits: list[RawHit], hit: RawHit) -> None:
    """Add a hit in place of worse ones that it overlaps by half, unless it so overlaps a better one."""
    rivals = [other for other in hits if overlap(hit, other)]
    if all(other.alignment.score < hit.alignment.score for other in rivals):
        hits[:] = [other for other in hits if other not in rivals] + [hit]


def _part(region: _Region, length: int, more: int) -> tuple[int, int]:
    """Letters of a query that are aligned with a region: all, or of a long query those around it."""
    if length <= MAX_WHOLE:
        return 0, length
    return max(0, region.first - more), min(length, region.last + more)


def _near(region: _Region, piece: bytes, text: bytes, moved: int, around: int) -> Alignment:
    """Align on the diagonals of a region and ``around`` it; ``moved`` shifts them to those of the piece."""
    diagonals = (region.start - region.first, region.end - region.last)
    low, high = min(diagonals) + moved - around, max(diagonals) + moved + around
    return align_near(piece, text, max(low, -len(piece)), min(high, len(text)))
