"""A transcript with its spliced letters and its protein, made once for many variants."""

from __future__ import annotations

from bisect import bisect_right

from genomebook.annotation.coding import has_start, mrna, protein
from genomebook.annotation.variants.alleles import LettersOf, Placement
from genomebook.book.transcripts import Span, Transcript
from genomebook.genome.stretches import prefix_sums
from genomebook.language.alphabet import reverse_complement
from genomebook.language.genetic_codes import STOP, GeneticCode, genetic_code

SPLICE = 2
"""Letters of an intron at each end that are its splice donor and acceptor."""

NEAR_EXON, NEAR_INTRON = 3, 8
"""Letters of an exon and of an intron at their border that are the splice region."""


class SplicedTranscript:
    """A transcript, its mRNA and its protein.

    Positions of the mRNA count from 0 at its 5' end.

    Parameters
    ----------
    transcript : Transcript
        Of a book.
    sequence : callable
        Upper-case letters of its volume.

    Attributes
    ----------
    mrna : bytes
        Upper case, 5' to 3', as DNA.
    code : GeneticCode
        Of the transcript.
    coding : (int, int)
        Coding sequence on the mRNA; empty if it has none, or one that does not end in exons.
    is_read : bool
        Whether the coding sequence is one stretch of the mRNA: not if the ribosome slips.
    frame : int
        First base of the first whole codon on the mRNA.
    protein : str
        Amino acids, ``*`` for the stop.
    has_start : bool
        Whether the first codon is the start codon.
    stop : (int, int)
        Stop codon on the mRNA; empty, at the end of the coding sequence, if that has none.
    """

    def __init__(self, transcript: Transcript, sequence: LettersOf) -> None:
        self.transcript = transcript
        self.minus = transcript.is_minus
        self.mrna = mrna(transcript, sequence).upper().replace(b"U", b"T")
        self.code: GeneticCode = genetic_code(transcript.table)
        self._starts = [start for start, _ in transcript.exons]
        self._before: list[int] = prefix_sums([end - start for start, end in transcript.exons]).tolist()
        self.coding = (0, 0)
        self.is_read, self.protein = True, ""
        first, last = (
            (transcript.coding[0][0], transcript.coding[-1][1] - 1) if transcript.coding else (0, -1)
        )
        if last >= 0 and self.exon_at(first) is not None and self.exon_at(last) is not None:
            ends = sorted(self.on_mrna(place, place + 1) for place in (first, last))
            self.coding = ends[0][0], ends[1][1]
            self.is_read = self.coding[1] - self.coding[0] == transcript.coding_length
            self.protein = protein(transcript, sequence, stop=True)
        self.frame = self.coding[0] + transcript.phase
        self.has_start = has_start(transcript) and self.protein.startswith("M")
        end = self.coding[1]
        last_codon = self.frame + 3 * (len(self.protein) - 1)
        self.stop = (last_codon, min(last_codon + 3, end)) if self.protein.endswith(STOP) else (end, end)

    @property
    def is_coding(self) -> bool:
        """Whether it has a coding sequence."""
        return self.coding[0] < self.coding[1]

    @property
    def first_coding(self) -> int:
        """Base of the mRNA that is c.1; below 0 if it lies before the volume."""
        first = self.transcript.first_residue
        return self.frame - 3 * (first - 1) if first > 1 else self.coding[0]

    def exon_at(self, position: int) -> int | None:
        """Number of the exon (ascending on the volume, from 0) that has a position; None in an intron."""
        number = bisect_right(self._starts, position) - 1
        return number if number >= 0 and position < self.transcript.exons[number][1] else None

    def exon_of(self, change: Placement) -> int | None:
        """Exon that a change lies in as a whole, an insertion also at its ends; None if there is none."""
        number = self.exon_at(change.start)
        if number is None and change.start == change.end:
            number = self.exon_at(change.start - 1)
        return number if number is not None and change.end <= self.transcript.exons[number][1] else None

    def on_mrna(self, start: int, end: int) -> Span:
        """Interval of the mRNA for one of the volume that lies in one exon (see `exon_of`)."""
        number = bisect_right(self._starts, start) - 1
        low = self._before[number] + start - self._starts[number]
        high = low + end - start
        return (self._before[-1] - high, self._before[-1] - low) if self.minus else (low, high)

    def oriented(self, letters: str) -> bytes:
        """Letters of the forward strand as the transcript reads them."""
        return reverse_complement(letters.encode()) if self.minus else letters.encode()

    def splice_sites(self, change: Placement) -> tuple[bool, bool, bool]:
        """Whether a change touches a donor, an acceptor, a splice region."""
        donor = acceptor = region = False
        exons = self.transcript.exons
        first = max(bisect_right(self._starts, change.start - NEAR_INTRON) - 1, 0)
        for number in range(first, len(exons) - 1):
            low, high = exons[number][1], exons[number + 1][0]
            if low - NEAR_EXON > change.end:
                break
            size = min(SPLICE, high - low)
            left, right = _touches(change, low, low + size), _touches(change, high - size, high)
            donor |= right if self.minus else left
            acceptor |= left if self.minus else right
            region |= _touches(change, low - NEAR_EXON, min(low + NEAR_INTRON, high))
            region |= _touches(change, max(high - NEAR_INTRON, low), high + NEAR_EXON)
        return donor, acceptor, region

    def coordinate(self, position: int) -> str | None:
        """HGVS coordinate of a position of the volume: ``123``, ``-12``, ``*5``, ``123+4``; None outside."""
        exons = self.transcript.exons
        number = bisect_right(self._starts, position) - 1
        if number < 0 or position >= self.transcript.end:
            return None
        if position < exons[number][1]:
            return self._exonic(self.on_mrna(position, position + 1)[0])
        low, high = exons[number][1] - 1, exons[number + 1][0]
        left, right = position - low, high - position
        if self.minus:
            before, after, low, high = right, left, high, low
        else:
            before, after = left, right
        if before <= after:
            return f"{self._exonic(self.on_mrna(low, low + 1)[0])}+{before}"
        return f"{self._exonic(self.on_mrna(high, high + 1)[0])}-{after}"

    def _exonic(self, base: int) -> str:
        if not self.is_coding:
            return str(base + 1)
        if base >= self.coding[1]:
            return f"*{base - self.coding[1] + 1}"
        number = base - self.first_coding
        return str(number + 1 if number >= 0 else number)


def _touches(change: Placement, low: int, high: int) -> bool:
    """Whether a change alters a letter of [low, high) or inserts between two of them."""
    if change.start == change.end:
        return low < change.start < high
    return change.start < high and change.end > low
