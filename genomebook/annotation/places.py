"""From the contigs and positions of an annotation file to the volumes of a book."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from genomebook.genome.names import LENGTHS, canonical, resolve
from genomebook.genome.regions import Contig

_ACCESSION = re.compile(r"[A-Z]{1,6}_?[0-9]{5,10}\.[0-9]+")
_NO_END = np.iinfo(np.int64).max


def resolver(path: Path, contigs: Sequence[Contig]) -> Callable[[str], str | None]:
    """Say which contig of the book a contig name in the file means.

    Parameters
    ----------
    path : Path
        The file; where its rows name no contig (``""``), the accession in its name is taken.
    contigs : sequence of Contig
        The volumes of the book.

    Returns
    -------
    callable
        Gives the name of the contig, or of the slice where the file names that; None for others.
    """
    known = [*(contig.contig for contig in contigs), *(contig.name for contig in contigs)]

    @functools.cache
    def target(contig: str) -> str | None:
        accession = None if contig else _ACCESSION.search(path.name)
        return resolve(accession[0] if accession else contig, known)

    return target


def fit(
    rows: pd.DataFrame,
    contigs: Sequence[Contig],
    target: Callable[[str], str | None],
    lengths: bool = False,
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
    lengths : bool
        The book is GRCh38: the whole length of a contig is known even where the book has a slice of it.

    Returns
    -------
    DataFrame
        The rows with ``volume`` (ordered category of all volumes), ``start`` and ``end`` local to it, and
        ``clipped`` (bool: goes on beyond the slice). A row appears once for each slice that it overlaps.
        Impossible rows (start after end, below 0, beyond the end of the contig) are left as they are.
    """
    rows = rows.assign(contig=rows["contig"].map({name: target(name) for name in rows["contig"].unique()}))
    rows = rows.merge(_places(contigs, lengths), on="contig")
    possible = (rows["start"] >= 0) & (rows["start"] <= rows["end"]) & (rows["end"] <= rows["most"])
    rows["start"] -= rows["origin"]
    rows["end"] -= rows["origin"]
    inside = (rows["start"] < rows["length"]) & (rows["end"] > 0)
    rows["clipped"] = possible & ~rows["whole"] & ((rows["start"] < 0) | (rows["end"] > rows["length"]))
    rows["start"] = rows["start"].mask(rows["clipped"], rows["start"].clip(lower=0))
    rows["end"] = rows["end"].mask(rows["clipped"], np.minimum(rows["end"], rows["length"]))
    rows["volume"] = pd.Categorical(rows["volume"], [contig.name for contig in contigs], ordered=True)
    return rows[inside | rows["whole"] | ~possible]


def _places(contigs: Sequence[Contig], lengths: bool) -> pd.DataFrame:
    """What a contig name may mean: the volume itself, and the slices of that contig."""
    rows = []
    for c in contigs:
        whole = c.name == c.contig
        rows.append((c.contig, c.name, c.origin, c.length, whole, contig_length(c, lengths) or _NO_END))
        if not whole:
            rows.append((c.name, c.name, 0, c.length, False, _NO_END))
    return pd.DataFrame(rows, columns=["contig", "volume", "origin", "length", "whole", "most"])


def contig_length(contig: Contig, lengths: bool) -> int | None:
    """Length of the whole contig where it is known: the volume is whole, or the book is GRCh38."""
    if contig.name == contig.contig:
        return contig.length
    return LENGTHS.get(canonical(contig.contig)) if lengths else None
