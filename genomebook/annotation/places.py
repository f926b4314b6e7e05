"""Map contigs and positions of an annotation file to the volumes of a book."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from genomebook.annotation.formats.source import Source
from genomebook.annotation.tables import read_comments
from genomebook.errors import AnnotationError
from genomebook.files.progress import Message, warn
from genomebook.genome.assemblies import assembly_of, known_length
from genomebook.genome.names import Names, aliases
from genomebook.genome.regions import Contig

_ACCESSION = re.compile(r"[A-Z]{1,6}_?[0-9]{5,10}\.[0-9]+")
_ASSEMBLY_LINE = re.compile(
    r"#!?\s*genome-(?:build|version)|##?\s*(?:genome )?assembly|##description|track\b.*\bdb=", re.I
)
_NO_END = np.iinfo(np.int64).max


def check_assembly(path: Source, assembly: str, what: str = "intervals") -> str | None:
    """Return the assembly stated in the header of a file, or else in its name.

    Raises
    ------
    AnnotationError
        It is not the assembly of the book.
    """
    return stated_assembly(path, read_comments(path, what), assembly)


def stated_assembly(source: Source, comments: Iterable[str], assembly: str) -> str | None:
    """Return the assembly that the comments of a file state, or else its name.

    Raises
    ------
    AnnotationError
        It is not the assembly of the book.
    """
    head = " ".join(line for line in comments if _ASSEMBLY_LINE.match(line))
    stated = assembly_of(head) or assembly_of(source.name)
    own = assembly_of(assembly)
    if stated and own and stated != own:
        raise AnnotationError(
            f"{source}: is for {stated}, the book is {assembly}; "
            "lift it over to the assembly of the book, or correct its header or name"
        )
    return stated


def note_left_out(
    path: Source,
    rows: Mapping[str, int],
    target: Callable[[str], str | None],
    what: str,
    tell: Message = warn,
) -> None:
    """Tell of rows on contigs that the book does not have.

    Parameters
    ----------
    path : Source
        The file.
    rows : mapping of str to int
        Number on each contig of the file (`genomebook.annotation.tables.FileContigs`).
    target : callable
        See `resolver`.
    what : str
        Name of the rows in the message.
    tell : callable
        Gets the line.
    """
    unknown = [name for name in rows if target(name) is None]
    if unknown:
        count = sum(rows[name] for name in unknown)
        verb = "is" if count == 1 else "are"
        more = f" and {len(unknown) - 4:,} more" if len(unknown) > 4 else ""
        tell(
            f"{path}: {count:,} of {sum(rows.values()):,} {what} {verb} on contigs that the book does not "
            f"have: {', '.join(unknown[:4])}{more}"
        )


def other_length(names: Iterable[str], contigs: Sequence[Contig]) -> str:
    """Describe the first contig of GRCh38 that has another length in the book; ``""`` if there is none."""
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


def resolver(path: Source, contigs: Sequence[Contig], assembly: str = "") -> Callable[[str], str | None]:
    """Map contig names of a file to contigs of the book.

    Parameters
    ----------
    path : Source
        The file; rows without a contig (``""``) are on the accession in its name.
    contigs : sequence of Contig
        The volumes of the book.
    assembly : str
        Assembly of the book, where known.

    Returns
    -------
    callable
        Returns the name of the contig, or of the slice if the file uses that; None if there is none.
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
        See `resolver`; it must know the contig of every row.
    assembly : str
        Assembly of the book, if known; gives the lengths of contigs that the book has only slices of.
    circular : mapping of str to int, optional
        Lengths of the circular contigs, by their names in the file: a row that ends beyond crosses the origin
        and is split, unless the contig has another length in the book.

    Returns
    -------
    DataFrame
        The rows with ``volume`` (ordered category of all volumes), ``start`` and ``end`` local to it, and
        ``clipped`` (bool: continues beyond the slice or the origin), once for each slice that they overlap.
        Impossible rows (start after end, below 0, beyond the end of the contig) stay as they are.
    """
    places = volume_places(contigs, assembly)
    limits = dict(zip(places["contig"], places["limit"], strict=True))
    targets = {name: target(name) for name in rows["contig"].unique()}
    circles = {
        name: length
        for name, length in (circular or {}).items()
        if (known := targets.get(name)) is not None and limits[known] in (length, _NO_END)
    }
    rows = _split_at_origin(rows, circles)
    rows = rows.assign(contig=rows["contig"].map(targets)).merge(places, on="contig")
    possible = (rows["start"] >= 0) & (rows["start"] <= rows["end"]) & (rows["end"] <= rows["limit"])
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


def _split_at_origin(rows: pd.DataFrame, circles: Mapping[str, int]) -> pd.DataFrame:
    """Split rows that cross the origin of a circular contig in two."""
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


def volume_places(contigs: Sequence[Contig], assembly: str) -> pd.DataFrame:
    """Volumes that a contig name may refer to: the volume itself, or the slices of that contig.

    Returns
    -------
    DataFrame
        contig (name in the book), volume, origin, length, whole (bool), limit (length of the contig).
    """
    rows = []
    for c in contigs:
        whole = c.name == c.contig
        rows.append((c.contig, c.name, c.origin, c.length, whole, contig_length(c, assembly) or _NO_END))
        if not whole:
            rows.append((c.name, c.name, 0, c.length, False, _NO_END))
    return pd.DataFrame(rows, columns=["contig", "volume", "origin", "length", "whole", "limit"])


def contig_length(contig: Contig, assembly: str) -> int | None:
    """Length of the whole contig: of the volume if it is whole, else of the assembly if known."""
    return contig.length if contig.name == contig.contig else known_length(contig.contig, assembly)
