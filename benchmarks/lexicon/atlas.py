"""What maps and embeddings of words are worth: variance, neighbourhoods, ambiguity, beside controls.

Figures of maps are those that were shipped with each reader (``atlas.json``, made by ``genomebook atlas``).
Self-similarity and senses are measured here: on sequence that the readers learnt from, and on sequence that
they never saw; English, where words do have senses, is read beside it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.common.data import shared_data
from benchmarks.common.table import table
from genomebook import stats
from genomebook.language.vocabulary import load_vocabulary
from genomebook.lexicon.shipped import shipped_atlas, shipped_atlas_figures
from genomebook.models.registry import load_reader, shipped_folder
from genomebook.pipeline.atlas.embeddings import Contexts, checkpoint_of, contexts, fasta_runs, untrained
from genomebook.pipeline.atlas.english_contexts import english_contexts, english_tokens, single_words
from genomebook.pipeline.lexicon.senses import MIN_OCCURRENCES, divide, self_similarity

READERS = ("bilingual-mini", "encoder-mini")
TRAINING = "GRCh38_coords_all_segments.fa.gz"
ENGLISH = ("gutenberg_books.jsonl.gz", "openstax_biology.jsonl.gz")
TEXTS = {
    "training DNA (chr4, 6, 9, X)": (TRAINING, ("chr1", "chr2", "chr21", "chr22", "chrM")),
    "chr2, never seen": ("GRCh38_regions.fa.gz", ("chr1", "chr21", "chr22", "chrM")),
    "chr21, never seen": ("GRCh38_regions.fa.gz", ("chr1", "chr2", "chr22", "chrM")),
}
MAX_WORDS = 60_000
"""Words of each text that are read, spread evenly over it."""

TESTED = 300
"""Words that are divided into senses: evenly from those with `MIN_OCCURRENCES` occurrences or more."""


def run(quick: bool = False) -> dict[str, Any]:
    """Measure both readers; on little text when quick."""
    data, rows = shared_data(), []
    for name in READERS:
        with shipped_folder(name) as folder:
            reader = load_reader(folder)
            checkpoint = checkpoint_of(reader)
            control = untrained(checkpoint)
            trained = load_reader(folder, runtime="torch")
        assert control is not None
        words, n_ids = checkpoint.scripts.words, len(checkpoint.scripts.words)
        for text, (file, skip) in list(TEXTS.items())[2 if quick else 0 :]:
            runs = fasta_runs(data / "genome" / file, words, skip)
            for weights, one in (("trained", reader), ("random", control)):
                found = contexts(one, runs, n_ids, most=8_000 if quick else MAX_WORDS)
                rows.append({"reader": name, "text": text, "weights": weights, **ambiguity(found)})
        if known := single_words(checkpoint.scripts):
            paths = [data / "english" / file for file in ENGLISH]
            tokens = english_tokens(checkpoint.scripts, paths, 8_000 if quick else MAX_WORDS)
            for weights, model in (("trained", trained), ("random", control)):
                found = only(english_contexts(model, tokens), list(known.values()))  # type: ignore[arg-type]
                rows.append(
                    {"reader": name, "text": "English, training text", "weights": weights, **ambiguity(found)}
                )
    return {**shipped(), "ambiguity": rows}


def shipped() -> dict[str, Any]:
    """Figures of the shipped maps; of maps with English on them, also how well DNA words keep theirs."""
    vocabulary = load_vocabulary("words-4096")
    figures, tables = shipped_atlas_figures(vocabulary), shipped_atlas(vocabulary)
    for name in READERS:
        rows = tables[name][tables[name]["script"] == "DNA"]
        for one, kept in rows.groupby("map")["preservation"].mean().items():
            figures[name]["maps"][one]["preservation"]["DNA"] = float(kept)
    source = "GRCh38, " + "; ".join(TEXTS) + "; Project Gutenberg and OpenStax Biology"
    return {"source": source, "atlas": {name: figures[name] for name in READERS}}


def only(found: Contexts, ids: list[int]) -> Contexts:
    """Some of the words of a sample."""
    kept = np.isin(found.ids, ids)
    return Contexts(
        found.ids[kept], found.ordinals[kept], found.vectors[kept], found.counts, found.means,
        found.surprisal, found.words, found.read,
    )  # fmt: skip


def ambiguity(found: Contexts) -> dict[str, Any]:
    """Self-similarity, chance, and shares of words of more than one sense, each with a 95 % interval."""
    figures = self_similarity(found)
    figures = figures[figures["sampled"] >= MIN_OCCURRENCES]
    beyond = figures["similarity"] - figures["chance"]
    enough = [(word, part) for word, part in found.groups() if part.stop - part.start >= MIN_OCCURRENCES]
    tested = enough[:: max(1, -(-len(enough) // TESTED))]
    real, null = [], []
    for word, part in tested:
        vectors = found.vectors[part]
        real.append(divide(vectors, (0, word)).labels.max() > 0)
        null.append(divide(gaussian_like(vectors, (0, word)), (0, word)).labels.max() > 0)
    columns = {
        "similarity": figures["similarity"], "chance": figures["chance"], "beyond chance": beyond,
        "more than one sense": pd.Series(real, dtype=float), "of a Gaussian": pd.Series(null, dtype=float),
    }  # fmt: skip
    shares = {name: interval(values.to_numpy(np.float64)) for name, values in columns.items()}
    return {"read": found.read, "words": len(figures), "tested": len(tested), **shares}


def interval(values: NDArray[np.float64]) -> list[float]:
    """Mean, and its 95 % interval by a bootstrap over words."""
    return list(stats.ratio(values, np.ones(len(values)), np.random.default_rng(0)) or ())


def _of(values: list[float]) -> str:
    value, low, high = values
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def lines(result: dict[str, Any]) -> list[str]:
    """Put the result into tables."""
    return [
        *(
            "Variance explained: R² alone (95 % interval); what is lost without it; all three together.",
            "",
        ),
        *variance_lines(result["atlas"]),
        *("", "Neighbourhoods kept by the maps, of the 15 nearest:", ""),
        *preservation_lines(result["atlas"]),
        *("", "What a word shares with its ten nearest words:", ""),
        *neighbour_lines(result["atlas"]),
        *(
            "",
            f"Self-similarity of words of {MIN_OCCURRENCES} or more occurrences, and senses "
            "(95 % intervals):",
            "",
        ),
        *ambiguity_lines(result["ambiguity"]),
    ]


def _shares(found: dict[str, list[float]]) -> str:
    return f"{_of(found['alone'])}; {found['unique'][0]:.3f}"


def variance_lines(atlas: dict[str, Any]) -> list[str]:
    """R-squared of every map and embedding."""
    head = ["reader", "map", "of", "log frequency", "GC", "length", "together"]
    rows = [
        [reader, name, what, *(_shares(found[key]) for key in head[3:6]), _of(found["together"])]
        for reader, body in atlas.items()
        for name, one in body["maps"].items()
        for what, found in (
            ("the two axes", one["variance"]["map"]),
            ("the embedding", one["variance"]["embedding"]),
        )
    ]
    return table(head, rows)


def preservation_lines(atlas: dict[str, Any]) -> list[str]:
    """How well each map keeps neighbours."""
    head = ["reader", "map", "points", "neighbours kept", "by DNA words", "by chance", "trustworthiness"]
    rows = [
        [
            reader, name, f"{one['points']:,} of {one['of']:,}",
            *(f"{one['preservation'][key]:.1%}" for key in ("overall", "DNA", "chance")),
            f"{one['trustworthiness']:.3f}",
        ]
        for reader, body in atlas.items()
        for name, one in body["maps"].items()
    ]  # fmt: skip
    return table(head, rows)


def neighbour_lines(atlas: dict[str, Any]) -> list[str]:
    """What neighbours share."""
    head = [
        "reader", "embedding", "the same length", "GC within 0.1", "reverse complement among them",
        "largest hub",
    ]  # fmt: skip
    rows = [
        [
            reader, name,
            *(f"{one[key]:.1%} (any two {one[f'{key}, any two']:.1%})" for key in ("length", "gc")),
            f"{one['reverse complement']:.1%} (any ten {one['reverse complement, any ten']:.2%})",
            str(one["hub"]),
        ]
        for reader, body in atlas.items()
        for name, one in body["neighbours of words"].items()
    ]  # fmt: skip
    return table(head, rows)


def ambiguity_lines(rows: list[dict[str, Any]]) -> list[str]:
    """Self-similarity and senses."""
    head = [
        "reader", "text", "weights", "words", "self-similarity", "different words", "beyond chance",
        "of more than one sense", "a Gaussian",
    ]  # fmt: skip
    keys = ("similarity", "chance", "beyond chance", "more than one sense", "of a Gaussian")
    return table(
        head,
        [
            [
                row["reader"],
                row["text"],
                row["weights"],
                f"{row['words']:,}",
                *(_of(row[key]) for key in keys),
            ]
            for row in rows
        ],
    )


def gaussian_like(vectors: NDArray[np.floating], seed: tuple[int, ...]) -> NDArray[np.float64]:
    """Sample as many rows from a Gaussian of the same mean and covariance (null model of one sense)."""
    rows = np.asarray(vectors, np.float64)
    mean = rows.mean(0)
    random = np.random.Generator(np.random.PCG64([*seed, 1]))
    mixed = random.standard_normal((len(rows), len(rows))) @ (rows - mean)
    drawn: NDArray[np.float64] = mixed / np.sqrt(max(1, len(rows) - 1)) + mean
    return drawn
