"""Tracks: intervals of independent annotation on the volumes of a book, and their edges."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import bioframe
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.annotation.places import (
    check_assembly,
    contig_length,
    fit,
    note_left_out,
    other_length,
    resolver,
)
from genomebook.annotation.tables import FileContigs, RowFilter, read_rows
from genomebook.errors import AnnotationError
from genomebook.genome.regions import Contig
from genomebook.genome.stretches import true_runs

COLUMNS = ["volume", "start", "end", "strand"]
"""Columns of the intervals of a track."""

GENE_PARTS = ("gene", "exon", "CDS", "tRNA")
"""Tracks made from a gene file, where it has them."""

_TRNA = r"(?:Mt_)?tRNA(?:_gene)?"
_WHOLE_SEQUENCES = ("chromosome", "region", "scaffold", "supercontig", "contig")
_FORMAT_ENDING = re.compile(
    r"\.(?:gz|bgz|gff3?|gtf|bed[0-9]*|tsv|txt|bedgraph|(?:narrow|broad|gapped)peak)$", re.I
)

Target = Callable[[str], str | None]


class Sized(Protocol):
    """A volume: of a book, or a `Contig`."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def length(self) -> int: ...  # noqa: D102


class Readable(Sized, Protocol):
    """A volume with its sequence."""

    def sequence(self) -> bytes: ...  # noqa: D102


@dataclass(frozen=True)
class AnnotationTrack:
    """Intervals of one kind in a book.

    Attributes
    ----------
    name : str
        Feature type, or name of the file.
    source : str
        Name of the file, without its folder.
    digest : str
        SHA-256 of the file in hexadecimal (for a soft mask, of its runs as int64 starts and ends).
    intervals : DataFrame
        ``volume`` (ordered category), ``start``, ``end`` (int64, 0-based half-open, local to the volume,
        clipped to slices), ``strand`` (``+``, ``-`` or ``.``); sorted, without duplicates.
    """

    name: str
    source: str
    digest: str
    intervals: pd.DataFrame


def read_tracks(
    path: Path, contigs: Sequence[Contig], features: Sequence[str] = (), assembly: str = ""
) -> list[AnnotationTrack]:
    """Read the intervals of a file that lie in a book.

    Parameters
    ----------
    path : Path
        BED with three columns or more, narrowPeak and the like, a UCSC table with a header (``#chrom
        chromStart chromEnd``, ``#bin ... genoName genoStart genoEnd``; 0-based), GFF3, GTF, or a TSV with
        ``start`` and ``end`` (1-based inclusive); plain, gzip, bgzip or bzip2. The name gives the format.
    contigs : sequence of Contig
        The volumes in book order. Names in the file are resolved through aliases.
    features : sequence of str
        Feature types of a GFF3 or GTF file, one track each. By default `GENE_PARTS`, or if the file has none
        of these, every type except whole sequences.
    assembly : str
        Assembly of the book, if known (``GRCh38``, ``hg38``).

    Returns
    -------
    list of AnnotationTrack
        One, or one per feature type, without those that have no interval in the book. A table with biotypes
        gives ``gene`` and ``tRNA``.

    Raises
    ------
    AnnotationError
        The file cannot be read, has impossible rows or none in this book, or is for another assembly: it says
        so, or has intervals beyond the end of a contig.
    """
    placed = placed_rows(path, contigs, features_choice(features), assembly)
    digest = track_digest(path)
    tracks = []
    for name, chosen in _parts(placed, features, path):
        kept = placed.loc[chosen, COLUMNS].drop_duplicates().sort_values(COLUMNS, ignore_index=True)
        if len(kept):
            tracks.append(AnnotationTrack(name, path.name, digest, kept))
    return tracks


