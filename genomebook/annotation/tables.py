"""Rows out of GFF3, GTF, BED and TSV files, in the names and coordinates of the file.

A file is read in pieces (`genomebook.annotation.lines`) of which only the chosen rows on wanted contigs are
kept, so that a whole-genome GTF needs the memory of its genes. Columns are read as text and nothing is taken
for a missing value or a comment inside a line: genes are called NA, and descriptions hold ``#``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import IO, Any, NamedTuple
from urllib.parse import unquote

import bioframe
import pandas as pd

from genomebook.annotation.columns import layout, titled_columns
from genomebook.annotation.lines import COMMENT, AnnotationLines
from genomebook.errors import AnnotationError
from genomebook.genome.packed import PackedError, Unpacked, is_pipe

_FORMATS = {".gff3": "GFF3", ".gff": "GFF3", ".gtf": "GTF", ".bed": "BED", ".tsv": "TSV"}
_BEDS = (".narrowpeak", ".broadpeak", ".gappedpeak", ".bedgraph", ".txt", *(f".bed{n}" for n in range(3, 13)))
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
    """Which rows and columns of a file are read.

    Attributes
    ----------
    what : str
        What messages call the rows.
    types : str
        What messages call the feature types that are chosen.
    rows : callable
        Gives bool[n] of lines of GFF3 or GTF with the columns feature, attributes and gene (bool).
    attributes : tuple of str
        Columns to take from the ninth one.
    required : tuple of str
        Columns without which a TSV is refused.
    rest : bool
        Of BED and TSV also a column ``rest``: what follows the third column, as it is.
    """

    what: str = "genes"
    types: str = "gene"
    rows: Callable[[pd.DataFrame], pd.Series[bool]] = itemgetter("gene")
    attributes: tuple[str, ...] = tuple(_ATTRIBUTES)
    required: tuple[str, ...] = ("name", "start", "end")
    rest: bool = False


GENES = RowFilter()


@dataclass
class FileContigs:
    """The contigs of a file, in its own names.

    Attributes
    ----------
    rows : dict of str to int
        How many chosen rows each has, in file order.
    circular : dict of str to int
        Letters of those that a GFF3 says are circular.
    """

    rows: dict[str, int] = field(default_factory=dict)
    circular: dict[str, int] = field(default_factory=dict)


class _TableFile(NamedTuple):
    """An open file and what is wanted of it."""

    path: Path
    kind: str
    choice: RowFilter
    wanted: Callable[[str], bool]
    seen: FileContigs
    lines: AnnotationLines

    def here(self, contig: pd.Series[str]) -> pd.Series[bool]:
        """Count the rows on each contig; say which are wanted."""
        counts = contig.value_counts(sort=False)
        for name, count in counts.items():
            self.seen.rows[str(name)] = self.seen.rows.get(str(name), 0) + int(count)
        return contig.isin([name for name in counts.index if self.wanted(name)])

    def error(self, line: int, why: str) -> AnnotationError:
        return AnnotationError(
            f"{self.path}: line {line} {why}, so this is not {self.kind} as the name says; "
            "correct the line or name the file by its format"
        )


def file_format(path: Path, what: str = "genes") -> str:
    """GFF3, GTF, BED or TSV by the name of the file, ``.gz``, ``.bgz`` and ``.bz2`` set aside.

    The relatives of BED (narrowPeak, bedGraph, the .txt of UCSC, ...) are BED too.
    """
    if is_pipe(path):
        raise AnnotationError(f"{path}: is a pipe, and annotation is read twice; write it to a file first")
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in _PACKED]
    kind = _FORMATS.get(suffixes[-1], "BED" if suffixes[-1] in _BEDS else None) if suffixes else None
    if kind is None:
        raise AnnotationError(
            f"{path}: not a known format of {what}; name it {', '.join(_FORMATS)} or these + .gz or .bz2"
        )
    return kind


def read_rows(
    path: Path, wanted: Callable[[str], bool], seen: FileContigs, choice: RowFilter = GENES
) -> Iterator[pd.DataFrame]:
    """Yield the chosen rows of `path` on the contigs that are `wanted`.

    Parameters
    ----------
    path : Path
        GFF3, GTF, BED and its relatives, or TSV; plain, gzip, bgzip or bzip2 (told apart by content), no
        pipe. A table of UCSC may have its header line, from which the columns are then known; without it,
        ``rmsk``, tables of genes (refGene and its like) and tables that begin with ``bin`` are known by their
        first line.
    wanted : callable
        Whether the rows on this contig of the file are kept. A TSV without such a column has the one contig
        ``""``.
    seen : FileContigs
        Is told of the contigs of the file.
    choice : RowFilter
        Genes, unless said otherwise.

    Yields
    ------
    DataFrame
        contig, start, end, strand, name, gene_id, biotype, description; from GFF3 and GTF also feature and
        gene (bool: a gene by its type, and no gene is its Parent). start and end are int64, 0-based half-open
        on the contig; the others are str, ``""`` where the file says nothing (strand ``.``). The index is the
        number of the line.

    Raises
    ------
    AnnotationError
        The file is missing, a pipe, empty, cut short, holds no chosen rows, has an over-long line or is not
        of the format that its name says.
    """
    kind = file_format(path, choice.what)
    read = {"GFF3": _gff, "GTF": _gff, "BED": _bed, "TSV": _tsv}[kind]
    with _reading(path, kind) as file:
        lines = AnnotationLines(file, str(path), kind)
        if lines.first:
            yield from read(_TableFile(path, kind, choice, wanted, seen, lines))
        if not lines.first or not seen.rows:
            raise AnnotationError(f"{path}: holds no lines of {kind}; give a file with {choice.what}")


def read_comments(path: Path, what: str = "genes") -> list[str]:
    """Return the comment, track and browser lines above the data.

    Raises
    ------
    AnnotationError
        The file cannot be read.
    """
    kind = file_format(path, what)
    with _reading(path, kind) as file:
        return [line.strip() for line in AnnotationLines(file, str(path), kind).comments]


@contextmanager
def _reading(path: Path, kind: str) -> Iterator[IO[bytes]]:
    """Open a file and unpack it; what goes wrong while it is read is said in one line."""
    try:
        with path.open("rb") as packed:
            yield io.BufferedReader(Unpacked(packed, str(path)), 1 << 16)
    except FileNotFoundError:
        raise AnnotationError(f"{path}: no such file; check the path") from None
    except PackedError as error:
        raise AnnotationError(f"{path}: {error}") from None
    except UnicodeDecodeError:
        raise AnnotationError(f"{path}: not a {kind} text file; give one in UTF-8") from None
    except OSError as error:
        raise AnnotationError(f"{path}: cannot be read ({error.strerror}); check the path") from None


def _pieces(
    source: _TableFile, names: list[Any], columns: list[Any], sep: str = "\t"
) -> Iterator[pd.DataFrame]:
    """Yield the lines of data as text columns, indexed by line number."""
    whole = (sep if sep == "\t" else " ").join("x" * len(names)).encode() + b"\n"
    for number, piece in source.lines:
        try:
            lines = pd.read_csv(
                io.BytesIO(whole + piece),  # without a whole line first, longer ones would be shifted
                names=names,
                sep=sep,
                dtype=str,
                keep_default_na=False,
                quoting=csv.QUOTE_NONE,
                skip_blank_lines=False,
            )[columns].iloc[1:]
        except pd.errors.ParserError as error:
            found = re.search(r"line ([0-9]+), saw ([0-9]+)", str(error))
            place = f"line {number + int(found[1]) - 2}, saw {found[2]}" if found else error
            raise AnnotationError(
                f"{source.path}: a line has more columns than the lines above ({place}); "
                f"not {source.kind}, correct the line"
            ) from None
        lines.index += number - 1
        yield lines[~(lines.iloc[:, 0].str.match(COMMENT) | (lines == "").all(axis=1))]


def _gff(source: _TableFile) -> Iterator[pd.DataFrame]:
    features: dict[str, None] = {}
    genes: set[str] = set()
    found = False
    columns = ["chrom", "feature", "start", "end", "strand", "attributes"]
    for lines in _pieces(source, bioframe.SCHEMAS["gff"], columns):
        short = lines.index[(lines["strand"] == "") | (lines["attributes"] == "")]
        if len(short):
            raise source.error(short[0], "has fewer than 9 columns")
        features |= dict.fromkeys(lines["feature"].unique())
        lines["gene"] = _are_genes(lines, genes)
        _note_circles(source, lines)
        rows = lines[source.choice.rows(lines)].rename(columns={"chrom": "contig"})
        if len(rows):
            found = True
            rows = _numbers(source, rows, first_base=1)
            yield _texts(_from_attributes(rows[source.here(rows["contig"])], source.choice.attributes))
    if not found:
        types = ", ".join(list(features)[:4])
        raise AnnotationError(
            f"{source.path}: has no rows of type {source.choice.types} (its types: {types}); "
            "give a file that has them, as Ensembl, GENCODE and NCBI publish"
        )


def _are_genes(lines: pd.DataFrame, genes: set[str]) -> pd.Series[bool]:
    """Which lines are genes: by feature type, but for parts of one; their IDs are added to `genes`."""
    typed = lines["feature"].str.fullmatch(_GENE)
    attributes = lines.loc[typed, "attributes"]
    genes.update(attributes.str.extract(r"(?:^|;)\s*ID=([^;]*)", expand=False).dropna())
    parents = attributes.str.extract(r"(?:^|;)\s*Parent=([^;]*)", expand=False).dropna()
    children = parents.map(lambda ids: not genes.isdisjoint(ids.split(","))).astype(bool)
    typed[children.index[children]] = False
    return typed


def _note_circles(source: _TableFile, lines: pd.DataFrame) -> None:
    """Note the contigs that are circular: the line that says so is the whole of one."""
    says = lines["attributes"].str.contains(r"(?:^|;)Is_circular=true", case=False)
    whole = lines[says & (lines["start"] == "1")]
    for contig, end in zip(whole["chrom"], whole["end"], strict=True):
        if end.isdecimal():
            source.seen.circular[contig] = int(end)


def _from_attributes(lines: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """Take the ninth column apart; GFF3 style is told from GTF by its equals signs."""
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
    for lines in _pieces(source, list(range(count)), sorted({0, *at.values(), *rest}), sep):
        rows = lines.drop(index=source.lines.above + 1, errors="ignore") if header else lines
        if len(rows):
            more = {"rest": rows[rest[0]].str.cat(rows[rest[1:]], sep="\t")} if rest else {}
            rows = pd.DataFrame({key: rows[n] for key, n in at.items()} | more)
            rows = _texts(_numbers(source, rows, first_base), named)
            yield rows[source.here(rows["contig"])]


def _numbers(source: _TableFile, rows: pd.DataFrame, first_base: int) -> pd.DataFrame:
    """Positions as int64, 0-based half-open."""
    for column in ("start", "end"):
        bad = rows.index[~rows[column].str.fullmatch(r"-?[0-9]{1,18}")]
        if len(bad):
            raise source.error(bad[0], f"has no number as its {column}")
        rows[column] = rows[column].astype("int64")
    rows["start"] -= first_base
    return rows


def _texts(rows: pd.DataFrame, named: bool = True) -> pd.DataFrame:
    """Every column there; the strand one of ``+-.``, 1 and -1 where the file names the column so."""
    for column in _TEXT_COLUMNS:
        rows[column] = rows[column] if column in rows else pd.Series("", index=rows.index, dtype="str")
    strand = rows["strand"].replace(_STRANDS if named else {})
    rows["strand"] = strand.where(strand.isin(["+", "-"]), ".")
    rows["name"] = rows["name"].replace(".", "")
    return rows
