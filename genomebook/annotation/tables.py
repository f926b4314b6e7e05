"""Rows out of GFF3, GTF, BED and TSV files, in the names and coordinates of the file.

A file is read in pieces of `CHUNK` lines of which only the chosen rows on wanted contigs are kept, so that a
whole-genome GTF needs the memory of its genes. Columns are read as text and nothing is taken for a missing
value or a comment inside a line: genes are called NA, and descriptions hold ``#``.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, cast
from urllib.parse import unquote

import bioframe
import pandas as pd

from genomebook.errors import AnnotationError

CHUNK = 200_000
"""Lines read at a time."""

_FORMATS = {".gff3": "GFF3", ".gff": "GFF3", ".gtf": "GTF", ".bed": "BED", ".tsv": "TSV"}
_BEDS = (".narrowpeak", ".broadpeak", ".gappedpeak", ".bedgraph", ".txt", *(f".bed{n}" for n in range(3, 13)))
_COMMENT = r"#|track(?:\s|$)|browser(?:\s|$)"
_ZERO_BASED = ("chromstart", "genostart", "txstart")
_GENE = r"(?:.*_)?(?:pseudo)?gene"
_LONGEST_LINE = 1 << 20
_RMSK = {"contig": 5, "start": 6, "end": 7, "strand": 9, "name": 10}
_TEXT_COLUMNS = ("contig", "strand", "name", "gene_id", "biotype", "description")
_TITLES = {
    "contig": ("contig", "chrom", "chr", "volume", "seqid", "seqname", "genoname"),
    "start": ("start", "chromstart", "genostart", "txstart"),
    "end": ("end", "chromend", "genoend", "txend"),
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


def is_gene(lines: pd.DataFrame) -> pd.Series[bool]:
    """Which rows of a GFF3 or GTF file are genes: by feature type, and without a Parent."""
    child = lines["attributes"].str.contains(r"(?:^|;)\s*Parent=")
    return lines["feature"].str.fullmatch(_GENE) & ~child


class Choice(NamedTuple):
    """Which rows and columns of a file are read.

    Attributes
    ----------
    what : str
        What messages call the rows.
    types : str
        What messages call the feature types that are chosen.
    rows : callable
        Gives bool[n] of lines of GFF3 or GTF with the columns feature and attributes.
    attributes : tuple of str
        Columns to take from the ninth one.
    required : tuple of str
        Columns without which a TSV is refused.
    rest : bool
        Of BED and TSV also a column ``rest``: what follows the third column, as it is.
    """

    what: str = "genes"
    types: str = "gene"
    rows: Callable[[pd.DataFrame], pd.Series[bool]] = is_gene
    attributes: tuple[str, ...] = tuple(_ATTRIBUTES)
    required: tuple[str, ...] = ("name", "start", "end")
    rest: bool = False


GENES = Choice()


class _Source(NamedTuple):
    """An open file, the last comment before its data, its first line of data, the count of lines above."""

    path: Path
    kind: str
    choice: Choice
    here: Callable[[pd.Series[str]], pd.Series[bool]]
    file: IO[bytes]
    comment: str
    first: str
    above: int

    def error(self, line: int, why: str) -> AnnotationError:
        return AnnotationError(
            f"{self.path}: line {line} {why}, so this is not {self.kind} as the name says; "
            "correct the line or name the file by its format"
        )


def file_format(path: Path, what: str = "genes") -> str:
    """GFF3, GTF, BED or TSV by the name of the file, ``.gz`` and ``.bgz`` set aside.

    The relatives of BED (narrowPeak, bedGraph, the .txt of UCSC, ...) are BED too.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in (".gz", ".bgz")]
    kind = _FORMATS.get(suffixes[-1], "BED" if suffixes[-1] in _BEDS else None) if suffixes else None
    if kind is None:
        raise AnnotationError(
            f"{path}: not a known format of {what}; name it {', '.join(_FORMATS)} or these + .gz"
        )
    return kind


