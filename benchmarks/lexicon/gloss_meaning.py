"""Glosses by meaning, zero-shot: counting English words of a field tells what a passage of DNA is.

Sequence that no gloss and no model of passages was made from; the reader knows English and the fields only,
and counts, in each passage of 300 letters, the share of words of a field. Beside that: the names by embedding
and the published way, looked up in the same fields, fields drawn at random, and the model of DNA words.
"""

from __future__ import annotations

import gzip
import tempfile
import warnings
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.data import shared_data
from benchmarks.common.table import table
from benchmarks.lexicon.gloss_peer import read_peer
from genomebook.annotation.classes import read_classes
from genomebook.book import Book
from genomebook.errors import GenomebookWarning
from genomebook.language.alphabet import FIRST_WORD
from genomebook.lexicon.fields import EVERYWHERE, MEASURED, load_fields
from genomebook.lexicon.in_context import Glossary, glossary_of
from genomebook.models.checkpoint import open_checkpoint
from genomebook.pipeline.book.build import build
from genomebook.pipeline.book.options import Options
from genomebook.render.evidence.glosses import WAYS
from genomebook.training.measures import auc

PASSAGE = 300
"""Letters of a passage."""
MOSTLY = 150
"""Letters of a class that make a passage one of it; one with none is not, the others are left out."""
BLOCK = 100
"""Passages that are drawn together."""
DRAWS = 200
SEEDS = 5
"""Draws of random fields, and of the published way."""
FILES = ("GRCh38_coords_all_segments.fa.gz", *(f"GRCh38_coords_new_segments_{n}.fa.gz" for n in (1, 2, 3, 4)))
HELD_OUT = (
    "chr2:1-2333275", "chr2:95237897-95646285", "chr2:96746755-97216357", "chr21:24985581-26000306",
    "chr22:20012478-20521908", "chr20:31874075-32520922", "chr20:32784758-32908101",
)  # fmt: skip
TRACKS = (
    "hg38_cpgIslands.bed.gz", "hg38_refseq_curated_exons.bed.gz", "hg38_cCRE_PLS_K562.bed.gz",
    "hg38_cCRE_PLS_GM12878.bed.gz", "GRCh38_lifted_segments_repeats_ensembl.bed.gz",
    "../interop/GRCh38_new_segments_repeats_ensembl.bed.gz", "hg38_gene_bounds_ABC.bed.gz",
)  # fmt: skip
GOALS = {"Alu": 0.9, "L1": 0.9, "CpG island": 0.9, "simple repeat": 0.9, "promoter": 0.8, "exon": 0.65}

Reals = NDArray[np.float64]


def run(quick: bool = False) -> dict[str, Any]:
    """Measure on the real data that GENOMEBOOK_SHARED names; ``quick``: one short record."""
    shared = shared_data()
    names = HELD_OUT[1:2] if quick else HELD_OUT
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", GenomebookWarning)
        made = {}
        for words in ("words-4096", "words-600"):
            fasta = Path(folder) / "held-out.fa"
            fasta.write_text("".join(_records(shared / "genome", set(names))))
            book = Path(folder) / f"{words}.book"
            build(Options(fasta, book, words=words))
            made[words] = measure(Book.open(book), [shared / "annotation" / name for name in TRACKS])
    return {"source": ", ".join(names), "passage": PASSAGE, "vocabularies": made}


def _records(folder: Path, names: set[str]) -> list[str]:
    records = []
    for file in FILES:
        with gzip.open(folder / file, "rt") as lines:
            for record in lines.read().split(">")[1:]:
                if record.split(None, 1)[0] in names:
                    records.append(f">{record}")
    return records