def track_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def placed_rows(
    path: Path,
    contigs: Sequence[Contig],
    choice: RowFilter | None = None,
    assembly: str = "",
    all_contigs: bool = False,
) -> pd.DataFrame:
    """Read the rows of a file that lie in a book, with the errors of `read_tracks`.

    Parameters
    ----------
    path, contigs, assembly
        As for `read_tracks`.
    choice : RowFilter, optional
        Which rows and columns; all features by default.
    all_contigs : bool
        These are all volumes of the book: warn of rows on other contigs.

    Returns
    -------
    DataFrame
        Columns of `genomebook.annotation.tables.read_rows` and `genomebook.annotation.places.fit`, and
        ``line`` (its number), in file order.
    """
    stated = check_assembly(path, assembly)
    target = resolver(path, contigs, assembly)
    seen = FileContigs()
    frames = list(
        read_rows(path, lambda contig: target(contig) is not None, seen, choice or features_choice())
    )
    rows = pd.concat(frames).rename_axis("line").reset_index() if frames else pd.DataFrame()
    if rows.empty:
        raise AnnotationError(_elsewhere(path, list(seen.rows), contigs))
    if all_contigs:
        note_left_out(path, seen.rows, target, "rows")
    placed = fit(rows, contigs, target, assembly, seen.circular)
    check_intervals(placed, contigs, True, str(path), assembly, stated or "")
    if placed.empty:
        raise AnnotationError(_beside(path, rows, contigs, target))
    return placed


def check_intervals(
    intervals: pd.DataFrame,
    contigs: Sequence[Contig],
    raise_errors: bool = False,
    source: str = "the track",
    assembly: str = "",
    file_assembly: str = "",
) -> bool:
    """Whether every interval is possible: 0 <= start <= end <= length of its volume.

    Parameters
    ----------
    intervals : DataFrame
        At least volume, start, end (local, 0-based half-open); ``line``, if present, is named in the error.
    contigs : sequence of Contig
        The volumes.
    raise_errors : bool
        Raise instead of returning False.
    source : str
        Name of the track in the message.
    assembly, file_assembly : str
        Assemblies of the book and of the file, if known.

    Raises
    ------
    AnnotationError
        With `raise_errors`: an interval is not on a volume of the book, ends before it starts, or lies beyond
        the end, as those of another assembly do.
    """
    by_name = {contig.name: contig for contig in contigs}
    volume = intervals["volume"].astype(object)
    unknown = ~volume.isin(by_name)
    length = volume.map({name: contig.length for name, contig in by_name.items()}).fillna(0)
    origin = volume.map({name: contig.origin for name, contig in by_name.items()})
    wrong = (intervals["start"] > intervals["end"]) | (intervals["start"] + origin < 0)
    beyond = (intervals["end"] > length) | (intervals["start"] < 0)
    if not (unknown | wrong | beyond).any():
        return True
    if not raise_errors:
        return False
    bad = unknown if unknown.any() else wrong if wrong.any() else beyond
    first = intervals[bad].iloc[0]
    where = f"line {first['line']}, " if "line" in intervals else ""
    if unknown.any():
        raise AnnotationError(
            f"{source}: no chromosome or sequence {first['volume']} in this book; read the track again"
        )
    contig = by_name[first["volume"]]
    place = f"{contig.contig}:{first['start'] + contig.origin + 1}-{first['end'] + contig.origin}"
    if wrong.any():
        raise AnnotationError(
            f"{source}: {bad.sum()} of {len(intervals)} intervals end before they start or start below 1, "
            f"first {where}{place}; correct these rows"
        )
    end = contig_length(contig, assembly) or contig.origin + contig.length
    raise AnnotationError(
        f"{source}: {bad.sum()} of {len(intervals)} intervals lie beyond the end, first {where}{place} where "
        f"{contig.contig} has {end:,} bases; the track ({file_assembly or 'unknown assembly'}) seems to be "
        f"of another assembly than the book ({assembly or 'unknown assembly'}): lift it over, or give the "
        "track of this book's assembly"
    )


def edges(track: AnnotationTrack, volume: Sized) -> NDArray[np.int64]:
    """Starts and ends of the merged intervals of a track in one volume.

    Parameters
    ----------
    track : AnnotationTrack
        Its intervals are merged if they share a base, not if they only touch.
    volume : Sized
        Anything with ``name`` and ``length``.

    Returns
    -------
    int64[m]
        Bases before each edge, ascending, without duplicates and without the ends of the volume.
    """
    rows = track.intervals[track.intervals["volume"] == volume.name]
    if rows.empty:
        return np.empty(0, np.int64)
    frame = rows[["start", "end"]].assign(chrom="one")
    merged = bioframe.merge(frame, min_dist=None)
    positions = np.unique(merged[["start", "end"]].to_numpy(np.int64))
    return positions[(positions > 0) & (positions < volume.length)]