def read_rows(
    path: Path, wanted: Callable[[str], bool], seen: list[str], choice: Choice = GENES
) -> Iterator[pd.DataFrame]:
    """Yield the chosen rows of `path` on the contigs that are `wanted`.

    Parameters
    ----------
    path : Path
        GFF3, GTF, BED and its relatives, or TSV; plain, gzip or bgzip (told apart by content). A table of
        UCSC may have its header line, from which the columns are then known; ``rmsk`` is known without.
    wanted : callable
        Whether the rows on this contig of the file are kept. A TSV without such a column has the one contig
        ``""``.
    seen : list of str
        The names of the contigs that have chosen rows are added to it, in file order.
    choice : Choice
        Genes, unless said otherwise.

    Yields
    ------
    DataFrame
        contig, start, end, strand, name, gene_id, biotype, description; from GFF3 and GTF also feature and
        gene (bool, see `is_gene`). start and end are int64, 0-based half-open on the contig; the others are
        str, ``""`` where the file says nothing (strand ``.``). The index is the number of the line.

    Raises
    ------
    AnnotationError
        The file is missing, empty, cut short, holds no chosen rows or is not of the format that its name
        says.
    """
    kind = file_format(path, choice.what)
    read = {"GFF3": _gff, "GTF": _gff, "BED": _bed, "TSV": _tsv}[kind]

    def here(contig: pd.Series[str]) -> pd.Series[bool]:
        contigs = contig.unique().tolist()
        seen.extend(name for name in contigs if name not in seen)
        return contig.isin([name for name in contigs if wanted(name)])

    with _reading(path, kind) as file:
        yield from read(_source(path, kind, choice, here, file))
        if not seen:
            raise AnnotationError(f"{path}: holds no lines of {kind}; give a file with {choice.what}")


def read_comments(path: Path, what: str = "genes") -> list[str]:
    """Return the comment, track and browser lines above the data.

    Raises
    ------
    AnnotationError
        The file cannot be read.
    """
    comments = []
    with _reading(path, file_format(path, what)) as file:
        for line in iter(lambda: file.readline(_LONGEST_LINE), b""):
            text = line.decode().strip()
            if text and not re.match(_COMMENT, text):
                break
            comments.append(text)
    return comments


@contextmanager
def _reading(path: Path, kind: str) -> Iterator[IO[bytes]]:
    """Open a file; what goes wrong while it is read is said in one line."""
    try:
        with _open(path) as file:
            yield file
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


def _source(
    path: Path,
    kind: str,
    choice: Choice,
    here: Callable[[pd.Series[str]], pd.Series[bool]],
    file: IO[bytes],
) -> _Source:
    comment = ""
    for above, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b"")):
        text = line.decode().rstrip("\r\n")
        if text.strip() and not re.match(_COMMENT, text):
            file.seek(0)
            return _Source(path, kind, choice, here, file, comment, text, above)
        comment = text
    raise AnnotationError(f"{path}: holds no lines of {kind}; give a file with {choice.what}")


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
        rows = lines[source.choice.rows(lines)].rename(columns={"chrom": "contig"})
        if len(rows):
            found = True
            rows = _numbers(source, rows, first_base=1)
            rows["gene"] = is_gene(rows)
            yield _texts(_from_attributes(rows[source.here(rows["contig"])], source.choice.attributes))
    if not found:
        raise AnnotationError(
            f"{source.path}: has no rows of type {source.choice.types} (its types: "
            f"{', '.join(features[:4])}); give a file that has them, as Ensembl, GENCODE and NCBI publish"
        )


