"""Stage: a book, and tracks beside it, to its ``evidence.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from genomebook.annotation.evidence import LEVELS, Evidence, EvidenceRow, RowRecord, write_evidence
from genomebook.annotation.genes import Genes
from genomebook.annotation.punctuation import punctuation
from genomebook.annotation.tracks import AnnotationTrack, edges, mask_track, read_tracks
from genomebook.book.annex import adding
from genomebook.book.read import Book, Volume
from genomebook.book.schema import EVIDENCE, GENES
from genomebook.errors import AnnotationError
from genomebook.files.progress import Message, no_message
from genomebook.genome.names import canonical
from genomebook.genome.regions import Contig
from genomebook.pipeline.evidence.volume import compared_row, measure
from genomebook.segmentation.scorer import BoundaryScorer, scorer_of


def measure_book(
    path: Path,
    tracks: Sequence[Path] = (),
    volume: str = "",
    *,
    reader: str = "",
    english: Path | None = None,
    notes: Sequence[str] = (),
    shuffles: int = 3,
    threads: int = 1,
    report: Message = no_message,
) -> Evidence:
    """Measure the boundaries of one volume of a book and write ``evidence.json`` into the book.

    Parameters
    ----------
    path : Path
        Path of the book; it gets the folder ``evidence``.
    tracks : sequence of Path
        Annotation (`genomebook.annotation.tracks.read_tracks`); the soft mask is taken from the letters.
    volume : str
        Name or alias; the longest when empty.
    reader : str
        Where the book's neural reader is, when not a shipped one.
    english : Path, optional
        Rows that ``python -m benchmarks.segmentation.english_evidence`` wrote.
    notes : sequence of str
        Plain sentences to show with the figures.
    shuffles, threads, report
        Shuffled copies; threads of the neural reader; receives what is measured next.

    Raises
    ------
    AnnotationError
        When a track is of other contigs or another assembly.
    BookError
        When there is no such volume, or the file of English figures is not one.
    """
    with adding(path, "evidence") as draft:
        evidence = _measured(
            Book.open(path), tracks, volume, reader, english, notes, shuffles, threads, report
        )  # fmt: skip
        write_evidence(evidence, draft.folder / EVIDENCE)
    return evidence


def _measured(
    book: Book, tracks: Sequence[Path], volume: str, reader: str, english: Path | None,
    notes: Sequence[str], shuffles: int, threads: int, report: Message,
) -> Evidence:  # fmt: skip
    chosen = book[volume] if volume else max(book, key=lambda candidate: candidate.length)
    contig = Contig(chosen.name, chosen.length, chosen.contig, chosen.origin)
    letters = np.frombuffer(chosen.sequence(), np.uint8)
    compared = _tracks(tracks, book, chosen, contig)
    scorer = scorer_of(book, reader, threads)
    more = dict(read_english(english))
    for signal, rows in _punctuation(book, chosen, letters, scorer).items():
        more[signal] = [*more.get(signal, ()), *rows]
    return measure(
        contig, letters, scorer, book.vocabulary, compared, assembly=book.assembly or None,
        readers=scorer.readers().values(), more=more, notes=notes, shuffles=shuffles, report=report,
    )  # fmt: skip


def _tracks(paths: Sequence[Path], book: Book, volume: Volume, contig: Contig) -> list[AnnotationTrack]:
    """Tracks with something to say of the volume; one without is refused, with both places named."""
    compared: list[AnnotationTrack] = []
    if volume.is_soft_masked:
        compared.append(mask_track(volume))
    for path in paths:
        here = read_tracks(path, [contig], assembly=book.assembly)
        if not any(len(edges(track, volume)) for track in here):
            raise AnnotationError(f"{path}: has no edge inside {volume.name}; give a track that overlaps it")
        compared += here
    return compared


def _punctuation(
    book: Book, volume: Volume, letters: NDArray[np.uint8], scorer: BoundaryScorer
) -> dict[str, list[EvidenceRow]]:
    """Rows about the genes of a mitochondrial chromosome, by signal; none for other volumes."""
    if canonical(volume.contig) != "chrM" or volume.contig != volume.name or not book.has_genes:
        return {}
    genes = Genes.open(book.folder.checked(GENES)).overlapping(volume.name, 0, volume.length)
    rows: dict[str, list[EvidenceRow]] = {}
    for signal, boundaries in scorer.divide(letters).items():
        rows[signal] = []
        for level in LEVELS:
            coincidence = punctuation(boundaries.of(level), genes, volume.length)
            for what, figure in (
                ("edges of genes with an end near", coincidence.gene_edges),
                ("tRNAs with an end near", coincidence.trnas),
                ("ends with an edge near", coincidence.boundaries),
            ):
                label = f"{what}, within {coincidence.within} bp"
                beside = "boundaries turned round the circle, all rotations"
                rows[signal].append(compared_row("punctuation", level, label, "share", figure, beside))
    return rows


def read_english(path: Path | None) -> Mapping[str, Sequence[EvidenceRow]]:
    """Rows about English, by signal."""
    if path is None:
        return {}
    try:
        rows_of = msgspec.json.decode(path.read_bytes(), type=dict[str, list[RowRecord]])
        return {signal: [record.row() for record in records] for signal, records in rows_of.items()}
    except (OSError, ValueError, RecursionError) as error:
        what = " ".join(str(error).split())
        raise AnnotationError(
            f"{path}: not figures of English ({what}); "
            "make them with python -m benchmarks.segmentation.english_evidence"
        ) from None
