"""Gene rows out of GFF3, GTF, BED and TSV files, in the names and coordinates of the file.

A file is read in pieces of `CHUNK` lines of which only the gene rows on wanted contigs are kept, so that a
whole-genome GTF needs the memory of its genes. Columns are read as text and nothing is taken for a missing
value or a comment inside a line: genes are called NA, and descriptions hold ``#``.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple, cast
from urllib.parse import unquote

import bioframe
import pandas as pd

from genomebook.errors import AnnotationError

CHUNK = 200_000
"""Lines read at a time."""

_FORMATS = {".gff3": "GFF3", ".gff": "GFF3", ".gtf": "GTF", ".bed": "BED", ".tsv": "TSV"}
_COMMENT = r"#|track(?:\s|$)|browser(?:\s|$)"
_GENE = r"(?:.*_)?(?:pseudo)?gene"
_LONGEST_LINE = 1 << 20
_TEXT_COLUMNS = ("contig", "strand", "name", "gene_id", "biotype", "description")
_TITLES = {
    "contig": ("contig", "chrom", "chr", "volume", "seqid", "seqname"),
    "start": ("start",),
    "end": ("end",),
    "strand": ("strand",),
    "name": ("name", "gene_name", "symbol"),
    "gene_id": ("gene_id", "ensembl_id"),
    "biotype": ("biotype", "gene_biotype", "gene_type"),
    "description": ("description", "product"),
}
_ATTRIBUTES = {
    "name": ("Name", "gene_name", "gene", "gene_id", "ID"),
    "gene_id": ("gene_id", "ID"),
    "biotype": ("biotype", "gene_biotype", "gene_type"),
    "description": ("description", "product"),
}


class _Source(NamedTuple):
    """An open file, the last comment before its data, its first line of data, the count of lines above."""

    path: Path
    kind: str
    file: IO[bytes]
    comment: str
    first: str
    above: int

    def error(self, line: int, why: str) -> AnnotationError:
        return AnnotationError(
            f"{self.path}: line {line} {why}, so this is not {self.kind} as the name says; "
            "correct the line or name the file by its format"
        )


def file_format(path: Path) -> str:
    """GFF3, GTF, BED or TSV by the name of the file, ``.gz`` and ``.bgz`` set aside."""
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in (".gz", ".bgz")]
    kind = _FORMATS.get(suffixes[-1]) if suffixes else None
    if kind is None:
        raise AnnotationError(
            f"{path}: not a known format of genes; name it {', '.join(_FORMATS)} or these + .gz"
        )
    return kind


def read_rows(path: Path, wanted: Callable[[str], bool], seen: list[str]) -> Iterator[pd.DataFrame]:
    """Yield the gene rows of `path` on the contigs that are `wanted`.

    Parameters
    ----------
    path : Path
        GFF3, GTF, BED or TSV; plain, gzip or bgzip (told apart by content).
    wanted : callable
        Whether the genes of this contig of the file are kept. A TSV without such a column has the one contig
        ``""``.
    seen : list of str
        The names of the contigs that have genes are added to it, in file order.

    Yields
    ------
    DataFrame
        contig, start, end, strand, name, gene_id, biotype, description. start and end are int64, 0-based
        half-open on the contig; the others are str, ``""`` where the file says nothing (strand ``.``).

    Raises
    ------
    AnnotationError
        The file is missing, empty, cut short, holds no genes or is not of the format that its name says.
    """
    kind = file_format(path)
    read = {"GFF3": _gff, "GTF": _gff, "BED": _bed, "TSV": _tsv}[kind]
    try:
        with _open(path) as file:
            for genes in read(_source(path, kind, file)):
                contigs = genes["contig"].unique().tolist()
                seen.extend(contig for contig in contigs if contig not in seen)
                yield genes[genes["contig"].isin([contig for contig in contigs if wanted(contig)])]
            if not seen:
                raise AnnotationError(f"{path}: holds no lines of {kind}; give a file with genes")
    except FileNotFoundError:
        raise AnnotationError(f"{path}: no such file; check the path") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise AnnotationError(f"{path}: the gzip data is damaged or cut short; get the file again") from None
    except pd.errors.ParserError as error:
        place = re.search(r"line [0-9]+, saw [0-9]+", str(error))
        more = f"has more columns than the lines above ({place[0] if place else error})"
        raise AnnotationError(f"{path}: a line {more}; not {kind}, correct the line") from None
    except UnicodeDecodeError:
        raise AnnotationError(f"{path}: not a {kind} text file; give one in UTF-8") from None
    except OSError as error:
        raise AnnotationError(f"{path}: cannot be read ({error.strerror}); check the path") from None


def _open(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return cast("IO[bytes]", gzip.open(path)) if packed else path.open("rb")


def _source(path: Path, kind: str, file: IO[bytes]) -> _Source:
    comment = ""
    for above, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b"")):
        text = line.decode().rstrip("\r\n")
        if text.strip() and not re.match(_COMMENT, text):
            file.seek(0)
            return _Source(path, kind, file, comment, text, above)
        comment = text
    raise AnnotationError(f"{path}: holds no lines of {kind}; give a file with genes")


def _pieces(source: _Source, names: list[Any], columns: list[Any], sep: str = "\t") -> Iterator[pd.DataFrame]:
    """Yield the lines of data as text columns, indexed by line number; ends at the FASTA part of a GFF3."""
    reader = bioframe.read_table(
        source.file,
        schema=names,
        skiprows=source.above,
        sep=sep,
        dtype=str,
        keep_default_na=False,
        quoting=csv.QUOTE_NONE,
        skip_blank_lines=False,
        chunksize=CHUNK,
    )
    for piece in reader:
        piece.index += source.above + 1
        piece = piece[columns]
        first = piece.iloc[:, 0]
        fasta = piece.index[first == "##FASTA"]
        data = ~(first.str.match(_COMMENT) | (piece == "").all(axis=1))
        if len(fasta):
            yield piece[data & (piece.index < fasta[0])]
            return
        yield piece[data]


def _gff(source: _Source) -> Iterator[pd.DataFrame]:
    features: list[str] = []
    found = False
    columns = ["chrom", "feature", "start", "end", "strand", "attributes"]
    for lines in _pieces(source, bioframe.SCHEMAS["gff"], columns):
        short = lines.index[(lines["strand"] == "") | (lines["attributes"] == "")]
        if len(short):
            raise source.error(short[0], "has fewer than 9 columns")
        features.extend(feature for feature in lines["feature"].unique() if feature not in features)
        genes = lines[lines["feature"].str.fullmatch(_GENE)]
        genes = genes[~genes["attributes"].str.contains(r"(?:^|;)\s*Parent=")]
        if len(genes):
            found = True
            yield _finish(source, _from_attributes(genes), first_base=1)
    if not found:
        raise AnnotationError(
            f"{source.path}: has no rows of type gene (its types: {', '.join(features[:4])}); "
            "give a file that has them, as Ensembl, GENCODE and NCBI publish"
        )


def _from_attributes(lines: pd.DataFrame) -> pd.DataFrame:
    """Take the ninth column apart; GTF style is told from GFF3 by its quoted values."""
    attributes = lines["attributes"]
    gtf = bool(attributes.str.match(r'\s*\w+ "').any())
    genes = lines[["start", "end", "strand"]].assign(contig=lines["chrom"])
    for column, keys in _ATTRIBUTES.items():
        value = pd.Series("", index=lines.index, dtype="str")
        for key in keys:
            pattern = rf'(?:^|;)\s*{key} "([^"]*)"' if gtf else rf"(?:^|;)\s*{key}=([^;]*)"
            value = value.where(value != "", attributes.str.extract(pattern, expand=False).fillna(""))
        encoded = value.str.contains("%") & (not gtf)
        value[encoded] = value[encoded].map(unquote)
        genes[column] = value.str.strip()
    for column in ("name", "gene_id"):
        genes[column] = genes[column].str.replace(r"^gene[:-](?=.)", "", regex=True)
    kind = lines["feature"].str.replace(r"_?gene$", "", regex=True).replace("pseudo", "pseudogene")
    genes["biotype"] = genes["biotype"].where(genes["biotype"] != "", kind)
    return genes


def _bed(source: _Source) -> Iterator[pd.DataFrame]:
    sep = "\t" if "\t" in source.first else r"\s+"
    count = len(re.split(sep, source.first.strip()))
    if count < 3:
        raise source.error(source.above + 1, "has fewer than 3 columns")
    at = {"contig": 0, "start": 1, "end": 2, "name": 3, "strand": 5}
    titles = source.comment.lstrip("#").split("\t")
    if len(titles) == count:  # a header line says what the columns after the sixth are
        at |= {key: n for key, n in _titled(titles).items() if n > 5}
    yield from _columns(source, count, {key: n for key, n in at.items() if n < count}, sep)


def _tsv(source: _Source) -> Iterator[pd.DataFrame]:
    titles = source.first.split("\t")
    at = _titled(titles)
    missing = [column for column in ("name", "start", "end") if column not in at]
    if missing:
        raise AnnotationError(
            f"{source.path}: line {source.above + 1} has no column {' or '.join(missing)}; "
            "a TSV of genes begins with the column names name, start, end (1-based inclusive)"
        )
    yield from _columns(source, len(titles), at, "\t")


def _titled(titles: list[str]) -> dict[str, int]:
    """Which column holds what, by the titles."""
    found = [title.strip().lower() for title in titles]
    at = {key: [found.index(name) for name in names if name in found] for key, names in _TITLES.items()}
    return {key: numbers[0] for key, numbers in at.items() if numbers}


def _columns(source: _Source, count: int, at: dict[str, int], sep: str) -> Iterator[pd.DataFrame]:
    table = source.kind == "TSV"
    for lines in _pieces(source, list(range(count)), sorted({0, *at.values()}), sep):
        rows = lines.drop(index=source.above + 1, errors="ignore") if table else lines
        if len(rows):
            yield _finish(
                source, pd.DataFrame({key: rows[n] for key, n in at.items()}), first_base=int(table)
            )


def _finish(source: _Source, genes: pd.DataFrame, first_base: int) -> pd.DataFrame:
    """Numbers as int64, 0-based half-open; every column there; the strand one of ``+-.``."""
    for column in ("start", "end"):
        bad = genes.index[~genes[column].str.fullmatch(r"-?[0-9]{1,18}")]
        if len(bad):
            raise source.error(bad[0], f"has no number as its {column}")
        genes[column] = genes[column].astype("int64")
    genes["start"] -= first_base
    for column in _TEXT_COLUMNS:
        genes[column] = genes[column] if column in genes else pd.Series("", index=genes.index, dtype="str")
    genes["strand"] = genes["strand"].where(genes["strand"].isin(["+", "-"]), ".")
    genes["name"] = genes["name"].replace(".", "")
    return genes
