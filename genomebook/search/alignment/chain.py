"""Long queries: pieces are searched one by one, and collinear hits are joined in a chain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import count, groupby

from genomebook.search.alignment.align import EXTEND, MATCH, MISMATCH, OPEN
from genomebook.search.alignment.significance import Statistics, bits, evalue
from genomebook.search.hits import Hit, hits_overlap_by_half
from genomebook.search.query import Query

MAX_PIECE = 2_000
"""Letters of the longest piece."""

MAX_SHARED = 50
"""Letters of the text that two collinear hits may share; the second gives them up."""

HITS_PER_PIECE = 50
"""Hits of a piece, whatever the limit of the query: a higher limit leaves the first hits as they are."""

MAX_GAP = 1_000
"""Unaligned letters between two collinear hits of a chain, in the query and in the text."""


def pieces(letters: bytes) -> Iterator[tuple[int, bytes]]:
    """Cut a query into pieces of equal length, at most `MAX_PIECE`; each with its start."""
    count = -(-len(letters) // MAX_PIECE)
    for number in range(count):
        start, end = number * len(letters) // count, (number + 1) * len(letters) // count
        yield start, letters[start:end]


def cigar_of(rows: tuple[str, str, str]) -> str:
    """CIGAR of an alignment, in the order of its rows: ``=``, ``X``, ``I`` and ``D``."""
    return "".join(f"{len(list(run))}{op}" for op, run in groupby(map(_kind, zip(*rows, strict=True))))


def score_of(rows: tuple[str, str, str]) -> int:
    """Score of an alignment, computed from its rows."""
    score = 0
    for op, run in groupby(zip(*rows, strict=True), key=_kind):
        size = len(list(run))
        score += {"=": MATCH * size, "X": MISMATCH * size}.get(op, -(OPEN + EXTEND * size))
    return score


def _kind(column: tuple[str, str, str]) -> str:
    above, bar, below = column
    return "D" if above == "-" else "I" if below == "-" else "=" if bar == "|" else "X"


def _apart(one: Hit, other: Hit) -> int:
    """Letters of the text between two hits, in query order; negative when they overlap."""
    return other.start - one.end if one.strand == "+" else one.start - other.end


def _follows(one: Hit, other: Hit) -> bool:
    """Whether the second hit is collinear with the first and close behind it."""
    if (one.volume, one.strand) != (other.volume, other.strand):
        return False
    return 0 <= other.query_start - one.query_end <= MAX_GAP and -MAX_SHARED <= _apart(one, other) <= MAX_GAP


def _behind(one: Hit, other: Hit) -> Hit | None:
    """Trim from the second hit what the first has of the text; None when nothing is left."""
    shared, cut = -_apart(one, other), 0
    above, bars, below = other.rows
    while cut < len(bars) and (shared > 0 or bars[cut] != "|"):
        shared -= below[cut] != "-"
        cut += 1
    if cut == len(bars):
        return None
    rows = (above[cut:], bars[cut:], below[cut:])
    text = cut - below[:cut].count("-")
    return replace(
        other,
        query_start=other.query_start + cut - above[:cut].count("-"),
        start=other.start + (text if other.strand == "+" else 0),
        end=other.end - (text if other.strand == "-" else 0),
        score=score_of(rows) if cut else other.score,
        columns=len(rows[0]),
        matches=rows[1].count("|"),
        gaps=rows[0].count("-") + rows[2].count("-"),
        rows=rows,
    )


def _joined(one: Hit, other: Hit, query: Query, text: str) -> Hit:
    """Join two hits that end in matches; ``text``: the letters between, on the query's strand."""
    left_out = query.letters[one.query_end : other.query_start].decode()
    middle = (left_out + "-" * len(text), " " * (len(left_out) + len(text)), "-" * len(left_out) + text)
    above, bars, below = (a + m + b for a, m, b in zip(one.rows, middle, other.rows, strict=True))
    longer = max(one, other, key=lambda hit: hit.columns)
    return replace(
        longer,
        query_start=one.query_start,
        query_end=other.query_end,
        start=min(one.start, other.start),
        end=max(one.end, other.end),
        score=one.score + score_of(middle) + other.score,
        matches=one.matches + other.matches,
        columns=len(above),
        gaps=one.gaps + other.gaps + len(left_out) + len(text),
        cigar="",
        rows=(above, bars, below),
    )


