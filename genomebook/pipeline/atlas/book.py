"""Stage: maps of the words, sentences and paragraphs of a book, from a book and a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.annotation.class_names import STRANDS
from genomebook.annotation.classes import AnnotationClasses
from genomebook.book.annex import adding
from genomebook.book.read import Book, Volume
from genomebook.book.schema import NEIGHBOURS, SURPRISAL_UNIT, WORD_SCHEMAS
from genomebook.errors import BookError
from genomebook.files.progress import Stage, no_stages
from genomebook.genome.stretches import Stretches
from genomebook.lexicon.atlas import of_words
from genomebook.models.reader import Reader
from genomebook.pipeline.atlas.embeddings import (
    MAX_WORDS_READ,
    book_runs,
    checkpoint_of,
    contexts,
    control_of,
    words_read,
)
from genomebook.pipeline.atlas.maps import MIN_POINTS, centred, nearest, require_umap
from genomebook.pipeline.atlas.passages import BY_KMERS, purity, vectors_of_passages
from genomebook.pipeline.atlas.words import (
    CONTEXT,
    DIGITS,
    OCCURRENCES,
    RANDOM,
    MapPoints,
    about,
    draw,
    word_points,
    write_atlas,
)
from genomebook.pipeline.lexicon.ground import classes_of
from genomebook.pipeline.lexicon.neighbours import neighbours_on_map
from genomebook.pipeline.scores import Scoring

SENTENCES: Final = "sentences"
PARAGRAPHS: Final = "paragraphs"

KINDS = {SENTENCES: "1", PARAGRAPHS: "2"}
"""Kinds of passages in order."""

MAX_POINTS = 50_000
"""Most points of a map; longer books are sampled by whole paragraphs, evenly."""

TELLING = 0.5
"""Minimum share of a passage that a class must cover to be its group."""


class _Passages(NamedTuple):
    """Sampled passages: atlas rows, words [first, end) in the book, and the number before sampling."""

    points: MapPoints
    words: NDArray[np.int64]
    of: int


def atlas_of_book(
    path: Path,
    reader: Reader,
    tracks: Sequence[Path] = (),
    *,
    most: int = MAX_WORDS_READ,
    seed: int = 0,
    progress: Stage = no_stages,
) -> dict[str, Any]:
    """Add ``atlas.parquet``, ``neighbours.parquet`` and ``atlas.json`` to a book.

    Parameters
    ----------
    path : Path
        Path of the book; it gets the folder ``atlas``.
    reader : Reader
        One of ours, of the words of the book.
    tracks : sequence of Path
        Annotation for the groups of passages, beside the genes and the soft mask of the book.
    most : int
        Words read for the map of words.
    seed : int
        Seed of maps, intervals and random weights.
    progress : callable
        Told of each stage.

    Returns
    -------
    dict
        What ``atlas.json`` says. Maps of fewer than `genomebook.pipeline.atlas.maps.MIN_POINTS` points are
        left out, and those of random weights where torch is not installed.

    Raises
    ------
    MissingExtraError
        When umap-learn is not installed.
    BookError
        When there is no book, or it is too short for any map.
    ReaderError
        When the reader is not one of ours or reads other words.
    AnnotationError
        When a track is refused.
    """
    require_umap()
    with adding(path, "atlas") as draft:
        rows, body, neighbours = _drawn(Book.open(path), reader, tracks, most, seed, progress)
        write_atlas(draft.folder, rows, body, neighbours)
    return body


class _Maps:
    """The maps that are drawn, in order, with their figures and the neighbours of passages."""

    def __init__(self, seed: int, progress: Stage) -> None:
        self._seed, self._progress = seed, progress
        self.rows: dict[str, pd.DataFrame] = {}
        self.figures: dict[str, dict[str, Any]] = {}
        self.near = [WORD_SCHEMAS[NEIGHBOURS].empty_table().to_pandas()]

    def draw(self, name: str, points: MapPoints, vectors: NDArray[np.floating], of: int) -> None:
        """Draw a map, unless there are too few points."""
        if len(vectors) < MIN_POINTS:
            return
        self.rows[name], self.figures[name], made = draw(
            name, points, vectors, of, self._seed, self._progress
        )
        if of_words(name):
            return
        groups = points.rows["group"].tolist()
        self.figures[name]["purity"] = purity(made.neighbours, groups, made.mapped)
        if not name.endswith(RANDOM):
            self.near.append(neighbours_on_map(name, made))

    def beside(self, way: str, kind: str, points: MapPoints, vectors: NDArray[np.floating]) -> None:
        """Measure vectors that no map is drawn of, beside the maps of the same passages."""
        groups = points.rows["group"].tolist()
        pure = purity(nearest(centred(vectors))[0], groups) if len(vectors) >= MIN_POINTS else {}
        for name, figures in self.figures.items():
            if pure and name.startswith(f"{kind}, "):
                figures["purity"][way] = pure["whole"]

    def best_first(self) -> list[str]:
        """Names of the maps: words, then passages, of each kind the best first, with random weights next."""

        def worth(name: str) -> tuple[str, float, str, bool]:
            plain = name.removesuffix(RANDOM)
            figures = self.figures.get(plain, self.figures[name])
            pure = figures.get("purity", {}).get("map", figures["preservation"]["overall"])
            return KINDS.get(plain.split(",")[0], ""), -pure, plain, name != plain

        return sorted(self.figures, key=worth)


def _drawn(
    book: Book, reader: Reader, tracks: Sequence[Path], most: int, seed: int, progress: Stage
) -> tuple[pd.DataFrame, dict[str, Any], pd.DataFrame]:
    """Points and figures of all maps, and the neighbours of passages."""
    scoring, checkpoint = Scoring(book, reader), checkpoint_of(reader)
    runs = book_runs(scoring)
    counts = np.zeros(len(book.vocabulary), np.int64)
    counts[book.lexicon.table["id"]] = book.lexicon.table["count"]
    maps, read = _Maps(seed, progress), {}
    for ending, variant in {"": reader, RANDOM: control_of(reader, seed)}.items():
        if variant is None:
            continue
        seen = contexts(
            variant, runs, len(counts), most=most, surprisal=not ending and checkpoint.kind == "causal",
            advance=progress(f"{CONTEXT}{ending}", words_read(runs, most)),
        )  # fmt: skip
        read = {"words": seen.words, "read": seen.read}
        words = word_points(checkpoint, counts, seen.surprisal)
        ids = words.rows["id"].to_numpy()
        enough = seen.counts[ids] >= OCCURRENCES
        maps.draw(CONTEXT + ending, words.only(enough), seen.means[ids[enough]], int((counts[ids] > 0).sum()))
    sentences, paragraphs, owner = _passages(scoring, _classes(book, tracks))
    letters = _letters(book, sentences.points.rows)
    for way, ending, vectors in vectors_of_passages(book, runs, letters, sentences.words, seed, progress):
        sums = np.zeros((len(paragraphs.words), vectors.shape[1]))
        sizes = np.diff(sentences.words, axis=1)[:, 0]
        np.add.at(sums, owner, vectors * sizes[:, None])
        sums /= np.bincount(owner, sizes, len(sums))[:, None]
        for passages, of_way, kind in ((sentences, vectors, SENTENCES), (paragraphs, sums, PARAGRAPHS)):
            if way == BY_KMERS:
                maps.beside(way, kind, passages.points, of_way)
            else:
                maps.draw(f"{kind}, {way}{ending}", passages.points, of_way, passages.of)
    if not maps.figures:
        raise BookError(
            f"{book.path}: too short for a map, which needs {MIN_POINTS} points; build a longer book"
        )
    order = maps.best_first()
    body = {
        **about(checkpoint),
        "text": {"book": book.title, **read},
        "maps": {name: maps.figures[name] for name in order},
    }
    rows = pd.concat([maps.rows[name] for name in order], ignore_index=True)
    return rows, body, pd.concat(maps.near, ignore_index=True)


def _letters(book: Book, rows: pd.DataFrame) -> list[bytes]:
    """Upper-case letters of passages."""
    spans = zip(rows["volume"], rows["start"], rows["end"], strict=True)
    return [book[volume].sequence(int(start), int(end)).upper() for volume, start, end in spans]


def _classes(book: Book, tracks: Sequence[Path]) -> AnnotationClasses | None:
    """Classes of annotation; None when the book has neither genes nor soft mask and no track is given."""
    masked = any(volume.is_soft_masked for volume in book)
    return classes_of(book, tracks) if tracks or book.has_genes or masked else None


def _passages(
    scoring: Scoring, classes: AnnotationClasses | None
) -> tuple[_Passages, _Passages, NDArray[np.int64]]:
    """Sentences and paragraphs to read, and for each sentence the number of its paragraph among them."""
    every = max(1, -(-sum(v.counts["sentences"] for v in scoring.volumes) // MAX_POINTS))
    table = scoring.book.lexicon.table
    figures = np.zeros((3, len(scoring.book.vocabulary)))
    total = max(1, int(table["count"].sum()))
    figures[:, table["id"]] = (
        np.log10((table["count"] + 1) / total), table["gc"] * table["length"], table["length"]
    )  # fmt: skip
    order = rarest_last(classes)
    by_map: dict[str, list[pd.DataFrame]] = {SENTENCES: [], PARAGRAPHS: []}
    owners, origin, number, of = [], 0, 0, {SENTENCES: 0, PARAGRAPHS: 0}
    for place, volume in enumerate(scoring.volumes, 1):
        sentences = volume.table(SENTENCES).rows(0, volume.counts[SENTENCES])
        paragraphs = volume.table(PARAGRAPHS).rows(0, volume.counts[PARAGRAPHS])
        kept = paragraphs[(of[PARAGRAPHS] + np.arange(len(paragraphs))) % every == 0]
        chosen = sentences[sentences["paragraph"].isin(kept.index)]
        words = kept.assign(
            first_word=sentences["first_word"].to_numpy()[kept["first_sentence"]],
            end_word=sentences["end_word"].to_numpy()[kept["end_sentence"] - 1],
        )
        for name, rows in ((SENTENCES, chosen), (PARAGRAPHS, words)):
            described = _described(scoring, place, volume, rows, figures, origin)
            start, end = (described[side].to_numpy(np.int64) for side in ("start", "end"))
            by_map[name].append(described.assign(group=telling(classes, order, volume.name, start, end)))
            of[name] += volume.counts[name]
        owners.append(number + np.searchsorted(kept.index, chosen["paragraph"]))
        number += len(kept)
        origin += volume.counts["words"]
    made = []
    for name in (SENTENCES, PARAGRAPHS):
        rows = pd.concat(by_map[name], ignore_index=True)
        spans = rows[["first_word", "end_word"]].to_numpy(np.int64)
        made.append(
            _Passages(MapPoints(rows, rows["log_frequency"].to_numpy(), log_length=True), spans, of[name])
        )
    return made[0], made[1], np.concatenate(owners).astype(np.int64)


def _described(
    scoring: Scoring,
    place: int,
    volume: Volume,
    rows: pd.DataFrame,
    figures: NDArray[np.float64],
    origin: int,
) -> pd.DataFrame:
    """Rows of the atlas for some passages of a volume, with their words in the book and log frequency."""
    ids = scoring.words(place).ids
    bits = volume.surprisal[:]
    spans = rows[["first_word", "end_word"]].to_numpy(np.int64)
    known = np.zeros((len(rows), 4))
    for row, (first, end) in zip(known, spans.tolist(), strict=True):
        here = figures[:, ids[first:end]]
        row[:] = here[0].mean(), here[1].sum(), here[2].sum(), bits[first:end].mean()
    return pd.DataFrame(
        {
            "script": "DNA",
            "id": rows.index.to_numpy(np.int64),
            "label": "",
            "volume": volume.name,
            "start": rows["start"].to_numpy(np.int64),
            "end": rows["end"].to_numpy(np.int64),
            "gc": np.round(known[:, 1] / known[:, 2], DIGITS),
            "length": (rows["end"] - rows["start"]).to_numpy(np.int32),
            "surprisal": np.round(known[:, 3] * SURPRISAL_UNIT, 3),
            "log_frequency": known[:, 0],
            "first_word": spans[:, 0] + origin,
            "end_word": spans[:, 1] + origin,
        }
    )


def rarest_last(classes: AnnotationClasses | None) -> list[int]:
    """Class numbers from the most to the least common in the book, without gene strands."""
    if classes is None:
        return []
    size = np.zeros(len(classes.names), np.int64)
    for spans in classes.spans.values():
        size += [int(np.diff(intervals).sum()) for intervals in spans]
    kept = [number for number, name in enumerate(classes.names) if name not in STRANDS.values()]
    return sorted(kept, key=lambda number: (-size[number], classes.names[number]))


def telling(
    classes: AnnotationClasses | None,
    order: Sequence[int],
    volume: str,
    start: NDArray[np.int64],
    end: NDArray[np.int64],
) -> list[str]:
    """Group of each passage: the rarest class of the book that covers half of it.

    Parameters
    ----------
    classes : AnnotationClasses or None
        Classes of annotation.
    order : sequence of int
        Numbers of classes, the rarest last.
    volume : str
        Volume of the passages.
    start, end : int64[n]
        0-based half-open, local.

    Returns
    -------
    list of str
        ``""`` where no class holds half, and where no annotation says anything.
    """
    out = np.full(len(start), "", object)
    if classes is None:
        return out.tolist()
    for number in order:
        spans = classes.spans[volume][number]
        stretches = Stretches.of(spans)
        inside = stretches.rank(end) - stretches.rank(start)
        out[inside >= TELLING * (end - start)] = classes.names[number]
    return out.tolist()
