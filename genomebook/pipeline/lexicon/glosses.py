"""Stage: a distinct English gloss for each DNA word of a bilingual model, with its evaluation.

Input embeddings and the contextual means of every layer are all tried. The rule that chooses among them was
set before any of them was looked at, and looks at training DNA and training English only: the space whose
glosses agree most over training seeds, beyond what glosses exchanged among the words do, on the words of even
id; when the 95 % interval of the best holds 0, the input embeddings. What is reported of the chosen space is
measured on the words of odd id.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genomebook.book.lexicon import write_word_table
from genomebook.book.schema import GLOSSES, PARTNERLESS
from genomebook.errors import OptionError, ReaderError
from genomebook.files.atomic import aside
from genomebook.files.digests import file_digest
from genomebook.files.progress import Message, no_message
from genomebook.language.alphabet import FIRST_WORD
from genomebook.lexicon.statistics import word_statistics
from genomebook.models.checkpoint import Checkpoint, open_checkpoint
from genomebook.pipeline.atlas.embeddings import fasta_runs, word_counts
from genomebook.pipeline.lexicon.gloss_controls import Glossed
from genomebook.pipeline.lexicon.gloss_embeddings import (
    MAX_OCCURRENCES,
    MIN_OCCURRENCES,
    WINDOW,
    Material,
    Spaces,
    TokenPlaces,
    place_dna,
    sample,
)
from genomebook.pipeline.lexicon.gloss_evidence import GlossTask, choose
from genomebook.pipeline.lexicon.gloss_words import clean_words, digest, read_text

FIGURES = "glosses.json"
FORMAT = "genomebook-glosses-1"
NEIGHBOURS = 3
"""DNA words listed for an English word that is not a gloss."""


@dataclass(frozen=True)
class GlossTexts:
    """Training data of the models, from which words are embedded.

    Attributes
    ----------
    dna, english : tuple of Path
        FASTA files; text files.
    skip : tuple of str
        Contigs to leave out.
    """

    dna: tuple[Path, ...]
    english: tuple[Path, ...]
    skip: tuple[str, ...] = ()


def make_glosses(
    reader: Path, sources: GlossTexts, output: Path, *, seeds: Sequence[Path] = (), seed: int = 0,
    tell: Message = no_message,
) -> dict[str, Any]:  # fmt: skip
    """Gloss the DNA words of a model and evaluate the glosses.

    Parameters
    ----------
    reader : Path
        Checkpoint folder of a reader of two scripts.
    sources : GlossTexts
        Its training data.
    output : Path
        Folder for ``glosses.parquet``, ``english.parquet`` (English words without a partner, the nearest DNA
        words of each) and ``glosses.json``; made when it is missing.
    seeds : sequence of Path
        Readers of the same words from other training seeds.
    seed : int
        Seed of random weights, shuffles and turns.
    tell : callable
        Progress messages.

    Returns
    -------
    dict
        What ``glosses.json`` says.

    Raises
    ------
    GenomebookError
        At unusable readers or sources, or fewer English words than DNA words.
    """
    from threadpoolctl import threadpool_limits

    readers = [open_checkpoint(reader), *map(open_checkpoint, seeds)]
    for other in readers:
        if other.scripts.kind != "two-script" or other.scripts.digest != readers[0].scripts.digest:
            raise ReaderError(
                f"{other.folder}: not of the same two scripts as {reader}; give other seeds of it"
            )
    if not output.is_dir() and not output.parent.is_dir():
        raise OptionError(f"{output.parent}: no such folder; make it first")
    with threadpool_limits(1):  # sums in one order: the same bytes again
        task, about = _task(readers, sources, tell)
        spaces = _spaces(task, readers, tell)
        untrained = task.material.read(_untrained(readers[0], seed))
        chosen = choose(task, spaces, untrained, seed, tell)
        nearest = _partnerless(task, chosen.glossed)
    body = {"format": FORMAT, **about, **chosen.figures}
    output.mkdir(exist_ok=True)
    with (
        aside(output / GLOSSES) as first,
        aside(output / PARTNERLESS) as second,
        aside(output / FIGURES) as last,
    ):
        write_word_table(first, chosen.table, GLOSSES)
        write_word_table(second, nearest, PARTNERLESS)
        last.write_text(json.dumps(_rounded(body), indent=1) + "\n")
    return body


def _partnerless(task: GlossTask, glossed: Glossed) -> pd.DataFrame:
    """Nearest DNA words of each English word that is not a gloss, best first."""
    alone = np.setdiff1d(np.arange(len(task.words)), glossed.partner)
    near, score = (part[alone] for part in glossed.pair.turned.nearest(NEIGHBOURS))
    return pd.DataFrame(
        {
            "word": np.repeat(task.words["word"].to_numpy()[alone], near.shape[1]),
            "id": task.material.ids[near.ravel()],
            "score": score.ravel(),
        }
    )


def _rounded(value: Any) -> Any:
    """Six significant digits are enough."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value


