"""What a change of an mRNA does to its protein."""

from __future__ import annotations

from dataclasses import dataclass

from genomebook.annotation.variants import hgvs
from genomebook.annotation.variants.spliced import SplicedTranscript
from genomebook.annotation.variants.terms import Consequence
from genomebook.language.genetic_codes import STANDARD, STOP

_CODONS = 100
"""Codons translated at once on the way to a stop."""


@dataclass(frozen=True)
class ProteinChange:
    """Consequence of an exonic change.

    Attributes
    ----------
    terms : tuple of Consequence
        One or two.
    hgvs : str
        ``p.(Arg5Gln)``; ``""`` outside of the coding sequence.
    aminos : (str, str)
        Residues of the changed codons before and after; ``""`` where there are none.
    codons : (str, str)
        Changed codons before and after.
    """

    terms: tuple[Consequence, ...]
    hgvs: str = ""
    aminos: tuple[str, str] = ("", "")
    codons: tuple[str, str] = ("", "")


def protein_change(spliced: SplicedTranscript, low: int, high: int, new: bytes) -> ProteinChange:
    """Find the consequence of a change of the mRNA.

    Parameters
    ----------
    spliced : SplicedTranscript
        The transcript.
    low, high : int
        Replaced bases of the mRNA; equal for an insertion.
    new : bytes
        What replaces them, 5' to 3', upper case.

    Returns
    -------
    ProteinChange
        In UTR and in transcripts without coding sequence too.
    """
    start, end = spliced.coding
    if not spliced.is_coding:
        return ProteinChange((Consequence.NON_CODING_EXON,))
    if high <= start:
        return ProteinChange((Consequence.UTR5,))
    if low >= end:
        return ProteinChange((Consequence.UTR3,))
    if not spliced.is_read or (high <= spliced.frame and low < high) or low < spliced.frame != start:
        return ProteinChange((Consequence.CODING_SEQUENCE,), hgvs.UNKNOWN_PROTEIN)
    if spliced.has_start and low < start + 3:
        changed = _start_change(spliced, low, high, new)
        if changed is not None:
            return changed
    if low < start:
        low, new = start, new[start - low :]
    edited = _Edit(spliced, low, high, new)
    if edited.first >= len(spliced.protein):
        return ProteinChange((Consequence.CODING_SEQUENCE,), hgvs.UNKNOWN_PROTEIN)
    if _hits_stop(spliced, low, high):
        return edited.at_stop()
    return edited.in_frame() if edited.growth % 3 == 0 else edited.shifted()


def _hits_stop(spliced: SplicedTranscript, low: int, high: int) -> bool:
    start, end = spliced.stop
    return high > spliced.coding[1] or (start < low < end if low == high else low < end and high > start)


def _start_change(spliced: SplicedTranscript, low: int, high: int, new: bytes) -> ProteinChange | None:
    """Start lost, or kept by another codon; None if the start codon is as it was."""
    start = spliced.coding[0]
    old = spliced.mrna[start : start + 3]
    if low < start and len(new) != high - low:
        codon = b""
    else:
        codon = (spliced.mrna[:low] + new + spliced.mrna[high : high + 3])[start : start + 3]
    if codon == old:
        return None
    shown = old.decode(), codon.decode()
    code = spliced.code
    if code.translate(codon) == "M" or (code.number != STANDARD and codon in code.starts):
        if (len(new) - (high - low)) % 3:
            return None
        same = hgvs.unchanged(spliced.protein, spliced.transcript.first_residue, 0, 1)
        return ProteinChange((Consequence.START_RETAINED,), same, ("M", "M"), shown)
    first = f"Met{spliced.transcript.first_residue}"
    return ProteinChange((Consequence.START_LOST,), f"p.({first}?)", ("M", code.translate(codon)), shown)


