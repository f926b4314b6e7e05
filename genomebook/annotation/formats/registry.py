"""Which reader a track file has, by its name, and what its rows are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from genomebook.annotation.class_names import class_of_file, is_gene_file
from genomebook.annotation.formats.bed import bed_layout, graph_layout, peak_layout
from genomebook.annotation.formats.big import read_big
from genomebook.annotation.formats.columns import ColumnLayout, Guess, read_columns
from genomebook.annotation.formats.gff import is_gene_part, read_gff
from genomebook.annotation.formats.repeatmasker import read_repeatmasker
from genomebook.annotation.formats.source import Declared, Source
from genomebook.annotation.formats.ucsc import is_gene_table, ucsc_layout
from genomebook.annotation.formats.vcf import read_bcf, read_vcf
from genomebook.book.feature_schema import Kind
from genomebook.errors import AnnotationError

ENDINGS = {
    "GFF3": (".gff3", ".gff"),
    "GTF": (".gtf",),
    "BED": (".bed", *(f".bed{n}" for n in range(3, 13))),
    "peaks": (".narrowpeak", ".broadpeak", ".gappedpeak"),
    "bedGraph": (".bedgraph", ".bdg", ".bg"),
    "UCSC table": (".txt", ".tsv", ".genepred", ".tab"),
    "RepeatMasker": (".out",),
    "bigBed or bigWig": (".bb", ".bigbed", ".bw", ".bigwig"),
    "VCF": (".vcf",),
    "BCF": (".bcf",),
}
"""Endings of file names, by format; packed files have .gz, .bgz or .bz2 behind these."""

_PACKED = (".gz", ".bgz", ".bz2")
_TABLES: dict[str, Guess] = {
    "BED": bed_layout,
    "peaks": peak_layout,
    "bedGraph": graph_layout,
    "UCSC table": ucsc_layout,
}
_REGULATORY = {"promoter", "enhancer", "CTCF site", "open chromatin", "TSS peak", "regulatory element"}
_REGULATORY_TYPES = re.compile(
    r"(?:.*_)?(?:promoter|enhancer|CTCF_binding_site|TF_binding_site|open_chromatin_region|"
    r"regulatory_region|silencer|insulator)(?:_.*)?"
)
_BIGWIG = (".bw", ".bigwig")


@dataclass
class TrackFile:
    """A file of a track, open for its rows; its kind is known when the first have been read.

    Attributes
    ----------
    source : Source
        The file.
    format : str
        Key of `ENDINGS`.
    stem : str
        Name without endings of formats.
    declared : Declared
        What the file says of itself.
    kind : Kind
        Of the track.
    """

    source: Source
    format: str
    stem: str
    declared: Declared
    kind: Kind = "other"

    def rows(self) -> Iterator[pd.DataFrame]:
        """Yield the rows (`genomebook.annotation.formats.source.completed`), a chunk at a time.

        Raises
        ------
        AnnotationError
            The file cannot be read.
        """
        if self.format in _TABLES:
            guess = _TABLES[self.format]
            yield from read_columns(self.source, self.format, self.declared, guess, self._on_layout)
        elif self.format in ("GFF3", "GTF"):
            yield from self._gff()
        else:
            yield from self._other()

    def _other(self) -> Iterator[pd.DataFrame]:
        if self.format == "bigBed or bigWig":
            self.kind = "signal" if _ending(self.source) in _BIGWIG else self._by_name()
            yield from read_big(self.source, self.declared, self._on_genes)
        elif self.format == "RepeatMasker":
            self.kind = "repeat"
            yield from read_repeatmasker(self.source, self.declared)
        else:
            self.kind = "variant"
            yield from (read_vcf if self.format == "VCF" else read_bcf)(self.source, self.declared)

    def _on_genes(self) -> None:
        self.kind = "gene"

    def _on_layout(self, layout: ColumnLayout) -> None:
        kinds: dict[str, Kind] = {
            "repeat": "repeat", "cpg": "cpg", "peak": "peak", "cytoband": "cytoband", "signal": "signal",
            "gene": "gene",
        }  # fmt: skip
        self.kind = kinds.get(layout.kind) or self._by_name()

    def _by_name(self) -> Kind:
        called = class_of_file(self.stem)
        if called == "CpG island":
            return "cpg"
        if called in _REGULATORY:
            return "regulatory"
        return "gene" if is_gene_file(self.stem) or is_gene_table(self.stem) else "other"

    def _gff(self) -> Iterator[pd.DataFrame]:
        """Of a file with genes the genes, of any other all features that are no parts of others."""
        waiting: list[pd.DataFrame] = []
        genes = False
        instead: str | None = None
        for chunk in read_gff(self.source, self.declared):
            parts = is_gene_part(chunk["feature"])
            genes = genes or bool(parts.any())
            instead = _instead_of_genes(chunk) if instead is None and genes else instead
            if instead:
                own = chunk[chunk["feature"] == instead]
            else:
                own = chunk[parts & ~chunk["parent"] if genes else ~chunk["parent"]]
            if genes:
                waiting = [rows[is_gene_part(rows["feature"])] for rows in waiting]
            if not genes and sum(map(len, waiting)) < _UNDECIDED:
                waiting.append(own)
                continue
            self.kind = "gene" if genes else self._by_types(own)
            yield from waiting
            waiting = []
            yield own
        if waiting:
            self.kind = self._by_types(pd.concat(waiting))
            yield from waiting

    def _by_types(self, rows: pd.DataFrame) -> Kind:
        regulatory = rows["feature"].str.fullmatch(_REGULATORY_TYPES).mean() >= 0.5
        return "regulatory" if regulatory else self._by_name()


def _instead_of_genes(rows: pd.DataFrame) -> str:
    """Feature that stands for the genes of a GTF without rows of them, as UCSC and StringTie write it."""
    if not rows["parent"].all():
        return ""
    types = set(rows["feature"])
    return next((name for name in ("transcript", "exon", "CDS") if name in types), "")


_UNDECIDED = 200_000
"""Rows of a GFF3 that are looked at for genes before it is taken for another kind of file."""


def _ending(source: Source) -> str:
    suffixes = [suffix.lower() for suffix in source.suffixes if suffix.lower() not in _PACKED]
    return suffixes[-1] if suffixes else ""


def may_have_transcripts(file: TrackFile) -> bool:
    """Whether a file that has been read may say where the exons of genes are."""
    return file.kind == "gene" and file.format in ("GFF3", "GTF", "BED", "UCSC table")


def track_file(source: Source) -> TrackFile:
    """Choose the reader of a file by its name.

    Raises
    ------
    AnnotationError
        No format has this ending.
    """
    ending = _ending(source)
    known = next((name for name, endings in ENDINGS.items() if ending in endings), None)
    if known is None:
        raise AnnotationError(
            f"{source}: not a known format of tracks; its name must end in one of "
            f"{', '.join(end for ends in ENDINGS.values() for end in ends)} (or these + .gz)"
        )
    return TrackFile(source, known, track_stem(source), Declared())


def track_stem(source: Source) -> str:
    """File name without the endings of formats and packing."""
    endings = {*_PACKED, *(end for ends in ENDINGS.values() for end in ends)}
    stem = source.name
    while (cut := stem.rpartition("."))[0] and f".{cut[2].lower()}" in endings:
        stem = cut[0]
    return stem
