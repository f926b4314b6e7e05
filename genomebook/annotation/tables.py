"""Read the rows of GFF3, GTF, BED and TSV files, on the contigs of the file.

Files are read in chunks (`genomebook.annotation.lines`) and only the chosen rows on wanted contigs are kept,
so a whole-genome GTF takes no more memory than its genes. All columns are read as text, without missing
values or inline comments: there are genes called NA, and descriptions with ``#``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import bioframe
import pandas as pd

from genomebook.annotation.columns import layout, titled_columns
from genomebook.annotation.formats.source import Source
from genomebook.annotation.lines import AnnotationLines
from genomebook.annotation.text_files import opened, text_columns
from genomebook.errors import AnnotationError
from genomebook.genome.packed import is_pipe

_FORMATS = {".gff3": "GFF3", ".gff": "GFF3", ".gtf": "GTF", ".bed": "BED", ".tsv": "TSV"}
_BEDS = (
    ".genepred",
    ".narrowpeak",
    ".broadpeak",
    ".gappedpeak",
    ".bedgraph",
    ".txt",
    *(f".bed{n}" for n in range(3, 13)),
)
_PACKED = (".gz", ".bgz", ".bz2")
_ZERO_BASED = ("chromstart", "genostart", "txstart")
_GENE = r"(?:.*_)?(?:pseudo)?gene"
_STRANDS = {"1": "+", "+1": "+", "-1": "-"}
_TEXT_COLUMNS = ("contig", "strand", "name", "gene_id", "biotype", "description")
_ATTRIBUTES = {
    "name": ("Name", "gene_name", "gene", "gene_id", "ID"),
    "gene_id": ("gene_id", "ID"),
    "biotype": ("biotype", "gene_biotype", "gene_type"),
    "description": ("description", "product"),
}


class RowFilter(NamedTuple):
    """Which rows and columns of a file to read.

    Attributes
    ----------
    what : str
        Name of the rows in messages.
    types : str
        Name of the chosen feature types in messages.
    rows : callable
        Takes lines of GFF3 or GTF with columns feature, attributes and gene (bool); returns bool[n].
    attributes : tuple of str
        Columns to make from the attributes.
    required : tuple of str
        Columns that a TSV must have.
    rest : bool
        Add a column ``rest`` to rows of BED and TSV: everything after the third column.
    keep : tuple of str
        Columns of GFF3 and GTF to keep as they are: ``attributes``, ``frame``.
    """

    what: str = "genes"
    types: str = "gene"
    rows: Callable[[pd.DataFrame], pd.Series[bool]] = itemgetter("gene")
    attributes: tuple[str, ...] = tuple(_ATTRIBUTES)
    required: tuple[str, ...] = ("name", "start", "end")
    rest: bool = False
    keep: tuple[str, ...] = ()


GENES = RowFilter()


@dataclass
class FileContigs:
    """The contigs of a file, by their names in it.

    Attributes
    ----------
    rows : dict of str to int
        Number of chosen rows on each, in file order.
    circular : dict of str to int
        Lengths of those that a GFF3 marks as circular.
    """

    rows: dict[str, int] = field(default_factory=dict)
    circular: dict[str, int] = field(default_factory=dict)


class _TableFile(NamedTuple):
    """An open file and what to read from it."""

    path: Source
    kind: str
    choice: RowFilter
    wanted: Callable[[str], bool]
    seen: FileContigs
    lines: AnnotationLines

    def columns(self, names: list[Any], columns: list[Any], sep: str = "\t") -> Iterator[pd.DataFrame]:
        """Yield the data lines as text columns, indexed by line number."""
        return text_columns(self.path, self.kind, self.lines, names, columns, sep)

    def on_wanted(self, contig: pd.Series[str]) -> pd.Series[bool]:
        """Count the rows on each contig and return which are on wanted ones."""
        counts = contig.value_counts(sort=False)
        for name, count in counts.items():
            self.seen.rows[str(name)] = self.seen.rows.get(str(name), 0) + int(count)
        return contig.isin([name for name in counts.index if self.wanted(name)])

    def error(self, line: int, why: str) -> AnnotationError:
        return AnnotationError(
            f"{self.path}: line {line} {why}, so this is not {self.kind} as the name says; "
            "correct the line or name the file by its format"
        )


def file_format(path: Source, what: str = "genes") -> str:
    """GFF3, GTF, BED (or a relative such as narrowPeak or a UCSC table) or TSV, by file name."""
    if isinstance(path, Path) and is_pipe(path):
        raise AnnotationError(f"{path}: is a pipe, and annotation is read twice; write it to a file first")
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in _PACKED]
    kind = _FORMATS.get(suffixes[-1], "BED" if suffixes[-1] in _BEDS else None) if suffixes else None
    if kind is None:
        raise AnnotationError(
            f"{path}: not a known format of {what}; name it {', '.join(_FORMATS)} or these + .gz or .bz2"
        )
    return kind


def read_rows(
    path: Source, wanted: Callable[[str], bool], seen: FileContigs, choice: RowFilter = GENES
) -> Iterator[pd.DataFrame]:
    """Yield the chosen rows of a file on wanted contigs.

    Parameters
    ----------
    path : Source
        GFF3, GTF, BED and its relatives, or TSV; plain, gzip, bgzip or bzip2 (detected by content), not a
        pipe. UCSC tables are read by their header; without one, ``rmsk``, gene tables (such as refGene) and
        tables that begin with ``bin`` are recognised by their first line.
    wanted : callable
        Whether to keep the rows on this contig. A TSV without a contig column has one contig, ``""``.
    seen : FileContigs
        Filled with the contigs of the file.
    choice : RowFilter
        Genes by default.

    Yields
    ------
    DataFrame
        contig, start, end, strand, name, gene_id, biotype, description; from GFF3 and GTF also feature and
        gene (bool: a gene by its type, and no gene is its Parent). start and end are int64, 0-based half-open
        on the contig; the others are str, ``""`` where the file has no value (strand ``.``). The index is
        the line number.

    Raises
    ------
    AnnotationError
        The file is missing, a pipe, empty, truncated, not of the format that its name says, has an overlong
        line or no chosen rows.
    """
    kind = file_format(path, choice.what)
    read = {"GFF3": _gff, "GTF": _gff, "BED": _bed, "TSV": _tsv}[kind]
    with opened(path, kind) as file:
        lines = AnnotationLines(file, str(path), kind)
        if lines.first:
            yield from read(_TableFile(path, kind, choice, wanted, seen, lines))
        if not lines.first or not seen.rows:
            raise AnnotationError(f"{path}: holds no lines of {kind}; give a file with {choice.what}")


def read_comments(path: Source, what: str = "genes") -> list[str]:
    """Return the comment, track and browser lines above the data.

    Raises
    ------
    AnnotationError
        The file cannot be read.
    """
    kind = file_format(path, what)
    with opened(path, kind) as file:
        return [line.strip() for line in AnnotationLines(file, str(path), kind).comments]


def _gff(source: _TableFile) -> Iterator[pd.DataFrame]:
    features: dict[str, None] = {}
    genes: set[str] = set()
    has_rows = False
    choice = source.choice
    columns = ["chrom", "feature", "start", "end", "strand", *dict.fromkeys(("attributes", *choice.keep))]
    for lines in source.columns(bioframe.SCHEMAS["gff"], columns):
        short = lines.index[(lines["strand"] == "") | (lines["attributes"] == "")]
        if len(short):
            raise source.error(short[0], "has fewer than 9 columns")
        features |= dict.fromkeys(lines["feature"].unique())
        lines["gene"] = _are_genes(lines, genes)
        _note_circles(source, lines)
        rows = lines[choice.rows(lines)].rename(columns={"chrom": "contig"})
        if len(rows):
            has_rows = True
            rows = _numbers(source, rows, first_base=1)
            rows = rows[source.on_wanted(rows["contig"])]
            yield _texts(_from_attributes(rows, choice.attributes).assign(**rows[list(choice.keep)]))
    if not has_rows:
        types = ", ".join(list(features)[:4])
        raise AnnotationError(
            f"{source.path}: has no rows of type {choice.types} (its types: {types}); "
            "give a file that has them, as Ensembl, GENCODE and NCBI publish"
        )


def _are_genes(lines: pd.DataFrame, genes: set[str]) -> pd.Series[bool]:
    """Which lines have the type of a gene and no gene as parent; adds their IDs to `genes`."""
    typed = lines["feature"].str.fullmatch(_GENE)
    attributes = lines.loc[typed, "attributes"]
    genes.update(attributes.str.extract(r"(?:^|;)\s*ID=([^;]*)", expand=False).dropna())
    parents = attributes.str.extract(r"(?:^|;)\s*Parent=([^;]*)", expand=False).dropna()
    children = parents.map(lambda ids: not genes.isdisjoint(ids.split(","))).astype(bool)
    typed[children.index[children]] = False
    return typed


def _note_circles(source: _TableFile, lines: pd.DataFrame) -> None:
    """Record the circular contigs: a line with Is_circular=true spans the whole contig."""
    circular = lines["attributes"].str.contains(r"(?:^|;)Is_circular=true", case=False)
    whole = lines[circular & (lines["start"] == "1")]
    for contig, end in zip(whole["chrom"], whole["end"], strict=True):
        if end.isdecimal():
            source.seen.circular[contig] = int(end)


def _from_attributes(lines: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """Split the attributes into columns; equals signs tell GFF3 from GTF."""
    attributes = lines["attributes"]
    gtf = not attributes.str.match(r'\s*[^\s=;"]+=').any()
    rows = lines.drop(columns="attributes")
    for column in columns:
        value = pd.Series("", index=lines.index, dtype="str")
        for key in _ATTRIBUTES[column]:
            missing = value == ""
            if not missing.any():
                break
            pattern = rf'(?:^|;)\s*{key}\s+("[^"]*"|[^";]*)' if gtf else rf"(?:^|;)\s*{key}=([^;]*)"
            value[missing] = attributes[missing].str.extract(pattern, expand=False).fillna("").str.strip(' "')
        encoded = value.str.contains("%") & (not gtf)
        value[encoded] = value[encoded].map(unquote)
        rows[column] = value.str.strip()
    for column in {"name", "gene_id"} & set(columns):
        rows[column] = rows[column].str.replace(r"^gene[:-](?=.)", "", regex=True)
    if "biotype" in columns:
        kind = rows["feature"].str.replace(r"_?gene$", "", regex=True).replace("pseudo", "pseudogene")
        rows["biotype"] = rows["biotype"].where((rows["biotype"] != "") | ~rows["gene"], kind)
    return rows


def _bed(source: _TableFile) -> Iterator[pd.DataFrame]:
    sep = "\t" if "\t" in source.lines.first else r"\s+"
    first = re.split(sep, source.lines.first.strip())
    count = len(first)
    if count < 3:
        raise source.error(source.lines.above + 1, "has fewer than 3 columns")
    at = layout(first)
    header = {"contig", "start", "end"} <= titled_columns(first).keys()
    titles = first if header else re.split(sep, source.lines.last_comment.lstrip("#").strip())
    titled = titled_columns(titles) if len(titles) == count else {}
    at = titled if titled.get("contig", 0) else at | titled
    at = {key: n for key, n in at.items() if n < count}
    yield from _columns(source, count, at, sep, header, named="strand" in titled)


def _tsv(source: _TableFile) -> Iterator[pd.DataFrame]:
    titles = source.lines.first.split("\t")
    at = titled_columns(titles)
    required = source.choice.required
    missing = [column for column in required if column not in at]
    if missing:
        raise AnnotationError(
            f"{source.path}: line {source.lines.above + 1} has no column {' or '.join(missing)}; a TSV of "
            f"{source.choice.what} begins with the column names {', '.join(required)} (1-based inclusive)"
        )
    first_base = int(titles[at["start"]].strip().lower() not in _ZERO_BASED)
    yield from _columns(source, len(titles), at, "\t", True, first_base)


def _columns(
    source: _TableFile,
    count: int,
    at: dict[str, int],
    sep: str,
    header: bool,
    first_base: int = 0,
    named: bool = True,
) -> Iterator[pd.DataFrame]:
    rest = list(range(3, count)) if source.choice.rest else []
    for lines in source.columns(list(range(count)), sorted({0, *at.values(), *rest}), sep):
        rows = lines.drop(index=source.lines.above + 1, errors="ignore") if header else lines
        if len(rows):
            more = {"rest": rows[rest[0]].str.cat(rows[rest[1:]], sep="\t")} if rest else {}
            rows = pd.DataFrame({key: rows[n] for key, n in at.items()} | more)
            rows = _texts(_numbers(source, rows, first_base), named)
            yield rows[source.on_wanted(rows["contig"])]


def _numbers(source: _TableFile, rows: pd.DataFrame, first_base: int) -> pd.DataFrame:
    """Convert start and end to int64, 0-based half-open."""
    for column in ("start", "end"):
        bad = rows.index[~rows[column].str.fullmatch(r"-?[0-9]{1,18}")]
        if len(bad):
            raise source.error(bad[0], f"has no number as its {column}")
        rows[column] = rows[column].astype("int64")
    rows["start"] -= first_base
    return rows


def _texts(rows: pd.DataFrame, named: bool = True) -> pd.DataFrame:
    """Add missing text columns; make strands ``+``, ``-`` or ``.`` (from 1 and -1 in a column so named)."""
    for column in _TEXT_COLUMNS:
        rows[column] = rows[column] if column in rows else pd.Series("", index=rows.index, dtype="str")
    strand = rows["strand"].replace(_STRANDS if named else {})
    rows["strand"] = strand.where(strand.isin(["+", "-"]), ".")
    rows["name"] = rows["name"].replace(".", "")
    return rows