def _task(readers: list[Checkpoint], sources: GlossTexts, tell: Message) -> tuple[GlossTask, dict[str, Any]]:
    """Collect the words of both scripts and the windows to read."""
    scripts = readers[0].scripts
    tell("tokenizing the English texts")
    text = read_text(scripts, sources.english)
    words = clean_words(text)
    tell("tokenizing the DNA")
    runs = [run for path in sources.dna for run in fasta_runs(path, scripts.words, sources.skip)]
    counts = word_counts(runs, len(scripts.words))
    window = min([WINDOW, *(reader.window for reader in readers)])
    number = np.full(len(text.words), -1)
    number[words["number"]] = np.arange(len(words))
    listed = number[text.number] >= 0
    english = TokenPlaces(text.tokens, text.last[listed], number[text.number[listed]], len(words))
    material = Material(
        np.arange(FIRST_WORD, len(scripts.words)),
        sample(place_dna(scripts, runs), window, MIN_OCCURRENCES["dna"]),
        sample(english, window, MIN_OCCURRENCES["english"]),
        scripts.texts([f" {word}" for word in words["word"]]),
    )
    table = word_statistics(scripts.words).set_index("id").loc[material.ids]
    frequency = np.log(words["count"].to_numpy(np.float64))
    often = np.log(counts[material.ids] + 1.0)
    length, letters = table["length"].to_numpy(np.float64), words["word"].str.len().to_numpy(np.float64)
    gc = table["gc"].to_numpy(np.float64)
    tokens = np.array([len(ids) for ids in material.tokens], np.float64)
    properties = {
        "frequency": (often, frequency), "length": (length, letters), "GC and frequency": (gc, frequency),
    }  # fmt: skip
    known = [often, length, gc], [frequency, letters, tokens]
    about = {
        "readers": [_about(reader) for reader in readers],
        "inputs": {path.name: file_digest(path) for path in (*sources.dna, *sources.english)},
        "skipped": list(sources.skip),
        "words": {
            "dna": len(material.ids), "dna_seen": int(counts.sum()),
            "english": len(words), "english_digest": digest(words["word"]),
        },
        "parameters": {"window": window, "least": MIN_OCCURRENCES, "most": MAX_OCCURRENCES, "windows": {
            "dna": len(material.dna.ids), "english": len(material.english.ids)}},
    }  # fmt: skip
    return GlossTask(material, words, properties, known, [reader.name for reader in readers]), about


def _about(reader: Checkpoint) -> dict[str, Any]:
    schedule = reader.meta.training.schedule
    steps, seed = (schedule.steps, schedule.seed) if schedule else (None, None)
    return {"name": reader.name, "weights": reader.meta.weights, "steps": steps, "seed": seed}


def _untrained(reader: Checkpoint, seed: int) -> Any:
    from genomebook.training.pretraining.sizes import ReaderSize, new_model

    shape = reader.shape
    size = ReaderSize(shape.layers, shape.width, shape.heads, shape.positions)
    return new_model(reader.kind, size, shape.ids, seed).train(False)


def _spaces(task: GlossTask, readers: list[Checkpoint], tell: Message) -> list[Spaces]:
    from genomebook.training.shipping.folder import load_model

    spaces = []
    for reader in readers:
        tell(f"reading by {reader.name}")
        spaces.append(task.material.read(load_model(reader.folder, reader.kind).train(False)))
    return spaces
