"""Stage: maps of the words of a model, with random-weights controls.

`words_of_reader` makes ``atlas.parquet``, ``atlas.json`` and ``neighbours.parquet`` of a reader's folder.
`genomebook.pipeline.atlas.book` makes the maps of a book from the same parts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.book.lexicon import write_word_table
from genomebook.book.schema import ATLAS, ATLAS_FIGURES, NEIGHBOURS, WORD_SCHEMAS
from genomebook.errors import MissingExtraError
from genomebook.files.atomic import aside
from genomebook.files.progress import Stage, no_stages
from genomebook.language.alphabet import FIRST_WORD
from genomebook.lexicon.statistics import word_statistics
from genomebook.models.checkpoint import Checkpoint
from genomebook.models.registry import load_reader
from genomebook.pipeline.atlas.embeddings import (
    MAX_WORDS_READ,
    checkpoint_of,
    contexts,
    fasta_runs,
    input_embeddings,
    untrained,
    untrained_inputs,
    word_counts,
    words_read,
)
from genomebook.pipeline.atlas.english_contexts import english_contexts, english_tokens, single_words
from genomebook.pipeline.atlas.forces import A, B
from genomebook.pipeline.atlas.maps import (
    MIN_DIST,
    MIN_POINTS,
    NEAREST,
    Layout,
    centred,
    epochs_for,
    layout,
    one_blas_thread,
    require_umap,
)
from genomebook.pipeline.atlas.variance import variance_explained
from genomebook.pipeline.lexicon.neighbours import NEIGHBOUR_FIGURES, neighbour_figures, neighbour_rows

RANDOM = ", random weights"
"""Suffix of the name of a random-weights map."""

INPUT, CONTEXT = "words, input", "words, in context"
OCCURRENCES = 4
"""Minimum occurrences of a word on a contextual map."""

DIGITS = 4


@dataclass(frozen=True)
class MapPoints:
    """Points to map, with their properties.

    Attributes
    ----------
    rows : DataFrame
        Columns of ``atlas.parquet`` but map, x, y and preservation.
    log_frequency : float64[n]
        Base 10; NaN where it is not known (English), which keeps a row out of the variance.
    log_length : bool
        Whether length explains by its logarithm, as for passages.
    """

    rows: pd.DataFrame
    log_frequency: NDArray[np.float64]
    log_length: bool = False

    def only(self, kept: NDArray[np.bool_]) -> MapPoints:
        """Select points."""
        return MapPoints(self.rows[kept].reset_index(drop=True), self.log_frequency[kept], self.log_length)

    @property
    def predictors(self) -> dict[str, NDArray[np.float64]]:
        """Predictors of the explained variance."""
        length = self.rows["length"].to_numpy(np.float64)
        return {
            "log frequency": self.log_frequency,
            "GC": self.rows["gc"].to_numpy(np.float64),
            "length": np.log10(length) if self.log_length else length,
        }


class DrawnMap(NamedTuple):
    """A map: rows of ``atlas.parquet``, figures of ``atlas.json``, and where its points lie."""

    rows: pd.DataFrame
    figures: dict[str, Any]
    layout: Layout


def draw(
    name: str,
    points: MapPoints,
    vectors: NDArray[np.floating],
    of: int,
    seed: int,
    progress: Stage = no_stages,
) -> DrawnMap:
    """Make one map and measure its quality.

    Parameters
    ----------
    name : str
        Name of the map.
    points : MapPoints
        n points.
    vectors : float[n, d]
        Their embeddings.
    of, seed : int
        How many there were before any were left out; decides the map and the intervals.
    progress : callable
        Told of the map.

    Returns
    -------
    DrawnMap
        Its figures are points, of, seed, preservation, trustworthiness, variance of map and embedding.
    """
    script = points.rows["script"].to_numpy()
    centre = centred(vectors, np.unique(script, return_inverse=True)[1])
    made: Layout = layout(centre, seed, progress(f"map of {name}", epochs_for(len(centre))))
    rows = points.rows.assign(
        map=name, x=made.points[:, 0], y=made.points[:, 1], preservation=np.round(made.preservation, DIGITS)
    )
    dna = np.isfinite(points.log_frequency)
    predictors = {key: values[dna] for key, values in points.predictors.items()}
    with one_blas_thread():
        variance = {
            "map": variance_explained(predictors, made.points[dna], seed=seed),
            "embedding": variance_explained(predictors, np.asarray(vectors)[dna], seed=seed),
        }
    figures: dict[str, Any] = {
        "points": len(rows),
        "of": of,
        "seed": seed,
        "preservation": {
            "overall": round(float(made.preservation.mean()), DIGITS),
            "chance": round(NEAREST / (len(rows) - 1), 6),
        },
        "trustworthiness": round(made.trustworthiness, DIGITS),
        "variance": variance,
    }
    return DrawnMap(rows[WORD_SCHEMAS[ATLAS].names], figures, made)


def word_points(
    checkpoint: Checkpoint, counts: NDArray[np.int64], surprisal: NDArray[np.float64] | None = None
) -> MapPoints:
    """DNA words of a reader, without letters other than A, C, G, T.

    Parameters
    ----------
    checkpoint : Checkpoint
        Checkpoint of the reader.
    counts : int64[n_ids]
        Occurrences; frequency is (count + 1) in all words.
    surprisal : float64[n_ids], optional
        Mean bits of each.
    """
    table = word_statistics(checkpoint.scripts.words)
    table = table[table["id"] >= FIRST_WORD].reset_index(drop=True)
    ids = table["id"].to_numpy()
    rows = pd.DataFrame(
        {
            "script": "DNA",
            "id": ids.astype(np.int64),
            "label": table["word"],
            "volume": None,
            "start": None,
            "end": None,
            "gc": np.round(table["gc"], DIGITS),
            "length": table["length"].astype(np.int32),
            "surprisal": np.nan if surprisal is None else np.round(surprisal[ids], 3),
            "group": "",
        }
    )
    return MapPoints(rows, np.log10((counts[ids] + 1) / max(1, int(counts.sum()))))


def _english_points(words: Sequence[str]) -> MapPoints:
    rows = pd.DataFrame(
        {
            "script": "English",
            "id": np.arange(len(words), dtype=np.int64),
            "label": list(words),
            "volume": None,
            "start": None,
            "end": None,
            "gc": np.nan,
            "length": np.array([len(word) for word in words], np.int32),
            "surprisal": np.nan,
            "group": "",
        }
    )
    return MapPoints(rows, np.full(len(words), np.nan))


def both(first: MapPoints, second: MapPoints) -> MapPoints:
    """Points of two scripts, one after the other."""
    frames = [points.rows.astype(object) for points in (first, second) if len(points.rows)]
    frequency = np.concatenate([first.log_frequency, second.log_frequency])
    return MapPoints(pd.concat(frames, ignore_index=True).infer_objects(), frequency)


def words_of_reader(
    folder: Path,
    dna: Path,
    english: Sequence[Path] = (),
    *,
    skip: Sequence[str] = (),
    most: int = MAX_WORDS_READ,
    seed: int = 0,
    progress: Stage = no_stages,
) -> dict[str, Any]:
    """Make the atlas of a reader's words and write it into its folder.

    Parameters
    ----------
    folder : Path
        Checkpoint of one of our readers.
    dna : Path
        FASTA that it was trained on: contexts and frequencies, one strand.
    english : sequence of Path
        Text that it was trained on; without it a reader of two scripts has its English on the map of input
        words only.
    skip : sequence of str
        Contigs of the FASTA to leave out.
    most : int
        Words to read.
    seed : int
        Seed of maps, intervals and random weights.
    progress : callable
        Told of each stage.

    Returns
    -------
    dict
        What ``atlas.json`` says.

    Raises
    ------
    MissingExtraError
        When umap-learn, or torch for random weights, is not installed.
    OptionError
        When the text is too short for a map.
    ReaderError
        When the reader is damaged.
    """
    require_umap()
    reader = load_reader(folder)
    checkpoint = checkpoint_of(reader)
    control = untrained(checkpoint, seed)
    trained = load_reader(folder, runtime="torch") if english else None
    if control is None:
        raise MissingExtraError(f"{folder} with random weights beside it", ["torch"], "train")
    runs = fasta_runs(dna, checkpoint.scripts.words, skip)
    n_ids = len(checkpoint.scripts.words)
    counts = word_counts(runs, n_ids)
    done = progress("English words", 1)
    words = single_words(checkpoint.scripts)
    tokens = english_tokens(checkpoint.scripts, english) if words else np.empty(0, np.uint16)
    done(1)
    tables, figures = [], {}
    neighbours, found = [], {}
    points = word_points(checkpoint, counts)
    ids = np.concatenate([points.rows["id"], list(words.values())]).astype(np.int64)
    everything = both(points, _english_points(list(words)))
    in_dna = points.rows["id"].to_numpy()
    for ending, table in (("", input_embeddings(checkpoint)), (RANDOM, untrained_inputs(control))):
        rows, figures[INPUT + ending], _ = draw(
            INPUT + ending, everything, table[ids], len(everything.rows), seed, progress
        )
        tables.append(rows)
        near = neighbour_rows(INPUT + ending, in_dna, table[in_dna])
        found[INPUT + ending] = neighbour_figures(near, checkpoint.scripts.words)
        neighbours += [near] if not ending else []
    read: dict[str, int] = {}
    for ending, one, theirs in (("", reader, trained), (RANDOM, control, control)):
        name = CONTEXT + ending
        asked = checkpoint.kind == "causal" and not ending
        advance = progress(name, words_read(runs, most))
        seen = contexts(one, runs, n_ids, most=most, surprisal=asked, advance=advance)
        read = {"words": seen.words, "read": seen.read}
        here = word_points(checkpoint, counts, seen.surprisal if asked else None)
        vectors = seen.means[in_dna]
        enough = seen.counts[in_dna] >= OCCURRENCES
        near = neighbour_rows(name, in_dna[enough], vectors[enough])
        found[name] = neighbour_figures(near, checkpoint.scripts.words)
        neighbours += [near] if not ending else []
        if len(tokens) and theirs is not None:
            advance = progress(f"English{ending}", len(tokens))
            text = english_contexts(theirs, tokens, advance=advance)  # type: ignore[arg-type]
            here = both(here, _english_points(list(words)))
            vectors = np.concatenate([vectors, text.means[list(words.values())]])
            enough = np.concatenate([enough, text.counts[list(words.values())] >= OCCURRENCES])
        rows, figures[name], _ = draw(
            name, here.only(enough), vectors[enough], len(here.rows), seed, progress
        )
        tables.append(rows)
    body = {
        **about(checkpoint),
        "text": {"dna": dna.name, "left out": list(skip), **read, "english": len(tokens)},
        "maps": figures,
        NEIGHBOUR_FIGURES: found,
    }
    write_atlas(folder, pd.concat(tables, ignore_index=True), body, pd.concat(neighbours, ignore_index=True))
    return body


def about(checkpoint: Checkpoint) -> dict[str, Any]:
    """Record of the model and parameters of an atlas."""
    import importlib.metadata

    return {
        "reader": {
            "name": checkpoint.name,
            "kind": checkpoint.kind,
            "weights": checkpoint.meta.weights,
            "words": checkpoint.scripts.words.digest,
        },
        "umap": {
            "version": importlib.metadata.version("umap-learn"),
            "neighbours": NEAREST,
            "min_dist": MIN_DIST,
            "curve": {"a": A, "b": B},
            "metric": "cosine, each script less its mean",
        },
        "least": {"points": MIN_POINTS, "occurrences": OCCURRENCES},
    }


def write_atlas(folder: Path, rows: pd.DataFrame, figures: dict[str, Any], neighbours: pd.DataFrame) -> None:
    """Write ``atlas.parquet``, ``neighbours.parquet`` and ``atlas.json``, each aside and renamed."""
    for name, table in ((ATLAS, rows), (NEIGHBOURS, neighbours)):
        with aside(folder / name) as temporary:
            write_word_table(temporary, table, name)
    with aside(folder / ATLAS_FIGURES) as temporary:
        temporary.write_text(json.dumps(figures, indent=1) + "\n")
