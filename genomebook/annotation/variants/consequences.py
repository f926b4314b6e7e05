"""Consequences of an allele for the transcripts that it touches."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Rows
from dataclasses import dataclass
from functools import lru_cache, partial

from genomebook.annotation.variants import hgvs
from genomebook.annotation.variants.alleles import LettersOf, Placement, VariantAllele, moved, shifts
from genomebook.annotation.variants.letters import LetterCache, LetterReader
from genomebook.annotation.variants.proteins import protein_change
from genomebook.annotation.variants.spliced import SplicedTranscript
from genomebook.annotation.variants.terms import Consequence, by_severity, severity
from genomebook.book.read import Book
from genomebook.book.transcripts import Transcript, preference

KEPT = 512
"""Spliced transcripts kept in memory."""


@dataclass(frozen=True)
class TranscriptConsequence:
    """What an allele does to one transcript.

    Attributes
    ----------
    transcript : Transcript or None
        None for an allele in no transcript.
    terms : tuple of Consequence
        The worst first.
    hgvs_c : str
        ``c.76A>G``, or ``n.`` where nothing is coded; ``""`` if it reaches beyond the transcript.
    hgvs_p : str
        ``p.(Arg5Gln)``; ``p.?`` where splicing changes, ``""`` where the protein stays as it is.
    aminos, codons : (str, str)
        Changed codons and their residues, before and after; ``""`` if there are none.
    """

    transcript: Transcript | None
    terms: tuple[Consequence, ...]
    hgvs_c: str = ""
    hgvs_p: str = ""
    aminos: tuple[str, str] = ("", "")
    codons: tuple[str, str] = ("", "")

    @property
    def worst(self) -> Consequence:
        """The most severe of its terms."""
        return self.terms[0]


INTERGENIC = TranscriptConsequence(None, (Consequence.INTERGENIC,))


def _splice(letters: LetterCache, transcript: Transcript) -> SplicedTranscript:
    return SplicedTranscript(transcript, letters.of(transcript.volume))


class ConsequenceCaller(LetterReader):
    """Consequences for the transcripts of a book; one without gives "intergenic" everywhere."""

    def __init__(self, book: Book, letters: LetterCache | None = None) -> None:
        super().__init__(book, letters)
        self.spliced: Callable[[Transcript], SplicedTranscript] = lru_cache(KEPT)(
            partial(_splice, self.letters)
        )

    def of(self, allele: VariantAllele) -> list[TranscriptConsequence]:
        """Consequences of an allele that was assessed.

        Parameters
        ----------
        allele : VariantAllele
            Its letters are those of the book.

        Returns
        -------
        list of TranscriptConsequence
            One for each transcript that it touches, the one to show first: the most severe, then by
            `genomebook.book.transcripts.preference`. At least one: "intergenic" if it touches none.
        """
        sequence = self.letters.of(allele.volume)
        calls = [
            consequence(self.spliced(transcript), allele.placement, sequence)
            for transcript in self.touched(allele)
        ]
        return sorted(calls, key=_shown_first) or [INTERGENIC]

    def touched(self, allele: VariantAllele) -> list[Transcript]:
        """Transcripts that share a letter with an allele, or into which it inserts."""
        start, end = allele.start, allele.end
        if start == end:
            start, end = start - 1, end + 1
        return [
            transcript
            for transcript in self.book.transcripts.overlapping(allele.volume, max(start, 0), end)
            if transcript.start < end - (allele.start == allele.end) and transcript.end > allele.start
        ]


def _shown_first(call: TranscriptConsequence) -> tuple[object, ...]:
    assert call.transcript is not None
    return severity(call.worst), preference(call.transcript)


def consequence(spliced: SplicedTranscript, change: Placement, sequence: LettersOf) -> TranscriptConsequence:
    """Find the consequence of a change for a transcript that it touches.

    An insertion or deletion in a repeat has several placements with the same result. It is described at the
    most 3' one (HGVS). Its consequence is that of the most 3' one that leaves splice sites, start and stop
    codon whole, if there is such a one.

    Parameters
    ----------
    spliced : SplicedTranscript
        The transcript.
    change : Placement
        On its volume; shares a letter with it, or inserts between two of its letters.
    sequence : callable
        Upper-case letters of the volume.
    """
    transcript = spliced.transcript
    left, right = shifts(change, sequence, transcript.start, transcript.end)
    described = hgvs.transcript_change(spliced, change, right, left, sequence)
    change = _sparing(spliced, change, left, right)
    if all(change.start <= start and end <= change.end for start, end in transcript.exons):
        return TranscriptConsequence(transcript, (Consequence.TRANSCRIPT_ABLATION,), described)
    donor, acceptor, region = spliced.splice_sites(change)
    near = (Consequence.SPLICE_REGION,) if region else ()
    sites = [Consequence.SPLICE_ACCEPTOR] * acceptor + [Consequence.SPLICE_DONOR] * donor
    if sites:
        unknown = hgvs.UNKNOWN_PROTEIN if spliced.is_coding else ""
        return TranscriptConsequence(transcript, by_severity(sites), described, unknown)
    inside = Placement(max(change.start, transcript.start), min(change.end, transcript.end), change.alt)
    if spliced.exon_of(inside) is None:
        return TranscriptConsequence(transcript, by_severity((Consequence.INTRON, *near)), described)
    low, high = spliced.on_mrna(inside.start, inside.end)
    found = protein_change(spliced, low, high, spliced.oriented(inside.alt))
    terms = by_severity((*found.terms, *near))
    return TranscriptConsequence(transcript, terms, described, found.hgvs, found.aminos, found.codons)


def _sparing(spliced: SplicedTranscript, change: Placement, left: int, right: int) -> Placement:
    """Most 3' equivalent placement that leaves splice sites, start and stop whole; else the most 3'."""
    shifts_3_to_5 = range(-left, right + 1) if spliced.minus else range(right, -left - 1, -1)
    placements = (moved(change, shift) if shift else change for shift in shifts_3_to_5)
    described = moved(change, shifts_3_to_5[0]) if left or right else change
    return next((placed for placed in placements if not _breaks(spliced, placed)), described)


def _breaks(spliced: SplicedTranscript, change: Placement) -> bool:
    """Whether a change touches a splice site, crosses the end of an exon or touches a start or stop codon."""
    donor, acceptor, _ = spliced.splice_sites(change)
    if donor or acceptor:
        return True
    if spliced.exon_of(change) is None:
        return any(change.start < edge < change.end for exon in spliced.transcript.exons for edge in exon)
    if not spliced.is_coding:
        return False
    low, high = spliced.on_mrna(change.start, change.end)
    start, end = spliced.coding
    codons: Rows[tuple[int, int]] = ((start, start + 3 * spliced.has_start), (spliced.stop[0], end))
    return any(a < low < b if low == high else low < b and high > a for a, b in codons)
