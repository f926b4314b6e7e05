"""Transcripts of a book: by position, by gene and by id; the files of the annex ``transcripts``.

Rows are sorted by start on the line on which the volumes stand end to end, so a place costs two binary
searches; what a row says is made into a `Transcript` when it is asked for.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any
from weakref import proxy

import msgspec
import numpy as np
from numpy.typing import NDArray

from genomebook.book.annex import MANIFEST, Annex
from genomebook.book.transcript import Span, Transcript, by_gene, preference
from genomebook.errors import DamagedBookError
from genomebook.files.checks import Flat
from genomebook.files.manifest import Count, validated
from genomebook.genome.stretches import prefix_sums

__all__ = ["Span", "Transcript", "Transcripts", "preference"]

ANNEX = "transcripts"
PLACES, ROWS, EXONS, CODING = "transcripts.i64", "transcripts.i32", "exons.i64", "coding.i64"
EXCEPTIONS, NAMES, NAME_ENDS, ORDERS = "exceptions.i64", "names.u8", "names.i64", "orders.i32"
SOURCES = "sources.i32"

TEXTS = ("gene", "gene_id", "transcript_id", "protein_id", "name", "biotype", "description", "tags")
"""Text columns of a row, as numbers of names."""

STRANDS = ".+-"
PARTS = ("exons", "coding", "exceptions")
_COLUMNS = ("volume", "strand", *TEXTS, "phase", "table", "clipped", "first_residue", "first_exon",
            *(f"{what}_{part}" for part in PARTS for what in ("first", "number")))  # fmt: skip
_AT = {name: number for number, name in enumerate(_COLUMNS)}
SORTED = ("transcript_id", "gene_id", "gene")
_CACHED = 4096


class TranscriptCounts(msgspec.Struct):
    """Metadata of the annex: how many transcripts, exons, spans, exceptions, names and bytes of names.

    ``sources``: transcripts of which the file is known, all or none.
    """

    transcripts: Count
    exons: Count
    coding: Count
    exceptions: Count
    names: Count
    bytes: Count
    sources: Count = 0


class Transcripts:
    """The transcripts of a book.

    Parameters
    ----------
    annex : Annex or None
        ``transcripts`` of the book; None for a book without.
    lengths : mapping of str to int
        Length of each volume, in book order.
    """

    def __init__(self, annex: Annex | None = None, lengths: Mapping[str, int] | None = None) -> None:
        self._annex = annex
        self._volumes = list(lengths or {})
        self._at = prefix_sums(list((lengths or {}).values()))
        self._number = {name: number for number, name in enumerate(self._volumes)}
        self._counts = TranscriptCounts(0, 0, 0, 0, 0, 0)
        if annex is not None:
            self._counts = validated(annex.path / MANIFEST, annex.about, TranscriptCounts, annex.remedy)
        own = proxy(self)  # a cache that held it would keep it, and its files, until all garbage is collected
        self._transcript: Callable[[int], Transcript] = lru_cache(_CACHED)(lambda number: own._read(number))
        self._name: Callable[[int], str] = lru_cache(4 * _CACHED)(lambda number: own._read_name(number))

    def __len__(self) -> int:
        """Number of transcripts."""
        return self._counts.transcripts

    def overlapping(self, volume: str, start: int, end: int) -> list[Transcript]:
        """Transcripts that share a base with [start, end) of a volume, introns included, by start and end.

        Parameters
        ----------
        volume : str
            Name of a volume.
        start, end : int
            Local, 0-based half-open.
        """
        if not len(self):
            return []
        starts, ends, furthest = self._places
        origin = self._at[self._number[volume]]
        first, last = origin + max(0, start), min(origin + end, self._at[self._number[volume] + 1])
        low = int(np.searchsorted(furthest, first, "right"))
        high = int(np.searchsorted(starts, last, "left"))
        rows = low + np.flatnonzero(ends[low:high] > first)
        return [self._transcript(row) for row in rows.tolist()]

    def of_gene(self, gene: str) -> list[Transcript]:
        """Transcripts of a gene, by id (with or without version) or symbol; first the one to show.

        The order is that of `preference`: MANE Select, Ensembl canonical, RefSeq Select, then the longest
        coding sequence, then the longest. Those of all files that have the gene are given.
        """
        rows = self._named(1, gene) or self._named(2, gene, is_id=False)
        if len(self.sources) < 2:
            return rows
        meant = set(rows)
        symbols = dict.fromkeys(row.gene for row in rows if row.gene)
        more = (other for symbol in symbols for other in self._named(2, symbol, is_id=False))
        genes = by_gene(dict.fromkeys((*rows, *more)))
        return sorted((row for each in genes if not meant.isdisjoint(each) for row in each), key=preference)

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Names of the files of genes that the transcripts are from, sorted; none where not known."""
        return tuple(self.by_source)

    @cached_property
    def by_source(self) -> dict[str, int]:
        """Number of transcripts of each file of genes, by name; empty where not known."""
        numbers, counts = np.unique(self._of_source, return_counts=True)
        named = zip(map(self._name, numbers.tolist()), counts.tolist(), strict=True)
        return dict(sorted(named))

    @cached_property
    def _of_source(self) -> NDArray[np.int32]:
        """Number of the name of the source of each transcript: int32[n], or int32[0]."""
        known = self._counts.sources
        return self._flat(SOURCES, "<i4", known).all if known else np.empty(0, np.int32)

    def by_id(self, transcript_id: str) -> Transcript | None:
        """Transcript by id, with or without version; None if there is none."""
        return next(iter(self._named(0, transcript_id)), None)

    def beginning(self, text: str, limit: int = 8) -> list[Transcript]:
        """Transcripts whose own id or whose protein's begins so, in any case; in the order of the book."""
        wanted = text.upper().encode()
        if not wanted or not len(self):
            return []
        first = bisect_left(range(self._counts.names), wanted, key=self._bytes)
        last = bisect_left(range(self._counts.names), wanted + b"\xff", key=self._bytes)
        ids = self._ids
        rows = np.flatnonzero(((ids >= first) & (ids < last)).any(axis=0))[:limit]
        return [self._transcript(row) for row in rows.tolist()]

    def tags_of_genes(self, prefix: str) -> dict[str, str]:
        """Of each gene, by id or else symbol, its first tag that begins so; genes without are left out."""
        if not len(self):
            return {}
        rows = self._rows.all.reshape(-1, len(_COLUMNS))
        tags: dict[str, str] = {}
        for gene_id, gene, listed in np.unique(
            rows[:, [_AT["gene_id"], _AT["gene"], _AT["tags"]]], axis=0
        ).tolist():
            for tag in self._name(listed).split(","):
                if tag.startswith(prefix):
                    tags.setdefault(self._name(gene_id) or self._name(gene), tag)
        return tags

    @cached_property
    def _ids(self) -> NDArray[np.int32]:
        """Numbers of the names of each transcript and of its protein: int32[2, n]."""
        columns = [_AT["transcript_id"], _AT["protein_id"]]
        return np.ascontiguousarray(self._rows.all.reshape(-1, len(_COLUMNS))[:, columns].T)

    def all(self) -> Iterator[Transcript]:
        """All transcripts, in the order of the book."""
        return map(self._read, range(len(self)))

    @cached_property
    def _places(self) -> NDArray[np.int64]:
        """Starts, ends and furthest ends so far on the concatenated volumes: int64[3, n]."""
        return self._flat(PLACES, "<i8", 3 * len(self)).all.reshape(3, -1)

    def _flat(self, name: str, dtype: str, items: int) -> Flat:
        assert self._annex is not None
        return self._annex.flat(name, dtype, items)

    @cached_property
    def _rows(self) -> Flat:
        return self._flat(ROWS, "<i4", len(_COLUMNS) * len(self))

    @cached_property
    def _orders(self) -> Flat:
        return self._flat(ORDERS, "<i4", len(SORTED) * len(self))

    @cached_property
    def _ends_of_names(self) -> Flat:
        return self._flat(NAME_ENDS, "<i8", self._counts.names)

    @cached_property
    def _text(self) -> Flat:
        return self._flat(NAMES, "u1", self._counts.bytes)

    @cached_property
    def _spans(self) -> dict[str, Flat]:
        counts = self._counts
        return {
            "exons": self._flat(EXONS, "<i8", 2 * counts.exons),
            "coding": self._flat(CODING, "<i8", 2 * counts.coding),
            "exceptions": self._flat(EXCEPTIONS, "<i8", 3 * counts.exceptions),
        }

    def _row(self, row: int) -> list[int]:
        values: list[int] = self._rows[row * len(_COLUMNS) : (row + 1) * len(_COLUMNS)].tolist()
        return values

    def _read_name(self, number: int) -> str:
        if not 0 <= number < self._counts.names:
            raise self._damaged(ROWS, f"a transcript has name {number}")
        ends = self._ends_of_names[max(0, number - 1) : number + 1].tolist()
        return self._text[ends[0] if number else 0 : ends[-1]].tobytes().decode("utf-8", "replace")

    def _part(self, part: str, first: int, number: int) -> list[Any]:
        width = 3 if part == "exceptions" else 2
        values = self._spans[part][width * first : width * (first + number)]
        if len(values) != width * number or min(first, number) < 0:
            raise self._damaged(ROWS, f"a transcript has {part} that are not there")
        return [tuple(item) for item in values.reshape(-1, width).tolist()]

    def _read(self, row: int) -> Transcript:
        volume, strand, *values = self._row(row)
        gene, gene_id, transcript_id, protein_id, name, biotype, description, tags = map(
            self._name, values[: len(TEXTS)]
        )
        phase, table, clipped, first_residue, first_exon, *parts = values[len(TEXTS) :]
        exons, coding = self._part("exons", *parts[:2]), self._part("coding", *parts[2:4])
        if not 0 <= volume < len(self._volumes) or not 0 <= strand < len(STRANDS) or not exons:
            raise self._damaged(ROWS, "a transcript has no volume, strand or exon")
        return Transcript(
            self._volumes[volume], STRANDS[strand], gene, gene_id, transcript_id, protein_id, name, biotype,
            description, tuple(exons), tuple(coding), phase, tuple(filter(None, tags.split(","))), table,
            tuple((start, end, chr(amino)) for start, end, amino in self._part("exceptions", *parts[4:])),
            bool(clipped), first_residue, first_exon,
            self._name(int(self._of_source[row])) if len(self._of_source) else "",
        )  # fmt: skip

    def _named(self, order: int, text: str, is_id: bool = True) -> list[Transcript]:
        """Transcripts with this text in the column of an order, or else with the text without version."""
        tries = [(text, text), (text.upper(), text.upper())]
        if is_id:
            bare = text.upper().partition(".")[0]
            tries += [(bare, bare), (f"{bare}.", f"{bare}/")]  # "/" follows "." in ASCII
        for low, high in tries if text and len(self) else ():
            first = bisect_left(range(self._counts.names), low.encode(), key=self._bytes)
            last = (bisect_right if low == high else bisect_left)(
                range(self._counts.names), high.encode(), key=self._bytes
            )
            if first < last and (rows := self._in_order(order, first, last)):
                return [self._transcript(row) for row in rows]
        return []

    def _bytes(self, number: int) -> bytes:
        return self._name(number).encode()

    def _in_order(self, order: int, first: int, last: int) -> list[int]:
        """Rows whose column of an order has a name of [first, last)."""
        column, size = _AT[SORTED[order]], len(self)
        rows = self._orders.part(order * size, size)

        def key(number: int) -> int:
            row = int(rows[number : number + 1][0])
            if not 0 <= row < size:
                raise self._damaged(ORDERS, f"row {row} is not there")
            return self._row(row)[column]

        low = bisect_left(range(size), first, key=key)
        high = bisect_left(range(size), last, key=key)
        wanted: list[int] = rows[low:high].tolist()
        return wanted

    def _damaged(self, name: str, why: str) -> DamagedBookError:
        assert self._annex is not None
        return DamagedBookError(f"{self._annex.path / name}: {why}; {self._annex.remedy}")

    def problems(self) -> Iterator[str]:
        """Yield a line for each problem of the files."""
        try:
            before = -1
            for row, transcript in enumerate(self.all()):
                origin = int(self._at[self._number[transcript.volume]])
                length = int(self._at[self._number[transcript.volume] + 1]) - origin
                place = [origin + transcript.start, origin + transcript.end]
                if place != self._places[:2, row].tolist() or place[0] < before:
                    yield str(self._damaged(PLACES, f"transcript {row} is not at its place"))
                    return
                if not _is_possible(transcript, length):
                    yield str(self._damaged(EXONS, f"transcript {row} has impossible exons"))
                    return
                before = place[0]
            if len(self) and not np.array_equal(self._places[2], np.maximum.accumulate(self._places[1])):
                yield str(self._damaged(PLACES, "the furthest ends are not those of the transcripts"))
        except DamagedBookError as error:
            yield str(error)


def _is_possible(transcript: Transcript, length: int) -> bool:
    """Whether exons ascend inside the volume and the coding spans lie between their ends."""
    edges = list(chain.from_iterable(transcript.exons))
    inside = transcript.start <= min(chain.from_iterable(transcript.coding), default=transcript.start)
    inside &= transcript.end >= max(chain.from_iterable(transcript.coding), default=transcript.end)
    return inside and edges == sorted(set(edges)) and edges[0] >= 0 and edges[-1] <= length
