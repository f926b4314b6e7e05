"""What a paragraph is, in one line: the repeat, CpG island, exon or element that it is, else its genes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from genomebook.annotation.class_names import FAMILIES
from genomebook.annotation.contents_titles import shown_transcripts
from genomebook.annotation.genes import Genes
from genomebook.annotation.grounded_titles import NO_GENE, GroundedTitles, plain
from genomebook.book.exons import exon_numbers
from genomebook.book.features import Feature
from genomebook.book.read import Book
from genomebook.book.transcript import Transcript
from genomebook.genome.stretches import Positions, merged

COVERED = 0.5
"""Share of a paragraph that a feature covers where the paragraph is named after it."""

EDGE = 3
"""Letters between the ends of a paragraph and those of a repeat that count as the same place."""

ParagraphKind = Literal["repeat", "cpg", "coding", "utr", "exon", "regulatory", "intron", "genes", ""]

CONTEXT: tuple[ParagraphKind, ...] = ("intron", "genes", "")
"""What is said of a paragraph that no class covers."""

_STRANDS = {"+": "plus strand", "-": "minus strand"}
_WANTED = ("repeat", "cpg", "regulatory")


@dataclass(frozen=True)
class ParagraphClass:
    """What a paragraph is.

    Attributes
    ----------
    kind : str
        What the line is about; ``""`` where nothing is known.
    text : str
        One line for people, from files of unknown origin: escape it where it is shown.
    """

    kind: ParagraphKind
    text: str


def paragraph_classes(book: Book, genes: Genes, volume: str, spans: Positions) -> list[ParagraphClass]:
    """Say what paragraphs are.

    A paragraph is named after the repeat that covers at least half of it; else a CpG island, the part of a
    transcript that most of it is (coding sequence, UTR, exon), a regulatory element; else its place among
    the genes. Without tracks of repeats, the classes of ``genomebook ground`` are used.

    Parameters
    ----------
    book : Book
        With its tracks and transcripts.
    genes : Genes
        Of the book; may be empty.
    volume : str
        Name of the volume.
    spans : int64[k, 2]
        Paragraphs beside each other, such as those of a page: local, 0-based half-open, ascending.

    Returns
    -------
    list of ParagraphClass
        One each.
    """
    if not len(spans):
        return []
    low, high = int(spans[0, 0]), int(spans[-1, 1])
    kinds = {track.name: track.kind for track in book.features.tracks if track.kind in _WANTED}
    features = book.features.overlapping(volume, low, high, kinds) if kinds else []
    by_kind = {kind: [f for f in features if kinds[f.track] == kind] for kind in _WANTED}
    has_repeats = any(
        kind == "repeat" and book.features.covered(volume, name) for name, kind in kinds.items()
    )
    transcripts = shown_transcripts(book, volume, low, high)
    near = genes.near(volume, low, high)
    context = GroundedTitles(near, volume, book[volume].length).titles(spans) if len(near) else []
    lines = []
    for number, (start, end) in enumerate(spans.tolist()):
        line = (
            _repeat(by_kind["repeat"], start, end)
            or (None if has_repeats else _grounded(book, volume, start, end))
            or _island(by_kind["cpg"], start, end)
            or _of_transcripts(transcripts, start, end)
            or _element(by_kind["regulatory"], start, end)
            or _intron(transcripts, start, end)
        )
        if line is None:
            text = context[number] if context else ""
            line = ParagraphClass("genes", text) if text and text != NO_GENE else ParagraphClass("", "")
        lines.append(line)
    return lines


def _letters(spans: Iterable[tuple[int, int]], start: int, end: int) -> int:
    """Letters of [start, end) that some intervals cover."""
    here = [(max(a, start), min(b, end)) for a, b in spans if a < end and b > start]
    return int(np.diff(merged(np.array(here, np.int64)), axis=1).sum()) if here else 0


def _share(letters: int, start: int, end: int) -> str:
    """``all of it``, or a whole number of percent below 100."""
    size = end - start
    return "all of it" if letters >= size else f"{min(99, max(1, round(100 * letters / size)))} % of it"


def _widest(features: Sequence[Feature], start: int, end: int) -> tuple[Feature, int] | None:
    """The feature that covers most of a paragraph, and the letters; the shorter of two alike."""
    known = [(_letters([(f.start, f.end)], start, end), f) for f in features]
    known = [(letters, f) for letters, f in known if letters]
    if not known:
        return None
    letters, feature = max(known, key=lambda pair: (pair[0], pair[1].start - pair[1].end))
    return feature, letters


def _repeat(repeats: Sequence[Feature], start: int, end: int) -> ParagraphClass | None:
    covered = _letters([(f.start, f.end) for f in repeats], start, end)
    widest = _widest(repeats, start, end)
    if widest is None or covered < COVERED * (end - start):
        return None
    repeat, letters = widest
    name = plain(repeat.name or repeat.group) or "repeat"
    strand = f", {_STRANDS[repeat.strand]}" if repeat.strand in _STRANDS else ""
    if letters < COVERED * (end - start):
        return ParagraphClass("repeat", f"Repeats, {_share(covered, start, end)}, most of all {name}{strand}")
    off = max(abs(repeat.start - start), abs(repeat.end - end))
    ends = "; its ends are those of the repeat" if off <= EDGE else ""
    within = f", within {off} letter{'s' * (off > 1)}" if ends and off else ""
    return ParagraphClass("repeat", f"{name}{strand}, {_share(letters, start, end)}{ends}{within}")


def _grounded(book: Book, volume: str, start: int, end: int) -> ParagraphClass | None:
    """The family of repeats that the annotation of words has here."""
    shares = book.annotation.shares(volume, start, end) if book.annotation else {}
    for name, share in shares.items():
        if share >= COVERED and name in FAMILIES:
            return ParagraphClass("repeat", f"{name}, {_share(round(share * (end - start)), start, end)}")
    return None


def _island(islands: Sequence[Feature], start: int, end: int) -> ParagraphClass | None:
    widest = _widest(islands, start, end)
    if widest is None or widest[1] < COVERED * (end - start):
        return None
    note = f" ({widest[0].note})" if widest[0].note else ""
    return ParagraphClass("cpg", f"CpG island, {_share(widest[1], start, end)}{note}")


def _of_transcripts(transcripts: Sequence[Transcript], start: int, end: int) -> ParagraphClass | None:
    """The part of a transcript that at least half of a paragraph is, introns aside."""
    best: tuple[int, ParagraphClass] | None = None
    for transcript in transcripts:
        parts: list[tuple[ParagraphKind, str, Sequence[tuple[int, int]]]] = [
            ("coding", "Coding sequence", transcript.coding),
            ("utr", "5' UTR", transcript.utr5 if transcript.coding else ()),
            ("utr", "3' UTR", transcript.utr3 if transcript.coding else ()),
            ("exon", "Exon", transcript.exons),
        ]
        for kind, name, spans in parts:
            letters = _letters(spans, start, end)
            if letters < COVERED * (end - start) or (best and letters <= best[0]):
                continue
            where = _exons(transcript, start, end)
            what = name if kind != "exon" else where.capitalize()
            exon = f", {where}" if kind != "exon" else ""
            text = f"{what} of {_gene(transcript)}{exon}, {_share(letters, start, end)}"
            best = letters, ParagraphClass(kind, text)
    return best[1] if best else None


def _intron(transcripts: Sequence[Transcript], start: int, end: int) -> ParagraphClass | None:
    """The gene that a paragraph lies in, with the exons in it, or the intron that it is part of."""
    over = [t for t in transcripts if t.start < end and t.end > start]
    coding = [t for t in over if t.coding] or over
    if not coding:
        return None
    transcript = max(coding, key=lambda t: min(t.end, end) - max(t.start, start))
    exons = _exons(transcript, start, end)
    if exons:
        letters = _letters(transcript.exons, start, end)
        return ParagraphClass(
            "exon", f"{exons.capitalize()} of {_gene(transcript)}, {_share(letters, start, end)}"
        )
    introns = transcript.introns[::-1] if transcript.strand == "-" else transcript.introns
    numbered = enumerate(introns, transcript.first_exon)
    number = next((n for n, (a, b) in numbered if a <= start and b >= end), 0)
    return ParagraphClass("intron", f"Intron {number} of {_gene(transcript)}") if number else None


def _exons(transcript: Transcript, start: int, end: int) -> str:
    """``exon 3``, ``exons 3 to 5``, counted in the direction of the gene; empty for none."""
    numbered = zip(exon_numbers(transcript), transcript.exons_in_order, strict=True)
    here = [n for n, (a, b) in numbered if a < end and b > start]
    if len(here) > 1:
        return f"exons {here[0]} {'to' if len(here) > 2 else 'and'} {here[-1]}"
    return f"exon {here[0]}" if here else ""


def _gene(transcript: Transcript) -> str:
    return plain(transcript.gene or transcript.gene_id or transcript.transcript_id) or "a nameless gene"


def _element(elements: Sequence[Feature], start: int, end: int) -> ParagraphClass | None:
    widest = _widest(elements, start, end)
    if widest is None or widest[1] < COVERED * (end - start):
        return None
    element, letters = widest
    group = plain(element.group.replace(",", ", ")) or "Regulatory element"
    name = f" {plain(element.name)}" if element.name else ""
    return ParagraphClass("regulatory", f"{group}{name}, {_share(letters, start, end)}")