def chained(
    query: Query,
    parts: Iterable[tuple[int, list[Hit]]],
    read: Callable[[str, int, int, str], str],
    letters: int,
    stats: Statistics,
    limit: int,
    max_evalue: float,
) -> list[Hit]:
    """Join the hits of the pieces of a query into chains that are collinear in query and text.

    Parameters
    ----------
    query : Query
        Whole.
    parts : iterable of (int, list of Hit)
        Hits of each piece, in order, with the place of the piece in the query.
    read : callable
        Returns letters of a volume: name, start, end (0-based half-open), strand.
    letters, stats : int and Statistics
        Of the text, for E-values.
    limit : int
        Hits wanted.
    max_evalue : float
        Highest E-value, for the whole query, of hits of sequence search.

    Returns
    -------
    list of Hit
        Best score first; none overlaps a better one by half. Unaligned letters between two pieces count as
        gaps. Sentence and paragraph are those of the longest piece.
    """
    length = len(query.letters)
    chains: list[Hit] = []
    open_chains: list[Hit] = []
    for at, hits in parts:
        fresh: list[Hit] = []
        for hit in sorted(hits, key=lambda hit: -hit.score):
            moved = replace(
                hit, query_start=hit.query_start + at, query_end=hit.query_end + at, query_length=length
            )
            for chain in open_chains:
                rest = _behind(chain, moved) if _follows(chain, moved) else None
                if rest is None:
                    continue
                low, high = (chain.end, rest.start) if rest.strand == "+" else (rest.end, chain.start)
                joined = _joined(chain, rest, query, read(rest.volume, low, high, rest.strand))
                if joined.score > max(chain.score, moved.score):
                    open_chains.remove(chain)
                    moved = joined
                    break
            fresh.append(moved)
        chains += [chain for chain in open_chains if chain.query_end + MAX_GAP < at]
        open_chains = [chain for chain in open_chains if chain.query_end + MAX_GAP >= at] + fresh
    scored = (_scored(hit, length, letters, stats) for hit in chains + open_chains)
    kept = [hit for hit in scored if hit.sequence_rank is None or hit.evalue <= max_evalue]
    kept.sort(key=lambda hit: (-hit.score, hit.volume, hit.start, hit.strand, hit.query_start))
    return _ranked(_without_overlaps(kept, limit))


def _scored(hit: Hit, length: int, letters: int, stats: Statistics) -> Hit:
    """Add the CIGAR of a chain, and bits and E-value for the whole query.

    A hit that was not joined keeps the E-value of its piece when that is higher: it may be of low complexity.
    """
    value = evalue(hit.score, length, letters, stats)
    if hit.cigar:
        return replace(hit, bits=bits(hit.score, stats), evalue=max(value, hit.evalue))
    above, bars, below = hit.rows
    cigar = cigar_of(hit.rows if hit.strand == "+" else (above[::-1], bars[::-1], below[::-1]))
    return replace(hit, cigar=cigar, bits=bits(hit.score, stats), evalue=value)


def _without_overlaps(hits: list[Hit], limit: int) -> list[Hit]:
    """The best hits, without those that overlap a better one by half."""
    kept: list[Hit] = []
    for hit in hits:
        if len(kept) == limit:
            break
        if not any(hits_overlap_by_half(hit, other) for other in kept):
            kept.append(hit)
    return kept


def _ranked(hits: list[Hit]) -> list[Hit]:
    """Rank hits anew in each channel that found one of their pieces."""
    by_sequence, by_embedding = count(1), count(1)
    return [
        replace(
            hit,
            sequence_rank=None if hit.sequence_rank is None else next(by_sequence),
            embedding_rank=None if hit.embedding_rank is None else next(by_embedding),
        )
        for hit in hits
    ]
