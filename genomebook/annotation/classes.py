"""Classes of annotation: which letters of a book are in an Alu, an exon, a CpG island.

Every class is a set of letters: intervals of one kind, merged. A letter may be in many classes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import bioframe
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.annotation.class_names import (
    EXON,
    FEATURES,
    INTERGENIC,
    INTRON,
    PROMOTER,
    REPEAT,
    SOFT_MASK,
    STRANDS,
    class_of_biotype,
    class_of_file,
    is_gene_file,
    repeat_classes,
)
from genomebook.annotation.grounded_titles import plain
from genomebook.annotation.tracks import features_choice, file_stem, placed_rows, track_digest
from genomebook.errors import AnnotationError
from genomebook.files.progress import Advance, no_progress
from genomebook.genome.regions import Contig
from genomebook.genome.stretches import prefix_sums

MAX_CLASSES = 64
"""Classes of a book."""

MAX_BIOTYPES = 12
"""Biotypes of genes that are classes: those with the most letters."""

UPSTREAM = 1_000
"""Letters before the start of a gene that are its promoter, where no track of promoters is given."""

Spans = NDArray[np.int64]

_GENE = ["volume", "start", "end", "strand", "biotype", "clipped"]


@dataclass(frozen=True)
class AnnotationSource:
    """A file that classes come from.

    Attributes
    ----------
    name : str
        Without its folder.
    digest : str
        SHA-256 of the file (of the runs as int64 starts and ends for a soft mask), hexadecimal.
    classes : tuple of str
        What it gave, apart from what follows from genes.
    """

    name: str
    digest: str
    classes: tuple[str, ...]


@dataclass(frozen=True)
class AnnotationClasses:
    """Classes of the letters of a book.

    Attributes
    ----------
    names : tuple of str
        At most `MAX_CLASSES`, in a fixed order: as read, then those derived from genes.
    spans : dict of str to list of int64[k, 2]
        For each volume, for each class: 0-based half-open local intervals, ascending, none touch.
    heard : bool[classes, volumes]
        Whether a source of the class says anything at all of the volume, volumes in the order of ``spans``.
        A class is unknown, not absent, where this is False.
    sources : tuple of AnnotationSource
        Where they come from.
    """

    names: tuple[str, ...]
    spans: Mapping[str, Sequence[Spans]]
    heard: NDArray[np.bool_]
    sources: tuple[AnnotationSource, ...]


@dataclass
class _Collected:
    """What the files said, before it is merged: rows with volume, start, end and label."""

    labelled: list[pd.DataFrame] = field(default_factory=list)
    genes: list[pd.DataFrame] = field(default_factory=list)
    heard: dict[str, set[str]] = field(default_factory=dict)
    sources: list[AnnotationSource] = field(default_factory=list)

    def add(self, rows: pd.DataFrame, labels: pd.Series[str] | str, volumes: set[str]) -> tuple[str, ...]:
        """Keep rows under labels (an empty label is none); ``volumes`` are those that the file speaks of."""
        rows = rows[["volume", "start", "end"]].assign(label=labels)
        rows = rows[(rows["label"] != "") & (rows["start"] < rows["end"])]
        self.labelled.append(rows)
        names = tuple(str(label) for label in rows["label"].unique())
        for name in names:
            self.heard.setdefault(name, set()).update(volumes)
        return names


def read_classes(
    paths: Sequence[Path],
    contigs: Sequence[Contig],
    *,
    genes: pd.DataFrame | None = None,
    soft_mask: Callable[[], Mapping[str, Spans]] = dict,
    assembly: str = "",
    advance: Advance = no_progress,
) -> AnnotationClasses:
    """Read the classes of a book from files of annotation.

    Parameters
    ----------
    paths : sequence of Path
        Files that `genomebook.annotation.tracks.read_tracks` reads. GFF3 and GTF of genes give exon, CDS,
        UTRs, and with their genes what a table of genes gives. Tables of genes (a column of biotypes, or a
        file called genes) give strands, biotypes, intergenic, intron where exons are known, and promoter (the
        `UPSTREAM` letters before a gene, by its strand) where no track gives it. Files of repeats (a column
        holds SINE/Alu, or SINE and Alu) give a class for each family, and ``repeat``. Any other GFF3 or GTF
        file gives a class for each feature type, any other file one class, named after the file.
    contigs : sequence of Contig
        Volumes in book order.
    genes : DataFrame, optional
        Genes of the book (`genomebook.annotation.genes.read_genes`); a file with genes replaces them.
    soft_mask : callable
        Gives the lower-case runs of each volume that has some; asked when no file is of repeats.
    assembly : str
        Of the book, where known.
    advance : callable
        Told the files read.

    Raises
    ------
    AnnotationError
        When a file is refused, there are more than `MAX_CLASSES` classes, or none at all.
    """
    found = _Collected()
    for path in paths:
        _read(path, contigs, assembly, found)
        advance(1)
    if genes is not None and len(genes) and not found.genes:
        found.genes.append(genes[_GENE])
    if REPEAT not in found.heard and SOFT_MASK not in found.heard:
        _add_mask(soft_mask(), found)
    return _merged(found, contigs)


def _read(path: Path, contigs: Sequence[Contig], assembly: str, found: _Collected) -> None:
    rows = placed_rows(path, contigs, features_choice(rest=True), assembly, all_contigs=True)
    volumes = set(rows["volume"].astype(str))
    names: tuple[str, ...] = ()
    stem = file_stem(path)
    families = repeat_classes(rows["rest"]) if "rest" in rows else None
    if "feature" in rows:
        genes = rows[rows["gene"]]
        parts = rows[rows["feature"].isin(list(FEATURES))]
        if len(parts) or len(genes):
            names = found.add(parts, parts["feature"].map(FEATURES), volumes)
        else:
            readable = {kind: plain(kind.replace("_", " ")) for kind in rows["feature"].unique()}
            names = found.add(rows, rows["feature"].map(readable), volumes)
    elif families is not None:
        genes = rows.iloc[:0]
        names = (*found.add(rows, families, volumes), *found.add(rows, REPEAT, volumes))
    elif (rows["biotype"] != "").any() or is_gene_file(stem):
        genes = rows
    else:
        genes = rows.iloc[:0]
        names = found.add(rows, class_of_file(stem), volumes)
    if len(genes):
        found.genes.append(genes[_GENE])
    found.sources.append(AnnotationSource(path.name, track_digest(path), names))


def _add_mask(runs: Mapping[str, Spans], found: _Collected) -> None:
    if not runs:
        return
    digest = hashlib.sha256()
    for volume, spans in runs.items():
        digest.update(np.ascontiguousarray(spans, "<i8").tobytes())
        rows = pd.DataFrame({"volume": volume, "start": spans[:, 0], "end": spans[:, 1]})
        names = found.add(rows, SOFT_MASK, {volume})
    found.sources.append(AnnotationSource("letters of the book", digest.hexdigest(), names))


def _merged(found: _Collected, contigs: Sequence[Contig]) -> AnnotationClasses:
    """Merge the intervals of each class, on one line where the volumes stand end to end, a letter apart."""
    lengths = np.array([contig.length for contig in contigs], np.int64)
    offsets = prefix_sums(lengths + 1)
    at = {contig.name: int(offset) for contig, offset in zip(contigs, offsets[:-1], strict=True)}

    def lined(rows: pd.DataFrame) -> pd.DataFrame:
        start = rows["volume"].astype(object).map(at).astype("int64")
        return rows.assign(start=rows["start"] + start, end=rows["end"] + start)

    classes: dict[str, Spans] = {}
    if found.labelled:
        rows = lined(pd.concat(found.labelled, ignore_index=True))
        for name, one in rows.groupby("label", sort=False):
            classes[str(name)] = _union(one["start"], one["end"])
    if found.genes:
        genes = lined(pd.concat(found.genes, ignore_index=True))
        volumes = set(genes["volume"].astype(str))
        known = np.array([[at[c.name], at[c.name] + c.length] for c in contigs if c.name in volumes])
        for name, spans in _of_genes(genes, classes, known).items():
            classes[name] = spans
            found.heard.setdefault(name, set()).update(volumes)
    classes = {name: spans for name, spans in classes.items() if len(spans)}
    if not classes:
        raise AnnotationError(
            "no annotation: the book has no genes and no soft mask, and no track is given; "
            "give one with --track, such as a GFF3 of genes or a table of repeats"
        )
    if len(classes) > MAX_CLASSES:
        raise AnnotationError(
            f"{len(classes)} classes of annotation, {MAX_CLASSES} at most; give fewer tracks"
        )
    heard = [[contig.name in found.heard[name] for contig in contigs] for name in classes]
    by_class = [_within(spans, offsets[:-1], lengths) for spans in classes.values()]
    spans_of = {contig.name: list(spans) for contig, *spans in zip(contigs, *by_class, strict=True)}
    return AnnotationClasses(tuple(classes), spans_of, np.array(heard, bool), tuple(found.sources))


def _of_genes(genes: pd.DataFrame, classes: Mapping[str, Spans], known: Spans) -> dict[str, Spans]:
    """Classes that follow from the places of genes; ``known`` are the volumes that have some."""
    derived = {}
    for sign, name in STRANDS.items():
        rows = genes[genes["strand"] == sign]
        derived[name] = _union(rows["start"], rows["end"])
    kinds = {}
    for biotype, rows in genes[genes["biotype"] != ""].groupby("biotype", sort=True):
        kinds[class_of_biotype(str(biotype))] = _union(rows["start"], rows["end"])
    widest = sorted(kinds, key=lambda kind: -int(np.diff(kinds[kind]).sum()))[:MAX_BIOTYPES]
    derived |= {kind: kinds[kind] for kind in sorted(widest)}
    inside = _union(genes["start"], genes["end"])
    if EXON in classes and INTRON not in classes:
        derived[INTRON] = _minus(inside, classes[EXON])
    derived[INTERGENIC] = _minus(known, inside)
    if PROMOTER not in classes:
        derived[PROMOTER] = _promoters(genes, known)
    return derived


def _promoters(genes: pd.DataFrame, known: Spans) -> Spans:
    """Letters before each gene, kept inside its volume; none for a gene whose start is cut off."""
    volume = np.searchsorted(known[:, 0], genes["start"], "right") - 1
    first, last = known[volume, 0], known[volume, 1]
    cut = genes["clipped"].to_numpy(bool)
    start, end, strand = (genes[column].to_numpy() for column in ("start", "end", "strand"))
    forward = (strand == "+") & ~(cut & (start == first))
    backward = (strand == "-") & ~(cut & (end == last))
    starts = np.concatenate([np.maximum(start - UPSTREAM, first)[forward], end[backward]])
    ends = np.concatenate([start[forward], np.minimum(end + UPSTREAM, last)[backward]])
    return _union(pd.Series(starts), pd.Series(ends))


def _frame(spans: Spans) -> pd.DataFrame:
    return pd.DataFrame({"chrom": "one", "start": spans[:, 0], "end": spans[:, 1]})


def _spans(frame: pd.DataFrame) -> Spans:
    return frame[["start", "end"]].to_numpy(np.int64)


def _union(starts: pd.Series[int], ends: pd.Series[int]) -> Spans:
    spans: Spans = np.stack([starts.to_numpy("int64"), ends.to_numpy("int64")], axis=1)
    spans = spans[spans[:, 0] < spans[:, 1]]
    return _spans(bioframe.merge(_frame(spans), min_dist=0)) if len(spans) else spans


def _minus(spans: Spans, others: Spans) -> Spans:
    if not len(spans) or not len(others):
        return spans
    return _spans(bioframe.subtract(_frame(spans), _frame(others)))


def _within(spans: Spans, firsts: NDArray[np.int64], lengths: NDArray[np.int64]) -> list[Spans]:
    """Spans of the line that lie in each volume, local to it."""
    lows, highs = np.searchsorted(spans[:, 0], [firsts, firsts + lengths])
    return [spans[low:high] - first for low, high, first in zip(lows, highs, firsts, strict=True)]