class _Edit:
    """A change inside the coding sequence, by codons.

    ``first`` and ``last`` are the changed codons of the reference, half-open from 0; ``growth`` the bases
    gained.
    """

    def __init__(self, spliced: SplicedTranscript, low: int, high: int, new: bytes) -> None:
        self.of = spliced
        self.protein, self.number = spliced.protein, spliced.transcript.first_residue
        self.low, self.high, self.new = low, high, new
        self.growth = len(new) - (high - low)
        self.first = (low - spliced.frame) // 3
        self.last = -(-(high - spliced.frame) // 3)

    def _base(self, codon: int) -> int:
        return self.of.frame + 3 * codon

    def in_frame(self) -> ProteinChange:
        """The codons that change, and no others."""
        begin, stop = self._base(self.first), self._base(self.last)
        if self.last > len(self.protein):
            return ProteinChange((Consequence.CODING_SEQUENCE,), hgvs.UNKNOWN_PROTEIN)
        mrna = self.of.mrna
        codons = mrna[begin:stop], mrna[begin : self.low] + self.new + mrna[self.high : stop]
        old = self.protein[self.first : self.last]
        fresh = self._translated(codons[0], codons[1], old)
        shown = codons[0].decode(), codons[1].decode()
        if fresh == old:
            same = hgvs.unchanged(self.protein, self.number, self.first, self.last)
            return ProteinChange((Consequence.SYNONYMOUS,), same, (old, fresh), shown)
        described = hgvs.residue_change(self.protein, self.number, self.first, self.last, fresh)
        gained = (Consequence.STOP_GAINED,) if STOP in fresh and STOP not in old else ()
        kind = Consequence.INFRAME_INSERTION if self.growth > 0 else Consequence.INFRAME_DELETION
        terms = (*gained, kind) if self.growth else gained or (Consequence.MISSENSE,)
        return ProteinChange(terms, described, (old, fresh), shown)

    def _translated(self, old: bytes, new: bytes, residues: str) -> str:
        """Translate changed codons; one that is as before keeps its residue (a start, a selenocysteine)."""
        fresh = self.of.code.translate(new)
        if len(old) == len(new):
            kept = [old[i : i + 3] == new[i : i + 3] for i in range(0, len(new), 3)]
            fresh = "".join(a if same else b for a, b, same in zip(residues, fresh, kept, strict=True))
        elif self.first == 0 and self.of.has_start and new[:3] == old[:3]:
            fresh = residues[:1] + fresh[1:]
        return fresh

    def shifted(self) -> ProteinChange:
        """The reading frame from the change to the next stop."""
        fresh = self._to_stop()
        old = self.protein[self.first :]
        described = hgvs.frame_change(self.protein, self.number, self.first, fresh)
        differs = next((i for i, (a, b) in enumerate(zip(old, fresh, strict=False)) if a != b), None)
        terms = [Consequence.FRAMESHIFT]
        if differs is not None and fresh[differs] == STOP:
            terms.insert(0, Consequence.STOP_GAINED)
        elif differs is not None and old[differs] == STOP:
            terms.append(Consequence.STOP_LOST)
        return ProteinChange(tuple(terms), described)

    def at_stop(self) -> ProteinChange:
        """A change of the stop codon, or across it."""
        fresh, old = self._to_stop(), self.protein[self.first :]
        aminos, codons = self._codons()
        if fresh == old:
            place = len(self.protein) - 1
            same = hgvs.unchanged(self.protein, self.number, place, place + 1)
            return ProteinChange((Consequence.STOP_RETAINED,), same, aminos, codons)
        inside = self.growth % 3 == 0 and self.last <= len(self.protein)
        if inside and len(fresh) <= len(old) + self.growth // 3 and fresh.endswith(STOP):
            return self.in_frame()
        differs = next((i for i, (a, b) in enumerate(zip(old, fresh, strict=False)) if a != b), None)
        described = hgvs.frame_change(self.protein, self.number, self.first, fresh)
        shifted = (Consequence.FRAMESHIFT,) if self.growth % 3 and self.high <= self.of.coding[1] else ()
        if differs is not None and fresh[differs] == STOP:
            return ProteinChange((Consequence.STOP_GAINED, *shifted), described)
        if differs is not None and old[differs] != STOP and self.growth % 3 == 0:
            described = hgvs.UNKNOWN_PROTEIN
        return ProteinChange((*shifted, Consequence.STOP_LOST), described, aminos, codons)

    def _codons(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """Residues and codons before and after, where as many bases are replaced by others."""
        begin, end = self._base(self.first), self._base(self.last)
        if self.growth or self.last > len(self.protein):
            return ("", ""), ("", "")
        mrna = self.of.mrna
        codons = mrna[begin:end], mrna[begin : self.low] + self.new + mrna[self.high : end]
        aminos = self.protein[self.first : self.last], self.of.code.translate(codons[1])
        return aminos, (codons[0].decode(), codons[1].decode())

    def _to_stop(self) -> str:
        """Residues from the first changed codon to the next stop, with it; to the end if there is none."""
        mrna, fresh = self.of.mrna, ""
        head = mrna[self._base(self.first) : self.low] + self.new
        at = self.high
        while True:
            more = mrna[at : at + 3 * _CODONS]
            at += len(more)
            head += more
            whole = len(head) // 3 * 3
            fresh += self.of.code.translate(head[:whole])
            head = head[whole:]
            if STOP in fresh:
                return fresh[: fresh.index(STOP) + 1]
            if not more:
                return fresh
