"""A made-up gene of two exons on either strand, and changes of it, for tests of variants."""

from __future__ import annotations

from typing import NamedTuple

from genomebook.annotation.variants.alleles import Placement, trimmed
from genomebook.annotation.variants.consequences import TranscriptConsequence, consequence
from genomebook.annotation.variants.spliced import SplicedTranscript
from genomebook.book.transcripts import Transcript
from genomebook.language.alphabet import reverse_complement

BEFORE = b"TTTTTTTTTT"
EXON_1 = b"CAGCCAGCCACC" + b"ATGGCTAAAGAAG"
INTRON = b"GTAAGTCCTCTTTCCCTTGCAG"
EXON_2 = b"AACCCCCTGGTACTTGA" + b"CCATAAGCCTGATTAGC"
AFTER = b"AAAATTTTCC"
LETTERS = BEFORE + EXON_1 + INTRON + EXON_2 + AFTER
"""The coding sequence is ATG GCT AAA GAA G|AA CCC CCT GGT ACT TGA: M A K E E P P G T."""

STARTS = (len(BEFORE), len(BEFORE + EXON_1 + INTRON))
CODING = (STARTS[0] + 12, STARTS[1] + 17)


class Change(NamedTuple):
    """Letters at a position of `LETTERS` (0-based) replaced by others."""

    start: int
    ref: str
    alt: str


def at(coordinate: int) -> int:
    """Position of a coding base, from 1."""
    return CODING[0] + coordinate - 1 if coordinate <= 13 else STARTS[1] + coordinate - 14


def replaced(start: int, size: int, alt: str) -> Change:
    """Replace ``size`` letters from a position."""
    return Change(start, LETTERS[start : start + size].decode(), alt)


def transcript(strand: str = "+", coding: bool = True, table: int = 1, phase: int = 0) -> Transcript:
    """The gene on a strand of `letters_on`."""
    spans = [(STARTS[0], STARTS[0] + len(EXON_1)), (STARTS[1], STARTS[1] + len(EXON_2))]
    inside = [(CODING[0] + phase, spans[0][1]), (STARTS[1], CODING[1])] if coding else []
    if strand == "-":
        size = len(LETTERS)
        spans, inside = ([(size - b, size - a) for a, b in reversed(rows)] for rows in (spans, inside))
    return Transcript(
        "v", strand, "MADE", "G1", "T1", "", "MADE-201", "protein_coding" if coding else "lncRNA", "",
        tuple(spans), tuple(inside), 3 - phase if phase else 0, table=table,
    )  # fmt: skip


def letters_on(strand: str) -> bytes:
    """Letters of the volume that has the gene on a strand."""
    return reverse_complement(LETTERS) if strand == "-" else LETTERS


def on_strand(change: Change, strand: str) -> Change:
    """The same change of the gene where it lies on a strand."""
    if strand == "+":
        return change
    ref, alt = (reverse_complement(letters.encode()).decode() for letters in change[1:])
    return Change(len(LETTERS) - change.start - len(change.ref), ref, alt)


def called(change: Change, of: Transcript) -> TranscriptConsequence:
    """Consequence of a change of the gene for a transcript of it."""
    letters = letters_on(of.strand)

    def sequence(start: int, end: int) -> bytes:
        return letters[max(start, 0) : max(end, 0)]

    start, ref, alt = trimmed(*on_strand(change, of.strand))
    assert sequence(start, start + len(ref)).decode() == ref
    return consequence(SplicedTranscript(of, sequence), Placement(start, start + len(ref), alt), sequence)
