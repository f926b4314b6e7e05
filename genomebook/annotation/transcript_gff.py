"""Transcripts of GFF3 and GTF files, as Ensembl, GENCODE and NCBI write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import unquote

import pandas as pd

from genomebook.annotation.attributes import for_people
from genomebook.annotation.formats.source import Source
from genomebook.annotation.tables import FileContigs, RowFilter, read_rows
from genomebook.annotation.transcript_records import CodingSpan, TranscriptRecord
from genomebook.genome.human_names import hgnc_number
from genomebook.language.genetic_codes import STOP, THREE_LETTERS, UNKNOWN

_EXON, _CODING, _STOP = ("exon", "pseudogenic_exon"), ("CDS",), ("stop_codon",)
_UTR = ("five_prime_UTR", "three_prime_UTR", "UTR", "5UTR", "3UTR")
_RECODED = ("Selenocysteine", "stop_codon_redefined_as_selenocysteine")
_PARTS = (*_EXON, *_CODING, *_STOP, *_UTR, *_RECODED)
_NAMED = re.compile(r"gene|transcript|rna", re.I)
_PREFIX = re.compile(r"^(?:gene|transcript|rna|CDS|cds)[:-](?=.)")
_GTF_PAIR = re.compile(r'\s*([^\s;"]+)\s+("[^"]*"|[^";]*)\s*(?:;|$)')
_EXCEPTION = re.compile(r"pos:([0-9.,()<>a-z]{1,300}?),\s*aa:([A-Za-z]{1,9})")
_MAX_DEPTH = 8

_AMINO_ACIDS = {name: letter for letter, name in THREE_LETTERS.items()} | {"Term": STOP}

Attributes = dict[str, list[str]]

_KEPT = {
    "ID", "Parent", "Name", "gene", "gene_id", "gene_name", "gene_type", "gene_biotype", "biotype",
    "description", "product", "tag", "version", "transcript_id", "transcript_version", "transcript_name",
    "transcript_type", "transcript_biotype", "protein_id", "transl_table", "transl_except", "exception",
    "Dbxref", "db_xref", "hgnc_id",
}  # fmt: skip


def _chosen(lines: pd.DataFrame) -> pd.Series[bool]:
    named = lines["feature"].str.contains(_NAMED)
    return named | lines["gene"] | lines["feature"].isin(_PARTS)


ROWS = RowFilter(
    what="transcripts", types="gene, transcript, exon or CDS", rows=_chosen, attributes=(),
    keep=("frame", "attributes"),
)  # fmt: skip


def gff_attributes(text: str) -> Attributes:
    """Values of the attributes of a GFF3 line, by key; only those that are used."""
    values: Attributes = {}
    for pair in text.split(";"):
        key, equals, value = pair.partition("=")
        if equals and key.strip() in _KEPT:
            values.setdefault(key.strip(), []).extend(unquote(part.strip()) for part in _listed(key, value))
    return values


def _listed(key: str, value: str) -> list[str]:
    """Commas separate values where the specification says so, and belong to the text elsewhere."""
    return value.split(",") if key.strip() in ("Parent", "Dbxref", "tag", "Alias") else [value]


def gtf_attributes(text: str) -> Attributes:
    """Values of the attributes of a GTF line, by key; only those that are used."""
    values: Attributes = {}
    for key, value in _GTF_PAIR.findall(text):
        if key in _KEPT:
            values.setdefault(key, []).append(value.strip(' "'))
    return values


def read_gff(path: Source, target: Callable[[str], str | None], seen: FileContigs) -> list[TranscriptRecord]:
    """Read the transcripts of a GFF3 or GTF file that lie on contigs of a book.

    Parameters
    ----------
    path : Source
        The file; rows may be in any order.
    target : callable
        See `genomebook.annotation.places.resolver`.
    seen : FileContigs
        Filled with the contigs of the file.

    Returns
    -------
    list of TranscriptRecord
        Whatever has exons or coding sequence: rows that are the Parent of some (GFF3), or have a common
        transcript_id (GTF).
    """
    reader = _Rows()
    for rows in read_rows(path, lambda contig: target(contig) is not None, seen, ROWS):
        reader.add(rows)
    return list(reader.records())


class _Rows:
    """Rows of a file, gathered: parts by transcript, and the attributes of everything that has an id."""

    def __init__(self) -> None:
        self._records: dict[tuple[str, str], TranscriptRecord] = {}
        self._parts: dict[tuple[str, str], Attributes] = {}
        self._coding: dict[tuple[str, str], Attributes] = {}
        self._named: dict[str, Attributes] = {}
        self._types: dict[str, str] = {}
        self._is_gtf: bool | None = None

    def add(self, rows: pd.DataFrame) -> None:
        """Gather the rows of a chunk."""
        if self._is_gtf is None and len(rows):
            self._is_gtf = not rows["attributes"].str.match(r'\s*[^\s=;"]+=').any()
        is_part = rows["feature"].isin(_PARTS)
        for feature, text in zip(
            *(rows.loc[~is_part, name].tolist() for name in ("feature", "attributes")), strict=True
        ):
            self._name(feature, text)
        parts = rows[is_part]
        pattern = (
            r'(?:^|;)\s*transcript_id\s+("[^"]*"|[^";]*)' if self._is_gtf else r"(?:^|;)\s*Parent=([^;]*)"
        )
        owners = parts["attributes"].str.extract(pattern, expand=False).fillna("").str.strip(' "')
        columns = ("contig", "feature", "start", "end", "strand", "frame", "attributes")
        for owner, *row in zip(owners.tolist(), *(parts[name].tolist() for name in columns), strict=True):
            for name in (owner,) if self._is_gtf else unquote(owner).split(","):
                if name:
                    self._part(name, *row)

    def _name(self, feature: str, text: str) -> None:
        if self._is_gtf:
            values = gtf_attributes(text)
            key = "gene_id" if feature == "gene" else "transcript_id"
            name = f"{'gene:' if feature == 'gene' else ''}{first(values, key)}"
        else:
            values = gff_attributes(text)
            name = first(values, "ID")
        if name:
            self._named.setdefault(name, values)
            self._types.setdefault(name, feature)

    def _part(
        self, owner: str, contig: str, feature: str, start: int, end: int, strand: str, frame: str, text: str
    ) -> None:
        key = owner, contig
        record = self._records.setdefault(key, TranscriptRecord(contig))
        record.strands.add(strand)
        if key not in self._parts and self._is_gtf:
            self._parts[key] = gtf_attributes(text)
        if feature in _EXON:
            record.exons.append((start, end))
        elif feature in _CODING:
            record.coding.append(CodingSpan(start, end, int(frame) if frame in ("0", "1", "2") else None))
            if key not in self._coding:
                self._coding[key] = (gtf_attributes if self._is_gtf else gff_attributes)(text)
        elif feature in _STOP:
            record.stops.append((start, end))
        elif feature in _RECODED:
            record.exceptions.append((start, end, "U"))
        else:
            record.untranslated.append((start, end))

    def records(self) -> Iterator[TranscriptRecord]:
        """Yield the transcripts with their names."""
        for key, record in self._records.items():
            if not record.exons and not record.coding:
                continue
            if self._is_gtf:
                own = self._named.get(key[0], self._parts.get(key, {}))
                gene = self._named.get(f"gene:{first(own, 'gene_id')}", own)
                feature = ""
            else:
                own, feature = self._named.get(key[0], {}), self._types.get(key[0], "")
                gene = self._gene(key[0], own)
            record.strand = next(iter(sorted(record.strands - {"."})), ".")
            _describe(record, key[0], own, gene, self._coding.get(key, {}), feature)
            yield record

    def _gene(self, name: str, own: Attributes) -> Attributes:
        """Attributes of the gene above a GFF3 row: the last parent that is known."""
        for _ in range(_MAX_DEPTH):
            parent = first(own, "Parent")
            if parent not in self._named or (self._is_gene(name) and not self._is_gene(parent)):
                return own
            name, own = parent, self._named[parent]
        return own

    def _is_gene(self, name: str) -> bool:
        """Whether the row of an id is of a gene; transcripts of pseudogenes are called so, too."""
        kind = self._types.get(name, "")
        return "gene" in kind.lower() and "segment" not in kind


def first(values: Attributes, *keys: str) -> str:
    """First value of the first key that has one; ``""`` if none."""
    return next((values[key][0] for key in keys if values.get(key) and values[key][0]), "")


def _describe(
    record: TranscriptRecord, name: str, own: Attributes, gene: Attributes, coding: Attributes, feature: str
) -> None:
    """Fill in names, tags, genetic code and exceptions from the attributes of the three rows."""
    bare = _PREFIX.sub("", name)
    is_gene = own is gene
    transcript_id = first(own, "transcript_id") or ("" if is_gene and feature else bare)
    version = first(own, "version", "transcript_version")
    if transcript_id and version.isdecimal() and "." not in transcript_id:
        transcript_id = f"{transcript_id}.{version}"
    gene_id = first(gene, "gene_id") or _PREFIX.sub("", first(gene, "ID"))
    biotype = first(own, "transcript_biotype", "transcript_type", "biotype") or first(
        gene, "gene_biotype", "gene_type", "biotype"
    )
    record.texts = {
        "gene": _PREFIX.sub("", first(gene, "Name", "gene_name", "gene", "gene_id", "ID")),
        "gene_id": gene_id,
        "transcript_id": transcript_id,
        "protein_id": first(coding, "protein_id") or (_PREFIX.sub("", first(coding, "ID")) if coding else ""),
        "name": first(own, "transcript_name", "Name") or transcript_id,
        "biotype": biotype or ("protein_coding" if feature == "mRNA" else feature),
        "description": for_people(
            first(gene, "description") or first(own, "product", "description") or first(coding, "product")
        ),
    }
    record.tags = [*own.get("tag", ()), *(coding.get("tag", ()) if not own else ())]
    known = [*gene.get("hgnc_id", ()), *gene.get("Dbxref", ()), *gene.get("db_xref", ())]
    if number := hgnc_number(*known, first(gene, "description")):
        record.tags.append(number)
    table = first(coding, "transl_table")
    record.table = int(table) if table.isdecimal() and len(table) < 4 else 0
    record.exceptions += list(exceptions_of(coding.get("transl_except", ())))
    notes = " ".join(
        [*own.get("exception", ()), *coding.get("exception", ()), *gene.get("exception", ())]
    ).lower()
    record.slips = "slippage" in notes
    record.is_trans_spliced = "trans-splicing" in notes or "trans_splicing" in notes


def exceptions_of(values: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """Yield start, end (0-based half-open) and letter from values of ``transl_except``.

    Each looks like ``(pos:complement(4261..4262),aa:TERM)``; one value can hold several.
    """
    for value in values:
        for place, amino in _EXCEPTION.findall(value):
            numbers = [int(number) for number in re.findall(r"[0-9]{1,12}", place)]
            letter = _AMINO_ACIDS.get(amino.capitalize(), UNKNOWN)
            if numbers:
                yield min(numbers) - 1, max(numbers), letter
