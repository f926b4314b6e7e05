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

HGNC = "HGNC:"
"""Begin of the tag with the number of a gene."""

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
    source : str
        Name of the file of genes that it is from, as the book calls it; ``""`` if not known.
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
    source: str = ""

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
    return [min(gene, key=preference) for gene in by_gene(transcripts)]


def by_gene(transcripts: Iterable[Transcript]) -> list[list[Transcript]]:
    """Transcripts of each gene, in the order of the genes' first.

    Genes of different files are one gene if they have one symbol or one HGNC number and overlap on one
    strand. Within a file the identifier decides.
    """
    rows: dict[tuple[str, str, str], list[Transcript]] = {}
    for row in transcripts:
        key = row.volume, row.source, row.gene_id or row.gene or row.transcript_id
        rows.setdefault(key, []).append(row)
    if len({source for _, source, _ in rows}) < 2:
        return list(rows.values())
    joined: list[_FilesGene] = []
    named: dict[tuple[str, str, str], list[_FilesGene]] = {}
    for (volume, source, _), part in rows.items():
        gene = _FilesGene(part, {source}, min(row.start for row in part), max(row.end for row in part))
        keys = [(volume, part[0].strand, name) for name in _names(part)]
        near = (other for key in keys for other in named.get(key, ()))
        same = next((other for other in near if other.is_also(gene)), None)
        if same is None:
            joined.append(gene)
        else:
            same.join(gene)
        for key in keys:
            named.setdefault(key, []).append(same or gene)
    return [gene.rows for gene in joined]


@dataclass
class _FilesGene:
    """A gene: its transcripts, their files, start and end."""

    rows: list[Transcript]
    sources: set[str]
    start: int
    end: int

    def is_also(self, other: _FilesGene) -> bool:
        """Whether other files have this gene here."""
        return not self.sources & other.sources and self.start < other.end and other.start < self.end

    def join(self, other: _FilesGene) -> None:
        """Add the transcripts of another file."""
        self.rows += other.rows
        self.sources |= other.sources
        self.start, self.end = min(self.start, other.start), max(self.end, other.end)


def _names(rows: list[Transcript]) -> set[str]:
    """Symbols and HGNC numbers of a gene."""
    symbols = {row.gene.upper() for row in rows if row.gene}
    return symbols | {tag for row in rows for tag in row.tags if tag.startswith(HGNC)}


def preference(transcript: Transcript) -> tuple[int, int, int, int, str]:
    """Sort key that puts the transcript of a gene to show first first.

    The order is MANE Select, Ensembl canonical, RefSeq Select, then the longest coding sequence, then the
    longest transcript.
    """
    ranks = [rank for rank, tag in enumerate(PREFERRED_TAGS) if tag in transcript.tags]
    rank = min(ranks, default=len(PREFERRED_TAGS))
    return rank, -transcript.coding_length, -transcript.length, transcript.start, transcript.transcript_id
