"""Search an indexed book."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import NamedTuple

import numpy as np

from genomebook.book.read import Book
from genomebook.errors import OptionError, SearchError
from genomebook.files.progress import Advance, no_progress
from genomebook.genome.regions import Region
from genomebook.genome.stretches import prefix_sums
from genomebook.language.alphabet import reverse_complement
from genomebook.models.sentences import SentenceEncoder
from genomebook.search.alignment.chain import HITS_PER_PIECE, chained, pieces
from genomebook.search.alignment.search import RawHit, SequenceSearch
from genomebook.search.alignment.seeds import Seeds
from genomebook.search.channels import EMBEDDING, SEQUENCE, Channel
from genomebook.search.embedding.search import EmbeddingSearch
from genomebook.search.hits import Hit, hits_overlap_by_half
from genomebook.search.query import MAX_UNCUT, MIN_LETTERS, Query, read_queries
from genomebook.search.schema import (
    FOLDER,
    INDEX,
    PARAGRAPHS,
    RUNS,
    SENTENCES,
    IndexMeta,
    read_index,
)
from genomebook.search.text import PackedText, damaged

FUSION = 60
"""Constant of reciprocal-rank fusion (Cormack, Clarke, Buettcher 2009)."""


LIKE_EVALUE = 1e-10
"""Highest E-value of passages that are counted as like another one."""

LIKE_SHARE = 0.5
"""Smallest share of a passage that they are like."""


class LikeCount(NamedTuple):
    """Number of other passages like one; ``are_all``: there are no more."""

    others: int
    are_all: bool


class Searcher:
    """Searches a book; safe to share between threads.

    Create with `Searcher.open`.

    Attributes
    ----------
    about : IndexMeta
        ``index.json``.
    channels : tuple of str
        "sequence", and "embedding" when sentences have vectors.
    """

    def __init__(
        self, book: Book, folder: Path, about: IndexMeta, encoder: SentenceEncoder | None = None
    ) -> None:
        self.book, self.about = book, about
        self.text = PackedText(folder, about)
        self.channels: tuple[Channel, ...] = (SEQUENCE,)
        self._sequence_search = SequenceSearch(self.text, Seeds(folder, about.seeds))
        self._embedding_search: EmbeddingSearch | None = None
        if about.vectors is not None:
            self._embedding_search = EmbeddingSearch(folder, about.vectors, self._sequence_search, encoder)
            self.channels = (SEQUENCE, EMBEDDING)
        self._aside = ThreadPoolExecutor(os.cpu_count())
        self._volumes = list(book)
        self._first: dict[str, list[int]] = {
            level: prefix_sums([volume.counts[level] for volume in self._volumes]).tolist()
            for level in ("sentences", "paragraphs")
        }
        self._check(folder)

    @classmethod
    def open(cls, book: Book, folder: Path | None = None, encoder: SentenceEncoder | None = None) -> Searcher:
        """Open the index of a book.

        Parameters
        ----------
        book : Book
            The book.
        folder : Path, optional
            Folder of the index; by default the one in the book.
        encoder : SentenceEncoder, optional
            Encoder of the vectors, if it is not a shipped one.

        Raises
        ------
        BookError
            If there is no index, or it belongs to another book or encoder.
        DamagedBookError
            If a file of it is missing or truncated.
        """
        folder = book.path / FOLDER if folder is None else folder
        return cls(book, folder, read_index(book, folder), encoder)

    def _check(self, folder: Path) -> None:
        """Reject an index whose runs or units do not match the book."""
        volumes, starts, _, lengths = self.text.runs
        ends = np.array([volume.length for volume in self._volumes], np.int64)
        if volumes[-1] >= len(ends) or (starts > ends[volumes] - lengths).any():
            raise damaged(folder / RUNS, "a run that goes beyond its volume")
        for name, unit_starts in (("sentences", self.text.sentences), ("paragraphs", self.text.paragraphs)):
            if len(unit_starts) != self._first[name][-1]:
                raise damaged(folder / INDEX, f"not as many {name} as the book has")

    def search(
        self,
        query: Query | str,
        channels: Sequence[Channel] = (SEQUENCE,),
        *,
        limit: int = 10,
        evalue: float = 10.0,
        threads: int = 1,
        stopped: Event | None = None,
    ) -> list[Hit]:
        """Search for a query.

        Parameters
        ----------
        query : Query or str
            Sequence, or FASTA of one record, of at least 20 bases; above 10,000 it is split and the hits of
            the pieces are chained.
        channels : sequence of str
            Some of `channels`.
        limit : int
            Maximum number of hits.
        evalue : float
            Maximum E-value of sequence hits; embedding hits are kept whatever theirs.
        threads : int
            Pieces of a long query searched in parallel. Two channels always run in parallel.
        stopped : Event, optional
            Checked before each alignment. Once set, the search returns the hits so far, or none if the query
            was split.

        Returns
        -------
        list of Hit
            Best first by score, or by reciprocal-rank fusion of several channels.

        Raises
        ------
        OptionError
            If the index lacks a channel.
        SearchError
            If the text is not a single valid query.
        """
        if isinstance(query, str):
            query = one_query(query)
        unknown = [name for name in channels if name not in self.channels]
        if unknown or not channels:
            raise OptionError(
                f"channel {', '.join(unknown) or '(none)'}: this index has {', '.join(self.channels)}; "
                "choose of these"
            )
        if len(query.letters) > MAX_UNCUT:
            return self._search_long(query, channels, limit, evalue, threads, stopped)
        embedding_hits = None
        if EMBEDDING in channels and self._embedding_search is not None:
            embedding_hits = self._aside.submit(self._embedding_search.search, query.letters, limit)
        hits: list[Hit] = []
        if SEQUENCE in channels:
            sequence_hits = self._sequence_search.search(query.letters, limit, evalue, stopped)
            hits = [self._hit(query, raw, sequence_rank=rank) for rank, raw in enumerate(sequence_hits, 1)]
        for rank, (raw, cosine) in enumerate(embedding_hits.result() if embedding_hits else (), 1):
            _add(hits, self._hit(query, raw, embedding_rank=rank, cosine=cosine))
        return sorted(hits, key=lambda hit: (-_fused(hit), -hit.score, hit.volume, hit.start))[:limit]

    def count_like(self, region: Region) -> LikeCount | None:
        """Count the other passages of the book that are like at least half of one, without aligning them.

        Parameters
        ----------
        region : Region
            Local, 0-based half-open.

        Returns
        -------
        LikeCount or None
            Passages on either strand with an E-value of at most `LIKE_EVALUE`; None where that is not known:
            the region is longer than 10,000 letters, has others than A, C, G and T, or is too short or of too
            low complexity to find even itself.
        """
        if not MIN_LETTERS <= region.end - region.start <= MAX_UNCUT:
            return None
        letters = self._read(region.volume, region.start, region.end, "+").encode()
        if set(letters) - set(b"ACGT"):
            return None
        places = self._sequence_search.places_like(letters, LIKE_EVALUE, LIKE_SHARE)
        if places is None:
            return None
        spans, are_all = places
        start = self.text.position(self.book[region.volume].number, region.start)
        others = (spans[:, 1] <= start) | (spans[:, 0] >= start + len(letters))
        return None if others.all() else LikeCount(int(others.sum()), are_all)

    def _search_long(
        self,
        query: Query,
        channels: Sequence[Channel],
        limit: int,
        evalue: float,
        threads: int,
        stopped: Event | None,
    ) -> list[Hit]:
        """Search for the pieces of a query and chain their hits."""

        def search_piece(piece: tuple[int, bytes]) -> tuple[int, list[Hit]]:
            at, letters = piece
            if stopped is not None and stopped.is_set():
                return at, []
            piece_of = Query(query.name, letters)
            return at, self.search(piece_of, channels, limit=HITS_PER_PIECE, evalue=evalue, stopped=stopped)

        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(search_piece, pieces(query.letters)))
        if stopped is not None and stopped.is_set():
            return []
        stats = self._sequence_search.statistics(query.letters)
        return chained(query, parts, self._read, self.text.letters, stats, limit, evalue)

    def search_many(
        self,
        queries: Iterable[Query],
        channels: Sequence[Channel] = (SEQUENCE,),
        *,
        limit: int = 10,
        evalue: float = 10.0,
        threads: int = 1,
        tell: Advance = no_progress,
        stopped: Event | None = None,
    ) -> Generator[tuple[Query, list[Hit]], None, None]:
        """Search for several queries, in order; end early and silently once ``stopped`` is set.

        Parameters
        ----------
        queries, channels, limit, evalue
            As for `search`.
        threads : int
            Queries (or pieces of a single long query) searched in parallel.
        tell : callable
            Progress callback, called after each query.
        stopped : Event, optional
            Checked before each query and each alignment.

        Yields
        ------
        tuple of Query and list of Hit
        """
        end = stopped or Event()

        def search_query(query: Query) -> list[Hit] | None:
            if end.is_set():
                return None
            pieces_at_once = threads if len(wanted) == 1 else 1
            hits = self.search(
                query, channels, limit=limit, evalue=evalue, threads=pieces_at_once, stopped=end
            )
            return None if end.is_set() else hits  # a stopped search may be incomplete

        wanted = list(queries)
        with ThreadPoolExecutor(threads) as pool:
            try:
                for query, hits in zip(wanted, pool.map(search_query, wanted), strict=True):
                    if hits is None:
                        return
                    tell(1)
                    yield query, hits
            finally:
                pool.shutdown(cancel_futures=True)

    def _hit(
        self,
        query: Query,
        raw: RawHit,
        sequence_rank: int | None = None,
        embedding_rank: int | None = None,
        cosine: float | None = None,
    ) -> Hit:
        alignment, length = raw.alignment, len(query.letters)
        place = self.text.stretch(raw.at, raw.end)
        query_start, query_end, rows = alignment.query_start, alignment.query_end, alignment.rows
        if raw.strand == "-":
            query_start, query_end = length - query_end, length - query_start
            above, bars, below = rows
            rows = (_other_strand(above), bars[::-1], _other_strand(below))
        sentence = self._holder(SENTENCES, place.volume, raw)
        paragraph = self._holder(PARAGRAPHS, place.volume, raw)
        low, high = self.text.unit(self.text.sentences, sentence + self._first["sentences"][place.volume])
        return Hit(
            query=query.name,
            query_length=length,
            query_start=query_start,
            query_end=query_end,
            volume=self._volumes[place.volume].name,
            start=place.start,
            end=place.end,
            strand=raw.strand,
            score=alignment.score,
            bits=raw.bits,
            evalue=raw.evalue,
            matches=alignment.matches,
            columns=alignment.columns,
            gaps=alignment.gaps,
            cigar=alignment.cigar,
            rows=rows,
            sentence=sentence,
            paragraph=paragraph,
            sentence_start=low,
            sentence_end=high,
            sequence_rank=sequence_rank,
            embedding_rank=embedding_rank,
            cosine=cosine,
        )

    def _holder(self, name: str, volume: int, raw: RawHit) -> int:
        """Number in its volume of the sentence or paragraph with the largest overlap with a hit.

        Raises
        ------
        DamagedBookError
            If the file ``name`` has no such unit in the volume.
        """
        is_sentence = name == SENTENCES
        starts = self.text.sentences if is_sentence else self.text.paragraphs
        number = PackedText.holder(starts, raw.at, raw.end)
        first, last = self.text.span(starts, number)
        begin, end = self._first["sentences" if is_sentence else "paragraphs"][volume : volume + 2]
        if not (begin <= number < end and first < raw.end and last > raw.at):
            raise damaged(self.text.folder / name, f"number {number + 1:,} is not where it says")
        return number - begin

    def _read(self, volume: str, start: int, end: int, strand: str) -> str:
        letters = self.book[volume].sequence(start, end).upper().replace(b"U", b"T")
        return (letters if strand == "+" else reverse_complement(letters)).decode()


def one_query(text: str) -> Query:
    """Parse a single query; SearchError if there are several."""
    queries = read_queries(text)
    if len(queries) > 1:
        raise SearchError(f"query: {len(queries)} records; give them to search_many one by one")
    return queries[0]


def _fused(hit: Hit) -> float:
    """Reciprocal-rank fusion score of a hit."""
    return sum(1 / (FUSION + rank) for rank in (hit.sequence_rank, hit.embedding_rank) if rank is not None)


def _add(hits: list[Hit], fresh: Hit) -> None:
    """Add an embedding hit, merging it into an overlapping sequence hit if there is one."""
    for at, hit in enumerate(hits):
        if hit.embedding_rank is None and hits_overlap_by_half(hit, fresh):
            hits[at] = replace(hit, embedding_rank=fresh.embedding_rank, cosine=fresh.cosine)
            return
    hits.append(fresh)


def _other_strand(row: str) -> str:
    return reverse_complement(row.encode()).decode()
