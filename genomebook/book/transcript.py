"""A transcript: exons, coding sequence and names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from genomebook.genome.regions import Region

Span = tuple[int, int]
"""Start and end of an interval: local to the volume, 0-based half-open."""

PREFERRED_TAGS = ("MANE_Select", "Ensembl_canonical", "RefSeq_Select")
"""Tags of the transcript of a gene to show first, the strongest first."""

INCOMPLETE_START, INCOMPLETE_END = "cds_start_NF", "cds_end_NF"
"""Tags of a coding sequence whose start or end is not known."""


@dataclass(frozen=True)
class Transcript:
    """A transcript on a volume.

    Attributes
    ----------
    volume : str
        Name of the volume. All positions are local to it, 0-based half-open.
    strand : str
        ``+``, ``-``, or ``.`` if the file does not say; read as ``+``.
    gene, gene_id, transcript_id, protein_id, name, biotype, description : str
        Symbol of the gene, ids with version where the file has it, and the description cleaned for people;
        ``""`` if unknown.
    exons : tuple of (start, end)
        Ascending, disjoint, at least one.
    coding : tuple of (start, end)
        Ascending, with the stop codon if the file has it; empty if not coding. Neighbours overlap by a base
        or two where the ribosome slips back.
    phase : int
        Bases to skip at the 5' end of the coding sequence, before its first whole codon.
    tags : tuple of str
        As in GENCODE: MANE_Select, Ensembl_canonical, basic, cds_start_NF, ...
    table : int
        Genetic code, in the numbers of NCBI.
    exceptions : tuple of (start, end, amino acid)
        Codons with another meaning (U: selenocysteine, ``*``: completed by the poly(A) tail), with the
        start of their first base and the end of their last on the volume.
    clipped : bool
        Whether it continues beyond the volume.
    first_residue : int
        Number of the first whole codon; above 1 if the 5' end is clipped.
    first_exon : int
        Number of the first exon, 5' to 3'; above 1 if exons before it are not on the volume.
    """

    volume: str
    strand: str
    gene: str
    gene_id: str
    transcript_id: str
    protein_id: str
    name: str
    biotype: str
    description: str
    exons: tuple[Span, ...]
    coding: tuple[Span, ...] = ()
    phase: int = 0
    tags: tuple[str, ...] = ()
    table: int = 1
    exceptions: tuple[tuple[int, int, str], ...] = ()
    clipped: bool = False
    first_residue: int = 1
    first_exon: int = 1

    @property
    def start(self) -> int:
        """Start of the first exon."""
        return self.exons[0][0]

    @property
    def end(self) -> int:
        """End of the last exon."""
        return self.exons[-1][1]

    @property
    def is_minus(self) -> bool:
        """Whether it is read on the minus strand."""
        return self.strand == "-"

    @property
    def introns(self) -> tuple[Span, ...]:
        """Introns, ascending."""
        return tuple((left[1], right[0]) for left, right in zip(self.exons, self.exons[1:], strict=False))

    @property
    def utr5(self) -> tuple[Span, ...]:
        """Exonic spans 5' of the coding sequence, ascending; empty if not coding."""
        return self._after_coding if self.is_minus else self._before_coding

    @property
    def utr3(self) -> tuple[Span, ...]:
        """Exonic spans 3' of the coding sequence, ascending; empty if not coding."""
        return self._before_coding if self.is_minus else self._after_coding

    @property
    def _before_coding(self) -> tuple[Span, ...]:
        edge = self.coding[0][0] if self.coding else self.start
        return tuple((start, min(end, edge)) for start, end in self.exons if start < edge)

    @property
    def _after_coding(self) -> tuple[Span, ...]:
        edge = self.coding[-1][1] if self.coding else self.end
        return tuple((max(start, edge), end) for start, end in self.exons if end > edge)

    @cached_property
    def coding_length(self) -> int:
        """Bases of the coding sequence."""
        return sum(end - start for start, end in self.coding)

    @cached_property
    def length(self) -> int:
        """Bases of all exons."""
        return sum(end - start for start, end in self.exons)

    @property
    def exons_in_order(self) -> tuple[Span, ...]:
        """Exons 5' to 3'."""
        return self.exons[::-1] if self.is_minus else self.exons

    @property
    def region(self) -> Region:
        """From the first exon to the last."""
        return Region(self.volume, self.start, self.end)


def shown(transcripts: Iterable[Transcript]) -> list[Transcript]:
    """The transcript to show of each gene that has some among these, in the order of the genes' first."""
    best: dict[tuple[str, str], Transcript] = {}
    for transcript in transcripts:
        gene = transcript.volume, transcript.gene_id or transcript.gene or transcript.transcript_id
        best[gene] = min(best.get(gene, transcript), transcript, key=preference)
    return list(best.values())


def preference(transcript: Transcript) -> tuple[int, int, int, int, str]:
    """Sort key that puts the transcript of a gene to show first first.

    The order is MANE Select, Ensembl canonical, RefSeq Select, then the longest coding sequence, then the
    longest transcript.
    """
    ranks = [rank for rank, tag in enumerate(PREFERRED_TAGS) if tag in transcript.tags]
    rank = min(ranks, default=len(PREFERRED_TAGS))
    return rank, -transcript.coding_length, -transcript.length, transcript.start, transcript.transcript_id
