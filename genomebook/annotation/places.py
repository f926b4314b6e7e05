"""From the contigs and positions of an annotation file to the volumes of a book."""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from genomebook.annotation.tables import read_comments
from genomebook.errors import AnnotationError, GenomebookWarning
from genomebook.genome.assemblies import assembly_of, known_length
from genomebook.genome.names import Names, aliases
from genomebook.genome.regions import Contig

_ACCESSION = re.compile(r"[A-Z]{1,6}_?[0-9]{5,10}\.[0-9]+")
_SAYS = re.compile(
    r"#!?\s*genome-(?:build|version)|##?\s*(?:genome )?assembly|##description|track\b.*\bdb=", re.I
)
_NO_END = np.iinfo(np.int64).max


def check_assembly(path: Path, assembly: str, what: str = "intervals") -> str | None:
    """Return the assembly that a file is about, as its head or else its name says.

    Raises
    ------
    AnnotationError
        It is another than that of the book.
    """
    head = " ".join(line for line in read_comments(path, what) if _SAYS.match(line))
    said = assembly_of(head) or assembly_of(path.name)
    own = assembly_of(assembly)
    if said and own and said != own:
        raise AnnotationError(
            f"{path}: says that it is about {said}, the book is {assembly}; "
            "lift it over to the assembly of the book, or correct what it says"
        )
    return said


def note_left_out(
    path: Path, rows: Mapping[str, int], target: Callable[[str], str | None], what: str
) -> None:
    """Warn of the rows that are on contigs that the book does not have.

    Parameters
    ----------
    path : Path
        The file.
    rows : mapping of str to int
        How many each of its contigs has (`genomebook.annotation.tables.FileContigs`).
    target : callable
        See `resolver`.
    what : str
        What the rows are called.
    """
    strange = [name for name in rows if target(name) is None]
    if strange:
        count = sum(rows[name] for name in strange)
        verb = "is" if count == 1 else "are"
        more = f" and {len(strange) - 4:,} more" if len(strange) > 4 else ""
        warnings.warn(
            f"{path}: {count:,} of {sum(rows.values()):,} {what} {verb} on contigs that the book does not "
            f"have: {', '.join(strange[:4])}{more}",
            GenomebookWarning,
            stacklevel=3,
        )


def other_length(names: Iterable[str], contigs: Sequence[Contig]) -> str:
    """Say of the first name that is a contig of the book by GRCh38 that the two are not as long."""
    whole = {contig.name: contig.length for contig in contigs if contig.name == contig.contig}
    for name in names:
        known = known_length(name, "GRCh38") or 0
        for alias in aliases(name):
            if known and whole.get(alias, known) != known:
                piece = " (where that is a piece of it, build with --assembly GRCh38)"
                return (
                    f"{name} of GRCh38 has {known:,} letters, {alias} of the book {whole[alias]:,}"
                    f"{piece if whole[alias] < known else ''}; "
                )
    return ""


def resolver(path: Path, contigs: Sequence[Contig], assembly: str = "") -> Callable[[str], str | None]:
    """Say which contig of the book a contig name in the file means.

    Parameters
    ----------
    path : Path
        The file; where its rows name no contig (``""``), the accession in its name is taken.
    contigs : sequence of Contig
        The volumes of the book.
    assembly : str
        Of the book, where known.

    Returns
    -------
    callable
        Gives the name of the contig, or of the slice where the file names that; None for others.
    """
    lengths: dict[str, int | None] = {
        contig.contig: contig.length if contig.name == contig.contig else None for contig in contigs
    }
    known = Names(lengths | {contig.name: lengths.get(contig.name) for contig in contigs}, assembly)

    @functools.cache
    def target(contig: str) -> str | None:
        accession = None if contig else _ACCESSION.search(path.name)
        return known.find(accession[0] if accession else contig)

    return target