def mask_track(volume: Readable, letters: NDArray[np.uint8] | None = None) -> AnnotationTrack:
    """Make a track of the soft-masked (lower-case) runs of a volume.

    Parameters
    ----------
    volume : Readable
        Volume of a book.
    letters : uint8[n], optional
        Its sequence, if already loaded.

    Raises
    ------
    AnnotationError
        The volume has no lower-case letters.
    """
    if letters is None:
        letters = np.frombuffer(volume.sequence(), np.uint8)
    runs = true_runs(letters >= ord("a"))
    if not len(runs):
        raise AnnotationError(
            f"{volume.name}: has no soft mask (no lower-case letters); build the book from a soft-masked "
            "FASTA, or give a track of repeats"
        )
    volumes = pd.Categorical([volume.name] * len(runs), [volume.name], ordered=True)
    intervals = pd.DataFrame({"volume": volumes, "start": runs[:, 0], "end": runs[:, 1], "strand": "."})
    digest = hashlib.sha256(runs.astype("<i8").tobytes()).hexdigest()
    return AnnotationTrack("soft mask", "letters of the book", digest, intervals)


def features_choice(features: Sequence[str] = (), rest: bool = False) -> RowFilter:
    """Filter for rows of the given feature types (by default all); see `RowFilter` for ``rest``."""

    def rows(lines: pd.DataFrame) -> pd.Series[bool]:
        if not features:
            return ~lines["feature"].isin(_WHOLE_SEQUENCES)
        chosen = lines["feature"].isin(features)
        if "gene" in features or "tRNA" in features:
            chosen |= lines["gene"] | lines["feature"].str.fullmatch(_TRNA)
        return chosen

    return RowFilter(
        "intervals", " or ".join(features) or "anything", rows, ("biotype",), ("start", "end"), rest
    )


def _parts(rows: pd.DataFrame, features: Sequence[str], path: Path) -> Iterator[tuple[str, pd.Series[bool]]]:
    """Yield the name and rows of each track of a file; a table of plain intervals is one track."""
    trna = rows["biotype"].str.fullmatch(_TRNA)
    if "feature" not in rows:
        plain = not (rows["biotype"] != "").any()
        yield file_stem(path) if plain else "gene", rows["start"] <= rows["end"]
        if not plain:
            yield "tRNA", trna
        return

    def of(kind: str) -> pd.Series[bool]:
        special = {"gene": rows["gene"], "tRNA": rows["gene"] & trna | rows["feature"].str.fullmatch(_TRNA)}
        return special.get(kind, rows["feature"] == kind)

    usual = [kind for kind in GENE_PARTS if of(kind).any()]
    for kind in features or usual or rows["feature"].unique().tolist():
        yield kind, of(kind)


def file_stem(path: Path) -> str:
    """File name without format and compression suffixes."""
    name = path.name
    while ending := _FORMAT_ENDING.search(name):
        name = name[: ending.start()]
    return name or path.name


def _elsewhere(path: Path, seen: Sequence[str], contigs: Sequence[Contig]) -> str:
    book = ", ".join(contig.name for contig in contigs[:3]) + (", ..." if len(contigs) > 3 else "")
    if not any(seen):
        return f"{path}: does not say on which contig its rows lie; add a column chrom (the book has {book})"
    about = ", ".join(seen[:3]) + (", ..." if len(seen) > 3 else "")
    return (
        f"{path}: is for other contigs than this book; it has {about}, the book has {book}; "
        f"{other_length(seen, contigs)}give the track of the same contigs"
    )


def _beside(path: Path, rows: pd.DataFrame, contigs: Sequence[Contig], target: Target) -> str:
    """Message for rows that all lie outside the slices of their contigs."""
    names = {str(target(name)) for name in rows["contig"].unique()}
    book = ", ".join([contig.name for contig in contigs if {contig.contig, contig.name} & names][:3])
    first, last = rows["start"].min() + 1, rows["end"].max()
    return (
        f"{path}: has no overlap with this book; its {len(rows)} intervals on {rows['contig'].iloc[0]} lie "
        f"within {first:,}-{last:,}, the book has {book}; give a track that covers it"
    )