def measure(book: Book, tracks: Sequence[Path]) -> dict[str, Any]:
    """Area under the curve of each class by each way, with 95 % intervals over blocks of passages."""
    glossary = glossary_of(book.lexicon)
    assert glossary is not None, "no glosses by meaning for this vocabulary"
    classes = [*MEASURED]
    scores: dict[str, list[Reals]] = {way: [] for way in WAYS}
    ways = _by_word(book, classes)
    covered, block, first = [], [], 0
    annotation = read_classes(tracks, book.contigs)
    for number, volume in enumerate(book):
        words = volume.numbered(0, len(volume.ids))
        ids = np.asarray(words.ids)
        passage = (np.asarray(words.starts) + np.asarray(words.ends)) // 2 // PASSAGE
        n = volume.length // PASSAGE
        inside = (passage < n) & (ids >= FIRST_WORD)
        count = np.bincount(passage[inside], minlength=n)

        def share(values: Reals, inside: Any = inside, passage: Any = passage, count: Any = count) -> Reals:
            total = [np.bincount(passage[inside], column[inside], len(count)) for column in values.T]
            return np.asarray(np.stack(total, 1) / np.maximum(count, 1)[:, None], np.float64)

        ours, model = _in_context(book, glossary, volume.name, ids, np.asarray(words.starts), classes)
        scores["ours"].append(share(ours))
        scores["model"].append(share(model))
        for way, listed in ways.items():
            scores[way].append(np.stack([share(values[ids]) for values in listed]))
        spans = dict(zip(annotation.names, annotation.spans[volume.name], strict=True))
        heard = {name for name, row in zip(annotation.names, annotation.heard, strict=True) if row[number]}
        letters = np.stack([_letters(names, spans, heard, n) for names in MEASURED.values()], 1)
        letters[count < 5] = -1
        covered.append(letters)
        block.append(first + np.arange(n) // BLOCK)
        first = int(block[-1][-1]) + 1 if n else first
    truth, blocks = np.concatenate(covered), np.concatenate(block)
    return {
        "glosses": {
            "words": int((book.lexicon.meaning["sense"] == 0).sum()),
            "senses": len(book.lexicon.meaning),
        },
        "pairs": pairs(book),
        "classes": {
            name: _areas(name, at, truth, blocks, scores)
            for at, name in enumerate(classes)
            if (truth[:, at] >= MOSTLY).sum() >= 10
        },
    }


def _by_word(book: Book, classes: Sequence[str]) -> dict[str, list[Reals]]:
    """For ways without context: whether the English of each word is of each class, float64[ids, classes]."""
    kind_of = load_fields().class_of_word
    lexicon, n = book.lexicon, len(book.vocabulary.words)
    fields = np.full(n, "", object)
    first = lexicon.meaning[lexicon.meaning["sense"] == 0]
    fields[first["id"]] = first["field"]

    def of(kinds: Sequence[str] | NDArray[np.object_]) -> Reals:
        return np.stack([np.asarray(kinds, object) == name for name in classes], 1).astype(np.float64)

    ways = {"first": [of(fields)]}
    if any(lexicon.names):
        ways["names"] = [of([kind_of.get(name, "") for name in lexicon.names])]
    rng = np.random.default_rng(1)
    used = np.flatnonzero((fields != "") & (fields != EVERYWHERE))
    drawn = []
    for _ in range(SEEDS):
        other = fields.copy()
        other[used] = rng.permutation(fields[used])
        drawn.append(of(other))
    ways["random"] = drawn
    with resources.as_file(resources.files("genomebook") / "data" / "bilingual-mini") as folder:
        peer = read_peer(open_checkpoint(folder))
    published = []
    for seed in range(SEEDS):
        tokens = [""] * FIRST_WORD + [peer.tokens[at].strip().lower() for at in peer.draw(seed)]
        published.append(of([kind_of.get(token, "") for token in tokens]))
    return ways | ({"published": published} if len(published[0]) == n else {})


def _in_context(
    book: Book, glossary: Glossary, name: str, ids: Any, starts: Any, classes: Sequence[str]
) -> tuple[Reals, Reals]:
    """Class of each English word, and what the model says of each word, paragraph by paragraph."""
    kind_of = dict(zip(book.lexicon.meaning["gloss"], book.lexicon.meaning["field"], strict=True))
    ours, model = np.zeros((len(ids), len(classes))), np.zeros((len(ids), len(classes)))
    column = {kind: at for at, kind in enumerate(classes)}
    table = book[name].table("paragraphs").spans(0, book[name].length)
    for start, end, _ in table:
        low, high = np.searchsorted(starts, [start, end])
        at = low + np.flatnonzero(ids[low:high] >= FIRST_WORD)
        texts, _state = glossary.read(ids[at])
        for word, text in zip(at, texts, strict=True):
            if (kind := column.get(kind_of[text])) is not None:
                ours[word, kind] = 1
        shares = glossary.by_kind(glossary.model.shares(ids[at])) if len(at) else np.empty((0, 0))
        for number, kind_name in enumerate(glossary.kinds):
            if len(at):
                model[at, column[kind_name]] = shares[:, number]
    return ours, model


def _letters(names: Sequence[str], spans: dict[str, Any], heard: set[str], n: int) -> NDArray[np.int64]:
    """Letters of a class in each passage; -1 where nobody annotated it."""
    if not heard & set(names):
        return np.full(n, -1)
    line = np.zeros(n * PASSAGE, np.int64)
    for name in names:
        for start, end in spans.get(name, ()):
            line[start:end] = 1
    letters: NDArray[np.int64] = line.reshape(n, PASSAGE).sum(axis=1)
    return letters


def _areas(name: str, at: int, truth: Any, blocks: Any, scores: dict[str, list[Reals]]) -> dict[str, Any]:
    known = (truth[:, at] >= MOSTLY) | (truth[:, at] == 0)
    is_class, own = truth[known, at] >= MOSTLY, blocks[known]
    order = np.unique(own)
    rng = np.random.default_rng(1)
    rows = [np.flatnonzero(own == block) for block in order]
    drawn = [np.concatenate([rows[i] for i in rng.integers(0, len(rows), len(rows))]) for _ in range(DRAWS)]
    result: dict[str, Any] = {
        "passages": int(is_class.sum()),
        "others": int((~is_class).sum()),
        "goal": GOALS.get(name),
    }
    for way, parts in scores.items():
        if not parts or not len(parts[0]):
            continue
        joined = np.concatenate(parts, axis=-2)[..., known, at]
        series = joined if joined.ndim == 2 else joined[None]
        value = float(np.mean([auc(one, is_class) for one in series]))
        spread = [auc(series[0][pick], is_class[pick]) for pick in drawn]
        low, high = np.nanpercentile(spread, [2.5, 97.5]) + value - auc(series[0], is_class)
        result[way] = {"value": value, "low": float(low), "high": float(high)}
    return result


def pairs(book: Book) -> dict[str, Any]:
    """How many reverse-complement pairs share a field, and a stem or a rhyme."""
    lexicon = book.lexicon
    first = lexicon.meaning[lexicon.meaning["sense"] == 0].set_index("id")
    rows = lexicon.table[
        (lexicon.table["partner"] > lexicon.table["id"]) & (lexicon.table["id"] >= FIRST_WORD)
    ]
    listed = list(zip(rows["id"], rows["partner"], strict=True))
    field = sum(first["field"][a] == first["field"][b] for a, b in listed)
    both = sum(
        first["field"][a] == first["field"][b] and is_kin(first["gloss"][a], first["gloss"][b])
        for a, b in listed
    )
    return {"pairs": len(listed), "same_field": int(field), "same_field_and_kin": int(both)}


def is_kin(one: str, other: str) -> bool:
    """Whether words share a stem (three first letters, or all of a shorter one) or rhyme (two last)."""
    stem = min(3, len(one), len(other))
    return one[:stem] == other[:stem] or one[-2:] == other[-2:]


def lines(result: dict[str, Any]) -> list[str]:
    """Put the result into tables."""
    text: list[str] = []
    for words, made in result["vocabularies"].items():
        text += [*_table(words, made, result), ""]
    return text[:-1]


def _table(words: str, made: dict[str, Any], result: dict[str, Any]) -> list[str]:
    def shown(one: dict[str, float] | None) -> str:
        return f"{one['value']:.2f} ({one['low']:.2f} to {one['high']:.2f})" if one else "not measured"

    rows = []
    for name, one in made["classes"].items():
        goal = one["goal"]
        met = "" if goal is None else f"{goal:.2f}: {'met' if one['ours']['value'] >= goal else 'not met'}"
        rows.append([name, f"{one['passages']:,}", *(shown(one.get(way)) for way in WAYS), met])
    pair = made["pairs"]
    return [
        f"`{words}`, passages of {result['passage']} letters of {result['source']}: area under the curve "
        "(95 %).",
        "",
        *table(["class", "passages", *WAYS.values(), "goal"], rows),
        "",
        f"{made['glosses']['senses']:,} English words for {made['glosses']['words']:,} DNA words. Of "
        f"{pair['pairs']:,} reverse-complement pairs {pair['same_field']:,} share a field, "
        f"{pair['same_field_and_kin']:,} of them also a stem or a rhyme.",
    ]