def fit(
    rows: pd.DataFrame,
    contigs: Sequence[Contig],
    target: Callable[[str], str | None],
    assembly: str = "",
    circular: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """Move rows into the volumes of the book and clip them to its slices.

    Parameters
    ----------
    rows : DataFrame
        ``contig`` (str, as in the file), ``start`` and ``end`` (int64, 0-based half-open on it), and more.
    contigs : sequence of Contig
        The volumes in book order.
    target : callable
        See `resolver`; every row must be on a contig that it knows.
    assembly : str
        Of the book: where it is known, so is the length of a contig of which the book has a slice.
    circular : mapping of str to int, optional
        Letters of the contigs that are circular, by their names in the file: a row that ends beyond crosses
        the origin, and becomes two. Not so on a contig that has another length in the book.

    Returns
    -------
    DataFrame
        The rows with ``volume`` (ordered category of all volumes), ``start`` and ``end`` local to it, and
        ``clipped`` (bool: goes on beyond the slice, or beyond the origin). A row appears once for each slice
        that it overlaps. Impossible rows (start after end, below 0, beyond the end of the contig) are left as
        they are.
    """
    places = _places(contigs, assembly)
    most = dict(zip(places["contig"], places["most"], strict=True))
    targets = {name: target(name) for name in rows["contig"].unique()}
    circles = {
        name: length
        for name, length in (circular or {}).items()
        if (known := targets.get(name)) is not None and most[known] in (length, _NO_END)
    }
    rows = _opened(rows, circles)
    rows = rows.assign(contig=rows["contig"].map(targets)).merge(places, on="contig")
    possible = (rows["start"] >= 0) & (rows["start"] <= rows["end"]) & (rows["end"] <= rows["most"])
    rows["start"] -= rows["origin"]
    rows["end"] -= rows["origin"]
    inside = (rows["start"] < rows["length"]) & (rows["end"] > 0)
    crosses = rows.pop("crosses")
    rows["clipped"] = possible & ~rows["whole"] & ((rows["start"] < 0) | (rows["end"] > rows["length"]))
    rows["start"] = rows["start"].mask(rows["clipped"], rows["start"].clip(lower=0))
    rows["end"] = rows["end"].mask(rows["clipped"], np.minimum(rows["end"], rows["length"]))
    rows["clipped"] |= crosses
    rows["volume"] = pd.Categorical(rows["volume"], [contig.name for contig in contigs], ordered=True)
    return rows[inside | rows["whole"] | ~possible]


def _opened(rows: pd.DataFrame, circles: Mapping[str, int]) -> pd.DataFrame:
    """Cut the rows that cross the origin of a circular contig in two: up to the origin, and from it on."""
    known = {name: circles.get(name, _NO_END) for name in rows["contig"].unique()}
    length = rows["contig"].map(known).astype("int64")
    start, end = rows["start"], rows["end"]
    crosses = (end > length) & (start < length) & (end - start <= length)
    rows = rows.assign(crosses=crosses)
    if not crosses.any():
        return rows
    up_to = rows[crosses].assign(end=length[crosses])
    from_it = rows[crosses].assign(start=0, end=(end - length)[crosses])
    return pd.concat([rows[~crosses], up_to, from_it]).sort_index(kind="stable", ignore_index=True)


def _places(contigs: Sequence[Contig], assembly: str) -> pd.DataFrame:
    """What a contig name may mean: the volume itself, and the slices of that contig."""
    rows = []
    for c in contigs:
        whole = c.name == c.contig
        rows.append((c.contig, c.name, c.origin, c.length, whole, contig_length(c, assembly) or _NO_END))
        if not whole:
            rows.append((c.name, c.name, 0, c.length, False, _NO_END))
    return pd.DataFrame(rows, columns=["contig", "volume", "origin", "length", "whole", "most"])


def contig_length(contig: Contig, assembly: str) -> int | None:
    """Length of the whole contig where it is known: the volume is whole, or the assembly is known."""
    return contig.length if contig.name == contig.contig else known_length(contig.contig, assembly)
