"""Transcripts as a file has them, put in order: exons joined, one reading frame, on the volumes of a book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd

from genomebook.annotation.formats.source import Source
from genomebook.book.transcript import Span, Transcript
from genomebook.errors import AnnotationError
from genomebook.files.progress import Message
from genomebook.genome.names import canonical
from genomebook.language.genetic_codes import STANDARD, VERTEBRATE_MITOCHONDRIAL, is_known_code

TEXTS = ("gene", "gene_id", "transcript_id", "protein_id", "name", "biotype", "description")
"""Text fields of a `Transcript`, in its order."""

_MAX_TEXT = 200
_MAX_TAGS = 20


class CodingSpan(NamedTuple):
    """A row of coding sequence: 0-based half-open on the contig, and its phase; None if the file has none."""

    start: int
    end: int
    phase: int | None


@dataclass
class TranscriptRecord:
    """A transcript of a file, on its contig (0-based half-open).

    Attributes
    ----------
    contig, strand : str
        Name in the file; ``+``, ``-`` or ``.``.
    texts : dict of str to str
        By the names of `TEXTS`; those that are missing are ``""``.
    exons : list of (start, end)
        In any order; empty if the file has only coding sequence.
    coding : list of CodingSpan
        In any order.
    stops : list of (start, end)
        Rows of stop codons, which the coding sequence may or may not include.
    untranslated : list of (start, end)
        Rows of UTRs.
    tags : list of str
        As in GENCODE.
    table : int
        Genetic code; 0: that of the contig.
    exceptions : list of (start, end, letter)
        Codons with another meaning.
    strands : set of str
        Of all its rows.
    slips, is_trans_spliced : bool
        Whether the ribosome slips, so that neighbouring coding spans may overlap and phases need not agree;
        whether the file says that it is trans-spliced.
    """

    contig: str
    strand: str = "."
    texts: dict[str, str] = field(default_factory=dict)
    exons: list[Span] = field(default_factory=list)
    coding: list[CodingSpan] = field(default_factory=list)
    stops: list[Span] = field(default_factory=list)
    untranslated: list[Span] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    table: int = 0
    exceptions: list[tuple[int, int, str]] = field(default_factory=list)
    strands: set[str] = field(default_factory=set)
    slips: bool = False
    is_trans_spliced: bool = False

    @property
    def label(self) -> str:
        """What to call it in a message."""
        return self.texts.get("transcript_id") or self.texts.get("gene") or "one without a name"


class ContigWindow(NamedTuple):
    """A stretch [start, end) of a contig that a volume shows, from its own position 0 on."""

    volume: str
    start: int
    end: int


class Faults:
    """Counts what is wrong with transcripts, by kind, and remembers the first of each."""

    def __init__(self) -> None:
        self._seen: dict[str, list[str]] = {}
        self._counts: dict[str, int] = {}

    def add(self, what: str, record: TranscriptRecord) -> None:
        """Count one more; `what` is a clause that follows "in 3 transcripts"."""
        self._seen.setdefault(what, [record.label])
        self._counts[what] = self._counts.get(what, 0) + 1

    def tell(self, path: Source, tell: Message) -> None:
        """Tell of each kind in one line."""
        for what, (first,) in self._seen.items():
            count = self._counts[what]
            tell(f"{path}: in {count:,} transcript{'s' if count > 1 else ''} {what}, first {first}")


@dataclass(frozen=True)
class OrderedRecord:
    """Exons, coding spans and phase of a record in order: ascending, on the contig."""

    exons: tuple[Span, ...]
    coding: tuple[Span, ...]
    phase: int


def in_order(record: TranscriptRecord, faults: Faults) -> OrderedRecord | None:
    """Put the rows of a transcript in order; None if it cannot be one.

    Exons that overlap are joined. The phase of the first coding row, in reading direction, that has one
    decides the reading frame; where later rows contradict it, or none has a phase, that is counted.
    """
    if len(record.strands - {"."}) > 1 or record.is_trans_spliced:
        faults.add("exons lie on both strands, or the file says trans-spliced: left out", record)
        return None
    coding = _with_stops(record)
    spans: list[Span] = [(start, end) for start, end, _ in coding]
    joined = _joined(spans)
    if not record.slips and sum(e - s for s, e in joined) < sum(e - s for s, e in spans):
        faults.add("coding rows that overlap were joined", record)
        edge = -1 if record.strand == "-" else 0
        phase = coding[edge].phase
        spans, coding = joined, [CodingSpan(*span, None) for span in joined]
        coding[edge] = coding[edge]._replace(phase=phase)
    exons = _joined(record.exons or [*spans, *record.untranslated])
    if record.exons and sum(e - s for s, e in exons) < sum(e - s for s, e in record.exons):
        faults.add("exons that overlap were joined", record)
    if spans and _joined([*exons, *spans]) != exons:
        faults.add("the coding sequence reaches beyond the exons, which were made longer", record)
        exons = _joined([*exons, *spans])
    if not exons:
        return None
    phase = _phase(record, coding, faults)
    return OrderedRecord(tuple(exons), tuple(spans if record.slips else _joined(spans)), phase)


def _with_stops(record: TranscriptRecord) -> list[CodingSpan]:
    """Coding rows, ascending, with the stop codons that they do not include."""
    coding = list(dict.fromkeys(record.coding))
    for start, end in record.stops if coding else ():
        if not any(row.start <= start and end <= row.end for row in coding):
            coding.append(CodingSpan(start, end, None))
    return sorted(coding, key=lambda row: row[:2])


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Join spans that touch or overlap; ascending."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _phase(record: TranscriptRecord, coding: Sequence[CodingSpan], faults: Faults) -> int:
    """Bases to skip at the 5' end: what the first phase of the file asks for."""
    rows = coding[::-1] if record.strand == "-" else coding
    decided: int | None = None
    before = 0
    for row in rows:
        if row.phase is not None:
            asked = (before + row.phase) % 3
            decided = asked if decided is None else decided
            if asked != decided and not record.slips:
                faults.add("a phase contradicts the first, which is kept", record)
                break
        before += row.end - row.start
    if decided is None and any(row.phase is None for row in record.coding):
        faults.add("coding rows have no phase: they are read from the first letter", record)
    return decided or 0


