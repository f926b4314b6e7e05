"""Annotation classes: which bases of a book are in an Alu, an exon, a CpG island.

A class is the merged intervals of one kind. A base may be in many classes.
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
"""Gene biotypes that become classes: those with the most bases."""

UPSTREAM = 1_000
"""Bases before a gene that count as its promoter, unless a promoter track is given."""

Spans = NDArray[np.int64]

_GENE = ["volume", "start", "end", "strand", "biotype", "clipped"]


@dataclass(frozen=True)
class AnnotationSource:
    """A file that classes come from.

    Attributes
    ----------
    name : str
        File name.
    digest : str
        SHA-256 of the file in hexadecimal (for a soft mask, of its runs as int64 starts and ends).
    classes : tuple of str
        Classes of its intervals, without those derived from genes.
    """

    name: str
    digest: str
    classes: tuple[str, ...]


@dataclass(frozen=True)
class AnnotationClasses:
    """Annotation classes of a book.

    Attributes
    ----------
    names : tuple of str
        At most `MAX_CLASSES`, in a fixed order: as read, then those derived from genes.
    spans : dict of str to list of int64[k, 2]
        For each volume and class: 0-based half-open local intervals, ascending, not touching.
    heard : bool[classes, volumes]
        Whether a source of the class covers the volume (in the order of ``spans``); where False, the class is
        unknown, not absent.
    sources : tuple of AnnotationSource
        Files that the classes come from.
    """

    names: tuple[str, ...]
    spans: Mapping[str, Sequence[Spans]]
    heard: NDArray[np.bool_]
    sources: tuple[AnnotationSource, ...]


@dataclass
class _Collected:
    """Rows of all files before merging, with volume, start, end and label."""

    labelled: list[pd.DataFrame] = field(default_factory=list)
    genes: list[pd.DataFrame] = field(default_factory=list)
    heard: dict[str, set[str]] = field(default_factory=dict)
    sources: list[AnnotationSource] = field(default_factory=list)

    def add(self, rows: pd.DataFrame, labels: pd.Series[str] | str, volumes: set[str]) -> tuple[str, ...]:
        """Add rows by label (those without one are dropped); ``volumes`` are those that the file covers."""
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
    """Read the annotation classes of a book from files.

    Parameters
    ----------
    paths : sequence of Path
        Files for `genomebook.annotation.tracks.read_tracks`. Gene tables (with biotypes, or named genes) give
        strands, biotypes, intergenic, intron if exons are known, and promoter (`UPSTREAM` bases) unless a
        track gives it; GFF3 and GTF of genes also give exon, CDS and UTRs. Repeat files (with a column
        SINE/Alu, or SINE and Alu) give a class for each family, and ``repeat``. Any other GFF3 or GTF file
        gives a class for each feature type, any other file one class, named after the file.
    contigs : sequence of Contig
        Volumes in book order.
    genes : DataFrame, optional
        Genes of the book (`genomebook.annotation.genes.read_genes`); a file with genes replaces them.
    soft_mask : callable
        Returns the lower-case runs of each volume that has any; called if there is no repeat file.
    assembly : str
        Assembly of the book, if known.
    advance : callable
        Called with the number of files read.

    Raises
    ------
    AnnotationError
        A file is refused, there are more than `MAX_CLASSES` classes, or none at all.
    """
    collected = _Collected()
    for path in paths:
        _read(path, contigs, assembly, collected)
        advance(1)
    if genes is not None and len(genes) and not collected.genes:
        collected.genes.append(genes[_GENE])
    if REPEAT not in collected.heard and SOFT_MASK not in collected.heard:
        _add_mask(soft_mask(), collected)
    return _merged(collected, contigs)


def _read(path: Path, contigs: Sequence[Contig], assembly: str, collected: _Collected) -> None:
    rows = placed_rows(path, contigs, features_choice(rest=True), assembly, all_contigs=True)
    volumes = set(rows["volume"].astype(str))
    names: tuple[str, ...] = ()
    stem = file_stem(path)
    families = repeat_classes(rows["rest"]) if "rest" in rows else None
    if "feature" in rows:
        genes = rows[rows["gene"]]
        parts = rows[rows["feature"].isin(list(FEATURES))]
        if len(parts) or len(genes):
            names = collected.add(parts, parts["feature"].map(FEATURES), volumes)
        else:
            readable = {kind: plain(kind.replace("_", " ")) for kind in rows["feature"].unique()}
            names = collected.add(rows, rows["feature"].map(readable), volumes)
    elif families is not None:
        genes = rows.iloc[:0]
        names = (*collected.add(rows, families, volumes), *collected.add(rows, REPEAT, volumes))
    elif (rows["biotype"] != "").any() or is_gene_file(stem):
        genes = rows
    else:
        genes = rows.iloc[:0]
        names = collected.add(rows, class_of_file(stem), volumes)
    if len(genes):
        collected.genes.append(genes[_GENE])
    collected.sources.append(AnnotationSource(path.name, track_digest(path), names))


def _add_mask(runs: Mapping[str, Spans], collected: _Collected) -> None:
    if not runs:
        return
    digest = hashlib.sha256()
    for volume, spans in runs.items():
        digest.update(np.ascontiguousarray(spans, "<i8").tobytes())
        rows = pd.DataFrame({"volume": volume, "start": spans[:, 0], "end": spans[:, 1]})
        names = collected.add(rows, SOFT_MASK, {volume})
    collected.sources.append(AnnotationSource("letters of the book", digest.hexdigest(), names))


def _merged(collected: _Collected, contigs: Sequence[Contig]) -> AnnotationClasses:
    """Merge the intervals of each class, with the volumes laid end to end, one base apart."""
    lengths = np.array([contig.length for contig in contigs], np.int64)
    offsets = prefix_sums(lengths + 1)
    at = {contig.name: int(offset) for contig, offset in zip(contigs, offsets[:-1], strict=True)}

    def lined(rows: pd.DataFrame) -> pd.DataFrame:
        start = rows["volume"].astype(object).map(at).astype("int64")
        return rows.assign(start=rows["start"] + start, end=rows["end"] + start)

    classes: dict[str, Spans] = {}
    if collected.labelled:
        rows = lined(pd.concat(collected.labelled, ignore_index=True))
        for name, group in rows.groupby("label", sort=False):
            classes[str(name)] = _union(group["start"], group["end"])
    if collected.genes:
        genes = lined(pd.concat(collected.genes, ignore_index=True))
        volumes = set(genes["volume"].astype(str))
        known = np.array([[at[c.name], at[c.name] + c.length] for c in contigs if c.name in volumes])
        for name, spans in _of_genes(genes, classes, known).items():
            classes[name] = spans
            collected.heard.setdefault(name, set()).update(volumes)
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
    heard = [[contig.name in collected.heard[name] for contig in contigs] for name in classes]
    by_class = [_within(spans, offsets[:-1], lengths) for spans in classes.values()]
    spans_of = {contig.name: list(spans) for contig, *spans in zip(contigs, *by_class, strict=True)}
    return AnnotationClasses(tuple(classes), spans_of, np.array(heard, bool), tuple(collected.sources))


def _of_genes(genes: pd.DataFrame, classes: Mapping[str, Spans], known: Spans) -> dict[str, Spans]:
    """Classes derived from genes; ``known`` are the volumes with genes."""
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
    """Bases before each gene, within its volume; none for a gene whose start is cut off."""
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
    """Spans in each volume, local to it."""
    lows, highs = np.searchsorted(spans[:, 0], [firsts, firsts + lengths])
    return [spans[low:high] - first for low, high, first in zip(lows, highs, firsts, strict=True)]
