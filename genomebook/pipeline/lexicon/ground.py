"""Stage: enrichment of the words of a book in annotation (``grounded.parquet``, ``tags.parquet``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.annotation.classes import AnnotationClasses, Spans, read_classes
from genomebook.annotation.genes import Genes
from genomebook.book.annex import Draft, adding
from genomebook.book.annotation import write_annotation
from genomebook.book.lexicon import write_word_table
from genomebook.book.read import Book, Volume
from genomebook.book.schema import ANNOTATION, GENES, GROUNDED, TAGS
from genomebook.errors import AnnotationError, DamagedBookError
from genomebook.files.progress import Stage, no_stages
from genomebook.lexicon.grounded import FALSE_DISCOVERY_RATE, MIN_EXPECTED, enriched, grounded_table
from genomebook.lexicon.layers import Layer, Stack
from genomebook.lexicon.phrases import tags_table
from genomebook.lexicon.shifts import measure, shifts_for

CHUNK = 1 << 20


@dataclass(frozen=True)
class Grounded:
    """Result of grounding.

    Attributes
    ----------
    table, tags : DataFrame
        Schemas ``grounded.parquet`` and ``tags.parquet``.
    classes : tuple of str
        Tested classes.
    shifts : int
        Circular shifts.
    """

    table: pd.DataFrame
    tags: pd.DataFrame
    classes: tuple[str, ...]
    shifts: int

    @property
    def tagged(self) -> int:
        """Number of words enriched in some class."""
        return int(self.tags["tag"].notna().sum())


def ground(
    path: Path,
    tracks: Sequence[Path] = (),
    *,
    shifts: int = 0,
    seed: int = 1,
    threads: int = 1,
    progress: Stage = no_stages,
) -> Grounded:
    """Test each word of a book for enrichment in annotation classes and add the tables to the book.

    Parameters
    ----------
    path : Path
        Path of the book; it gets the folder ``ground`` with the tables, where the classes are and, in the
        manifest, the sources with their digests, classes, shifts, seed, tests and words enriched.
    tracks : sequence of Path
        Annotation (`genomebook.annotation.classes.read_classes`), beside the genes and the soft mask that
        the book has.
    shifts : int
        Circular shifts; 0: as many as `genomebook.lexicon.shifts.shifts_for` gives it.
    seed : int
        Decides the shifts.
    threads : int
        Do not change the result.
    progress : callable
        Progress of each stage.

    Raises
    ------
    AnnotationError
        When a track is refused, or there is nothing to ground on.
    BookError
        When there is no book, or a damaged one.
    """
    with adding(path, "ground") as draft:
        return _ground(Book.open(path), draft, tracks, shifts, seed, threads, progress)


def _ground(
    book: Book, draft: Draft, tracks: Sequence[Path], shifts: int, seed: int, threads: int, progress: Stage
) -> Grounded:
    classes = classes_of(book, tracks, progress)
    stack, heard = stack_of(book, classes)
    number = shifts or shifts_for(stack.words)
    measured = measure(stack, heard, number, seed, threads, progress("shifts", number))
    table = grounded_table(measured, classes.names)
    tags = tags_table(table, book.lexicon.table)
    grounded = Grounded(table, tags, classes.names, number)
    for name, content in ((GROUNDED, table), (TAGS, tags)):
        write_word_table(draft.folder / name, content, name)
    by_class = list(zip(*(classes.spans[volume.name] for volume in book), strict=True))
    intervals = write_annotation(draft.folder / ANNOTATION, by_class, book.contents.lengths)
    draft.about = _record(grounded, classes, seed, intervals)
    return grounded


def classes_of(
    book: Book,
    tracks: Sequence[Path],
    progress: Stage = no_stages,
) -> AnnotationClasses:
    """Read annotation classes from tracks and from the genes and soft mask of a book."""
    genes = Genes.open(book.folder.checked(GENES)).table if book.has_genes else None
    done = progress("annotation", len(tracks))

    def masks() -> dict[str, Spans]:
        return {volume.name: _lower(volume) for volume in book if volume.is_soft_masked}

    try:
        return read_classes(
            tracks, book.contigs, genes=genes, soft_mask=masks, assembly=book.assembly, advance=done
        )
    except AnnotationError as error:
        if tracks:
            raise
        raise AnnotationError(f"{book.path}: {error}") from None


def _lower(volume: Volume) -> Spans:
    """Lower-case runs of a volume: int64[k, 2]."""
    return volume.lower_case().astype(np.int64)


def stack_of(book: Book, classes: AnnotationClasses) -> tuple[Stack, NDArray[np.bool_]]:
    """Combine words and classes of each volume; also which classes are known in which volume.

    Raises
    ------
    DamagedBookError
        When words are not in the vocabulary or do not fill the volume.
    """
    layers, kept = [], []
    lengths = book.vocabulary.lengths
    for number, volume in enumerate(book):
        end = volume.origin + volume.length
        ids = volume.ids[:]
        layer = Layer.of(
            volume.contig, volume.origin, end, ids, volume.gaps(), classes.spans[volume.name]
        )  # fmt: skip
        _check(volume, lengths, layer.size)
        if layer.size:
            layers.append(layer)
            kept.append(number)
    return Stack(tuple(layers), lengths, len(classes.names)), classes.heard[:, kept]


def _check(volume: Volume, lengths: NDArray[np.uint8], size: int) -> None:
    letters = 0
    for first in range(0, len(volume.ids), CHUNK):
        ids = volume.ids[first : first + CHUNK]
        if int(ids.max()) >= len(lengths):
            letters = -1
            break
        letters += int(lengths[ids].sum(dtype=np.int64))
    if letters != size:
        raise DamagedBookError(
            f"{volume.files.words}: its words do not fill {volume.name}; restore the file or rebuild the book"
        )


def _record(
    grounded: Grounded, classes: AnnotationClasses, seed: int, intervals: list[int]
) -> dict[str, Any]:
    return {
        "sources": [{**asdict(source), "classes": list(source.classes)} for source in classes.sources],
        "classes": list(classes.names),
        "intervals": intervals,
        "heard": [np.flatnonzero(volumes).tolist() for volumes in classes.heard],
        "shifts": grounded.shifts,
        "seed": seed,
        "least_expected": MIN_EXPECTED,
        "false_discoveries": FALSE_DISCOVERY_RATE,
        "tests": len(grounded.table),
        "enriched": len(enriched(grounded.table)),
        "words_enriched": grounded.tagged,
    }