def on_windows(
    record: TranscriptRecord, ordered: OrderedRecord, windows: Iterable[ContigWindow], faults: Faults
) -> Iterator[Transcript]:
    """Yield the transcript on each volume that shows an exon of it, cut to what the volume has.

    Parameters
    ----------
    record : TranscriptRecord
        With its names; its strand decides which end of the coding sequence is cut.
    ordered : OrderedRecord
        Of the record.
    windows : iterable of ContigWindow
        Of its contig.
    faults : Faults
        Counts genetic codes that are not known.
    """
    table = record.table
    if table and not is_known_code(table):
        faults.add(f"genetic code {table} is not known: that of the sequence is used", record)
        table = 0
    texts = [_plain(record.texts.get(name, "")) for name in TEXTS[:-1]]
    gene, gene_id, transcript_id, protein_id, name, biotype = texts
    named = (_plain(tag).replace(" ", "_") for tag in record.tags)
    tags = tuple(filter(None, dict.fromkeys(named)))[:_MAX_TAGS]
    for window in windows:
        exons = _cut(ordered.exons, window)
        if not exons:
            continue
        coding = _cut(ordered.coding, window)
        phase, first_residue = _cut_phase(record, ordered, window)
        yield Transcript(
            window.volume, record.strand, gene, gene_id, transcript_id, protein_id, name, biotype,
            record.texts.get("description", ""), exons, coding, phase if coding else 0,
            tags, table or code_of_contig(record.contig),
            tuple(
                (start - window.start, end - window.start, letter)
                for start, end, letter in record.exceptions
                if window.start <= start and end <= window.end
            ),
            ordered.exons[0][0] < window.start or ordered.exons[-1][1] > window.end,
            first_residue if coding else 1,
            1 + sum(start >= window.end if record.strand == "-" else end <= window.start
                    for start, end in ordered.exons),
        )  # fmt: skip


def _plain(text: str) -> str:
    """A name as one line of bounded length, without characters that do not print."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * _MAX_TEXT]).split())[:_MAX_TEXT]


def _cut(spans: Iterable[Span], window: ContigWindow) -> tuple[Span, ...]:
    """Parts of spans in a window, local to it."""
    return tuple(
        (max(start, window.start) - window.start, min(end, window.end) - window.start)
        for start, end in spans
        if start < window.end and end > window.start
    )


def _cut_phase(record: TranscriptRecord, ordered: OrderedRecord, window: ContigWindow) -> tuple[int, int]:
    """Phase of the coding sequence in a window, and the number of its first whole codon."""
    if record.strand == "-":
        lost = sum(max(0, end - max(start, window.end)) for start, end in ordered.coding)
    else:
        lost = sum(max(0, min(end, window.start) - start) for start, end in ordered.coding)
    codons = max(0, -(-(lost - ordered.phase) // 3))
    return ordered.phase + 3 * codons - lost, 1 + codons


def code_of_contig(name: str) -> int:
    """Genetic code of a contig: that of vertebrate mitochondria for chrM, else the standard one."""
    return VERTEBRATE_MITOCHONDRIAL if canonical(name.partition(":")[0]) == "chrM" else STANDARD


def windows_of(places: pd.DataFrame, circular: dict[str, int]) -> dict[str, tuple[list[ContigWindow], int]]:
    """Windows of each contig name of a book, and how far positions on it may reach.

    Parameters
    ----------
    places : DataFrame
        Of `genomebook.annotation.places.volume_places`.
    circular : dict of str to int
        Lengths of circular contigs by their names in the book: positions beyond the end go on at the start.
    """
    windows: dict[str, tuple[list[ContigWindow], int]] = {}
    for contig, volume, origin, length, limit in zip(
        *(places[name] for name in ("contig", "volume", "origin", "length", "limit")), strict=True
    ):
        known, reach = windows.setdefault(contig, ([], limit))
        round_trip = circular.get(contig, 0)
        known.append(ContigWindow(volume, origin, origin + length))
        if round_trip:
            known.append(ContigWindow(volume, origin + round_trip, origin + round_trip + length))
            windows[contig] = (known, max(reach, 2 * round_trip))
    return windows


def check_places(path: Source, records: Iterable[tuple[TranscriptRecord, int]]) -> None:
    """Refuse a file with transcripts below 1 or beyond the end of their contig.

    Parameters
    ----------
    path : Source
        The file.
    records : iterable of (TranscriptRecord, int)
        Each with the length of its contig.

    Raises
    ------
    AnnotationError
        With the number of such transcripts and the first.
    """
    bad, count, first = 0, 0, ""
    for record, limit in records:
        count += 1
        spans = [*record.exons, *((row.start, row.end) for row in record.coding)]
        if any(not 0 <= start < end <= limit for start, end in spans):
            bad += 1
            start, end = min(span[0] for span in spans), max(span[1] for span in spans)
            first = first or f"{record.label} at {record.contig}:{start + 1}-{end}"
    if bad:
        raise AnnotationError(
            f"{path}: {bad:,} of {count:,} transcripts have impossible places (start not before end, below 1 "
            f"or beyond the end), first {first}; correct these rows or give the annotation of this assembly"
        )