def _from_attributes(lines: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """Take the ninth column apart; GTF style is told from GFF3 by its quoted values."""
    attributes = lines["attributes"]
    gtf = bool(attributes.str.match(r'\s*\w+ "').any())
    rows = lines.drop(columns="attributes")
    for column in columns:
        value = pd.Series("", index=lines.index, dtype="str")
        for key in _ATTRIBUTES[column]:
            pattern = rf'(?:^|;)\s*{key} "([^"]*)"' if gtf else rf"(?:^|;)\s*{key}=([^;]*)"
            value = value.where(value != "", attributes.str.extract(pattern, expand=False).fillna(""))
        encoded = value.str.contains("%") & (not gtf)
        value[encoded] = value[encoded].map(unquote)
        rows[column] = value.str.strip()
    for column in {"name", "gene_id"} & set(columns):
        rows[column] = rows[column].str.replace(r"^gene[:-](?=.)", "", regex=True)
    kind = rows["feature"].str.replace(r"_?gene$", "", regex=True).replace("pseudo", "pseudogene")
    rows["biotype"] = rows["biotype"].where((rows["biotype"] != "") | ~rows["gene"], kind)
    return rows


def _bed(source: _Source) -> Iterator[pd.DataFrame]:
    sep = "\t" if "\t" in source.first else r"\s+"
    first = re.split(sep, source.first.strip())
    count = len(first)
    if count < 3:
        raise source.error(source.above + 1, "has fewer than 3 columns")
    rmsk = count == 17 and first[5] not in "+-." and first[9] in "+-"
    at = _RMSK if rmsk else {"contig": 0, "start": 1, "end": 2, "name": 3, "strand": 5}
    header = {"contig", "start", "end"} <= _titled(first).keys()
    titles = first if header else re.split(sep, source.comment.lstrip("#").strip())
    titled = _titled(titles) if len(titles) == count else {}
    at = titled if titled.get("contig", 0) else at | titled
    yield from _columns(source, count, {key: n for key, n in at.items() if n < count}, sep, header)


def _tsv(source: _Source) -> Iterator[pd.DataFrame]:
    titles = source.first.split("\t")
    at = _titled(titles)
    required = source.choice.required
    missing = [column for column in required if column not in at]
    if missing:
        raise AnnotationError(
            f"{source.path}: line {source.above + 1} has no column {' or '.join(missing)}; a TSV of "
            f"{source.choice.what} begins with the column names {', '.join(required)} (1-based inclusive)"
        )
    first_base = int(titles[at["start"]].strip().lower() not in _ZERO_BASED)
    yield from _columns(source, len(titles), at, "\t", True, first_base)


def _titled(titles: list[str]) -> dict[str, int]:
    """Which column holds what, by the titles."""
    found = [title.strip().lstrip("#").lower() for title in titles]
    at = {key: [found.index(name) for name in names if name in found] for key, names in _TITLES.items()}
    return {key: numbers[0] for key, numbers in at.items() if numbers}


def _columns(
    source: _Source, count: int, at: dict[str, int], sep: str, header: bool, first_base: int = 0
) -> Iterator[pd.DataFrame]:
    rest = list(range(3, count)) if source.choice.rest else []
    for lines in _pieces(source, list(range(count)), sorted({0, *at.values(), *rest}), sep):
        rows = lines.drop(index=source.above + 1, errors="ignore") if header else lines
        if len(rows):
            more = {"rest": rows[rest[0]].str.cat(rows[rest[1:]], sep="\t")} if rest else {}
            rows = pd.DataFrame({key: rows[n] for key, n in at.items()} | more)
            rows = _texts(_numbers(source, rows, first_base))
            yield rows[source.here(rows["contig"])]


def _numbers(source: _Source, rows: pd.DataFrame, first_base: int) -> pd.DataFrame:
    """Positions as int64, 0-based half-open."""
    for column in ("start", "end"):
        bad = rows.index[~rows[column].str.fullmatch(r"-?[0-9]{1,18}")]
        if len(bad):
            raise source.error(bad[0], f"has no number as its {column}")
        rows[column] = rows[column].astype("int64")
    rows["start"] -= first_base
    return rows


def _texts(rows: pd.DataFrame) -> pd.DataFrame:
    """Every column there; the strand one of ``+-.``."""
    for column in _TEXT_COLUMNS:
        rows[column] = rows[column] if column in rows else pd.Series("", index=rows.index, dtype="str")
    rows["strand"] = rows["strand"].where(rows["strand"].isin(["+", "-"]), ".")
    rows["name"] = rows["name"].replace(".", "")
    return rows
