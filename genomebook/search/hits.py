"""Hits of a search, and when two of them are the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Hit:
    """An alignment of a query with a stretch of the book.

    Attributes
    ----------
    query : str
        Name of the query.
    query_length : int
        Its letters.
    query_start, query_end : int
        The aligned part of it, 0-based half-open, on the query as it was given.
    volume : str
        Name of the volume.
    start, end : int
        0-based half-open letters of the volume.
    strand : str
        "+" when the query is similar to the text as it stands, "-" when to its reverse complement.
    score : int
        Score of the alignment, with the costs of `genomebook.search.alignment.align`.
    bits, evalue : float
        Bit score, and the number of hits with at least this score expected by chance for such a query.
    matches, columns, gaps : int
        Equal letters, columns, and columns with a gap.
    cigar : str
        Of ``=``, ``X``, ``I`` (letters of the query alone), ``D`` (of the text alone), along the + strand of
        the book: for strand "-" the order of `rows`, back to front.
    rows : tuple of three str
        Query 5' to 3' as it was given, bars under equal letters, the text as it pairs with it: its other
        strand when ``strand`` is "-", so that its coordinates run from ``end`` down to ``start``.
    sentence, paragraph : int
        Numbers in the volume of those that hold most of it.
    sentence_start, sentence_end : int
        0-based half-open letters of the volume.
    sequence_rank, embedding_rank : int or None
        Rank, from 1, in the channels that found it.
    cosine : float or None
        Similarity of the vectors of query and sentence, when embedding search found it.
    """

    query: str
    query_length: int
    query_start: int
    query_end: int
    volume: str
    start: int
    end: int
    strand: str
    score: int
    bits: float
    evalue: float
    matches: int
    columns: int
    gaps: int
    cigar: str
    rows: tuple[str, str, str]
    sentence: int
    paragraph: int
    sentence_start: int
    sentence_end: int
    sequence_rank: int | None = None
    embedding_rank: int | None = None
    cosine: float | None = None

    @property
    def identity(self) -> float:
        """Share of the columns that are equal letters."""
        return self.matches / self.columns

    @property
    def coverage(self) -> float:
        """Share of the query that is aligned."""
        return (self.query_end - self.query_start) / self.query_length


def overlaps_by_half(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two intervals, 0-based half-open, share at least half of the shorter one."""
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return 2 * shared >= min(one[1] - one[0], other[1] - other[0])


def hits_overlap_by_half(one: Hit, other: Hit) -> bool:
    """Whether two hits on one strand share at least half of the shorter, in the text and in the query.

    Two parts of a query that align with one place of the text do not.
    """
    if (one.volume, one.strand) != (other.volume, other.strand):
        return False
    return overlaps_by_half((one.start, one.end), (other.start, other.end)) and overlaps_by_half(
        (one.query_start, one.query_end), (other.query_start, other.query_end)
    )
