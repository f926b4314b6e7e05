"""Stage: glosses by meaning for the words of a book, and the model that tells its passages apart."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.annotation.class_names import CODING, EXON, INTRON, PROMOTER, STRANDS, repeat_classes
from genomebook.annotation.classes import AnnotationClasses, Spans
from genomebook.annotation.tracks import features_choice, placed_rows
from genomebook.book.annex import adding
from genomebook.book.lexicon import write_word_table
from genomebook.book.read import Book, Volume
from genomebook.book.schema import MEANING, MEANING_FIGURES, PASSAGES
from genomebook.errors import AnnotationError, GenomebookWarning, OptionError
from genomebook.files.progress import Stage, no_stages
from genomebook.language.alphabet import FIRST_WORD
from genomebook.lexicon.fields import MEASURED, Fields, load_fields
from genomebook.lexicon.grounded import grounded_table
from genomebook.lexicon.meaning import GlossedWords, gloss_by_meaning, profile
from genomebook.lexicon.passages import PassageModel, fit
from genomebook.lexicon.shifts import measure, shifts_for
from genomebook.pipeline.lexicon.ground import classes_of, stack_of

STRANDED = ("old repeat", "LTR", "L1", "Alu")
"""Classes whose strands are states of their own, those that are written over others last."""
PLAIN = ("intergenic", "intron", "exon", "CpG island", "promoter", "low complexity", "satellite")
"""Classes before them, in the order in which they are written."""
LAST = "simple repeat"
SPLICE = "splice site"
BEFORE, AFTER = 6, 20
"""Letters of a splice site in the exon and in the intron."""
_GENES = (PROMOTER, EXON, CODING, "CpG island")
"""Classes that are known where the repeats are not."""


@dataclass(frozen=True)
class GlossedBook:
    """Result: schema ``meaning.parquet``, the model of passages, and what the manifest says of them."""

    table: pd.DataFrame
    model: PassageModel
    about: dict[str, Any]


def gloss_book(
    path: Path, tracks: Sequence[Path] = (), *, language: str = "english", shifts: int = 0, seed: int = 1,
    threads: int = 1, output: Path | None = None, progress: Stage = no_stages,
) -> GlossedBook:  # fmt: skip
    """Gloss the words of a book by what annotation says of them.

    Parameters
    ----------
    path : Path
        The book; it gets the folder ``meaning``.
    tracks : sequence of Path
        Annotation, as for `genomebook.pipeline.lexicon.ground.ground`; repeats with families among it.
    language : str
        A language of `genomebook.lexicon.fields.shipped_languages`, or the path of a file of fields.
    shifts, seed, threads
        As for `ground`.
    output : Path, optional
        A folder to write the files to, instead of adding them to the book.
    progress : callable
        Progress of each stage.

    Raises
    ------
    GenomebookError
        At unusable tracks or fields, or fewer English words than DNA words.
    """
    fields = load_fields(language)
    if output is not None:
        if not output.parent.is_dir():
            raise OptionError(f"{output.parent}: no such folder; make it first")
        result = _glossed(Book.open(path), tracks, fields, shifts, seed, threads, progress)
        output.mkdir(exist_ok=True)
        _write(output, result)
        (output / MEANING_FIGURES).write_text(json.dumps(result.about, indent=1) + "\n", encoding="utf-8")
        return result
    with adding(path, "meaning") as draft:
        result = _glossed(Book.open(path), tracks, fields, shifts, seed, threads, progress)
        _write(draft.folder, result)
        draft.about = result.about
    return result


def _write(folder: Path, result: GlossedBook) -> None:
    write_word_table(folder / MEANING, result.table, MEANING)
    result.model.write(folder / PASSAGES)


def _glossed(
    book: Book, tracks: Sequence[Path], fields: Fields, shifts: int, seed: int, threads: int, progress: Stage
) -> GlossedBook:
    classes = _with_splice_sites(book, classes_of(book, tracks, progress))
    stack, heard = stack_of(book, classes)
    number = shifts or shifts_for(stack.words)
    measured = measure(stack, heard, number, seed, threads, progress("shifts", number))
    grounded = grounded_table(measured, classes.names)
    repeats = _stranded(book, tracks)
    model = fit_passages(book, classes, repeats)
    words = [word.upper() for word in book.vocabulary.words]
    table = book.lexicon.table.set_index("id")
    counts = np.zeros(len(words))
    counts[table.index] = table["count"]
    partner = np.arange(len(words))
    partner[table.index] = np.where(table["partner"] > 0, table["partner"], table.index)
    task = GlossedWords(words, counts, partner, profile(grounded, words), model)
    glossed = gloss_by_meaning(task, fields)
    about = {
        "language": fields.language,
        "headings": {state: fields.heading(state) for state in model.states},
        "vocabulary": book.vocabulary.digest,
        "sources": [{"name": source.name, "digest": source.digest} for source in classes.sources],
        "shifts": number,
        "seed": seed,
        "states": list(model.states),
        "words": len(words) - FIRST_WORD,
        "glosses": len(glossed),
        "first_senses": glossed[glossed["sense"] == 0]["field"].value_counts().sort_index().to_dict(),
    }
    return GlossedBook(glossed, model, about)


def _with_splice_sites(book: Book, classes: AnnotationClasses) -> AnnotationClasses:
    """Add the letters at the ends of exons that an intron follows as a class; without introns there is none.

    The ends of a gene are no splice sites.
    """
    if not {EXON, INTRON} <= set(classes.names):
        return classes
    at, between = classes.names.index(EXON), classes.names.index(INTRON)
    spans = {}
    for volume in book:
        listed = classes.spans[volume.name]
        start, end = listed[at].T
        start, end = start[_covered(listed[between], start - 1)], end[_covered(listed[between], end)]
        sites = np.concatenate(
            [np.stack([start - AFTER, start + BEFORE], 1), np.stack([end - BEFORE, end + AFTER], 1)]
        )
        spans[volume.name] = [*listed, _joined(np.clip(sites, 0, volume.length))]
    heard = np.concatenate([classes.heard, classes.heard[[at]] & classes.heard[[between]]])
    return replace(classes, names=(*classes.names, SPLICE), spans=spans, heard=heard)


def _covered(spans: Spans, positions: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each position lies in one of some ascending spans: bool[n]."""
    if not len(spans):
        return np.zeros(len(positions), np.bool_)
    row = np.searchsorted(spans[:, 0], positions, "right") - 1
    return np.asarray((row >= 0) & (positions < spans[row, 1]), np.bool_)


