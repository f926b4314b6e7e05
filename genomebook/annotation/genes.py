"""The genes of a book: read from annotation files, checked, and searched by position."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import bioframe
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from genomebook.annotation.attributes import for_people
from genomebook.annotation.places import check_assembly, fit, note_left_out, other_length, resolver
from genomebook.annotation.tables import FileContigs, read_rows
from genomebook.errors import AnnotationError
from genomebook.files.atomic import aside
from genomebook.genome.regions import Contig
from genomebook.genome.stretches import equal_runs

COLUMNS = ["volume", "start", "end", "strand", "name", "gene_id", "biotype", "description", "clipped"]
"""Columns of a gene table."""

_PLACE = ("volume", "start", "end")


def read_genes(path: Path, contigs: Sequence[Contig], assembly: str = "") -> pd.DataFrame:
    """Read the genes of a GFF3, GTF, BED or TSV file (plain, gzip, bgzip or bzip2) that lie in a book.

    In GFF3 and GTF, genes are known by feature type (``gene``, ``pseudogene``, ``lincRNA_gene``, ...) and are
    not part of another gene; in BED and TSV every row is one. A TSV has a header with ``name``, ``start`` and
    ``end`` (1-based inclusive) and may have strand, biotype, product or description, gene_id, and volume or
    chrom; without the last two, the contig is the accession in the file name.

    Parameters
    ----------
    path : Path
        The file; its name gives the format.
    contigs : sequence of Contig
        The volumes in book order. Names in the file are resolved through aliases.
    assembly : str
        Assembly of the book, if known.

    Returns
    -------
    DataFrame
        ``volume`` (ordered category of all volumes), ``start``, ``end`` (int64, 0-based half-open, local to
        the volume), ``strand`` (str: ``+``, ``-`` or ``.``), ``name``, ``gene_id``, ``biotype``,
        ``description`` (str, cleaned by `for_people`; ``""`` if unknown), ``clipped`` (bool: the gene
        continues beyond the slice, or in another row beyond the origin of a circular contig); sorted by
        volume, start, end.

    Warns
    -----
    GenomebookWarning
        Some genes are on contigs that the book does not have.

    Raises
    ------
    AnnotationError
        The file cannot be read, is for another assembly, has no genes in the book, or has impossible rows
        (see `check_genes`).
    """
    check_assembly(path, assembly, "genes")
    target = resolver(path, contigs, assembly)
    seen = FileContigs()
    frames = list(read_rows(path, lambda contig: target(contig) is not None, seen))
    if not frames or not sum(map(len, frames)):
        raise AnnotationError(elsewhere(path, list(seen.rows), contigs))
    note_left_out(path, seen.rows, target, "genes")
    rows = fit(pd.concat(frames, ignore_index=True), contigs, target, assembly, seen.circular)
    rows["description"] = rows["description"].map(for_people)
    genes = rows[COLUMNS].sort_values(["volume", "start", "end", "name"], kind="stable", ignore_index=True)
    if genes.empty:
        raise AnnotationError(elsewhere(path, list(seen.rows), contigs))
    check_genes(genes, contigs, raise_errors=True, source=str(path))
    return genes


def check_genes(
    genes: pd.DataFrame, contigs: Sequence[Contig], raise_errors: bool = False, source: str = "the gene table"
) -> bool:
    """Whether every row is possible: 0 <= start < end <= length of its volume.

    Parameters
    ----------
    genes : DataFrame
        At least volume, start, end (local, 0-based half-open) and name.
    contigs : sequence of Contig
        The volumes.
    raise_errors : bool
        Raise instead of returning False.
    source : str
        Name of the table in the message.

    Raises
    ------
    AnnotationError
        With `raise_errors`: the number of impossible rows, and the first.
    """
    if not bioframe.is_bedframe(genes.iloc[:0], cols=_PLACE) or genes[list(_PLACE)].isna().any(axis=None):
        if raise_errors:
            raise AnnotationError(f"{source}: a row lacks volume, start or end; read the genes again")
        return False
    by_name = {contig.name: contig for contig in contigs}
    length = genes["volume"].astype(object).map({name: contig.length for name, contig in by_name.items()})
    bad = ~((genes["start"] >= 0) & (genes["start"] < genes["end"]) & (genes["end"] <= length.fillna(-1)))
    if not raise_errors or not bad.any():
        return not bad.any()
    first = genes[bad].iloc[0]
    contig = by_name.get(first["volume"], Contig(first["volume"], 0, first["volume"], 0))
    place = f"{contig.contig}:{first['start'] + contig.origin + 1}-{first['end'] + contig.origin}"
    raise AnnotationError(
        f"{source}: {bad.sum()} of {len(genes)} genes have impossible places (start not before end, below 1 "
        f"or beyond the end), first {first.get('name') or 'a nameless one'} at {place}; correct these rows "
        f"or give the annotation of this assembly ({contig.name} has {contig.length} bases)"
    )


def elsewhere(path: object, seen: Sequence[str], contigs: Sequence[Contig], what: str = "genes") -> str:
    """Say that no row of a file lies in the book, and what to do.

    Parameters
    ----------
    path : Path
        The file.
    seen : sequence of str
        Its contigs.
    contigs : sequence of Contig
        The volumes of the book.
    what : str
        Name of the rows.
    """
    book = ", ".join(contig.name for contig in contigs[:3])
    if not any(seen):
        return (
            f"{path}: does not say on which contig its {what} lie; add a column volume (the book has {book})"
        )
    return (
        f"{path}: none of its {what} is in this book; it is about {', '.join(seen[:3])}, the book "
        f"has {book}; {other_length(seen, contigs)}give the annotation of the same assembly"
    )


class Genes:
    """The gene table of a book, searched by position (by name: `genomebook.book.genes`).

    Parameters
    ----------
    table : DataFrame
        From `read_genes`.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self._load: Callable[[], pd.DataFrame] = lambda: table

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a Parquet file made by `write`; it is read on first use.

        Raises
        ------
        AnnotationError
            The file is missing, or (on first use) cannot be read.
        """
        if not path.is_file():
            raise AnnotationError(f"{path}: no such file; build the book again with its genes")
        genes = cls(pd.DataFrame())
        genes._load = lambda: _read_parquet(path)
        return genes

    @functools.cached_property
    def table(self) -> pd.DataFrame:
        """All genes, sorted by volume, start and end."""
        return self._load()

    def write(self, path: Path) -> None:
        """Write as Parquet (zstd), atomically; the same genes give the same bytes.

        Raises
        ------
        OSError
            Writing failed (full disk, no permission).
        """
        table = pa.Table.from_pandas(self.table, preserve_index=False).replace_schema_metadata(None)
        with aside(path) as temporary, temporary.open("wb") as file:  # Arrow accepts only UTF-8 paths
            pq.write_table(table, file, compression="zstd", write_page_checksum=True)

    def __len__(self) -> int:
        return len(self.table)

    @functools.cached_property
    def _places(self) -> dict[str, tuple[int, int]]:
        """Rows [first, end) of each volume with genes."""
        codes, volumes = pd.factorize(self.table["volume"])
        runs = equal_runs(codes).tolist()
        if len(runs) != len(volumes):
            raise AnnotationError("the gene table: not sorted by volume; read the genes again")
        return {str(name): (first, last) for name, (first, last) in zip(volumes, runs, strict=True)}

    @functools.cached_property
    def columns(self) -> dict[str, NDArray[Any]]:
        """Columns of the table as arrays; strings are objects."""
        return {name: self.table[name].to_numpy() for name in COLUMNS[1:]}

    @functools.cached_property
    def _furthest(self) -> NDArray[np.int64]:
        """Largest end of the genes up to each row of a volume."""
        ends = self.columns["end"].astype(np.int64)
        for first, last in self._places.values():
            np.maximum.accumulate(ends[first:last], out=ends[first:last])
        return ends

    def on(self, volume: str) -> slice:
        """Rows of one volume."""
        return slice(*self._places.get(volume, (0, 0)))

    def overlapping(self, volume: str, start: int, end: int) -> pd.DataFrame:
        """Return the genes that share a base with [start, end) of a volume (local, 0-based)."""
        genes: pd.DataFrame = self.table.iloc[self.rows(volume, start, end)]
        return genes

    def rows(self, volume: str, start: int, end: int) -> NDArray[np.int64]:
        """Return the rows of these genes in the table and in `columns`."""
        here = self.on(volume)
        low = here.start + int(np.searchsorted(self._furthest[here], start, "right"))
        high = here.start + int(np.searchsorted(self.columns["start"][here], end, "left"))
        rows: NDArray[np.int64] = low + np.flatnonzero(self.columns["end"][low:high] > start)
        return rows

    def near(self, volume: str, start: int, end: int) -> Genes:
        """Return the genes that share a base with [start, end), and the nearest on both sides."""
        here = self.on(volume)
        starts, ends = (self.columns[name][here].astype(np.int64) for name in ("start", "end"))
        inside = (starts < end) & (ends > start)
        before, after = np.flatnonzero(ends <= start), np.flatnonzero(starts >= end)
        if len(before):
            inside[before[int(np.argmax(ends[before]))]] = True
        inside[after[:1]] = True
        return Genes(self.table.iloc[here.start + np.flatnonzero(inside)])


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        with path.open("rb") as file:
            opened = pq.ParquetFile(file, page_checksum_verification=True)
            table: pd.DataFrame = opened.read(use_threads=False).to_pandas(use_threads=False)
    except (OSError, pa.ArrowException, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise AnnotationError(f"{path}: cannot be read ({reason}); build the book again") from None
    if list(table.columns) != COLUMNS:
        raise AnnotationError(f"{path}: not a gene table of genomebook; build the book again with its genes")
    return table