def _joined(spans: Spans) -> Spans:
    """Sort spans and merge those that overlap: int64[k, 2]."""
    if not len(spans):
        return spans
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    reach = np.maximum.accumulate(spans[:, 1])
    first = np.flatnonzero(np.concatenate([[True], spans[1:, 0] > reach[:-1]]))
    return np.stack([spans[first, 0], reach[np.append(first[1:], len(spans)) - 1]], axis=1)


def _stranded(book: Book, tracks: Sequence[Path]) -> pd.DataFrame:
    """Repeats of `STRANDED` classes: volume, start, end, strand, kind."""
    kind_of = {name: kind for kind in STRANDED for name in MEASURED[kind]}
    parts = []
    for path in tracks:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GenomebookWarning)
            rows = placed_rows(path, book.contigs, features_choice(rest=True), book.assembly)
        families = repeat_classes(rows["rest"]) if "rest" in rows else None
        if families is not None:
            parts.append(rows[["volume", "start", "end", "strand"]].assign(kind=families.map(kind_of)))
    if not parts:
        raise AnnotationError(
            "no repeats with families among the tracks; passages are told apart by them: give a table of "
            "repeats with --track"
        )
    return pd.concat(parts, ignore_index=True).dropna(subset=["kind"])


def fit_passages(book: Book, classes: AnnotationClasses, repeats: pd.DataFrame) -> PassageModel:
    """Count the words that each kind of passage shows.

    Where repeats are not annotated, only what is known without them is counted.
    """
    states = [*PLAIN, LAST, *(f"{kind} {strand}" for kind in STRANDED for strand in "+-")]
    runs, used = [], set()
    covered = set(repeats["volume"].astype(str))
    for volume in book:
        here = repeats[repeats["volume"].astype(str) == volume.name]
        complete = volume.name in covered
        labels = labelled(
            volume, dict(zip(classes.names, classes.spans[volume.name], strict=True)), here, states
        )
        words = volume.numbered(0, len(volume.ids))
        ids = np.asarray(words.ids)
        state = labels[(np.asarray(words.starts) + np.asarray(words.ends)) // 2]
        if not complete:
            state = np.where(
                np.isin(state, [states.index(k) for k in ("exon", "CpG island", "promoter")]), state, -1
            )
        state[ids < FIRST_WORD] = -1
        used.update(np.unique(state[state >= 0]).tolist())
        runs.append((ids, state.astype(np.int8), complete))
    kept = [number for number in range(len(states)) if number in used]
    to = np.full(len(states) + 1, -1, np.int8)
    to[kept] = np.arange(len(kept))
    runs = [(ids, to[state], complete) for ids, state, complete in runs]
    return fit(runs, [states[number] for number in kept], len(book.vocabulary.words))


def labelled(
    volume: Volume, spans: dict[str, Spans], repeats: pd.DataFrame, states: Sequence[str]
) -> NDArray[np.int8]:
    """State of each letter of a volume: int8[length]; of classes that overlap the later one of the states.

    A repeat whose strand is not known has the state -1.
    """
    labels = np.zeros(volume.length, np.int8)

    def write(state: str, listed: Spans) -> None:
        for start, end in listed:
            labels[start:end] = states.index(state)

    empty = np.empty((0, 2), np.int64)
    for kind in PLAIN:
        names = MEASURED[kind]
        if kind == INTRON:
            names = (*names, *STRANDS.values())
        if kind != "intergenic":
            for name in names:
                write(kind, spans.get(name, empty))
    for kind in STRANDED:
        for strand in "+-":
            rows = repeats[(repeats["kind"] == kind) & (repeats["strand"] == strand)]
            write(f"{kind} {strand}", rows[["start", "end"]].to_numpy(np.int64))
        rows = repeats[(repeats["kind"] == kind) & ~repeats["strand"].isin(["+", "-"])]
        for start, end in rows[["start", "end"]].to_numpy(np.int64):
            labels[start:end] = -1
    write(LAST, spans.get(LAST, empty))
    return labels
